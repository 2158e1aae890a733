//! Writes of plays and templates in the caller's transaction; [`deed`](super::deed) moves them on.

use chrono::{Days, NaiveDate};
use serde_json::Value as Json;

use super::model::{PlayChange, PlayInput, PlayStatus, TemplateInput};
use super::store::templates::{self, Template};
use super::store::{self, Row, Step, Values};
use super::view::{Play, PlayDetail};
use crate::access::store as access;
use crate::api::etag::IfMatch;
use crate::complaints::named;
use crate::customers::edit::{Writer, overlaid};
use crate::db::{Conn, DbError, DbResult};
use crate::engagement::edit::Desk;
use crate::error::{Answer, Error};
use crate::i18n::Language;
use crate::ids::{AlertId, CustomerId, UserId};

/// What plays are called in answers and in the audit log.
pub(super) const WHAT: &str = "play";
const TEMPLATE: &str = "play template";

/// The template with this code.
///
/// # Errors
///
/// 404.
pub fn template(conn: &mut Conn, code: &str) -> Answer<Template> {
    templates::find(conn, code, false)?.ok_or_else(|| Error::not_found(TEMPLATE, code))
}

/// Makes a template.
///
/// # Errors
///
/// 409 `code_taken`, 422.
pub fn create_template(conn: &mut Conn, writer: &Writer, input: TemplateInput) -> Answer<Template> {
    let input = input.checked().map_err(Error::Invalid)?;
    templates::insert(conn, &input, writer.now).map_err(|error| {
        if error.is_unique_violation() {
            let detail = format!("there is a template {} already", input.code);
            Error::conflict("code_taken", detail)
        } else {
            error.into()
        }
    })?;
    let made = template(conn, &input.code)?;
    writer.record(conn, "created", "play_template", made.id)?;
    Ok(made)
}

/// Lays a merge patch over a template; plays made of it keep their steps.
///
/// # Errors
///
/// 404, 412, 400, 422; its code stays.
pub fn patch_template(
    conn: &mut Conn,
    writer: &Writer,
    code: &str,
    condition: &IfMatch,
    body: Json,
) -> Answer<Template> {
    let standing = templates::find(conn, code, true)?;
    let standing = standing.ok_or_else(|| Error::not_found(TEMPLATE, code))?;
    condition.check(standing.version)?;
    let input: TemplateInput = overlaid(&standing.told, body)?;
    let input = input.checked().map_err(Error::Invalid)?;
    if input.code != standing.told.code {
        let rule = format!("expected {code}: the code of a template stays");
        return Err(Error::invalid("code", "mismatch", rule));
    }
    if input == standing.told {
        return Ok(standing);
    }
    templates::update(conn, standing.id, &input, writer.now)?;
    writer.record(conn, "updated", "play_template", standing.id)?;
    template(conn, code)
}

/// Makes a play with the steps of its template, and answers with it.
///
/// # Errors
///
/// 422 for rules that it breaks: a customer, template or user that does not exist, a template that is
/// not used any more, an alert of another customer.
pub fn create(
    conn: &mut Conn,
    writer: &Writer,
    input: PlayInput,
    today: NaiveDate,
) -> Answer<PlayDetail> {
    let input = input.checked().map_err(Error::Invalid)?;
    let mut desk = Desk::new(writer);
    let customer = desk.customer(conn, "customer", &input.customer, None)?;
    let template = usable(conn, &input.template)?;
    let alert = input.alert_id.map(AlertId);
    if let Some(alert) = alert {
        fits(conn, &desk, alert, customer)?;
    }
    let owner = named::user(conn, "owner_id", input.owner_id, None)?;
    let language = language_of(conn, owner)?;
    let starts_on = input.starts_on.unwrap_or(today);
    let steps: Vec<(i64, &str, NaiveDate)> = template
        .told
        .steps
        .iter()
        .zip(1..)
        .map(|(step, position)| {
            let due_on = starts_on + Days::new(u64::from(step.after_days));
            (position, step.text(language), due_on)
        })
        .collect();
    let due_on = steps.iter().map(|step| step.2).max().unwrap_or(starts_on);
    let values = Values {
        alert_id: alert,
        owner_id: owner,
        title: match input.title {
            Some(title) => title,
            None => template.name(language).to_owned(),
        },
        note: input.note,
        cost: input.cost.or(template.told.cost),
        ..planned(customer, template.id, (starts_on, due_on))
    };
    let id = store::insert(conn, &values, writer.now)?;
    for step in steps {
        store::add_step(conn, id, step)?;
    }
    writer.record(conn, "created", WHAT, id.0)?;
    detail(conn, writer, id.0, today)
}

