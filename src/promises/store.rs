//! Promises in the database, and the deliveries that they are measured by.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};

use super::measure::Carried;
use super::model::PromiseStatus;
use crate::access::Teams;
use crate::db::schema::promises;
use crate::db::select::{Collection, Kind, Statement, Value, field};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime};
use crate::engagement::store::{self as engagement, Listed, Stored, collection, writes};
use crate::ids::{ContactId, CustomerId, DepartmentId, ExternalId, PromiseId, UserId};
use crate::satisfaction::Kpi;

/// What is stored of a promise, apart from its id and its times.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = promises, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Values {
    /// The system whose key `external_id` is.
    pub system: String,
    /// Key in that system.
    pub external_id: String,
    /// To whom.
    pub customer_id: CustomerId,
    /// To which department.
    pub department_id: Option<DepartmentId>,
    /// To which person.
    pub contact_id: Option<ContactId>,
    /// Measured on the link with this partner only.
    pub partner_id: Option<CustomerId>,
    /// Which of our own people promised.
    pub made_by: Option<UserId>,
    /// What was promised.
    pub text: String,
    /// What it is measured by.
    pub kpi: Option<String>,
    /// What is to be reached.
    pub level: Option<f64>,
    /// When it was made.
    pub made_on: NaiveDate,
    /// First day measured.
    pub from_on: NaiveDate,
    /// Last day measured, or the day it is due.
    pub due_on: NaiveDate,
    /// How much it counts.
    pub weight: f64,
    /// Where it stands.
    pub status: String,
    /// `measured`, or who said so.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<UtcTime>,
    /// The KPI as measured.
    pub value: Option<f64>,
    /// Deliveries of which it is known.
    pub observations: Option<i64>,
    /// Why a person decided so.
    pub reason: Option<String>,
    /// The next one.
    pub renewed_by: Option<PromiseId>,
}

/// A promise.
pub type Row = engagement::Row<Values>;

impl Values {
    /// The key in the sender's system.
    pub fn key(&self) -> ExternalId {
        ExternalId {
            system: self.system.clone(),
            id: self.external_id.clone(),
        }
    }

    /// Where it stands.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored word is none; as the next.
    pub fn status(&self) -> DbResult<PromiseStatus> {
        PromiseStatus::parse(&self.status)
            .ok_or_else(|| DbError::corrupt("promises.status", &self.status))
    }

    /// What it is measured by, and the level.
    pub fn target(&self) -> DbResult<Option<(Kpi, f64)>> {
        let (Some(word), Some(level)) = (&self.kpi, self.level) else {
            return Ok(None);
        };
        let kpi = Kpi::parse(word).ok_or_else(|| DbError::corrupt("promises.kpi", word))?;
        Ok(Some((kpi, level)))
    }
}

/// Lists of promises.
pub const PROMISES: Collection = collection(
    "promises v JOIN customers c ON c.id = v.customer_id",
    &[
        field("id", "v.id", Kind::Int, true),
        field("customer_id", "v.customer_id", Kind::Int, false),
        field("department_id", "v.department_id", Kind::Int, false),
        field("contact_id", "v.contact_id", Kind::Int, false),
        field("partner_id", "v.partner_id", Kind::Int, false),
        field("made_by", "v.made_by", Kind::Int, false),
        field("system", "v.system", Kind::Text, false),
        field("kpi", "v.kpi", Kind::Words(Kpi::WORDS), false),
        field(
            "status",
            "v.status",
            Kind::Words(PromiseStatus::WORDS),
            false,
        ),
        field("made_on", "v.made_on", Kind::Date, true),
        field("due_on", "v.due_on", Kind::Date, true),
        field("updated_at", "v.updated_at", Kind::Time, true),
    ],
    "-id",
);

impl Stored for Values {
    writes!(promises);

    fn partner(&mut self) -> Option<&mut Option<CustomerId>> {
        Some(&mut self.partner_id)
    }
}

impl Listed for Values {
    const LIST: &'static Collection = &PROMISES;

    fn sorted_by(&self, field: &str) -> Option<Value> {
        match field {
            "made_on" => Some(Value::Date(self.made_on)),
            "due_on" => Some(Value::Date(self.due_on)),
            _ => None,
        }
    }
}

/// The open promises that are measured and whose last day is before this one.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn due_before(conn: &mut Conn, day: NaiveDate) -> DbResult<Vec<Row>> {
    let mut sql = Row::chosen();
    sql.push(
        "v.deleted_at IS NULL AND c.deleted_at IS NULL AND v.status = 'open' \
         AND v.kpi IS NOT NULL AND v.due_on < ",
    )
    .bind(Value::Date(day));
    sql.push(" ORDER BY v.id");
    sql.load(conn)
}

