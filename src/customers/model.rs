//! What can be told of customers, departments and contacts, and the rules each must keep.

use serde::{Deserialize, Deserializer, Serialize};

use crate::mailbox::is_email;
use crate::shipments::model::{ExternalId, FieldProblem};
use crate::text::{match_name, normalise_name};

/// Characters of a name at most.
const NAME: usize = 300;
/// Characters of a tag at most.
const TAG: usize = 50;
/// Tags of a customer at most.
const TAGS: usize = 50;
/// External ids of a customer at most.
const EXTERNAL_IDS: usize = 100;
/// Characters of a system's name at most.
const SYSTEM: usize = 100;
/// Characters of a key in another system at most.
const EXTERNAL_ID: usize = 300;
/// Characters of a telephone number at most.
const PHONE: usize = 50;

crate::word_enum! {
    /// How we stand with a customer.
    CustomerStatus {
        /// We work for it.
        Active = "active",
        /// We would like to.
        Prospect = "prospect",
        /// We do not any more.
        Inactive = "inactive",
    }
}

crate::word_enum! {
    /// On which side of shipments a customer stands; follows from the traffic.
    Role {
        /// It sends, and never receives.
        Shipper = "shipper",
        /// It receives, and never sends.
        Consignee = "consignee",
        /// It does both.
        Both = "both",
        /// It has no shipments.
        None = "none",
    }
}

crate::word_enum! {
    /// What a department does.
    DepartmentKind {
        /// Buys.
        Purchasing = "purchasing",
        /// Plans material and production.
        Planning = "planning",
        /// Produces.
        Production = "production",
        /// Stores, loads and unloads.
        Warehouse = "warehouse",
        /// Sells.
        Sales = "sales",
        /// Looks after quality and claims.
        Quality = "quality",
        /// Pays and collects.
        Finance = "finance",
        /// Leads the firm.
        Management = "management",
        /// Anything else; its name says what.
        Other = "other",
    }
}

crate::word_enum! {
    /// What part a person has in the decision to buy from us.
    BuyingRole {
        /// Decides.
        Decider = "decider",
        /// Negotiates and orders.
        Buyer = "buyer",
        /// Is asked for advice.
        Influencer = "influencer",
        /// Works with what we deliver.
        User = "user",
        /// Decides who gets to speak with whom.
        Gatekeeper = "gatekeeper",
    }
}

/// What can be told of a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerInput {
    /// Its name, 1 to 300 characters with a letter or digit.
    pub name: String,
    /// Where it is: ISO 3166-1 alpha-2, such as `DE`.
    #[serde(default)]
    pub country: Option<String>,
    /// What other systems call it; each belongs to one customer only.
    #[serde(default, deserialize_with = "strict_external_ids")]
    pub external_ids: Vec<ExternalId>,
    /// Id of the customer that leads the group it belongs to.
    #[serde(default)]
    pub parent_id: Option<i64>,
    /// The team that looks after it.
    #[serde(default)]
    pub team_id: Option<i64>,
    /// How we stand with it; default active.
    #[serde(default = "active")]
    pub status: CustomerStatus,
    /// Words to find it by: up to 50, each of 1 to 50 characters without comma.
    #[serde(default)]
    pub tags: Vec<String>,
}

fn active() -> CustomerStatus {
    CustomerStatus::Active
}

/// Reads external ids and refuses members that they do not have.
fn strict_external_ids<'de, D: Deserializer<'de>>(json: D) -> Result<Vec<ExternalId>, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        system: String,
        id: String,
    }
    let given = Vec::<Strict>::deserialize(json)?;
    Ok(given
        .into_iter()
        .map(|Strict { system, id }| ExternalId { system, id })
        .collect())
}

/// A customer that keeps the rules, with the forms of its name that it is found by.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerDraft {
    /// What was told, tidied: external ids and tags in order, each once.
    pub input: CustomerInput,
    /// The name as it is searched: see [`normalise_name`].
    pub search_name: String,
    /// The name as it is recognised: see [`match_name`].
    pub match_name: String,
}

impl Default for CustomerInput {
    /// An active customer of whom nothing is known.
    fn default() -> Self {
        Self {
            name: String::new(),
            country: None,
            external_ids: Vec::new(),
            parent_id: None,
            team_id: None,
            status: CustomerStatus::Active,
            tags: Vec::new(),
        }
    }
}

