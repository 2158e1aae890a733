//! Laws of the cascade.

use hawser::cascade::{
    Change, Description, Link, Network, Options, Outcome, RoleStrengths, Session, Solution,
    Strengths, blast_radius, changed, explain_customer, followers, paths, solve, solve_with,
    what_if,
};
use hawser::shipments::model::FreightTerms;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::{close, probability};

pub const TIGHT: Options = Options {
    eps: 1e-12,
    max_sweeps: 10_000,
};

/// A network described by values that tests may change.
#[derive(Clone, Debug)]
pub struct Trade {
    pub own: Vec<f64>,
    pub own_business: Vec<f64>,
    pub own_value: Vec<f64>,
    pub links: Vec<Link>,
    pub strengths: Strengths,
}

impl Trade {
    pub fn network(&self) -> Network {
        Network::compile(&Description {
            own_churn: &self.own,
            own_business: &self.own_business,
            own_value: &self.own_value,
            links: &self.links,
            strengths: self.strengths,
        })
        .unwrap()
    }

    pub fn solved(&self) -> (Network, Solution) {
        let network = self.network();
        let solution = solve(&network, &TIGHT).unwrap();
        assert!(solution.report().converged);
        (network, solution)
    }

    pub fn churn(&self) -> Vec<f64> {
        self.solved().1.churn().to_vec()
    }

    pub fn value(&self) -> f64 {
        let links = self.links.iter().map(|link| link.value.abs());
        links
            .chain(self.own_value.iter().map(|v| v.abs()))
            .sum::<f64>()
            + 1.0
    }
}

fn amount() -> impl Strategy<Value = f64> {
    prop_oneof![6 => 0.0..1e3, 1 => Just(0.0), 1 => 0.0..1e-6, 1 => 0.0..1e9]
}

fn role(upper: f64) -> impl Strategy<Value = RoleStrengths> {
    (0.0..upper, 0.0..upper, 0.0..upper).prop_map(|(controls, does_not, unknown)| RoleStrengths {
        controls,
        does_not,
        unknown,
    })
}

fn strengths() -> impl Strategy<Value = Strengths> {
    (role(0.95), role(0.95)).prop_map(|(shipper, consignee)| Strengths { shipper, consignee })
}

/// Links between any customers, both ways and in parallel; a forest if `forest`.
pub fn trade(forest: bool) -> impl Strategy<Value = Trade> {
    (2_usize..12).prop_flat_map(move |count| {
        let link = (
            any::<Index>(),
            any::<Index>(),
            amount(),
            -100.0..1e3,
            select(FreightTerms::ALL),
            any::<bool>(),
        );
        (
            prop::collection::vec(probability(), count),
            prop::collection::vec(amount(), count),
            prop::collection::vec(-10.0..100.0, count),
            prop::collection::vec(link, 0..2 * count),
            strengths(),
        )
            .prop_map(move |(own, own_business, own_value, raw, strengths)| {
                let mut parent: Vec<Option<usize>> = vec![None; count];
                let links = raw
                    .into_iter()
                    .map(|(one, other, business, value, terms, turned)| {
                        let child = 1 + one.index(count - 1);
                        let partner = if forest {
                            *parent[child].get_or_insert_with(|| other.index(child))
                        } else {
                            (child + 1 + other.index(count - 1)) % count
                        };
                        let (child, partner) = (
                            u32::try_from(child).unwrap(),
                            u32::try_from(partner).unwrap(),
                        );
                        let (shipper, consignee) = if turned {
                            (child, partner)
                        } else {
                            (partner, child)
                        };
                        Link {
                            shipper,
                            consignee,
                            business,
                            value,
                            terms,
                        }
                    })
                    .collect();
                Trade {
                    own,
                    own_business,
                    own_value,
                    links,
                    strengths,
                }
            })
    })
}

