//! What people ask for, as they write it, and the rules that need no database.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::NaiveDate;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::schema::{OneOfBuilder, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::api::reference::Reference;
use crate::error::{Answer, Error, ProblemPart};
use crate::shipments::model::FreightTerms;

/// Changes in one what-if at most.
pub const MOST_CHANGES: usize = 100;
/// Affected customers that an answer names, and at most.
pub const NAMED: (usize, usize) = (20, 500);
/// Candidates of a plan at most, and where the caller does not say.
pub const CANDIDATES: (usize, usize) = (1_000, 200);
/// Worlds of a simulation, fewest and most.
pub const WORLDS: (u32, u32) = (100, 20_000);
/// Characters of a name at most.
const LONGEST_NAME: usize = 200;
/// Costs and budgets at most, minor units: sums of a thousand of them stay exact.
const MOST_MONEY: i64 = 1_000_000_000_000;

/// A customer as a body names it: its id, or `ext:SYSTEM:ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRef(pub Reference);

impl<'de> Deserialize<'de> for CustomerRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = CustomerRef;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a customer: its id, or \"ext:SYSTEM:ID\"")
            }

            fn visit_i64<E: de::Error>(self, id: i64) -> Result<CustomerRef, E> {
                Ok(CustomerRef(Reference::Id(id)))
            }

            fn visit_u64<E: de::Error>(self, id: u64) -> Result<CustomerRef, E> {
                let id = i64::try_from(id)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(id), &self))?;
                Ok(CustomerRef(Reference::Id(id)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CustomerRef, E> {
                Reference::parse(text)
                    .map(CustomerRef)
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl PartialSchema for CustomerRef {
    fn schema() -> RefOr<Schema> {
        let of = |kind| ObjectBuilder::new().schema_type(kind).build();
        OneOfBuilder::new()
            .item(of(Type::Integer))
            .item(of(Type::String))
            .description(Some("A customer: its id, or `ext:SYSTEM:ID`"))
            .into()
    }
}

impl ToSchema for CustomerRef {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("CustomerRef")
    }
}

crate::word_enum! {
    /// What is taken to be otherwise.
    ChangeKind {
        /// The customer leaves.
        Lose = "lose",
        /// The customer does not leave by itself; it may still follow partners.
        Protect = "protect",
        /// The customer leaves by itself with another probability.
        OwnChurn = "own_churn",
        /// Customers follow lost business more or less strongly.
        Strength = "strength",
        /// More or less business goes over a link.
        LinkBusiness = "link_business",
        /// A link is worth more or less.
        LinkValue = "link_value",
        /// Somebody else pays the freight on a link, and so chooses the carrier.
        FreightTerms = "freight_terms",
    }
}

/// One thing that is taken to be otherwise. Which members are needed depends on `kind`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeInput {
    /// What is changed.
    pub kind: ChangeKind,
    /// Whom: for `lose`, `protect`, `own_churn`.
    #[serde(default)]
    pub customer: Option<CustomerRef>,
    /// From whom: for `link_business`, `link_value`, `freight_terms`.
    #[serde(default)]
    pub shipper: Option<CustomerRef>,
    /// To whom: for `link_business`, `link_value`, `freight_terms`.
    #[serde(default)]
    pub consignee: Option<CustomerRef>,
    /// Own churn, in `[0, 1]`: for `own_churn`.
    #[serde(default)]
    pub probability: Option<f64>,
    /// For `strength`: one strength for everybody, at least 0 and below 1. For `link_business`: over the
    /// window, in the run's business basis, 0 or more. For `link_value`: over the horizon, in its
    /// value basis (minor units where that is money).
    #[serde(default)]
    pub value: Option<f64>,
    /// Instead of `value`: so many times what it is, 0 or more.
    #[serde(default)]
    pub factor: Option<f64>,
    /// For `freight_terms`.
    #[serde(default)]
    pub terms: Option<FreightTerms>,
}

/// A simulation: how many worlds, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorldsInput {
    /// Worlds drawn, 100 to 20,000.
    pub worlds: u32,
    /// The same seed draws the same worlds. Default 1.
    #[serde(default = "first_seed")]
    pub seed: u64,
}

fn first_seed() -> u64 {
    1
}

