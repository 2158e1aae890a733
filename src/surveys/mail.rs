//! The mails of surveys: the invitation, and reminders to those who have not answered.
//!
//! ```text
//! open survey ─> invitations that wait ── count up, if nobody else did ─> letter ─> outbox
//! ```
//!
//! A mail is queued in the transaction that counts it, and the count only goes up from the number that
//! was read: however many instances look at once, each mail is written once. Consent, address and
//! survey are looked at again before every mail, and the outbox withdraws what waits when somebody
//! refuses.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use crate::access::Teams;
use crate::access::audit::{self, Actor, Deed};
use crate::access::ticket::{Purpose, Signer, SignerError};
use crate::api::public::PageError;
use crate::customers::model::SurveyConsent;
use crate::customers::store::attempt;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::InvitationId;
use crate::mail::mailer::MessageId;
use crate::mail::model::MailKind;
use crate::mail::outbox::store::{NewMail, queue};
use crate::surveys::model::{InvitationStatus, Source};
use crate::surveys::page::opt_out_nonce;
use crate::surveys::page::words::{Letterhead, language_of};
use crate::surveys::questions_for;
use crate::surveys::record::answerable;
use crate::surveys::store::{InvitationRow, locked_invitation};

pub mod http;
mod letter;
mod store;

use letter::{Letter, Links};

/// Mails queued in one transaction at most.
const MOST: u64 = 500;
/// Invitations read at once.
const BATCH: i64 = 100;
/// No reminder is sent so shortly before the survey closes.
const LAST_CALL: TimeDelta = TimeDelta::days(1);
/// By hand, a reminder may follow the mail before it after this time.
const PAUSE: TimeDelta = TimeDelta::days(1);

/// What was queued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    /// First mails.
    pub invitations: u64,
    /// Reminders.
    pub reminders: u64,
    /// Whether there may be more to queue, in another transaction.
    pub more: bool,
}

impl Sent {
    /// Whether anything was queued.
    pub fn any(&self) -> bool {
        self.invitations + self.reminders > 0
    }
}

/// A mail could not be written.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The links cannot be signed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The words.
    #[error(transparent)]
    Words(#[from] PageError),
    /// The mail's id.
    #[error("survey mail: {0}")]
    Id(String),
}

