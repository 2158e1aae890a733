//! Contracts as records, and what must hold between them.

use super::{Desk, Record, named, reference, unknown};
use crate::db::{Conn, DbResult};
use crate::engagement::model::{ContractInput, RecordKey};
use crate::engagement::store::contracts::{Row, Values};
use crate::error::{Answer, Error};
use crate::ids::{ContractId, CustomerId, ExternalId};
use crate::problem::FieldProblem;

impl Record for Values {
    const WHAT: &'static str = "contract";
    const MANY: &'static str = "contracts";
    const KEYS: &'static [&'static str] = &["customer", "partner", "renewed_by"];
    type Input = ContractInput;

    fn checked(input: ContractInput) -> Result<ContractInput, Vec<FieldProblem>> {
        input.checked()
    }

    fn key_of(input: &ContractInput) -> &ExternalId {
        &input.external_id
    }

    fn input(&self) -> DbResult<ContractInput> {
        Ok(ContractInput {
            external_id: self.key(),
            customer: self.customer_id.0.into(),
            partner: self.partner_id.map(|id| id.0.into()),
            kind: self.kind.clone(),
            service: self.service()?,
            starts_on: self.starts_on,
            ends_on: self.ends_on,
            term_months: self.term_months,
            notice_days: self.notice_days,
            renewals: self.renewals,
            auto_renews: self.auto_renews,
            share: self.share,
            value_per_year: self.value_per_year,
            outcome: self.term()?.outcome,
            renewed_by: self.renewed_by.map(|id| id.0.into()),
        })
    }

    fn resolved(
        conn: &mut Conn,
        desk: &mut Desk<'_>,
        input: &ContractInput,
        standing: Option<&Row>,
    ) -> Answer<Self> {
        let before = standing.map(|row| &row.values);
        let owner = before.map(|values| values.customer_id);
        let customer_id = desk.customer(conn, "customer", &input.customer, owner)?;
        let standing_partner = before.and_then(|values| values.partner_id);
        let partner_id =
            desk.partner(conn, input.partner.as_ref(), standing_partner, customer_id)?;
        let renewed_by = match &input.renewed_by {
            None => None,
            Some(key) => Some(next_term(conn, key, (customer_id, input), standing)?),
        };
        let ExternalId { system, id } = input.external_id.clone();
        Ok(Self {
            system,
            external_id: id,
            customer_id,
            partner_id,
            kind: input.kind.clone(),
            service: input.service.map(|service| service.word().to_owned()),
            starts_on: input.starts_on,
            ends_on: input.ends_on,
            term_months: input.term_months,
            notice_days: input.notice_days,
            renewals: input.renewals,
            auto_renews: input.auto_renews,
            share: input.share,
            value_per_year: input.value_per_year,
            outcome: input.outcome.map(|outcome| outcome.word().to_owned()),
            renewed_by,
        })
    }
}

/// The contract that follows: of the same customer, and begun later, so that no chain closes.
fn next_term(
    conn: &mut Conn,
    key: &RecordKey,
    (customer, input): (CustomerId, &ContractInput),
    standing: Option<&Row>,
) -> Answer<ContractId> {
    let Some(reference) = reference(key) else {
        return Err(unknown("renewed_by", "contract", None));
    };
    let stands = standing.and_then(|row| row.values.renewed_by);
    let next = named::<Values>(conn, &reference)?
        // What belongs to another customer is none of the writer's business.
        .filter(|next| next.values.customer_id == customer)
        .filter(|next| next.deleted_at.is_none() || stands == Some(ContractId(next.id)))
        .ok_or_else(|| unknown("renewed_by", "contract of this customer", Some(&reference)))?;
    if next.values.starts_on <= input.starts_on {
        let rule = format!(
            "expected a contract that begins after this one, not on {}",
            next.values.starts_on
        );
        return Err(Error::invalid("renewed_by", "out_of_order", rule));
    }
    Ok(ContractId(next.id))
}
