//! The networks in memory: the last few that were asked for, each compiled once and shared.
//!
//! Every write to shipments moves a counter in the database; a copy is as good as new while the
//! counter stands where it stood before the copy was read, whichever instance wrote.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::graph::{Component, TradeNetwork};
use super::measures::choose_basis;
use super::{Window, store};
use crate::db::{Conn, Db, DbError, DbResult};
use crate::network::measures::BusinessBasis;

/// How many windows are kept. One of a million links takes about 150 MB.
const KEPT: usize = 3;

/// The network of a window, ready to be asked.
#[derive(Debug)]
pub struct Compiled {
    /// The days that count.
    pub window: Window,
    /// What business is measured in.
    pub basis: BusinessBasis,
    /// The network.
    pub network: TradeNetwork,
    version: i64,
    components: OnceLock<Vec<Component>>,
}

impl Compiled {
    /// Reads and compiles the network of a window, in the configured basis or the one that fits.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn read(
        conn: &mut Conn,
        window: Window,
        configured: Option<BusinessBasis>,
    ) -> DbResult<Self> {
        // The version first: what is written meanwhile makes the copy old, never falsely new.
        let version = store::version(conn)?;
        let links = store::links(conn, window.from(), window.to())?;
        let basis = choose_basis(&links, configured);
        let network = TradeNetwork::from_links(links)
            .map_err(|error| DbError::corrupt("link_months", error))?;
        Ok(Self {
            window,
            basis,
            network,
            version,
            components: OnceLock::new(),
        })
    }

    /// The groups of customers that hang together; found once, when first asked for.
    pub fn components(&self) -> &[Component] {
        self.components.get_or_init(|| self.network.components())
    }
}

/// The last few networks, shared by all workers.
#[derive(Debug)]
pub struct LiveNetwork {
    configured: Option<BusinessBasis>,
    /// The last asked for comes last.
    slots: Mutex<Vec<Arc<Slot>>>,
}

#[derive(Debug)]
struct Slot {
    window: Window,
    copy: Mutex<Option<Arc<Compiled>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl LiveNetwork {
    /// No copies yet; business is measured in `configured`, or in what fits each window.
    pub fn new(configured: Option<BusinessBasis>) -> Self {
        Self {
            configured,
            slots: Mutex::default(),
        }
    }

    /// The network of a window as the database has it now, computed off the async threads where
    /// there is no copy or an old one. Of several callers who want the same, one computes.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn at(&self, db: &Db, window: Window) -> DbResult<Arc<Compiled>> {
        let slot = self.slot(window);
        if let Some(copy) = slot.current(db).await? {
            return Ok(copy);
        }
        let turn = Arc::clone(&slot.turn).lock_owned().await;
        if let Some(copy) = slot.current(db).await? {
            return Ok(copy);
        }
        let configured = self.configured;
        db.read(move |conn| {
            // The turn stays here: a caller who gives up does not let another compute beside.
            let _turn = turn;
            *lock(&slot.copy) = None;
            let copy = Arc::new(Compiled::read(conn, window, configured)?);
            *lock(&slot.copy) = Some(Arc::clone(&copy));
            Ok(copy)
        })
        .await
    }

    fn slot(&self, window: Window) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        let known = slots.iter().position(|slot| slot.window == window);
        let slot = match known {
            Some(place) => slots.remove(place),
            None => Arc::new(Slot {
                window,
                copy: Mutex::default(),
                turn: Arc::default(),
            }),
        };
        slots.push(Arc::clone(&slot));
        let too_many = slots.len().saturating_sub(KEPT);
        slots.drain(..too_many);
        slot
    }
}

impl Slot {
    /// The copy, unless it is old.
    async fn current(&self, db: &Db) -> DbResult<Option<Arc<Compiled>>> {
        let Some(copy) = lock(&self.copy).clone() else {
            return Ok(None);
        };
        let version = db.read(store::version).await?;
        Ok((copy.version == version).then_some(copy))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_windows_last_asked_for_are_kept() {
        let live = LiveNetwork::new(None);
        let window = |day: u32| {
            Window::before(chrono::NaiveDate::from_ymd_opt(2026, 1, day).unwrap(), 30).unwrap()
        };
        let first = live.slot(window(1));
        live.slot(window(2));
        live.slot(window(3));
        assert!(Arc::ptr_eq(&first, &live.slot(window(1))));
        live.slot(window(4));
        live.slot(window(5));
        assert!(
            Arc::ptr_eq(&first, &live.slot(window(1))),
            "asked for lately"
        );
        assert_eq!(lock(&live.slots).len(), KEPT);
    }
}