/// A what-if to be computed and kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfInput {
    /// What to call it.
    #[serde(default)]
    pub name: Option<String>,
    /// As-of date of a finished run; default: the latest.
    #[serde(default)]
    pub as_of: Option<NaiveDate>,
    /// Instead of `as_of`: a finished run.
    #[serde(default)]
    pub run_id: Option<i64>,
    /// What is taken to be otherwise, all of it together: 1 to 100.
    pub changes: Vec<ChangeInput>,
    /// Affected customers named at most, 1 to 500. Default 20.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Adds how the loss is distributed, by simulation.
    #[serde(default)]
    pub distribution: Option<WorldsInput>,
}

/// A customer that a plan may choose.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateInput {
    /// Whom.
    pub customer: CustomerRef,
    /// What a retention play costs, minor units, 0 or more.
    pub cost: i64,
    /// By how much it lowers own churn, in `[0, 1]`; default: the plan's.
    #[serde(default)]
    pub effect: Option<f64>,
}

/// A retention plan to be computed and kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanInput {
    /// What to call it.
    #[serde(default)]
    pub name: Option<String>,
    /// What may be spent, minor units, 0 or more.
    pub budget: i64,
    /// Whom the plan may choose: at most 1,000. Or else `default_cost`.
    #[serde(default)]
    pub candidates: Option<Vec<CandidateInput>>,
    /// What a retention play costs, minor units, for each of the first `top` of the watch list.
    #[serde(default)]
    pub default_cost: Option<i64>,
    /// How much of the watch list, 1 to 1,000. Default 200.
    #[serde(default)]
    pub top: Option<u32>,
    /// By how much a play lowers own churn, in `[0, 1]`; default: `HAWSER_SAVE_EFFECT`.
    #[serde(default)]
    pub effect: Option<f64>,
    /// As-of date of a finished run; default: the latest.
    #[serde(default)]
    pub as_of: Option<NaiveDate>,
    /// Instead of `as_of`: a finished run.
    #[serde(default)]
    pub run_id: Option<i64>,
    /// The simulation that reports what the plan saves. Default: 2,000 worlds from seed 1.
    #[serde(default)]
    pub check: Option<WorldsInput>,
}

/// Collects what is wrong with a body, place by place.
#[derive(Debug, Default)]
pub struct Wrong(Vec<ProblemPart>);

impl Wrong {
    /// Notes a broken rule; `pointer` is a JSON pointer into the body.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, rule: impl Into<String>) {
        self.0.push(ProblemPart {
            pointer: pointer.into(),
            code: code.to_owned(),
            detail: rule.into(),
        });
    }

    fn check(
        &mut self,
        holds: bool,
        pointer: impl Into<String>,
        code: &'static str,
        rule: impl Into<String>,
    ) {
        if !holds {
            self.add(pointer, code, rule);
        }
    }

    /// A 422 that names everything noted, or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Unprocessable`].
    pub fn finish(self) -> Answer<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let told: Vec<String> = self
            .0
            .iter()
            .map(|part| format!("{}: {}", part.pointer, part.detail))
            .collect();
        Err(Error::Unprocessable {
            code: "invalid",
            detail: told.join("; "),
            errors: self.0,
        })
    }

    fn name(&mut self, name: Option<&str>) {
        let fine = name.is_none_or(|name| {
            !name.trim().is_empty()
                && name.chars().count() <= LONGEST_NAME
                && !name.chars().any(char::is_control)
        });
        let rule = format!("expected one line of at most {LONGEST_NAME} characters");
        self.check(fine, "/name", "bad_name", rule);
    }

    fn one_run(&mut self, as_of: Option<NaiveDate>, run_id: Option<i64>) {
        let both = as_of.is_some() && run_id.is_some();
        self.check(
            !both,
            "/run_id",
            "contradicts",
            "expected as_of or run_id, not both",
        );
    }

    fn simulation(&mut self, pointer: &str, wanted: Option<WorldsInput>) {
        let (fewest, most) = WORLDS;
        let fine = wanted.is_none_or(|wanted| (fewest..=most).contains(&wanted.worlds));
        let rule = format!("expected {fewest} to {most} worlds");
        self.check(fine, format!("{pointer}/worlds"), "out_of_range", rule);
    }

    fn effect(&mut self, pointer: String, effect: Option<f64>) {
        let fine = effect.is_none_or(|effect| (0.0..=1.0).contains(&effect));
        self.check(
            fine,
            pointer,
            "out_of_range",
            "expected a number between 0 and 1",
        );
    }

    fn money(&mut self, pointer: String, amount: i64) {
        if amount < 0 {
            self.add(pointer, "negative", "expected 0 or more, in minor units");
        } else if amount > MOST_MONEY {
            let rule = format!("expected at most {MOST_MONEY} minor units");
            self.add(pointer, "out_of_range", rule);
        }
    }
}

