//! Calibration curves: whether probabilities come true.

use super::super::result::{CurvePoint, GroupResult, Predictor};
use super::super::svg::Plot;
use super::super::words::Words;
use super::{Shown, Table, columns, value};
use crate::evaluation::Metric;
use crate::i18n::{TextError, key};

pub(super) fn curve(
    all: &GroupResult,
    predictor: Predictor,
    words: Words,
) -> Result<Option<Shown>, TextError> {
    let Some(found) = all.predictor(predictor) else {
        return Ok(None);
    };
    let name = words.predictor(predictor)?;
    let title = words.text(
        key("backtest-plot-curve"),
        &[("predictor", name.as_str().into())],
    )?;
    let (bins, error) = (
        &found.pooled.curve,
        found.pooled.figures.get(&Metric::CalibrationError),
    );
    let (Some(error), false) = (error, bins.is_empty()) else {
        return Ok(Some(Shown {
            title,
            svg: None,
            reading: words.plain(key("backtest-plot-curve-none"))?,
            numbers: Table::default(),
        }));
    };
    let plot = drawn(bins, words)?;
    let values = bins
        .iter()
        .map(|bin| value(&words.number(bin.predicted, 2), &bin.observed, 2, words))
        .collect::<Result<Vec<_>, _>>()?;
    let alternative = [
        ("predictor", name.as_str().into()),
        ("bins", bins.len().into()),
        ("values", words.join(&values).into()),
    ];
    Ok(Some(Shown {
        title,
        svg: Some(plot.end(&words.text(key("backtest-plot-curve-alt"), &alternative)?)),
        reading: words.text(
            key("backtest-plot-curve-read"),
            &[
                ("predictor", name.as_str().into()),
                ("error", words.number(error.value * 100.0, 1).into()),
            ],
        )?,
        numbers: numbers(bins, words)?,
    }))
}

fn drawn(bins: &[CurvePoint], words: Words) -> Result<Plot, TextError> {
    let mut plot = Plot::new(300.0, (38.0, 38.0), (0.0, 1.0), (0.0, 1.0));
    for value in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        plot.rule(value, &words.number(value, 1));
        plot.tick(value, &words.number(value, 1));
    }
    plot.line((0.0, 0.0), (1.0, 1.0), "reference");
    let points: Vec<(f64, f64)> = bins
        .iter()
        .map(|bin| (bin.predicted, bin.observed.value))
        .collect();
    plot.path(&points, "thin");
    for bin in bins {
        if let (Some(from), Some(to)) = (bin.observed.low, bin.observed.high) {
            plot.line((bin.predicted, from), (bin.predicted, to), "interval");
        }
        plot.dot((bin.predicted, bin.observed.value), "dot");
    }
    plot.below(&words.plain(key("backtest-axis-predicted"))?);
    Ok(plot)
}

fn numbers(bins: &[CurvePoint], words: Words) -> Result<Table, TextError> {
    let head = [
        key("backtest-head-predicted"),
        key("backtest-head-observed"),
        key("backtest-head-count"),
    ];
    let row = |bin: &CurvePoint| {
        vec![
            words.number(bin.predicted, 3),
            words.figure(&bin.observed, 3),
            words.number(bin.count as f64, 0),
        ]
    };
    Ok(Table {
        head: columns(&head, words)?,
        rows: bins.iter().map(row).collect(),
    })
}
