use proptest::prelude::*;

use super::super::measures::tests::link;
use super::*;
use crate::network::concentration::Band;

const COUNT: BusinessBasis = BusinessBasis::Shipments;

fn id(number: i64) -> CustomerId {
    CustomerId(number)
}

fn network(links: &[(i64, i64, u32)]) -> TradeNetwork {
    let links = links.iter().map(|(s, c, n)| link(*s, *c, *n)).collect();
    TradeNetwork::from_links(links).unwrap()
}

/// 1 ships 60 to 2 and 10 to 3, receives 20 from 2 and 10 from 4; 4 ships 30 to 5; 7 and 8 trade
/// apart from all others.
fn example() -> TradeNetwork {
    network(&[
        (7, 8, 5),
        (4, 5, 30),
        (1, 2, 60),
        (4, 1, 10),
        (2, 1, 20),
        (1, 3, 10),
    ])
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-12
}

fn everybody(_: CustomerId) -> bool {
    true
}

fn reach(depth: u32, limit: usize) -> Reach {
    Reach {
        depth,
        limit,
        basis: COUNT,
    }
}

#[test]
fn a_pair_that_trades_both_ways_is_one_tie_and_dependence_is_told_both_ways() {
    let network = example();
    let partners = network.partners(id(1), COUNT);
    let told: Vec<_> = partners
        .iter()
        .map(|p| (p.customer.0, p.business))
        .collect();
    // Of equal business, the lower id comes first.
    assert_eq!(told, [(2, 80.0), (3, 10.0), (4, 10.0)]);
    let [two, three, four] = partners.as_slice() else {
        panic!("{partners:?}")
    };
    // 80 of 100; 2 trades with nobody else.
    assert!(close(two.share_of_customer, 0.8) && close(two.share_of_partner, 1.0));
    assert_eq!(two.shipped.map(|link| link.shipments), Some(60));
    assert_eq!(two.received.map(|link| link.shipments), Some(20));
    assert_eq!(two.links().count(), 2);
    assert!(three.received.is_none() && four.shipped.is_none());
    // 4 has 10 of 40 with 1.
    assert!(close(four.share_of_partner, 0.25));
    assert!(close(network.business_of(id(1), COUNT), 100.0));
    assert!(close(network.business(COUNT), 135.0));
    assert!(close(network.business(BusinessBasis::Revenue), 13_500.0));
}

#[test]
fn who_does_not_trade_has_no_partners_and_stands_alone() {
    let network = example();
    assert!(network.partners(id(99), COUNT).is_empty());
    assert!(network.links_of(id(99)).is_empty());
    assert!(close(network.business_of(id(99), COUNT), 0.0));
    assert_eq!(network.concentration_of(id(99), COUNT), None);
    let around = network.neighbourhood(id(99), reach(4, 10), everybody);
    assert_eq!(around.customers, [(id(99), 0)]);
    assert!(around.links.is_empty() && !around.truncated);

    let empty = TradeNetwork::default();
    assert!(empty.components().is_empty());
    assert_eq!(empty.concentration(COUNT), None);
    assert_eq!(empty.largest(COUNT), None);
}

#[test]
fn links_are_found_by_their_ends_and_listed_in_order() {
    let network = example();
    assert_eq!(network.link(id(2), id(1)).unwrap().shipments, 20);
    assert!(network.link(id(3), id(1)).is_none());
    let ends = |links: Vec<&LinkMeasures>| -> Vec<_> {
        links
            .iter()
            .map(|link| (link.shipper.0, link.consignee.0))
            .collect()
    };
    assert_eq!(
        ends(network.links().collect()),
        [(1, 2), (1, 3), (2, 1), (4, 1), (4, 5), (7, 8)]
    );
    assert_eq!(
        ends(network.links_of(id(1))),
        [(1, 2), (1, 3), (2, 1), (4, 1)]
    );
    let customers: Vec<_> = network.customers().map(|id| id.0).collect();
    assert_eq!(customers, [1, 2, 3, 4, 5, 7, 8]);
}

