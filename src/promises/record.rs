//! Promises as records: what a write names must exist and fit, and no write decides.

use super::model::{PromiseInput, PromiseStatus};
use super::store::{Row, Values};
use crate::complaints::named::{contact, department, user};
use crate::db::{Conn, DbResult};
use crate::engagement::edit::{Desk, Record};
use crate::engagement::file::{Cell, Column, Filed, KEY, record_key};
use crate::error::{Answer, Error};
use crate::ids::ExternalId;
use crate::problem::FieldProblem;

impl Record for Values {
    const WHAT: &'static str = "promise";
    const MANY: &'static str = "promises";
    const KEYS: &'static [&'static str] = &["customer", "partner"];
    type Input = PromiseInput;

    fn checked(input: PromiseInput) -> Result<PromiseInput, Vec<FieldProblem>> {
        input.checked()
    }

    fn key_of(input: &PromiseInput) -> &ExternalId {
        &input.external_id
    }

    fn input(&self) -> DbResult<PromiseInput> {
        let target = self.target()?;
        Ok(PromiseInput {
            external_id: self.key(),
            customer: self.customer_id.0.into(),
            department_id: self.department_id.map(|id| id.0),
            contact_id: self.contact_id.map(|id| id.0),
            partner: self.partner_id.map(|id| id.0.into()),
            made_by: self.made_by.map(|id| id.0),
            text: self.text.clone(),
            kpi: target.map(|(kpi, _)| kpi),
            level: target.map(|(_, level)| level),
            made_on: Some(self.made_on),
            from_on: Some(self.from_on),
            due_on: self.due_on,
            weight: self.weight,
            kept: None,
        })
    }

    fn resolved(
        conn: &mut Conn,
        desk: &mut Desk<'_>,
        input: &PromiseInput,
        standing: Option<&Row>,
    ) -> Answer<Self> {
        let before = standing.map(|row| &row.values);
        let owner = before.map(|values| values.customer_id);
        let customer_id = desk.customer(conn, "customer", &input.customer, owner)?;
        let standing_partner = before.and_then(|values| values.partner_id);
        let partner_id =
            desk.partner(conn, input.partner.as_ref(), standing_partner, customer_id)?;
        // What belongs to a customer does not stay with another.
        let same = before.filter(|values| values.customer_id == customer_id);
        let at_department = same.and_then(|values| values.department_id);
        let at_contact = same.and_then(|values| values.contact_id);
        let by = before.and_then(|values| values.made_by);
        let today = desk.writer.now.0.date_naive();
        let made_on = input
            .made_on
            .or(before.map(|values| values.made_on))
            .unwrap_or(today);
        let from_on = input.from_on.unwrap_or(made_on);
        days(made_on, from_on, input.due_on, today)?;
        let ExternalId { system, id } = input.external_id.clone();
        let told = Self {
            system,
            external_id: id,
            customer_id,
            department_id: department(conn, input.department_id, customer_id, at_department)?,
            contact_id: contact(conn, input.contact_id, customer_id, at_contact)?,
            partner_id,
            made_by: user(conn, "made_by", input.made_by, by)?,
            text: input.text.clone(),
            kpi: input.kpi.map(|kpi| kpi.word().to_owned()),
            level: input.level,
            made_on,
            from_on,
            due_on: input.due_on,
            weight: input.weight,
            status: PromiseStatus::Open.word().to_owned(),
            decided_by: None,
            decided_at: None,
            value: None,
            observations: None,
            reason: None,
            renewed_by: None,
        };
        match standing {
            None => Ok(begun(told, input.kept, desk)),
            Some(row) => going_on(told, &row.values, input.kept),
        }
    }
}

/// The order of a promise's days.
fn days(
    made_on: chrono::NaiveDate,
    from_on: chrono::NaiveDate,
    due_on: chrono::NaiveDate,
    today: chrono::NaiveDate,
) -> Answer<()> {
    // East of Greenwich the day after has begun already.
    let latest = today.succ_opt().unwrap_or(today);
    if made_on > latest {
        let rule = format!("expected a day up to today, {today}");
        return Err(Error::invalid("made_on", "future", rule));
    }
    if from_on < made_on {
        let rule = format!("expected a day from {made_on} on, when it was made");
        return Err(Error::invalid("from_on", "out_of_order", rule));
    }
    if due_on < from_on {
        let rule = format!("expected a day from {from_on} on, the first that is measured");
        return Err(Error::invalid("due_on", "out_of_order", rule));
    }
    Ok(())
}

/// A new promise, perhaps decided elsewhere.
fn begun(mut told: Values, kept: Option<bool>, desk: &Desk<'_>) -> Values {
    if let Some(kept) = kept {
        told.status = if kept {
            PromiseStatus::Kept.word().to_owned()
        } else {
            PromiseStatus::Broken.word().to_owned()
        };
        told.decided_by = Some(desk.writer.actor.name.clone());
        told.decided_at = Some(desk.writer.now);
    }
    told
}

/// One that stands: what became of it stays, and what it was measured by and is counted for does not
/// change any more once it is decided.
fn going_on(mut told: Values, stands: &Values, kept: Option<bool>) -> Answer<Values> {
    let status = stands.status()?;
    let stood = match status {
        PromiseStatus::Kept => Some(true),
        PromiseStatus::Broken => Some(false),
        _ => None,
    };
    if kept.is_some() && kept != stood {
        let detail = "what became of a promise is told by :decide once it is here";
        return Err(Error::conflict("life_by_actions", detail));
    }
    let measure = |values: &Values| {
        (
            values.customer_id,
            values.partner_id,
            values.kpi.clone(),
            values.level,
            values.from_on,
            values.due_on,
        )
    };
    // What the kept shares of customers, departments and employees are counted from.
    let counted = |values: &Values| (values.weight, values.made_by, values.department_id);
    let same = measure(&told) == measure(stands) && counted(&told) == counted(stands);
    if status != PromiseStatus::Open && !same {
        let detail =
            format!("it is {status}: who made it to whom, its weight, its level and its days stay");
        return Err(Error::conflict("already_decided", detail));
    }
    told.status.clone_from(&stands.status);
    told.decided_by.clone_from(&stands.decided_by);
    told.decided_at = stands.decided_at;
    told.reason.clone_from(&stands.reason);
    told.renewed_by = stands.renewed_by;
    if measure(&told) == measure(stands) {
        told.value = stands.value;
        told.observations = stands.observations;
    }
    Ok(told)
}

impl Filed for Values {
    const COLUMNS: &'static [&'static [Column]] = &[
        KEY,
        record_key!("customer"),
        &[
            Column::of("department_id", Cell::Whole),
            Column::of("contact_id", Cell::Whole),
        ],
        record_key!("partner"),
        &[
            Column::of("made_by", Cell::Whole),
            Column::of("text", Cell::Text),
            Column::of("kpi", Cell::Text),
            Column::of("level", Cell::Number),
            Column::of("made_on", Cell::Text),
            Column::of("from_on", Cell::Text),
            Column::of("due_on", Cell::Text),
            Column::of("weight", Cell::Number),
            Column::of("kept", Cell::Truth),
        ],
    ];
}
