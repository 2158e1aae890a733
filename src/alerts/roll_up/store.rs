//! What a team's roll-up counts.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::access::Teams;
use crate::alerts::facts::Facts;
use crate::alerts::model::AlertSeverity;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::ids::{AlertId, CustomerId};

/// An alert that is not over.
#[derive(Clone, Debug, QueryableByName)]
pub struct Open {
    #[diesel(sql_type = BigInt)]
    pub id: AlertId,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub customer: Option<CustomerId>,
    #[diesel(sql_type = Text)]
    severity: String,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub owner: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub owner_name: Option<String>,
    #[diesel(sql_type = Text)]
    facts: String,
}

impl Open {
    pub fn severity(&self) -> DbResult<AlertSeverity> {
        AlertSeverity::parse(&self.severity)
            .ok_or_else(|| DbError::corrupt("alerts.severity", &self.severity))
    }

    /// What it says, with all names.
    pub fn facts(&self) -> DbResult<Facts> {
        serde_json::from_str(&self.facts).map_err(|error| DbError::corrupt("alerts.facts", error))
    }
}

/// How many ended for one reason.
#[derive(Clone, Debug, QueryableByName)]
pub struct Ended {
    #[diesel(sql_type = Nullable<Text>)]
    pub resolution: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub alerts: i64,
}

/// The team's alerts that are not over.
pub fn open(conn: &mut Conn, teams: &Teams) -> DbResult<Vec<Open>> {
    let mut sql = Statement::new(
        "SELECT a.id, a.customer_id AS customer, a.severity, a.state, a.owner_id AS owner, \
         u.name AS owner_name, a.facts \
         FROM alerts a LEFT JOIN customers c ON c.id = a.customer_id \
         LEFT JOIN users u ON u.id = a.owner_id \
         WHERE a.state <> 'resolved' AND c.deleted_at IS NULL",
    );
    teams.restrict(&mut sql, "c.team_id");
    sql.push(" ORDER BY a.id");
    sql.load(conn)
}

/// The team's alerts that ended in this time, by how.
pub fn ended(
    conn: &mut Conn,
    teams: &Teams,
    (since, until): (UtcTime, UtcTime),
) -> DbResult<Vec<Ended>> {
    let mut sql = Statement::new(
        "SELECT a.resolution, COUNT(*) AS alerts \
         FROM alerts a LEFT JOIN customers c ON c.id = a.customer_id \
         WHERE a.state = 'resolved' AND a.resolved_at > ",
    );
    sql.bind(Value::Time(since))
        .push(" AND a.resolved_at <= ")
        .bind(Value::Time(until));
    teams.restrict(&mut sql, "c.team_id");
    sql.push(" GROUP BY a.resolution ORDER BY a.resolution");
    sql.load(conn)
}
