//! `hawser model`: what own churn rests on.

mod fit;
mod show;

use super::{Context, Failure};

/// What to do with the models.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show the models of an assessment run: parameters, evidence, change since the run before
    Show(show::Args),
    /// Fit a model of the BTYD family to sufficient statistics from a file
    Fit(fit::Args),
}

/// Runs the command.
pub fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Show(args) => show::run(context, args),
        Command::Fit(args) => fit::run(context.out, args),
    }
}