impl From<MailError> for Error {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Db(error) => error.into(),
            MailError::Signer(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl MailError {
    /// Whether the next mail would fail too.
    fn is_general(&self) -> bool {
        match self {
            Self::Db(error) => !matches!(error, DbError::Query(_) | DbError::Corrupt { .. }),
            Self::Signer(_) => true,
            Self::Words(_) | Self::Id(_) => false,
        }
    }
}

/// Queues the mails that are due now, in the caller's transaction: invitations of open surveys that
/// were never mailed, and reminders. One that cannot be written is left out, and tried again the next
/// time.
///
/// # Errors
///
/// [`MailError`] if no mail can be written; nothing of it is queued then.
pub fn send_due(conn: &mut Conn, head: &Letterhead, now: UtcTime) -> Result<Sent, MailError> {
    let mut sent = Sent::default();
    let surveys = store::open(conn, now)?;
    if surveys.is_empty() {
        return Ok(sent);
    }
    let signer = Signer::of(conn, now)?;
    for survey in surveys {
        let mut after = 0;
        loop {
            let cutoff = cutoff(&survey, now);
            let waiting = store::waiting(conn, &survey, cutoff, after, BATCH)?;
            let Some(last) = waiting.last() else { break };
            after = last.id.0;
            for invitation in &waiting {
                let written = attempt(conn, |conn| mail(conn, (head, &signer), invitation, now));
                match written {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(error) if error.is_general() => return Err(error),
                    Err(error) => {
                        complain(invitation.id, &error);
                        continue;
                    }
                }
                if invitation.mails == 0 {
                    sent.invitations += 1;
                } else {
                    sent.reminders += 1;
                }
            }
            if sent.invitations + sent.reminders >= MOST {
                sent.more = true;
                return Ok(sent);
            }
        }
    }
    Ok(sent)
}

/// Who was last mailed after this time is not reminded yet; `None`: nobody is, as the survey closes.
fn cutoff(survey: &store::Open, now: UtcTime) -> Option<UtcTime> {
    let days = TimeDelta::try_days(survey.reminder_days)?;
    let cutoff = now.0.checked_sub_signed(days)?;
    (survey.closes_at.0 - now.0 >= LAST_CALL).then_some(UtcTime(cutoff))
}

/// Whether there is a survey to close, or a mail to queue; changes nothing.
///
/// # Errors
///
/// The database's.
pub fn anything_due(conn: &mut Conn, now: UtcTime) -> DbResult<bool> {
    if !store::overdue(conn, now)?.is_empty() {
        return Ok(true);
    }
    for survey in store::open(conn, now)? {
        let cutoff = cutoff(&survey, now);
        let mut after = 0;
        loop {
            let waiting = store::waiting(conn, &survey, cutoff, after, BATCH)?;
            // Those whose department is asked nothing wait for ever.
            if waiting.iter().any(asks_anything) {
                return Ok(true);
            }
            let Some(last) = waiting.last() else { break };
            after = last.id.0;
        }
    }
    Ok(false)
}

fn asks_anything(invitation: &InvitationRow) -> bool {
    !questions_for(invitation).is_empty()
}

/// Tells the log of a mail that cannot be written: once for each invitation in the life of the
/// process, as it is tried again every minute.
fn complain(invitation: InvitationId, error: &MailError) {
    static TOLD: Mutex<BTreeSet<i64>> = Mutex::new(BTreeSet::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.insert(invitation.0) {
        tracing::error!(
            invitation_id = invitation.0,
            error.cause = %error,
            "The mail of invitation {invitation} cannot be written; it is tried again: {error}"
        );
    }
}

/// Closes the surveys whose time has come; how many.
///
/// # Errors
///
/// The database's.
pub fn close_due(conn: &mut Conn, now: UtcTime) -> DbResult<usize> {
    let mut closed = 0;
    for survey in store::overdue(conn, now)? {
        // Another process may have been faster.
        if !store::close(conn, survey, now)? {
            continue;
        }
        closed += 1;
        let actor = Actor {
            name: "time".to_owned(),
            request_id: None,
        };
        let deed = Deed {
            action: "closed",
            entity: "survey",
            id: Some(survey.0),
            detail: None,
        };
        audit::record(conn, &actor, &deed, now)?;
    }
    Ok(closed)
}

/// Queues the next mail of an invitation; `false` if another process did so meanwhile, or nothing is
/// asked of this person's department.
fn mail(
    conn: &mut Conn,
    (head, signer): (&Letterhead, &Signer),
    invitation: &InvitationRow,
    now: UtcTime,
) -> Result<bool, MailError> {
    let Some(address) = &invitation.contact_email else {
        return Ok(false);
    };
    if !asks_anything(invitation) || !store::count_mail(conn, invitation, now)? {
        return Ok(false);
    }
    let contact = invitation.contact_id;
    let made_at = store::contact_made_at(conn, contact)?;
    let ticket = signer.ticket(Purpose::Survey, invitation.id.0, &invitation.nonce);
    let out = signer.ticket(Purpose::OptOut, contact.0, &opt_out_nonce(made_at));
    let (page, opt_out) = (format!("s/{ticket}"), format!("u/{out}"));
    let opt_out = head.public_url.page(&opt_out);
    let links = Links {
        page: head.public_url.page(&page),
        // The page knows the contact's language, which may not be the mail's.
        opt_out: format!("{opt_out}?lang={}", language_of(invitation)),
    };
    let letter = Letter::write(head, invitation, &links)?;
    let first = if invitation.mails == 0 {
        None
    } else {
        store::first_mail(conn, invitation.id)?
    };
    let id = message_id(head, invitation)?;
    let mail = NewMail {
        kind: if invitation.mails == 0 {
            MailKind::Survey.word()
        } else {
            MailKind::SurveyReminder.word()
        },
        customer_id: Some(invitation.customer_id.0),
        alert_id: None,
        user_id: None,
        contact_id: Some(contact.0),
        run_id: None,
        about_id: Some(invitation.id.0),
        message_id: id.as_str(),
        in_reply_to: first.as_deref(),
        reply_chain: first.as_deref(),
        to_address: address,
        to_name: &invitation.contact_name,
        language: language_of(invitation).tag(),
        subject: &letter.subject,
        text: &letter.text,
        html: &letter.html,
        unsubscribe_url: Some(&opt_out),
    };
    Ok(queue(conn, &mail, now)?.is_some())
}

/// The id of the next mail: the same for ever, and another one if the person is asked anew, or in a
/// database that was set up anew.
fn message_id(head: &Letterhead, invitation: &InvitationRow) -> Result<MessageId, MailError> {
    let (id, number) = (invitation.id, invitation.mails + 1);
    let (at, domain) = (
        invitation.invited_at.0.timestamp_micros(),
        head.public_url.mail_domain(),
    );
    MessageId::parse(&format!("survey-{id}-{number}-{at}@{domain}"))
        .map_err(|error| MailError::Id(error.to_string()))
}

/// An invitation after a reminder.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Reminded {
    /// The invitation.
    pub invitation_id: i64,
    /// Mails to the person so far.
    pub mails: i64,
    /// When the last one was written.
    pub last_mailed_at: UtcTime,
}

/// Queues a mail to somebody who has not answered, now.
///
/// # Errors
///
/// 404 if `teams` may not see the invitation; 409 if it was answered or revoked, cannot be answered,
/// was mailed within a day, or the person may not be mailed.
pub fn remind(
    conn: &mut Conn,
    head: &Letterhead,
    id: i64,
    (teams, actor): (&Teams, &Actor),
    now: UtcTime,
) -> Answer<Reminded> {
    let missing = || Error::not_found("survey invitation", id);
    let known = crate::surveys::store::invitation(conn, id)?
        .filter(|invitation| teams.allow(invitation.team_id))
        .ok_or_else(missing)?;
    let invitation = locked_invitation(conn, known.id)?;
    may_be_reminded(&invitation, now)?;
    let signer = Signer::of(conn, now)?;
    if !mail(conn, (head, &signer), &invitation, now)? {
        return Err(Error::conflict(
            "nothing_to_send",
            "the survey asks nothing of this person's department",
        ));
    }
    let deed = Deed {
        action: "reminded",
        entity: "survey_invitation",
        id: Some(id),
        detail: None,
    };
    audit::record(conn, actor, &deed, now)?;
    Ok(Reminded {
        invitation_id: id,
        mails: invitation.mails + 1,
        last_mailed_at: now,
    })
}

fn may_be_reminded(invitation: &InvitationRow, now: UtcTime) -> Answer<()> {
    answerable(invitation, now)?;
    let recently = invitation
        .last_mailed_at
        .is_some_and(|last| now.0 - last.0 < PAUSE);
    let (code, detail) = if invitation.status == InvitationStatus::Answered {
        ("answered", "the person has answered")
    } else if invitation.source != Source::Mail {
        ("not_by_mail", "the person was not asked by mail")
    } else if recently {
        (
            "reminded_lately",
            "the last mail to the person is less than a day old",
        )
    } else if invitation.contact_deleted {
        ("contact_deleted", "the contact was deleted")
    } else if invitation.survey_consent == Some(SurveyConsent::Refused) {
        ("opted_out", "the person wants no surveys")
    } else if invitation.contact_email.is_none() {
        ("no_address", "the contact has no e-mail address")
    } else {
        return Ok(());
    };
    Err(Error::conflict(code, detail))
}
