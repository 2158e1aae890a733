//! The thread that looks into the mailbox for mails that came back.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::{BounceOutcome, Mailbox, MailboxError, receive_next};
use crate::access::audit::Actor;
use crate::background::Background;
use crate::db::DbError;
use crate::error::Error;
use crate::state::{AppState, Bell};

/// How often it looks.
const LOOK: Duration = Duration::from_secs(60);

/// The running thread; it stops when this is dropped, after the message it is at.
#[derive(Debug)]
pub struct Watch {
    stopping: Arc<AtomicBool>,
    _thread: Background,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
    }
}

/// Starts the thread, if a mailbox is set; it stops when the value is dropped.
///
/// # Errors
///
/// If the system gives no thread.
pub fn watch(state: AppState) -> std::io::Result<Option<Watch>> {
    let Some(path) = state.config.bounce_mailbox.clone() else {
        return Ok(None);
    };
    let mailbox = Mailbox::at(path);
    let stopping = Arc::new(AtomicBool::new(false));
    let (mut seen, stop) = (None, Arc::clone(&stopping));
    let thread = Background::start("bounces", Bell::default(), LOOK, move || {
        let now = version(mailbox.path());
        if now.is_some() && now == seen {
            return;
        }
        match look(&state, &mailbox, &stop) {
            // What was written meanwhile makes another version.
            Ok(()) => seen = now,
            Err(_) if stop.load(Ordering::SeqCst) => {}
            Err(error) => {
                tracing::error!(error.cause = %error, "The mailbox of bounces cannot be read: {error}");
            }
        }
    })?;
    Ok(Some(Watch {
        stopping,
        _thread: thread,
    }))
}

/// Length and time of a file; `None` for a folder, which is looked into always.
fn version(path: &Path) -> Option<(u64, SystemTime)> {
    let about = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((about.len(), about.modified().ok()?))
}

fn look(
    state: &AppState,
    mailbox: &Mailbox,
    stopping: &AtomicBool,
) -> Result<(), MailboxError<Error>> {
    let actor = Actor {
        name: "bounces".to_owned(),
        request_id: None,
    };
    mailbox.read(|message| {
        if stopping.load(Ordering::SeqCst) {
            return Err(DbError::Stopping.into());
        }
        let now = state.clock.now().into();
        let (taken, verdicts) = receive_next(&state.db, message, &actor, now)?;
        for verdict in verdicts {
            if let (BounceOutcome::Marked | BounceOutcome::Noted, Some(id)) =
                (verdict.outcome, verdict.mail_id)
            {
                let status = verdict.status;
                tracing::warn!(mail_id = id, status, "Mail {id} came back");
            }
        }
        Ok(taken)
    })
}
