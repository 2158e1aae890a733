//! Who waits for which digest, and what it is to tell.

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::tell::Fate;
use crate::access::Teams;
use crate::access::preferences::{Frequency, RollUp};
use crate::alerts::letters::store::zone;
use crate::alerts::model::{AlertDeed, AlertSeverity, AlertState};
use crate::db::schema::{digest_entries, mails, users};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::i18n::Language;
use crate::ids::{AlertId, CustomerId, MailId, UserId};
use crate::mail::model::MailKind;

/// Somebody who may be sent a digest.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    pub email: String,
    language: String,
    pub team_id: Option<i64>,
    time_zone: Option<String>,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    pub digest_at: i64,
    pub digest_weekday: i64,
    pub mail_budget: Option<i64>,
    roll_up: String,
    pub daily_on: Option<NaiveDate>,
    pub weekly_on: Option<NaiveDate>,
    pub roll_up_on: Option<NaiveDate>,
    pub updated_at: UtcTime,
}

impl Person {
    pub fn language(&self) -> DbResult<Language> {
        self.language
            .parse()
            .map_err(|error| DbError::corrupt("users.language", error))
    }

    pub fn zone(&self, instance: Tz) -> DbResult<Tz> {
        zone(self.time_zone.as_deref(), instance)
    }

    pub fn quiet(&self) -> Option<(i64, i64)> {
        self.quiet_from.zip(self.quiet_until)
    }

    pub fn roll_up(&self) -> DbResult<RollUp> {
        RollUp::parse(&self.roll_up).ok_or_else(|| DbError::corrupt("users.roll_up", &self.roll_up))
    }

    /// Whose customers the person hears of.
    pub fn sees(&self) -> Teams {
        self.team_id
            .map_or(Teams::All, |team| Teams::Only(vec![team]))
    }
}

/// Everybody who wants alerts mailed and whose address works.
pub fn people(conn: &mut Conn) -> DbResult<Vec<Person>> {
    Ok(on!(conn, |c| users::table
        .filter(users::mail_alerts.eq(true))
        .filter(users::deleted_at.is_null())
        .filter(users::mail_failed_at.is_null())
        .order(users::id)
        .select(Person::as_select())
        .load(c))?)
}

/// Who has something waiting for which digest, since when at the latest.
pub fn waiting(conn: &mut Conn) -> DbResult<Vec<(UserId, String)>> {
    Ok(on!(conn, |c| digest_entries::table
        .filter(digest_entries::mail_id.is_null())
        .select((digest_entries::user_id, digest_entries::frequency))
        .distinct()
        .load(c))?)
}

/// Days that a kept day may lie ahead of the one it is compared with, by travelling west; what lies
/// further ahead was written by a clock that was wrong.
const AHEAD: chrono::Days = chrono::Days::new(2);

/// Which digest of a person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Daily,
    Weekly,
    RollUp,
}

impl Which {
    /// The kind of its mails.
    pub fn kind(self) -> MailKind {
        match self {
            Self::Daily | Self::Weekly => MailKind::Digest,
            Self::RollUp => MailKind::RollUp,
        }
    }

    /// How the `Message-ID` of its mails begins.
    pub fn name(self) -> &'static str {
        match self {
            Self::Daily => "digest-daily",
            Self::Weekly => "digest-weekly",
            Self::RollUp => "roll-up",
        }
    }
}

/// When a person was last sent one; `None`: never.
pub fn last_sent(conn: &mut Conn, user: UserId, which: Which) -> DbResult<Option<UtcTime>> {
    let begins = format!("<{}-%", which.name());
    Ok(on!(conn, |c| mails::table
        .filter(mails::user_id.eq(user.0))
        .filter(mails::kind.eq(which.kind().word()))
        .filter(mails::message_id.like(&begins))
        .order(mails::id.desc())
        .select(mails::created_at)
        .first(c)
        .optional())?)
}

/// Whether a person was sent that of this day.
pub fn was_sent(conn: &mut Conn, user: UserId, (which, day): (Which, NaiveDate)) -> DbResult<bool> {
    let begins = format!("<{}-{user}-{day}-%", which.name());
    Ok(on!(conn, |c| diesel::select(diesel::dsl::exists(
        mails::table
            .filter(mails::user_id.eq(user.0))
            .filter(mails::kind.eq(which.kind().word()))
            .filter(mails::message_id.like(&begins))
    ))
    .get_result(c))?)
}

