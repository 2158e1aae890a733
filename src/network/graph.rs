//! The network itself: customers and the links between them, and what can be asked of it.
//!
//! Whatever order the links come in, customers are numbered by id and links lie in the order of
//! (shipper, consignee), so that every answer is the same to the last bit.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::unionfind::UnionFind;
use petgraph::visit::EdgeRef as _;

use super::concentration::Concentration;
use super::measures::{LinkMeasures, TooMuch};
use crate::ids::CustomerId;
use crate::network::measures::BusinessBasis;

/// Who ships to whom within a window, and how much.
#[derive(Clone, Debug, Default)]
pub struct TradeNetwork {
    graph: DiGraph<Member, LinkMeasures>,
}

/// A customer with the sums over its links, either role.
#[derive(Clone, Debug)]
struct Member {
    id: CustomerId,
    /// In the order of [`BusinessBasis::ALL`].
    business: [f64; 3],
}

impl Member {
    fn business(&self, basis: BusinessBasis) -> f64 {
        let [revenue, weight, shipments] = self.business;
        match basis {
            BusinessBasis::Revenue => revenue,
            BusinessBasis::Weight => weight,
            BusinessBasis::Shipments => shipments,
        }
    }
}

/// Somebody that a customer trades with: one tie, of one link or two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partner<'a> {
    /// The partner.
    pub customer: CustomerId,
    /// What the customer ships to the partner.
    pub shipped: Option<&'a LinkMeasures>,
    /// What it receives from the partner.
    pub received: Option<&'a LinkMeasures>,
    /// Business of the tie: both links together.
    pub business: f64,
    /// Share of the customer's business that goes over the tie, in `[0, 1]`; 0 where it has none.
    pub share_of_customer: f64,
    /// Share of the partner's business that goes over the tie, in `[0, 1]`.
    pub share_of_partner: f64,
}

impl<'a> Partner<'a> {
    /// The one or two links of the tie.
    pub fn links(&self) -> impl Iterator<Item = &'a LinkMeasures> + use<'a> {
        self.shipped.into_iter().chain(self.received)
    }
}

/// What lies around a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbourhood<'a> {
    /// Customers and how many ties away they are: nearest first, then those with the most
    /// business. The customer asked for comes first, at distance 0.
    pub customers: Vec<(CustomerId, u32)>,
    /// The links among them, by (shipper, consignee).
    pub links: Vec<&'a LinkMeasures>,
    /// Whether customers within the depth were left out because there were too many.
    pub truncated: bool,
    /// Customers next to those listed, within the depth, that were not to be shown.
    pub hidden: usize,
}

/// How far a neighbourhood reaches.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Ties away at most.
    pub depth: u32,
    /// Customers at most, the one in the middle included.
    pub limit: usize,
    /// What ranks customers at the same distance.
    pub basis: BusinessBasis,
}

/// Customers that hang together by ties, with none to any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The customers, by id; 2 or more.
    pub customers: Vec<CustomerId>,
    /// How many links run among them.
    pub links: usize,
}

impl TradeNetwork {
    /// Builds the network. Several measures of one link are added up; a link of a customer with
    /// itself is no trade between two and does not enter (the database holds none).
    ///
    /// # Errors
    ///
    /// [`TooMuch`] if measures of one link add up to more than fits.
    pub fn from_links(mut links: Vec<LinkMeasures>) -> Result<Self, TooMuch> {
        links.retain(|link| link.shipper != link.consignee);
        links.sort_unstable_by(|left, right| {
            let ends = left.ends().cmp(&right.ends());
            ends.then_with(|| left.weight_kg.total_cmp(&right.weight_kg))
        });
        merge(&mut links)?;
        let mut ids: Vec<CustomerId> = links
            .iter()
            .flat_map(|link| [link.shipper, link.consignee])
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let mut graph = DiGraph::with_capacity(ids.len(), links.len());
        for id in &ids {
            graph.add_node(Member {
                id: *id,
                business: [0.0; 3],
            });
        }
        for link in links {
            let (Some(from), Some(to)) = (place(&ids, link.shipper), place(&ids, link.consignee))
            else {
                continue;
            };
            for end in [from, to] {
                if let Some(member) = graph.node_weight_mut(end) {
                    for (sum, basis) in member.business.iter_mut().zip(BusinessBasis::ALL) {
                        *sum += link.business(*basis);
                    }
                }
            }
            graph.add_edge(from, to, link);
        }
        Ok(Self { graph })
    }

    /// The customers that trade, by id.
    pub fn customers(&self) -> impl ExactSizeIterator<Item = CustomerId> {
        self.graph.raw_nodes().iter().map(|node| node.weight.id)
    }

