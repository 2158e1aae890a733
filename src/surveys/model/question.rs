//! Questions: how they are answered, whom they are put to, and what they are about.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::customers::model::DepartmentKind;
use crate::problem::FieldProblem;
use crate::satisfaction::answers::Scale;

/// Questions of a survey at most.
pub const MOST: usize = 40;
/// Characters of a question's code at most.
const CODE: usize = 40;
/// Characters of a question's text at most.
const TEXT: usize = 500;

crate::word_enum! {
    /// How a question is answered.
    QuestionScale {
        /// Satisfaction, 1 to 5.
        Csat5 = "csat5",
        /// Satisfaction, 1 to 7.
        Csat7 = "csat7",
        /// Likelihood to recommend, 0 to 10.
        Nps = "nps",
        /// "It was easy", 1 to 7; 7 is good.
        Ces7 = "ces7",
        /// Logistics service quality item, 1 to 5.
        Lsq5 = "lsq5",
        /// Logistics service quality item, 1 to 7.
        Lsq7 = "lsq7",
        /// In words.
        Text = "text",
    }
}

impl QuestionScale {
    /// The scale of numbers; `None` for words.
    pub fn numbers(self) -> Option<Scale> {
        Scale::parse(self.word())
    }
}

crate::word_enum! {
    /// What a question is about: the nine dimensions of logistics service quality (Mentzer, Flint
    /// and Hult 2001), the whole, and what belongs to money.
    Dimension {
        /// The whole.
        Overall = "overall",
        /// Our people are knowledgeable and helpful.
        PersonnelContactQuality = "personnel_contact_quality",
        /// The quantities wanted can be had.
        OrderReleaseQuantities = "order_release_quantities",
        /// What we tell is right and complete.
        InformationQuality = "information_quality",
        /// Ordering is simple and works.
        OrderingProcedures = "ordering_procedures",
        /// What arrives is what was ordered.
        OrderAccuracy = "order_accuracy",
        /// It arrives undamaged.
        OrderCondition = "order_condition",
        /// It meets the requirements.
        OrderQuality = "order_quality",
        /// What is wrong is put right.
        OrderDiscrepancyHandling = "order_discrepancy_handling",
        /// It arrives when promised.
        Timeliness = "timeliness",
        /// Invoices are right.
        InvoiceAccuracy = "invoice_accuracy",
        /// Claims are settled well.
        Claims = "claims",
        /// What it costs beside what it is worth.
        Cost = "cost",
    }
}

/// A text in each language of the answer page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// One question of a survey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name in answers and files: 1 to 40 of `a-z`, `0-9` and `_`, unique in the survey.
    pub code: String,
    /// How it is answered.
    pub scale: QuestionScale,
    /// Whether a high answer is bad; default false.
    #[serde(default)]
    pub reversed: bool,
    /// What it is about; default: nothing that scores know.
    #[serde(default)]
    pub dimension: Option<Dimension>,
    /// The departments that are asked, by kind, which own the answers too; default: all. Somebody in
    /// no department is asked everything.
    #[serde(default)]
    pub departments: Vec<DepartmentKind>,
    /// Whether there is no answer without an answer to it; default false.
    #[serde(default)]
    pub required: bool,
    /// What is asked, 1 to 500 characters in each language.
    pub text: Wording,
}

impl Question {
    /// Whether it is put to a department of this kind; `None`: to somebody in no department.
    pub fn asks(&self, kind: Option<DepartmentKind>) -> bool {
        // Nobody knows what somebody in no department does: the person may.
        self.departments.is_empty() || kind.is_none_or(|kind| self.departments.contains(&kind))
    }
}

/// Tidies questions and checks them.
///
/// # Errors
///
/// Every rule that they break; the rule names the question by its place, from 1.
pub fn check_questions(mut questions: Vec<Question>) -> Result<Vec<Question>, Vec<FieldProblem>> {
    let mut wrong = Vec::new();
    if questions.is_empty() || questions.len() > MOST {
        let rule = format!("expected 1 to {MOST} questions");
        wrong.push(FieldProblem::new("questions", "length", rule));
    }
    let mut codes = BTreeSet::new();
    for (place, question) in (1..).zip(&mut questions) {
        let mut note = |code, rule: &str| {
            let rule = format!("question {place}: {rule}");
            wrong.push(FieldProblem::new("questions", code, rule));
        };
        question.code = question.code.trim().to_owned();
        if !is_code(&question.code) {
            note("code", "expected a code of 1 to 40 of a-z, 0-9 and _");
        } else if RESERVED.contains(&question.code.as_str()) {
            note(
                "code",
                "this code is a column of files of answers; expected another",
            );
        } else if !codes.insert(question.code.clone()) {
            note("code_twice", "another question has this code");
        }
        if question.reversed && question.scale == QuestionScale::Text {
            note("reversed", "words have no direction; expected false");
        }
        question.departments.sort_unstable();
        question.departments.dedup();
        for (language, text) in [("en", &mut question.text.en), ("zh", &mut question.text.zh)] {
            *text = text.trim().to_owned();
            if text.contains(char::is_control) {
                note(
                    "control_character",
                    &format!("{language}: expected text without control characters"),
                );
            } else if text.is_empty() || text.chars().count() > TEXT {
                note(
                    "text",
                    &format!("{language}: expected 1 to {TEXT} characters"),
                );
            }
        }
    }
    if wrong.is_empty() {
        Ok(questions)
    } else {
        Err(wrong)
    }
}

