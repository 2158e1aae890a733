//! `hawser import`: files of shipments in, listed, and taken back.

mod summary;

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::exit::{DATA, IO, NO_INPUT};
use super::out::table;
use super::{Context, Failure};
use crate::access::audit::Actor;
use crate::db::select::{self, Listing};
use crate::error::Error;
use crate::ids::ImportId;
use crate::imports::mapping::{Format, Mapping};
use crate::imports::rejects::RejectsWriter;
use crate::imports::revert::revert;
use crate::imports::run::abandoned::recover;
use crate::imports::run::error::ImportError;
use crate::imports::run::progress::Progress;
use crate::imports::run::{self, Place, Request};
use crate::imports::store::{self, Import};
use crate::state::AppState;

/// Rejects that are read together.
const REJECTS: i64 = 1_000;

/// What to do with imports.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Import a file of shipments; the same file again changes nothing
    #[command(
        after_help = "Example:\n  hawser import shipments june.csv --mapping tms.toml --dry-run\n  hawser import shipments june.csv --mapping tms.toml\n\nRows that cannot be taken are written to june.csv.rejects.csv with their reasons; corrected, that\nfile can be imported in the same way. Exit code 65: the file cannot be read at all."
    )]
    Shipments(ShipmentsArgs),
    /// List imports, the latest first
    List,
    /// Show what an import did
    Show {
        /// Its number
        id: i64,
    },
    /// Take an import back, exactly: what it created goes, what it changed is as it was
    Revert {
        /// Its number
        id: i64,
    },
    /// Write the rejected rows of an import to standard output, as CSV
    Rejects {
        /// Its number
        id: i64,
    },
}

/// Arguments of `hawser import shipments`.
#[derive(Debug, clap::Args)]
pub struct ShipmentsArgs {
    /// CSV or NDJSON; - reads standard input
    file: PathBuf,
    /// How the file says what we want to know, TOML (default: columns named as our own export)
    #[arg(long, value_name = "MAP.toml")]
    mapping: Option<PathBuf>,
    /// Tell what would happen and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Where rejected rows go (default: FILE.rejects.csv)
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let state = context.state()?;
    recover(&state.db, state.clock.now().into())?;
    match command {
        Command::Shipments(args) => shipments(context, &state, &args),
        Command::List => list(context, &state),
        Command::Show { id } => {
            let import = find(&state, id)?;
            Ok(context.out.show(&import, summary::lines)?)
        }
        Command::Revert { id } => take_back(context, &state, id),
        Command::Rejects { id } => {
            let import = find(&state, id)?;
            write_rejects(&state, &import, io::stdout().lock())
        }
    }
}

fn find(state: &AppState, id: i64) -> Result<Import, Failure> {
    let found = state.db.read_now(|conn| store::find(conn, id))?;
    found.ok_or_else(|| Failure::new(DATA, format!("there is no import {id}")))
}

fn place(state: &AppState) -> Place<'_> {
    Place {
        db: &state.db,
        zone: state.config.time_zone,
        clock: &state.clock,
    }
}

fn shipments(context: &Context, state: &AppState, args: &ShipmentsArgs) -> Result<(), Failure> {
    let (mapping, mapping_text) = mapping(args)?;
    let standard_input = args.file.as_os_str() == "-";
    let unreadable =
        |error: io::Error| Failure::new(NO_INPUT, format!("{}: {error}", args.file.display()));
    let file = if standard_input {
        None
    } else {
        Some(File::open(&args.file).map_err(unreadable)?)
    };
    let length = file
        .as_ref()
        .map(|file| file.metadata().map(|data| data.len()));
    let length = length.transpose().map_err(unreadable)?;
    let name = args.file.file_name().unwrap_or(args.file.as_os_str());
    let request = Request {
        file_name: &name.to_string_lossy(),
        mapping_text: &mapping_text,
        mapping: &mapping,
        dry_run: args.dry_run,
        actor: Actor::cli(),
    };
    let import = match file {
        Some(file) => import(state, &request, file, length)?,
        None => import(state, &request, io::stdin(), None)?,
    };
    let rejects = keep_rejects(state, args, &import)?;
    let shown = json!({ "import": &import, "rejects_file": &rejects });
    context.out.show(&shown, |_| {
        let mut lines = summary::lines(&import);
        if let Some(path) = &rejects {
            lines.push(format!(
                "Rejected rows and their reasons: {}",
                path.display()
            ));
        }
        if !import.dry_run && import.created + import.changed > 0 {
            lines.push(format!(
                "Take it back with: hawser import revert {}",
                import.id
            ));
        }
        lines
    })?;
    if import.rejected > 0 && context.out.json {
        eprintln!("hawser: {} rows were rejected", import.rejected);
    }
    Ok(())
}

