//! Learning strength (kappa) from history, and saying when it is not there.
//!
//! ```text
//! LinkDays, own churn ──> panel ──> Observation ──> calibrate ──> Calibration ──> strengths()
//! (shipping days)        (lagged and same period)    ├─ posterior and likelihood, by class
//!                                                    ├─ placebo (partners permuted)
//!                                                    ├─ hold-out (later periods)
//!                                                    └─ Verdict
//! ```
//!
//! A customer that has lost the share `x_c` of its business on links of class c leaves with probability
//!
//! ```text
//! p = 1 − (1 − h) (1 − Σ kappa_c x_c)
//! ```
//!
//! where h is its own churn, moved on the logit scale by effects of its region, of the period and of
//! both together, which are learnt along: else a region where everybody leaves looks like contagion.
//! The log-likelihood is concave in kappa, for p is affine in it. Everything is pure, and the same to
//! the bit on any number of threads.

mod class;
mod error;
mod panel;
mod result;
mod settings;

pub use class::{CLASSES, Class};
pub use error::CalibrationError;
pub use panel::{Case, History, LinkDays, Panels, panels};
pub use result::{
    Calibration, ClassStrength, Estimate, Evidence, Holdout, Observation, Placebo, RoleClass,
    Verdict,
};
pub use settings::Settings;

/// Learns strengths from the lagged panel; the same-period one is estimated beside it.
///
/// O(observations × iterations) for each of the fits: about 50, plus two for each placebo.
///
/// # Errors
///
/// [`CalibrationError`] names the first observation or setting that breaks a rule.
pub fn calibrate(
    lagged: &[Observation],
    same_period: &[Observation],
    settings: &Settings,
) -> Result<Calibration, CalibrationError> {
    let _ = (lagged, same_period, settings);
    todo!()
}
