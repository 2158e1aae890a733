//! What can be told of a complaint, and the rules it must keep.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use super::life::Severity;
use crate::db::UtcTime;
use crate::engagement::model::{RecordKey, YEARS, one_of, text, tidy_key};
use crate::ids::ExternalId;
use crate::problem::FieldProblem;

/// Characters of a subject at most.
pub const SUBJECT: usize = 300;
/// Characters of a longer text at most.
pub const TEXT: usize = 20_000;
/// Characters of a cause's code at most.
pub const CODE: usize = 60;
/// The largest claim, minor units.
pub const LARGEST_CLAIM: i64 = 1_000_000_000_000_000;
/// The system of records that no other system has a key for.
pub const OWN_SYSTEM: &str = "hawser";

crate::word_enum! {
    /// How a complaint came.
    Channel {
        /// By mail.
        Mail = "mail",
        /// By telephone.
        Call = "call",
        /// In person.
        Visit = "visit",
        /// In a chat.
        Chat = "chat",
        /// By a portal.
        Portal = "portal",
        /// On paper.
        Letter = "letter",
        /// Otherwise.
        Other = "other",
    }
}

/// A key of our own, for a record that no other system has one for: a UUID, version 7.
pub fn own_key() -> ExternalId {
    ExternalId {
        system: OWN_SYSTEM.to_owned(),
        id: uuid::Uuid::now_v7().to_string(),
    }
}

/// What can be told of a complaint. Where it stands is told by actions; only a complaint that was
/// handled elsewhere before it came here can be made with what happened to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComplaintInput {
    /// Key in the sender's system; one of ours is made if it is not told.
    #[serde(default = "own_key")]
    pub external_id: ExternalId,
    /// Who complains.
    pub customer: RecordKey,
    /// The department that complains, one of the customer's.
    #[serde(default)]
    pub department_id: Option<i64>,
    /// The person who complains, one of the customer's; the answer is sent there.
    #[serde(default)]
    pub contact_id: Option<i64>,
    /// The other end of the link that it is about.
    #[serde(default)]
    pub partner: Option<RecordKey>,
    /// The shipment that it is about, one of the customer's: by our id, or by source and key.
    #[serde(default)]
    pub shipment: Option<RecordKey>,
    /// Who of our own people looks after it.
    #[serde(default)]
    pub owner_id: Option<i64>,
    /// How it came.
    pub channel: Channel,
    /// How bad it is; sets the deadlines.
    pub severity: Severity,
    /// In one line.
    pub subject: String,
    /// In the customer's words, up to 20,000 characters.
    #[serde(default)]
    pub text: Option<String>,
    /// Code of its cause, one of the list of causes.
    #[serde(default)]
    pub cause: Option<String>,
    /// What is done about it, for the customer.
    #[serde(default)]
    pub remedy: Option<String>,
    /// What keeps it from happening again.
    #[serde(default)]
    pub action: Option<String>,
    /// What is claimed, minor units of the reporting currency; the claim is open until it is settled.
    #[serde(default)]
    pub claim_amount: Option<i64>,
    /// When it came; now if it is not told.
    #[serde(default)]
    pub received_at: Option<UtcTime>,
    /// When it was first responded to, for one that was handled elsewhere before.
    #[serde(default)]
    pub acknowledged_at: Option<UtcTime>,
    /// When it was answered, for one that was handled elsewhere before.
    #[serde(default)]
    pub answered_at: Option<UtcTime>,
    /// When the customer said that it is settled, for one that was handled elsewhere before.
    #[serde(default)]
    pub confirmed_at: Option<UtcTime>,
    /// How it is known that the customer said so; needed with `confirmed_at`.
    #[serde(default)]
    pub confirmation: Option<String>,
}

