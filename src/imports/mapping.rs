//! How one kind of file says what we want to know: written once as TOML, checked at once.
//!
//! ```toml
//! format = "csv"                 # or "ndjson"
//! delimiter = "auto"             # "," ";" "tab" or "auto" (default: by the header line)
//! encoding = "auto"              # "utf-8", "gb18030" or "auto" (default)
//! decimal_mark = "."             # or ","
//! thousands = ","                # one of , . ' _ or a space; none by default
//! date_formats = ["%d-%b-%y"]    # strftime; ISO 8601 is always understood; %y is 1970 to 2069
//! time_zone = "Europe/Berlin"    # of times without an offset; default: the instance's
//! null_values = ["N/A", "-"]     # beside the empty cell; matched as a whole
//! ignore_unknown = false         # NDJSON: members that nothing maps are errors unless true
//! neutralised = false            # true: cells carry the apostrophe of a spreadsheet-safe export
//!
//! [constants]                    # the same value on every row
//! external_system = "tms"
//!
//! [fields.external_id]           # the name is one of ours: a word of `Target`
//! column = "Shipment No"         # CSV: a header; NDJSON: a member, dots lead into objects
//!
//! [fields.booked_at]
//! columns = ["Date", "Time"]     # several columns joined; empty ones are left out
//! join = " "                     # default: one space
//! date_formats = ["%d.%m.%Y %H:%M"]   # in place of the file's
//!
//! [fields.incoterm]
//! column = "Terms"
//! values = { "ex works" = "EXW", "?" = "" }   # "" means unknown; other values pass as they are
//! values_default = ""            # or: what every other value means
//! ignore = ["see *", "n.a."]     # unknown too; `*` at the end stands for anything
//!
//! [fields.revenue]
//! column = "Freight EUR"
//! unit = "major"                 # amounts: "major" or "minor", always told
//! minor_digits = 2               # digits that a minor unit is behind the mark; default 2
//! rate = 1.0925                  # into the reporting currency; default 1
//! required = true                # a row without it is rejected
//! optional = true                # the file may lack the column
//!
//! [fields.weight_kg]
//! column = "Weight"
//! unit = "lb"                    # "kg" (default), "g", "lb", "t"
//! ```
//!
//! White space around a cell never matters; then come null values, `ignore`, `values`, and the
//! reading as date, number or word. Amounts are computed exactly and rounded half away from zero;
//! a fraction of a minor unit is an error where neither `unit = "major"` nor a rate explains it.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::Deserialize;

use super::spec::{self, Spec};
pub use super::target::Target;
use super::values::{DateFormat, Decimal, NumberStyle};

/// The kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A header line, then one record a line; a quoted cell may span lines.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// What parts the cells of a CSV file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Delimiter {
    /// Comma.
    #[serde(rename = ",")]
    Comma,
    /// Semicolon.
    #[serde(rename = ";")]
    Semicolon,
    /// Tab.
    #[serde(rename = "tab")]
    Tab,
    /// Whichever finds most of the mapped columns in the header line.
    #[default]
    #[serde(rename = "auto")]
    Auto,
}

/// How the file's characters are encoded. A UTF-8 byte order mark always means UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// GB18030, which includes GBK and GB 2312.
    #[serde(rename = "gb18030")]
    Gb18030,
    /// Whichever the first characters beyond ASCII are written in.
    #[default]
    #[serde(rename = "auto")]
    Auto,
}

/// A checked mapping.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(super) format: Format,
    pub(super) delimiter: Delimiter,
    pub(super) encoding: Encoding,
    pub(super) numbers: NumberStyle,
    pub(super) time_zone: Option<Tz>,
    pub(super) null_values: Vec<String>,
    pub(super) ignore_unknown: bool,
    pub(super) neutralised: bool,
    pub(super) fields: BTreeMap<Target, Field>,
}

/// Where a target's value comes from and how it is read.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub source: Source,
    pub ignore: Vec<Ignored>,
    pub values: BTreeMap<String, String>,
    pub values_default: Option<String>,
    pub date_formats: Vec<DateFormat>,
    pub amount: AmountRule,
    pub kilograms: f64,
    pub required: bool,
    pub optional: bool,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The same on every row.
    Constant(String),
    /// One column, or several joined.
    Columns { names: Vec<String>, join: String },
}

/// Words that mean "unknown".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ignored {
    /// This text.
    Exactly(String),
    /// Whatever begins so.
    Prefix(String),
}

