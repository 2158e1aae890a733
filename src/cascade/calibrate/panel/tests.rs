use super::*;

/// Boundaries 400, 500, 600: shares over (35, 400] or (135, 500], exposure (400, 500], outcome (500, 600].
const BOUNDARIES: [i32; 3] = [400, 500, 600];

struct Trade {
    links: Vec<(u32, u32, FreightTerms, Vec<i32>)>,
    customers: usize,
}

impl Trade {
    fn panels(&self, own: impl Fn(&Case<'_>) -> Option<f64> + Sync) -> Panels {
        self.with(&vec![0.0; self.customers], own)
    }

    fn with(&self, own_business: &[f64], own: impl Fn(&Case<'_>) -> Option<f64> + Sync) -> Panels {
        let ones = vec![1.0; 1_000];
        let links: Vec<LinkDays<'_>> = self
            .links
            .iter()
            .map(|(shipper, consignee, terms, days)| LinkDays {
                shipper: *shipper,
                consignee: *consignee,
                terms: *terms,
                days,
                business: &ones[..days.len()],
            })
            .collect();
        let history = History {
            links: &links,
            regions: &vec![7; self.customers],
            own_business,
            boundaries: &BOUNDARIES,
            partner_days: History::PARTNER_DAYS,
        };
        panels(&history, own).unwrap()
    }
}

fn every(step: usize, from: i32, until: i32) -> Vec<i32> {
    (from..=until).step_by(step).collect()
}

/// Customer 0 ships to 1 every 10 days and to 2 every 5 days until that one leaves; 3 ships to 1, to 2
/// and to 4.
fn trade(left: i32, own_until: i32) -> Trade {
    let until = |last: i32| left.min(last);
    Trade {
        links: vec![
            (0, 1, FreightTerms::Prepaid, every(10, 100, own_until)),
            (0, 2, FreightTerms::Collect, every(5, 100, until(own_until))),
            (3, 1, FreightTerms::Unknown, every(7, 101, 600)),
            (3, 2, FreightTerms::Unknown, every(7, 102, until(600))),
            (3, 4, FreightTerms::Unknown, every(7, 103, 600)),
        ],
        customers: 5,
    }
}

fn of(observations: &[Observation], customer: u64) -> Option<&Observation> {
    observations.iter().find(|o| o.customer == customer)
}

#[test]
fn a_partner_that_left_before_is_lagged_exposure_by_frozen_shares() {
    // Customer 2 is silent after 395. Customer 0, up to day 400: 31 days with 1 (100, 110 … 400) and
    // 60 with 2 (100, 105 … 395).
    let panels = trade(395, 600).panels(|_| Some(0.1));
    let lagged = of(&panels.lagged, 0).unwrap();
    let mut expected = [0.0; CLASSES];
    expected[Class::ShipperDoesNot.index()] = 60.0 / 91.0;
    assert_eq!(lagged.exposure, expected);
    assert_eq!(
        (lagged.period, lagged.region, lagged.own_churn),
        (1, 7, 0.1)
    );
    assert_eq!(lagged.role, RoleClass::Shipper);
    assert!(!lagged.left);
    // Judged by the link with 1 alone: 140, 150 … 500 within the year up to 500; none is idle.
    assert_eq!((lagged.activity, lagged.idle_weeks), (37.0, 0.0));
    // In the same period nobody left.
    assert_eq!(of(&panels.same_period, 0).unwrap().exposure, [0.0; CLASSES]);
    // Who left is not observed: it was silent before.
    assert_eq!(of(&panels.lagged, 2), None);
}

#[test]
fn a_partner_that_leaves_now_is_same_period_exposure() {
    let panels = trade(495, 600).panels(|_| Some(0.1));
    assert_eq!(of(&panels.lagged, 0).unwrap().exposure, [0.0; CLASSES]);
    let same = of(&panels.same_period, 0).unwrap();
    // Within (135, 500]: 37 days with 1 and 72 with 2 (140 … 495).
    let share = same.exposure[Class::ShipperDoesNot.index()];
    assert!((share - 72.0 / 109.0).abs() < 1e-12, "{share}");
    assert!(!same.left, "it goes on with 1");
}

#[test]
fn a_link_that_dies_with_its_partner_is_no_departure() {
    // Customer 0 trades with 2 alone, which leaves: there is nothing else to judge 0 by.
    let mut trade = trade(495, 600);
    trade.links.remove(0);
    let panels = trade.panels(|_| Some(0.1));
    assert_eq!(of(&panels.lagged, 0), None);
    assert_eq!(panels.unjudged, 1);
    // Customer 2 itself is judged by its link with 3, which goes on elsewhere: it left.
    assert!(of(&panels.lagged, 2).unwrap().left);
}

#[test]
fn a_departure_is_judged_on_other_business() {
    // Customer 2 left before; 0 leaves too, on its link with 1.
    let panels = trade(395, 500).panels(|_| Some(0.1));
    let lagged = of(&panels.lagged, 0).unwrap();
    assert!(lagged.left);
    assert!(lagged.exposure[Class::ShipperDoesNot.index()] > 0.6);
    // 1 goes on with 3.
    assert!(!of(&panels.lagged, 1).unwrap().left);
}

#[test]
fn own_churn_is_asked_for_on_the_business_that_is_judged() {
    let panels = trade(395, 600).panels(|case| {
        if case.customer == 0 {
            assert_eq!(case.days, every(10, 100, 500));
            assert!(!case.all_business);
            assert_eq!((case.as_of, case.horizon), (500, 100));
        }
        if case.customer == 3 {
            let mut days = every(7, 101, 500);
            days.extend(every(7, 103, 500));
            days.sort_unstable();
            // 2 is gone for 3 too; 4 has nobody else and is always judged by.
            assert_eq!(case.days, days);
        }
        (case.customer != 1).then_some(0.2)
    });
    // 0, 3 and 4; 1 was left out, 2 had gone.
    assert_eq!((panels.lagged.len(), panels.without_own_churn), (3, 1));
}

#[test]
fn contract_business_lowers_the_share() {
    let panels = trade(395, 600).with(&[91.0, 0.0, 0.0, 0.0, 0.0], |_| Some(0.1));
    let share = of(&panels.lagged, 0).unwrap().exposure[Class::ShipperDoesNot.index()];
    assert!((share - 60.0 / 182.0).abs() < 1e-12, "{share}");
}

#[test]
fn a_partner_without_others_cannot_be_told_from_one_that_was_dropped() {
    // Without customer 3 customer 2 has no other links.
    let mut trade = trade(395, 600);
    trade.links.truncate(2);
    let panels = trade.panels(|_| Some(0.1));
    assert_eq!(of(&panels.lagged, 0), None);
    // 0 itself has no other days in the exposure period, so that 1 is not judged by it.
    assert_eq!((panels.lagged.len(), panels.unjudged), (0, 2));
    // A tenth of the business may hang on such partners: 60 of 691.
    let panels = trade.with(&[600.0, 0.0, 0.0, 0.0, 0.0], |_| Some(0.1));
    assert_eq!(of(&panels.lagged, 0).unwrap().exposure, [0.0; CLASSES]);
}

#[test]
fn a_partner_that_lost_its_other_customers_has_not_left() {
    // 2 goes on with 0 but stops with 3: seen from 0 it is silent on its other links.
    let mut trade = trade(600, 600);
    trade.links[3].3.retain(|day| *day <= 395);
    let panels = trade.panels(|_| Some(0.1));
    assert_eq!(of(&panels.lagged, 0).unwrap().exposure, [0.0; CLASSES]);
}

const LINK: LinkDays<'static> = LinkDays {
    shipper: 0,
    consignee: 1,
    terms: FreightTerms::Unknown,
    days: &[390, 450],
    business: &[1.0, 1.0],
};

/// What is said of one link between two customers.
fn said(link: LinkDays<'_>, boundaries: &[i32], own: f64) -> Result<(), String> {
    let history = History {
        links: &[link],
        regions: &[0, 0],
        own_business: &[0.0, 0.0],
        boundaries,
        partner_days: 8,
    };
    let found = panels(&history, |_| Some(own));
    found.map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn what_breaks_a_rule_is_named() {
    assert_eq!(said(LINK, &BOUNDARIES, 0.5), Ok(()));
    let own = said(LINK, &BOUNDARIES, f64::NAN).unwrap_err();
    assert!(own.contains("own_churn of customer 0"), "{own}");
    let unsorted = said(LINK, &[400, 400, 500], 0.5).unwrap_err();
    let expected = "boundaries: expected distinct days in ascending order";
    assert_eq!(unsorted, expected);
    // Nothing to say is no error.
    assert_eq!(said(LINK, &[], 0.5), Ok(()));

    let with_ends = |shipper, consignee| LinkDays {
        shipper,
        consignee,
        ..LINK
    };
    let with_days = |days| LinkDays { days, ..LINK };
    let with_business = |business| LinkDays { business, ..LINK };
    for (bad, field) in [
        (with_ends(0, 2), "links[0].consignee"),
        (with_ends(7, 1), "links[0].shipper"),
        (with_ends(0, 0), "links[0].consignee"),
        (with_days(&[450, 390]), "links[0].days"),
        (with_days(&[390, i32::MAX]), "links[0].days"),
        (with_business(&[1.0]), "links[0].business"),
        (with_business(&[1.0, -1.0]), "links[0].business[1]"),
    ] {
        let found = said(bad, &BOUNDARIES, 0.5).unwrap_err();
        assert!(found.starts_with(field), "{found}");
    }
}