proptest! {
    #[test]
    fn churn_lies_between_own_churn_and_one_and_nothing_is_not_a_number(trade in trade(false)) {
        let (network, solution) = trade.solved();
        for (churn, own) in solution.churn().iter().zip(&trade.own) {
            prop_assert!((*own..=1.0).contains(churn), "{churn} {own}");
            prop_assert!(*own < 1.0 || *churn == 1.0);
        }
        for loss in solution.link_loss(&network) {
            prop_assert!((-1e-12..=1.0 + 1e-12).contains(&loss));
        }
        prop_assert!(solution.expected_loss().is_finite());
        prop_assert!((0.0..=1e-9).contains(&solution.report().error_bound));
        let blast = blast_radius(&network, &solution, &TIGHT).unwrap();
        prop_assert!(blast.converged && blast.values.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn without_strength_everybody_leaves_for_reasons_of_its_own(mut trade in trade(false)) {
        trade.strengths = Strengths::uniform(0.0);
        prop_assert_eq!(trade.churn(), trade.own);
    }

    #[test]
    fn customers_without_links_are_untouched(mut trade in trade(false), own in probability()) {
        let before = trade.churn();
        trade.own.push(own);
        trade.own_business.push(1.0);
        trade.own_value.push(1.0);
        let mut after = trade.churn();
        prop_assert_eq!(after.pop(), Some(own));
        for (after, before) in after.iter().zip(before) {
            prop_assert!(close(*after, before, 1e-11));
        }
    }

    #[test]
    fn more_own_churn_lowers_nobodys(trade in trade(false), who in any::<Index>(), to in probability()) {
        let before = trade.churn();
        let mut worse = trade.clone();
        let who = who.index(trade.own.len());
        worse.own[who] = to.max(trade.own[who]);
        for (after, before) in worse.churn().iter().zip(before) {
            prop_assert!(*after >= before - 1e-9);
        }
    }

    #[test]
    fn more_strength_lowers_nobodys_churn(trade in trade(false), more in 0.0..1.0) {
        let before = trade.churn();
        let mut worse = trade.clone();
        let raise = |role: RoleStrengths| RoleStrengths {
            controls: role.controls + more * (0.95 - role.controls),
            does_not: role.does_not + more * (0.95 - role.does_not),
            unknown: role.unknown + more * (0.95 - role.unknown),
        };
        worse.strengths = Strengths {
            shipper: raise(trade.strengths.shipper),
            consignee: raise(trade.strengths.consignee),
        };
        for (after, before) in worse.churn().iter().zip(before) {
            prop_assert!(*after >= before - 1e-9);
        }
    }

    /// Less own business raises every share that the customer has in its links.
    #[test]
    fn higher_shares_lower_nobodys_churn(trade in trade(false), who in any::<Index>(), keep in 0.0..1.0) {
        let before = trade.churn();
        let mut worse = trade.clone();
        let who = who.index(trade.own.len());
        worse.own_business[who] *= keep;
        for (after, before) in worse.churn().iter().zip(before) {
            prop_assert!(*after >= before - 1e-9);
        }
    }

    #[test]
    fn contributions_add_to_churn_and_business_at_risk_is_no_less(trade in trade(false)) {
        let (network, solution) = trade.solved();
        for (index, churn) in solution.churn().iter().enumerate() {
            let why = explain_customer(&network, &solution, index).unwrap();
            let sum = why.own + why.parts.iter().map(|part| part.contribution).sum::<f64>();
            prop_assert!(close(sum, why.churn, 1e-15), "{sum} {}", why.churn);
            // What the solver may leave at its tolerance.
            prop_assert!(close(sum, *churn, 1e-10), "{sum} {churn}");
            let shares: f64 = why.parts.iter().map(|part| part.share).sum();
            prop_assert!(shares <= 1.0 + 1e-12);
            if let Some(risk) = why.business_at_risk {
                prop_assert!((churn - 1e-9..=1.0).contains(&risk), "{risk} {churn}");
            }
        }
    }

    #[test]
    fn names_and_order_do_not_matter(trade in trade(false), turn in any::<Index>()) {
        let before = trade.churn();
        let count = trade.own.len();
        let turn = turn.index(count);
        let mut other = trade.clone();
        other.own.rotate_right(turn);
        other.own_business.rotate_right(turn);
        other.own_value.rotate_right(turn);
        let moved = |customer: u32| u32::try_from((customer as usize + turn) % count).unwrap();
        for link in &mut other.links {
            link.shipper = moved(link.shipper);
            link.consignee = moved(link.consignee);
        }
        other.links.reverse();
        let mut after = other.churn();
        after.rotate_left(turn);
        for (after, before) in after.iter().zip(before) {
            prop_assert!(close(*after, before, 1e-9));
        }
    }

    #[test]
    fn the_same_question_has_the_same_answer_to_the_bit(trade in trade(false)) {
        let (one, other) = (trade.solved(), trade.solved());
        prop_assert_eq!(one.1.churn(), other.1.churn());
        prop_assert_eq!(one.1.expected_loss().to_bits(), other.1.expected_loss().to_bits());
    }

    #[test]
    fn on_a_forest_the_reverse_sweep_is_the_difference_of_two_solves(trade in trade(true)) {
        let (network, solution) = trade.solved();
        let blast = blast_radius(&network, &solution, &TIGHT).unwrap();
        for (index, radius) in blast.values.iter().enumerate() {
            let loss = |own: f64| {
                let mut list = trade.own.clone();
                list[index] = own;
                solve_with(&network, &list, &TIGHT).unwrap().expected_loss()
            };
            let difference = loss(1.0) - loss(0.0);
            prop_assert!(close(*radius, difference, 1e-8 * trade.value()), "{radius} {difference}");
        }
    }

    #[test]
    fn pushing_a_departure_outward_is_a_new_solve(trade in trade(false), who in any::<Index>()) {
        let (network, solution) = trade.solved();
        let who = who.index(trade.own.len());
        let mut own = trade.own.clone();
        own[who] = 1.0;
        let after = solve_with(&network, &own, &TIGHT).unwrap();
        let found = followers(&network, &solution, who, 1e-12, usize::MAX).unwrap();
        let mut expected = solution.churn().to_vec();
        expected[who] = 1.0;
        for follower in found {
            prop_assert!(follower.customer as usize != who);
            expected[follower.customer as usize] = follower.churn;
        }
        for (expected, after) in expected.iter().zip(after.churn()) {
            prop_assert!(close(*expected, *after, 1e-8), "{expected} {after}");
        }
    }
}

/// Something to change in a network of so many customers and links.
fn change() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (any::<Index>(), probability()).prop_map(|(who, to)| Edit::Own(who, to)),
        1 => strengths().prop_map(Edit::Strengths),
        2 => (any::<Index>(), 0.0..1.05_f64).prop_map(|(who, factor)| Edit::Factor(who, factor)),
        3 => (any::<Index>(), amount()).prop_map(|(link, to)| Edit::Business(link, to)),
        2 => (any::<Index>(), -100.0..1e3).prop_map(|(link, to)| Edit::Value(link, to)),
        2 => (any::<Index>(), select(FreightTerms::ALL)).prop_map(|(link, to)| Edit::Terms(link, to)),
    ]
}