/// Takes a day's digest for this transaction; `false` if another has had it. The kept day is looked at
/// under the row's lock.
pub fn claim(conn: &mut Conn, user: UserId, which: Which, day: NaiveDate) -> DbResult<bool> {
    let ahead = day.checked_add_days(AHEAD).unwrap_or(day);
    let touched = match which {
        Which::Daily => on!(conn, |c| diesel::update(users::table.find(user.0))
            .filter(
                users::daily_on
                    .is_null()
                    .or(users::daily_on.lt(day))
                    .or(users::daily_on.gt(ahead))
            )
            .set(users::daily_on.eq(day))
            .execute(c))?,
        Which::Weekly => on!(conn, |c| diesel::update(users::table.find(user.0))
            .filter(
                users::weekly_on
                    .is_null()
                    .or(users::weekly_on.lt(day))
                    .or(users::weekly_on.gt(ahead))
            )
            .set(users::weekly_on.eq(day))
            .execute(c))?,
        Which::RollUp => on!(conn, |c| diesel::update(users::table.find(user.0))
            .filter(
                users::roll_up_on
                    .is_null()
                    .or(users::roll_up_on.lt(day))
                    .or(users::roll_up_on.gt(ahead))
            )
            .set(users::roll_up_on.eq(day))
            .execute(c))?,
    };
    Ok(touched == 1)
}

/// An alert that a digest may tell.
#[derive(Clone, Debug, QueryableByName)]
pub struct Entry {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    deed: String,
    #[diesel(sql_type = Text)]
    why: String,
    #[diesel(sql_type = BigInt)]
    pub alert: AlertId,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub customer: Option<CustomerId>,
    #[diesel(sql_type = Text)]
    severity: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<Text>)]
    resolution: Option<String>,
}

impl Entry {
    pub fn severity(&self) -> DbResult<AlertSeverity> {
        AlertSeverity::parse(&self.severity)
            .ok_or_else(|| DbError::corrupt("alerts.severity", &self.severity))
    }

    pub fn fate(&self) -> Fate {
        if self.state == AlertState::Resolved.word() {
            return Fate::Ended(self.resolution.clone());
        }
        match AlertDeed::parse(&self.deed) {
            Some(AlertDeed::Worsened) => Fate::Worsened,
            Some(AlertDeed::Woken) => Fate::Woken,
            _ => Fate::Opened,
        }
    }

    pub fn is_over_budget(&self) -> bool {
        self.why == "budget"
    }
}

/// How many rows are asked for at once.
const CHUNK: usize = 500;

const ALERT: &str = "a.id AS alert, a.customer_id AS customer, a.severity, a.state, a.resolution \
                     FROM alerts a LEFT JOIN customers c ON c.id = a.customer_id";

/// What waits for a person's digest since before `until`, the oldest first; what the person may not
/// see any more is left out.
pub fn entries(
    conn: &mut Conn,
    person: &Person,
    frequency: Frequency,
    until: UtcTime,
) -> DbResult<Vec<Entry>> {
    let mut sql = Statement::new("SELECT e.id, e.deed, e.why, ");
    sql.push(ALERT)
        .push(
            " JOIN digest_entries e ON e.alert_id = a.id WHERE e.mail_id IS NULL AND e.user_id = ",
        )
        .bind(Value::Int(person.id.0))
        .push(" AND e.frequency = ")
        .bind(Value::Text(frequency.word().to_owned()))
        .push(" AND e.created_at <= ")
        .bind(Value::Time(until))
        .push(" AND c.deleted_at IS NULL");
    person.sees().restrict(&mut sql, "c.team_id");
    sql.push(" ORDER BY e.id");
    sql.load(conn)
}

/// Alerts that earlier digests told a person of and that ended in this time.
pub fn ended(
    conn: &mut Conn,
    person: &Person,
    frequency: Frequency,
    (since, until): (UtcTime, UtcTime),
) -> DbResult<Vec<Entry>> {
    let mut sql =
        Statement::new("SELECT CAST(0 AS BIGINT) AS id, 'opened' AS deed, 'preference' AS why, ");
    sql.push(ALERT)
        .push(" WHERE a.state = 'resolved' AND a.resolved_at > ")
        .bind(Value::Time(since))
        .push(" AND a.resolved_at <= ")
        .bind(Value::Time(until))
        .push(
            " AND EXISTS (SELECT 1 FROM digest_entries e WHERE e.alert_id = a.id AND e.user_id = ",
        )
        .bind(Value::Int(person.id.0))
        .push(" AND e.mail_id IS NOT NULL AND e.frequency = ")
        .bind(Value::Text(frequency.word().to_owned()))
        .push(") AND c.deleted_at IS NULL");
    person.sees().restrict(&mut sql, "c.team_id");
    sql.push(" ORDER BY a.id");
    sql.load(conn)
}

/// Notes that a mail tells them.
pub fn mark(conn: &mut Conn, entries: &[Entry], mail: MailId) -> DbResult<()> {
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    for chunk in ids.chunks(CHUNK) {
        on!(conn, |c| diesel::update(digest_entries::table)
            .filter(digest_entries::id.eq_any(chunk))
            .set(digest_entries::mail_id.eq(mail.0))
            .execute(c))?;
    }
    Ok(())
}
