//! Mails in: from mailbox files and single messages to interactions.
//!
//! ```text
//! bytes ─> mailbox (one message after the other) ─> message (MIME) ─> place (whose is it?) ─> edit
//! ```
//!
//! What can be read is read; what cannot, or is of nobody known, is named by its place in the file
//! and the reason. A message that was stored before, by its Message-ID, stays as it is, also if it was
//! deleted since: reading a mailbox twice changes nothing.

mod mailbox;
mod message;
mod place;

use std::collections::BTreeSet;
use std::io::{self, BufRead};

use serde::Serialize;
use serde_json::json;

pub use mailbox::{Form, LARGEST};
use mailbox::{Messages, Piece};
use message::Letter;
use place::Placed;

use super::model::{Direction, InteractionChannel, InteractionInput, UserKey};
use super::store::addresses;
use super::store::records::{Row, Values};
use crate::access::audit::{self, Deed};
use crate::api::etag::IfMatch;
use crate::customers::store::{Exclusive, exclude};
use crate::db::{Conn, DbError};
use crate::engagement::edit::{self, Desk, Record as _, Writer};
use crate::error::{Answer, Error};
use crate::ids::ExternalId;

/// The system of the keys of mails.
const SYSTEM: &str = "mail";
/// Messages that are named at most, of each kind; of more, only their number is told.
const NAMED: usize = 1_000;

crate::word_enum! {
    /// Why a message was not stored, or what is to be known of one that was.
    MailReason {
        /// It is no message: no header can be read.
        Unreadable = "unreadable",
        /// It is larger than 50 MB.
        TooLarge = "too_large",
        /// Lines in front of the first message of a mailbox.
        NotAMessage = "not_a_message",
        /// It has no sender.
        NoSender = "no_sender",
        /// It has no date that can be read.
        NoDate = "no_date",
        /// Neither end is a contact that is known, or not to this key.
        NobodyKnown = "nobody_known",
        /// The address is that of contacts of several customers.
        Ambiguous = "ambiguous",
        /// All of its ends are our own people.
        AmongOurselves = "among_ourselves",
        /// It breaks a rule of interactions: a date in the future, a text of more than 1 MiB.
        Refused = "refused",
        /// Stored: part of it could not be decoded.
        Damaged = "damaged",
        /// Stored: of its subject only the first 1,000 characters.
        SubjectCut = "subject_cut",
        /// Stored for the first of several customers.
        OtherCustomers = "other_customers",
        /// Stored without the contact: several of the customer's have this address.
        SeveralContacts = "several_contacts",
    }
}

/// A message that is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MailIssue {
    /// Its place in the file, from 1.
    pub position: u64,
    /// Its Message-ID, if it has one.
    pub message_id: Option<String>,
    /// What it is.
    pub reason: MailReason,
    /// For people.
    pub detail: String,
}

/// What became of a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MailReport {
    /// Messages found.
    pub messages: u64,
    /// Stored as interactions.
    pub created: u64,
    /// Of them from customers.
    pub inbound: u64,
    /// Of them to customers.
    pub outbound: u64,
    /// Known before; they stay as they are.
    pub unchanged: u64,
    /// Not stored.
    pub refused: u64,
    /// Those that were not stored, the first 1,000.
    pub problems: Vec<MailIssue>,
    /// What is to be known of those that were stored, the first 1,000.
    pub notes: Vec<MailIssue>,
}

/// Why a mailbox could not be worked through; nothing of it is stored then.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[from] io::Error),
    /// The database, or something else that is no mistake of a message.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<DbError> for MailError {
    fn from(error: DbError) -> Self {
        Self::Other(error.into())
    }
}

/// Why a message is not stored.
#[derive(Debug)]
struct Refusal {
    reason: MailReason,
    detail: String,
}

