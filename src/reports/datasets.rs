//! The datasets that BI tools read: what their columns are called, hold and mean, said once.

use serde::Serialize;
use serde::ser::Serializer;

use crate::assessment::model::Role;
use crate::customers::model::DepartmentKind;
use crate::db::select::Kind;

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
}

impl Party {
    /// What the names of its columns begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Customer => "",
            Self::Shipper => "shipper_",
            Self::Consignee => "consignee_",
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
    pub const ALL: &'static [&'static Self] =
        &[&SATISFACTION, &RISK, &LINKS, &TRACK_RECORD, &ALERT_OUTCOMES];

    /// The filter of this name.
    pub fn filter(&self, name: &str) -> Option<&'static Filter> {
        self.filters.iter().find(|filter| filter.name == name)
    }

    /// The columns that order rows within a run.
    pub fn order(&self) -> &'static [&'static str] {
        self.key.get(1..).unwrap_or_default()
    }

    /// Where a column stands.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

const fn column(name: &'static str, kind: Type, meaning: &'static str) -> Column {
    Column {
        name,
        kind,
        unit: "",
        nullable: false,
        meaning,
        source: Source::View,
    }
}

impl Column {
    const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    const fn of(mut self, party: Party) -> Self {
        self.source = Source::Of(party);
        self.nullable = true;
        self
    }

    const fn of_currency(mut self) -> Self {
        self.source = Source::Currency;
        self
    }
}

const fn filter(name: &'static str, column: &'static str, kind: Kind) -> Filter {
    Filter { name, column, kind }
}

use Party::{Consignee, Customer, Shipper};
use Type::{Boolean, Date, Integer, Number, Text};

const SHARE: &str = "0 to 1";
const BUSINESS: &str = "as business_basis says";
const VALUE: &str = "as value_basis says";

const BY_ID: Filter = filter("customer_id", "customer_id", Kind::Int);
const BY_TEAM: Filter = filter("team_id", "team_id", Kind::Int);
const BY_COUNTRY: Filter = filter("country", "country", Kind::Text);
const BY_ROLE: Filter = filter("role", "role", Kind::Words(Role::WORDS));
const BY_KIND: Filter = filter("department", "kind", Kind::Words(DepartmentKind::WORDS));

const RUN_ID: Column = column(
    "run_id",
    Integer,
    "The assessment run; its rows never change",
);
const AS_OF: Column = column("as_of", Date, "What was known before this day counts");
const HORIZON: Column =
    column("horizon_weeks", Integer, "How far ahead the run looks").unit("weeks");
const WINDOW: Column =
    column("window_days", Integer, "How far back business is counted").unit("days");
const CUSTOMER_ID: Column = column("customer_id", Integer, "The customer");
const CUSTOMER_NAME: Column = column("customer_name", Text, "Its name today");
const EXTERNAL_ID: Column = column(
    "external_id",
    Text,
    "Its first external id by system and id, as SYSTEM:ID",
)
.nullable();
const COUNTRY: Column = column("country", Text, "Its country, ISO 3166-1 alpha-2").nullable();
const ROLE: Column = column(
    "role",
    Text,
    "Its side by its traffic: shipper, consignee or both",
);
const TEAM_ID: Column = column("team_id", Integer, "The team it belongs to today").nullable();
const TEAM: Column = column("team", Text, "The name of that team").nullable();
const BUSINESS_BASIS: Column = column(
    "business_basis",
    Text,
    "What business is measured in: revenue (minor units), weight (kg) or shipments",
);
const VALUE_BASIS: Column = column(
    "value_basis",
    Text,
    "What value is measured in: margin or revenue (minor units), or business (as business_basis says)",
);
const CURRENCY: Column = column(
    "currency",
    Text,
    "The reporting currency of amounts in minor units, ISO 4217",
)
.of_currency();

