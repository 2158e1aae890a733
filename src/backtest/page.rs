//! The page of a back-test: verdicts first, plots, all figures. It stands alone: no script, nothing
//! from elsewhere.

use askama::Template;

use super::BacktestError;
use super::plots::{self, Shown, Table};
use super::result::{BacktestResult, Group, GroupResult, Predictor, PredictorResult, Verdict};
use super::store::Backtest;
use super::verdict::{Component, Judgement};
use super::words::Words;
use crate::evaluation::Metric;
use crate::i18n::{Key, Language, TextError, key};
use crate::network::measures::BusinessBasis;

#[derive(Template)]
#[template(path = "backtest.html")]
struct Page {
    language: &'static str,
    title: String,
    intro: String,
    intervals: String,
    verdicts_head: String,
    verdicts: Vec<Card>,
    plots: Vec<Shown>,
    numbers: String,
    table_head: String,
    table: Table,
    model: String,
}

/// A verdict as the page shows it.
struct Card {
    name: String,
    judgement: String,
    /// `good`, `bad` or `open`.
    class: &'static str,
    text: String,
}

/// The page in a language.
///
/// # Errors
///
/// [`BacktestError`], a fault of ours.
pub fn page(
    backtest: &Backtest,
    result: &BacktestResult,
    language: Language,
) -> Result<String, BacktestError> {
    let words = Words(language);
    let text = |key: Key| words.plain(key);
    let basis = text(match result.business_basis {
        BusinessBasis::Revenue => key("backtest-basis-revenue"),
        BusinessBasis::Weight => key("backtest-basis-weight"),
        BusinessBasis::Shipments => key("backtest-basis-shipments"),
    })?;
    let page = Page {
        language: language.tag(),
        title: words.text(
            key("backtest-title"),
            &[
                ("from", words.date(backtest.from).into()),
                ("to", words.date(backtest.to).into()),
            ],
        )?,
        intro: words.text(
            key("backtest-intro"),
            &[
                ("dates", result.dates.len().into()),
                ("days", result.every_days.into()),
                ("weeks", result.horizon_weeks.into()),
                ("observations", backtest.observations.into()),
                ("events", backtest.events.into()),
                (
                    "customers",
                    result
                        .group(Group::All)
                        .map_or(0, |all| all.clusters)
                        .into(),
                ),
            ],
        )?,
        intervals: text(key("backtest-intervals"))?,
        verdicts_head: text(key("backtest-verdicts"))?,
        verdicts: result
            .verdicts
            .iter()
            .map(|verdict| card(verdict, words))
            .collect::<Result<_, _>>()?,
        plots: plots::plots(result, words)?,
        numbers: text(key("backtest-numbers"))?,
        table_head: text(key("backtest-table"))?,
        table: table(result, words)?,
        model: words.text(
            key("backtest-model"),
            &[
                ("version", result.model_version.as_str().into()),
                ("basis", basis.into()),
            ],
        )?,
    };
    Ok(page.render()?)
}

fn card(verdict: &Verdict, words: Words) -> Result<Card, TextError> {
    Ok(Card {
        name: component(verdict.component, words)?,
        judgement: judgement(verdict.judgement, words)?,
        class: match verdict.judgement {
            Judgement::Supported | Judgement::NotSeen => "good",
            Judgement::TooFew => "open",
            _ => "bad",
        },
        text: match words.0 {
            Language::En => verdict.text.en.clone(),
            Language::Zh => verdict.text.zh.clone(),
        },
    })
}

/// Name of a part of the model.
///
/// # Errors
///
/// [`TextError`], a fault of ours, as below.
pub fn component(component: Component, words: Words) -> Result<String, TextError> {
    words.plain(match component {
        Component::OwnChurn => key("backtest-component-own"),
        Component::Cascade => key("backtest-component-cascade"),
        Component::LinkLoss => key("backtest-component-links"),
        Component::ShippingDays => key("backtest-component-days"),
        Component::Season => key("backtest-component-season"),
    })
}

/// A judgement in a word or two.
pub fn judgement(judgement: Judgement, words: Words) -> Result<String, TextError> {
    words.plain(match judgement {
        Judgement::Supported => key("backtest-word-supported"),
        Judgement::NotSupported => key("backtest-word-not-supported"),
        Judgement::TooFew => key("backtest-word-too-few"),
        Judgement::TooLow => key("backtest-word-too-low"),
        Judgement::TooHigh => key("backtest-word-too-high"),
        Judgement::Seen => key("backtest-word-seen"),
        Judgement::NotSeen => key("backtest-word-not-seen"),
    })
}

/// Every predictor in every group, over all dates.
///
/// # Errors
///
/// [`TextError`], a fault of ours.
pub fn table(result: &BacktestResult, words: Words) -> Result<Table, TextError> {
    let metrics = words.metrics()?;
    let order = [
        (Metric::Auc, 3),
        (Metric::AveragePrecision, 3),
        (Metric::TopDecileLift, 2),
        (Metric::Brier, 3),
        (Metric::BrierSkill, 3),
        (Metric::CalibrationError, 3),
    ];
    let mut head = [
        key("backtest-head-group"),
        key("backtest-head-predictor"),
        key("backtest-head-predictions"),
        key("backtest-head-events"),
    ]
    .into_iter()
    .map(|key| words.plain(key))
    .collect::<Result<Vec<_>, _>>()?;
    head.extend(
        order
            .iter()
            .filter_map(|(metric, _)| metrics.get(metric).cloned()),
    );
    let row = |group: &GroupResult, found: &PredictorResult| {
        let first = found.predictor == Predictor::Own;
        let mut row = vec![
            if first {
                words.group(group.group)?
            } else {
                String::new()
            },
            words.predictor(found.predictor)?,
            words.number(found.pooled.observations as f64, 0),
            words.number(found.pooled.events as f64, 0),
        ];
        row.extend(order.iter().map(|(metric, decimals)| {
            let figure = found.pooled.figures.get(metric);
            figure.map_or_else(|| "–".to_owned(), |figure| words.figure(figure, *decimals))
        }));
        Ok::<_, TextError>(row)
    };
    let mut rows = Vec::new();
    for group in &result.groups {
        for found in &group.predictors {
            rows.push(row(group, found)?);
        }
    }
    Ok(Table { head, rows })
}
