//! `hawser contracts`, `hawser invoices`: files of what customers promised and how they pay.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use serde_json::json;

use super::exit::{DATA, NO_INPUT};
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::customers::edit::Writer;
use crate::engagement::file::{Filed, LoadError, Loaded, load};
use crate::imports::mapping::Format;

/// Commands of `hawser contracts` and `hawser invoices`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make or replace every record of a file by its key: all of them, or none if a row is refused
    #[command(
        after_help = "The columns are named as the members of the API, with dots: external_id, external_system,\ncustomer.external_id, customer.external_system, … (docs/api.md). A row is a whole record.\n\nExamples:\n  hawser contracts import contracts.csv\n  hawser invoices import invoices.ndjson"
    )]
    Import(ImportArgs),
}

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// CSV, or NDJSON if it is called .ndjson or .jsonl; - reads CSV from standard input
    file: PathBuf,
}

/// Runs the command for one kind of record.
pub fn run<R: Filed>(context: &Context, command: &Command) -> Result<(), Failure> {
    let Command::Import(args) = command;
    let state = context.state()?;
    let writer = Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now: state.clock.now().into(),
    };
    let extension = args.file.extension().and_then(|text| text.to_str());
    let format = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("ndjson" | "jsonl") => Format::Ndjson,
        _ => Format::Csv,
    };
    let file: Box<dyn Read> =
        if args.file.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(&args.file).map_err(|error| {
                Failure::new(NO_INPUT, format!("{}: {error}", args.file.display()))
            })?)
        };
    let name = args.file.to_string_lossy();
    let outcome = state
        .db
        .write_when_free(|conn| load::<R>(conn, &writer, (file, format, &name)));
    match outcome {
        Ok(loaded) => Ok(context.out.show(&loaded, |loaded| lines::<R>(loaded))?),
        Err(LoadError::Refused { count, rows }) => {
            let refused = json!({ "refused": count, "rows": &rows });
            context.out.show(&refused, |_| {
                let named = rows.iter();
                named
                    .map(|row| format!("line {}: {}", row.line, row.reason))
                    .collect()
            })?;
            let more = match count - rows.len() as u64 {
                0 => String::new(),
                more => format!(" ({more} more than those named)"),
            };
            Err(Failure::new(
                DATA,
                format!("{count} rows are refused{more}; nothing was written"),
            ))
        }
        Err(LoadError::File(error)) => Err(Failure::new(
            NO_INPUT,
            format!("{}: {error}", args.file.display()),
        )),
        Err(LoadError::Other(error)) => Err(error.into()),
    }
}

fn lines<R: Filed>(loaded: &Loaded) -> Vec<String> {
    vec![format!(
        "{}: {} created, {} changed, {} as they were.",
        R::MANY,
        loaded.created,
        loaded.updated,
        loaded.unchanged
    )]
}
