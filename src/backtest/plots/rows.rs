//! Plots of one row for each predictor or class: ranking, lift, strength.

use super::super::page;
use super::super::result::{BacktestResult, Figure, GroupResult};
use super::super::svg::{Anchor, Plot, round_steps};
use super::super::verdict::Judgement;
use super::super::words::Words;
use super::{Shown, Table, columns, value};
use crate::cascade::calibrate::ClassStrength;
use crate::evaluation::Metric;
use crate::i18n::{TextError, key};

/// Units that a row of a plot with rows is high.
const ROW: f64 = 34.0;

/// A row of a plot: a name, a point with its interval, and what else lies on its line.
struct Row {
    name: String,
    figure: Figure,
    /// A square.
    mark: Option<f64>,
    /// A shade from 0.
    shade: Option<f64>,
}

/// Rows below one another over a common axis, with a line at `reference`.
fn rows(
    rows: &[Row],
    (low, high): (f64, f64),
    reference: Option<f64>,
    (axis, decimals): (&str, usize),
    words: Words,
) -> Plot {
    let count = rows.len() as f64;
    let mut plot = Plot::new(ROW * count + 52.0, (14.0, 38.0), (low, high), (count, 0.0));
    for value in round_steps(low, high, 6) {
        plot.tick(value, &words.number(value, decimals));
    }
    if let Some(reference) = reference {
        plot.line((reference, count), (reference, 0.0), "reference");
    }
    for (row, place) in rows.iter().zip(0_u32..) {
        let y = f64::from(place) + 0.68;
        if let Some(shade) = row.shade {
            plot.bar(y, (low, shade), 12.0, "shade");
        }
        if let (Some(from), Some(to)) = (row.figure.low, row.figure.high) {
            plot.line((from, y), (to, y), "interval");
        }
        if let Some(mark) = row.mark {
            plot.square((mark, y), "mark");
        }
        plot.dot((row.figure.value, y), "dot");
        plot.note((low, y), (2.0, -11.0), Anchor::Start, &row.name);
    }
    plot.below(axis);
    plot
}

/// The values of rows as text, for whoever cannot see them.
fn told(rows: &[Row], decimals: usize, words: Words) -> Result<String, TextError> {
    let values = rows
        .iter()
        .map(|row| value(&row.name, &row.figure, decimals, words))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(words.join(&values))
}

/// A row for each predictor that has the metric.
fn metric_rows(group: &GroupResult, metric: Metric, words: Words) -> Result<Vec<Row>, TextError> {
    group
        .predictors
        .iter()
        .filter_map(|found| Some((found.predictor, *found.pooled.figures.get(&metric)?)))
        .map(|(predictor, figure)| {
            Ok(Row {
                name: words.predictor(predictor)?,
                figure,
                mark: None,
                shade: None,
            })
        })
        .collect()
}

fn best(rows: &[Row]) -> Option<&Row> {
    rows.iter()
        .max_by(|left, right| left.figure.value.total_cmp(&right.figure.value))
}

fn numbers(
    rows: &[Row],
    metric: String,
    decimals: usize,
    words: Words,
) -> Result<Table, TextError> {
    Ok(Table {
        head: vec![words.plain(key("backtest-head-predictor"))?, metric],
        rows: rows
            .iter()
            .map(|row| vec![row.name.clone(), words.figure(&row.figure, decimals)])
            .collect(),
    })
}

pub(super) fn auc(all: &GroupResult, words: Words) -> Result<Option<Shown>, TextError> {
    let found = metric_rows(all, Metric::Auc, words)?;
    let Some(best) = best(&found) else {
        return Ok(None);
    };
    let axis = words.plain(key("backtest-axis-auc"))?;
    let low = found.iter().fold(0.5_f64, |low, row| {
        low.min(row.figure.low.unwrap_or(row.figure.value))
    });
    let plot = rows(
        &found,
        ((low * 10.0).floor() / 10.0, 1.0),
        Some(0.5),
        (&axis, 1),
        words,
    );
    let alternative = [("values", told(&found, 3, words)?.into())];
    Ok(Some(Shown {
        title: words.plain(key("backtest-plot-auc"))?,
        svg: Some(plot.end(&words.text(key("backtest-plot-auc-alt"), &alternative)?)),
        reading: words.text(
            key("backtest-plot-auc-read"),
            &[
                ("best", capital(&best.name).into()),
                ("value", words.number(best.figure.value, 3).into()),
            ],
        )?,
        numbers: numbers(&found, axis, 3, words)?,
    }))
}

