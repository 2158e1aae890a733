//! Writes of templates and surveys in the caller's transaction.

use serde_json::Value as Json;

use super::model::{SurveyInput, SurveyStatus, TemplateInput};
use super::store::surveys::{self, Survey, Values};
use super::store::templates::{self, Template};
use crate::access::{Teams, store as access};
use crate::api::etag::IfMatch;
use crate::customers::edit::{Writer, overlaid};
use crate::db::{Conn, DbError, UtcTime};
use crate::error::{Answer, Error};

/// The template with this id, to be changed.
fn standing_template(conn: &mut Conn, id: i64, condition: &IfMatch) -> Answer<Template> {
    let found = templates::find(conn, id, true)?;
    let found = found.ok_or_else(|| Error::not_found("survey template", id))?;
    condition.check(found.version)?;
    Ok(found)
}

fn template_written(conn: &mut Conn, writer: &Writer, action: &str, id: i64) -> Answer<Template> {
    writer.record(conn, action, "survey_template", id)?;
    let found = templates::find(conn, id, false)?;
    found.ok_or_else(|| Error::not_found("survey template", id))
}

fn name_taken(error: DbError, name: &str) -> Error {
    if error.is_unique_violation() {
        Error::conflict(
            "name_taken",
            format!("there is a template {name:?} already"),
        )
    } else {
        error.into()
    }
}

/// Makes a template.
///
/// # Errors
///
/// 409 `name_taken`, 422.
pub fn create_template(conn: &mut Conn, writer: &Writer, input: TemplateInput) -> Answer<Template> {
    let input = input.checked().map_err(Error::Invalid)?;
    let made = templates::insert(conn, &input, writer.now);
    let id = made.map_err(|error| name_taken(error, &input.name))?;
    template_written(conn, writer, "created", id)
}

/// Replaces a template; surveys made of it keep their questions.
///
/// # Errors
///
/// 404, 409 `name_taken`, 412, 422.
pub fn put_template(
    conn: &mut Conn,
    writer: &Writer,
    id: i64,
    condition: &IfMatch,
    input: TemplateInput,
) -> Answer<Template> {
    let standing = standing_template(conn, id, condition)?;
    change_template(conn, writer, standing, input)
}

/// Lays a merge patch over a template.
///
/// # Errors
///
/// As [`put_template`], and 400.
pub fn patch_template(
    conn: &mut Conn,
    writer: &Writer,
    id: i64,
    condition: &IfMatch,
    body: Json,
) -> Answer<Template> {
    let standing = standing_template(conn, id, condition)?;
    let before = TemplateInput {
        name: standing.name.clone(),
        questions: standing.questions.clone(),
    };
    change_template(conn, writer, standing, overlaid(&before, body)?)
}

fn change_template(
    conn: &mut Conn,
    writer: &Writer,
    standing: Template,
    input: TemplateInput,
) -> Answer<Template> {
    let input = input.checked().map_err(Error::Invalid)?;
    if standing.name == input.name && standing.questions == input.questions {
        return Ok(standing);
    }
    let changed = templates::update(conn, standing.id, &input, writer.now);
    changed.map_err(|error| name_taken(error, &input.name))?;
    template_written(conn, writer, "updated", standing.id)
}

/// Deletes a template.
///
/// # Errors
///
/// 404 and 412.
pub fn delete_template(
    conn: &mut Conn,
    writer: &Writer,
    id: i64,
    condition: &IfMatch,
) -> Answer<()> {
    let standing = standing_template(conn, id, condition)?;
    templates::delete(conn, standing.id, writer.now)?;
    Ok(writer.record(conn, "deleted", "survey_template", id)?)
}

/// The survey with this id, as these teams see it.
///
/// # Errors
///
/// 404.
pub fn visible(conn: &mut Conn, id: i64, teams: &Teams) -> Answer<Survey> {
    surveys::find(conn, id, teams, false)?.ok_or_else(|| Error::not_found("survey", id))
}

