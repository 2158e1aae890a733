//! Keys, teams, users, the audit log and remembered answers in the database.

macro_rules! field {
    ($name:literal, $sql:literal, $kind:expr) => {
        Field {
            name: $name,
            sql: $sql,
            kind: $kind,
            sortable: false,
        }
    };
    ($name:literal, $sql:literal, $kind:expr, sortable) => {
        Field {
            name: $name,
            sql: $sql,
            kind: $kind,
            sortable: true,
        }
    };
}

pub mod audit;
pub mod idempotency;
pub mod keys;
pub mod secrets;
pub mod teams;
pub mod users;

pub use teams::{Team, insert_team, team, team_by_name};
pub use users::{User, UserInput, insert_user, user, user_by_email};