/// Satisfaction by customer and department.
pub const SATISFACTION: Dataset = Dataset {
    name: "satisfaction",
    summary: "One row per customer and department: how satisfied it is, and the account with it",
    view: "bi_satisfaction",
    key: &["run_id", "customer_id", "department"],
    filters: &[BY_TEAM, BY_COUNTRY, BY_ROLE, BY_KIND, BY_ID],
    of: &[Customer],
    runs: Runs::Finished,
    columns: &[
        RUN_ID,
        AS_OF,
        CUSTOMER_ID,
        CUSTOMER_NAME,
        EXTERNAL_ID,
        COUNTRY,
        ROLE.nullable(),
        TEAM_ID,
        TEAM,
        column(
            "department",
            Text,
            "The department's name; its kind where none is recorded",
        ),
        column("kind", Text, "What the department does"),
        column(
            "department_id",
            Integer,
            "The department; missing where none is recorded and a standard one stands in",
        )
        .nullable(),
        column("score", Number, "How satisfied the department is").unit(SHARE),
        column("low", Number, "Lower end of the score's 90 % interval").unit(SHARE),
        column("high", Number, "Upper end of the score's 90 % interval").unit(SHARE),
        column(
            "kpi_score",
            Number,
            "What the facts alone say; missing where none was observed",
        )
        .unit(SHARE)
        .nullable(),
        column(
            "kpi_coverage",
            Number,
            "Share of the department's KPIs, by weight, that was observed",
        )
        .unit(SHARE),
        column("answers", Number, "Effective number of respondents").unit("answers"),
        column(
            "weight",
            Number,
            "Its share in the account's score, relative to the others",
        ),
        column(
            "required",
            Boolean,
            "Whether the account needs it satisfied",
        ),
        column(
            "account_score",
            Number,
            "How satisfied the account is as a whole",
        )
        .unit(SHARE),
        column(
            "account_low",
            Number,
            "Lower end of the account's 90 % interval",
        )
        .unit(SHARE),
        column(
            "account_high",
            Number,
            "Upper end of the account's 90 % interval",
        )
        .unit(SHARE),
        column(
            "account_coverage",
            Number,
            "Share of the required departments with data",
        )
        .unit(SHARE),
        column(
            "p_all",
            Number,
            "Probability that every required department is satisfied",
        )
        .unit(SHARE),
        column(
            "light",
            Text,
            "The account's light: green, amber, red or unknown",
        ),
        column("weakest", Text, "The account's weakest department"),
        column(
            "evidence",
            Text,
            "What the account's score rests on: enough, low or none",
        ),
    ],
};

/// Risk by customer.
pub const RISK: Dataset = Dataset {
    name: "risk",
    summary: "One row per customer: how likely it is to leave, what would go with it",
    view: "bi_risk",
    key: &["run_id", "customer_id"],
    filters: &[BY_TEAM, BY_COUNTRY, BY_ROLE, BY_ID],
    of: &[Customer],
    runs: Runs::Finished,
    columns: &[
        RUN_ID,
        AS_OF,
        HORIZON,
        WINDOW,
        CUSTOMER_ID,
        CUSTOMER_NAME,
        EXTERNAL_ID,
        COUNTRY,
        ROLE,
        TEAM_ID,
        TEAM,
        column(
            "churn_probability",
            Number,
            "That it is lost within the horizon, by itself or with its partners",
        )
        .unit(SHARE),
        column(
            "own_churn",
            Number,
            "That it is lost within the horizon by itself",
        )
        .unit(SHARE),
        column("p_alive", Number, "That it still ships at all").unit(SHARE),
        column(
            "expected_days",
            Number,
            "Shipping days expected over the horizon",
        )
        .unit("days"),
        column(
            "shipping_days",
            Integer,
            "Shipping days seen in the last two years",
        )
        .unit("days"),
        column("recency_weeks", Number, "Since its last shipping day").unit("weeks"),
        column("age_weeks", Number, "Since its first shipping day").unit("weeks"),
        column("last_on", Date, "Its last shipping day"),
        column("is_new", Boolean, "Too young to be judged"),
        column(
            "evidence",
            Text,
            "What its own churn rests on: enough, low or none",
        ),
        column("business", Number, "Its business over the window").unit(BUSINESS),
        column(
            "business_at_risk",
            Number,
            "Share of it expected to be lost",
        )
        .unit(SHARE),
        BUSINESS_BASIS,
        column("value", Number, "Value of its links over the horizon").unit(VALUE),
        column("value_at_risk", Number, "Expected loss of that value").unit(VALUE),
        column(
            "blast_radius",
            Number,
            "Expected loss in the whole network if it is lost, less the loss if it is safe",
        )
        .unit(VALUE),
        column(
            "save_value",
            Number,
            "What a retention play on it would save",
        )
        .unit(VALUE),
        VALUE_BASIS,
        column("partners", Integer, "Partners in the window").unit("customers"),
        column(
            "partners_silent",
            Integer,
            "Those without a shipment with it in the last horizon",
        )
        .unit("customers"),
        CURRENCY,
    ],
};

