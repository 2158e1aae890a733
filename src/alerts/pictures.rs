//! The pictures of an alert's mail: the course of the churn probability, and the customer's partners.
//!
//! ```text
//! figures ─> SVG (templates/pictures) ─> PNG, twice as dense as shown
//! ```
//!
//! They hold figures and no names, so that one set serves every language and every reader; letters come
//! from a font that is compiled in, so that they are the same on every machine. Colours differ in
//! lightness (`YlOrBr` of Brewer, "Color advice for maps"), and a figure beside says the same.

use std::f64::consts::TAU;
use std::sync::{Arc, LazyLock};

use askama::Template;
use chrono::NaiveDate;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

mod palette;
mod told;

pub use told::{Pictures, Reader, pictures};

/// Width of every picture as shown, in CSS pixels.
pub const WIDTH: u32 = 560;
/// Pixels of the file for each pixel shown.
pub const DENSITY: u32 = 2;
/// How many partners are drawn.
pub const SHOWN_PARTNERS: usize = 12;
/// How many runs are drawn.
pub const SHOWN_RUNS: usize = 26;
/// Digits, Latin letters and signs of `DejaVu` Sans; its licence lies beside it.
const FONT: &[u8] = include_bytes!("../../assets/fonts/dejavu-sans-subset.ttf");

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// The file.
    pub png: Vec<u8>,
    /// Its height as shown, in CSS pixels; it is [`WIDTH`] wide.
    pub height: u32,
}

/// A picture could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The template failed.
    #[error("the picture's template failed: {0}")]
    Template(#[from] askama::Error),
    /// What it gave is no SVG.
    #[error("the picture is no SVG: {0}")]
    Svg(#[from] resvg::usvg::Error),
    /// The file could not be written.
    #[error("the picture cannot be written: {0}")]
    Png(String),
    /// The same, by the library that writes it.
    #[error("the picture cannot be written: {0}")]
    Encoding(#[from] png::EncodingError),
}

/// A run in the course.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Its as-of date.
    pub on: NaiveDate,
    /// The churn probability.
    pub churn: f64,
}

/// A partner of the customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Share of the customer's business that goes over it, if known.
    pub share: Option<f64>,
    /// The partner's own churn probability, if known.
    pub churn: Option<f64>,
    /// The value behind it, if it would follow.
    pub value: Option<i64>,
}

#[derive(Template)]
#[template(path = "pictures/course.svg")]
struct Course {
    grid: Vec<Grid>,
    level: Option<Grid>,
    path: String,
    points: Vec<Mark>,
}

struct Grid {
    y: String,
    text_y: String,
    label: String,
}

struct Mark {
    x: String,
    y: String,
    r: &'static str,
    text_x: String,
    text_y: String,
    anchor: &'static str,
    label: Option<String>,
    date: Option<NaiveDate>,
}

#[derive(Template)]
#[template(path = "pictures/neighbourhood.svg")]
struct Neighbourhood {
    centre: Centre,
    nodes: Vec<Node>,
}

struct Centre {
    fill: &'static str,
    ink: &'static str,
    label: String,
}

struct Node {
    x: String,
    y: String,
    r: String,
    edge: String,
    dashed: bool,
    fill: &'static str,
    ink: &'static str,
    number: usize,
    text_y: String,
    churn: Option<String>,
    churn_x: String,
    anchor: &'static str,
}

/// The course of a churn probability, the oldest first, with the level at which it alarms; `None` for
/// fewer than two runs: one point is no course.
///
/// # Errors
///
/// [`PictureError`]; a fault of ours.
pub fn course(points: &[Point], level: Option<f64>) -> Result<Option<Drawing>, PictureError> {
    let first = points.len().saturating_sub(SHOWN_RUNS);
    let points = points.get(first..).unwrap_or_default();
    let (Some(start), Some(end)) = (points.first(), points.last()) else {
        return Ok(None);
    };
    if points.len() < 2 || end.on <= start.on {
        return Ok(None);
    }
    let highest = points
        .iter()
        .map(|point| point.churn)
        .chain(level)
        .fold(0.0, f64::max);
    // A fifth above the highest, in whole tenths.
    let top = ((highest * 12.0).ceil() / 10.0).clamp(0.1, 1.0);
    let days = (end.on - start.on).num_days() as f64;
    let x = |on: NaiveDate| 80.0 + 440.0 * (on - start.on).num_days() as f64 / days;
    let y = |share: f64| 164.0 - 140.0 * (share / top).clamp(0.0, 1.0);
    let grid = |share: f64| Grid {
        y: coordinate(y(share)),
        text_y: coordinate(y(share) + 6.0),
        label: percent(share),
    };
    let last = points.len() - 1;
    let marks = points.iter().enumerate().map(|(place, point)| {
        let at_end = place == 0 || place == last;
        let above = y(point.churn) - 12.0;
        Mark {
            x: coordinate(x(point.on)),
            y: coordinate(y(point.churn)),
            r: if at_end { "6" } else { "4" },
            text_x: coordinate(x(point.on) + if place == 0 { -16.0 } else { 24.0 }),
            text_y: coordinate(if above < 18.0 { above + 38.0 } else { above }),
            anchor: if place == 0 { "start" } else { "end" },
            label: at_end.then(|| percent(point.churn)),
            date: at_end.then_some(point.on),
        }
    });
    let path = points.iter().enumerate().map(|(place, point)| {
        let letter = if place == 0 { 'M' } else { 'L' };
        format!(
            "{letter}{} {}",
            coordinate(x(point.on)),
            coordinate(y(point.churn))
        )
    });
    let svg = Course {
        grid: [0.0, top / 2.0, top].into_iter().map(grid).collect(),
        level: level.map(grid),
        path: path.collect(),
        points: marks.collect(),
    };
    draw(&svg.render()?, 200).map(Some)
}

