//! How much plays lower the risk of loss, against similar customers without one: pure.
//!
//! A case is a play whose outcome its customer's shipments have told. Its stratum is the run that was
//! the newest when it began, the band of the customer's churn probability in that run, and its role.
//! Controls are that stratum's customers that were in no play when the case began; one that begins a
//! play later stays a control, as nobody could know it then. Cases and controls are chosen by what was
//! known on that day alone, and both only if they had shipped within a horizon before it. A customer
//! is a control at most once at a time: its windows never overlap, as one silence would count for
//! several. Who plays is chosen by people, so that this is a comparison and no experiment: what they
//! know and the churn probability does not is in the number.

mod matching;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::evaluation::{Reduction, risk_reduction};
use crate::ids::{CustomerId, RunId};

/// Cases from which on a number is told.
pub const LEAST_CASES: u64 = 10;
/// The least effect that plans and save values reckon with: below, a watch list had no order.
pub const LEAST_EFFECT: f64 = 0.01;

/// Where the bands of churn probability end; the last ends at 1.
const BANDS: [f64; 6] = [0.02, 0.1, 0.2, 0.3, 0.45, 0.6];

crate::word_enum! {
    /// The side of a customer in a run, by the words of `customer_risks.role`.
    Side {
        /// It hands goods over.
        Shipper = "shipper",
        /// It receives goods.
        Consignee = "consignee",
        /// It does both.
        Both = "both",
    }
}

/// A play that was begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub customer: CustomerId,
    /// Code of its template.
    pub template: String,
    /// The day on which it began.
    pub from: NaiveDate,
    /// The first day after its horizon.
    pub until: NaiveDate,
    /// The newest run when it began.
    pub run: Option<RunId>,
    /// Whether it was written down only when some of its outcome could be seen already.
    pub late: bool,
}

/// A run with everybody in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// What was known before this day is in it.
    pub as_of: NaiveDate,
    /// Its customers, by id.
    pub people: Vec<Standing>,
}

/// A customer in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Who.
    pub customer: CustomerId,
    /// Its churn probability.
    pub probability: f64,
    /// Its role.
    pub role: Side,
}

/// What the effect is measured on.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Every play that was begun, by its day and id.
    pub plays: Vec<Begun>,
    /// A horizon that ends on this day or earlier has been seen.
    pub seen_until: Option<NaiveDate>,
    /// The runs of plays whose horizon was seen.
    pub runs: BTreeMap<RunId, Ranking>,
    /// Shipping days of their customers over those horizons and one horizon before each, ascending.
    pub days: HashMap<CustomerId, Vec<NaiveDate>>,
}

impl History {
    /// Whether a customer had no shipping day in `[from, until)`.
    fn lost(&self, customer: CustomerId, from: NaiveDate, until: NaiveDate) -> bool {
        let days = self.days.get(&customer).map_or(&[][..], Vec::as_slice);
        let first = days.partition_point(|day| *day < from);
        days.get(first).is_none_or(|day| *day >= until)
    }

    /// Whether a customer had left before this window: no shipping day in as many days before it.
    fn gone(&self, customer: CustomerId, from: NaiveDate, until: NaiveDate) -> bool {
        let earlier = from.checked_sub_signed(until - from);
        self.lost(customer, earlier.unwrap_or(NaiveDate::MIN), from)
    }
}

crate::word_enum! {
    /// Why a play has nobody to be compared with.
    Alone {
        /// No run had been made when it began.
        NoRun = "no_run",
        /// That run did not know its customer.
        NotInRun = "not_in_run",
        /// That run was older than a horizon when it began.
        OldRun = "old_run",
        /// Its customer had left already when it began: no shipments for a whole horizon.
        Gone = "gone",
        /// It was written down more than seven days after the day on which it is said to have begun.
        RecordedLate = "recorded_late",
        /// That run had nobody like it without a play.
        NoControl = "no_control",
    }
}

crate::word_enum! {
    /// Why there is no number.
    NoNumber {
        /// Fewer than ten plays with an outcome and somebody to be compared with.
        NotEnoughCases = "not_enough_cases",
        /// Nobody was lost, with a play or without: there was nothing to lower.
        NobodyLost = "nobody_lost",
    }
}

/// A play that counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = UnmatchedPlay)]
pub struct Unmatched {
    /// The play.
    pub play_id: i64,
    /// Why.
    pub why: Alone,
}

