//! The plots of a result, each with a sentence that says how to read it, and its numbers.

mod curve;
mod dates;
mod rows;

use super::result::{BacktestResult, Figure, Group, Predictor};
use super::words::Words;
use crate::i18n::{Key, TextError, key};

/// Predictors with a plot of their own; the default strengths' numbers stand in the table.
const SHOWN: [Predictor; 4] = [
    Predictor::Own,
    Predictor::CascadeLearnt,
    Predictor::Recency,
    Predictor::Frequency,
];

/// A plot as the page shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What it shows.
    pub title: String,
    /// The drawing; `None` where there is nothing to draw.
    pub svg: Option<String>,
    /// How to read it, in a sentence.
    pub reading: String,
    /// Its numbers.
    pub numbers: Table,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Names of the columns.
    pub head: Vec<String>,
    /// Rows of cells; the first names the row.
    pub rows: Vec<Vec<String>>,
}

/// All plots, in the order in which a reader asks: who ranks best, is it always so, are probabilities
/// right, what is the list worth, how much was expected, what of the cascade.
///
/// # Errors
///
/// [`TextError`], a fault of ours.
pub fn plots(result: &BacktestResult, words: Words) -> Result<Vec<Shown>, TextError> {
    let mut shown = Vec::new();
    if let Some(all) = result.group(Group::All) {
        shown.extend(rows::auc(all, words)?);
        for predictor in SHOWN {
            shown.extend(dates::by_date(all, predictor, words)?);
        }
        for predictor in SHOWN {
            shown.extend(curve::curve(all, predictor, words)?);
        }
        shown.extend(rows::lift(all, words)?);
    }
    shown.extend(dates::days(result, words)?);
    shown.extend(rows::kappa(result, words)?);
    Ok(shown)
}

fn value(name: &str, figure: &Figure, decimals: usize, words: Words) -> Result<String, TextError> {
    let number = |value: f64| words.number(value, decimals);
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => words.text(
            key("backtest-value-interval"),
            &[
                ("name", name.into()),
                ("value", number(figure.value).into()),
                ("low", number(low).into()),
                ("high", number(high).into()),
            ],
        ),
        _ => words.text(
            key("backtest-value"),
            &[
                ("name", name.into()),
                ("value", number(figure.value).into()),
            ],
        ),
    }
}

/// Names of columns.
fn columns(names: &[Key], words: Words) -> Result<Vec<String>, TextError> {
    names.iter().map(|name| words.plain(*name)).collect()
}