/// Links between shippers and consignees.
pub const LINKS: Dataset = Dataset {
    name: "links",
    summary: "One row per link: how likely it is to be lost, how satisfied both sides are with it",
    view: "bi_links",
    key: &["run_id", "shipper_id", "consignee_id"],
    filters: &[BY_TEAM, BY_COUNTRY, BY_ROLE, BY_ID],
    of: &[Shipper, Consignee],
    runs: Runs::Finished,
    columns: &[
        RUN_ID,
        AS_OF,
        HORIZON,
        WINDOW,
        column("shipper_id", Integer, "The shipper").of(Shipper),
        column("shipper_name", Text, "Its name today").of(Shipper),
        column("shipper_external_id", Text, EXTERNAL_ID.meaning).of(Shipper),
        column("shipper_country", Text, COUNTRY.meaning).of(Shipper),
        column("shipper_role", Text, ROLE.meaning).of(Shipper),
        column("shipper_team_id", Integer, TEAM_ID.meaning).of(Shipper),
        column("shipper_team", Text, TEAM.meaning).of(Shipper),
        column("consignee_id", Integer, "The consignee").of(Consignee),
        column("consignee_name", Text, "Its name today").of(Consignee),
        column("consignee_external_id", Text, EXTERNAL_ID.meaning).of(Consignee),
        column("consignee_country", Text, COUNTRY.meaning).of(Consignee),
        column("consignee_role", Text, ROLE.meaning).of(Consignee),
        column("consignee_team_id", Integer, TEAM_ID.meaning).of(Consignee),
        column("consignee_team", Text, TEAM.meaning).of(Consignee),
        column("shipments", Integer, "Shipments in the window").unit("shipments"),
        column("last_on", Date, "The last shipping day"),
        column("business", Number, "Business over the window").unit(BUSINESS),
        BUSINESS_BASIS,
        column("value", Number, "Value over the horizon").unit(VALUE),
        VALUE_BASIS,
        column(
            "loss_probability",
            Number,
            "That either side is lost within the horizon",
        )
        .unit(SHARE),
        column(
            "satisfaction",
            Number,
            "How satisfied both sides are with the link",
        )
        .unit(SHARE),
        column("satisfaction_low", Number, "Lower end of its 90 % interval").unit(SHARE),
        column(
            "satisfaction_high",
            Number,
            "Upper end of its 90 % interval",
        )
        .unit(SHARE),
        column(
            "imbalance",
            Number,
            "The shipper's score less the consignee's",
        )
        .unit("-1 to 1"),
        CURRENCY,
    ],
};

const IN_TIME: Column = column(
    "in_time",
    Boolean,
    "Whether the run was made by a week after its as-of date; else it is a back-test",
);

