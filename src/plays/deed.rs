//! What is done with plays, each in one transaction with its audit record.

use chrono::{Days, NaiveDate};
use serde_json::json;

use super::edit::{WHAT, detail, standing};
use super::model::{BACKDATED, OutcomeBy, PlayOutcome, PlayStatus, STEPS, StepInput, Verdict};
use super::store::{self, Row, Step, Values};
use super::view::PlayDetail;
use crate::access::audit::{self, Deed};
use crate::api::etag::IfMatch;
use crate::complaints::model::tidy_prose;
use crate::customers::edit::{Writer, overlaid};
use crate::db::{Conn, UtcTime};
use crate::engagement::model::day;
use crate::error::{Answer, Error};

/// What is done with a play.
#[derive(Clone, Debug)]
pub enum Act {
    /// It begins, on this day; today if it is not told.
    Start(Option<NaiveDate>),
    /// It is done, on this day, whatever of its steps is not.
    Finish(Option<NaiveDate>),
    /// It is given up, on this day.
    Cancel(Option<NaiveDate>),
    /// A step is done; the first one begins the play on this day, the last one ends it.
    StepDone(i64, Option<NaiveDate>),
    /// A step is not done after all.
    StepUndone(i64),
    /// Another step.
    AddStep(StepInput),
    /// A merge patch over a step.
    ChangeStep(i64, serde_json::Value),
    /// A step is not needed.
    RemoveStep(i64),
    /// A person says what came of it.
    Outcome(Verdict),
}

impl Act {
    fn word(&self) -> &'static str {
        match self {
            Self::Start(_) => "started",
            Self::Finish(_) => "finished",
            Self::Cancel(_) => "cancelled",
            Self::StepDone(..) => "step_done",
            Self::StepUndone(_) => "step_undone",
            Self::AddStep(_) => "step_added",
            Self::ChangeStep(..) => "step_changed",
            Self::RemoveStep(_) => "step_removed",
            Self::Outcome(_) => "outcome_recorded",
        }
    }
}

/// What a deed needs to know of the instance.
#[derive(Clone, Copy, Debug)]
pub struct Today {
    /// Today, in its time zone.
    pub day: NaiveDate,
    /// Weeks after which an outcome is told where no run has been made yet.
    pub horizon_weeks: u32,
}

/// Does it, and answers with the play.
///
/// # Errors
///
/// 404 for a play or step that is not there, 412, 409 for what may not follow (`cancelled`, `done`,
/// `already_begun`, `not_begun`, `step_done`), 422.
pub fn perform(
    conn: &mut Conn,
    writer: &Writer,
    (id, condition): (i64, &IfMatch),
    act: Act,
    today: Today,
) -> Answer<PlayDetail> {
    let row = standing(conn, writer, id, condition)?;
    let word = act.word();
    let mut values = row.values.clone();
    apply(conn, writer, &row, &mut values, act, today)?;
    store::update(conn, row.id, &values, writer.now)?;
    let deed = Deed {
        action: word,
        entity: WHAT,
        id: Some(id),
        detail: Some(json!({ "status": values.status })),
    };
    audit::record(conn, &writer.actor, &deed, writer.now)?;
    detail(conn, writer, id, today.day)
}

fn apply(
    conn: &mut Conn,
    writer: &Writer,
    row: &Row,
    values: &mut Values,
    act: Act,
    today: Today,
) -> Answer<()> {
    let status = values.status()?;
    match act {
        Act::Start(on) => {
            if status != PlayStatus::Planned {
                return Err(stands("already_begun", status));
            }
            begin(conn, values, on, today)
        }
        Act::Finish(on) => match status {
            PlayStatus::Planned => Err(stands("not_begun", status)),
            PlayStatus::Running => end(values, PlayStatus::Done, on, today),
            PlayStatus::Done | PlayStatus::Cancelled => Err(stands(status.word(), status)),
        },
        Act::Cancel(on) => match status {
            PlayStatus::Planned | PlayStatus::Running => {
                end(values, PlayStatus::Cancelled, on, today)
            }
            PlayStatus::Done | PlayStatus::Cancelled => Err(stands(status.word(), status)),
        },
        Act::Outcome(verdict) => judge(values, verdict, today.day),
        of_steps => {
            if status == PlayStatus::Cancelled {
                return Err(stands("cancelled", status));
            }
            let reopens = matches!(of_steps, Act::AddStep(_) | Act::StepUndone(_));
            let on = match of_steps {
                Act::StepDone(_, on) => on,
                _ => None,
            };
            change_steps(conn, writer, row, values, of_steps, today)?;
            settle(conn, row, values, (reopens, on), today)
        }
    }
}

fn stands(code: &'static str, status: PlayStatus) -> Error {
    Error::conflict(code, format!("the play is {status}"))
}

/// A day that has come already; today if it is not told.
fn past(on: Option<NaiveDate>, today: NaiveDate) -> Answer<NaiveDate> {
    let mut wrong = Vec::new();
    day("on", on, &mut wrong);
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let on = on.unwrap_or(today);
    if on > today {
        let rule = format!("expected no later than {today}: it has not happened yet");
        return Err(Error::invalid("on", "future", rule));
    }
    Ok(on)
}

