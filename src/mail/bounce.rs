//! Mails that came back: what a delivery status notification says, and what follows from it.
//!
//! ```text
//! notification ─> report (RFC 3464) ─> the mail it is about, by Message-ID and address
//!     nobody at the address (failed, 5.1.x, 5.2.1, 5.4.4) ─> noted on the mail; the address is marked
//!     failed for other reasons, or delayed                ─> noted on the mail
//! ```
//!
//! Anybody can send a notification. It changes something only if it names a mail that we tried to send,
//! and the address that this mail went to. Reading one twice changes nothing: the mail remembers the
//! last word said about it, and what was final stays. What a server says while it refuses a mail counts
//! as a notification does.
//!
//! No mail is sent to a marked address: it becomes a dead letter that says why. The mark goes when the
//! person gets another address, or by [`clear`].

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::mailer::{MessageId, blames_address};
use super::outbox::store::Mail;
use crate::access::Teams;
use crate::access::audit::{self, Actor, Deed};
use crate::db::{Conn, Db, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::line::{shorten, single_line};
use crate::ids::MailId;

mod mailbox;
mod report;
pub mod store;
mod watch;

pub use mailbox::{Mailbox, MailboxError, Taken};
pub use report::{Action, LARGEST, NotAReport};
pub use watch::{Watch, watch};

/// What was said is kept up to so many characters.
const LONGEST_WORDS: usize = 500;

crate::word_enum! {
    /// What became of one recipient's report.
    BounceOutcome {
        /// Nobody is at the address: noted on the mail, and no more mails go there.
        Marked = "marked",
        /// It failed for another reason, or may still arrive: noted on the mail.
        Noted = "noted",
        /// Nothing new: the mail has this word, or a later or final one.
        Known = "known",
        /// It arrived, or was passed on: nothing to do.
        Delivered = "delivered",
        /// It names no mail, and no address that is known. Nothing is changed.
        Unnamed = "unnamed",
        /// No such mail was sent from here, or no such address is known here. Nothing is changed.
        Unknown = "unknown",
        /// The mail was sent to another address. Nothing is changed.
        OtherRecipient = "other_recipient",
        /// It is no delivery status notification. Nothing is changed.
        NoReport = "no_report",
    }
}

/// What became of one recipient's report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Verdict {
    /// What became of it.
    pub outcome: BounceOutcome,
    /// The mail it is about.
    pub mail_id: Option<i64>,
    /// The `Message-ID` it names.
    pub message_id: Option<String>,
    /// The address it names.
    pub address: Option<String>,
    /// Its status code (RFC 3463).
    pub status: Option<String>,
    /// How many people have the address that was marked.
    pub people: usize,
}

/// What somebody says of a mail that came back.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BounceInput {
    /// The `Message-ID` of the mail; this, `address` or both.
    pub message_id: Option<String>,
    /// The address that it did not reach.
    pub address: Option<String>,
    /// Status code as RFC 3463 has it: `5.1.1` for good, `4.2.2` for now.
    pub status: String,
    /// Why, in the server's words.
    pub diagnostic: Option<String>,
}

/// One recipient's report, wherever it comes from.
#[derive(Clone, Debug)]
struct Said {
    message_id: Option<String>,
    /// The address as the notification has it, and as we wrote it if that differs.
    addresses: Vec<String>,
    action: Action,
    status: String,
    diagnostic: Option<String>,
    at: Option<DateTime<Utc>>,
    /// Somebody with a key says so, not a message that anybody can send.
    is_trusted: bool,
}

impl Said {
    /// Another attempt at the address is of no use.
    fn is_final(&self) -> bool {
        self.action == Action::Failed && self.status.starts_with("5.")
    }

    /// Other mails to the address would fail as well.
    fn blames_address(&self) -> bool {
        // Exim gives every failure this code and the server's words with it.
        let code = match &self.diagnostic {
            Some(words) if self.status == "5.0.0" => words,
            _ => &self.status,
        };
        self.is_final() && blames_address(code)
    }

    fn words(&self) -> String {
        let action = self.action.word();
        let words = match &self.diagnostic {
            Some(diagnostic) => format!("{action} {}: {diagnostic}", self.status),
            None => format!("{action} {}", self.status),
        };
        shorten(&single_line(&words), LONGEST_WORDS)
    }

