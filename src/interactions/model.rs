//! What can be told of an interaction, and the rules it must keep.

use chrono::{DateTime, Datelike as _, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use super::strip::own_words;
use crate::engagement::model::{RecordKey, one_of, tidy_key};
use crate::ids::ExternalId;
use crate::mailbox::is_email;
use crate::problem::FieldProblem;

/// The system of keys that are made here.
pub const OWN_SYSTEM: &str = "hawser";
/// Bytes of a text at most.
pub const TEXT: usize = 1 << 20;
/// Characters of a subject at most.
pub const SUBJECT: usize = 1_000;
/// Years that a time may lie in; others are slips of the pen.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

crate::word_enum! {
    /// How it was said.
    InteractionChannel {
        /// A mail.
        Mail = "mail",
        /// A telephone call: notes of it, or its transcript.
        Call = "call",
        /// A visit: notes of it.
        Visit = "visit",
        /// Chat messages.
        Chat = "chat",
        /// Any other note.
        Note = "note",
    }
}

crate::word_enum! {
    /// Whose words the text holds.
    Direction {
        /// The customer's.
        Inbound = "inbound",
        /// Ours, to the customer.
        Outbound = "outbound",
        /// Ours, among ourselves.
        Internal = "internal",
    }
}

crate::word_enum! {
    /// Why a text has no score.
    WhyNotScored {
        /// There is no text, or nothing but quotes and signatures.
        Empty = "empty",
        /// Nothing but digits, punctuation and unknown symbols.
        NoWords = "no_words",
        /// Neither English nor Chinese.
        OtherLanguage = "other_language",
        /// They are our own words.
        Ours = "ours",
    }
}

/// One of our own people, by id or by e-mail address: one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserKey {
    /// The user's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The user's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl UserKey {
    /// Tidies it; notes whether it names nobody, or two people.
    pub fn tidy(&mut self, wrong: &mut Vec<FieldProblem>) {
        if self.id.is_some() == self.email.is_some() {
            let rule = "expected either id or email";
            wrong.push(FieldProblem::new("user", "one_of", rule));
        }
        if let Some(email) = &mut self.email {
            *email = email.trim().to_lowercase();
            if !is_email(email) {
                let rule = "expected an e-mail address";
                wrong.push(FieldProblem::new("user", "not_an_address", rule));
            }
        }
    }
}

/// What can be told of an interaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InteractionInput {
    /// Key in the sender's system; one of `hawser` is made if there is none.
    #[serde(default = "fresh_key", deserialize_with = "key_or_fresh")]
    #[schema(required = false)]
    pub external_id: ExternalId,
    /// The customer.
    pub customer: RecordKey,
    /// The customer's department; the contact's if not told.
    #[serde(default)]
    pub department_id: Option<i64>,
    /// The person at the customer.
    #[serde(default)]
    pub contact_id: Option<i64>,
    /// The person of ours.
    #[serde(default)]
    pub user: Option<UserKey>,
    /// The shipment that it was about, one of the customer's.
    #[serde(default)]
    pub shipment: Option<RecordKey>,
    /// The complaint that it was about, one of the customer's.
    #[serde(default)]
    pub complaint: Option<RecordKey>,
    /// How it was said.
    pub channel: InteractionChannel,
    /// Whose words the text holds.
    pub direction: Direction,
    /// When it was said; not in the future.
    pub at: DateTime<Utc>,
    /// The subject, up to 1,000 characters.
    #[serde(default)]
    pub subject: Option<String>,
    /// What was said, up to 1 MiB. Of mails and chats, quoted replies and signatures are not kept and
    /// do not count.
    #[serde(default)]
    pub text: Option<String>,
}

/// A key for a record that no other system has one for.
pub fn fresh_key() -> ExternalId {
    ExternalId {
        system: OWN_SYSTEM.to_owned(),
        id: uuid::Uuid::now_v7().to_string(),
    }
}

fn key_or_fresh<'de, D: Deserializer<'de>>(json: D) -> Result<ExternalId, D::Error> {
    Ok(Option::deserialize(json)?.unwrap_or_else(fresh_key))
}