/// How amounts become minor units of the reporting currency.
#[derive(Clone, Copy, Debug)]
pub(super) struct AmountRule {
    /// Digits by which the mark moves: 0 for minor units.
    pub digits: u32,
    /// Factor into the reporting currency.
    pub rate: Decimal,
    /// Whether a fraction of a minor unit is rounded rather than refused.
    pub rounds: bool,
}

/// Why a mapping cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// It is not TOML, or a key is unknown or has a value of the wrong kind; the text shows where.
    #[error("the mapping cannot be read: {0}")]
    Syntax(String),
    /// Keys that make no sense: every one of them.
    #[error("the mapping cannot be used: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Keys(Vec<KeyProblem>),
}

/// A key of a mapping and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {rule}")]
pub struct KeyProblem {
    /// The key, with dots, such as `fields.revenue.unit`.
    pub key: String,
    /// What is expected.
    pub rule: String,
}

impl Mapping {
    /// Reads and checks a mapping.
    ///
    /// # Errors
    ///
    /// [`MappingError`] names the key and what is allowed.
    pub fn parse(toml: &str) -> Result<Self, MappingError> {
        let spec: Spec =
            toml::from_str(toml).map_err(|error| MappingError::Syntax(error.to_string()))?;
        spec::check(spec).map_err(MappingError::Keys)
    }

    /// The mapping of files that name their columns as [`Target`] does: our own export.
    ///
    /// Amounts are minor units, times RFC 3339, weights kilograms, truths `true` and `false`, cells
    /// spreadsheet-safe in CSV. Columns may be lacking, but for `external_id` and `external_system`;
    /// what a row needs it still needs.
    pub fn export(format: Format) -> Self {
        let fields = Target::ALL.iter().map(|&target| {
            let mut field = Field::from(Source::Columns {
                names: vec![target.word().to_owned()],
                join: String::new(),
            });
            field.optional = !matches!(target, Target::ExternalId | Target::ExternalSystem);
            (target, field)
        });
        Self {
            format,
            delimiter: Delimiter::Auto,
            encoding: Encoding::Auto,
            numbers: NumberStyle {
                mark: '.',
                thousands: None,
            },
            time_zone: None,
            null_values: Vec::new(),
            ignore_unknown: false,
            neutralised: format == Format::Csv,
            fields: fields.collect(),
        }
    }

    /// What an import keeps of [`export`](Self::export), in place of a text that somebody wrote.
    pub fn export_text(format: Format) -> String {
        let word = match format {
            Format::Csv => "csv",
            Format::Ndjson => "ndjson",
        };
        format!("# columns named as in our own export\nformat = \"{word}\"\n")
    }

    /// The kind of file it reads.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The columns it reads, with the target of each; a column may serve several targets.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Target)> {
        self.fields.iter().flat_map(|(&target, field)| {
            field
                .source
                .columns()
                .iter()
                .map(move |name| (name.as_str(), target))
        })
    }
}

impl Source {
    pub(super) fn columns(&self) -> &[String] {
        match self {
            Self::Constant(_) => &[],
            Self::Columns { names, .. } => names,
        }
    }
}

impl From<Source> for Field {
    fn from(source: Source) -> Self {
        Self {
            source,
            ignore: Vec::new(),
            values: BTreeMap::new(),
            values_default: None,
            date_formats: Vec::new(),
            amount: AmountRule {
                digits: 0,
                rate: Decimal::ONE,
                rounds: false,
            },
            kilograms: 1.0,
            required: false,
            optional: false,
        }
    }
}