/// A play of which nothing is told but whose and when it is.
fn planned(
    customer_id: CustomerId,
    template_id: i64,
    (starts_on, due_on): (NaiveDate, NaiveDate),
) -> Values {
    Values {
        customer_id,
        alert_id: None,
        template_id,
        title: String::new(),
        note: None,
        owner_id: None,
        status: PlayStatus::Planned.word().to_owned(),
        cost: None,
        starts_on,
        due_on,
        begun_on: None,
        ended_on: None,
        horizon_weeks: None,
        outcome: None,
        outcome_by: None,
        outcome_on: None,
        outcome_note: None,
        record_outcome: None,
        run_id: None,
        churn_probability: None,
    }
}

/// A template of which plays may be made.
fn usable(conn: &mut Conn, code: &str) -> Answer<Template> {
    match templates::find(conn, code, false)? {
        Some(template) if template.told.active => Ok(template),
        Some(_) => {
            let rule = format!("the template {code} is not used any more");
            Err(Error::invalid("template", "inactive", rule))
        }
        None => {
            let rule = format!("there is no template {code}; GET /play-templates lists them");
            Err(Error::invalid("template", "unknown", rule))
        }
    }
}

/// Refuses an alert that is not this customer's; one that the writer may not see does not exist.
fn fits(conn: &mut Conn, desk: &Desk<'_>, alert: AlertId, customer: CustomerId) -> Answer<()> {
    let of = store::alert(conn, alert)?;
    if of == Some(Some(customer)) {
        return Ok(());
    }
    let seen = match of {
        Some(Some(other)) => desk.sees(conn, other)?,
        Some(None) => true,
        None => false,
    };
    let (code, rule) = if seen {
        (
            "other_customer",
            "expected an alert of this customer".to_owned(),
        )
    } else {
        ("unknown", format!("there is no alert {alert}"))
    };
    Err(Error::invalid("alert_id", code, rule))
}

/// The language of a play's steps: its owner's.
fn language_of(conn: &mut Conn, owner: Option<UserId>) -> DbResult<Language> {
    let Some(owner) = owner else {
        return Ok(Language::default());
    };
    let Some(user) = access::user(conn, owner.0)? else {
        return Ok(Language::default());
    };
    user.language
        .parse()
        .map_err(|error| DbError::corrupt("users.language", error))
}

/// The play with this id, to be changed.
///
/// # Errors
///
/// 404 and 412.
pub(super) fn standing(
    conn: &mut Conn,
    writer: &Writer,
    id: i64,
    condition: &IfMatch,
) -> Answer<Row> {
    let found = store::find(conn, id, &writer.teams, true)?;
    let found = found.ok_or_else(|| Error::not_found(WHAT, id))?;
    condition.check(found.version)?;
    Ok(found)
}

/// A play with its steps, as its writer may see it.
///
/// # Errors
///
/// 404.
pub fn detail(conn: &mut Conn, writer: &Writer, id: i64, today: NaiveDate) -> Answer<PlayDetail> {
    let row = store::find(conn, id, &writer.teams, false)?;
    let row = row.ok_or_else(|| Error::not_found(WHAT, id))?;
    let steps: Vec<Step> = store::steps(conn, row.id)?;
    Ok(PlayDetail {
        play: Play::of(&row, today)?,
        steps,
    })
}

/// Lays a merge patch over a play.
///
/// # Errors
///
/// 404, 412, 400, 422.
pub fn patch(
    conn: &mut Conn,
    writer: &Writer,
    (id, condition): (i64, &IfMatch),
    body: Json,
    today: NaiveDate,
) -> Answer<PlayDetail> {
    let row = standing(conn, writer, id, condition)?;
    let before = PlayChange {
        owner_id: row.values.owner_id.map(|owner| owner.0),
        due_on: row.values.due_on,
        cost: row.values.cost,
        title: row.values.title.clone(),
        note: row.values.note.clone(),
    };
    let change: PlayChange = overlaid(&before, body)?;
    let change = change
        .checked(row.values.starts_on)
        .map_err(Error::Invalid)?;
    if change != before {
        let owner_id = named::user(conn, "owner_id", change.owner_id, row.values.owner_id)?;
        let values = Values {
            owner_id,
            due_on: change.due_on,
            cost: change.cost,
            title: change.title,
            note: change.note,
            ..row.values
        };
        store::update(conn, row.id, &values, writer.now)?;
        writer.record(conn, "updated", WHAT, id)?;
    }
    detail(conn, writer, id, today)
}

/// Deletes a play that should never have been one: it counts for nothing.
///
/// # Errors
///
/// 404 and 412.
pub fn delete(conn: &mut Conn, writer: &Writer, id: i64, condition: &IfMatch) -> Answer<()> {
    let row = standing(conn, writer, id, condition)?;
    store::delete(conn, row.id, writer.now)?;
    Ok(writer.record(conn, "deleted", WHAT, id)?)
}
