//! Who may do what: API keys with scopes and teams, our own people, and the record of writes.
//!
//! ```text
//! request ─> guard (key → Caller, rate limit, idempotency) ─> handler ─> audit
//! ```
//!
//! [`guard`] lets no request but health checks through without a key; a handler sees a [`Caller`]
//! and passes its [`Teams`] to the store, so that lists, exports and single reads obey one rule.

pub mod audit;
pub mod guard;
pub mod http;
pub mod key;
pub mod preferences;
pub mod store;
pub mod ticket;

use serde::Serialize;

use crate::db::select::{Statement, Value};
use crate::error::{Answer, Error};
use crate::ids::KeyId;

crate::word_enum! {
    /// What a key may do.
    Scope {
        /// Read everything its teams may see.
        Read = "read",
        /// Write customers, shipments and what belongs to them.
        Write = "write",
        /// Keys, users, teams, audit log; includes the others.
        Admin = "admin",
        /// Read reports only.
        Bi = "bi",
    }
}

/// The customers that somebody may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Teams {
    /// Every customer.
    All,
    /// The customers of these teams, and none without a team.
    Only(Vec<i64>),
}

impl Teams {
    /// Adds the condition to a statement; `column` holds the customer's team.
    pub fn restrict(&self, sql: &mut Statement, column: &str) {
        if let Self::Only(teams) = self {
            if teams.is_empty() {
                sql.push(" AND 1 = 0");
            } else {
                sql.push(" AND ").push(column).push(" IN (");
                sql.bind_list(teams.iter().copied().map(Value::Int))
                    .push(")");
            }
        }
    }

    /// Whether a customer of this team may be seen.
    pub fn allow(&self, team: Option<i64>) -> bool {
        match self {
            Self::All => true,
            Self::Only(teams) => team.is_some_and(|team| teams.contains(&team)),
        }
    }
}

/// Who a request comes from.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The key it came with.
    pub key: KeyId,
    /// What the key may do.
    pub scopes: Vec<Scope>,
    /// Whose customers it may see.
    pub teams: Teams,
}

impl Caller {
    /// Whether the key has this scope, itself or by `admin`.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
            || (scope != Scope::Bi && self.scopes.contains(&Scope::Admin))
            || (scope == Scope::Bi && (self.may(Scope::Read)))
    }

    /// Demands a scope.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`].
    pub fn require(&self, scope: Scope) -> Answer<()> {
        if self.may(scope) {
            Ok(())
        } else {
            Err(Error::Forbidden {
                scope: scope.word(),
            })
        }
    }

    /// Demands a key that is not limited to teams: what it does concerns every customer.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`].
    pub fn require_all_teams(&self) -> Answer<()> {
        match self.teams {
            Teams::All => Ok(()),
            Teams::Only(_) => Err(Error::Forbidden { scope: "all teams" }),
        }
    }

    /// Whom the audit log names.
    pub fn actor(&self) -> audit::Actor {
        audit::Actor {
            name: format!("key:{}", self.key),
            request_id: crate::api::request_id::current(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(scopes: &[Scope]) -> Caller {
        Caller {
            key: KeyId(1),
            scopes: scopes.to_vec(),
            teams: Teams::All,
        }
    }

    #[test]
    fn admin_may_all_and_bi_only_reports() {
        for scope in Scope::ALL {
            assert!(caller(&[Scope::Admin]).may(*scope), "{scope}");
        }
        let bi = caller(&[Scope::Bi]);
        assert!(bi.may(Scope::Bi) && !bi.may(Scope::Read) && !bi.may(Scope::Write));
        let read = caller(&[Scope::Read]);
        assert!(read.may(Scope::Bi) && !read.may(Scope::Write) && !read.may(Scope::Admin));
    }

    #[test]
    fn a_limited_key_sees_its_teams_and_nobody_without_one() {
        let teams = Teams::Only(vec![3]);
        assert!(teams.allow(Some(3)) && !teams.allow(Some(4)) && !teams.allow(None));
    }
}
