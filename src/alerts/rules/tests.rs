use proptest::prelude::*;

use super::*;

fn p(value: f64) -> Probability {
    Probability::new(value).unwrap()
}

const FROM: fn(f64) -> Subject = |from| Subject::Rise { from: p(from) };

/// The defaults: level 0.6, step 0.15.
fn limits() -> Limits {
    Limits::of(p(0.6), p(0.15))
}

fn reading(before: Option<f64>, now: f64) -> Reading {
    Reading {
        now: p(now),
        before: before.map(p),
        is_new: false,
        enough_evidence: true,
        is_gone: false,
    }
}

fn standing(subject: Subject, mailed: f64) -> Standing {
    Standing {
        subject,
        measure: p(mailed),
        mailed: Some(p(mailed)),
        severity: match subject {
            Subject::Level => AlertSeverity::High,
            Subject::Rise { .. } => AlertSeverity::Medium,
        },
        state: AlertState::Open,
        by_this_run: false,
    }
}

fn settled(at: f64, lowest_since: Option<f64>) -> Settled {
    Settled {
        at: p(at),
        lost: false,
        lowest_since: lowest_since.map(p),
        up_to_date: false,
    }
}

#[test]
fn the_level_opens_at_the_level_and_not_below() {
    let open = [Change::Open(Subject::Level)];
    assert_eq!(decide(&reading(None, 0.6), &[], None, &limits()), open);
    assert_eq!(decide(&reading(None, 0.599), &[], None, &limits()), []);
    // 0.3 + 0.3 is 0.6 but for rounding.
    let now = 1.0 - 0.1 - 0.1 - 0.1 - 0.1;
    assert!(now < 0.600_000_1);
    assert_eq!(decide(&reading(None, now), &[], None, &limits()), open);
}

#[test]
fn a_rise_of_a_step_opens_whatever_binary_fractions_make_of_it() {
    // 0.35 − 0.2 is 0.149 999 999 999 999 97 in binary.
    for (before, now) in [(0.2, 0.35), (0.4, 0.55), (0.1, 0.25)] {
        assert_eq!(
            decide(&reading(Some(before), now), &[], None, &limits()),
            [Change::Open(FROM(before))],
            "{before} {now}"
        );
    }
    assert_eq!(decide(&reading(Some(0.2), 0.34), &[], None, &limits()), []);
    assert_eq!(decide(&reading(Some(0.4), 0.2), &[], None, &limits()), []);
}

#[test]
fn where_level_and_rise_hold_both_the_level_is_raised_alone() {
    assert_eq!(
        decide(&reading(Some(0.3), 0.7), &[], None, &limits()),
        [Change::Open(Subject::Level)]
    );
    let rise = standing(FROM(0.2), 0.4);
    assert_eq!(
        decide(&reading(Some(0.4), 0.62), &[rise], None, &limits()),
        [
            Change::Open(Subject::Level),
            Change::Resolve {
                subject: FROM(0.2),
                ending: Ending::Superseded
            }
        ]
    );
}

#[test]
fn it_is_told_again_a_step_above_the_last_mail_only() {
    let update = |mail| {
        [Change::Update {
            subject: Subject::Level,
            severity: AlertSeverity::High,
            mail,
        }]
    };
    let open = [standing(Subject::Level, 0.62)];
    for (now, mail) in [(0.62, false), (0.76, false), (0.77, true), (0.9, true)] {
        assert_eq!(
            decide(&reading(Some(0.62), now), &open, None, &limits()),
            update(mail),
            "{now}"
        );
    }
    // Within the hysteresis nothing is told, even if nobody was told before.
    let untold = [Standing {
        mailed: None,
        ..standing(Subject::Level, 0.0)
    }];
    for (now, mail) in [(0.57, false), (0.61, true)] {
        assert_eq!(
            decide(&reading(None, now), &untold, None, &limits()),
            update(mail)
        );
    }
}

#[test]
fn what_somebody_is_at_is_told_only_if_it_jumps_though_nobody_was_mailed() {
    for state in [AlertState::Acknowledged, AlertState::Snoozed] {
        let untold = [Standing {
            mailed: None,
            state,
            ..standing(Subject::Level, 0.62)
        }];
        for (now, mail) in [(0.62, false), (0.76, false), (0.77, true)] {
            let changes = decide(&reading(None, now), &untold, None, &limits());
            let told = matches!(changes[..], [Change::Update { mail: true, .. }]);
            assert_eq!(told, mail, "{state} {now}");
        }
    }
}