    fn verdict(&self, outcome: BounceOutcome, mail: Option<&Mail>, people: usize) -> Verdict {
        Verdict {
            outcome,
            mail_id: mail.map(|mail| mail.id.0),
            message_id: self.message_id.clone(),
            address: self.addresses.first().cloned(),
            status: Some(self.status.clone()),
            people,
        }
    }
}

/// Takes a message in; one verdict for each recipient that it reports on.
///
/// # Errors
///
/// The database's. What is no notification is no error, but a verdict.
pub fn receive(
    conn: &mut Conn,
    message: &[u8],
    teams: &Teams,
    actor: &Actor,
    now: UtcTime,
) -> Answer<Vec<Verdict>> {
    match report::read(message) {
        Ok(said) => (said.iter())
            .map(|said| take(conn, said, teams, actor, now))
            .collect(),
        Err(_) => Ok(vec![Verdict {
            outcome: BounceOutcome::NoReport,
            mail_id: None,
            message_id: None,
            address: None,
            status: None,
            people: 0,
        }]),
    }
}

/// Takes a message of a mailbox in, in a transaction of its own; the verdicts, and whether it is done
/// with. A message that cannot be taken in is set aside and noted in the log: those behind it are read
/// all the same.
///
/// # Errors
///
/// If the database is busy or cannot be reached: the message is to be read again.
pub fn receive_next(
    db: &Db,
    message: &[u8],
    actor: &Actor,
    now: UtcTime,
) -> Answer<(Taken, Vec<Verdict>)> {
    match db.write_now(|conn| receive(conn, message, &Teams::All, actor, now)) {
        Ok(verdicts) => Ok((Taken::Read, verdicts)),
        Err(error @ Error::Unavailable(_)) => Err(error),
        Err(error) => {
            tracing::error!(error.cause = %error, "A bounce is set aside: {error}");
            Ok((Taken::SetAside, Vec::new()))
        }
    }
}

/// A server refused a mail because nobody is at its address: no more mails go there.
pub(super) fn refused(
    conn: &mut Conn,
    (mail, address): (MailId, &str),
    words: &str,
    now: UtcTime,
) -> DbResult<()> {
    let words = shorten(&single_line(words), LONGEST_WORDS);
    let people = store::mark(conn, &address.to_lowercase(), now, &words)?;
    let actor = Actor {
        name: "outbox".to_owned(),
        request_id: None,
    };
    let detail = json!({ "mail_id": mail, "people": people });
    note(conn, &actor, ("bounced", None), &detail, now)
}

/// Takes in what somebody with a key says, such as the web hook of a mail service.
///
/// # Errors
///
/// 422 naming the field, or the database's.
pub fn receive_input(
    conn: &mut Conn,
    input: &BounceInput,
    teams: &Teams,
    actor: &Actor,
    now: UtcTime,
) -> Answer<Verdict> {
    let status = input.status.trim();
    if !report::is_status(status) {
        let rule = "expected a status code such as 5.1.1 (RFC 3463)";
        return Err(Error::invalid("status", "not_a_status", rule));
    }
    if input.message_id.is_none() && input.address.is_none() {
        let rule = "expected this, `address` or both";
        return Err(Error::invalid("message_id", "required", rule));
    }
    if let Some(address) = &input.address
        && !crate::mailbox::is_email(address.trim())
    {
        let rule = "expected an e-mail address";
        return Err(Error::invalid("address", "not_an_address", rule));
    }
    let message_id = input.message_id.as_deref().map(str::trim);
    if message_id.is_some_and(|id| MessageId::parse(id).is_err()) {
        let rule = "expected a message id such as <part@domain>";
        return Err(Error::invalid("message_id", "not_a_message_id", rule));
    }
    let said = Said {
        message_id: message_id.map(str::to_owned),
        addresses: input.address.iter().map(|a| a.trim().to_owned()).collect(),
        action: match status.as_bytes().first() {
            Some(b'5') => Action::Failed,
            Some(b'4') => Action::Delayed,
            _ => Action::Delivered,
        },
        status: status.to_owned(),
        diagnostic: input.diagnostic.clone(),
        at: None,
        is_trusted: true,
    };
    take(conn, &said, teams, actor, now)
}

/// Lets mails go to an address again; how many people have it.
///
/// # Errors
///
/// 404 if nobody whom `teams` may see has a marked address like this, or the database's.
pub fn clear(
    conn: &mut Conn,
    address: &str,
    teams: &Teams,
    actor: &Actor,
    now: UtcTime,
) -> Answer<usize> {
    let address = address.trim().to_lowercase();
    let nobody = || Error::not_found("marked address", &address);
    // PostgreSQL takes no NUL, and no address has one.
    if address.contains(char::is_control) || !store::is_visible(conn, &address, teams)? {
        return Err(nobody());
    }
    let people = store::clear(conn, &address)?;
    if people == 0 {
        return Err(nobody());
    }
    note(
        conn,
        actor,
        ("cleared", None),
        &json!({ "people": people }),
        now,
    )?;
    Ok(people)
}