/// Columns of files of answers that are no questions.
const RESERVED: &[&str] = &["answered_at", "confidence", "side"];

fn is_code(code: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=CODE).contains(&code.len()) && code.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(code: &str) -> Question {
        Question {
            code: code.to_owned(),
            scale: QuestionScale::Csat5,
            reversed: false,
            dimension: None,
            departments: Vec::new(),
            required: false,
            text: Wording {
                en: "How was it?".to_owned(),
                zh: "怎么样？".to_owned(),
            },
        }
    }

    fn refused(questions: Vec<Question>) -> Vec<(&'static str, String)> {
        let wrong = check_questions(questions).unwrap_err();
        assert!(wrong.iter().all(|one| one.field == "questions"));
        wrong.into_iter().map(|one| (one.code, one.rule)).collect()
    }

    #[test]
    fn sound_questions_are_tidied() {
        let mut given = question(" overall ");
        given.text.en = "  How was it? ".to_owned();
        given.departments = vec![
            DepartmentKind::Quality,
            DepartmentKind::Warehouse,
            DepartmentKind::Quality,
        ];
        let mut expected = question("overall");
        expected.departments = vec![DepartmentKind::Warehouse, DepartmentKind::Quality];
        assert_eq!(check_questions(vec![given]), Ok(vec![expected]));
        let forty = (0..40).map(|at| question(&format!("q{at}"))).collect();
        assert!(check_questions(forty).is_ok());
    }

    #[test]
    fn what_breaks_a_rule_is_named_by_its_place() {
        assert_eq!(refused(Vec::new())[0].0, "length");
        let too_many = (0..41).map(|at| question(&format!("q{at}"))).collect();
        assert_eq!(refused(too_many)[0].0, "length");
        for bad in [
            "",
            "Überall",
            "A",
            "a-b",
            "a b",
            &"x".repeat(41),
            "confidence",
        ] {
            let wrong = refused(vec![question("fine"), question(bad)]);
            assert_eq!((wrong.len(), wrong[0].0), (1, "code"), "{bad}");
            assert!(wrong[0].1.starts_with("question 2: "), "{wrong:?}");
        }
        assert_eq!(
            refused(vec![question("a"), question("a")])[0].0,
            "code_twice"
        );

        let mut words = question("a");
        (words.scale, words.reversed) = (QuestionScale::Text, true);
        assert_eq!(refused(vec![words])[0].0, "reversed");

        let mut silent = question("a");
        silent.text.zh = " ".to_owned();
        assert!(refused(vec![silent])[0].1.contains("zh:"));
        let mut long = question("a");
        long.text.en = "字".repeat(501);
        assert_eq!(refused(vec![long])[0].0, "text");
        let mut broken = question("a");
        broken.text.en = "a\u{0}b".to_owned();
        assert_eq!(refused(vec![broken])[0].0, "control_character");
    }

    #[test]
    fn a_question_is_put_to_its_departments_and_to_whoever_is_in_none() {
        let mut one = question("a");
        assert!(one.asks(None) && one.asks(Some(DepartmentKind::Sales)));
        one.departments = vec![DepartmentKind::Finance];
        assert!(one.asks(Some(DepartmentKind::Finance)));
        assert!(one.asks(None) && !one.asks(Some(DepartmentKind::Sales)));
    }

    #[test]
    fn every_scale_of_numbers_can_be_asked() {
        for scale in Scale::ALL {
            let asked = QuestionScale::parse(scale.word()).unwrap();
            assert_eq!(asked.numbers(), Some(*scale));
        }
        assert_eq!(QuestionScale::Text.numbers(), None);
        assert_eq!(QuestionScale::ALL.len(), Scale::ALL.len() + 1);
    }

    #[test]
    fn stored_questions_may_leave_out_what_is_usual() {
        let text = r#"{"code":"a","scale":"nps","text":{"en":"x","zh":"y"}}"#;
        let read: Question = serde_json::from_str(text).unwrap();
        assert_eq!(
            (read.required, read.dimension, read.departments.len()),
            (false, None, 0)
        );
    }
}
