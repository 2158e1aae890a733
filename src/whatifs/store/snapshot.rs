//! A run's snapshots, read back whole, and what the watch list says of some customers.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};

use crate::access::Teams;
use crate::db::schema::{customer_risks, link_risks};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, each_row};
use crate::ids::{CustomerId, RunId};

/// Ids in one statement at most.
const CHUNK: usize = 500;

/// A link of a run.
#[derive(Debug, Queryable)]
pub struct LinkRow {
    /// First party.
    pub shipper: CustomerId,
    /// Second party.
    pub consignee: CustomerId,
    /// Over the window.
    pub business: f64,
    /// Over the horizon.
    pub value: f64,
    /// Of most shipments; `None` in runs made before they were kept.
    pub terms: Option<String>,
}

/// Own churn of every customer of a run, by id.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn customers(conn: &mut Conn, run: RunId) -> DbResult<Vec<(CustomerId, f64)>> {
    let mut rows = Vec::new();
    each_row!(
        conn,
        customer_risks::table
            .filter(customer_risks::run_id.eq(run.0))
            .order(customer_risks::customer_id)
            .select((customer_risks::customer_id, customer_risks::own_churn)),
        |row: (CustomerId, f64)| rows.push(row)
    );
    Ok(rows)
}

/// Hands over every link of a run, by shipper and consignee.
///
/// # Errors
///
/// The database's, and those of `take`.
pub fn each_link(
    conn: &mut Conn,
    run: RunId,
    mut take: impl FnMut(LinkRow) -> DbResult<()>,
) -> DbResult<()> {
    each_row!(
        conn,
        link_risks::table
            .filter(link_risks::run_id.eq(run.0))
            .order((link_risks::shipper_id, link_risks::consignee_id))
            .select((
                link_risks::shipper_id,
                link_risks::consignee_id,
                link_risks::business,
                link_risks::value,
                link_risks::terms,
            )),
        |row: LinkRow| take(row)?
    );
    Ok(())
}

/// What a run says of a customer that may be visited or won.
#[derive(Clone, Debug, QueryableByName)]
pub struct Standing {
    /// Which.
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    /// By itself.
    #[diesel(sql_type = Double)]
    pub own_churn: f64,
    /// Expected loss if it is lost, less that if it is safe.
    #[diesel(sql_type = Double)]
    pub blast_radius: f64,
    /// What a play would save; 0 for those who left already.
    #[diesel(sql_type = Double)]
    pub save_value: f64,
}

impl Standing {
    /// Whether the run takes it to have left already: a play would have something to save, and the
    /// run says that it saves nothing. `save_effect` is the run's.
    pub fn is_gone(&self, save_effect: f64) -> bool {
        let something = self.own_churn * self.blast_radius * save_effect;
        something.abs() > 0.0 && self.save_value == 0.0
    }
}

const STANDING: &str = "SELECT k.customer_id, k.own_churn, k.blast_radius, k.save_value \
    FROM customer_risks k JOIN customers c ON c.id = k.customer_id \
    WHERE c.deleted_at IS NULL AND k.run_id = ";

/// The first of a run's watch list that a play would save something at.
///
/// # Errors
///
/// The database's.
pub fn watched(conn: &mut Conn, run: RunId, teams: &Teams, most: i64) -> DbResult<Vec<Standing>> {
    let mut sql = Statement::new(STANDING);
    sql.bind(Value::Int(run.0)).push(" AND k.save_value > 0");
    teams.restrict(&mut sql, "c.team_id");
    sql.push(" ORDER BY k.save_value DESC, k.customer_id DESC LIMIT ")
        .bind(Value::Int(most));
    sql.load(conn)
}

/// The customers of a run with something to save at whom the run sees nothing to be saved any more.
///
/// # Errors
///
/// The database's.
pub fn gone(conn: &mut Conn, run: RunId, teams: &Teams) -> DbResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let mut sql = Statement::new(
        "SELECT CAST(COUNT(*) AS BIGINT) AS count FROM customer_risks k \
         JOIN customers c ON c.id = k.customer_id WHERE c.deleted_at IS NULL AND k.run_id = ",
    );
    sql.bind(Value::Int(run.0))
        .push(" AND k.save_value = 0 AND k.own_churn * k.blast_radius <> 0");
    teams.restrict(&mut sql, "c.team_id");
    let rows: Vec<Count> = sql.load(conn)?;
    Ok(rows.first().map_or(0, |row| row.count))
}