/// What plays came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = MeasuredPlays)]
pub struct Measured {
    /// Plays with an outcome by the record, and customers like theirs without a play.
    pub cases: u64,
    /// Of the cases, customers that were kept.
    pub kept: u64,
    /// Customers without a play that they are compared with.
    pub controls: u64,
    /// Of the controls, customers that were kept.
    pub controls_kept: u64,
    /// Plays that count for nothing: nobody is like their customer, or they were recorded late.
    pub unmatched: u64,
    /// Plays that began while another of the same customer was being counted: they are one case with it.
    pub repeated: u64,
    /// Plays whose outcome is not known yet.
    pub undecided: u64,
    /// By which part the probability of loss was lower with a play, and its 90 % interval; below 0: it
    /// was higher.
    pub effect: Option<Reduction>,
    /// Why there is no number.
    pub no_number: Option<NoNumber>,
}

impl Measured {
    /// What plans and save values take for the effect of a play, in `[0.01, 1]`.
    pub fn usable(&self) -> Option<f64> {
        self.effect
            .map(|effect| effect.value.clamp(LEAST_EFFECT, 1.0))
    }
}

crate::word_enum! {
    /// Where the effect that is reckoned with comes from.
    EffectBasis {
        /// Plays were measured.
        Measured = "measured",
        /// `HAWSER_SAVE_EFFECT`: too few plays have an outcome.
        Setting = "setting",
    }
}

/// By which part a play is taken to lower own churn, and why.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssumedEffect {
    /// In `[0, 1]`.
    pub effect: f64,
    /// Where it comes from.
    pub basis: EffectBasis,
    /// Plays with an outcome and somebody to be compared with.
    pub cases: u64,
    /// What they came to, if there are enough of them.
    pub measured: Option<Reduction>,
}

/// What plays came to, all together and by template.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = PlayEffects)]
pub struct Effects {
    /// All plays.
    pub all: Measured,
    /// Plays of each template that was ever begun, by its code.
    pub by_template: BTreeMap<String, Measured>,
    /// The plays that are not matched, when all are taken together.
    pub unmatched: Vec<Unmatched>,
}

impl Effects {
    /// What plans and save values take for the effect of a play: what all plays came to, in
    /// `[0.01, 1]`, where that is measured, else this setting.
    pub fn assumed(&self, setting: f64) -> AssumedEffect {
        let usable = self.all.usable();
        AssumedEffect {
            effect: usable.unwrap_or(setting),
            basis: if usable.is_some() {
                EffectBasis::Measured
            } else {
                EffectBasis::Setting
            },
            cases: self.all.cases,
            measured: self.all.effect,
        }
    }
}

impl AssumedEffect {
    /// The setting, where no plays are looked at.
    pub fn setting(effect: f64) -> Self {
        Effects::default().assumed(effect)
    }
}

/// Measures all plays together, and those of each template.
pub fn effects(history: &History) -> Effects {
    let (all, unmatched) = measured(history, None);
    let codes: std::collections::BTreeSet<&str> = history
        .plays
        .iter()
        .map(|play| play.template.as_str())
        .collect();
    let by_template = codes
        .into_iter()
        .map(|code| (code.to_owned(), measured(history, Some(code)).0))
        .collect();
    Effects {
        all,
        by_template,
        unmatched,
    }
}

fn measured(history: &History, template: Option<&str>) -> (Measured, Vec<Unmatched>) {
    let cases = matching::cases(history, template);
    let strata = matching::strata(history, &cases);
    let mut found = Measured {
        repeated: cases.repeated,
        undecided: cases.undecided,
        ..Measured::default()
    };
    let mut unmatched = cases.alone.clone();
    let mut tables = Vec::new();
    for stratum in &strata {
        let table = stratum.table;
        if table.compares() {
            found.cases += table.hit + table.spared;
            found.kept += table.spared;
            found.controls += table.other_hit + table.other_spared;
            found.controls_kept += table.other_spared;
            tables.push(table);
        } else {
            let why = Alone::NoControl;
            let plays = stratum.plays.iter();
            unmatched.extend(plays.map(|&play_id| Unmatched { play_id, why }));
        }
    }
    unmatched.sort_by_key(|one| one.play_id);
    found.unmatched = unmatched.len() as u64;
    if found.cases < LEAST_CASES {
        found.no_number = Some(NoNumber::NotEnoughCases);
    } else {
        found.effect = risk_reduction(&tables);
        found.no_number = found.effect.is_none().then_some(NoNumber::NobodyLost);
    }
    (found, unmatched)
}

/// The band of a churn probability: 0 to 6.
fn band(probability: f64) -> usize {
    BANDS.partition_point(|end| *end <= probability)
}

#[cfg(test)]
mod tests;
