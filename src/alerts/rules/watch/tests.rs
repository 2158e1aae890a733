use proptest::prelude::*;

use super::*;
use crate::alerts::model::AlertSeverity::{High, Medium};

/// Opens at 10, high at 20, told again every 4, ends below 8.
fn thresholds() -> Thresholds {
    Thresholds {
        level: 10.0,
        high: 20.0,
        step: 4.0,
        hysteresis: 2.0,
        cool_down_days: 0,
        base: Medium,
    }
}

fn seen(measure: f64) -> Sight {
    Sight::Measured {
        measure,
        certain: true,
    }
}

fn standing(measure: f64) -> Standing {
    Standing {
        measure,
        told: Some(measure),
        severity: Medium,
        state: AlertState::Open,
        already: false,
    }
}

/// Settled by a person at this measure, long ago.
fn settled(at: f64) -> Ended {
    Ended {
        at,
        by_person: true,
        lost: false,
        came_back: false,
        days: 1000,
    }
}

fn update(severity: AlertSeverity, changed: bool, tell: Option<AlertDeed>) -> Change {
    Change::Update {
        severity,
        changed,
        tell,
    }
}

#[test]
fn it_opens_at_the_level_and_is_high_only_where_the_measure_is_certain() {
    let opened = |sight| decide(sight, None, None, &thresholds());
    assert_eq!(opened(seen(9.9)), Change::None);
    assert_eq!(opened(seen(10.0)), Change::Open(Medium));
    assert_eq!(opened(seen(20.0)), Change::Open(High));
    let unsure = Sight::Measured {
        measure: 20.0,
        certain: false,
    };
    assert_eq!(opened(unsure), Change::Open(Medium));
    assert_eq!(opened(Sight::Gone(Ending::Over)), Change::None);
    assert_eq!(opened(Sight::Unknown), Change::None);
}

#[test]
fn it_is_told_again_a_step_above_what_was_told_whatever_people_said_to_it() {
    for state in [
        AlertState::Open,
        AlertState::Acknowledged,
        AlertState::Snoozed,
    ] {
        let alert = Standing {
            state,
            ..standing(11.0)
        };
        let next = |measure| decide(seen(measure), Some(&alert), None, &thresholds());
        assert_eq!(next(14.9), update(Medium, true, None));
        let worsened = Some(AlertDeed::Worsened);
        assert_eq!(next(15.0), update(Medium, true, worsened), "{state}");
        assert_eq!(next(20.0), update(High, true, worsened));
        // Within the hysteresis.
        assert_eq!(next(8.0), update(Medium, true, None));
    }
}

#[test]
fn an_alert_that_nobody_knows_is_told_as_soon_as_there_is_somebody() {
    let unknown = Standing {
        told: None,
        ..standing(11.0)
    };
    let next = |alert: &Standing, measure| decide(seen(measure), Some(alert), None, &thresholds());
    let opened = update(Medium, false, Some(AlertDeed::Opened));
    assert_eq!(next(&unknown, 11.0), opened);
    let at_it = Standing {
        state: AlertState::Acknowledged,
        ..unknown
    };
    assert_eq!(next(&at_it, 11.0), update(Medium, false, None));
    let worsened = update(Medium, true, Some(AlertDeed::Worsened));
    assert_eq!(next(&at_it, 15.0), worsened);
}

#[test]
fn becoming_high_is_told_though_it_is_no_step() {
    for state in [AlertState::Open, AlertState::Acknowledged] {
        let alert = Standing {
            state,
            ..standing(18.0)
        };
        let next = |measure| decide(seen(measure), Some(&alert), None, &thresholds());
        assert_eq!(next(19.5), update(Medium, true, None));
        let worsened = Some(AlertDeed::Worsened);
        assert_eq!(next(20.0), update(High, true, worsened), "{state}");
    }
    // It is told once.
    let high = Standing {
        severity: High,
        ..standing(20.0)
    };
    let next = decide(seen(20.5), Some(&high), None, &thresholds());
    assert_eq!(next, update(High, true, None));
}

#[test]
fn it_is_never_less_urgent_than_it_was_while_it_stands() {
    let high = Standing {
        severity: High,
        ..standing(20.0)
    };
    let next = decide(seen(12.0), Some(&high), None, &thresholds());
    assert_eq!(next, update(High, true, None));
}

