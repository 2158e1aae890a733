//! The rules for what people ask, as far as they need no database.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    CANDIDATES, ChangeInput, ChangeKind, MOST_CHANGES, NAMED, PlanInput, WORLDS, WhatIfInput,
    WorldsInput,
};
use crate::error::{Answer, Error, ProblemPart};

/// Characters of a name at most.
const LONGEST_NAME: usize = 200;
/// Costs and budgets at most, minor units: sums of a thousand of them stay exact.
const MOST_MONEY: i64 = 1_000_000_000_000;

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
    use super::super::CustomerRef;
    use super::*;
    use crate::api::body;
    use crate::api::reference::Reference;

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
