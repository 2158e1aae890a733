//! Reports: flat data of an assessment run for BI tools, as files of any length and as SQL views.
//!
//! ```text
//! datasets (columns, keys, filters: said once)
//!    ├─> store::page ─> rows ─> render::Renderer ─> a piece of CSV, JSON, NDJSON ─> HTTP, stdout
//!    ├─> GET /reports, docs/reports.md (tested to agree)
//!    └─> bi_* views (tested to agree)
//! ```
//!
//! [`datasets`] and [`render`] are pure. A [`Report`] is read page by page, each a short query of
//! its own: memory stays flat, and a slow reader holds no connection. Rows of a run never change but
//! for what became of it, where shipments come late; names, teams and external ids are those of the moment in which a page is read.

pub mod datasets;
pub mod http;
pub mod render;
pub mod store;

use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::access::Teams;
use crate::api::list::parse_value;
use crate::assessment::store as assessment;
use crate::db::select::{Kind, Value};
use crate::db::{Conn, DbResult, UtcTime};
use crate::error::{Answer, Error, ProblemPart};
use crate::ids::RunId;
use crate::track;
use datasets::{Dataset, Filter, Runs};
use render::{Format, Renderer};

/// Rows read, and held in memory, at once.
pub const PAGE: usize = 2_000;

/// What somebody wants of a dataset.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which.
    pub dataset: &'static Dataset,
    /// How it is to be written.
    pub format: Option<Format>,
    /// Of which run: that of this as-of date; of the latest if not said.
    pub as_of: Option<NaiveDate>,
    /// What it is narrowed down by.
    pub filters: Vec<(&'static Filter, Value)>,
}

impl Wanted {
    /// Reads parameters as they come in a query string or on the command line.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] names every wrong parameter and what is allowed.
    pub fn parse<'a>(
        dataset: &'static Dataset,
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Answer<Self> {
        let mut wanted = Self {
            dataset,
            format: None,
            as_of: None,
            filters: Vec::new(),
        };
        let mut seen = Vec::new();
        let mut wrong = Vec::new();
        for (name, value) in given {
            let outcome = if seen.contains(&name) {
                Err("it is given twice".to_owned())
            } else {
                wanted.take(name, value)
            };
            seen.push(name);
            if let Err(detail) = outcome {
                wrong.push(ProblemPart {
                    pointer: name.to_owned(),
                    code: "bad_parameter".to_owned(),
                    detail,
                });
            }
        }
        if wrong.is_empty() {
            return Ok(wanted);
        }
        let texts = wrong
            .iter()
            .map(|part| format!("{}: {}", part.pointer, part.detail));
        Err(Error::Malformed {
            code: "bad_parameter",
            detail: texts.collect::<Vec<_>>().join("; "),
            errors: wrong,
        })
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "format" => {
                let format = Format::parse(value)
                    .ok_or_else(|| format!("expected one of {}", Format::WORDS.join(", ")))?;
                self.format = Some(format);
            }
            "as_of" => {
                if let Value::Date(day) = parse_value(Kind::Date, value)? {
                    self.as_of = Some(day);
                }
            }
            _ => {
                let filter = self.dataset.filter(name).ok_or_else(|| {
                    let filters = self.dataset.filters.iter().map(|filter| filter.name);
                    let allowed: Vec<_> = ["format", "as_of"].into_iter().chain(filters).collect();
                    format!("unknown parameter; expected one of {}", allowed.join(", "))
                })?;
                let value = if name == "country" {
                    Value::Text(country(value)?)
                } else {
                    parse_value(filter.kind, value)?
                };
                self.filters.push((filter, value));
            }
        }
        Ok(())
    }
}

fn country(text: &str) -> Result<String, String> {
    if text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_alphabetic()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err("expected an ISO 3166-1 alpha-2 code such as DE".to_owned())
    }
}