/// With a capital first letter, for the beginning of a sentence.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

pub(super) fn lift(all: &GroupResult, words: Words) -> Result<Option<Shown>, TextError> {
    let found = metric_rows(all, Metric::TopDecileLift, words)?;
    let Some(best) = best(&found) else {
        return Ok(None);
    };
    let high = found.iter().fold(1.0_f64, |high, row| {
        high.max(row.figure.high.unwrap_or(row.figure.value))
    });
    let axis = words.plain(key("backtest-axis-lift"))?;
    let count = found.len() as f64;
    let mut plot = Plot::new(
        ROW * count + 52.0,
        (14.0, 38.0),
        (0.0, high * 1.05),
        (count, 0.0),
    );
    for value in round_steps(0.0, high * 1.05, 6) {
        plot.tick(
            value,
            &words.number(value, usize::from(value.fract() > 1e-9)),
        );
    }
    for (row, place) in found.iter().zip(0_u32..) {
        let y = f64::from(place) + 0.68;
        plot.bar(y, (0.0, row.figure.value), 10.0, "bar");
        if let (Some(from), Some(to)) = (row.figure.low, row.figure.high) {
            plot.line((from, y), (to, y), "interval");
        }
        plot.note((0.0, y), (2.0, -11.0), Anchor::Start, &row.name);
    }
    plot.line((1.0, count), (1.0, 0.0), "reference");
    plot.below(&axis);
    let alternative = [("values", told(&found, 2, words)?.into())];
    let metric = words.plain(key("backtest-metric-lift"))?;
    Ok(Some(Shown {
        title: words.plain(key("backtest-plot-lift"))?,
        svg: Some(plot.end(&words.text(key("backtest-plot-lift-alt"), &alternative)?)),
        reading: words.text(
            key("backtest-plot-lift-read"),
            &[
                ("best", best.name.as_str().into()),
                ("value", words.number(best.figure.value, 1).into()),
            ],
        )?,
        numbers: numbers(&found, metric, 2, words)?,
    }))
}

pub(super) fn kappa(result: &BacktestResult, words: Words) -> Result<Option<Shown>, TextError> {
    let classes = &result.cascade.calibration.classes;
    if classes.is_empty() {
        return Ok(None);
    }
    let found = classes
        .iter()
        .map(|class| {
            Ok(Row {
                name: words.class(class.class)?,
                figure: Figure::with(class.kappa, class.low, class.high),
                mark: Some(class.prior),
                shade: class.placebo.map(|placebo| placebo.high),
            })
        })
        .collect::<Result<Vec<_>, TextError>>()?;
    let axis = words.plain(key("backtest-axis-kappa"))?;
    let plot = rows(&found, (0.0, 1.0), None, (&axis, 1), words);
    let alternative = [("values", told(&found, 2, words)?.into())];
    Ok(Some(Shown {
        title: words.plain(key("backtest-plot-kappa"))?,
        svg: Some(plot.end(&words.text(key("backtest-plot-kappa-alt"), &alternative)?)),
        reading: words.plain(key("backtest-plot-kappa-read"))?,
        numbers: strengths(classes, &found, words)?,
    }))
}

/// The numbers of each class.
fn strengths(classes: &[ClassStrength], found: &[Row], words: Words) -> Result<Table, TextError> {
    let head = [
        key("backtest-head-class"),
        key("backtest-head-kappa"),
        key("backtest-head-prior"),
        key("backtest-head-alone"),
        key("backtest-head-placebo"),
        key("backtest-head-exposed"),
        key("backtest-head-events"),
        key("backtest-head-verdict"),
    ];
    let missing = || "–".to_owned();
    let rows = classes
        .iter()
        .zip(found)
        .map(|(class, row)| {
            let alone = class
                .likelihood
                .map(|alone| words.figure(&Figure::with(alone.kappa, alone.low, alone.high), 2));
            Ok(vec![
                row.name.clone(),
                words.figure(&row.figure, 2),
                words.number(class.prior, 2),
                alone.unwrap_or_else(missing),
                class
                    .placebo
                    .map_or_else(missing, |placebo| words.number(placebo.high, 2)),
                words.number(class.exposed as f64, 0),
                words.number(class.events as f64, 0),
                page::judgement(Judgement::of(class.verdict), words)?,
            ])
        })
        .collect::<Result<Vec<_>, TextError>>()?;
    Ok(Table {
        head: columns(&head, words)?,
        rows,
    })
}
