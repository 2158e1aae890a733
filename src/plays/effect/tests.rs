//! Pencil, and worlds whose effect is known.

use chrono::Days;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn play(id: i64, from: &str) -> Begun {
    let from = day(from);
    Begun {
        id,
        customer: CustomerId(id),
        template: "call".to_owned(),
        from,
        until: from + Days::new(91),
        run: Some(RunId(1)),
    }
}

fn standing(customer: i64) -> Standing {
    Standing {
        customer: CustomerId(customer),
        probability: 0.4,
        role: Side::Shipper,
        gone: false,
    }
}

/// Customers 1 to 12 with a play, of whom 3 were lost; 101 to 120 without, of whom 10 were.
fn pencil() -> History {
    let kept = (4..=12).chain(111..=120);
    History {
        plays: (1..=12).map(|id| play(id, "2026-03-02")).collect(),
        seen_until: Some(day("2026-06-01")),
        runs: BTreeMap::from([(RunId(1), (1..=12).chain(101..=120).map(standing).collect())]),
        days: kept
            .map(|id| (CustomerId(id), vec![day("2026-05-31")]))
            .collect(),
    }
}

#[test]
fn the_effect_is_that_of_a_pencil() {
    let found = effects(&pencil());
    let all = &found.all;
    assert_eq!(
        (all.cases, all.kept, all.controls, all.controls_kept),
        (12, 9, 20, 10)
    );
    assert_eq!((all.unmatched, all.repeated, all.undecided), (0, 0, 0));
    // 3/12 against 10/20; variance of the logarithm 1/3 − 1/12 + 1/10 − 1/20.
    let effect = all.effect.unwrap();
    let reach = (1.644_853_626_951_472_7 * 0.3_f64.sqrt()).exp();
    assert!((effect.value - 0.5).abs() < 1e-12);
    assert!((effect.low - (1.0 - 0.5 * reach)).abs() < 1e-9);
    assert!((effect.high - (1.0 - 0.5 / reach)).abs() < 1e-9);
    assert_eq!(found.by_template["call"], *all);
    let assumed = found.assumed(0.3);
    assert_eq!((assumed.basis, assumed.cases), (EffectBasis::Measured, 12));
    assert!((assumed.effect - 0.5).abs() < 1e-12);
}

#[test]
fn nine_cases_are_not_enough_and_the_setting_stays() {
    let mut history = pencil();
    history.plays.drain(..3);
    let all = effects(&history).all;
    assert_eq!((all.cases, all.kept), (9, 9));
    assert_eq!(all.effect, None);
    assert_eq!(all.no_number, Some(NoNumber::NotEnoughCases));
    let assumed = effects(&history).assumed(0.3);
    assert_eq!(assumed.basis, EffectBasis::Setting);
    assert!((assumed.effect - 0.3).abs() < 1e-12);
}

#[test]
fn where_nobody_was_lost_nothing_was_lowered() {
    let mut history = pencil();
    for id in (1..=12).chain(101..=120) {
        history.days.insert(CustomerId(id), vec![day("2026-04-01")]);
    }
    assert_eq!(effects(&history).all.no_number, Some(NoNumber::NobodyLost));
}

#[test]
fn plays_that_make_it_worse_are_reckoned_with_as_next_to_nothing() {
    let mut history = pencil();
    for id in 4..=12 {
        history.days.remove(&CustomerId(id));
    }
    let found = effects(&history);
    assert!((found.all.effect.unwrap().value + 1.0).abs() < 1e-12);
    assert!((found.assumed(0.3).effect - 0.01).abs() < 1e-12);
}

#[test]
fn a_play_that_cannot_be_compared_is_named_with_the_reason() {
    let mut history = pencil();
    let more = [
        (201, None),
        (202, Some(RunId(1))),
        (203, Some(RunId(1))),
        (204, Some(RunId(1))),
    ];
    for (id, run) in more {
        history.plays.push(Begun {
            run,
            ..play(id, "2026-03-02")
        });
    }
    let people = history.runs.get_mut(&RunId(1)).unwrap();
    people.push(Standing {
        gone: true,
        ..standing(202)
    });
    people.push(Standing {
        role: Side::Consignee,
        ..standing(204)
    });
    let found = effects(&history);
    let told: Vec<_> = found
        .unmatched
        .iter()
        .map(|one| (one.play_id, one.why))
        .collect();
    assert_eq!(
        told,
        [
            (201, Alone::NoRun),
            (202, Alone::Gone),
            (203, Alone::NotInRun),
            (204, Alone::NoControl)
        ]
    );
    assert_eq!((found.all.cases, found.all.unmatched), (12, 4));
    assert_eq!(found.all.effect, effects(&pencil()).all.effect);
}

