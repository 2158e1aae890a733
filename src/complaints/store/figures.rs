//! What the figures are counted from.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};

use crate::access::Teams;
use crate::complaints::figures::Counted;
use crate::complaints::life::{Severity, Status};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime};
use crate::ids::CustomerId;
use crate::relationship::recovery::Pair;

/// Ids in one statement at most; SQLite refuses statements with very many parameters.
const CHUNK: usize = 500;

/// Which complaints are counted.
#[derive(Clone, Debug)]
pub struct FigureFilter {
    /// Whose customers may be seen.
    pub teams: Teams,
    /// Of one customer only.
    pub customer: Option<CustomerId>,
    /// Of one cause only.
    pub cause: Option<String>,
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    customer_id: i64,
    #[diesel(sql_type = Nullable<Text>)]
    cause: Option<String>,
    #[diesel(sql_type = Text)]
    severity: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Instant)]
    received_at: UtcTime,
    #[diesel(sql_type = Nullable<Instant>)]
    acknowledged_at: Option<UtcTime>,
    #[diesel(sql_type = Nullable<Instant>)]
    first_answered_at: Option<UtcTime>,
    #[diesel(sql_type = Instant)]
    answer_due_at: UtcTime,
    #[diesel(sql_type = Nullable<Instant>)]
    confirmed_at: Option<UtcTime>,
    #[diesel(sql_type = BigInt)]
    reopened: i64,
    #[diesel(sql_type = Nullable<Bool>)]
    justified: Option<bool>,
    #[diesel(sql_type = Bool)]
    has_action: bool,
    #[diesel(sql_type = Bool)]
    action_verified: bool,
}

/// The complaints received in `[from, to)`.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn rows(
    conn: &mut Conn,
    filter: &FigureFilter,
    (from, to): (UtcTime, UtcTime),
    zone: Tz,
) -> DbResult<Vec<Counted>> {
    let mut sql = Statement::new(
        "SELECT v.customer_id, v.cause, v.severity, v.status, v.received_at, v.acknowledged_at, \
         v.first_answered_at, v.answer_due_at, v.confirmed_at, v.reopened, v.justified, \
         (v.action IS NOT NULL) AS has_action, \
         (v.action_verified_at IS NOT NULL) AS action_verified \
         FROM complaints v JOIN customers c ON c.id = v.customer_id \
         WHERE v.deleted_at IS NULL AND v.received_at >= ",
    );
    sql.bind(Value::Time(from));
    sql.push(" AND v.received_at < ").bind(Value::Time(to));
    filter.teams.restrict(&mut sql, "c.team_id");
    if let Some(customer) = filter.customer {
        sql.push(" AND v.customer_id = ")
            .bind(Value::Int(customer.0));
    }
    if let Some(cause) = &filter.cause {
        sql.push(" AND v.cause = ").bind(Value::Text(cause.clone()));
    }
    sql.push(" ORDER BY v.received_at, v.id");
    let stored: Vec<Stored> = sql.load(conn)?;
    stored
        .into_iter()
        .map(|row| {
            Ok(Counted {
                severity: Severity::parse(&row.severity)
                    .ok_or_else(|| DbError::corrupt("complaints.severity", &row.severity))?,
                status: Status::parse(&row.status)
                    .ok_or_else(|| DbError::corrupt("complaints.status", &row.status))?,
                customer: row.customer_id,
                cause: row.cause,
                received_at: row.received_at,
                received_on: row.received_at.0.with_timezone(&zone).date_naive(),
                acknowledged_at: row.acknowledged_at,
                first_answered_at: row.first_answered_at,
                answer_due_at: row.answer_due_at,
                confirmed_at: row.confirmed_at,
                reopened: row.reopened,
                justified: row.justified,
                has_action: row.has_action,
                action_verified: row.action_verified,
            })
        })
        .collect()
}

#[derive(QueryableByName)]
struct DayCount {
    #[diesel(sql_type = Date)]
    day: NaiveDate,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Shipments of each day in `[from, to)` to or from the customers that are counted; cancelled ones
/// are none.
pub fn shipments_by_day(
    conn: &mut Conn,
    filter: &FigureFilter,
    (from, to): (NaiveDate, NaiveDate),
) -> DbResult<BTreeMap<NaiveDate, u64>> {
    let mut sql = Statement::new(
        "SELECT s.activity_on AS day, CAST(COUNT(*) AS BIGINT) AS n FROM shipments s \
         WHERE s.deleted_at IS NULL AND s.status <> 'cancelled' AND s.activity_on >= ",
    );
    sql.bind(Value::Date(from));
    sql.push(" AND s.activity_on < ").bind(Value::Date(to));
    if let Some(customer) = filter.customer {
        sql.push(" AND (s.shipper_id = ")
            .bind(Value::Int(customer.0));
        sql.push(" OR s.consignee_id = ")
            .bind(Value::Int(customer.0));
        sql.push(")");
    }
    if filter.teams != Teams::All {
        sql.push(
            " AND EXISTS (SELECT 1 FROM customers c WHERE c.id IN (s.shipper_id, s.consignee_id)",
        );
        filter.teams.restrict(&mut sql, "c.team_id");
        sql.push(")");
    }
    sql.push(" GROUP BY s.activity_on");
    let counts: Vec<DayCount> = sql.load(conn)?;
    Ok(counts
        .into_iter()
        .map(|count| (count.day, u64::try_from(count.n).unwrap_or_default()))
        .collect())
}

#[derive(QueryableByName)]
struct Scored {
    #[diesel(sql_type = BigInt)]
    customer_id: i64,
    #[diesel(sql_type = Date)]
    as_of: NaiveDate,
    #[diesel(sql_type = Double)]
    score: f64,
}

/// Satisfaction before and after each of these complaints that its customer confirmed: of the last
/// run as of its day or before, and of the first run as of a later day than the confirmation.
pub fn pairs(conn: &mut Conn, complaints: &[Counted], zone: Tz) -> DbResult<Vec<Pair>> {
    let closed: Vec<(&Counted, NaiveDate)> = complaints
        .iter()
        .filter_map(|row| {
            let day = row.confirmed_at?.0.with_timezone(&zone).date_naive();
            Some((row, day))
        })
        .collect();
    let mut customers: Vec<i64> = closed.iter().map(|(row, _)| row.customer).collect();
    customers.sort_unstable();
    customers.dedup();
    let mut scores: HashMap<i64, BTreeMap<NaiveDate, f64>> = HashMap::new();
    for chunk in customers.chunks(CHUNK) {
        let mut sql = Statement::new(
            "SELECT a.customer_id, r.as_of, a.score FROM account_satisfactions a \
             JOIN runs r ON r.id = a.run_id WHERE r.status = 'done' AND a.customer_id IN (",
        );
        sql.bind_list(chunk.iter().copied().map(Value::Int));
        sql.push(") ORDER BY r.id");
        // Of several runs as of one day the last counts.
        for Scored {
            customer_id,
            as_of,
            score,
        } in sql.load::<Scored>(conn)?
        {
            scores.entry(customer_id).or_default().insert(as_of, score);
        }
    }
    Ok(closed
        .iter()
        .filter_map(|(row, confirmed_on)| {
            let known = scores.get(&row.customer)?;
            let (_, before) = known.range(..=row.received_on).next_back()?;
            let later = confirmed_on.succ_opt()?;
            let (_, after) = known.range(later..).next()?;
            Some(Pair {
                before: *before,
                after: *after,
            })
        })
        .collect())
}
