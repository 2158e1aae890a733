//! Laws of scores and of the index.

use hawser::sentiment::{
    Channel, IndexSettings, Labelled, Model, Scorer, Spoken, Voice, index, learn,
};
use proptest::prelude::*;

fn trained() -> Scorer {
    let label = |text, target| Labelled {
        text,
        target,
        weight: 100.0,
    };
    let texts = |bad, good| [label(bad, 0.0), label(good, 1.0)].repeat(20);
    let english = learn(Spoken::English, &texts("it was late", "it was good")).unwrap();
    let chinese = learn(Spoken::Chinese, &texts("货物晚到", "非常满意")).unwrap();
    Scorer::lexicon().with_model(english).with_model(chinese)
}

/// Texts that reach the rules more often than any string would.
fn texts() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "not", "no", "never", "very", "good", "late", "on", "time", "but", "invoice", "'", "’",
        ",", ". ", "\n", " ", "-", ":-(", "👍", "不", "很", "好", "但是", "贵司", "太慢", "发票",
        "，", "。", "ã", "é", "カ", "ש", "\u{202e}", "\u{0}", "\u{fe0f}", "12.5", "",
    ]);
    prop_oneof![
        any::<String>(),
        prop::collection::vec(parts, 0..40).prop_map(|parts| parts.concat()),
    ]
}

fn voice() -> impl Strategy<Value = Voice> {
    (0.0..1000.0, 0.0..3.0, -1.0..=1.0, 0.5..=1.0, any::<bool>()).prop_map(
        |(age_days, weight, polarity, confidence, neutral)| Voice {
            age_days,
            weight,
            polarity,
            confidence,
            neutral,
        },
    )
}

#[test]
fn bare_numbers_have_no_feeling() {
    let scorer = Scorer::lexicon();
    for number in (0..1000).map(|number| number.to_string()) {
        let text = format!("The lorry carried {number} boxes.");
        let found = scorer.score(&text).outcome.unwrap();
        assert_eq!((found.polarity, found.neutral), (0.0, true), "{text}");
    }
    // Faces keep theirs.
    assert!(
        scorer
            .score("The lorry carried boxes :)")
            .outcome
            .unwrap()
            .polarity
            > 0.0
    );
}

proptest! {
    #[test]
    fn any_text_has_a_sound_answer(text in texts()) {
        for scorer in [Scorer::lexicon(), trained()] {
            let Ok(found) = scorer.score(&text).outcome else { continue };
            prop_assert!((-1.0..=1.0).contains(&found.polarity));
            prop_assert!((0.5..=1.0).contains(&found.confidence));
            prop_assert!(!found.neutral || found.polarity == 0.0);
            prop_assert!(found.sentences.len() <= 3);
            for carrier in &found.sentences {
                prop_assert!(text.contains(&carrier.text));
                prop_assert!(carrier.polarity * found.polarity > 0.0);
            }
            prop_assert!(found.topics.is_sorted_by(|a, b| a.topic < b.topic));
            prop_assert!(found.topics.iter().all(|one| (-1.0..=1.0).contains(&one.polarity)));
        }
    }

    #[test]
    fn any_bytes_are_a_model_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Model::from_bytes(&bytes).is_err());
    }

    #[test]
    fn an_index_lies_among_its_voices_and_its_parent(
        voices in prop::collection::vec(voice(), 0..30),
        parent in -1.0..=1.0,
    ) {
        let found = index(&voices, parent, &IndexSettings::default()).unwrap();
        let low = voices.iter().map(|one| one.polarity).fold(parent, f64::min);
        let high = voices.iter().map(|one| one.polarity).fold(parent, f64::max);
        prop_assert!((low..=high).contains(&found.value));
        prop_assert!(found.low <= found.value && found.value <= found.high);
        prop_assert!(found.low >= -1.0 && found.high <= 1.0);
        prop_assert_eq!(found.enough, found.weight >= 3.0);
    }

    #[test]
    fn order_does_not_matter(
        (voices, shuffled) in prop::collection::vec(voice(), 0..30)
            .prop_flat_map(|voices| (Just(voices.clone()), Just(voices).prop_shuffle())),
        parent in -1.0..=1.0,
    ) {
        let settings = IndexSettings::default();
        prop_assert_eq!(index(&voices, parent, &settings), index(&shuffled, parent, &settings));
    }

    #[test]
    fn a_voice_without_weight_changes_nothing(
        voices in prop::collection::vec(voice(), 0..30),
        other in voice(),
        at in 0_usize..30,
        parent in -1.0..=1.0,
    ) {
        let settings = IndexSettings::default();
        let mut more = voices.clone();
        more.insert(at.min(voices.len()), Voice { weight: 0.0, ..other });
        prop_assert_eq!(index(&voices, parent, &settings), index(&more, parent, &settings));
    }

    #[test]
    fn a_half_life_halves_the_weight(voices in prop::collection::vec(voice(), 1..30), parent in -1.0..=1.0) {
        for settings in [IndexSettings::default(), IndexSettings::fast()] {
            let older = voices.iter().map(|one| Voice {
                age_days: one.age_days + settings.half_life_days,
                ..*one
            });
            let older: Vec<Voice> = older.collect();
            let (now, then) = (index(&voices, parent, &settings).unwrap(), index(&older, parent, &settings).unwrap());
            prop_assert!((then.weight - now.weight / 2.0).abs() <= 1e-9 * now.weight);
            // Old words count for less, what is generally so for more.
            prop_assert!((then.value - parent).abs() <= (now.value - parent).abs() + 1e-12);
        }
    }
}

#[test]
fn more_agreeing_voices_make_an_index_surer() {
    let one = Voice {
        age_days: 0.0,
        weight: Channel::Mail.weight(),
        polarity: 0.6,
        confidence: 1.0,
        neutral: false,
    };
    let width = |count: usize| {
        let found = index(&vec![one; count], 0.0, &IndexSettings::default()).unwrap();
        found.high - found.low
    };
    assert!(width(3) > width(10) && width(10) > width(100));
}
