//! The mails of an alert: one for everybody who is told of the customer.

use std::collections::BTreeMap;

use super::store::{self, Candidate, Recipient};
use super::{AlertError, Raising, Unwritable};
use crate::access::Teams;
use crate::alerts::facts::{Address, Facts};
use crate::alerts::message::{Rendered, render};
use crate::alerts::model::{AlertReason, AlertSeverity};
use crate::db::{Conn, DbError};
use crate::i18n::{Language, Texts};
use crate::ids::{AlertId, CustomerId};
use crate::mail::mailer::MessageId;
use crate::mail::model::MailKind;
use crate::mail::outbox::store::{NewMail, queue};

impl Raising<'_> {
    /// Queues a mail for everybody who is told of this customer.
    pub(super) fn mail(
        &mut self,
        conn: &mut Conn,
        candidate: &Candidate,
        alert: AlertId,
        told: &Told,
    ) -> Result<(), AlertError> {
        let customer = candidate.customer_id;
        let unwritable = |cause| AlertError::Mail { customer, cause };
        let mut queued = 0;
        // Everybody who reads the same language and sees the same customers gets the same words.
        let mut drafts: Vec<((Language, Option<i64>), Rendered)> = Vec::new();
        for recipient in &self.recipients {
            if recipient.team_id.is_some() && recipient.team_id != candidate.team_id {
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
                let to = Address {
                    alert,
                    customer,
                    reason: told.reason,
                    severity: told.severity,
                    public_url: &self.settings.public_url,
                    language,
                };
                let draft = told.draft(&to, recipient.team_id).map_err(unwritable)?;
                drafts.push((kind, draft.clone()));
                draft
            };
            let id = self.message_id(alert, recipient).map_err(unwritable)?;
            if self.queue(conn, (alert, customer), recipient, (&id, language, &draft))? {
                queued += 1;
            }
        }
        if queued > 0 {
            store::note_mailed(conn, alert, candidate.churn_probability)?;
            self.raised.mails += queued;
        }
        Ok(())
    }

    /// The id of a mail: the same for ever, and another one in a database that was set up anew.
    fn message_id(&self, alert: AlertId, recipient: &Recipient) -> Result<MessageId, Unwritable> {
        let (user, run, at) = (recipient.id, self.run.id, self.now.0.timestamp());
        let domain = self.settings.public_url.mail_domain();
        Ok(MessageId::parse(&format!(
            "alert-{alert}-{user}-{run}-{at}@{domain}"
        ))?)
    }

    fn queue(
        &self,
        conn: &mut Conn,
        (alert, customer): (AlertId, CustomerId),
        recipient: &Recipient,
        (id, language, draft): (&MessageId, Language, &Rendered),
    ) -> Result<bool, DbError> {
        let first = store::first_mail(conn, alert, recipient.id)?;
        let mail = NewMail {
            kind: MailKind::Alert.word(),
            customer_id: Some(customer.0),
            alert_id: Some(alert.0),
            user_id: Some(recipient.id.0),
            contact_id: None,
            run_id: Some(self.run.id.0),
            about_id: None,
            message_id: id.as_str(),
            in_reply_to: first.as_deref(),
            reply_chain: first.as_deref(),
            to_address: &recipient.email,
            to_name: &recipient.name,
            language: language.tag(),
            subject: &draft.subject,
            text: &draft.text,
            html: &draft.html,
            unsubscribe_url: None,
        };
        Ok(queue(conn, &mail, self.now)?.is_some())
    }
}

/// What is said of a customer.
pub(super) struct Told {
    /// With all names.
    pub facts: Facts,
    /// The team of every partner named.
    pub teams: BTreeMap<i64, Option<i64>>,
    /// Why it is said.
    pub reason: AlertReason,
    /// How urgent it is.
    pub severity: AlertSeverity,
}

impl Told {
    /// The mail to people of a team; those without one see every customer.
    fn draft(&self, to: &Address<'_>, team: Option<i64>) -> Result<Rendered, Unwritable> {
        let sees = team.map_or(Teams::All, |team| Teams::Only(vec![team]));
        let visible = |id: i64| sees.allow(self.teams.get(&id).copied().flatten());
        let notice = self.facts.clone().hide(visible).notice(to)?;
        Ok(render(Texts::embedded(), &notice)?)
    }
}
