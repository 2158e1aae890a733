//! A mailer for tests: mails stay in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lettre::Message;

use super::{OutgoingMail, Receipt, SendError};

/// Keeps mails in memory, and fails when it is told to. Clones share their memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryMailer {
    memory: Arc<Mutex<Memory>>,
}

#[derive(Debug, Default)]
struct Memory {
    mails: Vec<StoredMail>,
    failures: VecDeque<SendError>,
}

/// A mail that a [`MemoryMailer`] took.
#[derive(Clone, Debug)]
pub struct StoredMail {
    /// As it was handed over.
    pub mail: OutgoingMail,
    /// The message as a server would have received it.
    pub source: String,
}

impl MemoryMailer {
    /// All mails taken so far.
    pub fn mails(&self) -> Vec<StoredMail> {
        self.lock().mails.clone()
    }

    /// Makes a coming mail fail; several calls make as many mails fail, in order.
    pub fn fail_next(&self, failure: SendError) {
        self.lock().failures.push_back(failure);
    }

    pub(super) fn send(
        &self,
        mail: &OutgoingMail,
        message: &Message,
    ) -> Result<Receipt, SendError> {
        let mut memory = self.lock();
        if let Some(failure) = memory.failures.pop_front() {
            return Err(failure);
        }
        memory.mails.push(StoredMail {
            mail: mail.clone(),
            source: String::from_utf8_lossy(&message.formatted()).into_owned(),
        });
        Ok(Receipt {
            code: 250,
            text: format!("kept as {}", memory.mails.len()),
        })
    }

    /// A test that panicked while it held the lock leaves the mails readable.
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
