//! Puts an invitation's questions, and what was typed so far, into the page.

use std::collections::BTreeMap;

use askama::Template;

use super::words::{HEADING, Letterhead, name};
use crate::api::public::{Form, PageError, Shell, text};
use crate::i18n::{Key, Language, TextError, Value, key};
use crate::surveys::model::{Question, QuestionScale, Side, Wording};
use crate::surveys::record::LONGEST;
use crate::surveys::store::{AnswerRow, InvitationRow};
use crate::surveys::{AnswerFault, AnswerProblem, GivenAnswer, questions_for};

/// Stands before a question's code in the names of fields.
const FIELD: &str = "q.";

/// What stands in the fields, by the code of the question.
#[derive(Clone, Debug, Default)]
pub struct Typed(BTreeMap<String, String>);

impl Typed {
    /// What was answered before.
    pub fn stored(answers: &[AnswerRow]) -> Self {
        let shown = |row: &AnswerRow| match (row.value, &row.text) {
            (Some(value), _) => value.to_string(),
            (None, text) => text.clone().unwrap_or_default(),
        };
        let pairs = answers.iter().map(|row| (row.question.clone(), shown(row)));
        Self(pairs.collect())
    }

    /// What a form brought; line ends as the database keeps them.
    pub fn sent(form: &Form) -> Self {
        let fields = form.pairs().filter_map(|(field, value)| {
            let code = field.strip_prefix(FIELD)?;
            Some((code.to_owned(), value.replace("\r\n", "\n")))
        });
        Self(fields.collect())
    }

    /// As answers; an empty field takes an answer back.
    pub fn answers(&self, questions: &[Question]) -> Vec<GivenAnswer> {
        let given = |(code, typed): (&String, &String)| {
            let scale = questions.iter().find(|question| question.code == *code);
            let words = scale.is_some_and(|question| question.scale == QuestionScale::Text);
            let (value, text) = match typed.trim() {
                "" => (None, None),
                _ if words => (None, Some(typed.clone())),
                // What is no number is on no scale.
                number => (Some(number.parse().unwrap_or(f64::NAN)), None),
            };
            GivenAnswer {
                question: code.clone(),
                value,
                text,
            }
        };
        self.0.iter().map(given).collect()
    }

    /// What is in the fields that are not empty, each with its question, in the order of the questions;
    /// with its code if it is none of these.
    pub fn kept(&self, questions: &[Question], language: Language) -> Vec<(String, String)> {
        let asked = |code: &str| questions.iter().position(|question| question.code == code);
        let filled = (self.0.iter()).filter(|(_, typed)| !typed.trim().is_empty());
        let mut filled: Vec<_> = filled.collect();
        filled.sort_by_key(|(code, _)| asked(code).unwrap_or(usize::MAX));
        let labelled = |(code, typed): (&String, &String)| {
            let question = questions.iter().find(|question| question.code == *code);
            let label = question.map_or(code, |question| worded(question, language));
            (label.clone(), typed.clone())
        };
        filled.into_iter().map(labelled).collect()
    }

    fn of(&self, code: &str) -> &str {
        self.0.get(code).map_or("", String::as_str)
    }
}

#[derive(Template)]
#[template(path = "surveys/survey.html")]
struct Survey {
    shell: Shell,
    heading: String,
    asked: Vec<String>,
    problem: Option<String>,
    faults: Vec<(String, String)>,
    questions: Vec<QuestionView>,
    longest: usize,
    send: String,
    privacy: String,
    opt_out: String,
    opt_out_href: String,
}

/// A question as it is drawn.
struct QuestionView {
    id: String,
    field: String,
    text: String,
    required: bool,
    note: Option<String>,
    fault: Option<String>,
    scale: Option<ScaleView>,
    words: String,
}

/// A row of numbers.
struct ScaleView {
    class: &'static str,
    low: String,
    high: String,
    choices: Vec<Choice>,
    /// The choice to say nothing, and whether it is taken.
    none: Option<(String, bool)>,
}

struct Choice {
    value: i32,
    checked: bool,
}

