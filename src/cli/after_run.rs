//! What follows a run, whichever command asked for it.

use crate::assessment::AssessmentError;
use crate::db::Conn;
use crate::ids::RunId;
use crate::state::AppState;

/// Done in the transaction that keeps a run's snapshots: all of it happens with them, or nothing.
///
/// # Errors
///
/// [`AssessmentError`], which takes the snapshots back too.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the signature is that of what assess() calls"
)]
pub fn after_run(_state: &AppState, _conn: &mut Conn, _run: RunId) -> Result<(), AssessmentError> {
    Ok(())
}
