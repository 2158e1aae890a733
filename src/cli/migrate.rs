//! `hawser migrate`: the schema up to date.

use super::{Context, Failure};

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    crate::db::migrate(&context.config.database)?;
    context.out.show(
        &serde_json::json!({"database": context.config.database.kind(), "schema": "current"}),
        |_| {
            vec![format!(
                "The schema is current ({}).",
                context.config.database.kind()
            )]
        },
    )?;
    Ok(())
}
