//! Reminders: whoever left an alert alone for a while is told when the while is over.

use std::collections::BTreeMap;

use super::AlertError;
use super::desk::{self, Desk};
use super::store;
use super::store::alerts::OpenAlert;
use crate::alerts::facts::Facts;
use crate::alerts::letters::Occasion;
use crate::alerts::model::{AlertDeed, AlertState};
use crate::alerts::store::facts;
use crate::db::Conn;
use crate::ids::{AlertId, UserId};

impl Desk<'_> {
    /// Tells those who put these alerts off, and their owners, that they are open again; everybody, if
    /// none of them can be told. What has just been told as worse, or ended, is no reminder.
    pub fn remind(&mut self, conn: &mut Conn, woken: &[AlertId]) -> Result<(), AlertError> {
        let waiting: Vec<AlertId> = woken
            .iter()
            .filter(|id| !self.told.contains(id))
            .copied()
            .collect();
        let sleepers = store::alerts::put_off_by(conn, &waiting)?;
        let facts = facts::of(conn, &waiting)?;
        for alert in store::alerts::standing(conn, &waiting)? {
            if desk::state(&alert)? != AlertState::Open {
                continue;
            }
            let Some(facts) = facts.get(&alert.id) else {
                continue;
            };
            let mut concerns: Vec<UserId> = sleepers.get(&alert.id).copied().into_iter().collect();
            concerns.extend(alert.owner_id);
            self.remind_of(conn, &alert, facts, &concerns)?;
        }
        Ok(())
    }

    fn remind_of(
        &mut self,
        conn: &mut Conn,
        alert: &OpenAlert,
        facts: &Facts,
        concerns: &[UserId],
    ) -> Result<(), AlertError> {
        let named = facts.partners_named().into_iter();
        let customers: Vec<i64> = named.chain(alert.customer_id.map(|id| id.0)).collect();
        let teams: BTreeMap<i64, Option<i64>> = store::known(conn, &customers)?
            .into_iter()
            .map(|(id, known)| (id, known.team_id))
            .collect();
        let team = alert.customer_id.and_then(|id| teams.get(&id.0).copied());
        let occasion = Occasion {
            alert: alert.id,
            customer: alert.customer_id,
            team: team.flatten(),
            reason: desk::reason(alert)?,
            severity: desk::severity(alert)?,
            deed: AlertDeed::Woken,
            concerns,
            measure: alert.measure,
            run: self.by.run(),
            version: alert.version,
            nonce: &alert.nonce,
            facts,
            teams: &teams,
        };
        self.send(conn, &occasion)
    }
}