#[derive(QueryableByName)]
struct Parcel {
    #[diesel(sql_type = Nullable<Bool>)]
    late: Option<bool>,
    #[diesel(sql_type = Nullable<Bool>)]
    in_full: Option<bool>,
    #[diesel(sql_type = Nullable<Bool>)]
    damaged: Option<bool>,
    #[diesel(sql_type = Nullable<Bool>)]
    invoice_correct: Option<bool>,
    #[diesel(sql_type = Nullable<BigInt>)]
    claim_amount: Option<i64>,
    #[diesel(sql_type = Nullable<Instant>)]
    begun_at: Option<UtcTime>,
    #[diesel(sql_type = Nullable<Instant>)]
    delivered_at: Option<UtcTime>,
}

/// What was delivered in `[from, until)` to or from a customer, and what was promised for then and not
/// delivered before `until`, which is late and nothing else is known of it; on one link only if a
/// partner is told. Cancelled shipments are none.
pub fn carried(
    conn: &mut Conn,
    customer: CustomerId,
    partner: Option<CustomerId>,
    (from, until): (UtcTime, UtcTime),
) -> DbResult<Vec<Carried>> {
    let mut sql = Statement::new(
        "SELECT s.late, s.in_full, s.damaged, s.invoice_correct, s.claim_amount, \
         COALESCE(s.picked_up_at, s.booked_at) AS begun_at, s.delivered_at FROM shipments s \
         WHERE s.deleted_at IS NULL AND ((s.status = 'delivered' AND s.delivered_at >= ",
    );
    sql.bind(Value::Time(from));
    sql.push(" AND s.delivered_at < ").bind(Value::Time(until));
    sql.push(") OR (s.promised_to >= ").bind(Value::Time(from));
    sql.push(" AND s.promised_to < ").bind(Value::Time(until));
    sql.push(" AND (s.status IN ('booked', 'in_transit') OR (s.status = 'delivered' AND s.delivered_at >= ")
        .bind(Value::Time(until));
    sql.push("))))");
    let id = || Value::Int(customer.0);
    match partner {
        None => {
            sql.push(" AND (s.shipper_id = ").bind(id());
            sql.push(" OR s.consignee_id = ").bind(id()).push(")");
        }
        Some(CustomerId(partner)) => {
            let other = || Value::Int(partner);
            sql.push(" AND ((s.shipper_id = ").bind(id());
            sql.push(" AND s.consignee_id = ").bind(other());
            sql.push(") OR (s.shipper_id = ").bind(other());
            sql.push(" AND s.consignee_id = ").bind(id()).push("))");
        }
    }
    let rows: Vec<Parcel> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| row.carried(until)).collect())
}

impl Parcel {
    fn carried(self, until: UtcTime) -> Carried {
        let Some(delivered_at) = self.delivered_at.filter(|at| *at < until) else {
            return Carried {
                late: Some(true),
                ..Carried::default()
            };
        };
        Carried {
            late: self.late,
            in_full: self.in_full,
            damaged: self.damaged,
            invoice_correct: self.invoice_correct,
            claimed: self.claim_amount.map(|amount| amount > 0),
            lead_days: self
                .begun_at
                .map(|begun| (delivered_at.0 - begun.0).as_seconds_f64() / 86_400.0)
                .filter(|days| *days >= 0.0),
        }
    }
}

/// A promise that was kept or broken.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct DecidedRow {
    /// To whom.
    #[diesel(sql_type = BigInt)]
    pub customer_id: i64,
    /// By name.
    #[diesel(sql_type = Text)]
    pub customer_name: String,
    /// To which department.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub department_id: Option<i64>,
    /// By name.
    #[diesel(sql_type = Nullable<Text>)]
    pub department_name: Option<String>,
    /// Which of our own people promised.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub made_by: Option<i64>,
    /// By name.
    #[diesel(sql_type = Nullable<Text>)]
    pub user_name: Option<String>,
    /// Whether it was kept.
    #[diesel(sql_type = Bool)]
    pub kept: bool,
    /// How much it counts.
    #[diesel(sql_type = Double)]
    pub weight: f64,
    /// When it was due.
    #[diesel(sql_type = Date)]
    pub due_on: NaiveDate,
}

/// Every promise that was kept or broken, of one customer or of all that these teams may see.
pub fn decided(
    conn: &mut Conn,
    teams: &Teams,
    customer: Option<CustomerId>,
) -> DbResult<Vec<DecidedRow>> {
    let mut sql = Statement::new(
        "SELECT v.customer_id, c.name AS customer_name, v.department_id, d.name AS department_name, \
         v.made_by, u.name AS user_name, (v.status = 'kept') AS kept, v.weight, v.due_on \
         FROM promises v JOIN customers c ON c.id = v.customer_id \
         LEFT JOIN departments d ON d.id = v.department_id \
         LEFT JOIN users u ON u.id = v.made_by \
         WHERE v.deleted_at IS NULL AND c.deleted_at IS NULL AND v.status IN ('kept', 'broken')",
    );
    teams.restrict(&mut sql, "c.team_id");
    if let Some(customer) = customer {
        sql.push(" AND v.customer_id = ")
            .bind(Value::Int(customer.0));
    }
    sql.push(" ORDER BY v.id");
    sql.load(conn)
}