/// What kind of thing a change is about: two changes of the same thing contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject<C> {
    /// Own churn of a customer: `lose`, `protect`, `own_churn`.
    Own(C),
    /// The strengths.
    Strength,
    /// A property of a link, from shipper to consignee.
    Link(ChangeKind, C, C),
}

impl ChangeKind {
    /// Whether it is about a link.
    pub fn of_link(self) -> bool {
        matches!(
            self,
            Self::LinkBusiness | Self::LinkValue | Self::FreightTerms
        )
    }

    /// Whether it is about own churn.
    pub fn of_customer(self) -> bool {
        matches!(self, Self::Lose | Self::Protect | Self::OwnChurn)
    }

    /// Whether it takes `value` or `factor`.
    fn of_amount(self) -> bool {
        matches!(self, Self::Strength | Self::LinkBusiness | Self::LinkValue)
    }
}

impl ChangeInput {
    /// Checks one change by itself.
    fn check(&self, at: usize, wrong: &mut Wrong) {
        let kind = self.kind;
        let place = |member: &str| format!("/changes/{at}/{member}");
        let members = [
            ("customer", self.customer.is_some(), kind.of_customer()),
            ("shipper", self.shipper.is_some(), kind.of_link()),
            ("consignee", self.consignee.is_some(), kind.of_link()),
            (
                "probability",
                self.probability.is_some(),
                kind == ChangeKind::OwnChurn,
            ),
            (
                "terms",
                self.terms.is_some(),
                kind == ChangeKind::FreightTerms,
            ),
        ];
        for (member, given, needed) in members {
            match (given, needed) {
                (false, true) => {
                    wrong.add(place(member), "missing", format!("{kind} needs it"));
                }
                (true, false) => {
                    let rule = format!("{kind} does not take it");
                    wrong.add(place(member), "not_applicable", rule);
                }
                _ => {}
            }
        }
        if let Some(probability) = self.probability {
            let fine = (0.0..=1.0).contains(&probability);
            let rule = "expected a number between 0 and 1";
            wrong.check(fine, place("probability"), "out_of_range", rule);
        }
        self.check_amount(at, wrong);
    }

    fn check_amount(&self, at: usize, wrong: &mut Wrong) {
        let kind = self.kind;
        let place = |member: &str| format!("/changes/{at}/{member}");
        match (self.value, self.factor, kind.of_amount()) {
            (None, None, true) => {
                let rule = format!("{kind} needs value or factor");
                wrong.add(place("value"), "missing", rule);
            }
            (Some(_), Some(_), true) => wrong.add(
                place("factor"),
                "contradicts",
                "expected value or factor, not both",
            ),
            (Some(_), _, false) => {
                let rule = format!("{kind} does not take it");
                wrong.add(place("value"), "not_applicable", rule);
            }
            (_, Some(_), false) => {
                let rule = format!("{kind} does not take it");
                wrong.add(place("factor"), "not_applicable", rule);
            }
            _ => {}
        }
        if let Some(factor) = self.factor {
            let fine = (0.0..=1e6).contains(&factor);
            let rule = "expected a number between 0 and 1000000";
            wrong.check(fine, place("factor"), "out_of_range", rule);
        }
        let Some(value) = self.value else {
            return;
        };
        let (fine, rule) = match kind {
            ChangeKind::Strength => (
                (0.0..1.0).contains(&value),
                "expected a number of at least 0 and below 1",
            ),
            ChangeKind::LinkBusiness => (
                (0.0..=1e15).contains(&value),
                "expected a number between 0 and 1e15",
            ),
            _ => (
                value.abs() <= 1e15,
                "expected a number between -1e15 and 1e15",
            ),
        };
        wrong.check(fine, place("value"), "out_of_range", rule);
    }
}

