//! The networks of the runs last asked for, each read and solved once and shared by all workers.
//!
//! A run never changes, so that a copy never grows old: it goes when others are asked for.

use std::sync::{Arc, Mutex, PoisonError};

use super::engine::{Engine, Snapshots};
use crate::assessment::store::Run;
use crate::db::{Db, DbError};
use crate::error::{Answer, Error};
use crate::ids::RunId;

/// How many runs are kept. One of a million links takes about 150 MB.
const KEPT: usize = 2;

/// One run's network; whoever holds the lock first computes it.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<Engine>>>>;

/// The last few networks.
#[derive(Debug, Default)]
pub struct Engines {
    /// The last asked for comes last.
    slots: Mutex<Vec<(RunId, Slot)>>,
}

impl Engines {
    /// The network of a finished run, read and solved off the async threads where it is not at
    /// hand. Of several callers who want the same, one computes.
    ///
    /// # Errors
    ///
    /// As [`Snapshots::read`].
    pub async fn of(&self, db: &Db, run: Run) -> Answer<Arc<Engine>> {
        let mut slot = self.slot(run.id).lock_owned().await;
        if let Some(engine) = &*slot {
            return Ok(Arc::clone(engine));
        }
        let snapshots = db.read(move |conn| Snapshots::read(conn, run)).await?;
        // The lock goes along: a caller who gives up does not let another compute beside.
        tokio::task::spawn_blocking(move || {
            let engine = Arc::new(Engine::new(snapshots)?);
            *slot = Some(Arc::clone(&engine));
            Ok::<_, Error>(engine)
        })
        .await
        .map_err(|_| DbError::Stopping)?
    }

    fn slot(&self, run: RunId) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = slots.iter().position(|(of, _)| *of == run);
        let (_, slot) = match known {
            Some(place) => slots.remove(place),
            None => (run, Slot::default()),
        };
        slots.push((run, Arc::clone(&slot)));
        let too_many = slots.len().saturating_sub(KEPT);
        slots.drain(..too_many);
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runs_last_asked_for_are_kept() {
        let engines = Engines::default();
        let first = engines.slot(RunId(1));
        engines.slot(RunId(2));
        assert!(Arc::ptr_eq(&first, &engines.slot(RunId(1))));
        engines.slot(RunId(3));
        assert!(
            Arc::ptr_eq(&first, &engines.slot(RunId(1))),
            "asked for lately"
        );
        engines.slot(RunId(4));
        engines.slot(RunId(5));
        assert!(!Arc::ptr_eq(&first, &engines.slot(RunId(1))));
    }
}