#[test]
fn becoming_high_is_told_and_an_open_alert_is_never_less_urgent() {
    let medium = [Standing {
        severity: AlertSeverity::Medium,
        ..standing(Subject::Level, 0.7)
    }];
    let update = |severity, mail| {
        [Change::Update {
            subject: Subject::Level,
            severity,
            mail,
        }]
    };
    // The customer was new until now.
    assert_eq!(
        decide(&reading(Some(0.7), 0.7), &medium, None, &limits()),
        update(AlertSeverity::High, true)
    );
    // Evidence was lost.
    let unsure = Reading {
        enough_evidence: false,
        ..reading(Some(0.7), 0.7)
    };
    let high = [standing(Subject::Level, 0.7)];
    assert_eq!(
        decide(&unsure, &high, None, &limits()),
        update(AlertSeverity::High, false)
    );
}

#[test]
fn an_alert_ends_below_its_limit_less_the_hysteresis() {
    let ended = |subject| {
        [Change::Resolve {
            subject,
            ending: Ending::Recovered,
        }]
    };
    let level = [standing(Subject::Level, 0.7)];
    assert_eq!(
        decide(&reading(Some(0.7), 0.549), &level, None, &limits()),
        ended(Subject::Level)
    );
    assert_eq!(
        decide(&reading(Some(0.7), 0.55), &level, None, &limits()).len(),
        1
    );
    assert!(matches!(
        decide(&reading(Some(0.7), 0.55), &level, None, &limits())[..],
        [Change::Update { mail: false, .. }]
    ));
    // 0.2 + 0.15 − 0.05 = 0.30.
    let rise = [standing(FROM(0.2), 0.4)];
    assert_eq!(
        decide(&reading(Some(0.4), 0.29), &rise, None, &limits()),
        ended(FROM(0.2))
    );
    assert!(matches!(
        decide(&reading(Some(0.4), 0.3), &rise, None, &limits())[..],
        [Change::Update { mail: false, .. }]
    ));
}

#[test]
fn what_a_person_resolved_stays_resolved_until_something_new_happens() {
    let opened = |now, settled: &Settled| {
        decide(&reading(Some(0.7), now), &[], Some(settled), &limits())
            == [Change::Open(Subject::Level)]
    };
    assert!(!opened(0.7, &settled(0.7, None)));
    assert!(!opened(0.84, &settled(0.7, Some(0.6))));
    assert!(opened(0.85, &settled(0.7, None)), "a step worse");
    assert!(opened(0.61, &settled(0.7, Some(0.54))), "it had come back");
    assert!(
        opened(0.61, &settled(0.4, None)),
        "a rise was settled below the level"
    );
    let lost = Settled {
        lost: true,
        ..settled(0.7, Some(0.6))
    };
    assert!(!opened(0.99, &lost));
    let regained = Settled {
        lowest_since: Some(p(0.1)),
        ..lost
    };
    assert!(opened(0.61, &regained));
}

#[test]
fn a_rise_that_a_person_resolved_is_not_opened_by_another_run_of_the_same_day() {
    let known = Settled {
        up_to_date: true,
        ..settled(0.4, None)
    };
    let reading = reading(Some(0.2), 0.4);
    assert_eq!(decide(&reading, &[], Some(&known), &limits()), []);
    let older = Settled {
        up_to_date: false,
        ..known
    };
    assert_eq!(
        decide(&reading, &[], Some(&older), &limits()),
        [Change::Open(FROM(0.2))]
    );
}

#[test]
fn red_alarms_need_the_level_and_evidence_and_age() {
    let high = reading(None, 0.6);
    assert_eq!(severity(&high, &limits()), AlertSeverity::High);
    for medium in [
        reading(Some(0.2), 0.59),
        Reading {
            is_new: true,
            ..high
        },
        Reading {
            enough_evidence: false,
            ..high
        },
    ] {
        assert_eq!(severity(&medium, &limits()), AlertSeverity::Medium);
    }
}

