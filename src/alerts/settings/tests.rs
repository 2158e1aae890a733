use super::*;
use crate::i18n::Language;

fn standing() -> RuleValues {
    RuleValues {
        enabled: true,
        level: 0.3,
        high: 0.6,
        step: 0.15,
        hysteresis: 0.05,
        cool_down_days: 28,
    }
}

fn refused(reason: AlertReason, input: RuleInput) -> BadRule {
    checked(reason, &input, &standing()).unwrap_err()
}

#[test]
fn what_is_absent_is_as_it_was_beneath() {
    let input = RuleInput {
        level: Some(0.4),
        cool_down_days: Some(365),
        ..RuleInput::default()
    };
    let expected = RuleValues {
        level: 0.4,
        cool_down_days: 365,
        ..standing()
    };
    assert_eq!(
        checked(AlertReason::VolumeDrop, &input, &standing()),
        Ok(expected)
    );
}

#[test]
fn what_makes_no_sense_is_refused_and_the_field_is_named() {
    let wrong = |change: fn(&mut RuleInput)| {
        let mut input = RuleInput::default();
        change(&mut input);
        refused(AlertReason::VolumeDrop, input)
    };
    for (bad, field) in [
        (wrong(|input| input.level = Some(f64::NAN)), "level"),
        (wrong(|input| input.level = Some(f64::INFINITY)), "level"),
        (
            wrong(|input| input.hysteresis = Some(f64::NAN)),
            "hysteresis",
        ),
        (wrong(|input| input.level = Some(-0.01)), "level"),
        (wrong(|input| input.high = Some(0.29)), "high"),
        (wrong(|input| input.level = Some(0.61)), "high"),
        (wrong(|input| input.step = Some(0.0)), "step"),
        (wrong(|input| input.step = Some(-1.0)), "step"),
        (wrong(|input| input.hysteresis = Some(-0.01)), "hysteresis"),
        (
            wrong(|input| input.cool_down_days = Some(-1)),
            "cool_down_days",
        ),
        (
            wrong(|input| input.cool_down_days = Some(366)),
            "cool_down_days",
        ),
        (
            wrong(|input| input.cool_down_days = Some(i64::MAX)),
            "cool_down_days",
        ),
    ] {
        assert_eq!(bad.field(), field, "{bad}");
    }
}

#[test]
fn churn_is_measured_in_probabilities_and_may_have_no_step() {
    let high = RuleInput {
        high: Some(1.01),
        ..RuleInput::default()
    };
    let bad = refused(AlertReason::ChurnLevel, high);
    assert_eq!(bad, BadRule::NotAProbability { field: "high" });
    let no_step = RuleInput {
        step: Some(0.0),
        ..RuleInput::default()
    };
    assert!(checked(AlertReason::ChurnRise, &no_step, &standing()).is_ok());
    // Days may be more than one, and before the day.
    let days = RuleInput {
        level: Some(-7.0),
        high: Some(30.0),
        ..RuleInput::default()
    };
    assert!(checked(AlertReason::ComplaintOverdue, &days, &standing()).is_ok());
}

#[test]
fn a_team_s_own_comes_before_everybody_s_and_that_before_the_default() {
    let p = |value| Probability::new(value).unwrap();
    let mut book = RuleBook {
        churn: Limits::of(p(0.7), p(0.2)),
        set: BTreeMap::new(),
    };
    let level = |book: &RuleBook, team| {
        let rule = book.rule(AlertReason::ChurnLevel, team);
        (rule.values.level, rule.origin)
    };
    assert_eq!(level(&book, Some(1)), (0.7, RuleOrigin::Default));
    let set = |level| RuleValues {
        level,
        ..standing()
    };
    book.set
        .insert((AlertReason::ChurnLevel, None), (set(0.5), 1));
    book.set
        .insert((AlertReason::ChurnLevel, Some(1)), (set(0.4), 1));
    assert_eq!(level(&book, Some(1)), (0.4, RuleOrigin::Team));
    assert_eq!(level(&book, Some(2)), (0.5, RuleOrigin::Everybody));
    assert_eq!(level(&book, None), (0.5, RuleOrigin::Everybody));
    // 0.2 is the rise that the operator set.
    assert_eq!(book.lowest_churn(), Ok((0.4, 0.2)));
    assert_eq!(book.limits(Some(2)).unwrap().level, p(0.5));
    assert!(!book.any_off());
}

#[test]
fn every_rule_and_every_want_has_words_in_both_languages() {
    for language in Language::ALL {
        for reason in AlertReason::ALL {
            assert!(!words::inputs(language, *reason).unwrap().is_empty());
        }
        for unit in MeasureUnit::ALL {
            assert!(!words::unit(language, *unit).unwrap().is_empty());
        }
    }
    assert_eq!(
        words::want(Language::En, "no_answers").unwrap(),
        "no answers yet"
    );
    assert_eq!(words::want(Language::Zh, "no_answers").unwrap(), "尚无答复");
}
