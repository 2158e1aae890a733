//! Who is likely to leave.

use super::Party::Customer;
use super::Type::{Boolean, Date, Integer, Number, Text};
use super::columns::{
    AS_OF, BUSINESS, BUSINESS_BASIS, BY_COUNTRY, BY_ID, BY_ROLE, BY_TEAM, COUNTRY, CURRENCY,
    CUSTOMER_ID, CUSTOMER_NAME, EXTERNAL_ID, HORIZON, ROLE, RUN_ID, SHARE, TEAM, TEAM_ID, VALUE,
    VALUE_BASIS, WINDOW, column,
};
use super::{Dataset, Runs};

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
