//! How satisfied customers are.

use super::Party::Customer;
use super::Type::{Boolean, Date, Integer, Number, Text};
use super::columns::{
    AS_OF, BY_COUNTRY, BY_ID, BY_KIND, BY_KPI, BY_ROLE, BY_TEAM, COUNTRY, CUSTOMER_ID,
    CUSTOMER_NAME, EXTERNAL_ID, ROLE, RUN_ID, SHARE, TEAM, TEAM_ID, column,
};
use super::{Dataset, Runs};

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
            "respondents",
            Integer,
            "People whose answers are in it, however old",
        )
        .unit("people"),
        column(
            "survey_score",
            Number,
            "What their answers alone say; missing where nobody answered",
        )
        .unit(SHARE)
        .nullable(),
        column(
            "gap",
            Number,
            "Feeling less facts: survey_score less kpi_score",
        )
        .unit("-1 to 1")
        .nullable(),
        column(
            "agreement",
            Number,
            "How far its respondents agree (r_wg); missing with fewer than two",
        )
        .unit(SHARE)
        .nullable(),
        column(
            "sentiment",
            Number,
            "Sentiment index of what its people said; missing with too little text",
        )
        .unit("-1 to 1")
        .nullable(),
        column("sentiment_texts", Integer, "Texts behind the index").unit("texts"),
        column(
            "last_heard_on",
            Date,
            "The last answer or inbound word from it",
        )
        .nullable(),
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
            "departments_heard",
            Integer,
            "Required departments with an answer or inbound words in the last 180 days",
        )
        .unit("departments"),
        column(
            "departments_required",
            Integer,
            "Departments that the account needs satisfied",
        )
        .unit("departments"),
        column(
            "account_sentiment",
            Number,
            "Sentiment index of the whole customer; missing with too little text",
        )
        .unit("-1 to 1")
        .nullable(),
        column(
            "evidence",
            Text,
            "What the account's score rests on: enough, low or none",
        ),
    ],
};

/// Answers by what they are about.
pub const DIMENSIONS: Dataset = Dataset {
    name: "dimensions",
    summary: "One row per customer, department and dimension that answers are about",
    view: "bi_dimensions",
    key: &["run_id", "customer_id", "department", "dimension"],
    filters: &[BY_TEAM, BY_COUNTRY, BY_ROLE, BY_ID],
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
        column("department", Text, "The department's name"),
        column(
            "dimension",
            Text,
            "Such as timeliness; the nine of Logistics Service Quality and others",
        ),
        column("score", Number, "Mean of the answers, 1 is best").unit(SHARE),
        column("answers", Integer, "Answers behind it").unit("answers"),
    ],
};

/// KPIs by customer.
pub const KPIS: Dataset = Dataset {
    name: "kpis",
    summary: "One row per customer and KPI: what was measured, and against what",
    view: "bi_kpis",
    key: &["run_id", "customer_id", "kpi"],
    filters: &[BY_TEAM, BY_COUNTRY, BY_ROLE, BY_KPI, BY_ID],
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
        column("kpi", Text, "Which, as docs/models.md lists them"),
        column("value", Number, "What was measured").unit("as the KPI"),
        column(
            "low",
            Number,
            "Lower end of its 90 % interval; missing where there is none",
        )
        .unit("as the KPI")
        .nullable(),
        column(
            "high",
            Number,
            "Upper end of its 90 % interval; missing where there is none",
        )
        .unit("as the KPI")
        .nullable(),
        column("observations", Integer, "What it was counted from"),
        column(
            "desirability",
            Number,
            "0 at the unacceptable value, 1 on target",
        )
        .unit(SHARE),
        column("unacceptable", Number, "The value that counts as 0").unit("as the KPI"),
        column("target", Number, "The value that counts as 1").unit("as the KPI"),
        column(
            "target_from",
            Text,
            "Who set them: default, year_before, customer or contract",
        ),
    ],
};