/// The survey with this id, to be changed: one of the writer's teams.
fn standing(conn: &mut Conn, writer: &Writer, id: i64, condition: &IfMatch) -> Answer<Survey> {
    let found = surveys::find(conn, id, &writer.teams, true)?;
    let found = found.ok_or_else(|| Error::not_found("survey", id))?;
    if !writer.teams.allow(found.team_id) {
        return Err(Error::Forbidden { scope: "all teams" });
    }
    condition.check(found.version)?;
    Ok(found)
}

fn written(conn: &mut Conn, writer: &Writer, action: &str, id: i64) -> Answer<Survey> {
    writer.record(conn, action, "survey", id)?;
    visible(conn, id, &Teams::All)
}

impl Survey {
    /// What could be told to make it as it is.
    fn input(&self) -> SurveyInput {
        SurveyInput {
            name: self.name.clone(),
            template_id: self.template_id,
            questions: self.template_id.is_none().then(|| self.questions.clone()),
            about: self.about,
            closes_at: self.closes_at.0,
            reminder_days: self.reminder_days,
            reminders: self.reminders,
            team_id: self.team_id,
        }
    }

    fn values(&self) -> Values {
        Values {
            name: self.name.clone(),
            template_id: self.template_id,
            questions: self.questions.clone(),
            about: self.about,
            team_id: self.team_id,
            closes_at: self.closes_at,
            reminder_days: self.reminder_days,
            reminders: self.reminders,
        }
    }
}

/// Makes a survey, as a draft.
///
/// # Errors
///
/// 403 for a team that the writer does not have, 422.
pub fn create(conn: &mut Conn, writer: &Writer, mut input: SurveyInput) -> Answer<Survey> {
    if let (Teams::Only(own), None) = (&writer.teams, input.team_id) {
        let [only] = own.as_slice() else {
            let rule = "expected one of the key's teams";
            return Err(Error::invalid("team_id", "required", rule));
        };
        input.team_id = Some(*only);
    }
    let values = resolved(conn, writer, input, None)?;
    let id = surveys::insert(conn, &values, writer.now)?;
    written(conn, writer, "created", id)
}

/// Replaces what can be told of a survey.
///
/// # Errors
///
/// 403, 404, 409 `survey_frozen` or `survey_closed`, 412, 422.
pub fn put(
    conn: &mut Conn,
    writer: &Writer,
    id: i64,
    condition: &IfMatch,
    mut input: SurveyInput,
) -> Answer<Survey> {
    let standing = standing(conn, writer, id, condition)?;
    if writer.teams != Teams::All {
        // What the writer cannot leave out stays as it is.
        input.team_id = input.team_id.or(standing.team_id);
    }
    change(conn, writer, standing, input)
}

/// Lays a merge patch over a survey.
///
/// # Errors
///
/// As [`put`], and 400.
pub fn patch(
    conn: &mut Conn,
    writer: &Writer,
    id: i64,
    condition: &IfMatch,
    body: Json,
) -> Answer<Survey> {
    let standing = standing(conn, writer, id, condition)?;
    let input = overlaid(&standing.input(), body)?;
    change(conn, writer, standing, input)
}

fn change(
    conn: &mut Conn,
    writer: &Writer,
    standing: Survey,
    input: SurveyInput,
) -> Answer<Survey> {
    let (before, after) = (
        standing.values(),
        resolved(conn, writer, input, Some(&standing))?,
    );
    if before == after {
        return Ok(standing);
    }
    if standing.status != SurveyStatus::Draft
        && (before.questions != after.questions || before.about != after.about)
    {
        let detail = "what a survey asks is frozen once it is open; make another survey";
        return Err(Error::conflict("survey_frozen", detail));
    }
    let in_time = |values: &Values| (values.closes_at, values.reminder_days, values.reminders);
    if standing.status == SurveyStatus::Closed && in_time(&before) != in_time(&after) {
        let detail = "the survey is closed; its name and team can be changed";
        return Err(Error::conflict("survey_closed", detail));
    }
    surveys::update(conn, standing.id, &after, writer.now)?;
    written(conn, writer, "updated", standing.id.0)
}

