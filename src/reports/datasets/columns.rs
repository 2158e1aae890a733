//! Columns and filters that several datasets have.

use super::{Column, Filter, Party, Source, Type};
use crate::assessment::model::Role;
use crate::customers::model::DepartmentKind;
use crate::db::select::Kind;
use crate::satisfaction::Kpi;
use Type::{Date, Integer, Text};

pub(super) const fn column(name: &'static str, kind: Type, meaning: &'static str) -> Column {
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
    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    pub(super) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    pub(super) const fn of(mut self, party: Party) -> Self {
        self.source = Source::Of(party);
        self.nullable = true;
        self
    }

    pub(super) const fn of_currency(mut self) -> Self {
        self.source = Source::Currency;
        self
    }
}

pub(super) const fn filter(name: &'static str, column: &'static str, kind: Kind) -> Filter {
    Filter { name, column, kind }
}

pub(super) const SHARE: &str = "0 to 1";
pub(super) const BUSINESS: &str = "as business_basis says";
pub(super) const VALUE: &str = "as value_basis says";

pub(super) const BY_ID: Filter = filter("customer_id", "customer_id", Kind::Int);
pub(super) const BY_TEAM: Filter = filter("team_id", "team_id", Kind::Int);
pub(super) const BY_COUNTRY: Filter = filter("country", "country", Kind::Text);
pub(super) const BY_ROLE: Filter = filter("role", "role", Kind::Words(Role::WORDS));
pub(super) const BY_KIND: Filter = filter("department", "kind", Kind::Words(DepartmentKind::WORDS));

pub(super) const BY_KPI: Filter = filter("kpi", "kpi", Kind::Words(Kpi::WORDS));
pub(super) const BY_SURVEY: Filter = filter("survey_id", "survey_id", Kind::Int);
pub(super) const BY_CAUSE: Filter = filter("cause", "cause", Kind::Text);

pub(super) const WINDOW_RUN: Column = column(
    "run_id",
    Integer,
    "The assessment run whose window it is; late entries change its rows",
);
pub(super) const RUN_ID: Column = column(
    "run_id",
    Integer,
    "The assessment run; its rows never change",
);
pub(super) const AS_OF: Column = column("as_of", Date, "What was known before this day counts");
pub(super) const HORIZON: Column =
    column("horizon_weeks", Integer, "How far ahead the run looks").unit("weeks");
pub(super) const WINDOW: Column =
    column("window_days", Integer, "How far back business is counted").unit("days");
pub(super) const CUSTOMER_ID: Column = column("customer_id", Integer, "The customer");
pub(super) const CUSTOMER_NAME: Column = column("customer_name", Text, "Its name today");
pub(super) const EXTERNAL_ID: Column = column(
    "external_id",
    Text,
    "Its first external id by system and id, as SYSTEM:ID",
)
.nullable();
pub(super) const COUNTRY: Column =
    column("country", Text, "Its country, ISO 3166-1 alpha-2").nullable();
pub(super) const ROLE: Column = column(
    "role",
    Text,
    "Its side by its traffic: shipper, consignee or both",
);
pub(super) const TEAM_ID: Column =
    column("team_id", Integer, "The team it belongs to today").nullable();
pub(super) const TEAM: Column = column("team", Text, "The name of that team").nullable();
pub(super) const BUSINESS_BASIS: Column = column(
    "business_basis",
    Text,
    "What business is measured in: revenue (minor units), weight (kg) or shipments",
);
pub(super) const VALUE_BASIS: Column = column(
    "value_basis",
    Text,
    "What value is measured in: margin or revenue (minor units), or business (as business_basis says)",
);
pub(super) const CURRENCY: Column = column(
    "currency",
    Text,
    "The reporting currency of amounts in minor units, ISO 4217",
)
.of_currency();
