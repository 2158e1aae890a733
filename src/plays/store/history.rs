//! What the effect of plays is measured on.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate, NaiveTime};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Double, Nullable, Text};

use crate::access::Teams;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime};
use crate::ids::{CustomerId, RunId};
use crate::plays::effect::{Begun, History, Ranking, Side, Standing};
use crate::plays::model::BACKDATED;

#[derive(QueryableByName)]
struct PlayRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Date)]
    begun_on: NaiveDate,
    #[diesel(sql_type = BigInt)]
    horizon_weeks: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    run_id: Option<RunId>,
    #[diesel(sql_type = Instant)]
    created_at: UtcTime,
}

#[derive(QueryableByName)]
struct StandingRow {
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Double)]
    churn_probability: f64,
    #[diesel(sql_type = Text)]
    role: String,
}

#[derive(QueryableByName)]
struct RunRow {
    #[diesel(sql_type = Date)]
    as_of: NaiveDate,
}

#[derive(QueryableByName)]
struct DayRow {
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Date)]
    activity_on: NaiveDate,
}

#[derive(QueryableByName)]
struct Newest {
    #[diesel(sql_type = Nullable<Date>)]
    day: Option<NaiveDate>,
}

/// The first day after a horizon of so many weeks.
///
/// # Errors
///
/// [`DbError::Corrupt`] if there is none.
pub fn after(from: NaiveDate, weeks: i64) -> DbResult<NaiveDate> {
    u64::try_from(weeks)
        .ok()
        .and_then(|weeks| from.checked_add_days(Days::new(weeks.checked_mul(7)?)))
        .ok_or_else(|| DbError::corrupt("plays.horizon_weeks", weeks))
}

/// Until when horizons have been seen by what was known before a day: the newest shipping day before
/// it, as the track record has it.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn seen_until(conn: &mut Conn, before: NaiveDate) -> DbResult<Option<NaiveDate>> {
    let mut sql = Statement::new(
        "SELECT MAX(s.activity_on) AS day FROM shipments s WHERE s.deleted_at IS NULL \
         AND s.status <> 'cancelled' AND s.activity_on < ",
    );
    sql.bind(Value::Date(before));
    let found: Vec<Newest> = sql.load(conn)?;
    Ok(found.into_iter().next().and_then(|newest| newest.day))
}

/// Everything that was known before a day, of customers of these teams.
pub fn read(conn: &mut Conn, before: NaiveDate, teams: &Teams) -> DbResult<History> {
    let plays = plays(conn, before, teams)?;
    if plays.is_empty() {
        return Ok(History::default());
    }
    let seen_until = seen_until(conn, before)?;
    let seen: Vec<&Begun> = plays
        .iter()
        .filter(|play| seen_until.is_some_and(|seen| play.until <= seen))
        .collect();
    // Whether somebody had left is told by the horizon before.
    let earliest = |play: &&Begun| play.from.checked_sub_signed(play.until - play.from);
    let span = seen.iter().filter_map(earliest).min();
    let span = span.zip(seen.iter().map(|play| play.until).max());
    let ids: BTreeSet<RunId> = seen.iter().filter_map(|play| play.run).collect();
    let runs = standings(conn, &ids, teams)?;
    let days = match span {
        Some(span) => shipping_days(conn, span)?,
        None => HashMap::new(),
    };
    Ok(History {
        plays,
        seen_until,
        runs,
        days,
    })
}

fn plays(conn: &mut Conn, before: NaiveDate, teams: &Teams) -> DbResult<Vec<Begun>> {
    let mut sql = Statement::new(
        "SELECT p.id, p.customer_id, t.code, p.begun_on, p.horizon_weeks, p.run_id, p.created_at \
         FROM plays p \
         JOIN play_templates t ON t.id = p.template_id JOIN customers c ON c.id = p.customer_id \
         WHERE p.deleted_at IS NULL AND p.begun_on IS NOT NULL AND p.horizon_weeks IS NOT NULL \
         AND p.begun_on < ",
    );
    sql.bind(Value::Date(before));
    teams.restrict(&mut sql, "c.team_id");
    sql.push(" ORDER BY p.begun_on, p.id");
    let rows: Vec<PlayRow> = sql.load(conn)?;
    rows.into_iter()
        .map(|row| {
            Ok(Begun {
                id: row.id,
                customer: row.customer_id,
                template: row.code,
                from: row.begun_on,
                until: after(row.begun_on, row.horizon_weeks)?,
                run: row.run_id,
                late: is_late(row.begun_on, row.created_at),
            })
        })
        .collect()
}

/// Whether a play was written down after the days by which it may be back-dated. They are over once
/// they are wherever people live, 12 hours west of Greenwich at most.
fn is_late(begun_on: NaiveDate, created_at: UtcTime) -> bool {
    let over = begun_on.checked_add_days(Days::new(BACKDATED + 1));
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    over.is_some_and(|day| created_at.0.naive_utc() >= day.and_time(noon))
}

/// Run by run, as all of them together may be large. Customers that were deleted since are still in
/// them: a run knows what it knew.
fn standings(
    conn: &mut Conn,
    runs: &BTreeSet<RunId>,
    teams: &Teams,
) -> DbResult<BTreeMap<RunId, Ranking>> {
    let mut found = BTreeMap::new();
    for run in runs {
        let mut sql = Statement::new("SELECT u.as_of FROM runs u WHERE u.id = ");
        sql.bind(Value::Int(run.0));
        let made: Vec<RunRow> = sql.load(conn)?;
        let Some(RunRow { as_of }) = made.into_iter().next() else {
            continue;
        };
        let mut sql = Statement::new(
            "SELECT r.customer_id, r.churn_probability, r.role FROM customer_risks r \
             JOIN customers c ON c.id = r.customer_id WHERE r.run_id = ",
        );
        sql.bind(Value::Int(run.0));
        teams.restrict(&mut sql, "c.team_id");
        sql.push(" ORDER BY r.customer_id");
        let rows: Vec<StandingRow> = sql.load(conn)?;
        let people = rows.into_iter().map(StandingRow::typed);
        let people = people.collect::<DbResult<_>>()?;
        found.insert(*run, Ranking { as_of, people });
    }
    Ok(found)
}

impl StandingRow {
    fn typed(self) -> DbResult<Standing> {
        Ok(Standing {
            customer: self.customer_id,
            probability: self.churn_probability,
            role: Side::parse(&self.role)
                .ok_or_else(|| DbError::corrupt("customer_risks.role", &self.role))?,
        })
    }
}

/// The shipping days of everybody in `[from, until)`, on either side, ascending.
fn shipping_days(
    conn: &mut Conn,
    (from, until): (NaiveDate, NaiveDate),
) -> DbResult<HashMap<CustomerId, Vec<NaiveDate>>> {
    let mut sql = Statement::default();
    for (party, union) in [("shipper_id", " UNION "), ("consignee_id", "")] {
        sql.push("SELECT s.").push(party);
        sql.push(" AS customer_id, s.activity_on FROM shipments s WHERE s.activity_on >= ")
            .bind(Value::Date(from));
        sql.push(" AND s.activity_on < ").bind(Value::Date(until));
        sql.push(" AND s.deleted_at IS NULL AND s.status <> 'cancelled'")
            .push(union);
    }
    sql.push(" ORDER BY customer_id, activity_on");
    let rows: Vec<DayRow> = sql.load(conn)?;
    let mut days: HashMap<CustomerId, Vec<NaiveDate>> = HashMap::new();
    for row in rows {
        days.entry(row.customer_id)
            .or_default()
            .push(row.activity_on);
    }
    Ok(days)
}
