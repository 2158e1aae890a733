//! The thread that looks into the mailbox for mails that came back.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{BounceOutcome, Mailbox, MailboxError, receive};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::background::Background;
use crate::error::Error;
use crate::state::{AppState, Bell};

/// How often it looks.
const LOOK: Duration = Duration::from_secs(60);

/// Starts the thread, if a mailbox is set; it stops when the value is dropped.
///
/// # Errors
///
/// If the system gives no thread.
pub fn watch(state: AppState) -> std::io::Result<Option<Background>> {
    let Some(path) = state.config.bounce_mailbox.clone() else {
        return Ok(None);
    };
    let mailbox = Mailbox::at(path);
    let mut seen = None;
    Background::start("bounces", Bell::default(), LOOK, move || {
        let now = version(mailbox.path());
        if now.is_some() && now == seen {
            return;
        }
        match look(&state, &mailbox) {
            // What was written meanwhile makes another version.
            Ok(()) => seen = now,
            Err(error) => {
                tracing::error!(error.cause = %error, "The mailbox of bounces cannot be read: {error}");
            }
        }
    })
    .map(Some)
}

/// Length and time of a file; `None` for a folder, which is looked into always.
fn version(path: &Path) -> Option<(u64, SystemTime)> {
    let about = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((about.len(), about.modified().ok()?))
}

fn look(state: &AppState, mailbox: &Mailbox) -> Result<(), MailboxError<Error>> {
    let actor = Actor {
        name: "bounces".to_owned(),
        request_id: None,
    };
    mailbox.read(|message| {
        let now = state.clock.now().into();
        let verdicts =
            (state.db).write_now(|conn| receive(conn, message, &Teams::All, &actor, now))?;
        for verdict in verdicts {
            if let (BounceOutcome::Marked | BounceOutcome::Noted, Some(id)) =
                (verdict.outcome, verdict.mail_id)
            {
                let status = verdict.status;
                tracing::warn!(mail_id = id, status, "Mail {id} came back");
            }
        }
        Ok(())
    })
}
