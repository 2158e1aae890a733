//! What a demo asks of its database.

use chrono::NaiveDate;
use diesel::deserialize::QueryableByName;
use diesel::sql_types::{BigInt, Date, Double, Nullable, Text};
use serde::Serialize;

use super::fill::FILLED;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult};
use crate::demo::SYSTEM;
use crate::ids::{CustomerId, RunId};

/// Whose customers a database holds, deleted ones too.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Holds {
    /// Those of the demo.
    #[diesel(sql_type = BigInt)]
    pub demo: i64,
    /// All others.
    #[diesel(sql_type = BigInt)]
    pub others: i64,
}

/// Looks whose customers there are.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn holds(conn: &mut Conn) -> DbResult<Holds> {
    let mut sql = Statement::new(
        "SELECT COUNT(x.customer_id) AS demo, COUNT(*) - COUNT(x.customer_id) AS others \
         FROM customers c LEFT JOIN customer_external_ids x \
         ON x.customer_id = c.id AND x.system = ",
    );
    sql.bind(Value::Text(SYSTEM.to_owned()));
    let found = sql.load(conn)?.pop();
    Ok(found.unwrap_or(Holds { demo: 0, others: 0 }))
}

/// The last day of the demo's history, as noted when it was filled; where that note is gone, the
/// last day on which anything was shipped.
pub fn until(conn: &mut Conn) -> DbResult<Option<NaiveDate>> {
    #[derive(QueryableByName)]
    struct Note {
        #[diesel(sql_type = Nullable<Text>)]
        detail: Option<String>,
    }
    #[derive(QueryableByName)]
    struct Shipped {
        #[diesel(sql_type = Nullable<Date>)]
        day: Option<NaiveDate>,
    }
    let mut sql = Statement::new("SELECT detail FROM audit_log WHERE action = ");
    sql.bind(Value::Text(FILLED.to_owned()))
        .push(" AND entity = ")
        .bind(Value::Text(SYSTEM.to_owned()))
        .push(" ORDER BY id DESC LIMIT 1");
    let note: Option<Note> = sql.load(conn)?.pop();
    let noted: Option<super::fill::Made> = note
        .and_then(|note| note.detail)
        .and_then(|text| serde_json::from_str(&text).ok());
    if let Some(made) = noted {
        return Ok(Some(made.until));
    }
    let sql = Statement::new("SELECT MAX(last_on) AS day FROM link_months");
    let shipped: Option<Shipped> = sql.load(conn)?.pop();
    Ok(shipped.and_then(|row| row.day))
}

/// How much there is of what.
#[derive(Clone, Debug, Serialize, QueryableByName)]
pub struct Counts {
    /// Customers that are not deleted.
    #[diesel(sql_type = BigInt)]
    pub customers: i64,
    /// Pairs of a shipper and a consignee with a shipment.
    #[diesel(sql_type = BigInt)]
    pub links: i64,
    /// Shipments that are not deleted.
    #[diesel(sql_type = BigInt)]
    pub shipments: i64,
    /// Finished runs.
    #[diesel(sql_type = BigInt)]
    pub runs: i64,
    /// Alerts that are not resolved.
    #[diesel(sql_type = BigInt)]
    pub alerts: i64,
    /// Mails that wait to be sent.
    #[diesel(sql_type = BigInt)]
    pub mails_waiting: i64,
}

/// Counts everything.
pub fn counts(conn: &mut Conn) -> DbResult<Option<Counts>> {
    let sql = Statement::new(
        "SELECT (SELECT COUNT(*) FROM customers WHERE deleted_at IS NULL) AS customers, \
         (SELECT COUNT(*) FROM (SELECT DISTINCT shipper_id, consignee_id FROM link_months) l) AS links, \
         (SELECT COUNT(*) FROM shipments WHERE deleted_at IS NULL) AS shipments, \
         (SELECT COUNT(*) FROM runs WHERE status = 'done') AS runs, \
         (SELECT COUNT(*) FROM alerts WHERE state <> 'resolved') AS alerts, \
         (SELECT COUNT(*) FROM mails WHERE status = 'queued') AS mails_waiting",
    );
    Ok(sql.load(conn)?.pop())
}

/// The head of a watch list.
#[derive(Clone, Debug, Serialize, QueryableByName)]
pub struct Watched {
    /// The customer.
    #[diesel(sql_type = BigInt)]
    pub id: CustomerId,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// How likely it leaves within the horizon.
    #[diesel(sql_type = Double)]
    pub churn_probability: f64,
    /// What keeping it is expected to save, minor units.
    #[diesel(sql_type = Double)]
    pub save_value: f64,
}

/// The customer whose keeping saves most, by a run.
pub fn most_worth_saving(conn: &mut Conn, run: RunId) -> DbResult<Option<Watched>> {
    let mut sql = Statement::new(
        "SELECT c.id, c.name, r.churn_probability, r.save_value FROM customer_risks r \
         JOIN customers c ON c.id = r.customer_id WHERE c.deleted_at IS NULL AND r.run_id = ",
    );
    sql.bind(Value::Int(run.0))
        .push(" ORDER BY r.save_value DESC, c.id LIMIT 1");
    Ok(sql.load(conn)?.pop())
}
