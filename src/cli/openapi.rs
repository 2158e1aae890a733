//! `hawser openapi`: the description of the API.

use super::{Context, Failure};

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    Ok(context.out.json(&crate::app::describe())?)
}
