//! `hawser outbox`: the mails that wait, that were sent, and that were given up.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::exit::{CONFIG, DATA, UNAVAILABLE};
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::config::Config;
use crate::db::select::{self, Filter, Listing, Op, Value};
use crate::error::Error;
use crate::i18n::line::single_line;
use crate::mail::bounce::{self, Mailbox, MailboxError, Verdict};
use crate::mail::model::MailStatus;
use crate::mail::outbox::store::{self, Mail};
use crate::mail::outbox::{self, Post};

/// What to do with the outbox.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List mails, the newest first
    #[command(after_help = "Example:\n  hawser outbox list --status dead")]
    List {
        /// queued, sent or dead
        #[arg(long, value_parser = status)]
        status: Option<MailStatus>,
    },
    /// Send what is due now
    #[command(
        after_help = "Needs the settings HAWSER_SMTP_HOST and HAWSER_SMTP_FROM; what each mail came to is in `hawser outbox list`."
    )]
    Send,
    /// Put a dead letter back into the queue, to the person's address of today
    #[command(after_help = "Examples:\n  hawser outbox retry 7\n  hawser outbox retry --all")]
    Retry {
        /// The mail's number
        #[arg(required_unless_present = "all")]
        id: Option<i64>,
        /// Every dead letter that can go somewhere
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Take in delivery status notifications: mails that came back
    #[command(
        after_help = "A Maildir folder, an mbox file or a single message. New messages of a Maildir become read ones; a file is not changed."
    )]
    Bounces {
        /// The mailbox; default: the setting `HAWSER_BOUNCE_MAILBOX`
        file: Option<PathBuf>,
    },
    /// Let mails go to an address again that mails came back from
    Clear {
        /// The address
        address: String,
    },
}

fn status(word: &str) -> Result<MailStatus, String> {
    MailStatus::parse(word)
        .ok_or_else(|| format!("expected one of {}", MailStatus::WORDS.join(", ")))
}

/// The settings' post.
pub fn post(config: &Config) -> Result<Option<Post>, Failure> {
    let Some(smtp) = &config.smtp else {
        return Ok(None);
    };
    Post::of(smtp)
        .map(Some)
        .map_err(|error| Failure::new(CONFIG, error))
}

/// Runs the command.
pub fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    match *command {
        Command::List { status } => list(context, status),
        Command::Bounces { ref file } => bounces(context, file.as_deref()),
        Command::Clear { ref address } => {
            let state = context.state()?;
            let now = state.clock.now().into();
            let people = (state.db)
                .write_now(|conn| bounce::clear(conn, address, &Teams::All, &Actor::cli(), now))?;
            let answer = json!({"address": address, "people": people});
            context.out.show(&answer, |_| {
                vec![format!(
                    "Mails go to {address} again ({people} with this address)."
                )]
            })?;
            Ok(())
        }
        Command::Send => send(context),
        Command::Retry { id: None, .. } => {
            let state = context.state()?;
            let now = state.clock.now().into();
            let retried =
                (state.db).write_now(|conn| outbox::retry_all(conn, &Actor::cli(), now))?;
            let waits = context.config.smtp.is_none();
            context.out.show(&retried, |retried| {
                let (queued, left) = (retried.queued, retried.left);
                let mut lines = vec![format!("{queued} mails are queued, {left} stay dead.")];
                lines.extend(waits.then(no_server));
                lines
            })?;
            Ok(())
        }
        Command::Retry { id: Some(id), .. } => {
            let state = context.state()?;
            let now = state.clock.now().into();
            let mail = state
                .db
                .write_now(|conn| outbox::retry(conn, id, &Teams::All, &Actor::cli(), now))?;
            let waits = context.config.smtp.is_none();
            context.out.show(&mail, |mail| {
                let mut lines = vec![format!("Mail {} is queued.", mail.id)];
                lines.extend(waits.then(no_server));
                lines
            })?;
            Ok(())
        }
    }
}