/// A customer in the middle of its partners, numbered from 1 in the order given, clockwise from the
/// top; at most [`SHOWN_PARTNERS`]. `None` without partners.
///
/// A partner's size is its value or its share, its darkness its churn probability, the width of its
/// edge its share; the edge of one that would only follow is dashed.
///
/// # Errors
///
/// [`PictureError`]; a fault of ours.
pub fn neighbourhood(churn: f64, partners: &[Neighbour]) -> Result<Option<Drawing>, PictureError> {
    let shown = partners.get(..SHOWN_PARTNERS).unwrap_or(partners);
    if shown.is_empty() {
        return Ok(None);
    }
    let largest = shown.iter().filter_map(|one| one.value).max().unwrap_or(0);
    let count = shown.len() as f64;
    let nodes = shown.iter().enumerate().map(|(place, partner)| {
        let angle = TAU * place as f64 / count;
        let (x, y) = (280.0 + 205.0 * angle.sin(), 150.0 - 112.0 * angle.cos());
        let by_value = partner
            .value
            .filter(|value| *value > 0 && largest > 0)
            .map_or(0.0, |value| value as f64 / largest as f64);
        let share = partner.share.unwrap_or(0.0).clamp(0.0, 1.0);
        let radius = 15.0 + 12.0 * by_value.max(share).sqrt();
        let outwards = if x < 279.0 { -1.0 } else { 1.0 };
        let (fill, ink) = partner.churn.map_or(("#eaecf0", "#1d2939"), shade);
        Node {
            x: coordinate(x),
            y: coordinate(y),
            r: coordinate(radius),
            edge: coordinate(1.5 + 10.0 * share),
            dashed: partner.share.is_none(),
            fill,
            ink,
            number: place + 1,
            text_y: coordinate(y + 6.5),
            churn: partner.churn.map(percent),
            churn_x: coordinate(x + outwards * (radius + 5.0)),
            anchor: if outwards < 0.0 { "end" } else { "start" },
        }
    });
    let (fill, ink) = shade(churn);
    let svg = Neighbourhood {
        centre: Centre {
            fill,
            ink,
            label: percent(churn),
        },
        nodes: nodes.collect(),
    };
    draw(&svg.render()?, 300).map(Some)
}

/// The colour of a churn probability, and that of letters on it (contrast above 4.5:1).
fn shade(churn: f64) -> (&'static str, &'static str) {
    match churn {
        low if low < 0.1 => ("#fff7bc", "#1d2939"),
        low if low < 0.25 => ("#fec44f", "#1d2939"),
        middle if middle < 0.5 => ("#fe9929", "#1d2939"),
        high if high < 0.75 => ("#993404", "#ffffff"),
        _ => ("#662506", "#ffffff"),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// A tenth of a pixel is finer than the file shows.
fn coordinate(value: f64) -> String {
    format!("{value:.1}")
}

fn draw(svg: &str, height: u32) -> Result<Drawing, PictureError> {
    static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut fonts = Database::new();
        fonts.load_font_data(FONT.to_vec());
        Arc::new(fonts)
    });
    let options = Options {
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options)?;
    let mut pixels = Pixmap::new(WIDTH * DENSITY, height * DENSITY)
        .ok_or_else(|| PictureError::Png("it has no size".to_owned()))?;
    let scale = DENSITY as f32;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixels.as_mut(),
    );
    Ok(Drawing {
        png: palette::png(&pixels)?,
        height,
    })
}

#[cfg(test)]
mod tests;