/// A change before it is known how many customers and links there are.
#[derive(Clone, Debug)]
enum Edit {
    Own(Index, f64),
    Strengths(Strengths),
    Factor(Index, f64),
    Business(Index, f64),
    Value(Index, f64),
    Terms(Index, FreightTerms),
}

impl Edit {
    fn on(&self, trade: &Trade) -> Option<Change> {
        let customer = |who: &Index| u32::try_from(who.index(trade.own.len())).unwrap();
        let some_link = |link: &Index| {
            let count = trade.links.len();
            (count > 0).then(|| u32::try_from(link.index(count)).unwrap())
        };
        Some(match self {
            Self::Own(who, probability) => Change::OwnChurn {
                customer: customer(who),
                probability: *probability,
            },
            Self::Strengths(strengths) => Change::Strengths(*strengths),
            Self::Factor(who, factor) => Change::CustomerStrength {
                customer: customer(who),
                factor: *factor,
            },
            Self::Business(link, business) => Change::LinkBusiness {
                link: some_link(link)?,
                business: *business,
            },
            Self::Value(link, value) => Change::LinkValue {
                link: some_link(link)?,
                value: *value,
            },
            Self::Terms(link, terms) => Change::LinkTerms {
                link: some_link(link)?,
                terms: *terms,
            },
        })
    }
}

