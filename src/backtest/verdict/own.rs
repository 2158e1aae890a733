//! The verdict on own churn.

use std::collections::BTreeMap;

use super::super::BacktestError;
use super::super::result::{
    BacktestResult, Figure, Group, GroupResult, Paired, Predictor, Verdict,
};
use super::super::words::Words;
use super::{Component, Judgement, verdict};
use crate::evaluation::{self, Metric};
use crate::i18n::{TextError, key};

pub(super) fn own_churn(result: &BacktestResult) -> Result<Verdict, BacktestError> {
    let all = result.group(Group::All);
    let pooled = all.and_then(|all| Some(&all.predictor(Predictor::Own)?.pooled));
    let (observations, events) = pooled.map_or((0, 0), |own| (own.observations, own.events));
    let compared = |against| all?.compared(Predictor::Own, against, Metric::Auc);
    let pairs = [Predictor::Recency, Predictor::Frequency].map(|other| (other, compared(other)));
    let figure = |metric| pooled?.figures.get(&metric).copied();
    let skill = figure(Metric::BrierSkill);
    let judgement = judge_own(pairs.map(|(_, pair)| pair.map(|pair| pair.verdict)), skill);
    let mut figures = BTreeMap::new();
    for metric in [
        Metric::Auc,
        Metric::BrierSkill,
        Metric::CalibrationError,
        Metric::TopDecileLift,
    ] {
        figures.extend(figure(metric).map(|figure| (metric.word().to_owned(), figure)));
    }
    for (other, pair) in pairs {
        let difference = pair.and_then(|pair| pair.difference);
        figures.extend(difference.map(|figure| (format!("auc_against_{other}"), figure)));
    }
    let found = Found {
        judgement,
        counts: (observations, events),
        pairs,
        active: result.group(Group::Active).and_then(active_aucs),
        weeks: result.horizon_weeks,
        skill,
        error: figure(Metric::CalibrationError),
    };
    verdict(
        (Component::OwnChurn, judgement),
        (observations, events),
        figures,
        |words| found.sentences(words),
    )
}

/// What there is to say of own churn.
struct Found<'a> {
    judgement: Judgement,
    counts: (u64, u64),
    pairs: [(Predictor, Option<&'a Paired>); 2],
    active: Option<(f64, f64)>,
    weeks: u32,
    skill: Option<Figure>,
    error: Option<Figure>,
}

impl Found<'_> {
    fn sentences(&self, words: Words) -> Result<Vec<String>, TextError> {
        let (observations, events) = self.counts;
        let mut told = vec![
            words.plain(match self.judgement {
                Judgement::Supported => key("backtest-own-supported"),
                Judgement::TooFew => key("backtest-own-too-few"),
                _ => key("backtest-own-not-supported"),
            })?,
            words.text(
                key("backtest-own-events"),
                &[
                    ("events", events.into()),
                    ("observations", observations.into()),
                ],
            )?,
        ];
        for (other, pair) in self.pairs {
            let ranked = pair.map(|pair| ranks(words, other, pair)).transpose()?;
            told.extend(ranked.flatten());
        }
        if let Some((own, recency)) = self.active {
            let values = [
                ("weeks", self.weeks.into()),
                ("a", words.number(own, 2).into()),
                ("b", words.number(recency, 2).into()),
            ];
            told.push(words.text(key("backtest-ranks-active"), &values)?);
        }
        if let (Some(skill), Some(error)) = (self.skill, self.error) {
            let percent = |share: f64| words.percent(share, 0).replace('-', "\u{2212}");
            let values = [
                ("skill", percent(skill.value).into()),
                ("low", percent(skill.low.unwrap_or(skill.value)).into()),
                ("high", percent(skill.high.unwrap_or(skill.value)).into()),
                ("error", words.number(error.value * 100.0, 1).into()),
            ];
            told.push(words.text(key("backtest-skill"), &values)?);
        }
        Ok(told)
    }
}

/// Supported: worse than neither baseline, better than one, and better than the base rate.
fn judge_own(pairs: [Option<evaluation::Verdict>; 2], skill: Option<Figure>) -> Judgement {
    use evaluation::Verdict::{Better, TooFew, Worse};
    if pairs.iter().any(|pair| matches!(pair, None | Some(TooFew))) {
        return Judgement::TooFew;
    }
    let skilled = skill
        .and_then(|skill| skill.low)
        .is_some_and(|low| low > 0.0);
    if !pairs.contains(&Some(Worse)) && pairs.contains(&Some(Better)) && skilled {
        Judgement::Supported
    } else {
        Judgement::NotSupported
    }
}

/// AUC of own churn and of recency alone.
fn active_aucs(active: &GroupResult) -> Option<(f64, f64)> {
    let pair = active.compared(Predictor::Own, Predictor::Recency, Metric::Auc)?;
    Some((pair.of_predictor?, pair.of_against?))
}

/// How own churn ranks beside another predictor; `None` where that cannot be said.
fn ranks(words: Words, other: Predictor, pair: &Paired) -> Result<Option<String>, TextError> {
    let (Some(a), Some(b), Some(difference)) =
        (pair.of_predictor, pair.of_against, pair.difference)
    else {
        return Ok(None);
    };
    let name = match pair.verdict {
        evaluation::Verdict::Better => key("backtest-ranks-better"),
        evaluation::Verdict::Worse => key("backtest-ranks-worse"),
        _ => key("backtest-ranks-alike"),
    };
    let values = [
        ("other", words.predictor(other)?.into()),
        ("a", words.number(a, 3).into()),
        ("b", words.number(b, 3).into()),
        ("difference", words.signed(difference.value, 3).into()),
        (
            "low",
            words
                .signed(difference.low.unwrap_or(difference.value), 3)
                .into(),
        ),
        (
            "high",
            words
                .signed(difference.high.unwrap_or(difference.value), 3)
                .into(),
        ),
    ];
    words.text(name, &values).map(Some)
}