#[test]
fn a_neighbourhood_goes_nearest_first_then_by_business() {
    let network = example();
    let around = network.neighbourhood(id(1), reach(1, 10), everybody);
    // 2 has 80, 4 has 40, 3 has 10.
    assert_eq!(
        around.customers,
        [(id(1), 0), (id(2), 1), (id(4), 1), (id(3), 1)]
    );
    assert_eq!(around.links.len(), 4);
    assert!(!around.truncated);

    let around = network.neighbourhood(id(3), reach(3, 10), everybody);
    let distances: Vec<_> = around.customers.iter().map(|(id, d)| (id.0, *d)).collect();
    assert_eq!(distances, [(3, 0), (1, 1), (2, 2), (4, 2), (5, 3)]);
    assert_eq!(around.links.len(), 5);
}

#[test]
fn a_neighbourhood_that_is_too_large_says_so() {
    let network = example();
    let around = network.neighbourhood(id(3), reach(4, 3), everybody);
    let ids: Vec<_> = around.customers.iter().map(|(id, _)| id.0).collect();
    assert_eq!(ids, [3, 1, 2]);
    assert!(around.truncated);
    // 1→2, 2→1 and 1→3; nothing that leads to those left out.
    assert_eq!(around.links.len(), 3);
    let exact = network.neighbourhood(id(3), reach(4, 5), everybody);
    assert!(!exact.truncated);
}

#[test]
fn nobody_is_reached_over_a_customer_that_is_not_to_be_shown() {
    let network = example();
    let around = network.neighbourhood(id(3), reach(4, 10), |customer| customer != id(4));
    let ids: Vec<_> = around.customers.iter().map(|(id, _)| id.0).collect();
    assert_eq!(ids, [3, 1, 2]);
    assert_eq!((around.hidden, around.truncated), (1, false));
    assert!(around.links.iter().all(|link| link.shipper != id(4)));
}

#[test]
fn components_hang_together_by_ties_whatever_their_direction() {
    let components = example().components();
    let told: Vec<_> = components
        .iter()
        .map(|group| {
            let ids: Vec<_> = group.customers.iter().map(|id| id.0).collect();
            (ids, group.links)
        })
        .collect();
    assert_eq!(told, [(vec![1, 2, 3, 4, 5], 5), (vec![7, 8], 1)]);
}

#[test]
fn concentration_counts_ties_for_a_customer_and_both_ends_for_us() {
    let network = example();
    // .8, .1, .1: .64 + .01 + .01 = .66
    let own = network.concentration_of(id(1), COUNT).unwrap();
    assert!(close(own.hhi, 0.66) && own.parts == 3);
    assert_eq!(own.band, Band::Concentrated);
    // 100, 80, 10, 40, 30, 5, 5 of 270: (10000+6400+100+1600+900+25+25) / 72900 = 19050 / 72900
    let ours = network.concentration(COUNT).unwrap();
    assert!(close(ours.hhi, 19_050.0 / 72_900.0) && ours.parts == 7);
    assert!(close(ours.top_share, 100.0 / 270.0));
    assert_eq!(network.largest(COUNT), Some(id(1)));
}

#[test]
fn measures_of_one_link_add_up_and_trade_with_oneself_does_not_enter() {
    let network = network(&[(1, 2, 3), (2, 2, 50), (1, 2, 4)]);
    assert_eq!(network.links().len(), 1);
    assert_eq!(network.link(id(1), id(2)).unwrap().shipments, 7);
    assert!(close(network.business_of(id(2), COUNT), 7.0));
    let mut huge = link(1, 2, 1);
    huge.revenue = i64::MAX;
    assert!(TradeNetwork::from_links(vec![huge.clone(), huge]).is_err());
}

