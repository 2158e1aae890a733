//! Why answers were not taken.

use std::fmt;

use crate::db::{DbError, UtcTime};
use crate::error::{Error, ProblemPart};

/// Why answers were not taken. Nothing of them was stored.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// The survey has not been opened yet.
    #[error("the survey is not open yet")]
    NotOpen,
    /// They came too late.
    #[error("the survey could be answered until {}", .until.0.to_rfc3339())]
    Closed {
        /// Until when they would have been taken.
        until: UtcTime,
    },
    /// The invitation was revoked.
    #[error("the invitation was revoked")]
    Revoked,
    /// A newer answer stands.
    #[error("it was answered at {} already, which is later", .at.0.to_rfc3339())]
    Older {
        /// When.
        at: UtcTime,
    },
    /// No question would have an answer.
    #[error("no question is answered")]
    Empty,
    /// Answers break rules.
    #[error("{}", describe(.0))]
    Wrong(Vec<AnswerProblem>),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What is wrong with the answer to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerProblem {
    /// The question's code, as it was given.
    pub question: String,
    /// What is wrong.
    pub fault: AnswerFault,
}

/// What can be wrong with an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerFault {
    /// The survey has no such question, or does not put it to this department.
    Unknown,
    /// The question is answered twice.
    Twice,
    /// The question must be answered.
    Required,
    /// No whole number on the question's scale.
    OffScale {
        /// Lowest answer.
        lo: f64,
        /// Highest answer.
        hi: f64,
    },
    /// Words where a number is asked for.
    NotANumber,
    /// A number where words are asked for.
    NotWords,
    /// A text with NUL, which no database keeps.
    Nul,
    /// A text that is too long.
    TooLong {
        /// Characters at most.
        most: usize,
    },
}

impl AnswerFault {
    /// Stable word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Twice => "twice",
            Self::Required => "required",
            Self::OffScale { .. } => "off_scale",
            Self::NotANumber => "not_a_number",
            Self::NotWords => "not_words",
            Self::Nul => "control_character",
            Self::TooLong { .. } => "length",
        }
    }
}

impl fmt::Display for AnswerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("expected a question that this invitation asks"),
            Self::Twice => f.write_str("expected one answer"),
            Self::Required => f.write_str("expected an answer"),
            Self::OffScale { lo, hi } => write!(f, "expected a whole number from {lo} to {hi}"),
            Self::NotANumber => f.write_str("expected a number, no text"),
            Self::NotWords => f.write_str("expected a text, no number"),
            Self::Nul => f.write_str("expected text without NUL"),
            Self::TooLong { most } => write!(f, "expected at most {most} characters"),
        }
    }
}

impl fmt::Display for AnswerProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.question, self.fault)
    }
}

fn describe(problems: &[AnswerProblem]) -> String {
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

impl From<SurveyError> for Error {
    fn from(error: SurveyError) -> Self {
        let detail = error.to_string();
        let refuse = |code| Self::Conflict {
            code,
            detail: detail.clone(),
        };
        match error {
            SurveyError::NotOpen => refuse("survey_not_open"),
            SurveyError::Closed { .. } => refuse("survey_closed"),
            SurveyError::Revoked => refuse("invitation_revoked"),
            SurveyError::Older { .. } => refuse("newer_answer"),
            SurveyError::Empty => Self::Unprocessable {
                code: "no_answer",
                detail,
                errors: Vec::new(),
            },
            SurveyError::Wrong(problems) => Self::Unprocessable {
                code: "bad_answers",
                detail,
                errors: problems.iter().map(part).collect(),
            },
            SurveyError::Db(error) => error.into(),
        }
    }
}

fn part(problem: &AnswerProblem) -> ProblemPart {
    ProblemPart {
        pointer: format!("/answers/{}", problem.question),
        code: problem.fault.code().to_owned(),
        detail: problem.fault.to_string(),
    }
}
