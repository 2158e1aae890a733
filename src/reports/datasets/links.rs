//! Links and both their ends.

use super::Party::{Consignee, Shipper};
use super::Type::{Boolean, Date, Integer, Number, Text};
use super::columns::{
    AS_OF, BUSINESS, BUSINESS_BASIS, BY_COUNTRY, BY_ID, BY_ROLE, BY_TEAM, COUNTRY, CURRENCY,
    EXTERNAL_ID, HORIZON, ROLE, RUN_ID, SHARE, TEAM, TEAM_ID, VALUE, VALUE_BASIS, WINDOW, column,
};
use super::{Dataset, Runs};

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
        column(
            "shipper_satisfaction",
            Number,
            "The shipper's score of the link",
        )
        .unit(SHARE)
        .of(Shipper),
        column(
            "shipper_satisfaction_low",
            Number,
            "Lower end of its 90 % interval",
        )
        .unit(SHARE)
        .of(Shipper),
        column(
            "shipper_satisfaction_high",
            Number,
            "Upper end of its 90 % interval",
        )
        .unit(SHARE)
        .of(Shipper),
        column(
            "shipper_answers",
            Number,
            "Effective number of its answers about the link",
        )
        .unit("answers")
        .of(Shipper),
        column(
            "consignee_satisfaction",
            Number,
            "The consignee's score of the link",
        )
        .unit(SHARE)
        .of(Consignee),
        column(
            "consignee_satisfaction_low",
            Number,
            "Lower end of its 90 % interval",
        )
        .unit(SHARE)
        .of(Consignee),
        column(
            "consignee_satisfaction_high",
            Number,
            "Upper end of its 90 % interval",
        )
        .unit(SHARE)
        .of(Consignee),
        column(
            "consignee_answers",
            Number,
            "Effective number of its answers about the link",
        )
        .unit("answers")
        .of(Consignee),
        column(
            "one_sided",
            Boolean,
            "One of the two parties is no account, and counts with its prior",
        )
        .nullable(),
        CURRENCY,
    ],
};