/// The description after changes that the network's own code had no part in; strengths of single
/// customers have no place in a description.
fn edited(trade: &Trade, changes: &[Change]) -> Trade {
    let mut trade = trade.clone();
    for change in changes {
        match *change {
            Change::OwnChurn {
                customer,
                probability,
            } => trade.own[customer as usize] = probability,
            Change::Strengths(strengths) => trade.strengths = strengths,
            Change::LinkBusiness { link, business } => {
                trade.links[link as usize].business = business;
            }
            Change::LinkValue { link, value } => trade.links[link as usize].value = value,
            Change::LinkTerms { link, terms } => trade.links[link as usize].terms = terms,
            Change::CustomerStrength { .. } => unreachable!("left out by the caller"),
        }
    }
    trade
}

/// Expected value kept of each customer, from what the solution tells about links and customers.
fn kept(trade: &Trade, network: &Network, solution: &Solution) -> Vec<f64> {
    let mut kept: Vec<f64> = trade
        .own_value
        .iter()
        .zip(solution.churn())
        .map(|(value, churn)| value * (1.0 - churn))
        .collect();
    for (link, loss) in trade.links.iter().zip(solution.link_loss(network)) {
        kept[link.shipper as usize] += link.value * (1.0 - loss);
        kept[link.consignee as usize] += link.value * (1.0 - loss);
    }
    kept
}

/// Checks an outcome against the solutions before and after.
fn agrees(
    outcome: &Outcome,
    before: (&Trade, &Network, &Solution),
    after: (&Trade, &Network, &Solution),
) -> Result<(), TestCaseError> {
    let scale = before.0.value() + after.0.value();
    let tolerance = 1e-7;
    prop_assert!(outcome.report.converged);
    let (loss, expected) = (outcome.expected_loss_after, after.2.expected_loss());
    prop_assert!(
        close(loss, expected, tolerance * scale),
        "{loss} {expected}"
    );
    let mut churn = before.2.churn().to_vec();
    let (kept_before, kept_after) = (
        kept(before.0, before.1, before.2),
        kept(after.0, after.1, after.2),
    );
    for affected in &outcome.affected {
        let at = affected.customer as usize;
        prop_assert!(close(affected.churn_before, churn[at], 1e-12));
        churn[at] = affected.churn_after;
        for (told, known) in [
            (affected.value_before, kept_before[at]),
            (affected.value_after, kept_after[at]),
        ] {
            prop_assert!(close(told, known, tolerance * scale), "{told} {known}");
        }
    }
    for (told, known) in churn.iter().zip(after.2.churn()) {
        prop_assert!(close(*told, *known, tolerance), "{told} {known}");
    }
    let moved = |one: &hawser::cascade::Affected| (one.value_after - one.value_before).abs();
    prop_assert!(outcome.affected.is_sorted_by(|a, b| moved(a) >= moved(b)));
    Ok(())
}