fn bounces(context: &Context, file: Option<&Path>) -> Result<(), Failure> {
    let set = context.config.bounce_mailbox.as_deref();
    let path = file.or(set).ok_or_else(|| {
        Failure::new(
            CONFIG,
            "name a mailbox, or set HAWSER_BOUNCE_MAILBOX (see .env.sample)",
        )
    })?;
    let state = context.state()?;
    let mut verdicts = Vec::new();
    let taken = Mailbox::at(path).read(|message| {
        let now = state.clock.now().into();
        let (taken, found) = bounce::receive_next(&state.db, message, &Actor::cli(), now)?;
        verdicts.extend(found);
        Ok::<_, Error>(taken)
    });
    context.out.show(&verdicts, |verdicts| {
        let rows: Vec<_> = verdicts.iter().map(verdict).collect();
        table(&["outcome", "mail", "status", "address", "people"], &rows)
    })?;
    taken.map_err(|error| match error {
        MailboxError::Taken(error) => Failure::from(error),
        error @ MailboxError::File { .. } => Failure::new(DATA, error),
    })
}

fn verdict(verdict: &Verdict) -> Vec<String> {
    let mail = verdict.mail_id.map(|id| id.to_string());
    vec![
        verdict.outcome.word().to_owned(),
        mail.unwrap_or_default(),
        verdict.status.clone().unwrap_or_default(),
        single_line(verdict.address.as_deref().unwrap_or_default()),
        verdict.people.to_string(),
    ]
}

fn no_server() -> String {
    "No mail server is configured (HAWSER_SMTP_HOST): mails wait.".to_owned()
}

fn list(context: &Context, status: Option<MailStatus>) -> Result<(), Failure> {
    let state = context.state()?;
    let mut listing = Listing::all(&store::MAILS);
    if let (Some(status), Some(field)) = (status, store::MAILS.field("status")) {
        listing.filters.push(Filter {
            field,
            op: Op::Eq,
            values: vec![Value::Text(status.word().to_owned())],
        });
    }
    let (mails, waiting) = state.db.read_now(|conn| {
        let mails: Vec<Mail> = select::page(conn, &store::MAILS, &listing, |_| {})?;
        Ok::<_, Failure>((mails, store::waiting(conn)?))
    })?;
    context.out.show(&mails, |mails| {
        let rows: Vec<_> = mails.iter().map(row).collect();
        let mut lines = table(HEAD, &rows);
        if waiting > 0 && context.config.smtp.is_none() {
            lines.push(no_server());
        }
        lines
    })?;
    Ok(())
}

/// The head of tables of mails.
pub const HEAD: &[&str] = &[
    "mail",
    "status",
    "tries",
    "about",
    "to",
    "next try",
    "last error",
];

/// A mail as a row of such a table.
pub fn row(mail: &Mail) -> Vec<String> {
    let queued = mail.status == MailStatus::Queued.word();
    vec![
        mail.id.to_string(),
        mail.status.clone(),
        mail.attempts.to_string(),
        about(mail),
        mail.to_address.clone(),
        if queued {
            let next = mail.next_attempt_at.0;
            next.format("%Y-%m-%dT%H:%M:%SZ").to_string()
        } else {
            String::new()
        },
        single_line(mail.last_error.as_deref().unwrap_or_default()),
    ]
}

/// What a mail is about, as `alert 7` or `survey 3`.
fn about(mail: &Mail) -> String {
    let id = mail.alert_id.map(|id| id.0).or(mail.about_id);
    let id = id.map(|id| format!(" {id}")).unwrap_or_default();
    format!("{}{id}", mail.kind)
}

fn send(context: &Context) -> Result<(), Failure> {
    let post = post(&context.config)?.ok_or_else(|| {
        Failure::new(
            CONFIG,
            "HAWSER_SMTP_HOST is not set: it names the mail server to send through (see .env.sample)",
        )
    })?;
    let state = context.state()?;
    let delivered = outbox::deliver_due(&state.db, &post, &state.clock, u64::MAX)?;
    let waiting = state.db.read_now(store::waiting)?;
    let answer = json!({
        "sent": delivered.sent, "retried": delivered.retried, "dead": delivered.dead,
        "waiting": waiting, "stopped_by": delivered.stopped_by,
    });
    context.out.show(&answer, |_| {
        vec![format!(
            "{} sent, {} to be tried again, {} given up; {waiting} wait.",
            delivered.sent, delivered.retried, delivered.dead
        )]
    })?;
    match delivered.stopped_by {
        None => Ok(()),
        Some(words) => Err(Failure::new(
            UNAVAILABLE,
            format!("the mail server cannot be used, the other mails wait: {words}"),
        )),
    }
}
