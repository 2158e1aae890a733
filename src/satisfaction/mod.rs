//! Satisfaction: answers and facts, to departments, to the account, to the link between two accounts.
//!
//! ```text
//! answers ──> answers::pool ─────┐
//!                                ├─> department::score ──> account::score ──> link::score
//! counts ──> kpi::desirability ──┘      (formula 5)          (6), (7), gate     both parties
//! ```
//!
//! [`green`] tells what would turn an account green, [`changes`] why its score is another than before.
//!
//! Scores lie in `[0, 1]` here and are shown times 100. Every score carries a variance, because a
//! single answer is not knowledge. Everything is pure.
//!
//! Numbers that are called a default are design choices or customary values; no data has confirmed
//! them, and a contract's own targets come before them.

pub mod account;
pub mod answers;
pub mod changes;
pub mod department;
mod error;
pub mod green;
pub mod indices;
pub mod kpi;
pub mod link;

pub use account::{Account, Gate, Member, Power};
pub use department::{Department, DepartmentSettings};
pub use error::SatisfactionError;
pub use kpi::{Kpi, Target};

/// Two-sided 90 % interval: the 95 % quantile of the standard normal distribution.
pub const Z90: f64 = 1.644_853_626_951_472_2;

/// Distribution function of the standard normal.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    0.5 * statrs::function::erf::erfc(-z / std::f64::consts::SQRT_2)
}