impl Refusal {
    fn new(reason: MailReason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

/// Stores the messages of a file, in the caller's transaction; one message is in memory at a time.
///
/// # Errors
///
/// [`MailError`]; what is wrong with single messages stands in the report.
pub fn import(
    conn: &mut Conn,
    writer: &Writer,
    file: impl BufRead,
    form: Form,
) -> Result<MailReport, MailError> {
    exclude(conn, Exclusive::Batch)?;
    let mut sorter = Sorter {
        desk: Desk::new(writer),
        report: MailReport::default(),
    };
    for piece in Messages::new(file, form, LARGEST)? {
        sorter.take(conn, piece?)?;
    }
    let report = sorter.report;
    let deed = Deed {
        action: "mail_imported",
        entity: Values::WHAT,
        id: None,
        detail: Some(json!({
            "messages": report.messages, "created": report.created, "refused": report.refused,
        })),
    };
    audit::record(conn, &writer.actor, &deed, writer.now)?;
    Ok(report)
}

struct Sorter<'a> {
    desk: Desk<'a>,
    report: MailReport,
}

impl Sorter<'_> {
    fn take(&mut self, conn: &mut Conn, piece: Piece) -> Answer<()> {
        let read = match piece {
            Piece::Stray => {
                let refusal = Refusal::new(
                    MailReason::NotAMessage,
                    "lines in front of the first From line",
                );
                self.refuse(1, None, refusal);
                return Ok(());
            }
            Piece::TooLarge(bytes) => Err(Refusal::new(
                MailReason::TooLarge,
                format!("{bytes} bytes: at most {LARGEST} are read"),
            )),
            Piece::Message(bytes) => message::read(&bytes),
        };
        self.report.messages += 1;
        let position = self.report.messages;
        match read {
            Err(refusal) => self.refuse(position, None, refusal),
            Ok(letter) => {
                let id = letter.id.clone();
                match self.store(conn, position, letter) {
                    Ok(Ok(())) => {}
                    Ok(Err(refusal)) => self.refuse(position, Some(id), refusal),
                    Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => {
                        return Err(error);
                    }
                    Err(error) => {
                        let refusal = Refusal::new(MailReason::Refused, error.to_string());
                        self.refuse(position, Some(id), refusal);
                    }
                }
            }
        }
        Ok(())
    }

    fn store(
        &mut self,
        conn: &mut Conn,
        position: u64,
        letter: Letter,
    ) -> Answer<Result<(), Refusal>> {
        let ends = letter.from.iter().chain(&letter.to);
        let addresses: BTreeSet<String> = ends.cloned().collect();
        let known = addresses::known(conn, &addresses)?;
        let placed = match place::place(&letter, &known, &self.desk.writer.teams) {
            Ok(placed) => placed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let key = ExternalId {
            system: SYSTEM.to_owned(),
            id: letter.id.clone(),
        };
        if let Some(standing) = Row::by_key(conn, &key)? {
            if !self.desk.writer.teams.allow(standing.team_id) {
                return Ok(Err(place::nobody(&letter)));
            }
            self.report.unchanged += 1;
            return Ok(Ok(()));
        }
        let notes = [&letter.notes[..], &placed.notes[..]].concat();
        let id = letter.id.clone();
        let (direction, input) = (placed.direction, input(key, letter, &placed));
        let input = Values::checked(input).map_err(Error::Invalid)?;
        edit::upsert::<Values>(conn, &mut self.desk, &IfMatch::Absent, &input)?;
        self.report.created += 1;
        match direction {
            Direction::Inbound => self.report.inbound += 1,
            _ => self.report.outbound += 1,
        }
        for (reason, detail) in notes {
            if self.report.notes.len() < NAMED {
                self.report.notes.push(MailIssue {
                    position,
                    message_id: Some(id.clone()),
                    reason,
                    detail,
                });
            }
        }
        Ok(Ok(()))
    }

    fn refuse(&mut self, position: u64, message_id: Option<String>, refusal: Refusal) {
        self.report.refused += 1;
        if self.report.problems.len() < NAMED {
            self.report.problems.push(MailIssue {
                position,
                message_id,
                reason: refusal.reason,
                detail: refusal.detail,
            });
        }
    }
}

fn input(external_id: ExternalId, letter: Letter, placed: &Placed) -> InteractionInput {
    InteractionInput {
        external_id,
        customer: placed.customer.0.into(),
        department_id: placed.department,
        contact_id: placed.contact,
        user: placed.user.map(|id| UserKey {
            id: Some(id),
            email: None,
        }),
        shipment: None,
        complaint: None,
        channel: InteractionChannel::Mail,
        direction: placed.direction,
        at: letter.at,
        subject: letter.subject,
        text: letter.text,
    }
}