impl InteractionInput {
    /// Tidies it and checks what can be seen from the record alone.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        tidy_key(&mut self.external_id, &mut wrong);
        one_of("customer", &mut self.customer, &mut wrong);
        if let Some(shipment) = &mut self.shipment {
            one_of("shipment", shipment, &mut wrong);
        }
        if let Some(complaint) = &mut self.complaint {
            one_of("complaint", complaint, &mut wrong);
        }
        if let Some(user) = &mut self.user {
            user.tidy(&mut wrong);
        }
        if !YEARS.contains(&self.at.year()) {
            let rule = format!(
                "expected a time of the years {} to {}",
                YEARS.start(),
                YEARS.end()
            );
            wrong.push(FieldProblem::new("at", "out_of_range", rule));
        }
        let subject = self.subject.take().map(|text| text.trim().to_owned());
        self.subject = subject.filter(|text| !text.is_empty());
        if let Some(subject) = &self.subject {
            check_subject(subject, &mut wrong);
        }
        let talk = matches!(
            self.channel,
            InteractionChannel::Mail | InteractionChannel::Chat
        );
        // What is not kept need not fit: a short answer often stands above a long thread.
        if talk && self.text.as_ref().is_some_and(|text| text.len() > TEXT) {
            self.text = self.text.map(|text| own_words(&text));
        }
        if let Some(text) = &self.text {
            check_text(text, &mut wrong);
        }
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

fn check_subject(subject: &str, wrong: &mut Vec<FieldProblem>) {
    if subject.contains(char::is_control) {
        let rule = "expected text without control characters such as NUL and line breaks";
        wrong.push(FieldProblem::new("subject", "control_character", rule));
    } else if subject.chars().count() > SUBJECT {
        let rule = format!("expected at most {SUBJECT} characters");
        wrong.push(FieldProblem::new("subject", "length", rule));
    }
}

fn check_text(text: &str, wrong: &mut Vec<FieldProblem>) {
    if text.len() > TEXT {
        let rule = format!(
            "expected at most {TEXT} bytes in UTF-8, found {}",
            text.len()
        );
        wrong.push(FieldProblem::new("text", "length", rule));
    } else if text.contains('\0') {
        let rule = "expected text without NUL";
        wrong.push(FieldProblem::new("text", "control_character", rule));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(changes: &serde_json::Value) -> Result<InteractionInput, Vec<FieldProblem>> {
        let mut body = json!({
            "customer": {"id": 7}, "channel": "mail", "direction": "inbound",
            "at": "2026-02-01T10:00:00Z",
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        serde_json::from_value::<InteractionInput>(body)
            .unwrap()
            .checked()
    }

    #[test]
    fn without_a_key_one_is_made_and_no_two_are_the_same() {
        let (one, other) = (told(&json!({})).unwrap(), told(&json!({})).unwrap());
        assert_eq!(one.external_id.system, "hawser");
        assert_ne!(one.external_id, other.external_id);
        let null = told(&json!({"external_id": null})).unwrap();
        assert_eq!(null.external_id.system, "hawser");
    }

    #[test]
    fn every_broken_rule_is_named() {
        let wrong = told(&json!({
            "customer": {}, "user": {"id": 1, "email": "nobody"}, "at": "0026-02-01T10:00:00Z",
            "subject": "a\nb", "text": "x".repeat(TEXT + 1),
        }))
        .unwrap_err();
        let named: Vec<_> = wrong.iter().map(|one| (one.field, one.code)).collect();
        assert_eq!(
            named,
            [
                ("customer", "one_of"),
                ("user", "one_of"),
                ("user", "not_an_address"),
                ("at", "out_of_range"),
                ("subject", "control_character"),
                ("text", "length"),
            ]
        );
        assert!(told(&json!({"text": "x".repeat(TEXT)})).is_ok());
        assert!(told(&json!({"text": "a\u{0}b"})).is_err());
    }

    #[test]
    fn of_mails_the_own_words_must_fit() {
        let thread = format!(
            "It came late.\n\n{}",
            "> word word word\n".repeat(TEXT / 16)
        );
        assert!(thread.len() > TEXT);
        let mail = told(&json!({"text": &thread})).unwrap();
        assert_eq!(mail.text.as_deref(), Some("It came late."));
        let chat = told(&json!({"text": &thread, "channel": "chat"})).unwrap();
        assert_eq!(chat.text.as_deref(), Some("It came late."));
        // In a note everything is meant.
        assert!(told(&json!({"text": &thread, "channel": "note"})).is_err());
    }
}