impl ComplaintInput {
    /// Tidies it and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        tidy_key(&mut self.external_id, &mut wrong);
        one_of("customer", &mut self.customer, &mut wrong);
        for (field, key) in [
            ("partner", &mut self.partner),
            ("shipment", &mut self.shipment),
        ] {
            if let Some(key) = key {
                one_of(field, key, &mut wrong);
            }
        }
        let subject = self.subject.trim().to_owned();
        self.subject = subject;
        text("subject", &self.subject, SUBJECT, &mut wrong);
        for (field, value) in [
            ("text", &mut self.text),
            ("remedy", &mut self.remedy),
            ("action", &mut self.action),
            ("confirmation", &mut self.confirmation),
        ] {
            tidy_prose(field, value, &mut wrong);
        }
        for (field, time) in [
            ("received_at", &mut self.received_at),
            ("acknowledged_at", &mut self.acknowledged_at),
            ("answered_at", &mut self.answered_at),
            ("confirmed_at", &mut self.confirmed_at),
        ] {
            tidy_time(field, time, &mut wrong);
        }
        wrong.extend(self.claim_amount.and_then(|amount| claim(amount).err()));
        if self.confirmed_at.is_some() && self.confirmation.is_none() {
            let rule = "expected how it is known that the customer said so: only the customer closes a complaint";
            wrong.push(FieldProblem::new("confirmation", "missing", rule));
        }
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

/// An amount that can be claimed or paid: 0 to [`LARGEST_CLAIM`].
///
/// # Errors
///
/// What such an amount is.
pub fn claim(amount: i64) -> Result<i64, FieldProblem> {
    if (0..=LARGEST_CLAIM).contains(&amount) {
        Ok(amount)
    } else {
        let rule = format!("expected a whole number from 0 to {LARGEST_CLAIM}");
        Err(FieldProblem::new("claim_amount", "out_of_range", rule))
    }
}

/// A text of several lines without white space around it; none if nothing is left. Notes what is
/// wrong with it.
pub fn tidy_prose(field: &'static str, value: &mut Option<String>, wrong: &mut Vec<FieldProblem>) {
    let Some(told) = value.take() else {
        return;
    };
    let tidy = told.replace("\r\n", "\n").trim().to_owned();
    let odd = |letter: char| letter.is_control() && !"\n\t".contains(letter);
    if tidy.contains(odd) {
        let rule = "expected text without control characters such as NUL; line breaks are allowed";
        wrong.push(FieldProblem::new(field, "control_character", rule));
    } else if tidy.chars().count() > TEXT {
        let rule = format!("expected at most {TEXT} characters");
        wrong.push(FieldProblem::new(field, "length", rule));
    }
    *value = Some(tidy).filter(|text| !text.is_empty());
}

/// A text of several lines that must not be missing.
///
/// # Errors
///
/// What is wrong with it.
pub fn prose(field: &'static str, told: &str) -> Result<String, Vec<FieldProblem>> {
    let (mut value, mut wrong) = (Some(told.to_owned()), Vec::new());
    tidy_prose(field, &mut value, &mut wrong);
    match value {
        Some(text) if wrong.is_empty() => Ok(text),
        _ if !wrong.is_empty() => Err(wrong),
        _ => {
            let rule = format!("expected 1 to {TEXT} characters");
            Err(vec![FieldProblem::new(field, "length", rule)])
        }
    }
}

/// A time as the database keeps it; notes one that is a slip of the pen.
fn tidy_time(field: &'static str, time: &mut Option<UtcTime>, wrong: &mut Vec<FieldProblem>) {
    if let Some(time) = time {
        *time = time.0.into();
        if !YEARS.contains(&time.0.year()) {
            let rule = format!(
                "expected a time of the years {} to {}",
                YEARS.start(),
                YEARS.end()
            );
            wrong.push(FieldProblem::new(field, "out_of_range", rule));
        }
    }
}

/// What can be told of a cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CauseInput {
    /// Its name in English.
    pub name_en: String,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Whether new complaints may have it; default yes.
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

impl CauseInput {
    /// Tidies it and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        for (field, name) in [
            ("name_en", &mut self.name_en),
            ("name_zh", &mut self.name_zh),
        ] {
            *name = name.trim().to_owned();
            text(field, name, SUBJECT, &mut wrong);
        }
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

/// The code of a cause: 1 to 60 of `a`–`z`, `0`–`9`, `_` and `-`.
///
/// # Errors
///
/// What a code looks like.
pub fn cause_code(code: &str) -> Result<String, FieldProblem> {
    let fits = |letter: u8| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"_-".contains(&letter)
    };
    if (1..=CODE).contains(&code.len()) && code.bytes().all(fits) {
        Ok(code.to_owned())
    } else {
        let rule = format!("expected 1 to {CODE} of a-z, 0-9, _ and -");
        Err(FieldProblem::new("code", "bad_code", rule))
    }
}

/// A claim as it was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// What was paid, minor units of the reporting currency, 0: nothing; what was claimed if it is not
    /// told.
    #[serde(default)]
    pub claim_amount: Option<i64>,
    /// When; today if it is not told.
    #[serde(default)]
    pub settled_on: Option<NaiveDate>,
}
