//! Small plots as SVG text: axes, points with intervals, lines. Colours are classes of the page.
//!
//! A plot is [`WIDE`] units wide, so that its letters stay readable on a phone; a page sets several
//! side by side where there is room. Everything that comes from outside is escaped.

use std::fmt::Write as _;

/// Width of every plot, in user units; at 12 units a letter is as high as text around it.
pub const WIDE: f64 = 360.0;

/// A plot in the making.
#[derive(Debug)]
pub struct Plot {
    body: String,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Scale,
    y: Scale,
}

/// From data to user units.
#[derive(Clone, Copy, Debug)]
struct Scale {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        // An axis may run downwards.
        let share = if span.abs() > 0.0 {
            (value - self.low) / span
        } else {
            0.5
        };
        // What lies outside is drawn at the edge, never across other parts of the page.
        self.start + share.clamp(0.0, 1.0) * (self.end - self.start)
    }
}

/// Where letters stand beside their point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The text begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

impl Anchor {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Plot {
    /// An empty plot of this height, with room for labels left and below the area of the data.
    pub fn new(height: f64, (left, bottom): (f64, f64), x: (f64, f64), y: (f64, f64)) -> Self {
        let (right, top) = (WIDE - 22.0, 10.0);
        let floor = height - bottom;
        Self {
            body: String::new(),
            height,
            left,
            right,
            top,
            bottom: floor,
            x: Scale {
                low: x.0,
                high: x.1,
                start: left,
                end: right,
            },
            y: Scale {
                low: y.0,
                high: y.1,
                start: floor,
                end: top,
            },
        }
    }

    /// A grid line across at a value of y, with its label at the left.
    pub fn rule(&mut self, y: f64, label: &str) {
        let at = self.y.at(y);
        self.segment((self.left, at), (self.right, at), "grid");
        self.letters((self.left - 6.0, at + 4.0), Anchor::End, "", label);
    }

    /// A grid line upwards at a value of x, with its label below.
    pub fn tick(&mut self, x: f64, label: &str) {
        let at = self.x.at(x);
        self.segment((at, self.top), (at, self.bottom), "grid");
        self.letters((at, self.bottom + 17.0), Anchor::Middle, "", label);
    }

    /// A line between two points of the data.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let (from, to) = (self.place(from), self.place(to));
        self.segment(from, to, class);
    }

    /// A line through points of the data.
    pub fn path(&mut self, points: &[(f64, f64)], class: &str) {
        let mut route = String::new();
        for point in points {
            let (x, y) = self.place(*point);
            let _ = write!(route, "{x:.1},{y:.1} ");
        }
        let _ = write!(
            self.body,
            r#"<polyline class="{}" points="{}"/>"#,
            escape(class),
            route.trim_end()
        );
    }

    /// A point of the data.
    pub fn dot(&mut self, at: (f64, f64), class: &str) {
        let (x, y) = self.place(at);
        let _ = write!(
            self.body,
            r#"<circle class="{}" cx="{x:.1}" cy="{y:.1}" r="3.2"/>"#,
            escape(class)
        );
    }

    /// A square on a point of the data; tells a second series apart without colour.
    pub fn square(&mut self, at: (f64, f64), class: &str) {
        let (x, y) = self.place(at);
        let _ = write!(
            self.body,
            r#"<rect class="{}" x="{:.1}" y="{:.1}" width="6" height="6"/>"#,
            escape(class),
            x - 3.0,
            y - 3.0
        );
    }

    /// A bar that lies, from one value of x to another, so many units high around a value of y.
    pub fn bar(&mut self, y: f64, (from, to): (f64, f64), thickness: f64, class: &str) {
        let (start, middle) = self.place((from.min(to), y));
        let (end, _) = self.place((from.max(to), y));
        let _ = write!(
            self.body,
            r#"<rect class="{}" x="{start:.1}" y="{:.1}" width="{:.1}" height="{thickness:.1}"/>"#,
            escape(class),
            middle - thickness / 2.0,
            end - start
        );
    }