/// What the database is asked for.
#[derive(Debug)]
pub struct Query {
    /// The dataset.
    pub dataset: &'static Dataset,
    /// The run.
    pub run_id: RunId,
    /// What it is narrowed down by.
    pub filters: Vec<(&'static Filter, Value)>,
    /// Whose customers may be seen.
    pub teams: Teams,
    /// The reporting currency, ISO 4217.
    pub currency: String,
}

/// A report that is being written.
#[derive(Debug)]
pub struct Report {
    query: Query,
    /// When the run was scored, in a report of what became of it.
    scored_at: Option<UtcTime>,
    as_of: NaiveDate,
    format: Format,
    renderer: Option<Renderer>,
    after: Option<Vec<Value>>,
}

impl Report {
    /// Finds the run and gets ready to write.
    ///
    /// # Errors
    ///
    /// [`Error::NoRun`], or the database's.
    pub fn open(
        conn: &mut Conn,
        wanted: Wanted,
        format: Format,
        (teams, currency): (Teams, String),
    ) -> Answer<Self> {
        let no_run = Error::NoRun {
            as_of: wanted.as_of,
        };
        let scored = match wanted.dataset.runs {
            Runs::Finished | Runs::Window => None,
            Runs::Scored => track::store::latest_scored(conn, wanted.as_of)?,
        };
        // A run that is not judged yet is told by a report without rows.
        let run = match scored {
            Some((run, _)) => assessment::run(conn, run.0)?,
            None => assessment::latest(conn, wanted.as_of)?,
        };
        let run = run.ok_or(no_run)?;
        Ok(Self {
            scored_at: scored.map(|(_, at)| at),
            query: Query {
                dataset: wanted.dataset,
                run_id: run.id,
                filters: wanted.filters,
                teams,
                currency,
            },
            as_of: run.as_of,
            format,
            renderer: Some(Renderer::new(wanted.dataset, format)),
            after: None,
        })
    }

    /// What a file with this report is called.
    pub fn file_name(&self) -> String {
        let extension = self.format;
        format!(
            "hawser-{}-{}.{extension}",
            self.query.dataset.name, self.as_of
        )
    }

    /// How it is written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// A strong `ETag`: alike reports have the same, different ones another.
    ///
    /// The run and the question make it, and the state of what a run does not keep: names, teams,
    /// countries, external ids.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn etag(&self, conn: &mut Conn) -> DbResult<String> {
        let query = &self.query;
        let mut filters: Vec<String> = query
            .filters
            .iter()
            .map(|(filter, value)| format!("{}={value:?}", filter.name))
            .collect();
        filters.sort_unstable();
        let records = match query.dataset.runs {
            Runs::Window => store::records(conn)?,
            Runs::Finished | Runs::Scored => String::new(),
        };
        let state = format!(
            "{} {} {} {} {:?} {filters:?} {:?} {} {} {records}",
            env!("CARGO_PKG_VERSION"),
            query.dataset.name,
            self.format,
            query.run_id,
            self.scored_at,
            query.teams,
            query.currency,
            store::master_data(conn)?,
        );
        let digest = HEXLOWER.encode(&Sha256::digest(state.as_bytes()));
        Ok(format!("\"{}\"", digest.get(..32).unwrap_or(&digest)))
    }

    /// The next piece, never empty; `None` when everything is written.
    ///
    /// # Errors
    ///
    /// The database's; what was written so far is then not the whole report.
    pub fn next(&mut self, conn: &mut Conn) -> DbResult<Option<String>> {
        let Some(mut renderer) = self.renderer.take() else {
            return Ok(None);
        };
        let page = store::page(conn, &self.query, self.after.as_deref(), PAGE)?;
        let mut text = String::new();
        renderer.rows(&page.rows, &mut text);
        self.after = page.next;
        if self.after.is_some() {
            self.renderer = Some(renderer);
        } else {
            renderer.end(&mut text);
        }
        // An empty piece would end a chunked body; only the last of NDJSON can be one.
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}