fn take(
    conn: &mut Conn,
    said: &Said,
    teams: &Teams,
    actor: &Actor,
    now: UtcTime,
) -> Answer<Verdict> {
    if !matches!(said.action, Action::Failed | Action::Delayed) {
        return Ok(said.verdict(BounceOutcome::Delivered, None, 0));
    }
    let Some(message_id) = &said.message_id else {
        return take_address(conn, said, teams, actor, now);
    };
    // What is none was never sent from here, and may hold what no database takes.
    let mail = match MessageId::parse(message_id.trim()) {
        Ok(id) => store::tried(conn, &id, teams)?,
        Err(_) => None,
    };
    let Some(mail) = mail else {
        return Ok(said.verdict(BounceOutcome::Unknown, None, 0));
    };
    let same = |address: &String| address.eq_ignore_ascii_case(&mail.to_address);
    if !said.addresses.is_empty() && !said.addresses.iter().any(same) {
        return Ok(said.verdict(BounceOutcome::OtherRecipient, Some(&mail), 0));
    }
    let at = heard_at(said, &mail, now);
    let is_known = match (&mail.bounce, mail.bounced_at) {
        (Some(before), _) if before.starts_with("failed 5.") => {
            // A full mailbox that turns out to be none is news.
            let code = before.strip_prefix("failed 5.0.0:").unwrap_or(before);
            !said.blames_address() || blames_address(&code.replace(':', " "))
        }
        (Some(_), Some(before)) => !said.is_final() && at.0 <= before.0,
        _ => false,
    };
    if is_known {
        return Ok(said.verdict(BounceOutcome::Known, Some(&mail), 0));
    }
    let words = said.words();
    store::note(conn, mail.id, at, &words, now)?;
    let (outcome, people) = if said.blames_address() {
        let address = mail.to_address.to_lowercase();
        let people = store::mark(conn, &address, at, &words)?;
        (BounceOutcome::Marked, people)
    } else {
        (BounceOutcome::Noted, 0)
    };
    let detail = json!({ "status": said.status, "outcome": outcome });
    note(conn, actor, ("bounced", Some(mail.id.0)), &detail, now)?;
    Ok(said.verdict(outcome, Some(&mail), people))
}

/// What is said of an address without a mail.
fn take_address(
    conn: &mut Conn,
    said: &Said,
    teams: &Teams,
    actor: &Actor,
    now: UtcTime,
) -> Answer<Verdict> {
    let Some(address) = said.addresses.first().filter(|_| said.is_trusted) else {
        return Ok(said.verdict(BounceOutcome::Unnamed, None, 0));
    };
    let address = address.to_lowercase();
    if !store::is_visible(conn, &address, teams)? {
        return Ok(said.verdict(BounceOutcome::Unknown, None, 0));
    }
    if !said.blames_address() {
        // There is no mail to note it on.
        return Ok(said.verdict(BounceOutcome::Unnamed, None, 0));
    }
    let people = store::mark(conn, &address, now, &said.words())?;
    if people == 0 {
        return Ok(said.verdict(BounceOutcome::Known, None, 0));
    }
    let detail = json!({ "status": said.status, "people": people });
    note(conn, actor, ("bounced", None), &detail, now)?;
    Ok(said.verdict(BounceOutcome::Marked, None, people))
}

/// When it was said: not before the mail was written, nor after now, whatever a date claims.
fn heard_at(said: &Said, mail: &Mail, now: UtcTime) -> UtcTime {
    let latest = now.0.max(mail.created_at.0);
    let at = said.at.unwrap_or(latest);
    UtcTime::from(at.clamp(mail.created_at.0, latest))
}

fn note(
    conn: &mut Conn,
    actor: &Actor,
    (action, id): (&str, Option<i64>),
    detail: &serde_json::Value,
    now: UtcTime,
) -> DbResult<()> {
    let deed = Deed {
        action,
        entity: if id.is_some() { "mail" } else { "mail_address" },
        id,
        detail: Some(detail.clone()),
    };
    audit::record(conn, actor, &deed, now)
}
