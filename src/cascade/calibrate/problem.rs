//! Observations checked and sorted by region and period, ready to be fitted.

use super::{CLASSES, CalibrationError, Observation, Settings};

/// Own churn is used within these bounds: nobody is surer, and the logit stays finite.
const OWN_CHURN: (f64, f64) = (0.001, 0.999);

/// Sums of shares may miss 1 by rounding.
const ROUNDING: f64 = 1e-9;

/// Most periods: the effects of all of them are learnt in one system.
const MAX_PERIODS: usize = 1_000;

/// What the likelihood needs of an observation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub logit_own: f64,
    pub exposure: [f64; CLASSES],
    pub exposed: bool,
    pub left: bool,
}

/// Rows of one region in one period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub region: usize,
    pub period: usize,
}

/// Neighbouring rows of one cell: the unit of parallel work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub cell: usize,
    pub start: usize,
    pub end: usize,
}

const CHUNK: usize = 4_096;

/// Everything a fit needs, but for the prior.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub rows: Vec<Row>,
    pub cells: Vec<Cell>,
    pub chunks: Vec<Chunk>,
    pub regions: usize,
    pub periods: usize,
    /// Precisions (1 ÷ variance) of the priors on effects; without one for cells there is a single
    /// cell, and its level alone is learnt.
    pub effect_precision: f64,
    pub cell_precision: Option<f64>,
}

/// How exposures enter a fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Grouping {
    /// Six classes.
    Classes,
    /// One strength for everybody: all exposure in the first place.
    Overall,
}

impl Problem {
    /// Sorts observations that were checked.
    pub fn new<'a>(
        observations: impl Iterator<Item = &'a Observation>,
        grouping: Grouping,
        effects: bool,
        settings: &Settings,
    ) -> Self {
        let mut keyed: Vec<((u16, u32), Row)> = observations
            .map(|observation| {
                let place = (observation.region, observation.period);
                let place = if effects { place } else { (0, 0) };
                (place, row(observation, grouping))
            })
            .collect();
        keyed.sort_by_key(|(place, _)| *place);
        let mut periods: Vec<u32> = keyed.iter().map(|((_, period), _)| *period).collect();
        periods.sort_unstable();
        periods.dedup();

        let mut problem = Self {
            rows: keyed.iter().map(|(_, row)| *row).collect(),
            cells: Vec::new(),
            chunks: Vec::new(),
            regions: 0,
            periods: periods.len(),
            effect_precision: settings.effect_sd.powi(-2),
            cell_precision: effects.then(|| settings.cell_sd.powi(-2)),
        };
        let mut start = 0;
        let mut last = None;
        for part in keyed.chunk_by(|(a, _), (b, _)| a == b) {
            let Some(((region, period), _)) = part.first() else {
                continue;
            };
            problem.regions += usize::from(last != Some(*region));
            last = Some(*region);
            problem.cells.push(Cell {
                region: problem.regions - 1,
                period: periods.partition_point(|other| other < period),
            });
            let end = start + part.len();
            while start < end {
                let next = end.min(start + CHUNK);
                problem.chunks.push(Chunk {
                    cell: problem.cells.len() - 1,
                    start,
                    end: next,
                });
                start = next;
            }
        }
        problem
    }
}

fn row(observation: &Observation, grouping: Grouping) -> Row {
    let sum: f64 = observation.exposure.iter().sum();
    // Rounding aside the sum is at most 1.
    let shrink = if sum > 1.0 { 1.0 / sum } else { 1.0 };
    let mut exposure = observation.exposure.map(|share| share * shrink);
    if grouping == Grouping::Overall {
        exposure = [0.0; CLASSES];
        if let Some(first) = exposure.first_mut() {
            *first = sum * shrink;
        }
    }
    let own = observation.own_churn.clamp(OWN_CHURN.0, OWN_CHURN.1);
    Row {
        logit_own: (own / (1.0 - own)).ln(),
        exposure,
        exposed: sum > 0.0,
        left: observation.left,
    }
}

/// Checks a panel.
pub(super) fn check(
    panel: &'static str,
    observations: &[Observation],
) -> Result<(), CalibrationError> {
    for (index, observation) in observations.iter().enumerate() {
        let number = |name: &str, value: f64, upper: f64, rule: &'static str| {
            if (0.0..=upper).contains(&value) {
                return Ok(());
            }
            let field = format!("{panel}[{index}].{name}");
            Err(CalibrationError::Number { field, value, rule })
        };
        let probability = "a number between 0 and 1";
        let amount = "a number between 0 and 1e9";
        number("own_churn", observation.own_churn, 1.0, probability)?;
        for share in observation.exposure {
            number("exposure", share, 1.0 + ROUNDING, probability)?;
        }
        let sum = observation.exposure.iter().sum();
        number(
            "exposure",
            sum,
            1.0 + ROUNDING,
            "shares that sum to at most 1",
        )?;
        number("activity", observation.activity, 1e9, amount)?;
        number("idle_weeks", observation.idle_weeks, 1e9, amount)?;
    }
    let mut periods: Vec<u32> = observations.iter().map(|o| o.period).collect();
    periods.sort_unstable();
    periods.dedup();
    if periods.len() > MAX_PERIODS {
        return Err(CalibrationError::Rule {
            field: format!("{panel}.period"),
            rule: "at most 1000 different periods",
        });
    }
    Ok(())
}

/// Checks settings.
pub(super) fn check_settings(settings: &Settings) -> Result<(), CalibrationError> {
    let number = |field: &str, value: f64, low: f64, high: f64, rule: &'static str| {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        let field = field.to_owned();
        Err(CalibrationError::Number { field, value, rule })
    };
    for class in super::Class::ALL {
        let mean = class.of(&settings.prior);
        let field = format!("prior.{class}");
        number(
            &field,
            mean,
            0.001,
            0.999,
            "a number between 0.001 and 0.999",
        )?;
    }
    let weight = "a number between 0.01 and 1e6";
    number("prior_weight", settings.prior_weight, 0.01, 1e6, weight)?;
    let deviation = "a number between 0.001 and 100";
    number("effect_sd", settings.effect_sd, 1e-3, 100.0, deviation)?;
    number("cell_sd", settings.cell_sd, 1e-3, 100.0, deviation)?;
    let share = "a number between 0 and 0.9";
    number("holdout", settings.holdout, 0.0, 0.9, share)?;
    let sum = "a number between 0 and 1e9";
    number("min_lost_share", settings.min_lost_share, 0.0, 1e9, sum)?;
    let permutations = f64::from(settings.permutations);
    number(
        "permutations",
        permutations,
        1.0,
        1e4,
        "a number between 1 and 10000",
    )
}
