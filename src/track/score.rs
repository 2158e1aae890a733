//! What became of a run's predictions and alerts: pure.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::evaluation::{Bin, DEFAULT_BINS, EvaluationError, Predictions, quantile};
use crate::ids::{AlertId, CustomerId};

crate::word_enum! {
    /// What became of a customer with an alert, or of one that should have had one.
    Outcome {
        /// An alert stood, and the customer was lost.
        Right = "right",
        /// An alert stood, and the customer was not lost.
        Wrong = "wrong",
        /// The customer was lost, and no alert stood.
        Missed = "missed",
    }
}

/// An alert that stood when a run was done, or that a person had settled not long before.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its id.
    pub id: AlertId,
    /// A word of `AlertReason`.
    pub reason: String,
    /// A word of `AlertSeverity`.
    pub severity: String,
    /// The local day on which it was opened.
    pub opened_on: NaiveDate,
    /// Whether a person had settled it in the horizon before: it warned of a loss all the same, but
    /// it claims none any more.
    pub settled: bool,
}

/// A customer of a run, and what happened to it in the horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The customer.
    pub customer: CustomerId,
    /// Its team today.
    pub team: Option<i64>,
    /// Its churn probability in the run, in `[0, 1]`.
    pub probability: f64,
    /// Its last shipping day that the run knew.
    pub last_on: NaiveDate,
    /// Whether it had left already.
    pub gone: bool,
    /// Whether it had a shipping day in the horizon.
    pub shipped: bool,
    /// Its alert.
    pub alert: Option<Standing>,
}

impl Case {
    /// Whether it says something about the service: a loss that had happened before is no
    /// prediction, unless an alert made it one.
    fn judged(&self) -> bool {
        !self.gone || self.alert.as_ref().is_some_and(|alert| !alert.settled)
    }

    /// The alert by which it is judged.
    fn warning(&self) -> Option<&Standing> {
        let alert = self.alert.as_ref();
        alert.filter(|alert| !alert.settled || !self.shipped)
    }
}

/// What became of one alert, or of a customer that should have had one.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertOutcome {
    /// The customer.
    pub customer: CustomerId,
    /// What became of it.
    pub outcome: Outcome,
    /// The alert; `None`: there was none.
    pub alert: Option<Standing>,
    /// Its churn probability in the run.
    pub probability: f64,
    /// Its last shipping day.
    pub last_on: NaiveDate,
    /// The last shipping day and a horizon: from then on the loss was certain. `None`: not lost.
    pub silent_on: Option<NaiveDate>,
    /// Days from the alert's opening to that day: how much earlier the team was warned. Negative:
    /// it was told of what was plain. `None` unless the alert was right.
    pub warning_days: Option<i64>,
}

/// What became of the alerts of a run, customer by customer in the order of the cases; those that
/// had none and were not lost are left out.
pub fn outcomes(cases: &[Case], horizon_weeks: i64) -> Vec<AlertOutcome> {
    let horizon = Days::new(u64::try_from(horizon_weeks).unwrap_or(0).saturating_mul(7));
    let judged = cases.iter().filter(|case| case.judged());
    judged
        .filter_map(|case| {
            let alert = case.warning();
            let outcome = match (alert, case.shipped) {
                (Some(_), false) => Outcome::Right,
                (Some(_), true) => Outcome::Wrong,
                (None, false) => Outcome::Missed,
                (None, true) => return None,
            };
            let silent_on = case.last_on.checked_add_days(horizon);
            let silent_on = silent_on.filter(|_| !case.shipped);
            let opened_on = alert.map(|alert| alert.opened_on);
            let warned = silent_on.zip(opened_on);
            Some(AlertOutcome {
                customer: case.customer,
                outcome,
                alert: alert.cloned(),
                probability: case.probability,
                last_on: case.last_on,
                silent_on,
                warning_days: warned.map(|(silent, opened)| (silent - opened).num_days()),
            })
        })
        .collect()
}

/// Whose figures they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slice {
    /// Every customer's.
    All,
    /// Those of customers without a team.
    NoTeam,
    /// Those of a team's customers.
    Team(i64),
}

impl Slice {
    /// How it is stored and shown.
    pub fn word(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::NoTeam => "no_team".to_owned(),
            Self::Team(id) => format!("team:{id}"),
        }
    }

    /// The team, if it is one's.
    pub fn team(self) -> Option<i64> {
        match self {
            Self::Team(id) => Some(id),
            _ => None,
        }
    }

    fn of(team: Option<i64>) -> Self {
        team.map_or(Self::NoTeam, Self::Team)
    }
}

