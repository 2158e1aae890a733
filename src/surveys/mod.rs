//! Surveys: what is asked, of whom, what they answered, and what the answers come to.
//!
//! ```text
//! template ─> survey ─> invite ─> invitation ──┬─ page, interviewer, file ─> record ─> answers
//!                       (who may be asked)     └─ mail, reminders
//! answers ─> results, coverage (pure)      answers ─> store::voices ─> scores of satisfaction
//! ```
//!
//! A survey's questions are frozen when it opens. An invitation is one person asked once; it keeps
//! the department that the person was in. [`record()`] is the only way in for answers.

pub mod coverage;
pub mod edit;
pub mod enter;
pub mod error;
pub mod file;
pub mod http;
pub mod invite;
pub mod mail;
pub mod model;
pub mod page;
pub mod record;
pub mod reminders;
pub mod results;
pub mod store;
pub mod subject;

pub use error::{AnswerFault, AnswerProblem, SurveyError};
pub use record::{GivenAnswer, Recorded, questions_for, record};
