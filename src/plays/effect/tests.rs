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
        late: false,
    }
}

/// The run of the day before these plays began.
fn ranking(people: impl Iterator<Item = i64>) -> Ranking {
    Ranking {
        as_of: day("2026-03-01"),
        people: people.map(standing).collect(),
    }
}

fn standing(customer: i64) -> Standing {
    Standing {
        customer: CustomerId(customer),
        probability: 0.4,
        role: Side::Shipper,
    }
}

/// Customers 1 to 12 with a play, of whom 3 were lost; 101 to 120 without, of whom 10 were.
fn pencil() -> History {
    let kept = |id: &i64| (4..=12).chain(111..=120).any(|one| one == *id);
    // All had shipped before.
    let days = |id: i64| {
        let mut days = vec![day("2026-02-20")];
        days.extend(kept(&id).then(|| day("2026-05-31")));
        (CustomerId(id), days)
    };
    History {
        plays: (1..=12).map(|id| play(id, "2026-03-02")).collect(),
        seen_until: Some(day("2026-06-01")),
        runs: BTreeMap::from([(RunId(1), ranking((1..=12).chain(101..=120)))]),
        days: (1..=12).chain(101..=120).map(days).collect(),
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
        let days = vec![day("2026-02-20"), day("2026-04-01")];
        history.days.insert(CustomerId(id), days);
    }
    assert_eq!(effects(&history).all.no_number, Some(NoNumber::NobodyLost));
}

#[test]
fn plays_that_make_it_worse_are_reckoned_with_as_next_to_nothing() {
    let mut history = pencil();
    for id in 4..=12 {
        let days = vec![day("2026-02-20")];
        history.days.insert(CustomerId(id), days);
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
        (205, Some(RunId(2))),
        (206, Some(RunId(1))),
    ];
    for (id, run) in more {
        history.plays.push(Begun {
            run,
            late: id == 206,
            ..play(id, "2026-03-02")
        });
        let before = day("2026-02-20");
        history.days.insert(CustomerId(id), vec![before]);
    }
    // The last day before the horizon before the play: 2 March less 91 days is 1 December.
    let gone = vec![day("2025-11-30")];
    history.days.insert(CustomerId(202), gone);
    let people = &mut history.runs.get_mut(&RunId(1)).unwrap().people;
    people.push(standing(202));
    people.push(Standing {
        role: Side::Consignee,
        ..standing(204)
    });
    people.push(standing(206));
    // 92 days before the play; 91 would do.
    let mut old = ranking([205, 301].into_iter());
    old.as_of = day("2025-11-30");
    history.runs.insert(RunId(2), old);
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
            (204, Alone::NoControl),
            (205, Alone::OldRun),
            (206, Alone::RecordedLate)
        ]
    );
    assert_eq!((found.all.cases, found.all.unmatched), (12, 6));
    // Who is said too late to have had a play is a customer without one: 206 was lost.
    assert_eq!((found.all.controls, found.all.controls_kept), (21, 10));
    let first_day = vec![day("2025-12-01")];
    history.days.insert(CustomerId(202), first_day);
    assert_eq!(effects(&history).all.cases, 13);
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
fn who_is_in_a_play_of_any_kind_when_the_window_begins_is_no_control() {
    // From the same day, from the first day whose horizon reaches it, and from one too early for that.
    for (from, controls) in [("2026-03-02", 19), ("2025-12-02", 19), ("2025-12-01", 20)] {
        let mut history = pencil();
        let other = Begun {
            customer: CustomerId(101),
            template: "visit".to_owned(),
            run: None,
            ..play(400, from)
        };
        history.plays.insert(0, other);
        let found = effects(&history);
        // Customer 101 was lost.
        assert_eq!(
            (found.all.controls, found.all.controls_kept),
            (controls, 10),
            "{from}"
        );
        assert_eq!(found.by_template["call"].controls, controls);
    }
}

#[test]
fn who_begins_a_play_later_stays_a_control() {
    let mut history = pencil();
    history.plays.push(Begun {
        customer: CustomerId(120),
        ..play(400, "2026-03-03")
    });
    let all = effects(&history).all;
    assert_eq!((all.controls, all.controls_kept), (20, 10));
}

#[test]
fn who_was_silent_for_a_horizon_before_is_no_control() {
    let mut history = pencil();
    history
        .days
        .insert(CustomerId(120), vec![day("2025-11-30"), day("2026-05-31")]);
    let all = effects(&history).all;
    assert_eq!((all.controls, all.controls_kept), (19, 9));
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
    for id in 21..=32 {
        let before = vec![day("2026-02-20")];
        history.days.insert(CustomerId(id), before);
    }
    let people = ranking((21..=32).chain(101..=120));
    history.runs.insert(RunId(2), people);
    let all = effects(&history).all;
    assert_eq!((all.cases, all.controls), (24, 20));
    // A quarter of a year later they may be again, those that are still there.
    for at in 12..24 {
        let play = &mut history.plays[at];
        (play.from, play.until) = (day("2026-06-01"), day("2026-08-31"));
    }
    history.runs.get_mut(&RunId(2)).unwrap().as_of = day("2026-05-31");
    for id in 21..=32 {
        let before = vec![day("2026-05-20")];
        history.days.insert(CustomerId(id), before);
    }
    history.seen_until = Some(day("2026-08-31"));
    let all = effects(&history).all;
    assert_eq!((all.cases, all.controls), (24, 30));
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
        // On one day for all: who begins after others is a control of theirs, and blurs the effect.
        let delay = Days::new((dice.roll() * 7.0) as u64);
        for id in 1..=customers {
            let (customer, probability) = (CustomerId(id), 0.7 * dice.roll());
            let role = [Side::Shipper, Side::Consignee][usize::try_from(id % 2).unwrap()];
            people.push(Standing {
                customer,
                probability,
                role,
            });
            let days = history.days.entry(customer).or_default();
            days.push(as_of - Days::new(1));
            let played = dice.roll() < 0.05 + 0.5 * probability;
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
                    late: false,
                });
            }
        }
        history.runs.insert(run, Ranking { as_of, people });
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
