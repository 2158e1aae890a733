//! The calculator: the published formulas on values that anyone gives, without a database, so that
//! the numbers can be checked from outside.
//!
//! A document is a list of cases, or an object whose `cases` is such a list (its other members are
//! ignored). The answer maps the name of each case to its result; a case without a name goes by its
//! position (`"0"`, `"1"`, …), and where a name is taken already, ` #` and the position are added.
//! A case that is unknown or makes no sense answers `{"error": "MEMBER: what was expected"}`. What a
//! case says it expects (`expected`, `exact`) is neither read nor repeated.
//!
//! | kind | a case | its answer |
//! |---|---|---|
//! | `cascade` | `nodes`, `own`, `links` of `{shipper, consignee, business, value}`, `kappa`; optional `own_business`, `node_value`, and what is asked below | `churn`, `link_loss`, `expected_loss`, `blast_radius`, `business_at_risk`, `contributions` |
//! | `plan` | a network as for `cascade`, `budget`, `candidates` of `{customer, cost, effect}`; optional `worlds`, `seed` | `chosen` of `{customer, cost, gain_alone, gain_in_plan}`, `cost`, `loss_before`, `loss_after`, `saved`, `ceiling`, `gap`, `measured` (null without `worlds`) |
//! | `churn` | `model`, `params`, `input`; for k > 1 `k`; optional `horizons` (default 13 and 52 weeks) | `log_likelihood`, `p_alive`, `expected_events_H`, `p_at_least_one_event_H` |
//! | `churn`, `function` `fit` | `model`, `histories` of `{x, t_x, T, litt}` or `[x, t_x, T, litt]`, or `csv` with these columns; optional `k` (else selected up to `max_k`), `weights`, `prior` (`pooled`, `flat`, `{mu_log, sd_log}`) | `k`, `r`, `alpha`, `a`, `b`, `log_likelihood`, `objective`, `entities`, `evidence`, `tried` |
//! | `churn`, `function` `logit` | `rows`, `y`, `prior_mu`, `prior_sd` (a number or `"inf"`) | `coef`, `posterior_sd`, `probability`, `objective` |
//! | `churn`, `function` `average` | `p1`, `p2` | `p`, whose logit is the mean of theirs |
//! | `renewal` | `function`: `fit` (`survivors`, or `contracts` of `{renewals, lost}`; optional `prior` `published` or `flat`), `survival` and `renewal` (`t`; optional `alpha`, `beta`), `keep` (`p_active`, `share_under_contract`, `loss`, `weeks_to_end`; optional `horizon`) | `alpha`, `beta`, `log_likelihood`, …; `survival`; `loss`, `renewal`; `keep`, `volume_risk` |
//! | `satisfaction` | `function`, `input` | as the function: `theta`, `var`, …, `score`, `p`, … |
//! | `relationship` | `function` (`key_person`, `promise`, `trend`, `quadrant`), `input` | as the function: `max_share`, `hhi_unbiased`, …, `mean`, `lo`, `ratio`, `class`, … |
//! | `complaints` | `function` (`poisson_rate`, `km`, `u_chart`, `recovery`), `input` | as the function: `rate`, `lo`, `hi`, `curve`, `median`, `points`, `shrunk`, … |
//!
//! Customers and links are told by their position, from 0. `business_at_risk` is null for a customer
//! without business; `contributions` has a list of `{partner, contribution, share, partner_loss}` for
//! each customer. What else a case of `cascade` may ask:
//!
//! | member | adds to the answer |
//! |---|---|
//! | `effect`: a number, or one for each customer, in [0, 1] | `save_value` |
//! | `paths`: a list of `{from, to}` | `paths`: to each the ten strongest `chains` of `{strength, steps of {customer, weight}}` |
//! | `changes`: a list of `{kind, …}` | `what_if`: `expected_loss_before`, `expected_loss_after`, `affected` of `{customer, churn_before, churn_after, value_before, value_after}` |
//! | `open`: a flag for each customer; `own` is then the probability of the start | `prospects` of `{customer, won, start, potential, sources of {partner, contribution, share}}` |
//! | `worlds`: 2 to 1,000,000; `seed`, unless 1 | `distribution`: `expected_loss`, `customers_lost`, `quantiles` of `{level, value, lower, upper}` (95 %; null where there are too few worlds), `expected_shortfall`, `churn`, `churn_standard_error` |
//! | `audit`: true, beside `worlds` | `audit`: `agrees`, `expected_loss`, `customers_lost`, `churn`, `churn_agrees`, `worst`, and each customer's `z` |
//!
//! A change is `lose` or `protect` (`customer`), `own_churn` (`customer`, `probability`), `strength`
//! (`value`, as `kappa`), `customer_strength` (`customer`, `factor`), `link_business` or `link_value`
//! (`link`, `value`), `freight_terms` (`link`, `terms`). All changes of a case are made together.

mod cascade;
mod churn;
mod complaints;
mod fits;
mod members;
mod plan;
mod relationship;
mod renewal;
mod satisfaction;

use serde_json::{Map, Value, json};

use members::{CaseError, Members};

crate::word_enum! {
    /// Which formulas to apply.
    Kind {
        /// The share-loss cascade.
        Cascade = "cascade",
        /// Own churn.
        Churn = "churn",
        /// Renewal of contracts.
        Renewal = "renewal",
        /// Retention plans.
        Plan = "plan",
        /// Satisfaction.
        Satisfaction = "satisfaction",
        /// Key persons, promises, trends, loyalty.
        Relationship = "relationship",
        /// Complaints: rates, times, charts, recovery.
        Complaints = "complaints",
    }
}

/// Answers to all cases of a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CalcOutcome {
    /// From the name of the case to its result, added in the order of the cases.
    pub answers: Map<String, Value>,
    /// How many of them are errors.
    pub failed: usize,
}

/// Applies the formulas of `kind` to every case of `document`.
///
/// Never fails as a whole: a document that is neither a list nor an object with `cases` gives one
/// answer, `error`, which counts as failed.
pub fn run(kind: Kind, document: &Value) -> CalcOutcome {
    let cases = match document {
        Value::Array(cases) => Some(cases),
        Value::Object(object) => object.get("cases").and_then(Value::as_array),
        _ => None,
    };
    let mut outcome = CalcOutcome::default();
    let Some(cases) = cases else {
        let text = "cases: expected a list of cases, or an object with such a list as `cases`";
        outcome.answers.insert("error".to_owned(), json!(text));
        outcome.failed = 1;
        return outcome;
    };
    for (position, case) in cases.iter().enumerate() {
        let answer = answer(kind, case).unwrap_or_else(|error| {
            outcome.failed += 1;
            json!({ "error": error.to_string() })
        });
        let mut name = match case.get("name").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => position.to_string(),
        };
        while outcome.answers.contains_key(&name) {
            name = format!("{name} #{position}");
        }
        outcome.answers.insert(name, answer);
    }
    outcome
}

fn answer(kind: Kind, case: &Value) -> Result<Value, CaseError> {
    let case = Members::of("case", case)?;
    case.optional_text("name")?;
    match kind {
        Kind::Cascade => cascade::answer(&case),
        Kind::Churn => churn::answer(&case),
        Kind::Renewal => renewal::answer(&case),
        Kind::Plan => plan::answer(&case),
        Kind::Satisfaction => satisfaction::answer(&case),
        Kind::Relationship => relationship::answer(&case),
        Kind::Complaints => complaints::answer(&case),
    }
}
