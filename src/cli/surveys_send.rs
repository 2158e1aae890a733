//! `hawser surveys send`: queues the mails of surveys that are due, and closes surveys in time.

use super::exit::{CONFIG, SOFTWARE};
use super::{Context, Failure};
use crate::state::AppState;
use crate::surveys::mail::MailError;
use crate::surveys::reminders::{KeepError, keep_going};

impl From<KeepError> for Failure {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::PublicUrl(_) => Self::new(CONFIG, error),
            KeepError::Db(error) | KeepError::Mail(MailError::Db(error)) => error.into(),
            KeepError::Mail(_) => Self::new(SOFTWARE, error),
        }
    }
}

/// Runs the command.
pub fn run(context: &Context, state: &AppState) -> Result<(), Failure> {
    let sent = keep_going(state)?;
    let waits = context.config.smtp.is_none();
    context.out.show(&sent, |sent| {
        let mut lines = vec![format!(
            "Queued {} invitations and {} reminders.",
            sent.invitations, sent.reminders
        )];
        if waits {
            lines.push("No mail server is configured (HAWSER_SMTP_HOST): mails wait.".to_owned());
        }
        lines
    })?;
    Ok(())
}
