use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::*;
use crate::shipments::model::{ShipmentDraft, Status};

fn until() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 6, 30).unwrap()
}

fn small() -> DemoWorld {
    DemoWorld::new(&DemoPlan::small(until()).unwrap())
}

fn sized(seed: u64, customers: usize, links: usize, shipments: usize) -> DemoWorld {
    DemoWorld::new(&DemoPlan::new(seed, customers, links, shipments, until(), 156).unwrap())
}

fn file(plan: &DemoPlan) -> Vec<u8> {
    let mut bytes = Vec::new();
    csv::write(plan, &mut bytes).unwrap();
    bytes
}

/// Positions of a shipment's two parties.
fn ends(world: &DemoWorld, draft: &ShipmentDraft) -> [usize; 2] {
    let position = |code: &str| code[2..].parse::<usize>().unwrap() - 1;
    [&draft.shipper, &draft.consignee].map(|party| {
        let at = position(&party.external_id.as_ref().unwrap().id);
        assert_eq!(Some(&world.customers()[at].name), party.name.as_ref());
        at
    })
}

/// The last day on which something was booked or picked up for a customer.
fn last_days(world: &DemoWorld) -> Vec<NaiveDate> {
    let mut last = vec![NaiveDate::MIN; world.customers().len()];
    for draft in world.shipments() {
        for end in ends(world, &draft) {
            let facts = &draft.facts;
            let day = facts
                .booked_at
                .max(facts.picked_up_at)
                .unwrap()
                .date_naive();
            last[end] = last[end].max(day);
        }
    }
    last
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_another_seed_gives_others() {
    let plan = |seed| DemoPlan::new(seed, 120, 320, 2_000, until(), 156).unwrap();
    assert_eq!(file(&plan(1)), file(&plan(1)));
    assert_ne!(file(&plan(1)), file(&plan(2)));
}

#[test]
fn there_are_as_many_customers_links_and_shipments_as_asked_for() {
    for (customers, links, shipments) in [(120, 320, 6_000), (101, 101, 101), (20, 20, 5_000)] {
        let world = sized(3, customers, links, shipments);
        assert_eq!(world.customers().len(), customers);
        assert_eq!(world.shipments().len(), shipments);

        let mut keys = BTreeSet::new();
        let mut pairs = BTreeSet::new();
        let mut active = BTreeSet::new();
        for draft in world.shipments() {
            let pair = ends(&world, &draft);
            pairs.insert(pair);
            active.extend(pair);
            keys.insert(draft.external_id.id);
        }
        assert_eq!(keys.len(), shipments);
        assert_eq!(pairs.len(), links);
        assert_eq!(active.len(), customers);
    }
}

#[test]
fn as_many_links_as_a_plan_allows_are_found() {
    assert_eq!(sized(5, 40, 80, 80).links().len(), 80);
    // 16 that only ship, 20 that only receive: 80 of 320 pairs.
    assert!(DemoPlan::new(5, 40, 81, 81, until(), 156).is_err());
}

#[test]
fn every_shipment_passes_the_door_and_goes_from_one_customer_to_another() {
    let world = small();
    for draft in world.shipments() {
        assert_eq!(draft.facts.problems(), [], "{draft:?}");
        let [shipper, consignee] = ends(&world, &draft);
        assert_ne!(shipper, consignee);
        assert!(world.customers()[shipper].role.ships());
        assert!(world.customers()[consignee].role.receives());
    }
}

#[test]
fn shipments_come_by_day_of_booking_and_tell_nothing_after_the_last_day() {
    let world = small();
    let mut day = world.plan().from();
    let mut statuses = BTreeSet::new();
    for draft in world.shipments() {
        let facts = draft.facts;
        let booked = facts.booked_at.unwrap().date_naive();
        assert!(day <= booked && booked <= until(), "{booked} after {day}");
        day = booked;
        for later in [facts.picked_up_at, facts.delivered_at] {
            assert!(later.is_none_or(|at| at.date_naive() <= until()));
        }
        statuses.insert(facts.status);
    }
    let all: BTreeSet<_> = Status::ALL.iter().copied().collect();
    assert_eq!(statuses, all);
}

#[test]
fn names_and_codes_are_nobody_elses_and_several_scripts_are_among_them() {
    let world = sized(4, 3_000, 4_000, 4_000);
    let names: BTreeSet<_> = world.customers().iter().map(|c| &c.name).collect();
    let codes: BTreeSet<_> = world.customers().iter().map(|c| &c.code).collect();
    assert_eq!((names.len(), codes.len()), (3_000, 3_000));
    assert!(names.iter().any(|name| name.contains("有限公司")));
    assert!(names.iter().any(|name| name.contains('ö')));
}

#[test]
fn every_customer_has_a_team_departments_and_somebody_to_talk_to() {
    let world = small();
    for customer in world.customers() {
        assert!(customer.team < world.teams().len());
        assert!(!customer.contacts.is_empty());
        for contact in &customer.contacts {
            assert!(customer.departments.contains(&contact.department));
            assert!(contact.email.ends_with(".example"));
        }
    }
    let languages: BTreeSet<_> = world.users().iter().map(|user| user.language).collect();
    assert_eq!(languages, BTreeSet::from(["en", "zh"]));
    for user in world.users() {
        assert!(user.team < world.teams().len());
    }
}

#[test]
fn the_largest_hundredth_of_customers_carries_far_more_than_a_hundredth() {
    let world = sized(6, 5_000, 20_000, 60_000);
    let mut sizes = vec![(0_u32, 0_u32); 5_000];
    for link in world.links() {
        for end in [link.shipper, link.consignee] {
            sizes[end as usize].0 += 1;
            sizes[end as usize].1 += link.shipments;
        }
    }
    let top = |mut of: Vec<u32>| {
        of.sort_unstable_by_key(|&n| std::cmp::Reverse(n));
        f64::from(of[..50].iter().sum::<u32>()) / f64::from(of.iter().sum::<u32>())
    };
    let by_links = top(sizes.iter().map(|size| size.0).collect());
    let by_shipments = top(sizes.iter().map(|size| size.1).collect());
    assert!(by_links > 0.10, "{by_links}");
    assert!(by_shipments > 0.10, "{by_shipments}");
}

#[test]
fn those_who_left_are_silent_from_that_day_on() {
    let world = sized(7, 1_000, 3_000, 60_000);
    let last = last_days(&world);
    let own = world
        .truth()
        .own
        .iter()
        .map(|churn| (churn.customer, churn.on));
    let followed = world.truth().followed.iter().map(|f| (f.customer, f.on));
    let mut gone = BTreeSet::new();
    for (customer, on) in own.chain(followed) {
        assert!(last[customer] < on, "{} after {on}", last[customer]);
        assert!(on <= until());
        assert!(gone.insert(customer), "{customer} left twice");
    }
    // 6% by themselves, those taken along by a partner first not counted.
    assert!((50..=60).contains(&world.truth().own.len()));
    assert!(gone.len() > world.truth().own.len());
}

#[test]
fn nobody_follows_a_stranger_or_somebody_who_is_still_there() {
    let world = sized(8, 1_000, 3_000, 3_000);
    let truth = world.truth();
    let mut left: BTreeMap<usize, NaiveDate> = truth
        .own
        .iter()
        .map(|churn| (churn.customer, churn.on))
        .collect();
    left.extend(truth.followed.iter().map(|f| (f.customer, f.on)));
    let tied: BTreeSet<(usize, usize)> = world
        .links()
        .iter()
        .map(|link| (link.shipper as usize, link.consignee as usize))
        .flat_map(|(a, b)| [(a, b), (b, a)])
        .collect();
    assert!(!truth.followed.is_empty());
    for follower in &truth.followed {
        assert!(tied.contains(&(follower.customer, follower.partner)));
        assert!(left[&follower.partner] < follower.on);
    }
}

#[test]
fn a_customer_with_a_single_link_follows_as_often_as_its_strength_says() {
    let (mut expected, mut variance, mut observed) = (0.0, 0.0, 0);
    for seed in 0..6 {
        let world = sized(seed, 2_000, 3_000, 3_000);
        let mut links_of = vec![Vec::new(); 2_000];
        for link in world.links() {
            links_of[link.shipper as usize].push(link);
            links_of[link.consignee as usize].push(link);
        }
        let own: BTreeSet<_> = world
            .truth()
            .own
            .iter()
            .map(|churn| churn.customer)
            .collect();
        for churn in &world.truth().own {
            // A follower waits for 12 weeks at most: only departures that leave it that time count.
            if (until() - churn.on).num_days() < 85 {
                continue;
            }
            for link in &links_of[churn.customer] {
                let [on_shipper, on_consignee] = DemoTruth::strengths(link.freight_terms);
                let (partner, strength) = if link.shipper as usize == churn.customer {
                    (link.consignee as usize, on_consignee)
                } else {
                    (link.shipper as usize, on_shipper)
                };
                if links_of[partner].len() == 1 && !own.contains(&partner) {
                    expected += strength;
                    variance += strength * (1.0 - strength);
                    let follows = |f: &Followed| f.customer == partner;
                    observed += i32::from(world.truth().followed.iter().any(follows));
                }
            }
        }
    }
    // Its whole business is lost with that partner, so the chance is the strength itself.
    let off = (f64::from(observed) - expected).abs();
    assert!(expected > 50.0, "too few to tell: {expected}");
    assert!(
        off < 4.0 * variance.sqrt(),
        "{observed} instead of {expected}"
    );
}

#[test]
fn service_is_worse_before_a_departure_that_it_caused() {
    let world = sized(9, 600, 1_500, 60_000);
    let spells: BTreeMap<usize, NaiveDate> = world
        .truth()
        .own
        .iter()
        .filter_map(|churn| Some((churn.customer, churn.served_badly_from?)))
        .collect();
    // Late and all deliveries, before and within the bad spell.
    let mut seen = [(0, 0); 2];
    for draft in world.shipments() {
        let Some(late) = draft.facts.late(Tz::UTC) else {
            continue;
        };
        let booked = draft.facts.booked_at.unwrap().date_naive();
        for end in ends(&world, &draft) {
            if let Some(&from) = spells.get(&end) {
                let count = &mut seen[usize::from(booked >= from)];
                count.0 += i32::from(late);
                count.1 += 1;
            }
        }
    }
    let [usual, bad] = seen.map(|(late, all)| f64::from(late) / f64::from(all));
    assert!(bad > 2.0 * usual, "{usual} became {bad}");
}

#[test]
fn a_small_world_ends_with_a_few_customers_about_to_leave() {
    let world = small();
    let fading = &world.truth().fading;
    assert!((5..=10).contains(&fading.len()), "{fading:?}");

    let weeks_before = |weeks| until() - chrono::TimeDelta::weeks(weeks);
    let (mut usual, mut lately) = (0, 0);
    for draft in world.shipments() {
        let booked = draft.facts.booked_at.unwrap().date_naive();
        if ends(&world, &draft).iter().any(|end| fading.contains(end)) {
            usual += i32::from(booked > weeks_before(60) && booked <= weeks_before(8));
            lately += i32::from(booked > weeks_before(8));
        }
    }
    // A year against eight weeks: 6.5 times as long, but far more than that many orders.
    assert!(
        usual > 20 * lately,
        "{usual} in a year, {lately} in the last eight weeks"
    );
}

#[test]
fn some_customers_cost_more_than_they_bring_and_the_firm_earns() {
    let world = small();
    let mut margins = vec![0_i64; world.customers().len()];
    let mut claims = 0;
    for draft in world.shipments() {
        let margin = draft.facts.margin().unwrap_or(0);
        for end in ends(&world, &draft) {
            margins[end] += margin;
        }
        claims += draft.facts.claim_amount.unwrap_or(0);
    }
    assert!(margins.iter().sum::<i64>() > 0);
    assert!(margins.iter().any(|&margin| margin < 0));
    assert!(claims > 0);
}

#[test]
fn the_file_has_a_header_and_a_row_for_each_shipment() {
    let plan = DemoPlan::new(1, 20, 20, 200, until(), 52).unwrap();
    let bytes = file(&plan);
    let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
    assert_eq!(reader.headers().unwrap(), &csv::COLUMNS[..]);
    let rows: Vec<BTreeMap<String, String>> =
        reader.deserialize().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 200);
    let world = DemoWorld::new(&plan);
    for (row, draft) in rows.iter().zip(world.shipments()) {
        assert_eq!(row["external_id"], draft.external_id.id);
        assert_eq!(Some(&row["consignee_name"]), draft.consignee.name.as_ref());
        assert_eq!(row["status"], draft.facts.status.word());
        let booked = chrono::DateTime::parse_from_rfc3339(&row["booked_at"]).unwrap();
        assert_eq!(Some(booked.to_utc()), draft.facts.booked_at);
        assert_eq!(row["revenue"].parse().ok(), draft.facts.revenue);
        assert_eq!(row["in_full"].parse().ok(), draft.facts.in_full);
    }
}