/// A customer's alerts over many runs, kept as the database would.
#[derive(Default)]
struct Life {
    open: Vec<Standing>,
    settled: Option<Settled>,
    before: Option<Probability>,
}

impl Life {
    fn apply(&mut self, reading: &Reading, changes: &[Change], severity: AlertSeverity) {
        for change in changes {
            match *change {
                Change::Open(subject) => self.open.push(Standing {
                    subject,
                    measure: reading.now,
                    mailed: Some(reading.now),
                    severity,
                    state: AlertState::Open,
                    by_this_run: true,
                }),
                Change::Update {
                    subject,
                    severity,
                    mail,
                } => {
                    let alert = self.open.iter_mut().find(|alert| alert.subject == subject);
                    let alert = alert.expect("an open alert is updated");
                    assert!(severity <= alert.severity, "never less urgent");
                    (alert.measure, alert.severity) = (reading.now, severity);
                    alert.by_this_run = true;
                    if mail {
                        alert.mailed = Some(reading.now);
                    }
                }
                Change::Resolve { subject, .. } => {
                    let count = self.open.len();
                    self.open.retain(|alert| alert.subject != subject);
                    assert_eq!(self.open.len() + 1, count, "one open alert ends");
                }
            }
        }
    }

    fn resolve_by_hand(&mut self, now: Probability, lost: bool) {
        if !self.open.is_empty() {
            self.open.clear();
            self.settled = Some(Settled {
                at: now,
                lost,
                lowest_since: None,
                up_to_date: true,
            });
        }
    }

    fn next_run(&mut self, now: Probability) {
        self.before = Some(now);
        for alert in &mut self.open {
            alert.by_this_run = false;
        }
        if let Some(settled) = &mut self.settled {
            if settled.up_to_date {
                settled.up_to_date = false;
            } else {
                let lowest = settled
                    .lowest_since
                    .map_or(now, |lowest| if now < lowest { now } else { lowest });
                settled.lowest_since = Some(lowest);
            }
        }
    }
}

/// Probabilities as people would write them, so that limits are hit exactly.
fn probability() -> impl Strategy<Value = Probability> {
    prop_oneof![
        (0_u32..=20).prop_map(|twentieths| p(f64::from(twentieths) / 20.0)),
        (0.0..=1.0_f64).prop_map(p),
    ]
}

proptest! {
    #[test]
    fn never_two_open_alerts_and_the_same_run_twice_changes_nothing(
        level in probability(),
        step in probability(),
        runs in prop::collection::vec(
            (probability(), any::<bool>(), any::<bool>(), 0_u8..6), 1..40),
    ) {
        let limits = Limits::of(level, step);
        let mut life = Life::default();
        for (now, is_new, enough_evidence, action) in runs {
            let reading = Reading { now, before: life.before, is_new, enough_evidence, is_gone: false };
            let changes = decide(&reading, &life.open, life.settled.as_ref(), &limits);
            life.apply(&reading, &changes, severity(&reading, &limits));

            prop_assert!(life.open.len() <= 1, "{:?}", life.open);
            let again = decide(&reading, &life.open, life.settled.as_ref(), &limits);
            prop_assert_eq!(again, []);
            if let Some(alert) = life.open.first()
                && alert.subject == Subject::Level
            {
                prop_assert!(now.get() > level.get() - HYSTERESIS - 1e-6);
            }
            let red = severity(&reading, &limits) == AlertSeverity::High;
            prop_assert!(!red || (enough_evidence && !is_new));

            match action {
                0 => life.resolve_by_hand(now, false),
                1 => life.resolve_by_hand(now, true),
                _ => {}
            }
            let again = decide(&reading, &life.open, life.settled.as_ref(), &limits);
            prop_assert_eq!(again, [], "not even after a person resolved it");
            life.next_run(now);
        }
    }
}

#[test]
fn who_left_before_anybody_looked_is_no_news_and_who_left_since_is() {
    let gone = |before| Reading {
        is_gone: true,
        ..reading(before, 0.97)
    };
    assert_eq!(decide(&gone(None), &[], None, &limits()), []);
    assert_eq!(decide(&gone(Some(0.95)), &[], None, &limits()), []);
    assert_eq!(
        decide(&gone(Some(0.3)), &[], None, &limits()),
        [Change::Open(Subject::Level)]
    );
}
