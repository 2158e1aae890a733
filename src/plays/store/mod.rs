//! Plays, their steps and templates in the database.

mod around;
pub mod history;
mod steps;
pub mod templates;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

pub use around::{AtStart, News, alert, set_record, standing_at, untold, waiting_for_data};
pub use steps::{Step, add_step, mark, remove_step, rewrite_step, steps};

use crate::access::Teams;
use crate::db::schema::plays;
use crate::db::select::{self, Collection, Kind, Listing, Statement, Value, field};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::ids::{AlertId, CustomerId, PlayId, RunId, UserId};
use crate::plays::model::{OutcomeBy, PlayOutcome, PlayStatus};

/// What is stored of a play, apart from its id and its times.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = plays, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Values {
    /// Whom it is to keep.
    pub customer_id: CustomerId,
    /// The alert that it answers.
    pub alert_id: Option<AlertId>,
    /// Its template.
    pub template_id: i64,
    /// What it is called.
    pub title: String,
    /// For those who read it.
    pub note: Option<String>,
    /// Who does it.
    pub owner_id: Option<UserId>,
    /// Where it stands.
    pub status: String,
    /// Minor units.
    pub cost: Option<i64>,
    /// When it is to begin.
    pub starts_on: NaiveDate,
    /// Until when.
    pub due_on: NaiveDate,
    /// When it did begin.
    pub begun_on: Option<NaiveDate>,
    /// When it was done or given up.
    pub ended_on: Option<NaiveDate>,
    /// Weeks after which its outcome is told.
    pub horizon_weeks: Option<i64>,
    /// What came of it.
    pub outcome: Option<String>,
    /// Who says so.
    pub outcome_by: Option<String>,
    /// Since when.
    pub outcome_on: Option<NaiveDate>,
    /// How the person knows.
    pub outcome_note: Option<String>,
    /// What the customer's shipments say.
    pub record_outcome: Option<String>,
    /// The newest run when it began.
    pub run_id: Option<RunId>,
    /// The customer's churn probability in that run.
    pub churn_probability: Option<f64>,
}

/// A play, with its template and the team of its customer.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = plays)]
pub struct Row {
    /// Its id.
    pub id: PlayId,
    /// What was told, and what happened.
    #[diesel(embed)]
    pub values: Values,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
    /// The customer's team.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub team_id: Option<i64>,
    /// The customer's name.
    #[diesel(sql_type = Text)]
    pub customer_name: String,
    /// Code of its template.
    #[diesel(sql_type = Text)]
    pub template: String,
}

impl Values {
    /// Where it stands.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored word is none; as the next two.
    pub fn status(&self) -> DbResult<PlayStatus> {
        PlayStatus::parse(&self.status)
            .ok_or_else(|| DbError::corrupt("plays.status", &self.status))
    }

    /// What came of it, and who says so.
    pub fn outcome(&self) -> DbResult<Option<(PlayOutcome, OutcomeBy)>> {
        outcome(self.outcome.as_deref(), self.outcome_by.as_deref())
    }

    /// What the customer's shipments say.
    pub fn record(&self) -> DbResult<Option<PlayOutcome>> {
        let word = self.record_outcome.as_ref();
        word.map(|word| {
            PlayOutcome::parse(word).ok_or_else(|| DbError::corrupt("plays.record_outcome", word))
        })
        .transpose()
    }

    /// The first day on which its outcome can be told; `None`: it has not begun.
    pub fn decided_from(&self) -> DbResult<Option<NaiveDate>> {
        let (Some(begun_on), Some(weeks)) = (self.begun_on, self.horizon_weeks) else {
            return Ok(None);
        };
        history::after(begun_on, weeks).map(Some)
    }
}

fn outcome(told: Option<&str>, by: Option<&str>) -> DbResult<Option<(PlayOutcome, OutcomeBy)>> {
    let (Some(told), Some(by)) = (told, by) else {
        return Ok(None);
    };
    let outcome =
        PlayOutcome::parse(told).ok_or_else(|| DbError::corrupt("plays.outcome", told))?;
    let by = OutcomeBy::parse(by).ok_or_else(|| DbError::corrupt("plays.outcome_by", by))?;
    Ok(Some((outcome, by)))
}

/// Lists of plays.
pub const PLAYS: Collection = Collection {
    columns: "v.*, c.team_id, c.name AS customer_name, t.code AS template",
    from: "plays v JOIN customers c ON c.id = v.customer_id \
           JOIN play_templates t ON t.id = v.template_id",
    id: "v.id",
    updated: Some("v.updated_at"),
    alive: Some("v.deleted_at IS NULL"),
    fields: &[
        field("id", "v.id", Kind::Int, true),
        field("customer_id", "v.customer_id", Kind::Int, false),
        field("alert_id", "v.alert_id", Kind::Int, false),
        field("owner_id", "v.owner_id", Kind::Int, false),
        field("template", "t.code", Kind::Text, false),
        field("status", "v.status", Kind::Words(PlayStatus::WORDS), false),
        field(
            "outcome",
            "(CASE WHEN v.begun_on IS NOT NULL THEN COALESCE(v.outcome, 'too_early') END)",
            Kind::Words(PlayOutcome::WORDS),
            false,
        ),
        field(
            "outcome_by",
            "v.outcome_by",
            Kind::Words(OutcomeBy::WORDS),
            false,
        ),
        field("starts_on", "v.starts_on", Kind::Date, true),
        field("due_on", "v.due_on", Kind::Date, true),
        field("updated_at", "v.updated_at", Kind::Time, true),
    ],
    default_sort: "-id",
};

/// One page of plays, and one row more if there is another.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn page(conn: &mut Conn, listing: &Listing, teams: &Teams) -> DbResult<Vec<Row>> {
    select::page(conn, &PLAYS, listing, |sql| {
        teams.restrict(sql, "c.team_id");
    })
}

/// The play with this id, unless it was deleted or these teams may not see it; kept from being
/// written by others until the transaction ends if it is to be `changed`. SQLite has one writer
/// anyway.
pub fn find(conn: &mut Conn, id: i64, teams: &Teams, changed: bool) -> DbResult<Option<Row>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(PLAYS.columns).push(" FROM ").push(PLAYS.from);
    sql.push(" WHERE v.deleted_at IS NULL AND v.id = ")
        .bind(Value::Int(id));
    teams.restrict(&mut sql, "c.team_id");
    if changed && conn.is_postgres() {
        sql.push(" FOR NO KEY UPDATE OF v");
    }
    Ok(sql.load(conn)?.pop())
}

/// Makes a play.
pub fn insert(conn: &mut Conn, values: &Values, now: UtcTime) -> DbResult<PlayId> {
    let id: i64 = on!(conn, |c| diesel::insert_into(plays::table)
        .values((values, plays::created_at.eq(now), plays::updated_at.eq(now)))
        .returning(plays::id)
        .get_result(c))?;
    Ok(PlayId(id))
}

/// Changes a play.
pub fn update(conn: &mut Conn, id: PlayId, values: &Values, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(plays::table.find(id.0))
        .set((
            values,
            plays::updated_at.eq(now),
            plays::version.eq(plays::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Marks a play as deleted: it counts for nothing any more.
pub fn delete(conn: &mut Conn, id: PlayId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(plays::table.find(id.0))
        .set((
            plays::deleted_at.eq(Some(now)),
            plays::updated_at.eq(now),
            plays::version.eq(plays::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