/// What is wrong with what was sent.
#[derive(Clone, Debug)]
pub enum Wrong {
    /// No question is answered.
    Empty,
    /// These answers cannot be taken.
    Answers(Vec<AnswerProblem>),
}

/// An invitation about to be shown.
pub struct Asking<'a> {
    /// To whom, about what.
    pub invitation: &'a InvitationRow,
    /// Who asks.
    pub head: &'a Letterhead,
    /// In which language.
    pub language: Language,
    /// The ticket in the page's address.
    pub ticket: &'a str,
}

impl Asking<'_> {
    fn text(&self, key: Key, values: &[(&str, Value<'_>)]) -> Result<String, TextError> {
        text(self.language, key, values)
    }

    /// The page with the questions.
    ///
    /// # Errors
    ///
    /// [`PageError`], a fault of ours.
    pub fn page(&self, typed: &Typed, wrong: Option<&Wrong>) -> Result<String, PageError> {
        let invitation = self.invitation;
        let asked = questions_for(invitation);
        let questions: Vec<QuestionView> = asked
            .iter()
            .map(|question| self.question(question, typed, wrong))
            .collect::<Result<_, TextError>>()?;
        let fault = |question: &QuestionView| {
            let fault = question.fault.as_ref()?;
            Some((question.id.clone(), format!("{} – {fault}", question.text)))
        };
        let faults: Vec<_> = questions.iter().filter_map(fault).collect();
        let sender = self.head.sender.as_str();
        let values = [("sender", Value::from(sender))];
        let heading = HEADING.of(self.language, invitation, sender)?;
        let page = Survey {
            shell: Shell::new(self.language, format!("{heading} · {sender}"), "")?,
            heading,
            asked: self.asked()?,
            problem: wrong.map(|wrong| self.problem(wrong, &asked)).transpose()?,
            faults,
            questions,
            longest: LONGEST,
            send: self.text(
                if invitation.answered_at.is_some() {
                    key("survey-save")
                } else {
                    key("survey-send")
                },
                &[],
            )?,
            privacy: self.text(key("survey-privacy"), &values)?,
            opt_out: self.text(key("survey-opt-out"), &[])?,
            opt_out_href: format!("{}/opt-out?lang={}", self.ticket, self.language),
        };
        Ok(page.render()?)
    }

    /// Who asks, about whose goods, until when.
    fn asked(&self) -> Result<Vec<String>, TextError> {
        let invitation = self.invitation;
        let until = self.head.time(self.language, invitation.closes_at);
        let mut lines = vec![self.text(
            key("survey-asked-by"),
            &[
                ("sender", self.head.sender.as_str().into()),
                ("customer", name(&invitation.customer_name).into()),
            ],
        )?];
        if let (Some(_), Some(partner)) = (&invitation.shipment_key, &invitation.partner_name) {
            let line = match invitation.side {
                Some(Side::Consignee) => key("survey-shipment-from"),
                Some(Side::Shipper) | None => key("survey-shipment-to"),
            };
            lines.push(self.text(line, &[("partner", name(partner).into())])?);
        }
        lines.push(self.text(key("survey-until"), &[("until", until.into())])?);
        Ok(lines)
    }

    fn problem(&self, wrong: &Wrong, asked: &[Question]) -> Result<String, TextError> {
        let problems = match wrong {
            Wrong::Empty => return self.text(key("survey-empty"), &[]),
            Wrong::Answers(problems) => problems,
        };
        let known = |one: &&AnswerProblem| asked.iter().any(|own| own.code == one.question);
        let here = problems.iter().filter(known).count();
        if here < problems.len() {
            return self.text(key("survey-not-asked"), &[]);
        }
        let count = i64::try_from(here).unwrap_or(i64::MAX);
        self.text(key("survey-problems"), &[("count", count.into())])
    }

    fn question(
        &self,
        question: &Question,
        typed: &Typed,
        wrong: Option<&Wrong>,
    ) -> Result<QuestionView, TextError> {
        let code = question.code.as_str();
        let given = typed.of(code);
        let fault = match wrong {
            Some(Wrong::Answers(problems)) => {
                let problem = problems.iter().find(|problem| problem.question == code);
                problem.map(|problem| self.fault(&problem.fault, question))
            }
            Some(Wrong::Empty) | None => None,
        };
        let scale = question.scale.numbers().map(|numbers| {
            let (lo, hi) = numbers.range();
            self.scale(question, (lo, hi), given)
        });
        Ok(QuestionView {
            id: format!("q-{code}"),
            field: format!("{FIELD}{code}"),
            text: worded(question, self.language).clone(),
            required: question.required,
            note: question
                .required
                .then(|| self.text(key("survey-required"), &[]))
                .transpose()?,
            fault: fault.transpose()?,
            scale: scale.transpose()?,
            words: given.to_owned(),
        })
    }

    fn scale(
        &self,
        question: &Question,
        (lo, hi): (f64, f64),
        given: &str,
    ) -> Result<ScaleView, TextError> {
        let (low, high) = ends(question.scale);
        let chosen = given.trim().parse::<f64>().ok();
        let (first, last) = (whole(lo), whole(hi));
        let end = |value: i32, words: Key| -> Result<String, TextError> {
            let words = self.text(words, &[])?;
            self.text(
                key("survey-scale-end"),
                &[("value", i64::from(value).into()), ("words", words.into())],
            )
        };
        let choices: Vec<Choice> = (first..=last)
            .map(|value| Choice {
                value,
                checked: chosen == Some(f64::from(value)),
            })
            .collect();
        let nothing = !choices.iter().any(|choice| choice.checked);
        Ok(ScaleView {
            class: match choices.len() {
                0..=5 => "n5",
                6..=7 => "n7",
                _ => "n11",
            },
            low: end(first, low)?,
            high: end(last, high)?,
            choices,
            none: (!question.required)
                .then(|| self.text(key("survey-no-answer"), &[]))
                .transpose()?
                .map(|label| (label, nothing)),
        })
    }

    fn fault(&self, fault: &AnswerFault, question: &Question) -> Result<String, TextError> {
        let words = question.scale == QuestionScale::Text;
        match fault {
            AnswerFault::OffScale { lo, hi } => {
                let (lo, hi) = (i64::from(whole(*lo)), i64::from(whole(*hi)));
                let values = [("lo", lo.into()), ("hi", hi.into())];
                self.text(key("survey-fault-scale"), &values)
            }
            AnswerFault::TooLong { most } => {
                let most = i64::try_from(*most).unwrap_or(i64::MAX);
                self.text(key("survey-fault-long"), &[("most", most.into())])
            }
            AnswerFault::Nul => self.text(key("survey-fault-characters"), &[]),
            AnswerFault::Required if words => self.text(key("survey-fault-write"), &[]),
            AnswerFault::Required
            | AnswerFault::NotANumber
            | AnswerFault::NotWords
            | AnswerFault::Unknown
            | AnswerFault::Twice => self.text(key("survey-fault-choose"), &[]),
        }
    }
}

/// What is asked, in this language.
fn worded(question: &Question, language: Language) -> &String {
    let Wording { en, zh } = &question.text;
    match language {
        Language::En => en,
        Language::Zh => zh,
    }
}

/// Words for the lowest and the highest answer.
fn ends(scale: QuestionScale) -> (Key, Key) {
    match scale {
        QuestionScale::Csat5 | QuestionScale::Csat7 => {
            (key("survey-dissatisfied"), key("survey-satisfied"))
        }
        QuestionScale::Nps => (key("survey-unlikely"), key("survey-likely")),
        QuestionScale::Ces7 | QuestionScale::Lsq5 | QuestionScale::Lsq7 | QuestionScale::Text => {
            (key("survey-disagree"), key("survey-agree"))
        }
    }
}

/// The end of a scale as a whole number; all scales go from 0 or 1 to 10 at most.
#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to what the longest scale holds"
)]
fn whole(end: f64) -> i32 {
    end.round().clamp(0.0, 100.0) as i32
}
