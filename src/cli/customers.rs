//! `hawser customers`: merge two customers that are one.

use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::api::reference::Reference;
use crate::customers::edit::Writer;
use crate::merging::{Merged, merge};

/// What to do with customers.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Merge a customer into another, which gets all that belongs to it; the one is deleted then
    #[command(
        after_help = "Examples:\n  hawser customers merge 7 --into 3\n  hawser customers merge ext:tms:C-17 --into ext:crm:4711"
    )]
    Merge {
        /// The customer that goes: its id, or ext:SYSTEM:ID
        customer: String,
        /// The customer that stays: its id, or ext:SYSTEM:ID
        #[arg(long, value_name = "CUSTOMER")]
        into: String,
    },
}

/// Runs the command.
pub fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    let Command::Merge { customer, into } = command;
    let (from, into) = (Reference::parse(customer)?, Reference::parse(into)?);
    let state = context.state()?;
    let writer = Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now: state.clock.now().into(),
    };
    let today = state.today();
    let merged = state
        .db
        .write_now(|conn| merge(conn, &writer, (&from, &into), today))?;
    Ok(context.out.show(&merged, told)?)
}

fn told(merged: &Merged) -> Vec<String> {
    let moved = &merged.moved;
    let counts = [
        (moved.external_ids, "external ids"),
        (moved.shipments, "shipments"),
        (moved.departments + moved.departments_joined, "departments"),
        (moved.contacts + moved.contacts_joined, "contacts"),
        (moved.contracts, "contracts"),
        (moved.invoices, "invoices"),
        (moved.complaints, "complaints"),
        (moved.promises, "promises"),
        (moved.interactions, "interactions"),
        (moved.invitations, "invitations"),
        (moved.targets, "targets"),
        (moved.plays, "plays"),
        (moved.mails, "mails"),
        (moved.children, "customers of its group"),
        (moved.alerts + moved.alerts_joined, "alerts"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let came = if counts.is_empty() {
        "Nothing belonged to it.".to_owned()
    } else {
        format!("It brought {}.", counts.join(", "))
    };
    vec![
        format!(
            "Customer {} is merged into customer {}.",
            merged.from, merged.into
        ),
        came,
    ]
}
