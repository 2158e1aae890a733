//! What a survey is about and until when, in the words of pages and mails.

use chrono_tz::Tz;

use crate::config::Config;
use crate::db::UtcTime;
use crate::i18n::line::{isolate, single_line};
use crate::i18n::{Key, Language, TextError, Value, key};
use crate::mail::mailer::MailAddress;
use crate::mail::public_url::{NotAPublicUrl, PublicUrl};
use crate::surveys::model::{About, Side};
use crate::surveys::store::InvitationRow;

/// Who asks, and where the pages are.
#[derive(Clone, Debug)]
pub struct Letterhead {
    /// Where the pages are.
    pub public_url: PublicUrl,
    /// Who asks: the name in `smtp_from`, or the host of the pages where there is none.
    pub sender: String,
    /// The zone in which times are told.
    pub zone: Tz,
}

impl Letterhead {
    /// That of the settings.
    ///
    /// # Errors
    ///
    /// [`NotAPublicUrl`].
    pub fn of(config: &Config) -> Result<Self, NotAPublicUrl> {
        let public_url: PublicUrl = config.public_url.parse()?;
        let from = config
            .smtp
            .as_ref()
            .map(|smtp| smtp.from.parse::<MailAddress>());
        let named = from.and_then(Result::ok);
        let name = named
            .as_ref()
            .and_then(MailAddress::name)
            .map(str::to_owned);
        Ok(Self {
            sender: isolate(name.unwrap_or_else(|| public_url.mail_domain())),
            public_url,
            zone: config.time_zone,
        })
    }

    /// A point in time: `3 March 2026, 18:00 CET`.
    pub fn time(&self, language: Language, at: UtcTime) -> String {
        let local = at.0.with_timezone(&self.zone);
        let date = language.date(local.date_naive());
        match language {
            Language::En => format!("{date}, {}", local.format("%H:%M %Z")),
            Language::Zh => format!("{date} {}", local.format("%H:%M（%Z）")),
        }
    }
}

/// The language that an invitation speaks; English where it is none of ours.
pub fn language_of(invitation: &InvitationRow) -> Language {
    invitation.language.parse().unwrap_or_default()
}

/// A name from outside, fit for a line of ours.
pub fn name(stored: &str) -> String {
    isolate(single_line(stored))
}

/// Which of several texts an invitation needs.
#[derive(Clone, Copy)]
pub struct Variants {
    /// About its own experience.
    pub experience: Key,
    /// About one shipment.
    pub shipment: Key,
    /// About what it sends to a partner.
    pub to_partner: Key,
    /// About what it receives from a partner.
    pub from_partner: Key,
}

/// The question that stands above all questions.
pub const HEADING: Variants = Variants {
    experience: key("survey-heading-experience"),
    shipment: key("survey-heading-shipment"),
    to_partner: key("survey-heading-to-partner"),
    from_partner: key("survey-heading-from-partner"),
};

impl Variants {
    /// The text for what this invitation is about.
    ///
    /// # Errors
    ///
    /// [`TextError`], a fault of ours.
    pub fn of(
        self,
        language: Language,
        invitation: &InvitationRow,
        sender: &str,
    ) -> Result<String, TextError> {
        let partner = invitation.partner_name.as_deref().map(name);
        let shipment = invitation.shipment_key.as_deref().map(name);
        let (key, about) = match (invitation.about, shipment, partner) {
            (About::Shipment, Some(shipment), _) => (self.shipment, shipment),
            (About::Link, _, Some(partner)) => match invitation.side {
                Some(Side::Consignee) => (self.from_partner, partner),
                Some(Side::Shipper) | None => (self.to_partner, partner),
            },
            _ => (self.experience, String::new()),
        };
        let values: [(&str, Value<'_>); 2] = [("about", about.into()), ("sender", sender.into())];
        crate::api::public::text(language, key, &values)
    }
}
