//! The datasets that BI tools read: what their columns are called, hold and mean, said once.

mod columns;
mod links;
mod risk;
mod satisfaction;
mod track;
mod voice;

use serde::Serialize;
use serde::ser::Serializer;

use crate::db::select::Kind;

pub use links::LINKS;
pub use risk::RISK;
pub use satisfaction::{DIMENSIONS, KPIS, SATISFACTION};
pub use track::{ALERT_OUTCOMES, TRACK_RECORD};
pub use voice::{COMPLAINTS, SURVEY_ANSWERS};

/// A flat table of a run, one row per key.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Dataset {
    /// What it is called in addresses, files and on the command line.
    pub name: &'static str,
    /// What a row is.
    pub summary: &'static str,
    /// The SQL view with the same columns and rows.
    pub view: &'static str,
    /// The columns that identify a row for ever; the first is `run_id`.
    #[schema(value_type = Vec<String>)]
    pub key: &'static [&'static str],
    /// What it can be narrowed down by.
    #[schema(value_type = Vec<String>)]
    pub filters: &'static [Filter],
    /// Its columns, in order.
    #[schema(value_type = Vec<Column>)]
    pub columns: &'static [Column],
    /// Whose rows these are: customers, or pairs of them.
    #[serde(skip)]
    pub of: &'static [Party],
    /// Which run it is of where nobody says.
    #[serde(skip)]
    pub runs: Runs,
}

/// Which runs have rows in a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// Every finished one; its rows never change.
    Finished,
    /// Those whose horizon has passed; scoring them again changes the rows.
    Scored,
    /// Every finished one; the rows are records of its window, which late entries change.
    Window,
}

/// A column of a dataset.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Column {
    /// What it is called.
    pub name: &'static str,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: Type,
    /// What they are measured in; empty where there is nothing to measure.
    pub unit: &'static str,
    /// Whether a value may be missing.
    pub nullable: bool,
    /// What it means.
    pub meaning: &'static str,
    /// Where it comes from.
    #[serde(skip)]
    pub source: Source,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// A whole number of 64 bits.
    Integer,
    /// A number of double precision.
    Number,
    /// Text.
    Text,
    /// true or false.
    Boolean,
    /// A day, as in 2026-01-31.
    Date,
}

/// Where a column comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The view.
    View,
    /// The view; it tells of one party, and is kept from those who may not see it.
    Of(Party),
    /// The settings: the reporting currency.
    Currency,
}

/// Whom a column, or a row, tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The customer of the row.
    Customer,
    /// The shipper of a link.
    Shipper,
    /// The consignee of a link.
    Consignee,
    /// The other end of the link that a row is about, where it is about one.
    Partner,
}

impl Party {
    /// What the names of its columns begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Customer => "",
            Self::Shipper => "shipper_",
            Self::Consignee => "consignee_",
            Self::Partner => "partner_",
        }
    }

    /// The column with its team.
    pub fn team_column(self) -> String {
        format!("{}team_id", self.prefix())
    }
}

/// What a dataset can be narrowed down by. In a dataset of links, one of the two parties must
/// match every filter.
#[derive(Debug)]
pub struct Filter {
    /// The parameter.
    pub name: &'static str,
    /// The column compared, without the party's prefix.
    pub column: &'static str,
    /// What values it takes.
    pub kind: Kind,
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.name.serialize(out)
    }
}

impl Filter {
    /// The column compared for one party.
    pub fn column_of(&self, party: Party) -> String {
        // The id of a party is called after it, all else begins with it.
        match (self.column, party) {
            (column, Party::Customer) => column.to_owned(),
            ("customer_id", party) => format!("{}id", party.prefix()),
            (column, party) => format!("{}{column}", party.prefix()),
        }
    }
}

impl Dataset {
    /// Every dataset.
    pub const ALL: &'static [&'static Self] = &[
        &SATISFACTION,
        &DIMENSIONS,
        &KPIS,
        &SURVEY_ANSWERS,
        &COMPLAINTS,
        &RISK,
        &LINKS,
        &TRACK_RECORD,
        &ALERT_OUTCOMES,
    ];

    /// The filter of this name.
    pub fn filter(&self, name: &str) -> Option<&'static Filter> {
        self.filters.iter().find(|filter| filter.name == name)
    }

    /// The columns that order rows within a run.
    pub fn order(&self) -> &'static [&'static str] {
        self.key.get(1..).unwrap_or_default()
    }

    /// The parties that columns tell of, and that are hidden from those who may not see them.
    pub fn told_of(&self) -> Vec<Party> {
        let mut parties: Vec<Party> = Vec::new();
        for column in self.columns {
            if let Source::Of(party) = column.source
                && !parties.contains(&party)
            {
                parties.push(party);
            }
        }
        parties
    }

    /// Where a column stands.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// The dataset as the document shows it.
    fn markdown(dataset: &Dataset) -> String {
        let names: Vec<_> = dataset.filters.iter().map(|filter| filter.name).collect();
        let mut text = format!(
            "## {}\n\n{}.\n\nKey: `{}`. View: `{}`. Filters: `as_of`, `{}`.\n\n\
             | column | type | unit | may be missing | meaning |\n|---|---|---|---|---|\n",
            dataset.name,
            dataset.summary,
            dataset.key.join("`, `"),
            dataset.view,
            names.join("`, `"),
        );
        for column in dataset.columns {
            let kind = serde_json::to_value(column.kind).unwrap();
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {} |",
                column.name,
                kind.as_str().unwrap(),
                column.unit,
                if column.nullable { "yes" } else { "" },
                column.meaning,
            );
        }
        text
    }

    #[test]
    fn the_document_says_what_the_definitions_say() {
        let document = include_str!("../../../docs/reports.md");
        for dataset in Dataset::ALL {
            let expected = markdown(dataset);
            assert!(
                document.contains(&expected),
                "docs/reports.md lacks:\n{expected}"
            );
        }
    }

    #[test]
    fn keys_filters_and_parties_name_columns_that_exist() {
        for dataset in Dataset::ALL {
            assert_eq!(dataset.key[0], "run_id");
            for name in dataset.key {
                assert!(dataset.place(name).is_some(), "{name}");
            }
            for party in dataset.of {
                assert!(dataset.place(&party.team_column()).is_some());
                for filter in dataset.filters {
                    let column = filter.column_of(*party);
                    assert!(dataset.place(&column).is_some(), "{column}");
                }
            }
            let mut names: Vec<_> = dataset.columns.iter().map(|column| column.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), dataset.columns.len(), "names are unique");
        }
    }
}
