//! Back-tests: what the models would have said at past dates, beside what came to pass.
//!
//! ```text
//! Range ─> dates ──┬─> assessment, as known then ─> Said ──┐
//!                  ├─> Lessons: strengths learnt by then ──┤
//! shipments ─> Trail ─> outcomes, baselines ───────────────┴─> Cases ─> figures ─> verdicts
//! ```
//!
//! A date's predictions see days before it alone; its horizon begins with the date itself. What
//! comes after the last horizon changes nothing. [`store`] reads and keeps, [`run`] is the operation,
//! [`page`] and [`csv`] show; the rest is arithmetic.

pub mod cases;
pub mod csv;
pub mod http;
pub mod learn;
pub mod page;
mod plots;
pub mod range;
pub mod result;
pub mod run;
pub mod said;
pub mod score;
pub mod season;
pub mod store;
mod svg;
pub mod trail;
pub mod verdict;
pub mod words;

use crate::assessment::AssessmentError;
use crate::cascade::calibrate::CalibrationError;
use crate::churn::ChurnError;
use crate::db::DbError;
use crate::evaluation::EvaluationError;
use crate::i18n::TextError;

pub use range::{Range, RangeError, Step};
pub use result::BacktestResult;

/// Why a back-test failed.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The range cannot be back-tested.
    #[error(transparent)]
    Range(#[from] RangeError),
    /// The models refused their input.
    #[error(transparent)]
    Assessment(#[from] AssessmentError),
    /// Own churn, where strength is learnt.
    #[error("own churn: {0}")]
    Churn(#[from] ChurnError),
    /// The learning of strength.
    #[error("strength: {0}")]
    Calibration(#[from] CalibrationError),
    /// The figures.
    #[error("figures: {0}")]
    Evaluation(#[from] EvaluationError),
    /// A text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A result that cannot be written or read.
    #[error("result: {0}")]
    Json(#[from] serde_json::Error),
    /// A result that cannot be written as CSV.
    #[error("result: {0}")]
    Csv(String),
    /// The page's template.
    #[error("the page's template failed: {0}")]
    Template(#[from] askama::Error),
}