    /// Letters at a value of x and y, moved by so many units.
    pub fn note(&mut self, at: (f64, f64), by: (f64, f64), anchor: Anchor, text: &str) {
        let (x, y) = self.place(at);
        self.letters((x + by.0, y + by.1), anchor, "", text);
    }

    /// What is on the axis below, in its middle.
    pub fn below(&mut self, text: &str) {
        let at = (f64::midpoint(self.left, self.right), self.height - 4.0);
        self.letters(at, Anchor::Middle, "axis", text);
    }

    /// The plot, with what it shows for whoever cannot see it.
    pub fn end(self, alternative: &str) -> String {
        format!(
            r#"<svg viewBox="0 0 {WIDE} {}" role="img" aria-label="{}" xmlns="http://www.w3.org/2000/svg">{}</svg>"#,
            self.height,
            escape(alternative),
            self.body
        )
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    fn segment(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let _ = write!(
            self.body,
            r#"<line class="{}" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#,
            escape(class),
            from.0,
            from.1,
            to.0,
            to.1
        );
    }

    fn letters(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: &str) {
        let _ = write!(
            self.body,
            r#"<text class="{}" x="{x:.1}" y="{y:.1}" text-anchor="{}">{}</text>"#,
            escape(class),
            anchor.word(),
            escape(text)
        );
    }
}

/// `text` fit to stand in an element or an attribute.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Round values from `low` to `high` for an axis: steps of 1, 2 or 5 times a power of ten, at most
/// `most` of them.
pub fn round_steps(low: f64, high: f64, most: u32) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 || most == 0 {
        return vec![low];
    }
    let rough = span / f64::from(most);
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * (1.0 - 1e-9))
        .unwrap_or(10.0 * power);
    let mut values = Vec::new();
    let mut count = (low / step).ceil();
    while count * step <= high + step * 1e-9 && values.len() < 100 {
        values.push(count * step);
        count += 1.0;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_land_where_a_ruler_puts_them_and_never_outside() {
        let mut plot = Plot::new(200.0, (40.0, 30.0), (0.0, 1.0), (0.0, 10.0));
        // x runs from 40 to 338, y from 170 up to 10.
        plot.dot((0.5, 5.0), "own");
        plot.dot((7.0, -3.0), "own");
        let svg = plot.end("alt");
        assert!(svg.contains(r#"cx="189.0" cy="90.0""#), "{svg}");
        assert!(svg.contains(r#"cx="338.0" cy="170.0""#), "{svg}");
        let mut rows = Plot::new(200.0, (40.0, 30.0), (0.0, 1.0), (4.0, 0.0));
        rows.dot((0.0, 1.0), "own");
        let svg = rows.end("alt");
        assert!(
            svg.contains(r#"cx="40.0" cy="50.0""#),
            "the first row is on top: {svg}"
        );
    }

    #[test]
    fn what_comes_from_outside_is_text_and_no_markup() {
        let mut plot = Plot::new(100.0, (10.0, 10.0), (0.0, 1.0), (0.0, 1.0));
        plot.note((0.0, 0.0), (0.0, 0.0), Anchor::Start, "<b>\"&'");
        let svg = plot.end("a\"><script>");
        assert!(svg.contains("&lt;b&gt;&quot;&amp;&#39;"), "{svg}");
        assert!(!svg.contains("<script>"), "{svg}");
    }

    #[test]
    fn axes_have_round_values() {
        assert_eq!(
            round_steps(0.0, 100.0, 5),
            [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
        );
        assert_eq!(round_steps(3.0, 3.0, 4), [3.0]);
        assert_eq!(
            round_steps(0.0, 7_300.0, 4),
            [0.0, 2_000.0, 4_000.0, 6_000.0]
        );
        assert_eq!(round_steps(0.0, f64::NAN, 4), [0.0]);
    }
}
