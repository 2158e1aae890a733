//! Files of answers: all of a file or nothing, rejected rows named by their line.

use std::collections::HashSet;
use std::io::Read;

use chrono_tz::Tz;
use serde_json::json;

use super::edit::visible;
use super::enter::{AnswerInput, ContactKey, Entry, enter};
use super::model::{Question, Side, Source};
use super::store::surveys::Survey;
use crate::access::audit::{self, Deed};
use crate::api::batch::Outcome;
use crate::customers::edit::Writer;
use crate::customers::store::{Exclusive, exclude};
use crate::db::{Conn, DbResult};
use crate::engagement::file::{LoadError, Loaded, NAMED, Refused};
use crate::engagement::model::RecordKey;
use crate::error::Error;
use crate::ids::ExternalId;
use crate::imports::mapping::Format;
use crate::imports::read::ReadError;
use crate::imports::table::{Table, TableRow, time};
use crate::problem::FieldProblem;
use crate::sentiment::Scorer;

/// The columns before those of the questions.
const COLUMNS: [&str; 12] = [
    "contact.id",
    "contact.email",
    "customer.id",
    "customer.external_id",
    "customer.external_system",
    "shipment.id",
    "partner.id",
    "partner.external_id",
    "partner.external_system",
    "side",
    "answered_at",
    "confidence",
];

/// Stores every answer of a file, in the caller's transaction. Columns are `contact.id`, or
/// `contact.email` with the customer; `answered_at`; `confidence`; what the survey is about; and
/// one for each question, by code. Empty cells are no answers.
///
/// # Errors
///
/// [`LoadError`]; the caller must then roll back.
pub fn load(
    conn: &mut Conn,
    writer: &Writer,
    survey: i64,
    (file, format, file_name): (impl Read, Format, &str),
    (zone, scorer): (Tz, &Scorer),
) -> Result<Loaded, LoadError> {
    exclude(conn, Exclusive::Batch)?;
    let survey = visible(conn, survey, &writer.teams)?;
    let codes = survey
        .questions
        .iter()
        .map(|question| question.code.as_str());
    let columns: Vec<&str> = COLUMNS.into_iter().chain(codes).collect();
    let mut table = Table::open(file, format, &columns)?;
    let (mut loaded, mut refused, mut count) = (Loaded::default(), Vec::new(), 0_u64);
    let mut seen = HashSet::new();
    let mut refuse = |line: u64, reason: String| {
        count += 1;
        if refused.len() < NAMED {
            refused.push(Refused { line, reason });
        }
    };
    while let Some(read) = table.read() {
        let (line, entry) = match read {
            Err(ReadError::File(error)) => return Err(error.into()),
            Err(ReadError::Row(reject)) => {
                refuse(reject.line, reasons(&reject.reasons));
                continue;
            }
            Ok(row) => (row.line(), entry(&row, &survey, zone)),
        };
        let entry = match entry {
            Ok(entry) => entry,
            Err(wrong) => {
                refuse(line, reasons(&wrong));
                continue;
            }
        };
        match enter(conn, writer, &survey, (entry, Source::Import), scorer) {
            Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error.into()),
            Err(error) => refuse(line, error.to_string()),
            Ok(entered) if !seen.insert(entered.asked) => {
                refuse(
                    line,
                    "another row has this person's answers; expected one".to_owned(),
                );
            }
            Ok(entered) => match entered.outcome {
                Outcome::Created => loaded.created += 1,
                Outcome::Updated => loaded.updated += 1,
                Outcome::Unchanged | Outcome::Failed => loaded.unchanged += 1,
            },
        }
    }
    if count > 0 {
        return Err(LoadError::Refused {
            count,
            rows: refused,
        });
    }
    note(conn, writer, &survey, (file_name, &loaded))?;
    Ok(loaded)
}

fn note(
    conn: &mut Conn,
    writer: &Writer,
    survey: &Survey,
    (file_name, loaded): (&str, &Loaded),
) -> DbResult<()> {
    let deed = Deed {
        action: "imported",
        entity: "survey",
        id: Some(survey.id.0),
        detail: Some(json!({ "file": file_name, "loaded": loaded })),
    };
    audit::record(conn, &writer.actor, &deed, writer.now)
}

fn reasons(wrong: &[FieldProblem]) -> String {
    let texts: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// What a row tells.
fn entry(row: &TableRow<'_>, survey: &Survey, zone: Tz) -> Result<Entry, Vec<FieldProblem>> {
    let mut cells = Cells {
        row,
        wrong: Vec::new(),
    };
    let entry = Entry {
        contact: ContactKey {
            id: cells.parsed(0, "expected a whole number"),
            email: cells.text(1),
            customer: cells.key(2),
        },
        shipment_id: cells.parsed(5, "expected a whole number"),
        partner: cells.key(6),
        side: cells.read(9, "expected shipper or consignee", Side::parse),
        answered_at: cells.read(10, "expected a date or time, such as 2026-03-31", |text| {
            time(text, zone)
        }),
        confidence: cells.parsed(11, "expected a number with a decimal point"),
        answers: Vec::new(),
    };
    let mut answers = Vec::new();
    for (place, question) in (COLUMNS.len()..).zip(&survey.questions) {
        answers.extend(cells.answer(place, question));
    }
    if cells.wrong.is_empty() {
        Ok(Entry { answers, ..entry })
    } else {
        Err(cells.wrong)
    }
}

struct Cells<'a> {
    row: &'a TableRow<'a>,
    wrong: Vec<FieldProblem>,
}

impl Cells<'_> {
    fn text(&self, place: usize) -> Option<String> {
        Some(self.row.cell(place).to_owned()).filter(|text| !text.is_empty())
    }

    fn read<T>(
        &mut self,
        place: usize,
        rule: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(place)?;
        let value = read(&text);
        if value.is_none() {
            let name = COLUMNS.get(place).copied().unwrap_or_default();
            self.wrong.push(FieldProblem::new(name, "bad_value", rule));
        }
        value
    }

    fn parsed<T: std::str::FromStr>(&mut self, place: usize, rule: &'static str) -> Option<T> {
        self.read(place, rule, |text| text.parse().ok())
    }

    /// A customer: its id at `place`, its key in another system behind.
    fn key(&mut self, place: usize) -> Option<RecordKey> {
        let id = self.parsed(place, "expected a whole number");
        let (key, system) = (self.text(place + 1), self.text(place + 2));
        let external_id = (key.is_some() || system.is_some()).then(|| ExternalId {
            system: system.unwrap_or_default(),
            id: key.unwrap_or_default(),
        });
        (id.is_some() || external_id.is_some()).then_some(RecordKey { id, external_id })
    }

    fn answer(&mut self, place: usize, question: &Question) -> Option<AnswerInput> {
        let text = self.text(place)?;
        let mut answer = AnswerInput {
            question: question.code.clone(),
            value: None,
            text: None,
        };
        if question.scale.numbers().is_none() {
            answer.text = Some(text);
        } else if let Ok(value) = text.parse() {
            answer.value = Some(value);
        } else {
            let rule = format!("{}: expected a number", question.code);
            self.wrong
                .push(FieldProblem::new("answers", "bad_value", rule));
        }
        Some(answer)
    }
}
