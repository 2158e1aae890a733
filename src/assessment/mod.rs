//! Assessment: one run at an as-of date computes every score and keeps it for good.
//!
//! ```text
//! store::read ─> Inputs ─┬─ risk::assess    own churn → cascade   ─┐
//!  (one snapshot)        └─ scores::assess  departments → links   ─┴─> store::write ─> alerts
//! ```
//!
//! [`inputs`], [`risk`] and [`scores`] are pure: the same inputs give the same run, for any date of
//! the past too. What was known before the as-of date counts, nothing later.

pub mod fits;
pub mod http;
pub mod inputs;
pub mod kpis;
pub mod model;
pub mod own;
pub mod read;
pub mod risk;
pub mod run;
pub mod scores;
pub mod store;

use crate::cascade::CascadeError;
use crate::churn::ChurnError;
use crate::db::DbError;
use crate::relationship::RelationshipError;
use crate::satisfaction::SatisfactionError;
use crate::sentiment::SentimentError;

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum AssessmentError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Own churn.
    #[error("own churn: {0}")]
    Churn(#[from] ChurnError),
    /// The cascade.
    #[error("cascade: {0}")]
    Cascade(#[from] CascadeError),
    /// Satisfaction.
    #[error("satisfaction: {0}")]
    Satisfaction(#[from] SatisfactionError),
    /// How complaints were handled.
    #[error("complaints: {0}")]
    Relationship(#[from] RelationshipError),
    /// What was read out of words.
    #[error("sentiment: {0}")]
    Sentiment(#[from] SentimentError),
    /// A customer without a shipping day came among the inputs.
    #[error("a customer without a shipping day cannot be assessed")]
    NoDays,
    /// The as-of date cannot be used.
    #[error("as-of {as_of}: {rule}")]
    AsOf {
        /// What was asked for.
        as_of: chrono::NaiveDate,
        /// What is allowed.
        rule: String,
    },
    /// Alerts could not be raised.
    #[error("alerts: {0}")]
    Alerts(String),
}
