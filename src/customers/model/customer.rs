//! What can be told of a customer.

use serde::{Deserialize, Deserializer, Serialize};

use super::{CustomerStatus, NAME, text};
use crate::ids::ExternalId;
use crate::problem::FieldProblem;
use crate::text::{match_name, normalise_name};

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