/// What became of the predictions of each run, and of each team's customers.
pub const TRACK_RECORD: Dataset = Dataset {
    name: "track_record",
    summary: "One row per judged run and slice of its customers: what became of its predictions",
    view: "bi_track_record",
    key: &["run_id", "slice"],
    filters: &[BY_TEAM],
    of: &[Customer],
    runs: Runs::Scored,
    columns: &[
        column("run_id", Integer, "The assessment run that is judged"),
        AS_OF,
        HORIZON,
        column(
            "slice",
            Text,
            "Whose figures: all, no_team, or team: and its id",
        ),
        column(
            "team_id",
            Integer,
            "The team, as customers belonged when the run was scored",
        )
        .nullable(),
        column("team", Text, "The name of that team").nullable(),
        IN_TIME,
        column("customers", Integer, "Predictions judged").unit("customers"),
        column(
            "gone",
            Integer,
            "Customers that had left already, and are not judged",
        )
        .unit("customers"),
        column(
            "lost",
            Integer,
            "Judged ones without a shipping day in the horizon",
        )
        .unit("customers"),
        column(
            "expected_lost",
            Number,
            "Sum of the churn probabilities of the judged",
        )
        .unit("customers"),
        column(
            "auc",
            Number,
            "Probability that a lost customer had the higher churn probability of the two",
        )
        .unit(SHARE)
        .nullable(),
        column(
            "brier",
            Number,
            "Mean squared difference of churn probability and outcome",
        )
        .unit(SHARE)
        .nullable(),
        column(
            "brier_skill",
            Number,
            "1 less Brier over that of the base rate; above 0 is better than it",
        )
        .nullable(),
        column(
            "calibration_error",
            Number,
            "Mean distance of predicted and observed shares by bins",
        )
        .unit(SHARE)
        .nullable(),
        column(
            "alerts_right",
            Integer,
            "Customers with an alert that were lost",
        )
        .unit("customers"),
        column(
            "alerts_wrong",
            Integer,
            "Customers with an alert that were not",
        )
        .unit("customers"),
        column("missed", Integer, "Customers lost without an alert").unit("customers"),
        column(
            "warning_days_median",
            Number,
            "Median of the days of warning of the alerts that were right",
        )
        .unit("days")
        .nullable(),
    ],
};

/// What became of each alert, and who was lost without one.
pub const ALERT_OUTCOMES: Dataset = Dataset {
    name: "alert_outcomes",
    summary: "One row per judged run and customer that had an alert or was lost without one",
    view: "bi_alert_outcomes",
    key: &["run_id", "customer_id"],
    filters: &[BY_TEAM, BY_COUNTRY, BY_ROLE, BY_ID],
    of: &[Customer],
    runs: Runs::Scored,
    columns: &[
        column("run_id", Integer, "The assessment run that is judged"),
        AS_OF,
        HORIZON,
        IN_TIME,
        CUSTOMER_ID,
        CUSTOMER_NAME,
        EXTERNAL_ID,
        COUNTRY,
        ROLE,
        TEAM_ID,
        TEAM,
        column(
            "outcome",
            Text,
            "right (alert, lost), wrong (alert, not lost) or missed (lost, no alert)",
        ),
        column(
            "alert_id",
            Integer,
            "The alert that stood when the run was done",
        )
        .nullable(),
        column("reason", Text, "What opened it: churn_level or churn_rise").nullable(),
        column("severity", Text, "How urgent it is: high or medium").nullable(),
        column("opened_on", Date, "When it was opened").nullable(),
        column("churn_probability", Number, "The customer's in the run").unit(SHARE),
        column("last_on", Date, "Its last shipping day that the run knew"),
        column(
            "silent_on",
            Date,
            "That day and a horizon: from then on the loss was certain; missing if not lost",
        )
        .nullable(),
        column(
            "warning_days",
            Integer,
            "From opened_on to silent_on; negative if the alert came later",
        )
        .unit("days")
        .nullable(),
    ],
};

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
        let document = include_str!("../../docs/reports.md");
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