proptest! {
    #[test]
    fn a_what_if_is_a_new_solve_of_the_edited_description(
        trade in trade(false), edits in prop::collection::vec(change(), 0..5),
    ) {
        let (network, solution) = trade.solved();
        let changes: Vec<Change> = edits
            .iter()
            .filter_map(|edit| edit.on(&trade))
            .filter(|change| !matches!(change, Change::CustomerStrength { .. }))
            .collect();
        let other = edited(&trade, &changes);
        let (after_network, after) = other.solved();
        let outcome = what_if(&network, &solution, &changes, 1e-12).unwrap();
        agrees(&outcome, (&trade, &network, &solution), (&other, &after_network, &after))?;
    }

    #[test]
    fn a_what_if_is_a_new_solve_of_the_changed_network(
        trade in trade(false),
        first in prop::collection::vec(change(), 0..4),
        second in prop::collection::vec(change(), 0..4),
    ) {
        // Changes of a changed network, so that multiples of strengths meet earlier ones.
        let first: Vec<Change> = first.iter().filter_map(|edit| edit.on(&trade)).collect();
        let second: Vec<Change> = second.iter().filter_map(|edit| edit.on(&trade)).collect();
        let plain = |changes: &[Change]| -> Vec<Change> {
            let keep = |change: &&Change| !matches!(change, Change::CustomerStrength { .. });
            changes.iter().filter(keep).copied().collect()
        };
        let start = trade.network();
        let Ok((network, own)) = changed(&start, &first) else {
            return Ok(());
        };
        let solution = solve_with(&network, &own, &TIGHT).unwrap();
        let Ok((after_network, own)) = changed(&network, &second) else {
            prop_assert!(what_if(&network, &solution, &second, 1e-12).is_err());
            return Ok(());
        };
        let after = solve_with(&after_network, &own, &TIGHT).unwrap();
        let mut session = Session::new(&network, &solution).unwrap();
        let trade = edited(&trade, &plain(&first));
        let other = edited(&trade, &plain(&second));
        // The second time shows that a session forgets its questions.
        for _ in 0..2 {
            let outcome = session.what_if(&second, 1e-12).unwrap();
            agrees(&outcome, (&trade, &network, &solution), (&other, &after_network, &after))?;
            prop_assert!(session.what_if(&[], 1e-12).unwrap().affected.is_empty());
        }
    }

    #[test]
    fn a_loose_what_if_is_as_near_as_it_says(
        trade in trade(false), edits in prop::collection::vec(change(), 1..4), digits in 1..5_i32,
    ) {
        let (network, solution) = trade.solved();
        let changes: Vec<Change> = edits.iter().filter_map(|edit| edit.on(&trade)).collect();
        let Ok((after_network, own)) = changed(&network, &changes) else {
            return Ok(());
        };
        let after = solve_with(&after_network, &own, &TIGHT).unwrap();
        let eps = 10_f64.powi(-digits);
        let outcome = what_if(&network, &solution, &changes, eps).unwrap();
        let bound = outcome.report.error_bound + eps + 1e-9;
        let mut churn = solution.churn().to_vec();
        for affected in &outcome.affected {
            churn[affected.customer as usize] = affected.churn_after;
        }
        for (told, known) in churn.iter().zip(after.churn()) {
            prop_assert!(close(*told, *known, bound), "{told} {known} {bound}");
        }
    }

    #[test]
    fn what_ifs_of_a_forest_add_up_as_the_reverse_sweep_says(trade in trade(true), to in probability()) {
        let (network, solution) = trade.solved();
        let blast = blast_radius(&network, &solution, &TIGHT).unwrap();
        let mut session = Session::new(&network, &solution).unwrap();
        let (mut told, mut expected) = (0.0, 0.0);
        for (index, radius) in blast.values.iter().enumerate() {
            let change = Change::OwnChurn {
                customer: u32::try_from(index).unwrap(),
                probability: to,
            };
            let outcome = session.what_if(&[change], 1e-12).unwrap();
            told += outcome.expected_loss_after - outcome.expected_loss_before;
            expected += (to - trade.own[index]) * radius;
        }
        prop_assert!(close(told, expected, 1e-7 * trade.value()), "{told} {expected}");
    }

    #[test]
    fn the_bound_on_the_error_holds_wherever_the_solver_stops(
        trade in trade(false), digits in 1..9_i32, most in 1_u32..6,
    ) {
        let (network, exact) = trade.solved();
        let options = Options { eps: 10_f64.powi(-digits), max_sweeps: most };
        let loose = solve(&network, &options).unwrap();
        for (churn, exact) in loose.churn().iter().zip(exact.churn()) {
            prop_assert!(close(*churn, *exact, loose.report().error_bound + 1e-10));
        }
    }

    #[test]
    fn chains_are_products_of_dependence_the_strongest_first(
        trade in trade(false), from in any::<Index>(), to in any::<Index>(),
    ) {
        let (network, solution) = trade.solved();
        let count = trade.own.len();
        let narrow = |index: Index| u32::try_from(index.index(count)).unwrap();
        let (source, target) = (narrow(from), narrow(to));
        let found = paths(&network, &solution, source, target, usize::MAX).unwrap();
        let expected = chains(&trade, source, target);
        prop_assert_eq!(found.len(), expected.len());
        for (path, strength) in found.iter().zip(expected) {
            let last = path.steps.last().unwrap();
            prop_assert_eq!(last.customer, target);
            let product: f64 = path.steps.iter().map(|step| step.weight).product();
            prop_assert!(close(product, path.strength, 1e-12));
            prop_assert!(close(strength, path.strength, 1e-12), "{strength} {}", path.strength);
        }
        let best = paths(&network, &solution, source, target, 2).unwrap();
        prop_assert_eq!(&found[..best.len()], &best[..]);
        prop_assert_eq!(best.len(), found.len().min(2));
    }
}

