//! What the answers to a survey come to: counts with 90 % intervals. Pure.

use serde::Serialize;

use super::model::{Question, QuestionScale, Side};
use super::store::figures::{Group, Tally, Turnout};
use crate::customers::model::DepartmentKind;
use crate::satisfaction::Z90;
use crate::satisfaction::indices::{nps, wilson};

/// A number with the ends of its 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Lower end; `null` where one answer alone gives none.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// How many were asked and answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Response {
    /// Asked; of those whose invitation was revoked only who had answered.
    pub invited: u64,
    /// Answered.
    pub answered: u64,
    /// Their share, with Wilson's interval; `null` if nobody was asked.
    pub rate: Option<Estimate>,
}

/// What the answers to one question come to.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct QuestionResult {
    /// The question's code.
    pub question: String,
    /// How it is answered.
    pub scale: QuestionScale,
    /// Answers.
    pub n: u64,
    /// Mean score in `[0, 1]`, with Student's interval; `null` for words, or without answers.
    pub mean: Option<Estimate>,
    /// Net promoter score in percent, with the adjusted Wald interval; of scale `nps` only.
    pub nps: Option<Estimate>,
    /// Share of the best two answers of the scale, with Wilson's interval.
    pub top_two: Option<Estimate>,
    /// Of words: mean feeling in `[-1, 1]`.
    pub polarity: Option<f64>,
    /// Of words: texts that have a feeling.
    pub felt: u64,
}

/// The results of some of those who were asked.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct GroupResults {
    /// Kind of department; `null` in `by_department`: in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_kind: Option<DepartmentKind>,
    /// End of the link asked about; `null` in `by_side`: own experience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Who answered.
    pub response: Response,
    /// Every question that somebody of them answered.
    pub questions: Vec<QuestionResult>,
}

/// The results of a survey.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Results {
    /// The survey.
    pub survey_id: i64,
    /// Its name.
    pub survey_name: String,
    /// Who answered.
    pub response: Response,
    /// Every question, in the order of the survey.
    pub questions: Vec<QuestionResult>,
    /// By kind of department.
    pub by_department: Vec<GroupResults>,
    /// By the end of the link asked about.
    pub by_side: Vec<GroupResults>,
}

