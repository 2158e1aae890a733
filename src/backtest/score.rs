//! From cases to figures: every predictor, in every group, over all dates and date by date.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use rayon::prelude::*;

use super::BacktestError;
use super::cases::{Case, Cases};
use super::result::{
    CurvePoint, DatedScores, Figure, Group, GroupResult, Paired, Predictor, PredictorResult, Scores,
};
use crate::evaluation::{
    self, DEFAULT_BINS, Interval, MIN_EVENTS, Metric, Predictions, Resampling,
};

/// Metrics of the order alone.
const OF_ORDER: [Metric; 3] = [Metric::Auc, Metric::AveragePrecision, Metric::TopDecileLift];
/// Metrics of probabilities.
const OF_PROBABILITIES: [Metric; 3] = [Metric::Brier, Metric::BrierSkill, Metric::CalibrationError];
/// Whom the verdicts compare with whom, and by what.
const COMPARED: [(Predictor, Predictor, Metric); 8] = [
    (Predictor::Own, Predictor::Recency, Metric::Auc),
    (Predictor::Own, Predictor::Frequency, Metric::Auc),
    (Predictor::Own, Predictor::Recency, Metric::Brier),
    (Predictor::Own, Predictor::Frequency, Metric::Brier),
    (Predictor::Cascade, Predictor::Own, Metric::Auc),
    (Predictor::Cascade, Predictor::Own, Metric::Brier),
    (Predictor::CascadeLearnt, Predictor::Own, Metric::Auc),
    (Predictor::CascadeLearnt, Predictor::Own, Metric::Brier),
];
/// Bootstrap resamples of a figure over all dates, and of one of a single date, at most.
const RESAMPLES: (u32, u32) = (500, 200);
/// Cases that are drawn for one interval at most, over all resamples; 50 resamples at least.
const DRAWS: usize = 20_000_000;
/// One seed for all: the same history gives the same figures.
const SEED: u64 = 1;

/// Figures of every group that has cases.
///
/// # Errors
///
/// [`BacktestError`] if the evaluation refuses its input, which would be a fault of ours.
pub fn groups(cases: &Cases, dates: &[NaiveDate]) -> Result<Vec<GroupResult>, BacktestError> {
    let mut found = Vec::new();
    for group in Group::ALL.iter().copied() {
        let of = match group {
            Group::Links => &cases.links,
            _ => &cases.customers,
        };
        let chosen: Vec<&Case> = of.iter().filter(|case| case.is_in(group)).collect();
        if !chosen.is_empty() {
            found.push(of_group(group, &chosen, dates)?);
        }
    }
    Ok(found)
}

fn of_group(
    group: Group,
    cases: &[&Case],
    dates: &[NaiveDate],
) -> Result<GroupResult, BacktestError> {
    let columns = Columns::of(cases);
    let comparable: Vec<&Case> = cases
        .iter()
        .copied()
        .filter(|case| case.probability(Predictor::Recency).is_some())
        .collect();
    // With no earlier outcome at any date there is nothing to be comparable with.
    let judged = Columns::of(if comparable.is_empty() {
        cases
    } else {
        &comparable
    });
    let predictors = Predictor::ALL
        .par_iter()
        .map(|predictor| {
            Ok(PredictorResult {
                predictor: *predictor,
                pooled: scores(*predictor, &columns, &judged, RESAMPLES.0, &OF_ALL)?,
                by_date: by_date(*predictor, cases, dates)?,
            })
        })
        .collect::<Result<Vec<_>, BacktestError>>()?;
    let comparisons = COMPARED
        .par_iter()
        .map(|asked| paired(*asked, &columns, &judged))
        .collect::<Result<Vec<_>, BacktestError>>()?;
    Ok(GroupResult {
        group,
        clusters: columns.clusters.iter().collect::<HashSet<_>>().len() as u64,
        predictors,
        comparisons,
    })
}

/// Metrics that get an interval over all dates. Not the calibration error: draws add noise to every
/// bin, which counts as error, so that it would lie below its own interval.
const OF_ALL: [Metric; 5] = [
    Metric::Auc,
    Metric::AveragePrecision,
    Metric::TopDecileLift,
    Metric::Brier,
    Metric::BrierSkill,
];

/// Cases as the evaluation takes them.
struct Columns<'a> {
    cases: Vec<&'a Case>,
    happened: Vec<bool>,
    clusters: Vec<u64>,
}

impl<'a> Columns<'a> {
    fn of(cases: &[&'a Case]) -> Self {
        Self {
            cases: cases.to_vec(),
            happened: cases.iter().map(|case| case.happened).collect(),
            clusters: cases.iter().map(|case| u64::from(case.cluster)).collect(),
        }
    }

    fn resampling(&self, most: u32) -> Resampling<'_> {
        let affordable = DRAWS / self.cases.len().max(1);
        Resampling {
            clusters: Some(&self.clusters),
            resamples: u32::try_from(affordable).unwrap_or(most).clamp(50, most),
            seed: SEED,
        }
    }

