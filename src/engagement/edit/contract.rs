//! Contracts as records, and what must hold between them.

use super::{Desk, Head, Record, named, reference, unknown};
use crate::db::{Conn, DbResult, UtcTime};
use crate::engagement::model::{ContractInput, RecordKey};
use crate::engagement::store::contracts::{self, Row, Values};
use crate::error::{Answer, Error};
use crate::ids::{ContractId, CustomerId, ExternalId};
use crate::problem::FieldProblem;

impl Record for Row {
    const WHAT: &'static str = "contract";
    const MANY: &'static str = "contracts";
    const KEYS: &'static [&'static str] = &["customer", "partner", "renewed_by"];
    type Input = ContractInput;
    type Values = Values;

    fn checked(input: ContractInput) -> Result<ContractInput, Vec<FieldProblem>> {
        input.checked()
    }

    fn key(input: &ContractInput) -> &ExternalId {
        &input.external_id
    }

    fn head(&self) -> Head {
        Head {
            id: self.id.0,
            team_id: self.team_id,
            version: self.version,
            deleted: self.deleted_at.is_some(),
        }
    }

    fn values(&self) -> &Values {
        &self.values
    }

    fn input(&self) -> DbResult<ContractInput> {
        let values = &self.values;
        Ok(ContractInput {
            external_id: values.key(),
            customer: values.customer_id.0.into(),
            partner: values.partner_id.map(|id| id.0.into()),
            kind: values.kind.clone(),
            service: values.service()?,
            starts_on: values.starts_on,
            ends_on: values.ends_on,
            term_months: values.term_months,
            notice_days: values.notice_days,
            renewals: values.renewals,
            auto_renews: values.auto_renews,
            share: values.share,
            value_per_year: values.value_per_year,
            outcome: values.term()?.outcome,
            renewed_by: values.renewed_by.map(|id| id.0.into()),
        })
    }

    fn resolved(
        conn: &mut Conn,
        desk: &mut Desk<'_>,
        input: &ContractInput,
        standing: Option<&Self>,
    ) -> Answer<Values> {
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
        Ok(Values {
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

    fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Self>> {
        contracts::find(conn, id)
    }

    fn by_key(conn: &mut Conn, key: &ExternalId) -> DbResult<Option<Self>> {
        contracts::by_key(conn, key)
    }

    fn lock(conn: &mut Conn, id: i64) -> DbResult<()> {
        contracts::lock(conn, id)
    }

    fn insert(conn: &mut Conn, values: &Values, now: UtcTime) -> DbResult<i64> {
        contracts::insert(conn, values, now)
    }

    fn update(conn: &mut Conn, id: i64, values: &Values, now: UtcTime) -> DbResult<()> {
        contracts::update(conn, id, values, now)
    }

    fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
        contracts::delete(conn, id, now)
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
    let stays = |id: ContractId| standing.is_some_and(|row| row.values.renewed_by == Some(id));
    let next = named::<Row>(conn, &reference)?
        // What belongs to another customer is none of the writer's business.
        .filter(|next| next.values.customer_id == customer)
        .filter(|next| next.deleted_at.is_none() || stays(next.id))
        .ok_or_else(|| unknown("renewed_by", "contract of this customer", Some(&reference)))?;
    if next.values.starts_on <= input.starts_on {
        let rule = format!(
            "expected a contract that begins after this one, not on {}",
            next.values.starts_on
        );
        return Err(Error::invalid("renewed_by", "out_of_order", rule));
    }
    Ok(next.id)
}
