//! The share-loss cascade: who leaves because a partner leaves, and what it costs.
//!
//! A shipment has two ends. When the customer at one end leaves, the freight between the two leaves
//! with it, and the customer at the other end, having lost that share of its business with us, may
//! leave as well.
//!
//! ```text
//! Description ──> Network::compile ──> solve ──> Solution ──> adjoint::blast_radius
//! (links, own churn,   (plain arrays,   (churn,       ├─────> explain::customer
//!  values, Strengths)   once a version)  loss)        ├─────> paths::paths
//!                                                     └─────> Session::what_if
//! ```
//!
//! Customers are indices `0..n` here; whoever calls keeps the table from ids to indices. Everything
//! is pure: the same description gives the same answer to the bit, on any number of threads.
//!
//! # The model
//!
//! Customer i has own churn `h_i`, the probability that it leaves within the horizon by itself. Having
//! lost the share x of its business it leaves with probability `kappa * x`: its tolerance is
//! uniform (linear threshold; Kempe, Kleinberg and Tardos, KDD 2003). With `w_ij`, the sum over the
//! links between i and j of kappa times the link's share in i's business, belief propagation on the
//! ties reads
//!
//! ```text
//! m[i->j] = h_i + (1 - h_i) * sum over partners k other than j of w_ik * m[k->i]
//! P_i     = h_i + (1 - h_i) * sum over partners k              of w_ik * m[k->i]
//! L_l     = 1 - (1 - m[s->c]) * (1 - m[c->s])            link l from shipper s to consignee c
//! J       = sum of v_l * L_l + sum of u_i * P_i          expected loss of value
//! ```
//!
//! `m[i->j]` is the probability that i is lost when the tie between i and j is taken away. The
//! answer is exact where the ties form a forest; loops bias it slightly (churn by less than 0.01 on
//! the looped reference networks). Two links that join the same pair, in whichever directions, are
//! one tie: else the pair would echo into itself.
//!
//! The messages follow from the churn of the two customers, so that the solver has one linear equation
//! a customer: see `system.rs`.

pub mod adjoint;
mod arcs;
pub mod audit;
mod changes;
mod check;
pub mod compile;
mod error;
pub mod explain;
mod layout;
mod outset;
pub mod paths;
pub mod plan;
mod push;
mod session;
mod solution;
pub mod solve;
pub mod spread;
pub mod strength;
mod sweep;
mod system;
pub mod what_if;
pub mod worlds;

pub use adjoint::{BlastRadius, blast_radius, save_value};
pub use audit::{Audit, Compared, Together, Worst, audit};
pub use changes::changed;
pub use compile::{Description, Link, Network};
pub use error::CascadeError;
pub use explain::{Explanation, Follower, Part, customer as explain_customer, followers};
pub use paths::{Path, Step, paths};
pub use plan::{Candidate, Chosen, Plan, PlanOptions, plan};
pub use session::Session;
pub use solution::{Options, Report, Solution};
pub use solve::{solve, solve_with};
pub use spread::{Prospect, Source, spread};
pub use strength::{RoleStrengths, Strengths};
pub use what_if::{Affected, Change, Outcome, what_if};
pub use worlds::{Distribution, Estimate, Quantile, WorldOptions, Worlds, simulate};