impl CustomerInput {
    /// Tidies it and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<CustomerDraft, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        self.name = text("name", &self.name, NAME, &mut wrong);
        let (search_name, match_name) = (normalise_name(&self.name), match_name(&self.name));
        if !self.name.is_empty() && (search_name.is_empty() || match_name.is_empty()) {
            let rule = "expected a name with a letter or digit";
            wrong.push(FieldProblem::new("name", "no_letters", rule));
        }
        if let Some(country) = &mut self.country {
            *country = country.trim().to_ascii_uppercase();
            if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
                let rule = "expected an ISO 3166-1 alpha-2 code such as DE";
                wrong.push(FieldProblem::new("country", "not_a_country", rule));
            }
        }
        self.external_ids = external_ids(self.external_ids, &mut wrong);
        self.tags = tags(&self.tags, &mut wrong);
        if wrong.is_empty() {
            Ok(CustomerDraft {
                input: self,
                search_name,
                match_name,
            })
        } else {
            Err(wrong)
        }
    }
}

/// An external id without the white space around its parts.
pub fn trimmed(external: &ExternalId) -> ExternalId {
    ExternalId {
        system: external.system.trim().to_owned(),
        id: external.id.trim().to_owned(),
    }
}

fn external_ids(given: Vec<ExternalId>, wrong: &mut Vec<FieldProblem>) -> Vec<ExternalId> {
    let mut ids = Vec::with_capacity(given.len());
    for ExternalId { system, id } in given {
        let system = text("external_ids", &system, SYSTEM, wrong);
        let id = text("external_ids", &id, EXTERNAL_ID, wrong);
        if system.contains(':') {
            let rule = "expected a system without colon: ext:SYSTEM:ID could not be read back";
            wrong.push(FieldProblem::new("external_ids", "colon", rule));
        }
        ids.push(ExternalId { system, id });
    }
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > EXTERNAL_IDS {
        let rule = format!("expected at most {EXTERNAL_IDS} external ids");
        wrong.push(FieldProblem::new("external_ids", "too_many", rule));
    }
    ids
}

fn tags(given: &[String], wrong: &mut Vec<FieldProblem>) -> Vec<String> {
    let mut tags: Vec<String> = given
        .iter()
        .map(|tag| text("tags", tag, TAG, wrong))
        .collect();
    tags.sort_unstable();
    tags.dedup();
    // Lists of tags are written with commas, and the search for one relies on it.
    if tags.iter().any(|tag| tag.contains(',')) {
        wrong.push(FieldProblem::new(
            "tags",
            "comma",
            "expected tags without comma",
        ));
    }
    if tags.len() > TAGS {
        let rule = format!("expected at most {TAGS} tags");
        wrong.push(FieldProblem::new("tags", "too_many", rule));
    }
    tags
}

/// `value` without white space around it; notes what is wrong with it.
fn text(field: &'static str, value: &str, most: usize, wrong: &mut Vec<FieldProblem>) -> String {
    let value = value.trim();
    if value.contains(char::is_control) {
        let rule = "expected text without control characters such as NUL and line breaks";
        wrong.push(FieldProblem::new(field, "control_character", rule));
    } else if value.is_empty() || value.chars().count() > most {
        let rule = format!("expected 1 to {most} characters");
        wrong.push(FieldProblem::new(field, "length", rule));
    }
    value.to_owned()
}

/// What can be told of a department.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepartmentInput {
    /// What it does.
    pub kind: DepartmentKind,
    /// What it is called, unique within the customer; default: its kind.
    #[serde(default)]
    pub name: Option<String>,
    /// Its share in the account's score, 0 or more, relative to the others; default 1.
    #[serde(default = "one")]
    pub weight: f64,
    /// Whether the account needs it satisfied; default true.
    #[serde(default = "yes")]
    pub required: bool,
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

/// A department that keeps the rules.
#[derive(Clone, Debug, PartialEq)]
pub struct DepartmentDraft {
    /// What it does.
    pub kind: DepartmentKind,
    /// What it is called.
    pub name: String,
    /// Its share in the account's score, 0 or more.
    pub weight: f64,
    /// Whether the account needs it satisfied.
    pub required: bool,
}