/// Begins a play: from this day on its outcome counts, and what was known of the customer is kept.
fn begin(conn: &mut Conn, values: &mut Values, on: Option<NaiveDate>, today: Today) -> Answer<()> {
    let on = past(on, today.day)?;
    let earliest = today.day.checked_sub_days(Days::new(BACKDATED));
    if let Some(earliest) = earliest.filter(|earliest| on < *earliest) {
        let rule = format!(
            "expected {earliest} or later: a play is back-dated by at most {BACKDATED} days, as \
             its outcome must not be known"
        );
        return Err(Error::invalid("on", "too_early", rule));
    }
    let standing = store::standing_at(conn, values.customer_id, on)?;
    PlayStatus::Running.word().clone_into(&mut values.status);
    values.begun_on = Some(on);
    values.run_id = standing.map(|standing| standing.run);
    values.churn_probability = standing.and_then(|standing| standing.churn_probability);
    values.horizon_weeks = Some(standing.map_or(i64::from(today.horizon_weeks), |standing| {
        standing.horizon_weeks
    }));
    Ok(())
}

fn end(values: &mut Values, status: PlayStatus, on: Option<NaiveDate>, today: Today) -> Answer<()> {
    let on = since_begun(values, past(on, today.day)?)?;
    status.word().clone_into(&mut values.status);
    values.ended_on = Some(on);
    Ok(())
}

/// A day on which the play had begun.
fn since_begun(values: &Values, on: NaiveDate) -> Answer<NaiveDate> {
    if values.begun_on.is_some_and(|begun| on < begun) {
        let rule = "expected no earlier than the play began";
        return Err(Error::invalid("on", "out_of_order", rule));
    }
    Ok(on)
}

/// The moment of a deed on this day, at the time of day at which it is told.
fn moment(now: UtcTime, on: NaiveDate, today: Today) -> UtcTime {
    now.0
        .checked_sub_signed(today.day - on)
        .map_or(now, UtcTime::from)
}

/// What a person says came of it; `too_early` leaves it to the record.
fn judge(values: &mut Values, verdict: Verdict, today: NaiveDate) -> Answer<()> {
    if values.begun_on.is_none() {
        return Err(stands("not_begun", values.status()?));
    }
    let (mut note, mut wrong) = (verdict.note, Vec::new());
    tidy_prose("note", &mut note, &mut wrong);
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let recorded = values.record()?;
    let (outcome, by) = match (verdict.outcome, recorded) {
        // What the record says already is not too early to tell.
        (PlayOutcome::TooEarly, Some(recorded)) => (recorded, OutcomeBy::Record),
        (told, _) => (told, OutcomeBy::Person),
    };
    values.outcome = Some(outcome.word().to_owned());
    values.outcome_by = Some(by.word().to_owned());
    values.outcome_on = Some(today);
    values.outcome_note = note;
    Ok(())
}

fn change_steps(
    conn: &mut Conn,
    writer: &Writer,
    row: &Row,
    values: &mut Values,
    act: Act,
    today: Today,
) -> Answer<()> {
    let steps = store::steps(conn, row.id)?;
    let step = |position: i64| -> Answer<&Step> {
        let found = steps.iter().find(|step| step.position == position);
        found.ok_or_else(|| Error::not_found("step", position))
    };
    let checked = |input: StepInput| input.checked(row.values.starts_on).map_err(Error::Invalid);
    match act {
        Act::StepDone(position, on) => {
            if step(position)?.done_at.is_some() {
                return Err(Error::conflict("step_done", "the step is done already"));
            }
            if values.begun_on.is_none() {
                begin(conn, values, on, today)?;
            }
            let on = since_begun(values, past(on, today.day)?)?;
            let done = (moment(writer.now, on, today), writer.actor.name.as_str());
            store::mark(conn, row.id, position, Some(done))?;
        }
        Act::StepUndone(position) => {
            if step(position)?.done_at.is_none() {
                return Err(Error::conflict("step_open", "the step is not done"));
            }
            store::mark(conn, row.id, position, None)?;
        }
        Act::AddStep(input) => {
            let input = checked(input)?;
            if steps.len() >= STEPS {
                let rule = format!("expected at most {STEPS} steps");
                return Err(Error::invalid("text", "too_many", rule));
            }
            let position = steps.iter().map(|step| step.position).max().unwrap_or(0) + 1;
            values.due_on = values.due_on.max(input.due_on);
            store::add_step(conn, row.id, (position, &input.text, input.due_on))?;
        }
        Act::ChangeStep(position, body) => {
            let before = step(position)?;
            let before = StepInput {
                text: before.text.clone(),
                due_on: before.due_on,
            };
            let input = checked(overlaid(&before, body)?)?;
            values.due_on = values.due_on.max(input.due_on);
            store::rewrite_step(conn, row.id, (position, &input.text, input.due_on))?;
        }
        Act::RemoveStep(position) => {
            if step(position)?.done_at.is_some() {
                let detail = "the step is done: undo it before it is removed";
                return Err(Error::conflict("step_done", detail));
            }
            store::remove_step(conn, row.id, position)?;
        }
        Act::Start(_) | Act::Finish(_) | Act::Cancel(_) | Act::Outcome(_) => {}
    }
    Ok(())
}

/// Lets the status follow the steps: a play that runs is done with its last step, on that step's day.
/// One that is done runs again where a step was added or undone; a word corrected or a tick set
/// afterwards opens nothing that was finished without it.
fn settle(
    conn: &mut Conn,
    row: &Row,
    values: &mut Values,
    (reopens, on): (bool, Option<NaiveDate>),
    today: Today,
) -> Answer<()> {
    let steps = store::steps(conn, row.id)?;
    let all_done = !steps.is_empty() && steps.iter().all(|step| step.done_at.is_some());
    match (values.status()?, all_done) {
        (PlayStatus::Running, true) => end(values, PlayStatus::Done, on, today),
        (PlayStatus::Done, false) if reopens => {
            PlayStatus::Running.word().clone_into(&mut values.status);
            values.ended_on = None;
            Ok(())
        }
        _ => Ok(()),
    }
}