/// The figures of a run for one slice of its customers.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Whose.
    pub slice: Slice,
    /// Customers judged.
    pub customers: u64,
    /// Customers that had left already, and are not judged.
    pub gone: u64,
    /// Judged ones that were lost.
    pub lost: u64,
    /// Sum of the churn probabilities of the judged.
    pub expected_lost: f64,
    /// Probability that a lost customer had a higher churn probability than one that stayed;
    /// `None` unless both happened.
    pub auc: Option<f64>,
    /// Mean squared difference of churn probability and outcome; `None` without customers.
    pub brier: Option<f64>,
    /// 1 − Brier ÷ that of the base rate; `None` unless both happened.
    pub brier_skill: Option<f64>,
    /// Mean distance of calibration.
    pub calibration_error: Option<f64>,
    /// Calibration by bins of nearly equal count.
    pub calibration: Vec<Bin>,
    /// Alerts that were right.
    pub right: u64,
    /// Alerts that were wrong.
    pub wrong: u64,
    /// Losses without an alert.
    pub missed: u64,
    /// Median of the days of warning.
    pub warning_days_median: Option<f64>,
}

/// The figures of a run: of everybody, of each team, and of customers without one.
///
/// `outcomes` are those of [`outcomes`] for the same cases.
///
/// # Errors
///
/// [`EvaluationError`] for a probability that is none.
pub fn scores(cases: &[Case], outcomes: &[AlertOutcome]) -> Result<Vec<Scores>, EvaluationError> {
    let mut slices: BTreeMap<Slice, (Vec<&Case>, Vec<&AlertOutcome>)> = BTreeMap::new();
    slices.insert(Slice::All, (Vec::new(), Vec::new()));
    let mut of_customer = outcomes.iter().peekable();
    for case in cases {
        let outcome = of_customer.next_if(|outcome| outcome.customer == case.customer);
        for slice in [Slice::All, Slice::of(case.team)] {
            let (cases, outcomes) = slices.entry(slice).or_default();
            cases.push(case);
            outcomes.extend(outcome);
        }
    }
    let figures = slices.into_iter();
    figures
        .map(|(slice, (cases, outcomes))| one(slice, &cases, &outcomes))
        .collect()
}

