//! The pictures of an alert's facts, and what they show in words.

use super::{Drawing, Neighbour, PictureError, Point, SHOWN_PARTNERS, course, neighbourhood};
use crate::alerts::facts::{Facts, PartFact, RiskFacts, Warning};
use crate::alerts::message::Picture;
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{Args, Key, Language, TextError, Texts, Value, key};
use crate::mail::outbox::store::NewImage;
use crate::units::Probability;

/// How many characters of a name the words of a picture show.
const NAME_CHARS: usize = 80;
/// How many runs the words of the course name.
const TOLD_RUNS: usize = 6;

/// The pictures of an alert as it stands.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    course: Option<(Drawing, Vec<Point>, Option<f64>)>,
    network: Option<(Drawing, Vec<Named>)>,
}

/// A partner that is drawn.
#[derive(Clone, Debug)]
struct Named {
    customer: Option<i64>,
    name: Option<String>,
    drawn: Neighbour,
}

/// Who reads about a picture.
pub struct Reader<'a> {
    /// In which language.
    pub language: Language,
    /// Whether a customer may be named.
    pub visible: &'a dyn Fn(i64) -> bool,
}

/// Draws what the facts, with all names, have to show.
///
/// # Errors
///
/// [`PictureError`]; a fault of ours.
pub fn pictures(facts: &Facts) -> Result<Pictures, PictureError> {
    let points: Vec<Point> = facts
        .course
        .iter()
        .map(|run| Point {
            on: run.as_of,
            churn: run.churn_probability,
        })
        .collect();
    let level = match facts.warning {
        Warning::ChurnLevel { level } => Some(level),
        _ => None,
    };
    let drawn = course(&points, level)?;
    let partners = facts.risk.as_ref().map(neighbours).unwrap_or_default();
    let shown: Vec<Neighbour> = partners.iter().map(|named| named.drawn).collect();
    let churn = facts
        .risk
        .as_ref()
        .map_or(0.0, |risk| risk.churn_probability);
    let network = neighbourhood(churn, &shown)?;
    Ok(Pictures {
        course: drawn.map(|drawing| (drawing, points, level)),
        network: network.map(|drawing| (drawing, partners)),
    })
}

/// The partners of a risk: those that explain it, then those that would only follow.
fn neighbours(risk: &RiskFacts) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    for part in &risk.parts {
        if let PartFact::Partner {
            customer_id,
            name,
            share,
            ..
        } = part
        {
            found.push(Named {
                customer: *customer_id,
                name: name.clone(),
                drawn: Neighbour {
                    share: Some(*share),
                    churn: None,
                    value: None,
                },
            });
        }
    }
    for follower in &risk.followers {
        let known = found
            .iter_mut()
            .find(|named| named.customer.is_some() && named.customer == follower.customer_id);
        if let Some(named) = known {
            named.drawn.churn = Some(follower.churn_probability);
            named.drawn.value = Some(follower.value);
        } else {
            found.push(Named {
                customer: follower.customer_id,
                name: follower.name.clone(),
                drawn: Neighbour {
                    share: None,
                    churn: Some(follower.churn_probability),
                    value: Some(follower.value),
                },
            });
        }
    }
    found.truncate(SHOWN_PARTNERS);
    found
}

impl Pictures {
    /// The files, under Content-IDs that end in `tail`, with what they show in the reader's words.
    ///
    /// # Errors
    ///
    /// [`TextError`]; a fault of ours.
    pub fn told(
        &self,
        texts: &Texts,
        reader: &Reader<'_>,
        (customer, tail): (&str, &str),
    ) -> Result<Vec<(Picture, NewImage)>, TextError> {
        let words = Words {
            texts,
            language: reader.language,
        };
        let mut told = Vec::new();
        if let Some((drawing, points, level)) = &self.course {
            let alt = words.course(points, *level)?;
            told.push(placed("course", tail, drawing, (alt, Vec::new())));
        }
        if let Some((drawing, partners)) = &self.network {
            let mut lines = Vec::with_capacity(partners.len());
            for (place, named) in partners.iter().enumerate() {
                let name = named
                    .name
                    .as_deref()
                    .filter(|_| named.customer.is_some_and(|id| (reader.visible)(id)));
                lines.push(words.partner(place + 1, name, named.drawn)?);
            }
            let customer = isolate(shorten(&single_line(customer), NAME_CHARS));
            let values = [
                ("customer", customer.into()),
                ("partners", lines.join(reader.language.semicolon()).into()),
            ];
            let alt = words.text(key("alert-picture-network"), &values)?;
            told.push(placed("partners", tail, drawing, (alt, lines)));
        }
        Ok(told)
    }
}

fn placed(
    what: &str,
    tail: &str,
    drawing: &Drawing,
    (alt, lines): (String, Vec<String>),
) -> (Picture, NewImage) {
    let content_id = format!("{what}-{tail}");
    let image = NewImage {
        content_id: content_id.clone(),
        alt: alt.clone(),
        png: drawing.png.clone(),
    };
    let picture = Picture {
        content_id,
        alt,
        width: super::WIDTH,
        height: drawing.height,
        key: lines,
    };
    (picture, image)
}

struct Words<'a> {
    texts: &'a Texts,
    language: Language,
}

impl Words<'_> {
    fn text(&self, key: Key, values: &[(&str, Value<'_>)]) -> Result<String, TextError> {
        let mut args = Args::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        self.texts.get(self.language, key, &args)
    }

    fn percent(&self, share: f64) -> String {
        // What is drawn lies between nothing and all.
        let share = Probability::new(share.clamp(0.0, 1.0)).unwrap_or_default();
        self.language.percent(share, 0)
    }

    fn course(&self, points: &[Point], level: Option<f64>) -> Result<String, TextError> {
        let newest = points.len().saturating_sub(TOLD_RUNS);
        let told = points
            .iter()
            .skip(newest)
            .map(|point| {
                let values = [
                    ("date", self.language.date(point.on).into()),
                    ("churn", self.percent(point.churn).into()),
                ];
                self.text(key("alert-picture-point"), &values)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut values = vec![("points", told.join(self.language.comma()).into())];
        let Some(level) = level else {
            return self.text(key("alert-picture-course"), &values);
        };
        values.push(("level", self.percent(level).into()));
        self.text(key("alert-picture-course-level"), &values)
    }

    fn partner(
        &self,
        number: usize,
        name: Option<&str>,
        drawn: Neighbour,
    ) -> Result<String, TextError> {
        let name = single_line(name.unwrap_or_default());
        let name = if name.is_empty() {
            self.text(key("alert-partner-unnamed"), &[])?
        } else {
            isolate(shorten(&name, NAME_CHARS))
        };
        let mut values = vec![("number", number.into()), ("partner", name.into())];
        if let Some(share) = drawn.share {
            values.push(("share", self.percent(share).into()));
        }
        if let Some(churn) = drawn.churn {
            values.push(("churn", self.percent(churn).into()));
        }
        let line = match (drawn.share, drawn.churn) {
            (Some(_), Some(_)) => key("alert-picture-partner-both"),
            (Some(_), None) => key("alert-picture-partner-share"),
            (None, Some(_)) => key("alert-picture-partner-churn"),
            (None, None) => key("alert-picture-partner"),
        };
        self.text(line, &values)
    }
}