#[test]
fn a_link_without_business_leaves_shares_at_zero() {
    let mut free = link(1, 2, 3);
    free.revenue = 0;
    let network = TradeNetwork::from_links(vec![free]).unwrap();
    let partners = network.partners(id(1), BusinessBasis::Revenue);
    assert_eq!(partners.len(), 1);
    assert!(close(partners[0].share_of_customer, 0.0) && close(partners[0].share_of_partner, 0.0));
    assert_eq!(network.concentration(BusinessBasis::Revenue), None);
    assert_eq!(network.largest(BusinessBasis::Revenue), None);
}

/// Links among ten customers, none with itself.
fn some_links() -> impl Strategy<Value = Vec<(i64, i64, u32)>> {
    let link = (0..10i64, 1..10i64, 1..100u32);
    prop::collection::vec(link, 1..40).prop_map(|links| {
        let apart = |(s, by, n): (i64, i64, u32)| (s, (s + by) % 10, n);
        links.into_iter().map(apart).collect()
    })
}

proptest! {
    #[test]
    fn shares_of_partners_sum_to_one_and_agree_from_both_sides(links in some_links()) {
        let network = network(&links);
        let mut whole = 0.0;
        for customer in network.customers() {
            let partners = network.partners(customer, COUNT);
            let sum: f64 = partners.iter().map(|partner| partner.share_of_customer).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9);
            whole += network.business_of(customer, COUNT);
            for partner in &partners {
                let back = network.partners(partner.customer, COUNT);
                let tie = back.iter().find(|tie| tie.customer == customer).unwrap();
                prop_assert!(close(tie.share_of_customer, partner.share_of_partner));
                prop_assert!(close(tie.business, partner.business));
            }
        }
        prop_assert!((whole - 2.0 * network.business(COUNT)).abs() < 1e-9);
    }

    #[test]
    fn other_names_and_another_order_change_nothing(links in some_links(), by in 1..10i64) {
        let rename = |customer: i64| 1000 - (customer * 7 + by) % 10;
        let original = network(&links);
        let mut other: Vec<_> = links.iter().map(|(s, c, n)| (rename(*s), rename(*c), *n)).collect();
        other.reverse();
        let renamed = network(&other);
        prop_assert_eq!(original.concentration(COUNT), renamed.concentration(COUNT));
        let sizes = |network: &TradeNetwork| -> Vec<_> {
            network.components().iter().map(|group| (group.customers.len(), group.links)).collect()
        };
        let (mut left, mut right) = (sizes(&original), sizes(&renamed));
        left.sort_unstable();
        right.sort_unstable();
        prop_assert_eq!(left, right);
        for customer in original.customers() {
            let twin = id(rename(customer.0));
            prop_assert_eq!(original.concentration_of(customer, COUNT), renamed.concentration_of(twin, COUNT));
            let walk = |network: &TradeNetwork, from| {
                let around = network.neighbourhood(from, reach(2, 100), everybody);
                let mut distances: Vec<_> = around.customers.iter().map(|(_, d)| *d).collect();
                distances.sort_unstable();
                (distances, around.links.len())
            };
            prop_assert_eq!(walk(&original, customer), walk(&renamed, twin));
        }
    }

    #[test]
    fn components_part_the_customers_and_a_wide_walk_finds_all_of_one(links in some_links()) {
        let network = network(&links);
        let components = network.components();
        let mut all: Vec<_> = components.iter().flat_map(|group| group.customers.clone()).collect();
        all.sort_unstable();
        prop_assert_eq!(all, network.customers().collect::<Vec<_>>());
        for group in components {
            let around = network.neighbourhood(group.customers[0], reach(10, 100), everybody);
            let mut reached: Vec<_> = around.customers.iter().map(|(id, _)| *id).collect();
            reached.sort_unstable();
            prop_assert_eq!(reached, group.customers);
            prop_assert_eq!(around.links.len(), group.links);
        }
    }
}
