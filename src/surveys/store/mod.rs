//! Surveys in the database.

pub mod answers;
pub mod figures;
pub mod invitations;
pub mod people;
pub mod surveys;
pub mod templates;
pub mod voices;

pub use answers::{AnswerRow, answered, answers_of, put_answers};
pub use invitations::{InvitationRow, invitation, invitations_where, locked_invitation};
pub use voices::{Voice, voices};

use crate::db::{DbError, DbResult};
use crate::surveys::model::Question;

/// The value of a stored word.
fn word<T>(what: &'static str, parse: fn(&str) -> Option<T>, word: &str) -> DbResult<T> {
    parse(word).ok_or_else(|| DbError::corrupt(what, word))
}

/// The questions that a stored text holds.
fn questions(text: &str) -> DbResult<Vec<Question>> {
    serde_json::from_str(text).map_err(|error| DbError::corrupt("surveys.questions", error))
}

fn questions_text(questions: &[Question]) -> DbResult<String> {
    serde_json::to_string(questions).map_err(|error| DbError::corrupt("surveys.questions", error))
}
