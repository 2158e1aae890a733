//! What can be told of templates and surveys.

use chrono::{DateTime, Datelike as _, Utc};
use serde::{Deserialize, Serialize};

use super::{About, Question, check_questions};
use crate::customers::model::text;
use crate::problem::FieldProblem;

/// Characters of a name at most.
const NAME: usize = 300;
/// Days between two mails, and how many reminders there may be.
const REMINDER_DAYS: std::ops::RangeInclusive<i64> = 1..=365;
const REMINDERS: std::ops::RangeInclusive<i64> = 0..=10;
/// Last year that a survey may close in; later ones are slips of the pen.
const LAST_YEAR: i32 = 2199;

/// What can be told of a template: questions to make surveys of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateInput {
    /// Its name, 1 to 300 characters, unique.
    pub name: String,
    /// 1 to 40 questions, in the order in which they are asked.
    pub questions: Vec<Question>,
}

impl TemplateInput {
    /// Tidies it and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        let name = text("name", &self.name, NAME, &mut wrong);
        match check_questions(self.questions) {
            Ok(questions) if wrong.is_empty() => Ok(Self { name, questions }),
            Ok(_) => Err(wrong),
            Err(more) => {
                wrong.extend(more);
                Err(wrong)
            }
        }
    }
}

/// What can be told of a survey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyInput {
    /// Its name, 1 to 300 characters; those who are asked do not see it.
    pub name: String,
    /// The template whose questions it asks; either this or `questions`.
    #[serde(default)]
    pub template_id: Option<i64>,
    /// Questions of its own, 1 to 40; either these or `template_id`.
    #[serde(default)]
    pub questions: Option<Vec<Question>>,
    /// What it asks about; default `experience`.
    #[serde(default = "experience")]
    pub about: About,
    /// Until when it can be answered; in the future.
    pub closes_at: DateTime<Utc>,
    /// Days between two mails to somebody who has not answered, 1 to 365; default 7.
    #[serde(default = "a_week")]
    pub reminder_days: i64,
    /// Reminders at most, 0 to 10; default 2.
    #[serde(default = "two")]
    pub reminders: i64,
    /// The team whose survey it is; default: of no team, seen by all.
    #[serde(default)]
    pub team_id: Option<i64>,
}

fn experience() -> About {
    About::Experience
}

fn a_week() -> i64 {
    7
}

fn two() -> i64 {
    2
}

impl SurveyInput {
    /// Tidies it and checks it; whether it closes in the future is for the clock to say.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        self.name = text("name", &self.name, NAME, &mut wrong);
        if self.template_id.is_some() == self.questions.is_some() {
            let rule = "expected either template_id or questions; the other null or absent";
            wrong.push(FieldProblem::new("questions", "either", rule));
        }
        if let Some(questions) = self.questions.take() {
            match check_questions(questions) {
                Ok(questions) => self.questions = Some(questions),
                Err(more) => wrong.extend(more),
            }
        }
        let ranges = [
            ("reminder_days", self.reminder_days, REMINDER_DAYS),
            ("reminders", self.reminders, REMINDERS),
        ];
        for (field, value, range) in ranges {
            if !range.contains(&value) {
                let rule = format!("expected {} to {}", range.start(), range.end());
                wrong.push(FieldProblem::new(field, "out_of_range", rule));
            }
        }
        if self.closes_at.year() > LAST_YEAR {
            let rule = format!("expected a time before the end of {LAST_YEAR}");
            wrong.push(FieldProblem::new("closes_at", "out_of_range", rule));
        }
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surveys::model::{QuestionScale, Wording};

    fn input() -> SurveyInput {
        serde_json::from_str(
            r#"{"name": " Spring ", "template_id": 1, "closes_at": "2026-05-01T00:00:00Z"}"#,
        )
        .unwrap()
    }

    fn codes(input: SurveyInput) -> Vec<(&'static str, &'static str)> {
        let wrong = input.checked().unwrap_err();
        wrong.into_iter().map(|one| (one.field, one.code)).collect()
    }

    #[test]
    fn what_is_not_told_has_its_usual_value() {
        let read = input().checked().unwrap();
        assert_eq!(
            (read.name.as_str(), read.about),
            ("Spring", About::Experience)
        );
        assert_eq!(
            (read.reminder_days, read.reminders, read.team_id),
            (7, 2, None)
        );
    }

    #[test]
    fn every_broken_rule_is_told() {
        let mut both = input();
        both.questions = Some(vec![Question {
            code: "a".to_owned(),
            scale: QuestionScale::Nps,
            reversed: false,
            dimension: None,
            departments: Vec::new(),
            required: false,
            text: Wording {
                en: "x".to_owned(),
                zh: "y".to_owned(),
            },
        }]);
        assert_eq!(codes(both.clone()), [("questions", "either")]);
        both.template_id = None;
        assert!(both.checked().is_ok());
        let neither = SurveyInput {
            template_id: None,
            ..input()
        };
        assert_eq!(codes(neither), [("questions", "either")]);

        let wrong = SurveyInput {
            name: String::new(),
            reminder_days: 0,
            reminders: 11,
            closes_at: "2200-01-01T00:00:00Z".parse().unwrap(),
            ..input()
        };
        assert_eq!(
            codes(wrong),
            [
                ("name", "length"),
                ("reminder_days", "out_of_range"),
                ("reminders", "out_of_range"),
                ("closes_at", "out_of_range"),
            ]
        );
        let nameless = TemplateInput {
            name: " ".to_owned(),
            questions: Vec::new(),
        };
        let wrong = nameless.checked().unwrap_err();
        assert_eq!(
            wrong.iter().map(|one| one.field).collect::<Vec<_>>(),
            ["name", "questions"]
        );
    }
}
