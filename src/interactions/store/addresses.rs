//! Who has an e-mail address.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult};
use crate::ids::CustomerId;

/// A contact that has an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownContact {
    /// The contact.
    pub id: i64,
    /// Its customer.
    pub customer: CustomerId,
    /// Its department.
    pub department: Option<i64>,
    /// The customer's team.
    pub team: Option<i64>,
}

/// Who has these addresses.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Our own people by address.
    pub users: HashMap<String, i64>,
    /// Contacts by address.
    pub contacts: HashMap<String, Vec<KnownContact>>,
}

#[derive(QueryableByName)]
struct UserRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    email: String,
}

#[derive(QueryableByName)]
struct ContactRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Nullable<BigInt>)]
    department_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    team_id: Option<i64>,
}

/// Our own people, deleted ones too, and the living contacts of living customers that have one of
/// these addresses, which are in lower case.
///
/// # Errors
///
/// The database's.
pub fn known(conn: &mut Conn, addresses: &BTreeSet<String>) -> DbResult<Known> {
    let mut known = Known::default();
    let addresses: Vec<&String> = addresses.iter().collect();
    for chunk in addresses.chunks(500) {
        let bound = || chunk.iter().map(|address| Value::Text((*address).clone()));
        let mut sql = Statement::new("SELECT u.id, u.email FROM users u WHERE u.email IN (");
        sql.bind_list(bound()).push(")");
        let users: Vec<UserRow> = sql.load(conn)?;
        known
            .users
            .extend(users.into_iter().map(|row| (row.email, row.id)));
        let mut sql = Statement::new(
            "SELECT p.id, LOWER(p.email) AS email, p.customer_id, p.department_id, c.team_id \
             FROM contacts p JOIN customers c ON c.id = p.customer_id \
             WHERE p.deleted_at IS NULL AND c.deleted_at IS NULL AND LOWER(p.email) IN (",
        );
        sql.bind_list(bound()).push(") ORDER BY p.id");
        for row in sql.load::<ContactRow>(conn)? {
            let contact = KnownContact {
                id: row.id,
                customer: row.customer_id,
                department: row.department_id,
                team: row.team_id,
            };
            known.contacts.entry(row.email).or_default().push(contact);
        }
    }
    Ok(known)
}