#[test]
fn it_ends_below_the_hysteresis_or_when_its_subject_is_gone_but_not_for_want_of_data() {
    let alert = standing(11.0);
    let next = |sight| decide(sight, Some(&alert), None, &thresholds());
    assert_eq!(next(seen(7.9)), Change::Resolve(Ending::Recovered));
    for ending in [Ending::Recovered, Ending::Over, Ending::CustomerLeft] {
        assert_eq!(next(Sight::Gone(ending)), Change::Resolve(ending));
    }
    assert_eq!(next(Sight::Unknown), Change::None);
}

#[test]
fn a_second_look_of_the_same_run_or_day_only_tells_and_ends() {
    let alert = Standing {
        already: true,
        ..standing(11.0)
    };
    let next = |sight| decide(sight, Some(&alert), None, &thresholds());
    assert_eq!(next(seen(12.0)), Change::None);
    let worsened = Some(AlertDeed::Worsened);
    assert_eq!(next(seen(15.0)), update(Medium, true, worsened));
    let over = Sight::Gone(Ending::Over);
    assert_eq!(next(over), Change::Resolve(Ending::Over));
}

#[test]
fn what_a_person_resolved_opens_again_a_step_above_or_after_it_came_back() {
    let next = |sight, ended: &Ended| decide(sight, None, Some(ended), &thresholds());
    assert_eq!(next(seen(15.9), &settled(12.0)), Change::None);
    assert_eq!(next(seen(16.0), &settled(12.0)), Change::Open(Medium));
    // Below the level but not by the hysteresis: it has not come back.
    assert_eq!(next(seen(8.0), &settled(12.0)), Change::None);
    assert_eq!(next(seen(7.9), &settled(12.0)), Change::CameBack);
    let gone = |ending| next(Sight::Gone(ending), &settled(12.0));
    assert_eq!(gone(Ending::Recovered), Change::CameBack);
    assert_eq!(
        gone(Ending::CustomerLeft),
        Change::None,
        "silence is no recovery"
    );
    assert_eq!(next(Sight::Unknown, &settled(12.0)), Change::None);
    let back = Ended {
        came_back: true,
        ..settled(12.0)
    };
    assert_eq!(next(seen(10.0), &back), Change::Open(Medium));
    assert_eq!(next(seen(7.0), &back), Change::None, "it is known already");
    let lost = Ended {
        lost: true,
        ..settled(12.0)
    };
    assert_eq!(next(seen(99.0), &lost), Change::None);
    let regained = Ended { lost: true, ..back };
    assert_eq!(next(seen(10.0), &regained), Change::Open(Medium));
}

#[test]
fn for_the_days_of_the_cool_down_only_a_step_above_opens() {
    let cooling = Thresholds {
        cool_down_days: 28,
        ..thresholds()
    };
    let recovered = |days| Ended {
        by_person: false,
        days,
        ..settled(12.0)
    };
    let next = |measure, days| decide(seen(measure), None, Some(&recovered(days)), &cooling);
    assert_eq!(next(15.9, 27), Change::None);
    assert_eq!(next(16.0, 27), Change::Open(Medium));
    assert_eq!(next(15.9, 28), Change::Open(Medium));
    // A person's, too, once it has come back.
    let back = Ended {
        came_back: true,
        days: 3,
        ..settled(12.0)
    };
    assert_eq!(
        decide(seen(11.0), None, Some(&back), &cooling),
        Change::None
    );
}

/// A subject's alerts, kept as the database would.
#[derive(Default)]
struct Life {
    open: Option<Standing>,
    ended: Option<Ended>,
    opened: u32,
    told: u32,
}