/// Strengths of all chains of up to four steps by depth-first search, the strongest first.
fn chains(trade: &Trade, source: u32, target: u32) -> Vec<f64> {
    let count = trade.own.len();
    let mut business = trade.own_business.clone();
    for link in &trade.links {
        business[link.shipper as usize] += link.business;
        business[link.consignee as usize] += link.business;
    }
    let mut follows = vec![vec![0.0; count]; count];
    for link in &trade.links {
        let (shipper, consignee) = trade.strengths.on(link.terms);
        for (one, other, kappa) in [
            (link.shipper as usize, link.consignee as usize, shipper),
            (link.consignee as usize, link.shipper as usize, consignee),
        ] {
            if business[one] > 0.0 {
                follows[one][other] +=
                    (1.0 - trade.own[one]) * kappa * link.business / business[one];
            }
        }
    }
    let mut found = Vec::new();
    let mut open = vec![(vec![source as usize], 1.0)];
    while let Some((chain, strength)) = open.pop() {
        let at = chain[chain.len() - 1];
        if at == target as usize && chain.len() > 1 {
            found.push(strength);
            continue;
        }
        for (next, follows) in follows.iter().enumerate() {
            if chain.len() < 5 && !chain.contains(&next) {
                let mut longer = chain.clone();
                longer.push(next);
                open.push((longer, strength * follows[at]));
            }
        }
    }
    found.retain(|strength| *strength >= 1e-5);
    found.sort_by(|a, b| b.total_cmp(a));
    found
}

/// A network large enough for several threads: everybody ships to some of those that follow it.
fn large() -> Trade {
    let count = 4_000_u32;
    let links: Vec<Link> = (0..count)
        .flat_map(|shipper| (1..=10).map(move |step| (shipper, step)))
        .map(|(shipper, step)| Link {
            shipper,
            // Squares, so that customers differ in how many partners they have.
            consignee: (shipper + step * step * (1 + shipper % 7)) % count,
            business: f64::from((shipper * 31 + step * 17) % 97),
            value: f64::from(step) - 3.0,
            terms: FreightTerms::Unknown,
        })
        .filter(|link| link.shipper != link.consignee)
        .collect();
    Trade {
        own: (0..count)
            .map(|index| f64::from(index % 11) / 20.0)
            .collect(),
        own_business: vec![1.0; count as usize],
        own_value: vec![0.5; count as usize],
        links,
        strengths: Strengths::by_role(0.9, 0.7),
    }
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(work)
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let trade = large();
    let bits = |list: &[f64]| -> Vec<u64> { list.iter().map(|value| value.to_bits()).collect() };
    let answer = |eps: f64| {
        let options = Options {
            eps,
            ..Options::default()
        };
        let network = trade.network();
        let solution = solve(&network, &options).unwrap();
        assert!(solution.report().converged);
        let blast = blast_radius(&network, &solution, &options).unwrap();
        let mut told = bits(solution.churn());
        told.extend(bits(&blast.values));
        told.extend(bits(&solution.link_loss(&network)));
        told.push(solution.expected_loss().to_bits());
        told
    };
    for eps in [1e-4, 1e-10] {
        let one = on_threads(1, || answer(eps));
        for threads in [2, 4] {
            assert!(
                one == on_threads(threads, || answer(eps)),
                "{threads} threads, eps {eps}"
            );
        }
    }
}