fn mapping(args: &ShipmentsArgs) -> Result<(Mapping, String), Failure> {
    let Some(path) = &args.mapping else {
        let extension = args.file.extension().and_then(|text| text.to_str());
        let format = match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("ndjson" | "jsonl") => Format::Ndjson,
            _ => Format::Csv,
        };
        return Ok((Mapping::export(format), Mapping::export_text(format)));
    };
    let named = |code, error: &dyn std::fmt::Display| {
        Failure::new(code, format!("{}: {error}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| named(NO_INPUT, &error))?;
    let mapping = Mapping::parse(&text).map_err(|error| named(DATA, &error))?;
    Ok((mapping, text))
}

/// Imports, with a bar on a terminal.
fn import(
    state: &AppState,
    request: &Request<'_>,
    file: impl Read + Send,
    length: Option<u64>,
) -> Result<Import, Failure> {
    let place = place(state);
    let id = run::begin(&place, request).map_err(failure)?;
    let progress = Progress::default();
    let bar = bar(length);
    let (ended, wait) = std::sync::mpsc::channel::<()>();
    let outcome = std::thread::scope(|scope| {
        let (watched, shown) = (progress.clone(), &bar);
        scope.spawn(move || {
            let tick = Duration::from_millis(100);
            while wait.recv_timeout(tick) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                let (bytes, rows) = watched.get();
                shown.set_position(bytes);
                shown.set_message(format!("{rows} rows"));
            }
        });
        let outcome = run::run(&place, id, file, request, &progress);
        drop(ended);
        outcome
    });
    bar.finish_and_clear();
    outcome.map_err(failure)
}

fn bar(length: Option<u64>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let target = ProgressDrawTarget::stderr();
    let (bar, template) = match length {
        Some(length) => (
            ProgressBar::with_draw_target(Some(length), target),
            "{wide_bar} {bytes}/{total_bytes} {msg} {eta}",
        ),
        None => (
            ProgressBar::with_draw_target(None, target),
            "{spinner} {bytes} {msg} {elapsed}",
        ),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn failure(error: ImportError) -> Failure {
    match error {
        ImportError::NotFound(_) | ImportError::NotRevertible { .. } => Failure::new(DATA, error),
        ImportError::Db(error) => error.into(),
        ImportError::Spill(error) => Failure::new(IO, format!("a temporary file: {error}")),
        other => Error::from(other).into(),
    }
}

/// Writes rejected rows to a file, if there are any; where they are.
fn keep_rejects(
    state: &AppState,
    args: &ShipmentsArgs,
    import: &Import,
) -> Result<Option<PathBuf>, Failure> {
    if import.rejected == 0 {
        return Ok(None);
    }
    let (path, file) = match &args.rejects {
        Some(path) => (path.clone(), File::create(path)),
        None => free_name(&args.file, import.id),
    };
    let named = |error: io::Error| Failure::new(IO, format!("{}: {error}", path.display()));
    write_rejects(state, import, io::BufWriter::new(file.map_err(named)?))?;
    Ok(Some(path))
}

/// `FILE.rejects.csv`, or the first of `FILE.rejects-2.csv` and so on that does not exist: the
/// rejects of an earlier import may be half corrected.
fn free_name(file: &Path, id: ImportId) -> (PathBuf, io::Result<File>) {
    let base = if file.as_os_str() == "-" {
        format!("import-{id}").into()
    } else {
        file.as_os_str().to_owned()
    };
    let mut number = 1;
    loop {
        let mut name = base.clone();
        name.push(match number {
            1 => ".rejects.csv".to_owned(),
            number => format!(".rejects-{number}.csv"),
        });
        let path = PathBuf::from(name);
        let opened = OpenOptions::new().write(true).create_new(true).open(&path);
        match opened {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            other => return (path, other),
        }
    }
}

fn write_rejects(state: &AppState, import: &Import, out: impl Write) -> Result<(), Failure> {
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => Failure::from(error),
        other => Failure::new(IO, format!("{other:?}")),
    };
    let mut csv = RejectsWriter::new(out, &import.columns()?).map_err(failed)?;
    let mut after = 0;
    loop {
        let rows = state
            .db
            .read_now(|conn| store::rejects_after(conn, import.id, after, REJECTS))?;
        let Some((last, ..)) = rows.last() else { break };
        after = *last;
        for (line, reasons, cells) in &rows {
            csv.write_kept(*line, reasons, cells).map_err(failed)?;
        }
    }
    csv.finish()?.flush()?;
    Ok(())
}

fn list(context: &Context, state: &AppState) -> Result<(), Failure> {
    let imports: Vec<Import> = state.db.read_now(|conn| {
        select::page(
            conn,
            &store::IMPORTS,
            &Listing::all(&store::IMPORTS),
            |_| {},
        )
    })?;
    context.out.show(&imports, |imports| {
        let head = [
            "id",
            "began",
            "file",
            "status",
            "rows",
            "created",
            "changed",
            "unchanged",
            "rejected",
        ];
        let rows: Vec<_> = imports.iter().map(summary::row).collect();
        table(&head, &rows)
    })?;
    Ok(())
}

fn take_back(context: &Context, state: &AppState, id: i64) -> Result<(), Failure> {
    let reverted = revert(&place(state), ImportId(id), &Actor::cli()).map_err(failure)?;
    context.out.show(&reverted, |reverted| {
        let mut lines = vec![format!(
            "Import {id} is taken back: {} shipments removed, {} restored, {} customers removed.",
            reverted.removed, reverted.restored, reverted.customers_removed
        )];
        if reverted.customers_kept > 0 {
            lines.push(format!(
                "{} customers stay: others need them, or somebody edited them.",
                reverted.customers_kept
            ));
        }
        lines
    })?;
    Ok(())
}