/// Refuses two changes of the same thing, whether they agree or not.
///
/// `subjects` stand in the order of the changes.
///
/// # Errors
///
/// 422 `contradicting_changes` that names both.
pub fn refuse_contradictions<C: std::hash::Hash + Eq>(
    subjects: impl IntoIterator<Item = Subject<C>>,
) -> Answer<()> {
    let mut seen: HashMap<Subject<C>, usize> = HashMap::new();
    let mut errors = Vec::new();
    for (at, subject) in subjects.into_iter().enumerate() {
        let what = match &subject {
            Subject::Own(_) => "what becomes of this customer",
            Subject::Strength => "the strengths",
            Subject::Link(..) => "the same of this link",
        };
        if let Some(first) = seen.get(&subject) {
            errors.push(ProblemPart {
                pointer: format!("/changes/{at}"),
                code: "contradicts".to_owned(),
                detail: format!("/changes/{first} says {what} already: expected one of them"),
            });
        } else {
            seen.insert(subject, at);
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = errors
        .iter()
        .map(|part| format!("{}: {}", part.pointer, part.detail))
        .collect();
    Err(Error::Unprocessable {
        code: "contradicting_changes",
        detail: told.join("; "),
        errors,
    })
}

impl WhatIfInput {
    /// Checks all that can be checked without a run.
    ///
    /// # Errors
    ///
    /// 422 with every place that breaks a rule.
    pub fn check(&self) -> Answer<()> {
        let mut wrong = Wrong::default();
        wrong.name(self.name.as_deref());
        wrong.one_run(self.as_of, self.run_id);
        if self.changes.is_empty() {
            wrong.add("/changes", "empty", "expected at least one change");
        }
        if self.changes.len() > MOST_CHANGES {
            let rule = format!("expected at most {MOST_CHANGES} changes");
            wrong.add("/changes", "too_many", rule);
        }
        for (at, change) in self.changes.iter().enumerate().take(MOST_CHANGES) {
            change.check(at, &mut wrong);
        }
        let (_, most) = NAMED;
        let fine = self
            .limit
            .is_none_or(|limit| (1..=most).contains(&(limit as usize)));
        let rule = format!("expected a whole number from 1 to {most}");
        wrong.check(fine, "/limit", "out_of_range", rule);
        wrong.simulation("/distribution", self.distribution);
        wrong.finish()
    }

    /// Affected customers to name.
    pub fn named(&self) -> usize {
        self.limit.map_or(NAMED.0, |limit| limit as usize)
    }
}

impl PlanInput {
    /// Checks all that can be checked without a run.
    ///
    /// # Errors
    ///
    /// 422 with every place that breaks a rule.
    pub fn check(&self) -> Answer<()> {
        let mut wrong = Wrong::default();
        let (most, _) = CANDIDATES;
        wrong.name(self.name.as_deref());
        wrong.one_run(self.as_of, self.run_id);
        wrong.money("/budget".to_owned(), self.budget);
        wrong.effect("/effect".to_owned(), self.effect);
        wrong.simulation("/check", self.check);
        match (&self.candidates, self.default_cost) {
            (None, None) => wrong.add(
                "/candidates",
                "missing",
                "expected candidates, or default_cost for the watch list",
            ),
            (Some(_), Some(_)) => wrong.add(
                "/default_cost",
                "contradicts",
                "expected candidates or default_cost, not both",
            ),
            (None, Some(cost)) => wrong.money("/default_cost".to_owned(), cost),
            (Some(candidates), None) => {
                if candidates.len() > most {
                    let rule = format!("expected at most {most} candidates");
                    wrong.add("/candidates", "too_many", rule);
                }
                for (at, candidate) in candidates.iter().enumerate().take(most) {
                    wrong.money(format!("/candidates/{at}/cost"), candidate.cost);
                    wrong.effect(format!("/candidates/{at}/effect"), candidate.effect);
                }
            }
        }
        if let Some(top) = self.top {
            let fine = (1..=most).contains(&(top as usize));
            let rule = format!("expected a whole number from 1 to {most}");
            wrong.check(fine, "/top", "out_of_range", rule);
            wrong.check(
                self.candidates.is_none(),
                "/top",
                "not_applicable",
                "candidates are named: there is nothing to take from the watch list",
            );
        }
        wrong.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::body;

    fn what_if(json: &str) -> Answer<WhatIfInput> {
        let input: WhatIfInput = body::parse(json.as_bytes())?;
        input.check().map(|()| input)
    }

    fn places(answer: Answer<WhatIfInput>) -> (u16, Vec<String>) {
        use actix_web::ResponseError as _;
        let error = answer.unwrap_err();
        let problem = error.problem();
        let pointers = problem.errors.into_iter().map(|part| part.pointer);
        (error.status_code().as_u16(), pointers.collect())
    }

    #[test]
    fn a_customer_is_an_id_or_an_external_one() {
        let parsed = what_if(
            r#"{"changes": [{"kind": "lose", "customer": 12}, {"kind": "protect", "customer": "ext:tms:A"}]}"#,
        )
        .unwrap();
        assert_eq!(
            parsed.changes[0].customer,
            Some(CustomerRef(Reference::Id(12)))
        );
        let (status, places) = places(what_if(
            r#"{"changes": [{"kind": "lose", "customer": 1.5}]}"#,
        ));
        assert_eq!((status, places), (400, vec!["/changes/0/customer".into()]));
    }

    #[test]
    fn every_wrong_member_is_named() {
        let (status, places) = places(what_if(
            r#"{"name": "", "as_of": "2026-01-01", "run_id": 1, "limit": 0,
                "distribution": {"worlds": 10},
                "changes": [
                    {"kind": "lose"},
                    {"kind": "own_churn", "customer": 1, "probability": 1.5, "value": 3},
                    {"kind": "link_value", "shipper": 1, "consignee": 2, "value": 1, "factor": 2},
                    {"kind": "link_business", "shipper": 1, "consignee": 2, "value": -1},
                    {"kind": "strength", "value": 1},
                    {"kind": "strength"},
                    {"kind": "freight_terms", "shipper": 1, "consignee": 2, "factor": -1}
                ]}"#,
        ));
        assert_eq!(status, 422);
        assert_eq!(
            places,
            [
                "/name",
                "/run_id",
                "/changes/0/customer",
                "/changes/1/probability",
                "/changes/1/value",
                "/changes/2/factor",
                "/changes/3/value",
                "/changes/4/value",
                "/changes/5/value",
                "/changes/6/terms",
                "/changes/6/factor",
                "/changes/6/factor",
                "/limit",
                "/distribution/worlds",
            ]
        );
    }

    #[test]
    fn numbers_that_are_none_are_malformed() {
        for number in ["NaN", "Infinity", "1e999", "\"0.5\"", "null,"] {
            let json = format!(
                r#"{{"changes": [{{"kind": "own_churn", "customer": 1, "probability": {number}}}]}}"#
            );
            assert_eq!(places(what_if(&json)).0, 400, "{number}");
        }
    }

    #[test]
    fn none_and_too_many_changes_are_refused() {
        assert_eq!(
            places(what_if(r#"{"changes": []}"#)),
            (422, vec!["/changes".into()])
        );
        let one = r#"{"kind": "lose", "customer": 1}"#;
        let many = |count: usize| format!("{{\"changes\": [{}]}}", vec![one; count].join(","));
        assert!(what_if(&many(100)).is_ok());
        assert_eq!(places(what_if(&many(101))), (422, vec!["/changes".into()]));
    }

    #[test]
    fn two_changes_of_the_same_thing_contradict() {
        use ChangeKind::{LinkBusiness, LinkValue};
        let fine = [
            Subject::Own(1),
            Subject::Own(2),
            Subject::Link(LinkBusiness, 1, 2),
            Subject::Link(LinkValue, 1, 2),
            Subject::Link(LinkBusiness, 2, 1),
            Subject::Strength,
        ];
        assert!(refuse_contradictions(fine.clone()).is_ok());
        for again in fine.clone() {
            let all = fine.iter().cloned().chain([again]);
            let error = refuse_contradictions(all).unwrap_err();
            assert_eq!(error.code(), "contradicting_changes");
            assert_eq!(error.problem().errors[0].pointer, "/changes/6");
        }
    }
}
