//! What can be told of a promise, and the rules it must keep.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::measure::{MEASURED, levels};
use crate::complaints::model::{own_key, prose};
use crate::engagement::model::{RecordKey, day, one_of, tidy_key};
use crate::ids::ExternalId;
use crate::problem::FieldProblem;
use crate::satisfaction::Kpi;

/// The largest weight.
const HEAVIEST: f64 = 100.0;

crate::word_enum! {
    /// Where a promise stands.
    PromiseStatus {
        /// It is not decided.
        Open = "open",
        /// It was kept.
        Kept = "kept",
        /// It was broken.
        Broken = "broken",
        /// Another one took its place before it was due.
        Renewed = "renewed",
        /// It does not count, for a reason.
        Withdrawn = "withdrawn",
    }
}

crate::word_enum! {
    /// What a person decides.
    Outcome {
        /// It was kept.
        Kept = "kept",
        /// It was broken.
        Broken = "broken",
        /// It does not count.
        Withdrawn = "withdrawn",
    }
}

/// What can be told of a promise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromiseInput {
    /// Key in the sender's system; one of ours is made if it is not told.
    #[serde(default = "own_key")]
    pub external_id: ExternalId,
    /// To whom.
    pub customer: RecordKey,
    /// To which of the customer's departments.
    #[serde(default)]
    pub department_id: Option<i64>,
    /// To which person.
    #[serde(default)]
    pub contact_id: Option<i64>,
    /// Measured on the link with this partner only.
    #[serde(default)]
    pub partner: Option<RecordKey>,
    /// Which of our own people promised.
    #[serde(default)]
    pub made_by: Option<i64>,
    /// What was promised, up to 20,000 characters.
    pub text: String,
    /// What it is measured by: `otif`, `damage_rate`, `invoice_accuracy`, `lead_time_variation` or
    /// `claims_per_100`; if absent a person decides.
    #[serde(default)]
    pub kpi: Option<Kpi>,
    /// What is to be reached, in the KPI's unit; needed with `kpi`.
    #[serde(default)]
    pub level: Option<f64>,
    /// When it was made; today if absent.
    #[serde(default)]
    pub made_on: Option<NaiveDate>,
    /// First day measured; the day it was made if absent.
    #[serde(default)]
    pub from_on: Option<NaiveDate>,
    /// Last day measured, or the day it is due.
    pub due_on: NaiveDate,
    /// How much it counts, 0 (nothing) to 100.
    #[serde(default = "one")]
    pub weight: f64,
    /// Whether it was kept, for one that was decided elsewhere before it came here.
    #[serde(default)]
    pub kept: Option<bool>,
}

fn one() -> f64 {
    1.0
}

impl PromiseInput {
    /// Tidies it and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        tidy_key(&mut self.external_id, &mut wrong);
        one_of("customer", &mut self.customer, &mut wrong);
        if let Some(partner) = &mut self.partner {
            one_of("partner", partner, &mut wrong);
        }
        match prose("text", &self.text) {
            Ok(text) => self.text = text,
            Err(more) => wrong.extend(more),
        }
        measurable(self.kpi, self.level, &mut wrong);
        day("made_on", self.made_on, &mut wrong);
        day("from_on", self.from_on, &mut wrong);
        day("due_on", Some(self.due_on), &mut wrong);
        heavy(self.weight, &mut wrong);
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

/// Notes a KPI that no shipment tells, or a level that it cannot have.
fn measurable(kpi: Option<Kpi>, level: Option<f64>, wrong: &mut Vec<FieldProblem>) {
    let (kpi, level) = match (kpi, level) {
        (None, None) => return,
        (Some(kpi), Some(level)) => (kpi, level),
        _ => {
            let rule = "expected kpi and level together, or neither";
            wrong.push(FieldProblem::new("level", "together", rule));
            return;
        }
    };
    if !MEASURED.contains(&kpi) {
        let words: Vec<&str> = MEASURED.iter().map(|kpi| kpi.word()).collect();
        let rule = format!("expected one that shipments tell: {}", words.join(", "));
        wrong.push(FieldProblem::new("kpi", "not_measured", rule));
    } else if !levels(kpi).contains(&level) {
        let range = levels(kpi);
        let rule = format!(
            "expected a number from {} to {}",
            range.start(),
            range.end()
        );
        wrong.push(FieldProblem::new("level", "out_of_range", rule));
    }
}

fn heavy(weight: f64, wrong: &mut Vec<FieldProblem>) {
    if !(0.0..=HEAVIEST).contains(&weight) {
        let rule = format!("expected a number from 0 to {HEAVIEST}");
        wrong.push(FieldProblem::new("weight", "out_of_range", rule));
    }
}

/// The next promise after one.
#[derive(Clone, Debug, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// Last day measured, or the day it is due.
    pub due_on: NaiveDate,
    /// First day measured; if absent today, or the day after the one before was due if that is later
    /// and it was decided.
    #[serde(default)]
    pub from_on: Option<NaiveDate>,
    /// What is promised now; the same if absent.
    #[serde(default)]
    pub text: Option<String>,
    /// What is to be reached now; the same if absent.
    #[serde(default)]
    pub level: Option<f64>,
    /// How much it counts; the same if absent.
    #[serde(default)]
    pub weight: Option<f64>,
}

/// A person's decision.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What became of it.
    pub outcome: Outcome,
    /// Why; kept.
    pub reason: String,
}

impl Decision {
    /// The reason, tidied.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn reason(&self) -> Result<String, Vec<FieldProblem>> {
        prose("reason", &self.reason)
    }
}