impl Life {
    fn look(&mut self, sight: Sight, thresholds: &Thresholds) -> Change {
        let change = decide(sight, self.open.as_ref(), self.ended.as_ref(), thresholds);
        let measure = match sight {
            Sight::Measured { measure, .. } => measure,
            Sight::Gone(_) | Sight::Unknown => self.open.map_or(0.0, |alert| alert.measure),
        };
        match change {
            Change::None => {}
            Change::Open(severity) => {
                assert!(self.open.is_none(), "one open alert at most");
                (self.opened, self.told) = (self.opened + 1, self.told + 1);
                self.open = Some(Standing {
                    severity,
                    already: true,
                    ..standing(measure)
                });
            }
            Change::Update { severity, tell, .. } => {
                let alert = self.open.as_mut().expect("an open alert is updated");
                assert!(severity <= alert.severity, "never less urgent");
                (alert.measure, alert.severity, alert.already) = (measure, severity, true);
                if tell.is_some() {
                    self.told += 1;
                    (alert.told, alert.state) = (Some(measure), AlertState::Open);
                }
            }
            Change::Resolve(_) => {
                let alert = self.open.take().expect("an open alert ends");
                self.ended = Some(Ended {
                    by_person: false,
                    days: 0,
                    ..settled(alert.told.map_or(measure, |told| told.max(measure)))
                });
            }
            Change::CameBack => {
                let ended = self.ended.as_mut().expect("one that ended");
                assert!(ended.by_person && !ended.came_back);
                ended.came_back = true;
            }
        }
        change
    }

    fn tomorrow(&mut self) {
        if let Some(alert) = &mut self.open {
            alert.already = false;
        }
        if let Some(ended) = &mut self.ended {
            ended.days += 1;
        }
    }
}

fn sight() -> impl Strategy<Value = Sight> {
    prop_oneof![
        1 => Just(Sight::Gone(Ending::Recovered)),
        1 => Just(Sight::Gone(Ending::CustomerLeft)),
        1 => Just(Sight::Unknown),
        // Whole and half numbers, so that limits are hit exactly.
        8 => (0_u32..60, any::<bool>()).prop_map(|(halves, certain)| Sight::Measured {
            measure: f64::from(halves) / 2.0,
            certain,
        }),
    ]
}

proptest! {
    #[test]
    fn one_open_alert_at_most_and_the_same_reading_twice_changes_nothing(
        cool_down_days in 0_u32..4,
        looks in prop::collection::vec((sight(), 0_u8..8), 1..60),
    ) {
        let limits = Thresholds { cool_down_days, ..thresholds() };
        let mut life = Life::default();
        for (sight, action) in looks {
            life.look(sight, &limits);
            prop_assert_eq!(life.look(sight, &limits), Change::None);
            if let Some(alert) = &mut life.open {
                match action {
                    0 | 1 => {
                        let lost = action == 1;
                        life.ended = Some(Ended { lost, days: 0, ..settled(alert.measure) });
                        life.open = None;
                        let again = life.look(sight, &limits);
                        prop_assert!(matches!(again, Change::None | Change::CameBack), "{:?}", again);
                    }
                    2 => alert.state = AlertState::Acknowledged,
                    3 => alert.state = AlertState::Snoozed,
                    _ => {}
                }
            }
            life.tomorrow();
        }
    }

    #[test]
    fn a_measure_that_wavers_within_the_hysteresis_neither_opens_nor_closes(
        halves in prop::collection::vec(16_u32..20, 1..40),
    ) {
        let (mut closed, mut open) = (Life::default(), Life::default());
        open.look(seen(10.0), &thresholds());
        for half in halves {
            let sight = seen(f64::from(half) / 2.0);
            closed.look(sight, &thresholds());
            open.look(sight, &thresholds());
            closed.tomorrow();
            open.tomorrow();
        }
        prop_assert_eq!((closed.opened, open.opened, open.told), (0, 1, 1));
        prop_assert!(open.open.is_some());
    }

    #[test]
    fn what_only_becomes_worse_is_told_once_and_then_at_most_once_a_step(
        mut measures in prop::collection::vec(10.0..100.0_f64, 1..60),
    ) {
        measures.sort_by(f64::total_cmp);
        let rise = measures[measures.len() - 1] - measures[0];
        let mut life = Life::default();
        for measure in measures {
            life.look(seen(measure), &thresholds());
            life.tomorrow();
        }
        prop_assert_eq!(life.opened, 1);
        // And once more when it becomes high.
        prop_assert!(f64::from(life.told) <= (rise / 4.0 + 1e-6).floor() + 2.0);
    }
}
