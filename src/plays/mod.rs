//! Plays: care plans from templates, with steps, an owner, a cost, and an outcome that is measured.
//!
//! ```text
//! template ──> planned ── first step done ──> running ── all done ──> done
//!                 └──────────── cancelled <──────┘
//!
//! begun + horizon passed ─> record: kept or lost, by shipments ─┐
//! customers of the same run without a play ─────────────────────┴─> effect (pure) ─> plan, save value
//! ```
//!
//! A person may say what came of a play, and that is shown; the effect is measured by the record alone,
//! as people call what they did a success.

pub mod deed;
pub mod edit;
pub mod effect;
pub mod http;
pub mod model;
pub mod record;
pub mod store;
pub mod view;
pub mod worker;

use chrono::NaiveDate;

pub use effect::{AssumedEffect, EffectBasis, Effects, Measured};

use crate::access::Teams;
use crate::db::{Conn, DbResult};

/// How much plays have lowered the risk of loss, by what was known before the day `before`: those
/// whose horizon had passed by then, in the data too. With limited teams, of their customers only, and
/// against their customers only.
///
/// # Errors
///
/// The database's.
pub fn effects(conn: &mut Conn, before: NaiveDate, teams: &Teams) -> DbResult<Effects> {
    let history = store::history::read(conn, before, teams)?;
    Ok(effect::effects(&history))
}