#[test]
fn a_horizon_that_was_not_seen_is_undecided_and_a_second_play_no_second_case() {
    let mut history = pencil();
    history.plays.push(Begun {
        customer: CustomerId(5),
        template: "visit".to_owned(),
        ..play(301, "2026-03-20")
    });
    history.plays.push(play(302, "2026-03-03"));
    let found = effects(&history);
    assert_eq!((found.all.repeated, found.all.undecided), (1, 1));
    assert_eq!(found.all.cases, 12);
    assert_eq!(found.by_template["visit"].undecided, 1);
    assert_eq!(found.by_template["visit"].repeated, 0);
}

#[test]
fn who_has_a_play_of_any_kind_is_no_control_then() {
    let mut history = pencil();
    history.plays.push(Begun {
        customer: CustomerId(101),
        template: "visit".to_owned(),
        ..play(400, "2026-05-30")
    });
    let found = effects(&history);
    // Customer 101 was lost: of 19 controls 9 are.
    assert_eq!((found.all.controls, found.all.controls_kept), (19, 10));
    assert_eq!(found.by_template["call"].controls, 19);
}

#[test]
fn nobody_is_a_control_twice_at_once() {
    let mut history = pencil();
    for id in 21..=32 {
        history.plays.push(Begun {
            run: Some(RunId(2)),
            ..play(id, "2026-03-09")
        });
    }
    history.seen_until = Some(day("2026-06-08"));
    let people = (21..=32).chain(101..=120).map(standing).collect();
    history.runs.insert(RunId(2), people);
    let all = effects(&history).all;
    assert_eq!((all.cases, all.controls), (24, 20));
    // A quarter of a year later they may be again.
    for at in 12..24 {
        let play = &mut history.plays[at];
        (play.from, play.until) = (day("2026-06-01"), day("2026-08-31"));
    }
    history.seen_until = Some(day("2026-08-31"));
    let all = effects(&history).all;
    assert_eq!((all.cases, all.controls), (24, 40));
}

#[test]
fn bands_begin_where_the_one_before_ends() {
    let bands = [0.0, 0.019, 0.02, 0.1, 0.2, 0.3, 0.45, 0.6, 1.0].map(band);
    assert_eq!(bands, [0, 0, 1, 2, 3, 4, 5, 6, 6]);
}

/// Numbers in `[0, 1)` from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A world in which a play lowers churn by `effect`, and people play the more the likelier churn is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "days lie between 0 and 7"
)]
fn world(effect: f64, customers: i64, seed: u64) -> History {
    let mut dice = Dice(seed);
    let mut history = History {
        seen_until: Some(day("2030-01-01")),
        ..History::default()
    };
    for period in 0..6_i64 {
        let run = RunId(period + 1);
        let as_of = day("2026-01-01") + Days::new(u64::try_from(period * 105).unwrap());
        let mut people = Vec::new();
        for id in 1..=customers {
            let (customer, probability) = (CustomerId(id), 0.7 * dice.roll());
            let role = [Side::Shipper, Side::Consignee][usize::try_from(id % 2).unwrap()];
            people.push(Standing {
                customer,
                probability,
                role,
                gone: false,
            });
            let played = dice.roll() < 0.05 + 0.5 * probability;
            let delay = Days::new((dice.roll() * 7.0) as u64);
            let factor = if played { 1.0 - effect } else { 1.0 };
            if dice.roll() >= probability * factor {
                let days = history.days.entry(customer).or_default();
                days.push(as_of + Days::new(10));
            }
            if played {
                let from = as_of + delay;
                history.plays.push(Begun {
                    id: period * customers + id,
                    customer,
                    template: "visit".to_owned(),
                    from,
                    until: from + Days::new(91),
                    run: Some(run),
                });
            }
        }
        history.runs.insert(run, people);
    }
    history.plays.sort_by_key(|play| (play.from, play.id));
    history
}

#[test]
fn a_known_effect_is_found_again_though_people_choose_whom_they_visit() {
    for (effect, seed) in [(0.0, 1), (0.3, 2), (0.5, 3)] {
        let history = world(effect, 2_000, seed);
        let all = effects(&history).all;
        let found = all.effect.unwrap();
        assert!(all.cases > 2_000, "{all:?}");
        assert!((found.value - effect).abs() < 0.06, "{effect}: {found:?}");
        assert!(found.high - found.low < 0.2, "{found:?}");
        // Without the bands, plays seem to do harm: they go to those who leave.
        let lost = 1.0 - all.kept as f64 / all.cases as f64;
        let others = 1.0 - all.controls_kept as f64 / all.controls as f64;
        assert!(1.0 - lost / others < effect - 0.1, "{lost} {others}");
    }
}

#[test]
fn ninety_percent_intervals_hold_the_truth_as_often_as_they_say() {
    for effect in [0.0, 0.3, 0.5] {
        let holds = (0..100).filter(|seed| {
            let found = effects(&world(effect, 150, 1_000 + seed))
                .all
                .effect
                .unwrap();
            (found.low..=found.high).contains(&effect)
        });
        // Binomial of 100 and 0.9: 82 and 97 are 2.6 standard deviations away.
        let holds = holds.count();
        assert!((82..=97).contains(&holds), "{effect}: {holds} of 100");
    }
}
