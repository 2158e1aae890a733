//! Telling people of alerts: a mail for everybody who looks after the customer.

use std::collections::BTreeMap;

use super::facts::{Address, Facts, NotTellable};
use super::message::{PublicUrl, RenderError, Rendered, render};
use super::model::{AlertDeed, AlertReason, AlertSeverity};
use crate::access::Teams;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::i18n::{Language, Texts};
use crate::ids::{AlertId, CustomerId, RunId};
use crate::mail::mailer::{MessageId, NotAMessageId};
use crate::mail::model::MailKind;
use crate::mail::outbox::store::{NewMail, queue};

mod store;

use store::Recipient;

/// What people are to be told.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The alert.
    pub alert: AlertId,
    /// The customer; `None`: our own data.
    pub customer: Option<CustomerId>,
    /// The team that looks after the customer.
    pub team: Option<i64>,
    /// Why the alert was raised.
    pub reason: AlertReason,
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// What has just been done with it: opened, worsened, reopened.
    pub deed: AlertDeed,
    /// What its rule measures.
    pub measure: f64,
    /// The run that found it; `None`: the daily check.
    pub run: Option<RunId>,
    /// The alert's version: another one with every change.
    pub version: i64,
    /// Of the links in its mails.
    pub nonce: &'a str,
    /// What it says, with all names.
    pub facts: &'a Facts,
    /// The team of every customer named beside the one it is about.
    pub teams: &'a BTreeMap<i64, Option<i64>>,
}

/// How many were told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// By a mail of its own.
    pub mails: u64,
    /// By their next digest.
    pub digests: u64,
}

impl Told {
    /// Whether anybody was.
    pub fn anybody(self) -> bool {
        self.mails + self.digests > 0
    }
}

/// People could not be told.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The database failed, or holds what makes no sense.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The figures make no sense.
    #[error(transparent)]
    Facts(#[from] NotTellable),
    /// The text could not be made.
    #[error(transparent)]
    Text(#[from] RenderError),
    /// The mail would have no id.
    #[error(transparent)]
    Id(#[from] NotAMessageId),
}

/// Writes to people.
#[derive(Debug)]
pub struct Letters<'a> {
    public_url: &'a PublicUrl,
    recipients: Vec<Recipient>,
    now: UtcTime,
}

impl<'a> Letters<'a> {
    /// Looks up who wants to be told.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn new(conn: &mut Conn, public_url: &'a PublicUrl, now: UtcTime) -> DbResult<Self> {
        Ok(Self {
            public_url,
            recipients: store::recipients(conn)?,
            now,
        })
    }

    /// Tells everybody who looks after the customer, in the caller's transaction.
    ///
    /// # Errors
    ///
    /// [`LetterError`]; the caller must then roll back.
    pub fn tell(&self, conn: &mut Conn, occasion: &Occasion<'_>) -> Result<Told, LetterError> {
        let mut told = Told::default();
        // Everybody who reads the same language and sees the same customers gets the same words.
        let mut drafts: Vec<((Language, Option<i64>), Rendered)> = Vec::new();
        for recipient in &self.recipients {
            if recipient.team_id.is_some() && recipient.team_id != occasion.team {
                continue;
            }
            let language: Language = recipient
                .language
                .parse()
                .map_err(|error| DbError::corrupt("users.language", error))?;
            let kind = (language, recipient.team_id);
            let known = drafts.iter().find(|(other, _)| *other == kind);
            let draft = if let Some((_, draft)) = known {
                draft.clone()
            } else {
                let draft = self.draft(occasion, language, recipient.team_id)?;
                drafts.push((kind, draft.clone()));
                draft
            };
            told.mails += u64::from(self.queue(conn, occasion, recipient, (language, &draft))?);
        }
        Ok(told)
    }

    /// The mail to people of a team; those without one see every customer.
    fn draft(
        &self,
        occasion: &Occasion<'_>,
        language: Language,
        team: Option<i64>,
    ) -> Result<Rendered, LetterError> {
        let to = Address {
            alert: occasion.alert,
            customer: occasion.customer,
            severity: occasion.severity,
            public_url: self.public_url,
            language,
        };
        let sees = team.map_or(Teams::All, |team| Teams::Only(vec![team]));
        let visible = |id: i64| sees.allow(occasion.teams.get(&id).copied().flatten());
        let notice = occasion.facts.clone().hide(visible).notice(&to)?;
        Ok(render(Texts::embedded(), &notice)?)
    }

    /// The id of a mail: the same for ever, and another one in a database that was set up anew.
    fn message_id(
        &self,
        occasion: &Occasion<'_>,
        recipient: &Recipient,
    ) -> Result<MessageId, NotAMessageId> {
        let (alert, user, version) = (occasion.alert, recipient.id, occasion.version);
        let (at, domain) = (self.now.0.timestamp(), self.public_url.mail_domain());
        MessageId::parse(&format!("alert-{alert}-{user}-{version}-{at}@{domain}"))
    }

    fn queue(
        &self,
        conn: &mut Conn,
        occasion: &Occasion<'_>,
        recipient: &Recipient,
        (language, draft): (Language, &Rendered),
    ) -> Result<bool, LetterError> {
        let id = self.message_id(occasion, recipient)?;
        let first = store::first_mail(conn, occasion.alert, recipient.id)?;
        let mail = NewMail {
            kind: MailKind::Alert.word(),
            customer_id: occasion.customer.map(|customer| customer.0),
            alert_id: Some(occasion.alert.0),
            user_id: Some(recipient.id.0),
            run_id: occasion.run.map(|run| run.0),
            message_id: id.as_str(),
            in_reply_to: first.as_deref(),
            reply_chain: first.as_deref(),
            to_address: &recipient.email,
            to_name: &recipient.name,
            language: language.tag(),
            subject: &draft.subject,
            text: &draft.text,
            html: &draft.html,
            ..NewMail::default()
        };
        Ok(queue(conn, &mail, self.now)?.is_some())
    }
}