#[test]
fn a_large_network_is_solved_to_the_tolerance_and_what_ifs_agree() {
    let trade = large();
    let network = trade.network();
    let exact = solve(&network, &TIGHT).unwrap();
    for eps in [1e-3, 1e-5, 1e-9] {
        let options = Options {
            eps,
            ..Options::default()
        };
        let solution = solve(&network, &options).unwrap();
        let bound = solution.report().error_bound;
        assert!(solution.report().converged && bound < 20.0 * eps, "{bound}");
        for (churn, exact) in solution.churn().iter().zip(exact.churn()) {
            assert!(close(*churn, *exact, bound));
        }
    }
    let changes = [
        Change::OwnChurn {
            customer: 17,
            probability: 1.0,
        },
        Change::LinkBusiness {
            link: 99,
            business: 500.0,
        },
        Change::CustomerStrength {
            customer: 2_000,
            factor: 0.5,
        },
    ];
    let (after, own) = changed(&network, &changes).unwrap();
    let after = solve_with(&after, &own, &TIGHT).unwrap();
    for eps in [1e-4, 1e-9] {
        let outcome = what_if(&network, &exact, &changes, eps).unwrap();
        let bound = outcome.report.error_bound + eps;
        let mut churn = exact.churn().to_vec();
        for affected in outcome.affected {
            churn[affected.customer as usize] = affected.churn_after;
        }
        for (told, known) in churn.iter().zip(after.churn()) {
            assert!(close(*told, *known, bound));
        }
    }
}

fn answered(trade: &Trade) -> Solution {
    let (network, solution) = trade.solved();
    let blast = blast_radius(&network, &solution, &TIGHT).unwrap();
    assert!(blast.converged && blast.values.iter().all(|value| value.is_finite()));
    assert!(solution.expected_loss().is_finite());
    for (index, churn) in solution.churn().iter().enumerate() {
        assert!((trade.own[index]..=1.0).contains(churn));
        let gone = Change::OwnChurn {
            customer: u32::try_from(index).unwrap(),
            probability: 1.0,
        };
        let outcome = what_if(&network, &solution, &[gone], 1e-9).unwrap();
        assert!(outcome.report.converged && outcome.expected_loss_after.is_finite());
        let why = explain_customer(&network, &solution, index).unwrap();
        assert!(why.parts.iter().all(|part| part.contribution.is_finite()));
    }
    solution
}