/// Sums up a survey.
pub fn results(
    (id, name): (i64, &str),
    questions: &[Question],
    turnout: &[Turnout],
    tallies: &[Tally],
) -> Results {
    let all = |_: &Group| true;
    let group = |kind: Option<DepartmentKind>, side: Option<Side>, of: &dyn Fn(&Group) -> bool| {
        let mut questions = of_questions(questions, tallies, of);
        questions.retain(|question| question.n > 0);
        GroupResults {
            department_kind: kind,
            side,
            response: response(turnout, of),
            questions,
        }
    };
    let mut kinds: Vec<_> = turnout.iter().map(|one| one.group.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut sides: Vec<_> = turnout.iter().map(|one| one.group.side).collect();
    sides.sort_unstable();
    sides.dedup();
    let of_kind = |kind| group(kind, None, &move |group: &Group| group.kind == kind);
    let of_side = |side| group(None, side, &move |group: &Group| group.side == side);
    Results {
        survey_id: id,
        survey_name: name.to_owned(),
        response: response(turnout, &all),
        questions: of_questions(questions, tallies, &all),
        by_department: kinds.into_iter().map(of_kind).collect(),
        by_side: sides.into_iter().map(of_side).collect(),
    }
}

fn response(turnout: &[Turnout], of: &dyn Fn(&Group) -> bool) -> Response {
    let those = turnout.iter().filter(|one| of(&one.group));
    let (invited, answered) = those.fold((0, 0), |(invited, answered), one| {
        (invited + one.invited, answered + one.answered)
    });
    Response {
        invited,
        answered,
        rate: share(answered, invited),
    }
}

/// A share with Wilson's interval; `None` of nothing.
pub fn share(hits: u64, of: u64) -> Option<Estimate> {
    let ends = wilson(hits as f64, of as f64, Z90).ok()?;
    Some(Estimate {
        value: hits as f64 / of as f64,
        low: Some(ends.lo),
        high: Some(ends.hi),
    })
}

fn of_questions(
    questions: &[Question],
    tallies: &[Tally],
    of: &dyn Fn(&Group) -> bool,
) -> Vec<QuestionResult> {
    let those = |question: &Question| {
        let mut found: Vec<&Tally> = tallies.iter().filter(|one| of(&one.group)).collect();
        found.retain(|one| one.question == question.code);
        found
    };
    (questions.iter())
        .map(|question| of_question(question, &those(question)))
        .collect()
}

fn of_question(question: &Question, tallies: &[&Tally]) -> QuestionResult {
    let n = tallies.iter().map(|one| one.count).sum();
    let felt: u64 = tallies.iter().map(|one| one.felt).sum();
    let feeling: f64 = tallies.iter().map(|one| one.polarity).sum();
    let scores: Vec<(f64, u64)> = (tallies.iter())
        .filter_map(|one| Some((one.score?, one.count)))
        .collect();
    let values = tallies
        .iter()
        .filter_map(|one| Some((one.value?, one.count)));
    let top = question.scale.numbers().and_then(|scale| {
        let (lo, hi) = scale.range();
        let best = |value: f64| {
            if question.reversed {
                value <= lo + 1.0
            } else {
                value >= hi - 1.0
            }
        };
        let hits = values.clone().filter(|(value, _)| best(*value));
        share(hits.map(|(_, count)| count).sum(), n)
    });
    let promoters = (question.scale == QuestionScale::Nps && !question.reversed).then(|| {
        let each: Vec<f64> = values
            .flat_map(|(value, count)| (0..count).map(move |_| value))
            .collect();
        nps(&each, Z90).ok()
    });
    QuestionResult {
        question: question.code.clone(),
        scale: question.scale,
        n,
        mean: mean(&scores),
        nps: promoters.flatten().map(|found| Estimate {
            value: found.nps,
            low: Some(found.lo),
            high: Some(found.hi),
        }),
        top_two: top,
        polarity: (felt > 0).then(|| feeling / felt as f64),
        felt,
    }
}

/// Mean of counted scores with Student's interval, within `[0, 1]`; `None` of nothing.
fn mean(scores: &[(f64, u64)]) -> Option<Estimate> {
    let count: u64 = scores.iter().map(|(_, count)| count).sum();
    if count == 0 {
        return None;
    }
    let n = count as f64;
    let mean = scores
        .iter()
        .map(|(score, count)| score * *count as f64)
        .sum::<f64>()
        / n;
    let squares: f64 = (scores.iter())
        .map(|(score, count)| (score - mean).powi(2) * *count as f64)
        .sum();
    let reach = (count > 1).then(|| t95(count - 1) * (squares / (n - 1.0) / n).sqrt());
    Some(Estimate {
        value: mean,
        low: reach.map(|reach| (mean - reach).max(0.0)),
        high: reach.map(|reach| (mean + reach).min(1.0)),
    })
}

/// The 95 % quantile of Student's t: from tables up to 30 degrees of freedom, behind by the first
/// two terms of its expansion in 1/ν, which are right to three decimals there.
fn t95(freedom: u64) -> f64 {
    const TABLE: [f64; 30] = [
        6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771,
        1.761, 1.753, 1.746, 1.740, 1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706,
        1.703, 1.701, 1.699, 1.697,
    ];
    let place = usize::try_from(freedom.saturating_sub(1)).unwrap_or(usize::MAX);
    TABLE.get(place).copied().unwrap_or_else(|| {
        let (z, freedom) = (Z90, freedom as f64);
        let first = (z.powi(3) + z) / (4.0 * freedom);
        z + first + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom.powi(2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surveys::model::Wording;

    fn question(code: &str, scale: QuestionScale) -> Question {
        Question {
            code: code.to_owned(),
            scale,
            reversed: false,
            dimension: None,
            departments: Vec::new(),
            required: false,
            text: Wording::default(),
        }
    }

    const BUYERS: Group = Group {
        kind: Some(DepartmentKind::Purchasing),
        side: Some(Side::Shipper),
    };
    const OTHERS: Group = Group {
        kind: None,
        side: None,
    };

    fn tally(group: Group, question: &str, value: f64, score: f64, count: u64) -> Tally {
        Tally {
            group,
            question: question.to_owned(),
            value: Some(value),
            score: Some(score),
            count,
            felt: 0,
            polarity: 0.0,
        }
    }

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 5e-4,
            "{found} instead of {expected}"
        );
    }

    #[test]
    fn means_shares_and_promoters_have_the_intervals_of_the_books() {
        let questions = [
            question("o", QuestionScale::Csat5),
            question("r", QuestionScale::Nps),
        ];
        let tallies = [
            tally(BUYERS, "o", 5.0, 1.0, 2),
            tally(OTHERS, "o", 3.0, 0.5, 2),
            tally(BUYERS, "r", 10.0, 1.0, 3),
            tally(BUYERS, "r", 6.0, 0.6, 1),
        ];
        let turnout = [
            Turnout {
                group: BUYERS,
                invited: 6,
                answered: 3,
            },
            Turnout {
                group: OTHERS,
                invited: 4,
                answered: 2,
            },
        ];
        let found = results((7, "Spring"), &questions, &turnout, &tallies);
        // Wilson for 5 of 10 at z 1.6449: centre 1/2, reach 1.6449 · √(2.5 + 0.67643) / 12.7055.
        let rate = found.response.rate.unwrap();
        near(rate.value, 0.5);
        near(rate.low.unwrap(), 0.5 - 0.23074);
        near(rate.high.unwrap(), 0.5 + 0.23074);

        // 1, 1, ½, ½: s = √(¼ / 3) = 0.288675, reach 2.353 · s / 2 = 0.339627; cut at 1.
        let overall = &found.questions[0];
        let mean = overall.mean.unwrap();
        assert_eq!((overall.n, mean.high, overall.nps), (4, Some(1.0), None));
        near(mean.value, 0.75);
        near(mean.low.unwrap(), 0.75 - 0.339_627);
        near(overall.top_two.unwrap().value, 0.5);

        // 3 promoters and 1 detractor of 4; adjusted: p = 3.75/7, d = 1.75/7, difference 2/7,
        // variance 5.5/7 - 4/49 = 0.704082, reach 1.6449 · √(0.704082 / 7) = 0.521673.
        let promoters = found.questions[1].nps.unwrap();
        near(promoters.value, 50.0);
        assert!(
            (promoters.low.unwrap() - (28.5714 - 52.1673)).abs() < 0.01,
            "{promoters:?}"
        );
        assert!(
            (promoters.high.unwrap() - (28.5714 + 52.1673)).abs() < 0.01,
            "{promoters:?}"
        );
    }

    #[test]
    fn groups_count_their_own_answers_only() {
        let questions = [question("o", QuestionScale::Csat5)];
        let tallies = [
            tally(BUYERS, "o", 5.0, 1.0, 1),
            tally(OTHERS, "o", 1.0, 0.0, 3),
        ];
        let turnout = [
            Turnout {
                group: BUYERS,
                invited: 1,
                answered: 1,
            },
            Turnout {
                group: OTHERS,
                invited: 9,
                answered: 3,
            },
        ];
        let found = results((7, "Spring"), &questions, &turnout, &tallies);
        let kinds: Vec<_> = found
            .by_department
            .iter()
            .map(|one| one.department_kind)
            .collect();
        assert_eq!(kinds, [None, Some(DepartmentKind::Purchasing)]);
        let buyers = &found.by_department[1];
        assert_eq!((buyers.response.invited, buyers.questions[0].n), (1, 1));
        let mean = buyers.questions[0].mean.unwrap();
        assert_eq!((mean.value, mean.low, mean.high), (1.0, None, None));
        assert_eq!(found.by_side[0].response.answered, 3);
        assert_eq!(found.by_side[1].side, Some(Side::Shipper));
    }

    #[test]
    fn the_best_answers_of_a_reversed_question_are_its_lowest() {
        let mut reversed = question("late", QuestionScale::Csat5);
        reversed.reversed = true;
        let tallies = [
            tally(BUYERS, "late", 2.0, 0.75, 1),
            tally(BUYERS, "late", 5.0, 0.0, 3),
        ];
        let found = results((7, ""), &[reversed], &[], &tallies);
        near(found.questions[0].top_two.unwrap().value, 0.25);
    }

    #[test]
    fn nothing_comes_to_nothing_and_words_to_a_feeling() {
        let questions = [
            question("o", QuestionScale::Nps),
            question("c", QuestionScale::Text),
        ];
        let words = Tally {
            value: None,
            score: None,
            felt: 2,
            polarity: -1.0,
            ..tally(OTHERS, "c", 0.0, 0.0, 3)
        };
        let found = results((7, ""), &questions, &[], &[words]);
        assert_eq!(found.response, Response::default());
        let (empty, words) = (&found.questions[0], &found.questions[1]);
        assert_eq!(
            (empty.n, empty.mean, empty.nps, empty.top_two),
            (0, None, None, None)
        );
        assert_eq!((words.n, words.felt, words.polarity), (3, 2, Some(-0.5)));
    }

    #[test]
    fn quantiles_go_on_where_the_table_ends() {
        // Tables: 1.684 for 40 degrees of freedom, 1.671 for 60, 1.645 for very many.
        near(t95(1), 6.314);
        near(t95(30), 1.697);
        near(t95(40), 1.684);
        near(t95(60), 1.671);
        near(t95(1_000_000), 1.645);
    }
}