    /// The links, by (shipper, consignee).
    pub fn links(&self) -> impl ExactSizeIterator<Item = &LinkMeasures> + DoubleEndedIterator {
        self.graph.raw_edges().iter().map(|edge| &edge.weight)
    }

    /// The link from one customer to another.
    pub fn link(&self, shipper: CustomerId, consignee: CustomerId) -> Option<&LinkMeasures> {
        let edges = self.graph.raw_edges();
        let place = edges
            .binary_search_by_key(&(shipper, consignee), |edge| edge.weight.ends())
            .ok()?;
        edges.get(place).map(|edge| &edge.weight)
    }

    /// The links of a customer, those it ships on first, each part by the other end's id.
    pub fn links_of(&self, customer: CustomerId) -> Vec<&LinkMeasures> {
        let Some(node) = self.node(customer) else {
            return Vec::new();
        };
        let mut links: Vec<_> = [Direction::Outgoing, Direction::Incoming]
            .into_iter()
            .flat_map(|side| self.graph.edges_directed(node, side))
            .map(|edge| edge.weight())
            .collect();
        links.sort_unstable_by_key(|link| (link.shipper != customer, link.ends()));
        links
    }

    /// A customer's business over all its links, either role; 0 where it does not trade.
    pub fn business_of(&self, customer: CustomerId, basis: BusinessBasis) -> f64 {
        self.node(customer)
            .map_or(0.0, |node| self.sum_at(node, basis))
    }

    /// The business of all links together.
    pub fn business(&self, basis: BusinessBasis) -> f64 {
        self.links().map(|link| link.business(basis)).sum()
    }