#[test]
fn the_smallest_and_the_hardest_networks_are_answered() {
    let link = |shipper, consignee, business| Link {
        shipper,
        consignee,
        business,
        value: -5.0,
        terms: FreightTerms::Unknown,
    };
    let trade = |own: &[f64], links: Vec<Link>, kappa| Trade {
        own: own.to_vec(),
        own_business: vec![0.0; own.len()],
        own_value: vec![-1.0; own.len()],
        links,
        strengths: Strengths::uniform(kappa),
    };
    assert!(answered(&trade(&[], vec![], 0.5)).churn().is_empty());
    assert_eq!(answered(&trade(&[0.3], vec![], 0.5)).churn(), [0.3]);

    let ring = vec![
        link(0, 1, 1.0),
        link(1, 2, 1.0),
        link(2, 0, 1.0),
        link(1, 0, 3.0),
    ];
    // Nobody leaves by itself, everybody does.
    assert_eq!(
        answered(&trade(&[0.0; 3], ring.clone(), 0.9)).churn(),
        [0.0; 3]
    );
    assert_eq!(
        answered(&trade(&[1.0; 3], ring.clone(), 0.9)).churn(),
        [1.0; 3]
    );
    let idle = vec![link(0, 1, 0.0), link(1, 2, 0.0)];
    assert_eq!(
        answered(&trade(&[0.1, 0.2, 0.3], idle, 0.9)).churn(),
        [0.1, 0.2, 0.3]
    );
    assert_eq!(
        answered(&trade(&[0.1, 0.2, 0.3], ring, 0.0)).churn(),
        [0.1, 0.2, 0.3]
    );

    // Two that live on each other alone: 0.1 + 0.9 * kappa * 0.2 and 0.2 + 0.8 * kappa * 0.1.
    for kappa in [
        0.999_999,
        1.0 - 1e-12,
        f64::from_bits(1.0_f64.to_bits() - 1),
    ] {
        let pair = answered(&trade(
            &[0.1, 0.2],
            vec![link(0, 1, 7.0), link(1, 0, 2.0)],
            kappa,
        ));
        for (churn, expected) in pair.churn().iter().zip([0.28, 0.28]) {
            assert!(close(*churn, expected, 1e-5), "{churn} at {kappa}");
        }
        // Nobody leaves by itself but one: 0.5 and 0.5 * kappa.
        let pair = answered(&trade(&[0.5, 0.0], vec![link(0, 1, 7.0)], kappa));
        for churn in pair.churn() {
            assert!(close(*churn, 0.5, 1e-5), "{churn} at {kappa}");
        }
    }
}

/// One link, prepaid.
fn one_link() -> Trade {
    Trade {
        own: vec![0.1, 0.2],
        own_business: vec![0.0; 2],
        own_value: vec![0.0; 2],
        links: vec![Link {
            shipper: 0,
            consignee: 1,
            business: 1.0,
            value: 1.0,
            terms: FreightTerms::Prepaid,
        }],
        strengths: Strengths::uniform(0.5),
    }
}

#[test]
fn what_cannot_be_changed_is_named() {
    let (network, solution) = one_link().solved();
    let own = |customer, probability| Change::OwnChurn {
        customer,
        probability,
    };
    let strength = |customer, factor| Change::CustomerStrength { customer, factor };
    let business = |link, business| Change::LinkBusiness { link, business };
    let value = |link, value| Change::LinkValue { link, value };
    let terms = |link, terms| Change::LinkTerms { link, terms };
    let mut strengths = Strengths::uniform(0.5);
    strengths.shipper.controls = 1.0;
    for (change, expected) in [
        (own(2, 0.5), "customer: there is no customer 2"),
        (own(1, f64::NAN), "own[1]: NaN is not a probability"),
        (own(1, 1.5), "own[1]: 1.5 is not a probability"),
        (Change::Strengths(strengths), "kappa.shipper.controls: 1"),
        (strength(9, 1.0), "customer: there is no customer 9"),
        (strength(0, 2.0), "changes[0].factor: 2: expected a factor"),
        (strength(0, f64::NAN), "changes[0].factor: NaN"),
        (business(1, 1.0), "link: there is no link 1"),
        (business(0, -1.0), "changes[0].business: -1"),
        (business(0, f64::INFINITY), "changes[0].business: inf"),
        (value(0, f64::NAN), "changes[0].value: NaN"),
        (terms(7, FreightTerms::Unknown), "link: there is no link 7"),
    ] {
        let answer = what_if(&network, &solution, &[change], 1e-6);
        let text = answer.unwrap_err().to_string();
        assert!(text.starts_with(expected), "{text}");
        assert!(changed(&network, &[change]).is_err());
    }
    assert!(what_if(&network, &solution, &[], 0.0).is_err());
    assert!(what_if(&network, &solution, &[], f64::NAN).is_err());
    assert!(paths(&network, &solution, 0, 2, 5).is_err());
    assert!(paths(&network, &solution, 2, 0, 5).is_err());
}
