//! What can be told of plays and their templates, and the rules each must keep.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::complaints::model::{LARGEST_CLAIM, cause_code, tidy_prose};
use crate::engagement::model::{RecordKey, day, one_of, text};
use crate::i18n::Language;
use crate::problem::FieldProblem;

/// Characters of a title or of the name of a template at most.
pub const TITLE: usize = 300;
/// Characters of a step at most.
pub const STEP: usize = 500;
/// Steps of a play or of a template at most.
pub const STEPS: usize = 50;
/// Days by which a play may be back-dated when it begins: one that is told of later, when some of its
/// outcome can be seen, would be told of for that outcome.
pub const BACKDATED: u64 = 7;
/// Days after the start that a step may be due at most.
pub const AFTER_DAYS: u32 = 730;

crate::word_enum! {
    /// Where a play stands.
    PlayStatus {
        /// Not begun yet.
        Planned = "planned",
        /// Begun: a step is done, or somebody said so.
        Running = "running",
        /// All steps are done, or somebody said that it is.
        Done = "done",
        /// Given up.
        Cancelled = "cancelled",
    }
}

crate::word_enum! {
    /// What came of a play.
    PlayOutcome {
        /// The customer stayed.
        Kept = "kept",
        /// The customer left.
        Lost = "lost",
        /// It cannot be told yet.
        TooEarly = "too_early",
    }
}

crate::word_enum! {
    /// Who told what came of a play.
    OutcomeBy {
        /// One of our own people.
        Person = "person",
        /// The customer's shipments.
        Record = "record",
    }
}

/// A step of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlayTemplateStep)]
pub struct TemplateStep {
    /// What is to be done, in English, up to 500 characters.
    pub en: String,
    /// What is to be done, in Chinese, up to 500 characters.
    pub zh: String,
    /// Days after the start of a play until when, 0 to 730.
    pub after_days: u32,
}

impl TemplateStep {
    /// What is to be done, in this language.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}

/// What can be told of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlayTemplateInput)]
pub struct TemplateInput {
    /// What it is called in the API: 1 to 60 of `a-z`, `0-9`, `_` and `-`. It stays.
    pub code: String,
    /// Its name in English.
    pub name_en: String,
    /// Its name in Chinese.
    pub name_zh: String,
    /// What is to be done: 1 to 50 steps.
    pub steps: Vec<TemplateStep>,
    /// What a play of it usually costs, minor units; `null`: not known.
    #[serde(default)]
    pub cost: Option<i64>,
    /// Whether new plays may be made of it.
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

impl TemplateInput {
    /// Tidies it and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        wrong.extend(cause_code(&self.code).err());
        for (field, name) in [
            ("name_en", &mut self.name_en),
            ("name_zh", &mut self.name_zh),
        ] {
            *name = name.trim().to_owned();
            text(field, name, TITLE, &mut wrong);
        }
        if !(1..=STEPS).contains(&self.steps.len()) {
            let rule = format!("expected 1 to {STEPS} steps");
            wrong.push(FieldProblem::new("steps", "length", rule));
        }
        for step in &mut self.steps {
            for told in [&mut step.en, &mut step.zh] {
                *told = told.trim().to_owned();
                text("steps", told, STEP, &mut wrong);
            }
            if step.after_days > AFTER_DAYS {
                let rule = format!("expected 0 to {AFTER_DAYS} days after the start");
                wrong.push(FieldProblem::new("steps", "out_of_range", rule));
            }
        }
        cost(self.cost, &mut wrong);
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

/// A play to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayInput {
    /// Whom it is to keep.
    pub customer: RecordKey,
    /// Code of its template, whose steps it takes over.
    pub template: String,
    /// The alert that it answers, one of this customer's.
    #[serde(default)]
    pub alert_id: Option<i64>,
    /// Who of our own people does it; its steps are in that person's language, else in English.
    #[serde(default)]
    pub owner_id: Option<i64>,
    /// When it is to begin; today if it is not told.
    #[serde(default)]
    pub starts_on: Option<NaiveDate>,
    /// What it costs, minor units; what the template says if it is not told.
    #[serde(default)]
    pub cost: Option<i64>,
    /// What it is called, up to 300 characters; as the template if it is not told.
    #[serde(default)]
    pub title: Option<String>,
    /// For those who read it, up to 20,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

impl PlayInput {
    /// Tidies it and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        one_of("customer", &mut self.customer, &mut wrong);
        day("starts_on", self.starts_on, &mut wrong);
        cost(self.cost, &mut wrong);
        if let Some(title) = &mut self.title {
            *title = title.trim().to_owned();
            text("title", title, TITLE, &mut wrong);
        }
        tidy_prose("note", &mut self.note, &mut wrong);
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

/// What can be changed of a play that stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayChange {
    /// Who of our own people does it.
    #[serde(default)]
    pub owner_id: Option<i64>,
    /// Until when, not before it starts.
    pub due_on: NaiveDate,
    /// What it costs, minor units; `null`: not known.
    #[serde(default)]
    pub cost: Option<i64>,
    /// What it is called, up to 300 characters.
    pub title: String,
    /// For those who read it, up to 20,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

impl PlayChange {
    /// Tidies it and checks it, against the day on which the play starts.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self, starts_on: NaiveDate) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        due("due_on", self.due_on, starts_on, &mut wrong);
        cost(self.cost, &mut wrong);
        self.title = self.title.trim().into();
        text("title", &self.title, TITLE, &mut wrong);
        tidy_prose("note", &mut self.note, &mut wrong);
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

/// A step of a play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlayStepInput)]
pub struct StepInput {
    /// What is to be done, up to 500 characters.
    pub text: String,
    /// Until when, not before the play starts.
    pub due_on: NaiveDate,
}

impl StepInput {
    /// Tidies it and checks it, against the day on which the play starts.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self, starts_on: NaiveDate) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        self.text = self.text.trim().into();
        text("text", &self.text, STEP, &mut wrong);
        due("due_on", self.due_on, starts_on, &mut wrong);
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

/// What a person says came of a play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlayVerdict)]
pub struct Verdict {
    /// What came of it. `too_early` leaves it to the record.
    pub outcome: PlayOutcome,
    /// How that is known, up to 20,000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// The day of a deed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlayDay)]
pub struct OnDay {
    /// When it happened, not in the future; today if it is not told.
    #[serde(default)]
    pub on: Option<NaiveDate>,
}

fn cost(amount: Option<i64>, wrong: &mut Vec<FieldProblem>) {
    if amount.is_some_and(|amount| !(0..=LARGEST_CLAIM).contains(&amount)) {
        let rule = format!("expected a whole number from 0 to {LARGEST_CLAIM}");
        wrong.push(FieldProblem::new("cost", "out_of_range", rule));
    }
}

fn due(
    field: &'static str,
    due_on: NaiveDate,
    starts_on: NaiveDate,
    wrong: &mut Vec<FieldProblem>,
) {
    day(field, Some(due_on), wrong);
    if due_on < starts_on {
        let rule = format!("expected no earlier than {starts_on}, when the play starts");
        wrong.push(FieldProblem::new(field, "out_of_order", rule));
    }
}
