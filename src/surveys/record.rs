//! Taking answers: the one way in for the public page, interviewers and files.

use super::error::{AnswerFault, AnswerProblem, SurveyError};
use super::model::{InvitationStatus, Question, QuestionScale, SurveyStatus};
use super::store::{self, AnswerRow, InvitationRow};
use crate::db::{Conn, UtcTime};
use crate::sentiment::Scorer;

/// Characters of an answer in words at most.
pub const LONGEST: usize = 10_000;

/// An answer to one question; without value and text it takes back an earlier one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenAnswer {
    /// The question's code.
    pub question: String,
    /// A whole number on its scale.
    pub value: Option<f64>,
    /// Words.
    pub text: Option<String>,
}

/// What became of answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Every answer that the invitation has now, in the order of the questions.
    pub answers: Vec<AnswerRow>,
    /// Whether it had none before.
    pub first: bool,
    /// Whether anything is different from before.
    pub changed: bool,
}

/// The questions that this invitation asks: those of the contact's department.
pub fn questions_for(invitation: &InvitationRow) -> Vec<Question> {
    let kind = invitation.department_kind;
    let asked = invitation.questions.iter();
    asked
        .filter(|question| question.asks(kind))
        .cloned()
        .collect()
}

/// Checks answers given now and stores them, in the caller's transaction: all of them, or none.
/// Questions that are not named keep the answers they have.
///
/// # Errors
///
/// [`SurveyError`].
pub fn record(
    conn: &mut Conn,
    invitation: &InvitationRow,
    answers: &[GivenAnswer],
    scorer: &Scorer,
    now: UtcTime,
) -> Result<Recorded, SurveyError> {
    record_given_at(conn, invitation, answers, scorer, (now, now))
}

/// As [`record`], for answers that were given at another time than they are stored at.
///
/// # Errors
///
/// [`SurveyError`].
pub fn record_given_at(
    conn: &mut Conn,
    invitation: &InvitationRow,
    answers: &[GivenAnswer],
    scorer: &Scorer,
    (given_at, now): (UtcTime, UtcTime),
) -> Result<Recorded, SurveyError> {
    // Read behind the lock: another may have revoked it, or closed the survey.
    let invitation = store::locked_invitation(conn, invitation.id)?;
    answerable(&invitation, given_at)?;
    let before = store::answers_of(conn, invitation.id)?;
    let after = merged(
        &questions_for(&invitation),
        &before,
        answers,
        scorer,
        given_at,
    )?;
    let changed = !before.iter().all(|old| after.contains(old)) || before.len() != after.len();
    if let Some(newer) = before.iter().map(|row| row.answered_at).max()
        && changed
        && newer > given_at
    {
        return Err(SurveyError::Older { at: newer });
    }
    if changed {
        store::put_answers(conn, invitation.id, &before, &after)?;
        store::answered(conn, invitation.id, given_at, now)?;
    }
    Ok(Recorded {
        first: before.is_empty(),
        changed,
        answers: after,
    })
}

/// Demands that the invitation can be answered at this time.
///
/// # Errors
///
/// [`SurveyError::NotOpen`], [`SurveyError::Closed`], [`SurveyError::Revoked`].
pub fn answerable(invitation: &InvitationRow, at: UtcTime) -> Result<(), SurveyError> {
    if invitation.status == InvitationStatus::Revoked {
        return Err(SurveyError::Revoked);
    }
    let times = (invitation.closes_at, invitation.closed_at);
    taking(invitation.survey_status, times, at)
}

/// Demands that a survey that closes, and was closed, at these times takes answers given at this time.
///
/// # Errors
///
/// [`SurveyError::NotOpen`], [`SurveyError::Closed`].
pub fn taking(
    status: SurveyStatus,
    (latest, closed): (UtcTime, Option<UtcTime>),
    at: UtcTime,
) -> Result<(), SurveyError> {
    let (until, over) = match (status, closed) {
        (SurveyStatus::Draft, _) => return Err(SurveyError::NotOpen),
        (SurveyStatus::Open, _) => (latest, at >= latest),
        // What was given before it was closed may still come in.
        (SurveyStatus::Closed, Some(closed)) => {
            let until = closed.min(latest);
            (until, at >= until)
        }
        (SurveyStatus::Closed, None) => (latest, true),
    };
    if over {
        return Err(SurveyError::Closed { until });
    }
    Ok(())
}