/// What is to be stored, once the records that it names are found.
fn resolved(
    conn: &mut Conn,
    writer: &Writer,
    input: SurveyInput,
    standing: Option<&Survey>,
) -> Answer<Values> {
    let input = input.checked().map_err(Error::Invalid)?;
    let closes_at = UtcTime::from(input.closes_at);
    if standing.is_none_or(|one| one.closes_at != closes_at) && closes_at <= writer.now {
        return Err(Error::invalid(
            "closes_at",
            "past",
            "expected a time in the future",
        ));
    }
    if standing.map(|one| one.team_id) != Some(input.team_id) {
        check_team(conn, writer, input.team_id)?;
    }
    let kept =
        standing.filter(|one| one.template_id.is_some() && one.template_id == input.template_id);
    let questions = match (input.questions, input.template_id, kept) {
        (Some(questions), ..) => questions,
        // Its own, whatever became of the template.
        (None, _, Some(standing)) => standing.questions.clone(),
        (None, id, None) => {
            let id = id.unwrap_or_default();
            let found = templates::find(conn, id, false)?.ok_or_else(|| {
                let rule = format!("there is no survey template {id}");
                Error::invalid("template_id", "unknown", rule)
            })?;
            found.questions
        }
    };
    Ok(Values {
        name: input.name,
        template_id: input.template_id,
        questions,
        about: input.about,
        team_id: input.team_id,
        closes_at,
        reminder_days: input.reminder_days,
        reminders: input.reminders,
    })
}

fn check_team(conn: &mut Conn, writer: &Writer, team: Option<i64>) -> Answer<()> {
    if !writer.teams.allow(team) {
        return Err(Error::Forbidden { scope: "that team" });
    }
    if let Some(id) = team
        && access::team(conn, id)?.is_none()
    {
        let rule = format!("there is no team {id}");
        return Err(Error::invalid("team_id", "unknown", rule));
    }
    Ok(())
}

/// Opens a survey: it can be answered, and its questions are frozen. One that is open stays so.
///
/// # Errors
///
/// 403, 404, 409 `survey_closed`, 412.
pub fn open(conn: &mut Conn, writer: &Writer, id: i64, condition: &IfMatch) -> Answer<Survey> {
    let standing = standing(conn, writer, id, condition)?;
    match standing.status {
        SurveyStatus::Open => return Ok(standing),
        SurveyStatus::Closed => {
            let detail = "the survey was closed; make another";
            return Err(Error::conflict("survey_closed", detail));
        }
        SurveyStatus::Draft if standing.closes_at <= writer.now => {
            let detail = "it would have closed already; move closes_at first";
            return Err(Error::conflict("survey_closed", detail));
        }
        SurveyStatus::Draft => {}
    }
    surveys::open(conn, standing.id, writer.now)?;
    written(conn, writer, "opened", id)
}

/// Closes a survey: nobody can answer any more. One that is closed stays so.
///
/// # Errors
///
/// 403, 404, 409 `survey_not_open`, 412.
pub fn close(conn: &mut Conn, writer: &Writer, id: i64, condition: &IfMatch) -> Answer<Survey> {
    let standing = standing(conn, writer, id, condition)?;
    match standing.status {
        SurveyStatus::Closed => return Ok(standing),
        SurveyStatus::Draft => {
            let detail = "the survey is not open; it can be deleted";
            return Err(Error::conflict("survey_not_open", detail));
        }
        SurveyStatus::Open => {}
    }
    surveys::close(conn, standing.id, writer.now)?;
    written(conn, writer, "closed", id)
}

/// Deletes a survey that asked nobody.
///
/// # Errors
///
/// 403, 404, 409 `has_invitations`, 412.
pub fn delete(conn: &mut Conn, writer: &Writer, id: i64, condition: &IfMatch) -> Answer<()> {
    let standing = standing(conn, writer, id, condition)?;
    if surveys::invitations(conn, standing.id)? > 0 {
        let detail = "people were asked, and their answers count; close it instead";
        return Err(Error::conflict("has_invitations", detail));
    }
    surveys::delete(conn, standing.id, writer.now)?;
    Ok(writer.record(conn, "deleted", "survey", id)?)
}
