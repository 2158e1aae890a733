//! The imports that run in this process: how many, and how far each has come.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::run::progress::Progress;
use crate::ids::ImportId;

/// Counts imports and knows their progress; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    taken: usize,
    known: BTreeMap<i64, (Progress, u64)>,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Shown {
    /// Bytes of the file written to the database.
    pub bytes_done: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
    /// Rows written or rejected.
    pub rows_done: u64,
}

impl Running {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether fewer than `most` imports run.
    pub fn has_room(&self, most: usize) -> bool {
        self.state().taken < most
    }

    /// A place for an import, unless `most` run already; it is free again when the slot is dropped.
    pub fn take(&self, most: usize) -> Option<Slot> {
        let mut state = self.state();
        if state.taken >= most {
            return None;
        }
        state.taken += 1;
        Some(Slot {
            running: self.clone(),
            id: None,
        })
    }

    /// How far an import has come; `None` if it does not run in this process.
    pub fn progress(&self, id: ImportId) -> Option<Shown> {
        let (progress, bytes_total) = self.state().known.get(&id.0).cloned()?;
        let (bytes_done, rows_done) = progress.get();
        Some(Shown {
            bytes_done,
            bytes_total,
            rows_done,
        })
    }
}

/// The place of one import.
#[derive(Debug)]
pub struct Slot {
    running: Running,
    id: Option<ImportId>,
}

impl Slot {
    /// Says which import has this place, and how large its file is.
    pub fn name(&mut self, id: ImportId, progress: &Progress, bytes_total: u64) {
        self.id = Some(id);
        let entry = (progress.clone(), bytes_total);
        self.running.state().known.insert(id.0, entry);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.running.state();
        state.taken -= 1;
        if let Some(id) = self.id {
            state.known.remove(&id.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_import_ends() {
        let running = Running::default();
        let mut first = running.take(2).unwrap();
        let second = running.take(2).unwrap();
        assert!(running.take(2).is_none() && !running.has_room(2));
        first.name(ImportId(7), &Progress::default(), 10);
        let shown = running.progress(ImportId(7)).unwrap();
        assert_eq!((shown.bytes_done, shown.bytes_total), (0, 10));
        drop(first);
        assert!(running.progress(ImportId(7)).is_none());
        assert!(running.take(2).is_some());
        drop(second);
    }
}