#[test]
fn people_say_what_they_feel_and_feel_what_they_are_served() {
    let world = sized(3, 400, 1_000, 20_000);
    let voices = DemoVoices::of(&world);
    assert_eq!(
        voices,
        DemoVoices::of(&world),
        "the same seed says the same"
    );
    assert_eq!(voices.surveys.len(), 4);

    let fading: BTreeSet<usize> = world.truth().fading.iter().copied().collect();
    let last = voices.surveys.len() - 1;
    let mean = |kept: &dyn Fn(usize) -> bool| {
        let values: Vec<f64> = (voices.answers.iter())
            .filter(|answer| answer.survey == last && kept(answer.who.customer))
            .map(|answer| f64::from(answer.value))
            .collect();
        assert!(values.len() >= 10);
        values.iter().sum::<f64>() / values.len() as f64
    };
    let (unhappy, others) = (
        mean(&|customer| fading.contains(&customer)),
        mean(&|customer| !fading.contains(&customer)),
    );
    assert!(unhappy + 1.0 < others, "{unhappy} {others}");

    let (from, until) = (world.plan().from(), world.plan().until());
    for at in (voices.answers.iter().map(|answer| answer.at))
        .chain(voices.talks.iter().map(|talk| talk.at))
        .chain(
            voices
                .complaints
                .iter()
                .map(|complaint| complaint.received_at),
        )
        .chain(
            voices
                .complaints
                .iter()
                .filter_map(|complaint| complaint.confirmed_at),
        )
    {
        assert!((from..=until).contains(&at.date_naive()), "{at}");
    }
    for complaint in &voices.complaints {
        let steps = [
            Some(complaint.received_at),
            complaint.acknowledged_at,
            complaint.answered_at,
            complaint.confirmed_at,
        ];
        assert!(steps.iter().flatten().is_sorted(), "{complaint:?}");
    }
}