fn one(
    slice: Slice,
    cases: &[&Case],
    outcomes: &[&AlertOutcome],
) -> Result<Scores, EvaluationError> {
    let judged = || cases.iter().filter(|case| case.judged());
    let probabilities: Vec<f64> = judged().map(|case| case.probability).collect();
    let lost: Vec<bool> = judged().map(|case| !case.shipped).collect();
    let predictions = Predictions::probabilities(&probabilities, &lost)?;
    let metrics = predictions.metrics();
    let curve = predictions.curve(DEFAULT_BINS);
    let count = |wanted| {
        let found = outcomes.iter().filter(|one| one.outcome == wanted);
        found.count() as u64
    };
    let mut warnings: Vec<f64> = outcomes
        .iter()
        .filter_map(|one| one.warning_days)
        .map(|days| days as f64)
        .collect();
    warnings.sort_by(f64::total_cmp);
    Ok(Scores {
        slice,
        customers: metrics.count as u64,
        gone: (cases.len() - metrics.count) as u64,
        lost: metrics.events as u64,
        expected_lost: probabilities.iter().sum(),
        auc: metrics.auc,
        brier: metrics.brier,
        brier_skill: metrics.brier_skill,
        calibration_error: metrics.calibration_error,
        calibration: curve.map(|curve| curve.bins).unwrap_or_default(),
        right: count(Outcome::Right),
        wrong: count(Outcome::Wrong),
        missed: count(Outcome::Missed),
        warning_days_median: (!warnings.is_empty()).then(|| quantile(&warnings, 0.5)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn case(id: i64, probability: f64, shipped: bool) -> Case {
        Case {
            customer: CustomerId(id),
            team: None,
            probability,
            last_on: day("2026-01-10"),
            gone: false,
            shipped,
            alert: None,
        }
    }

    fn alerted(case: &Case, opened_on: &str) -> Case {
        Case {
            alert: Some(Standing {
                id: AlertId(case.customer.0),
                reason: "churn_level".to_owned(),
                severity: "high".to_owned(),
                opened_on: day(opened_on),
                settled: false,
            }),
            ..case.clone()
        }
    }

    #[test]
    fn an_alert_is_right_if_the_customer_was_lost_and_warned_until_that_was_certain() {
        let gone = |case: Case| Case { gone: true, ..case };
        let cases = [
            alerted(&case(1, 0.8, false), "2026-02-10"),
            alerted(&case(2, 0.7, true), "2026-02-01"),
            case(3, 0.3, false),
            case(4, 0.1, true),
            // What had happened before is nobody's merit, and nobody's fault.
            gone(case(5, 0.98, false)),
            alerted(&gone(case(6, 0.98, false)), "2026-05-01"),
        ];
        let found = outcomes(&cases, 13);
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.customer.0, one.outcome, one.silent_on, one.warning_days))
            .collect();
        // 13 weeks after 10 January 2026 is 11 April: 60 days after 10 February, 20 before 1 May.
        let silent = Some(day("2026-04-11"));
        assert_eq!(
            told,
            [
                (1, Outcome::Right, silent, Some(60)),
                (2, Outcome::Wrong, None, None),
                (3, Outcome::Missed, silent, None),
                (6, Outcome::Right, silent, Some(-20)),
            ]
        );
        let figures = scores(&cases, &found).unwrap();
        assert_eq!(figures.len(), 2);
        let all = &figures[0];
        assert_eq!(all.slice, Slice::All);
        assert_eq!((all.customers, all.gone, all.lost), (5, 1, 3));
        assert_eq!((all.right, all.wrong, all.missed), (2, 1, 1));
        assert!((all.expected_lost - 2.88).abs() < 1e-12);
        // Lost at .8, .3, .98, kept at .7 and .1: of six pairs only (.3, .7) stands the wrong way.
        assert!((all.auc.unwrap() - 5.0 / 6.0).abs() < 1e-12);
        // (.2² + .7² + .7² + .1² + .02²) / 5
        assert!((all.brier.unwrap() - 0.20608).abs() < 1e-12);
        assert_eq!(all.warning_days_median, Some(20.0));
        assert_eq!(
            figures[1],
            Scores {
                slice: Slice::NoTeam,
                ..all.clone()
            }
        );
    }

    #[test]
    fn an_alert_that_a_person_settled_warned_of_a_loss_and_claims_none() {
        let settled = |mut case: Case| {
            case.alert.as_mut().unwrap().settled = true;
            case
        };
        let cases = [
            settled(alerted(&case(1, 0.8, false), "2026-02-10")),
            settled(alerted(&case(2, 0.7, true), "2026-02-01")),
        ];
        let found = outcomes(&cases, 13);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].outcome, found[0].warning_days),
            (Outcome::Right, Some(60))
        );
        let gone = Case {
            gone: true,
            ..cases[0].clone()
        };
        assert_eq!(outcomes(&[gone], 13), []);
    }

    #[test]
    fn each_team_has_its_own_figures() {
        let of = |team, case: Case| Case { team, ..case };
        let cases = [
            of(Some(7), alerted(&case(1, 0.8, false), "2026-02-10")),
            of(None, case(2, 0.2, true)),
            of(Some(9), case(3, 0.2, false)),
            of(Some(7), alerted(&case(4, 0.8, true), "2026-02-10")),
        ];
        let figures = scores(&cases, &outcomes(&cases, 13)).unwrap();
        let told: Vec<_> = figures
            .iter()
            .map(|one| {
                (
                    one.slice.word(),
                    one.customers,
                    one.right,
                    one.wrong,
                    one.missed,
                )
            })
            .collect();
        let slice = |word: &str, customers, right, wrong, missed| {
            (word.to_owned(), customers, right, wrong, missed)
        };
        assert_eq!(
            told,
            [
                slice("all", 4, 1, 1, 1),
                slice("no_team", 1, 0, 0, 0),
                slice("team:7", 2, 1, 1, 0),
                slice("team:9", 1, 0, 0, 1),
            ]
        );
        // One customer that stayed: no AUC, and nothing to divide by.
        assert_eq!((figures[1].auc, figures[1].brier_skill), (None, None));
    }

    #[test]
    fn a_run_without_customers_has_figures_too() {
        let figures = scores(&[], &[]).unwrap();
        assert_eq!(figures.len(), 1);
        assert_eq!((figures[0].customers, figures[0].brier), (0, None));
        assert!(figures[0].calibration.is_empty());
    }

    #[test]
    fn a_probability_that_is_none_is_refused() {
        assert!(scores(&[case(1, f64::NAN, true)], &[]).is_err());
    }
}
