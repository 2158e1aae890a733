//! `hawser export`: shipments as a file that can be imported again.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, BufWriter, Write};

use super::exit::SOFTWARE;
use super::{Context, Failure};
use crate::db::Conn;
use crate::ids::CustomerId;
use crate::shipments::export::{self, COLUMNS, Cell, Party};
use crate::shipments::store::{self, Data, parties};

/// Shipments that are read together.
const CHUNK: i64 = 5_000;
/// Customers remembered at most; what is beyond is looked up again.
const REMEMBERED: usize = 100_000;

/// What to export.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write every shipment to standard output
    #[command(
        after_help = "Example:\n  hawser export shipments > shipments.csv\n  hawser import shipments shipments.csv\n\nCells that a spreadsheet would take for formulas carry an apostrophe, which the import takes off."
    )]
    Shipments {
        /// csv, or ndjson: one JSON object a line (the default with --json)
        #[arg(long, value_parser = ["csv", "ndjson"])]
        format: Option<String>,
    },
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let Command::Shipments { format } = command;
    let state = context.state()?;
    let ndjson = format.map_or(context.out.json, |format| format == "ndjson");
    let out = BufWriter::new(io::stdout().lock());
    let mut sink = if ndjson {
        Sink::Ndjson(out)
    } else {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(COLUMNS).map_err(csv_failure)?;
        Sink::Csv(Box::new(csv))
    };
    state.db.read_now(|conn| write(conn, &mut sink))?;
    match &mut sink {
        Sink::Csv(csv) => csv.flush()?,
        Sink::Ndjson(out) => out.flush()?,
    }
    Ok(())
}

enum Sink<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Ndjson(W),
}

impl<W: Write> Sink<W> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Failure> {
        match self {
            Self::Csv(csv) => {
                for cell in cells {
                    csv.write_field(cell.csv_text().as_bytes())
                        .map_err(csv_failure)?;
                }
                csv.write_record(None::<&[u8]>).map_err(csv_failure)
            }
            Self::Ndjson(out) => Ok(writeln!(out, "{}", export::object(cells))?),
        }
    }
}

fn csv_failure(error: csv::Error) -> Failure {
    Failure::from(io::Error::from(error))
}

fn write<W: Write>(conn: &mut Conn, sink: &mut Sink<W>) -> Result<(), Failure> {
    let mut known: HashMap<CustomerId, Party> = HashMap::new();
    let mut after = 0;
    loop {
        let rows = store::alive_after(conn, after, CHUNK)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.id.0;
        if known.len() > REMEMBERED {
            known.clear();
        }
        let missing: BTreeSet<CustomerId> = rows
            .iter()
            .flat_map(|row| parties_of(&row.data))
            .filter(|id| !known.contains_key(id))
            .collect();
        let missing: Vec<CustomerId> = missing.into_iter().collect();
        known.extend(parties::shown(conn, &missing)?);
        for row in &rows {
            let find = |id: CustomerId| {
                let missing = || Failure::new(SOFTWARE, format!("there is no customer {id}"));
                known.get(&id).ok_or_else(missing)
            };
            let payer = row.data.payer_id.map(find).transpose()?;
            let (shipper, consignee) = (find(row.data.shipper_id)?, find(row.data.consignee_id)?);
            sink.row(&export::cells(&row.data, shipper, consignee, payer))?;
        }
    }
}

fn parties_of(data: &Data) -> impl Iterator<Item = CustomerId> {
    [
        Some(data.shipper_id),
        Some(data.consignee_id),
        data.payer_id,
    ]
    .into_iter()
    .flatten()
}
