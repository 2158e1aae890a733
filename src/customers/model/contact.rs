//! What can be told of a contact.

use serde::{Deserialize, Serialize};

use super::{BuyingRole, NAME, SurveyConsent, text};
use crate::mailbox::is_email;
use crate::problem::FieldProblem;

/// Characters of a telephone number at most.
const PHONE: usize = 50;

/// What can be told of a contact: a person at a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactInput {
    /// The person's name, 1 to 300 characters.
    pub name: String,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Telephone number: digits, spaces and `+ - ( ) . /`, at least three digits.
    #[serde(default)]
    pub phone: Option<String>,
    /// Language to speak: BCP 47, such as `en` or `zh-Hans`.
    #[serde(default)]
    pub language: Option<String>,
    /// What part the person has in the decision to buy from us.
    #[serde(default)]
    pub buying_role: Option<BuyingRole>,
    /// The department, one of the same customer.
    #[serde(default)]
    pub department_id: Option<i64>,
    /// What the person said about being asked for an opinion; absent or `null`: nothing.
    #[serde(default)]
    pub survey_consent: Option<SurveyConsent>,
}

impl ContactInput {
    /// Tidies it and checks it; whether the department fits is for the database to say.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        self.name = text("name", &self.name, NAME, &mut wrong);
        for given in [&mut self.email, &mut self.phone, &mut self.language] {
            *given = given.take().map(|value| value.trim().to_owned());
        }
        let mut check = |value: &Option<String>, sound: fn(&str) -> bool, field, code, rule| {
            if value.as_deref().is_some_and(|value| !sound(value)) {
                wrong.push(FieldProblem::new(field, code, rule));
            }
        };
        check(
            &self.email,
            is_email,
            "email",
            "not_an_address",
            "expected an e-mail address",
        );
        check(
            &self.phone,
            is_phone,
            "phone",
            "not_a_number",
            "expected digits, spaces and + - ( ) . / with at least 3 digits, at most 50 characters",
        );
        check(
            &self.language,
            is_language,
            "language",
            "not_a_language",
            "expected a BCP 47 tag such as en or zh-Hans",
        );
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

pub(super) fn is_phone(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_digit() || " +-()./".contains(letter);
    text.len() <= PHONE
        && text.chars().all(allowed)
        && text.bytes().filter(u8::is_ascii_digit).count() >= 3
}

/// Whether it has the shape of a BCP 47 tag: a language of 2 to 8 letters, then subtags of 1 to 8
/// letters or digits. Whether they are registered is not asked.
pub(super) fn is_language(text: &str) -> bool {
    let mut subtags = text.split('-');
    let language = subtags.next().unwrap_or_default();
    text.len() <= 35
        && (2..=8).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len())
                && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}
