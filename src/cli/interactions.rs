//! `hawser interactions`: files of what was said, and mailboxes.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::engagement::{self, ImportArgs};
use super::exit::{DATA, NO_INPUT};
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::engagement::edit::Writer;
use crate::interactions::mail::{self, Form, MailError, MailReport};
use crate::interactions::store::records::Values;

/// What to do with interactions.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make or replace every record of a file by its key: all of them, or none if a row is refused
    #[command(
        after_help = "The columns are named as the members of the API, with dots: external_id, external_system,\ncustomer.external_id, customer.external_system, contact_id, user.email, channel, direction, at,\nsubject, text, … (docs/interactions.md). A row is a whole record.\n\nExamples:\n  hawser interactions import calls.csv\n  hawser interactions import notes.ndjson"
    )]
    Import(ImportArgs),
    /// Read mails from mailboxes (mbox) and single messages (.eml); known ones stay as they are
    #[command(
        after_help = "A mail is the customer's or ours by its addresses: those of contacts and of users. What belongs to\nnobody known is named and not stored.\n\nExamples:\n  hawser interactions mail inbox.mbox\n  hawser interactions mail *.eml"
    )]
    Mail(MailArgs),
}

/// Arguments of `mail`.
#[derive(Debug, clap::Args)]
pub struct MailArgs {
    /// Mailboxes and messages; - reads one from standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// What became of a file.
#[derive(Debug, Serialize)]
struct Read {
    file: String,
    #[serde(flatten)]
    report: MailReport,
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Import(args) => {
            engagement::run::<Values>(context, &engagement::Command::Import(args))
        }
        Command::Mail(args) => read(context, &args.files),
    }
}

fn read(context: &Context, files: &[PathBuf]) -> Result<(), Failure> {
    let state = context.state()?;
    let writer = Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now: state.clock.now().into(),
    };
    let mut reports = Vec::with_capacity(files.len());
    for path in files {
        let file = open(path)?;
        let report = state
            .db
            .write_when_free(|conn| mail::import(conn, &writer, file, Form::Either))
            .map_err(|error| match error {
                MailError::File(error) => {
                    Failure::new(NO_INPUT, format!("{}: {error}", path.display()))
                }
                MailError::Other(error) => error.into(),
            })?;
        reports.push(Read {
            file: path.display().to_string(),
            report,
        });
    }
    context
        .out
        .show(&reports, |reports| reports.iter().flat_map(lines).collect())?;
    let refused: u64 = reports.iter().map(|read| read.report.refused).sum();
    if refused > 0
        && reports
            .iter()
            .all(|read| read.report.created + read.report.unchanged == 0)
    {
        return Err(Failure::new(DATA, "no message was stored"));
    }
    Ok(())
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path)
        .map_err(|error| Failure::new(NO_INPUT, format!("{}: {error}", path.display())))?;
    Ok(Box::new(BufReader::new(file)))
}

fn lines(read: &Read) -> Vec<String> {
    let report = &read.report;
    let mut lines = vec![format!(
        "{}: {} messages: {} stored ({} from customers, {} to customers), {} known before, {} not stored.",
        read.file,
        report.messages,
        report.created,
        report.inbound,
        report.outbound,
        report.unchanged,
        report.refused
    )];
    for issue in report.problems.iter().chain(&report.notes) {
        lines.push(format!(
            "  message {}: {}: {}",
            issue.position, issue.reason, issue.detail
        ));
    }
    lines
}