impl Ignored {
    pub(super) fn covers(&self, text: &str) -> bool {
        match self {
            Self::Exactly(word) => text == word,
            Self::Prefix(start) => text.starts_with(start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        format = "csv"
        [constants]
        external_system = "tms"
        [fields]
        external_id = { column = "No" }
        shipper.name = { column = "From" }
        consignee.name = { column = "To" }
        booked_at = { column = "Date" }
    "#;

    fn message(toml: &str) -> String {
        Mapping::parse(toml).expect_err(toml).to_string()
    }

    #[test]
    fn a_mapping_names_its_columns_and_their_targets() {
        let mapping = Mapping::parse(GOOD).unwrap();
        let columns: Vec<_> = mapping.columns().collect();
        assert_eq!(
            columns,
            [
                ("No", Target::ExternalId),
                ("From", Target::ShipperName),
                ("To", Target::ConsigneeName),
                ("Date", Target::BookedAt),
            ]
        );
    }

    #[test]
    fn a_wrong_key_of_the_file_is_named() {
        for (change, expected) in [
            ("colour = 1", "unknown field `colour`"),
            ("delimiter = '|'", "unknown variant `|`"),
            ("decimal_mark = 'x'", "decimal_mark: expected"),
            (
                "decimal_mark = ','\nthousands = ','",
                "thousands: expected another character than decimal_mark",
            ),
            ("thousands = '..'", "thousands: expected"),
            (
                "date_formats = ['%H:%M']",
                "date_formats: `%H:%M` does not tell the day",
            ),
            (
                "time_zone = 'Mars'",
                "time_zone: `Mars` is no IANA time zone",
            ),
        ] {
            let found = message(&format!("{change}\n{GOOD}"));
            assert!(found.contains(expected), "{change}: {found}");
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn a_wrong_key_of_a_field_is_named() {
        for (change, expected) in [
            (
                "revenu = { column = 'x', unit = 'major' }",
                "fields.revenu: no such field; nearest: revenue",
            ),
            (
                "revenue = { column = 'x' }",
                "fields.revenue.unit: expected",
            ),
            (
                "revenue = { column = 'x', unit = 'kg' }",
                "fields.revenue.unit: expected",
            ),
            (
                "revenue = { column = 'x', unit = 'major', rate = -1.0 }",
                "fields.revenue.rate: expected",
            ),
            (
                "revenue = { column = 'x', unit = 'minor', minor_digits = 2 }",
                "fields.revenue.minor_digits: only with",
            ),
            (
                "revenue = { column = 'x', unit = 'major', minor_digits = 9 }",
                "fields.revenue.minor_digits: expected",
            ),
            (
                "weight_kg = { column = 'x', unit = 'stone' }",
                "fields.weight_kg.unit: expected",
            ),
            (
                "pieces = { column = 'x', unit = 'kg' }",
                "fields.pieces.unit: only amounts and weights",
            ),
            (
                "pieces = { column = 'x', rate = 2.0 }",
                "fields.pieces.rate: only amounts",
            ),
            (
                "pieces = { column = 'x', date_formats = ['%F'] }",
                "fields.pieces.date_formats: only dates",
            ),
            ("pieces = {}", "fields.pieces: expected column or columns"),
            (
                "pieces = { column = 'x', columns = ['y'] }",
                "fields.pieces: expected column or columns, not both",
            ),
            (
                "pieces = { columns = [] }",
                "fields.pieces.columns: expected",
            ),
            (
                "pieces = { column = 'x', join = ' ' }",
                "fields.pieces.join: only with columns",
            ),
            (
                "pieces = { column = 'x', ignore = ['*'] }",
                "fields.pieces.ignore: expected text before the *",
            ),
            (
                "pieces = { column = 'x', values_default = '' }",
                "fields.pieces.values_default: only with values",
            ),
            (
                "pieces = { column = 'x', colour = 1 }",
                "unknown field `colour`",
            ),
            (
                "service = { column = 'x', values = { a = 'carriage' } }",
                "fields.service.values.a: expected one of transport",
            ),
            (
                "origin_country = { column = 'x', values = { a = 'Atlantis' } }",
                "fields.origin_country.values.a: expected a country",
            ),
            (
                "external_system = { column = 'x' }",
                "constants.external_system: set under fields too",
            ),
            (
                "payer.external_id = { column = 'x' }",
                "payer.external_system: required beside payer.external_id",
            ),
        ] {
            let found = message(&format!("{GOOD}\n{change}"));
            assert!(found.contains(expected), "{change}: {found}");
        }
    }

    #[test]
    fn what_a_shipment_cannot_do_without_is_named() {
        for (gone, expected) in [
            (
                "external_id = { column = \"No\" }",
                "fields.external_id: required",
            ),
            (
                "shipper.name = { column = \"From\" }",
                "fields.shipper.name: required, or fields.shipper.external_id",
            ),
            (
                "consignee.name = { column = \"To\" }",
                "fields.consignee.name: required",
            ),
            (
                "booked_at = { column = \"Date\" }",
                "fields.booked_at: required, or another of",
            ),
            ("external_system = \"tms\"", "external_system: required"),
        ] {
            let found = message(&GOOD.replace(gone, ""));
            assert!(found.contains(expected), "{gone}: {found}");
        }
    }

    #[test]
    fn constants_are_read_at_once() {
        let found = message(&GOOD.replace(
            "[fields]",
            "service = 'carriage'\nin_full = 5\npieces = []\ncolour = 1\n[fields]",
        ));
        for expected in [
            "constants.service: expected one of transport",
            "constants.in_full: expected",
            "constants.pieces: expected text, a number or a truth",
            "constants.colour: no such field",
        ] {
            assert!(found.contains(expected), "{found}");
        }
    }
}
