//! How far an import has come.

use std::sync::{Arc, Mutex, PoisonError};

/// Bytes and rows done, shared with those who ask.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<(u64, u64)>>);

impl Progress {
    /// Bytes and rows done.
    pub fn get(&self) -> (u64, u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes bytes and rows done.
    pub(super) fn set(&self, bytes: u64, rows: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (bytes, rows);
    }
}