    fn scores(&self, predictor: Predictor) -> Vec<f64> {
        self.cases
            .iter()
            .map(|case| case.score(predictor))
            .collect()
    }

    /// Empty where the predictor has none.
    fn probabilities(&self, predictor: Predictor) -> Vec<f64> {
        let all = self.cases.iter().map(|case| case.probability(predictor));
        all.collect::<Option<Vec<f64>>>().unwrap_or_default()
    }
}

/// Figures of a predictor: those of the order over `columns`, those of probabilities over `judged`.
fn scores(
    predictor: Predictor,
    columns: &Columns<'_>,
    judged: &Columns<'_>,
    most: u32,
    with_interval: &[Metric],
) -> Result<Scores, BacktestError> {
    let ranked = columns.scores(predictor);
    let ranking = Predictions::scores(&ranked, &columns.happened)?;
    let mut figures = BTreeMap::new();
    let mut add = |metrics: &[Metric], predictions: &Predictions<'_>, of: &Columns<'_>| {
        for metric in metrics {
            let figure = if with_interval.contains(metric) {
                evaluation::interval(predictions, *metric, &of.resampling(most))?.map(figure)
            } else {
                predictions.metric(*metric).map(Figure::bare)
            };
            // Where draws fail to say, the figure itself still stands.
            let figure = figure.or_else(|| predictions.metric(*metric).map(Figure::bare));
            if let Some(figure) = figure {
                figures.insert(*metric, figure);
            }
        }
        Ok::<_, BacktestError>(())
    };
    add(&OF_ORDER, &ranking, columns)?;
    let probabilities = judged.probabilities(predictor);
    let mut curve = Vec::new();
    if !probabilities.is_empty() {
        let predictions = Predictions::probabilities(&probabilities, &judged.happened)?;
        add(&OF_PROBABILITIES, &predictions, judged)?;
        let found = predictions.curve(DEFAULT_BINS);
        curve = found
            .into_iter()
            .flat_map(|curve| curve.bins)
            .map(point)
            .collect();
    }
    Ok(Scores {
        observations: columns.cases.len() as u64,
        events: ranking.events() as u64,
        figures,
        curve,
    })
}

fn by_date(
    predictor: Predictor,
    cases: &[&Case],
    dates: &[NaiveDate],
) -> Result<Vec<DatedScores>, BacktestError> {
    let mut found = Vec::new();
    // Cases stand in the order of their dates.
    for group in cases.chunk_by(|left, right| left.date == right.date) {
        let Some(as_of) = group
            .first()
            .and_then(|case| dates.get(usize::from(case.date)))
        else {
            continue;
        };
        let columns = Columns::of(group);
        let mut scores = scores(predictor, &columns, &columns, RESAMPLES.1, &[Metric::Auc])?;
        // Bins of a single date hold too few to be read.
        scores.curve.clear();
        found.push(DatedScores {
            as_of: *as_of,
            scores,
        });
    }
    Ok(found)
}

fn paired(
    (predictor, against, metric): (Predictor, Predictor, Metric),
    columns: &Columns<'_>,
    judged: &Columns<'_>,
) -> Result<Paired, BacktestError> {
    let of_order = OF_ORDER.contains(&metric);
    let of = if of_order { columns } else { judged };
    let numbers = |predictor| {
        if of_order {
            of.scores(predictor)
        } else {
            of.probabilities(predictor)
        }
    };
    let (one, other) = (numbers(predictor), numbers(against));
    if one.is_empty() || other.is_empty() {
        return Ok(Paired {
            predictor,
            against,
            metric,
            of_predictor: None,
            of_against: None,
            difference: None,
            verdict: evaluation::Verdict::TooFew,
        });
    }
    let predictions = |numbers| {
        if of_order {
            Predictions::scores(numbers, &of.happened)
        } else {
            Predictions::probabilities(numbers, &of.happened)
        }
    };
    let (one, other) = (predictions(&one)?, predictions(&other)?);
    let resampling = of.resampling(RESAMPLES.0);
    let found = evaluation::compare(&one, &other, metric, &resampling, MIN_EVENTS)?;
    Ok(Paired {
        predictor,
        against,
        metric,
        of_predictor: found.a,
        of_against: found.b,
        difference: found
            .difference
            .map(|found| Figure::with(found.estimate, found.low, found.high)),
        verdict: found.verdict,
    })
}

fn figure(interval: Interval) -> Figure {
    Figure::with(interval.estimate, interval.low, interval.high)
}

fn point(bin: evaluation::Bin) -> CurvePoint {
    CurvePoint {
        predicted: bin.predicted,
        observed: Figure::with(bin.observed, bin.low, bin.high),
        count: bin.count as u64,
    }
}