    /// Everybody a customer trades with, the greatest business first, then by id.
    pub fn partners(&self, customer: CustomerId, basis: BusinessBasis) -> Vec<Partner<'_>> {
        let Some(node) = self.node(customer) else {
            return Vec::new();
        };
        let mut ties: BTreeMap<NodeIndex, (Option<&LinkMeasures>, Option<&LinkMeasures>)> =
            BTreeMap::new();
        for edge in self.graph.edges_directed(node, Direction::Outgoing) {
            ties.entry(edge.target()).or_default().0 = Some(edge.weight());
        }
        for edge in self.graph.edges_directed(node, Direction::Incoming) {
            ties.entry(edge.source()).or_default().1 = Some(edge.weight());
        }
        let whole = self.sum_at(node, basis);
        let mut partners: Vec<_> = ties
            .into_iter()
            .filter_map(|(other, (shipped, received))| {
                let links = shipped.into_iter().chain(received);
                let business = links.map(|link| link.business(basis)).sum();
                Some(Partner {
                    customer: self.id(other)?,
                    shipped,
                    received,
                    business,
                    share_of_customer: share(business, whole),
                    share_of_partner: share(business, self.sum_at(other, basis)),
                })
            })
            .collect();
        partners.sort_by(|left, right| right.business.total_cmp(&left.business));
        partners
    }

    /// The customers within some ties of a customer and the links among them.
    ///
    /// Customers for whom `visible` does not hold are left out and not walked through, so that no
    /// way over them is told.
    pub fn neighbourhood(
        &self,
        customer: CustomerId,
        reach: Reach,
        visible: impl Fn(CustomerId) -> bool,
    ) -> Neighbourhood<'_> {
        let mut found = Neighbourhood {
            customers: vec![(customer, 0)],
            links: Vec::new(),
            truncated: false,
            hidden: 0,
        };
        let Some(middle) = self.node(customer) else {
            return found;
        };
        let mut seen = vec![Seen::No; self.graph.node_count()];
        mark(&mut seen, middle, Seen::Shown);
        let mut nodes = vec![middle];
        let mut layer = vec![middle];
        for distance in 1..=reach.depth {
            let mut next = self.beyond(&layer, &mut seen, &visible);
            next.sort_unstable_by(|left, right| self.by_business(*left, *right, reach.basis));
            let room = reach.limit.saturating_sub(nodes.len()).min(next.len());
            for left_out in next.drain(room..) {
                mark(&mut seen, left_out, Seen::No);
                found.truncated = true;
            }
            let ids = next.iter().filter_map(|node| self.id(*node));
            found.customers.extend(ids.map(|id| (id, distance)));
            nodes.extend_from_slice(&next);
            layer = next;
            if found.truncated || layer.is_empty() {
                break;
            }
        }
        found.hidden = seen.iter().filter(|seen| **seen == Seen::Hidden).count();
        let shown = |node: NodeIndex| seen.get(node.index()) == Some(&Seen::Shown);
        for node in nodes {
            let edges = self.graph.edges_directed(node, Direction::Outgoing);
            let among = edges.filter(|edge| shown(edge.target()));
            found.links.extend(among.map(|edge| edge.weight()));
        }
        found.links.sort_unstable_by_key(|link| link.ends());
        found
    }

    /// The groups of customers that hang together, largest first, then by their first id.
    pub fn components(&self) -> Vec<Component> {
        let mut sets = UnionFind::new(self.graph.node_count());
        for edge in self.graph.raw_edges() {
            sets.union(edge.source().index(), edge.target().index());
        }
        let labels = sets.into_labeling();
        // Customers come by id, so that each group's are in order.
        let mut groups: BTreeMap<usize, Component> = BTreeMap::new();
        for (label, id) in labels.iter().zip(self.customers()) {
            let group = groups.entry(*label).or_insert_with(|| Component {
                customers: Vec::new(),
                links: 0,
            });
            group.customers.push(id);
        }
        for edge in self.graph.raw_edges() {
            let label = labels.get(edge.source().index());
            if let Some(group) = label.and_then(|label| groups.get_mut(label)) {
                group.links += 1;
            }
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by(|left, right| {
            let size = right.customers.len().cmp(&left.customers.len());
            size.then_with(|| left.customers.first().cmp(&right.customers.first()))
        });
        groups
    }

    /// How much a customer's business hangs on few partners; `None` where it has none.
    pub fn concentration_of(
        &self,
        customer: CustomerId,
        basis: BusinessBasis,
    ) -> Option<Concentration> {
        let partners = self.partners(customer, basis);
        Concentration::of(partners.iter().map(|partner| partner.business))
    }

    /// How much our own business hangs on few customers. A link's business counts for both its
    /// ends, half each, so that the shares of all customers sum to 1.
    pub fn concentration(&self, basis: BusinessBasis) -> Option<Concentration> {
        let nodes = self.graph.raw_nodes().iter();
        Concentration::of(nodes.map(|node| node.weight.business(basis)))
    }

    /// The customer with the most business, the lowest id of several; `None` without business.
    pub fn largest(&self, basis: BusinessBasis) -> Option<CustomerId> {
        let nodes = self.graph.node_indices();
        let first = nodes.min_by(|left, right| self.by_business(*left, *right, basis))?;
        self.id(first).filter(|_| self.sum_at(first, basis) > 0.0)
    }

    fn node(&self, customer: CustomerId) -> Option<NodeIndex> {
        let nodes = self.graph.raw_nodes();
        let place = nodes.binary_search_by_key(&customer, |node| node.weight.id);
        place.ok().map(NodeIndex::new)
    }

    fn id(&self, node: NodeIndex) -> Option<CustomerId> {
        self.graph.node_weight(node).map(|member| member.id)
    }

    fn sum_at(&self, node: NodeIndex, basis: BusinessBasis) -> f64 {
        let member = self.graph.node_weight(node);
        member.map_or(0.0, |member| member.business(basis))
    }

    /// The most business first, then by id (nodes are numbered by id).
    fn by_business(&self, left: NodeIndex, right: NodeIndex, basis: BusinessBasis) -> Ordering {
        let (more, less) = (self.sum_at(right, basis), self.sum_at(left, basis));
        more.total_cmp(&less).then_with(|| left.cmp(&right))
    }

    /// The visible neighbours of a layer that were not seen before; marks all neighbours as seen.
    fn beyond(
        &self,
        layer: &[NodeIndex],
        seen: &mut [Seen],
        visible: impl Fn(CustomerId) -> bool,
    ) -> Vec<NodeIndex> {
        let mut next = Vec::new();
        for node in layer {
            for other in self.graph.neighbors_undirected(*node) {
                let (Some(id), Some(Seen::No)) = (self.id(other), seen.get(other.index())) else {
                    continue;
                };
                if visible(id) {
                    mark(seen, other, Seen::Shown);
                    next.push(other);
                } else {
                    mark(seen, other, Seen::Hidden);
                }
            }
        }
        next
    }
}

/// What a walk has made of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    No,
    Shown,
    Hidden,
}

fn mark(seen: &mut [Seen], node: NodeIndex, as_what: Seen) {
    if let Some(place) = seen.get_mut(node.index()) {
        *place = as_what;
    }
}

/// Adds up neighbours in the sorted list that are the same link.
fn merge(links: &mut Vec<LinkMeasures>) -> Result<(), TooMuch> {
    let mut failed = Ok(());
    links.dedup_by(|again, kept| {
        let same = again.ends() == kept.ends();
        if same && failed.is_ok() {
            failed = kept.absorb(again);
        }
        same
    });
    failed
}

fn place(ids: &[CustomerId], id: CustomerId) -> Option<NodeIndex> {
    ids.binary_search(&id).ok().map(NodeIndex::new)
}

/// The share of a part in a whole, in `[0, 1]`; 0 where there is no whole.
pub(super) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        (part / whole).min(1.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests;