impl DepartmentInput {
    /// Tidies it and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(self) -> Result<DepartmentDraft, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        let name = match &self.name {
            Some(name) => text("name", name, NAME, &mut wrong),
            None => self.kind.word().to_owned(),
        };
        if !(self.weight.is_finite() && self.weight >= 0.0) {
            let rule = "expected a number, 0 or more";
            wrong.push(FieldProblem::new("weight", "negative", rule));
        }
        if wrong.is_empty() {
            Ok(DepartmentDraft {
                kind: self.kind,
                name,
                weight: self.weight,
                required: self.required,
            })
        } else {
            Err(wrong)
        }
    }
}

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

fn is_phone(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_digit() || " +-()./".contains(letter);
    text.len() <= PHONE
        && text.chars().all(allowed)
        && text.bytes().filter(u8::is_ascii_digit).count() >= 3
}

/// Whether it has the shape of a BCP 47 tag: a language of 2 to 8 letters, then subtags of 1 to 8
/// letters or digits. Whether they are registered is not asked.
fn is_language(text: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(name: &str) -> CustomerInput {
        CustomerInput {
            name: name.to_owned(),
            ..CustomerInput::default()
        }
    }

    fn codes<T: std::fmt::Debug>(outcome: Result<T, Vec<FieldProblem>>) -> Vec<&'static str> {
        let problems = outcome.unwrap_err();
        problems.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn what_is_told_is_tidied() {
        let id = |id: &str| ExternalId {
            system: " tms".into(),
            id: id.into(),
        };
        let draft = CustomerInput {
            country: Some("de ".into()),
            external_ids: vec![id("2"), id("1 "), id("2")],
            tags: vec![" vip".into(), "auto".into(), "vip".into()],
            ..customer("  Müller GmbH ")
        }
        .checked()
        .unwrap();
        assert_eq!(draft.input.name, "Müller GmbH");
        assert_eq!(draft.search_name, "muller gmbh");
        assert_eq!(draft.match_name, "muller");
        assert_eq!(draft.input.country.as_deref(), Some("DE"));
        assert_eq!(draft.input.tags, ["auto", "vip"]);
        let ids: Vec<_> = draft.input.external_ids.iter().map(|e| &e.id).collect();
        assert_eq!(ids, ["1", "2"]);
    }

    #[test]
    fn every_broken_rule_is_told() {
        assert_eq!(codes(customer(" ").checked()), ["length"]);
        assert_eq!(codes(customer("--").checked()), ["no_letters"]);
        assert_eq!(codes(customer("a\0b").checked()), ["control_character"]);
        assert!(customer(&"ü".repeat(300)).checked().is_ok());
        assert_eq!(codes(customer(&"ü".repeat(301)).checked()), ["length"]);
        let wrong = CustomerInput {
            country: Some("Germany".into()),
            external_ids: vec![ExternalId {
                system: "a:b".into(),
                id: String::new(),
            }],
            tags: vec!["a,b".into()],
            ..customer("Acme")
        };
        assert_eq!(
            codes(wrong.checked()),
            ["not_a_country", "length", "colon", "comma"]
        );
        let many = (0..51).map(|n| n.to_string()).collect();
        let wrong = CustomerInput {
            tags: many,
            ..customer("Acme")
        };
        assert_eq!(codes(wrong.checked()), ["too_many"]);
    }

    #[test]
    fn a_department_is_called_by_its_kind_unless_told_otherwise() {
        let department = |weight| DepartmentInput {
            kind: DepartmentKind::Quality,
            name: None,
            weight,
            required: true,
        };
        assert_eq!(department(0.0).checked().unwrap().name, "quality");
        for weight in [-0.1, f64::NAN, f64::INFINITY] {
            assert_eq!(codes(department(weight).checked()), ["negative"]);
        }
    }

    #[test]
    fn telephone_numbers_and_languages_are_told_from_other_text() {
        for good in ["110", "+86 (21) 1234-5678", "0711/12.34"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["", "12", "ext. 123", "１２３", "123\0"] {
            assert!(!is_phone(bad), "{bad}");
        }
        for good in ["en", "zh-Hans-CN", "de-CH-1996", "nds"] {
            assert!(is_language(good), "{good}");
        }
        for bad in ["", "e", "en_US", "english!", "en-", "-en", "zh--CN"] {
            assert!(!is_language(bad), "{bad}");
        }
    }
}