/// What a run says of these customers.
///
/// # Errors
///
/// The database's.
pub fn standing(
    conn: &mut Conn,
    run: RunId,
    customers: &[CustomerId],
) -> DbResult<HashMap<CustomerId, Standing>> {
    let mut found = HashMap::with_capacity(customers.len());
    for chunk in customers.chunks(CHUNK) {
        let mut sql = Statement::new(STANDING);
        sql.bind(Value::Int(run.0)).push(" AND k.customer_id IN (");
        sql.bind_list(chunk.iter().map(|id| Value::Int(id.0)))
            .push(")");
        let rows: Vec<Standing> = sql.load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.customer_id, row)));
    }
    Ok(found)
}

/// What loyalty spread needs to know of a customer of a run.
#[derive(Clone, Debug, QueryableByName)]
pub struct Loyalty {
    /// Which.
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    /// Probability that it has not dropped out.
    #[diesel(sql_type = Double)]
    pub p_alive: f64,
    /// Satisfaction of the account, in `[0, 1]`.
    #[diesel(sql_type = Nullable<Double>)]
    pub score: Option<f64>,
    /// `green`, `amber`, `red` or `unknown`.
    #[diesel(sql_type = Nullable<Text>)]
    pub light: Option<String>,
    /// Whether it was deleted since.
    #[diesel(sql_type = Bool)]
    pub deleted: bool,
}

/// Activity and satisfaction of every customer of a run, by id.
///
/// # Errors
///
/// The database's.
pub fn loyalty(conn: &mut Conn, run: RunId) -> DbResult<Vec<Loyalty>> {
    let mut sql = Statement::new(
        "SELECT k.customer_id, k.p_alive, a.score, a.light, (c.deleted_at IS NOT NULL) AS deleted \
         FROM customer_risks k JOIN customers c ON c.id = k.customer_id \
         LEFT JOIN account_satisfactions a ON a.run_id = k.run_id AND a.customer_id = k.customer_id \
         WHERE k.run_id = ",
    );
    sql.bind(Value::Int(run.0)).push(" ORDER BY k.customer_id");
    sql.load(conn)
}

/// Customers with a shipment of these days of which it is not known who paid, so that it may be
/// they. (If a third party did, it was neither.)
///
/// # Errors
///
/// The database's.
pub fn may_have_paid(
    conn: &mut Conn,
    (from, to): (NaiveDate, NaiveDate),
) -> DbResult<HashSet<CustomerId>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: CustomerId,
    }
    let mut sql = Statement::default();
    for (place, side) in ["s.shipper_id", "s.consignee_id"].into_iter().enumerate() {
        sql.push(if place == 0 {
            "SELECT "
        } else {
            " UNION SELECT "
        });
        sql.push(side).push(
            " AS id FROM shipments s WHERE s.deleted_at IS NULL AND s.status <> 'cancelled' \
             AND s.payer_id IS NULL AND s.freight_terms = 'unknown' AND s.activity_on >= ",
        );
        sql.bind(Value::Date(from)).push(" AND s.activity_on < ");
        sql.bind(Value::Date(to));
    }
    let rows: Vec<Id> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// When a customer last paid for a shipment.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Paid {
    /// Who; `None`: it is not known who paid.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub payer_id: Option<CustomerId>,
    /// The last shipping day.
    #[diesel(sql_type = Date)]
    pub last_on: NaiveDate,
    /// How many shipments.
    #[diesel(sql_type = BigInt)]
    pub shipments: i64,
}

/// Who paid for shipments of the days from the first, before the second: the payer that is told, else
/// the shipper of prepaid and the consignee of collect freight.
///
/// # Errors
///
/// The database's.
pub fn payers(conn: &mut Conn, (from, to): (NaiveDate, NaiveDate)) -> DbResult<Vec<Paid>> {
    let mut sql = Statement::new(
        "SELECT p.payer_id, MAX(p.activity_on) AS last_on, CAST(COUNT(*) AS BIGINT) AS shipments \
         FROM (SELECT s.activity_on, CASE WHEN s.payer_id IS NOT NULL THEN s.payer_id \
         WHEN s.freight_terms = 'prepaid' THEN s.shipper_id \
         WHEN s.freight_terms = 'collect' THEN s.consignee_id END AS payer_id \
         FROM shipments s WHERE s.deleted_at IS NULL AND s.status <> 'cancelled' \
         AND s.activity_on >= ",
    );
    sql.bind(Value::Date(from))
        .push(" AND s.activity_on < ")
        .bind(Value::Date(to))
        .push(") p GROUP BY p.payer_id");
    sql.load(conn)
}
