//! Own churn: how likely a customer is to stay silent, judged from its shipping days alone.
//!
//! ```text
//! shipping days ──> statistics::Activity ──> History ───────┬─> fit::fit ──> btyd::Model
//! (distinct, local)   (x, t_x, first, litt)       or select::select             │
//!        └──> season::Calendar                               └──────────────────┴──> score::score
//! ```
//!
//! On top of the score: [`rfm`] and [`covariates`] once labels exist, both by [`logit`];
//! [`coherence`] of customers and links; [`renewal`] of contracts, kept apart; [`drift`](mod@drift) between fits.
//!
//! The event is a *shipping day* of an entity (customer as shipper, customer as consignee, or link):
//! several shipments on one day are one event. The unit of time is the week (days / 7).
//! Everything here is pure: no clock, no database.

pub mod bgbb;
pub mod btyd;
pub mod coherence;
pub mod covariates;
pub mod drift;
mod error;
pub mod fit;
mod history;
mod linear;
pub mod logit;
mod minimise;
pub mod renewal;
pub mod rfm;
mod sample;
mod scale;
pub mod score;
pub mod season;
pub mod select;
mod series;
pub mod statistics;

pub use btyd::{Model, Outlook, Parameters, Variant};
pub use coherence::{Coherence, LinkActivity, cohere};
pub use covariates::{Covariate, Covariates, Effect, ServiceModel, ServicePriors, ServiceRow};
pub use drift::{Drift, drift};
pub use error::ChurnError;
pub use fit::{Evidence, Fit, FitOptions, Prior, fit};
pub use history::{History, MAX_EVENTS};
pub use logit::average;
pub use renewal::Renewal;
pub use rfm::{RfmInput, RfmModel};
pub use score::{Score, score, score_all};
pub use season::{Calendar, Season};
pub use select::{SelectOptions, Selection, select};
pub use statistics::Activity;
