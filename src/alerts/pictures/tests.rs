use super::*;

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn points(churns: &[f64]) -> Vec<Point> {
    churns
        .iter()
        .zip(0..)
        .map(|(&churn, week)| Point {
            on: day(1, 5) + chrono::Days::new(7 * week),
            churn,
        })
        .collect()
}

fn neighbour(share: Option<f64>, churn: Option<f64>, value: Option<i64>) -> Neighbour {
    Neighbour {
        share,
        churn,
        value,
    }
}

/// Red, green and blue at a place given in CSS pixels.
fn colour(drawing: &Drawing, (x, y): (u32, u32)) -> [u8; 3] {
    let pixels = Pixmap::decode_png(&drawing.png).unwrap();
    assert_eq!(
        (pixels.width(), pixels.height()),
        (WIDTH * DENSITY, drawing.height * DENSITY)
    );
    let pixel = pixels.pixel(x * DENSITY, y * DENSITY).unwrap();
    [pixel.red(), pixel.green(), pixel.blue()]
}

#[test]
fn a_course_runs_from_the_first_to_the_last_run_below_the_level() {
    let drawn = course(&points(&[0.0, 0.25, 0.5]), Some(0.4))
        .unwrap()
        .unwrap();
    // The top is 0.5 · 1.2 = 0.6: nothing lies at 164, 0.5 at 164 − 140 · 5/6 = 47.3.
    assert_eq!(colour(&drawn, (80, 164)), [0x17, 0x5c, 0xd3]);
    assert_eq!(colour(&drawn, (520, 47)), [0x17, 0x5c, 0xd3]);
    // The middle run lies half way in time, at 164 − 140 · 0.25/0.6 = 105.7.
    assert_eq!(colour(&drawn, (300, 105)), [0x17, 0x5c, 0xd3]);
    // The level at 164 − 140 · 4/6 = 70.7; the first dash begins at the left end.
    assert_eq!(colour(&drawn, (66, 70)), [0xb4, 0x23, 0x18]);
    assert_eq!(colour(&drawn, (300, 30)), [0xff; 3]);
}

#[test]
fn one_run_is_no_course_and_nobody_is_no_neighbourhood() {
    assert_eq!(course(&[], None).unwrap(), None);
    assert_eq!(course(&points(&[0.3]), None).unwrap(), None);
    assert_eq!(neighbourhood(0.3, &[]).unwrap(), None);
}

#[test]
fn partners_are_as_dark_as_they_are_likely_to_leave() {
    let partners = [
        neighbour(Some(0.6), Some(0.9), Some(100)),
        neighbour(Some(0.1), Some(0.02), None),
        neighbour(None, Some(0.3), Some(50)),
        neighbour(Some(0.05), None, None),
    ];
    let drawn = neighbourhood(0.31, &partners).unwrap().unwrap();
    // Four of them: above, right, below, left of the middle (280, 150), 112 and 205 away; beside the
    // number in each.
    assert_eq!(colour(&drawn, (280 - 14, 38)), [0x66, 0x25, 0x06]);
    assert_eq!(colour(&drawn, (485 + 10, 150)), [0xff, 0xf7, 0xbc]);
    assert_eq!(colour(&drawn, (280 - 12, 262)), [0xfe, 0x99, 0x29]);
    assert_eq!(colour(&drawn, (75 - 10, 150)), [0xea, 0xec, 0xf0]);
    assert_eq!(
        colour(&drawn, (280, 130)),
        [0xfe, 0x99, 0x29],
        "the customer"
    );
}

#[test]
fn letters_are_drawn() {
    let black = |drawing: &Drawing| {
        let pixels = Pixmap::decode_png(&drawing.png).unwrap();
        let dark = |p: &&resvg::tiny_skia::PremultipliedColorU8| p.red() < 0x60 && p.green() < 0x60;
        pixels.pixels().iter().filter(dark).count()
    };
    let one = neighbour(Some(0.5), None, None);
    let drawn = neighbourhood(0.0, &[one]).unwrap().unwrap();
    let bare = {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='560' height='300'>\
                   <rect width='560' height='300' fill='#ffffff'/>\
                   <circle cx='280' cy='150' r='36' fill='#fff7bc' stroke='#1d2939' stroke-width='3'/>\
                   <circle cx='280' cy='38' r='23.5' fill='#eaecf0' stroke='#1d2939' stroke-width='1.5'/>\
                   </svg>";
        draw(svg, 300).unwrap()
    };
    assert!(black(&drawn) > black(&bare) + 150);
}

#[test]
fn pictures_are_small_and_the_same_every_time() {
    let many: Vec<Neighbour> = (0..40)
        .map(|number| neighbour(Some(0.08), Some(f64::from(number) / 40.0), Some(1000)))
        .collect();
    let long: Vec<f64> = (0..60).map(|week| f64::from(week % 10) / 10.0).collect();
    let draw_all = || {
        [
            neighbourhood(0.5, &many).unwrap().unwrap(),
            course(&points(&long), Some(0.3)).unwrap().unwrap(),
        ]
    };
    let first = draw_all();
    assert_eq!(first, draw_all());
    for drawing in first {
        assert!(drawing.png.len() < 40_000, "{} bytes", drawing.png.len());
    }
}

/// Brewer's steps differ in lightness, so that they stay apart without colour; letters on them can
/// be read (WCAG 2, relative luminance).
#[test]
fn shades_grow_darker_and_letters_on_them_have_contrast() {
    let luminance = |hex: &str| {
        let part = |at: usize| {
            let c = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let mut before = 1.0;
    for churn in [0.05, 0.2, 0.4, 0.6, 0.9] {
        let (fill, ink) = shade(churn);
        let (fill, ink) = (luminance(fill), luminance(ink));
        assert!(fill < before, "{churn}");
        before = fill;
        let contrast = (fill.max(ink) + 0.05) / (fill.min(ink) + 0.05);
        assert!(contrast >= 4.5, "{churn}: {contrast}");
    }
}