/// What the answers are once those given are laid over those that stand; an answer that says the
/// same as before keeps its time.
fn merged(
    questions: &[Question],
    before: &[AnswerRow],
    given: &[GivenAnswer],
    scorer: &Scorer,
    at: UtcTime,
) -> Result<Vec<AnswerRow>, SurveyError> {
    let mut wrong = Vec::new();
    for (place, answer) in given.iter().enumerate() {
        let earlier = given.iter().take(place);
        if !questions.iter().any(|one| one.code == answer.question) {
            wrong.push((answer, AnswerFault::Unknown));
        } else if earlier.clone().any(|one| one.question == answer.question) {
            wrong.push((answer, AnswerFault::Twice));
        }
    }
    let mut wrong: Vec<AnswerProblem> = (wrong.into_iter())
        .map(|(answer, fault)| problem(&answer.question, fault))
        .collect();
    let mut after = Vec::new();
    for question in questions {
        let stands = before.iter().find(|row| row.question == question.code);
        let row = match given.iter().find(|one| one.question == question.code) {
            None => stands.cloned(),
            Some(answer) => match scored(question, answer, scorer, at) {
                Err(fault) => {
                    wrong.push(problem(&question.code, fault));
                    continue;
                }
                Ok(Some(row)) => match stands {
                    Some(old) if old.says_the_same_as(&row) => Some(old.clone()),
                    _ => Some(row),
                },
                Ok(None) => None,
            },
        };
        if row.is_none() && question.required {
            wrong.push(problem(&question.code, AnswerFault::Required));
        }
        after.extend(row);
    }
    // The department may do something else by now: what it answered before stays.
    let asked = |row: &&AnswerRow| questions.iter().any(|one| one.code == row.question);
    after.extend(before.iter().filter(|row| !asked(row)).cloned());
    if !wrong.is_empty() {
        return Err(SurveyError::Wrong(wrong));
    }
    if after.is_empty() {
        return Err(SurveyError::Empty);
    }
    Ok(after)
}

fn problem(question: &str, fault: AnswerFault) -> AnswerProblem {
    AnswerProblem {
        question: question.to_owned(),
        fault,
    }
}

/// The answer with its score; `None` if it is blank.
fn scored(
    question: &Question,
    answer: &GivenAnswer,
    scorer: &Scorer,
    at: UtcTime,
) -> Result<Option<AnswerRow>, AnswerFault> {
    let text = answer
        .text
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let row = AnswerRow {
        question: question.code.clone(),
        dimension: question
            .dimension
            .map(|dimension| dimension.word().to_owned()),
        scale: question.scale.word().to_owned(),
        value: None,
        score: None,
        text: None,
        polarity: None,
        answered_at: at,
    };
    let Some(scale) = question.scale.numbers() else {
        debug_assert_eq!(question.scale, QuestionScale::Text);
        if answer.value.is_some() {
            return Err(AnswerFault::NotWords);
        }
        let Some(text) = text else { return Ok(None) };
        if text.contains('\0') {
            return Err(AnswerFault::Nul);
        }
        if text.chars().count() > LONGEST {
            return Err(AnswerFault::TooLong { most: LONGEST });
        }
        let polarity = scorer
            .score(text)
            .outcome
            .ok()
            .map(|feeling| feeling.polarity);
        return Ok(Some(AnswerRow {
            text: Some(text.to_owned()),
            polarity,
            ..row
        }));
    };
    if text.is_some() {
        return Err(AnswerFault::NotANumber);
    }
    let Some(value) = answer.value else {
        return Ok(None);
    };
    let (lo, hi) = scale.range();
    let score = scale.score(value, question.reversed).ok();
    let Some(score) = score.filter(|_| value.fract() == 0.0) else {
        return Err(AnswerFault::OffScale { lo, hi });
    };
    Ok(Some(AnswerRow {
        value: Some(value),
        score: Some(score),
        ..row
    }))
}
