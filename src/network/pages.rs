//! Lists of what is in memory, with the filters, order and cursors of lists from the database.

use std::cmp::Ordering;

use super::graph::TradeNetwork;
use super::measures::LinkMeasures;
use super::store::Visible;
use crate::db::select::{Collection, Field, Filter, Kind, Listing, Op, Value};
use crate::ids::CustomerId;

/// A field of rows in memory: there is no SQL for it.
const fn field(name: &'static str, kind: Kind, sortable: bool) -> Field {
    Field {
        name,
        sql: "",
        kind,
        sortable,
    }
}

const fn in_memory(fields: &'static [Field], default_sort: &'static str) -> Collection {
    Collection {
        columns: "",
        from: "",
        id: "",
        updated: None,
        alive: None,
        fields,
        default_sort,
    }
}

/// Lists of a customer's partners.
pub const PARTNERS: Collection = in_memory(
    &[
        field("business", Kind::Real, true),
        field("shipments", Kind::Int, true),
        field("share_of_partner", Kind::Real, true),
        field("last_on", Kind::Date, true),
        field("partner_id", Kind::Int, true),
    ],
    "-business",
);

/// Lists of links.
pub const LINKS: Collection = in_memory(
    &[
        field("shipper_id", Kind::Int, true),
        field("consignee_id", Kind::Int, false),
    ],
    "shipper_id",
);

/// Lists of components.
pub const COMPONENTS: Collection = in_memory(
    &[
        field("customers", Kind::Int, true),
        field("links", Kind::Int, true),
        field("business", Kind::Real, true),
        field("first_customer_id", Kind::Int, true),
    ],
    "-customers",
);

/// The rows of a page and one more, if there is one.
///
/// `value` gives a row's field, `id` what no two rows share.
pub fn page<T>(
    mut rows: Vec<T>,
    listing: &Listing,
    value: impl Fn(&T, &str) -> Value,
    id: impl Fn(&T) -> i64,
) -> Vec<T> {
    rows.retain(|row| {
        let holds = |filter: &Filter| holds(filter, &value(row, filter.field.name));
        listing.filters.iter().all(holds)
    });
    let sort = listing.sort.name;
    let place = |row: &T| (value(row, sort), id(row));
    rows.sort_by(|left, right| in_order(listing, &place(left), &place(right)));
    if let Some(after) = &listing.after {
        // By its id where the row is still there: a number may lose its last bit in a cursor.
        let past = rows.iter().position(|row| id(row) == after.1).map_or_else(
            || rows.partition_point(|row| in_order(listing, &place(row), after).is_le()),
            |last| last + 1,
        );
        rows.drain(..past);
    }
    rows.truncate(rows_wanted(listing));
    rows
}

/// The links of a page and one more, if there is one; and how many links lead from the customers
/// asked for to ones that the caller may not see.
///
/// A filter on the end that is not to be seen does not apply: it would tell, id by id, who it is.
pub fn links<'a>(
    network: &'a TradeNetwork,
    listing: &Listing,
    visible: &Visible,
) -> (Vec<&'a LinkMeasures>, usize) {
    let (mut links, hidden) = match visible {
        Visible::All => (asked_for(network, listing), 0),
        Visible::Only(ids) => seen_by(network, listing, ids.iter().copied(), visible),
    };
    if listing.descending {
        links.reverse();
    }
    let place = |link: &LinkMeasures| (Value::Int(link.shipper.0), link.consignee.0);
    let past = listing.after.as_ref().map_or(0, |after| {
        links.partition_point(|link| in_order(listing, &place(link), after).is_le())
    });
    let rest = links.into_iter().skip(past);
    let kept = rest.filter(|link| end_fits(listing, "shipper_id", link.shipper));
    let kept = kept.filter(|link| end_fits(listing, "consignee_id", link.consignee));
    (kept.take(rows_wanted(listing)).collect(), hidden)
}

/// Links by (shipper, consignee), no fewer than the filters let through.
fn asked_for<'a>(network: &'a TradeNetwork, listing: &Listing) -> Vec<&'a LinkMeasures> {
    let named = |name: &str| {
        let of = |filter: &&Filter| filter.field.name == name && filter.op == Op::Eq;
        match listing.filters.iter().find(of)?.values.first() {
            Some(Value::Int(id)) => Some(CustomerId(*id)),
            _ => None,
        }
    };
    let Some(customer) = named("shipper_id").or_else(|| named("consignee_id")) else {
        return network.links().collect();
    };
    let mut links = network.links_of(customer);
    links.sort_unstable_by_key(|link| link.ends());
    links
}

/// Links by (shipper, consignee) with both ends visible, and how many have one only.
fn seen_by<'a>(
    network: &'a TradeNetwork,
    listing: &Listing,
    ids: impl Iterator<Item = CustomerId>,
    visible: &Visible,
) -> (Vec<&'a LinkMeasures>, usize) {
    let mut hidden = 0;
    let mut links = Vec::new();
    for id in ids {
        for link in network.links_of(id) {
            let (shipper, consignee) = link.ends();
            match (visible.allows(shipper), visible.allows(consignee)) {
                // Met from both ends, taken from one.
                (true, true) if id == shipper => links.push(link),
                (true, false) if end_fits(listing, "shipper_id", shipper) => hidden += 1,
                (false, true) if end_fits(listing, "consignee_id", consignee) => hidden += 1,
                _ => {}
            }
        }
    }
    links.sort_unstable_by_key(|link| link.ends());
    (links, hidden)
}

fn end_fits(listing: &Listing, name: &str, end: CustomerId) -> bool {
    let mut filters = listing
        .filters
        .iter()
        .filter(|filter| filter.field.name == name);
    filters.all(|filter| holds(filter, &Value::Int(end.0)))
}

fn rows_wanted(listing: &Listing) -> usize {
    usize::try_from(listing.limit)
        .unwrap_or(usize::MAX)
        .saturating_add(1)
}

/// The order of a list: by value, then by id, both ways round where it is descending.
fn in_order(listing: &Listing, left: &(Value, i64), right: &(Value, i64)) -> Ordering {
    let order = compare(&left.0, &right.0)
        .unwrap_or(Ordering::Equal)
        .then(left.1.cmp(&right.1));
    if listing.descending {
        order.reverse()
    } else {
        order
    }
}

/// `None` for values of different kinds.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Real(left), Value::Real(right)) => left.partial_cmp(right),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn holds(filter: &Filter, value: &Value) -> bool {
    let against = |other: &Value| compare(value, other);
    let Some(order) = filter.values.first().and_then(against) else {
        return false;
    };
    match filter.op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Lt => order.is_lt(),
        Op::Lte => order.is_le(),
        Op::Gt => order.is_gt(),
        Op::Gte => order.is_ge(),
        Op::In => filter
            .values
            .iter()
            .any(|other| against(other) == Some(Ordering::Equal)),
        // For text in the database only; no field here is text.
        Op::Contains => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::measures::tests::link;
    use std::collections::HashSet;

    fn listing(sort: &str, descending: bool) -> Listing {
        Listing {
            filters: Vec::new(),
            sort: PARTNERS.field(sort).or(LINKS.field(sort)).unwrap(),
            descending,
            after: None,
            limit: 2,
            updated_since: None,
        }
    }

    fn filter(collection: &Collection, name: &str, op: Op, values: Vec<Value>) -> Filter {
        Filter {
            field: collection.field(name).unwrap(),
            op,
            values,
        }
    }

    fn read(listing: &Listing) -> Vec<(f64, i64)> {
        let rows = vec![(0.1, 4), (3.0, 1), (0.3, 2), (0.3, 3), (2.0, 5)];
        page(rows, listing, |row, _| Value::Real(row.0), |row| row.1)
    }

    #[test]
    fn pages_continue_where_the_last_ended_and_hold_one_row_more() {
        let mut wanted = listing("business", true);
        assert_eq!(read(&wanted), [(3.0, 1), (2.0, 5), (0.3, 3)]);
        // 0.1 + 0.2 is not 0.3 to the last bit: the row is known by its id.
        wanted.after = Some((Value::Real(0.1 + 0.2), 3));
        assert_eq!(read(&wanted), [(0.3, 2), (0.1, 4)]);
        // The row is gone: what comes behind its place.
        wanted.after = Some((Value::Real(2.5), 9));
        assert_eq!(read(&wanted), [(2.0, 5), (0.3, 3), (0.3, 2)]);
    }

    #[test]
    fn filters_compare_as_they_say() {
        let ids = |op, values| {
            let mut wanted = listing("business", false);
            wanted.limit = 9;
            wanted.filters = vec![filter(&PARTNERS, "business", op, values)];
            read(&wanted).iter().map(|row| row.1).collect::<Vec<_>>()
        };
        let real = |value| vec![Value::Real(value)];
        assert_eq!(ids(Op::Gt, real(0.3)), [5, 1]);
        assert_eq!(ids(Op::Gte, real(0.3)), [2, 3, 5, 1]);
        assert_eq!(ids(Op::Lt, real(0.3)), [4]);
        assert_eq!(ids(Op::Lte, real(0.3)), [4, 2, 3]);
        assert_eq!(ids(Op::Ne, real(0.3)), [4, 5, 1]);
        assert_eq!(
            ids(Op::In, vec![Value::Real(3.0), Value::Real(0.1)]),
            [4, 1]
        );
        assert!(ids(Op::In, Vec::new()).is_empty());
    }

    #[test]
    fn links_to_customers_that_are_not_to_be_seen_are_counted_and_cannot_be_probed() {
        let links_of = [(1, 2, 1), (1, 3, 1), (2, 1, 1), (3, 2, 1), (3, 4, 1)];
        let links_of = links_of.iter().map(|(s, c, n)| link(*s, *c, *n)).collect();
        let network = TradeNetwork::from_links(links_of).unwrap();
        let visible = Visible::Only(HashSet::from([CustomerId(1), CustomerId(2)]));
        let told = |filters: Vec<Filter>, visible: &Visible| {
            let mut wanted = listing("shipper_id", false);
            wanted.limit = 9;
            wanted.filters = filters;
            let (found, hidden) = links(&network, &wanted, visible);
            let ends: Vec<_> = found.iter().map(|l| (l.shipper.0, l.consignee.0)).collect();
            (ends, hidden)
        };
        let by = |name, id| vec![filter(&LINKS, name, Op::Eq, vec![Value::Int(id)])];
        assert_eq!(told(vec![], &Visible::All).0.len(), 5);
        assert_eq!(told(by("shipper_id", 3), &Visible::All).0, [(3, 2), (3, 4)]);
        assert_eq!(
            told(by("consignee_id", 2), &Visible::All).0,
            [(1, 2), (3, 2)]
        );
        // 1→3 and 3→2 lead outside; 3→4 is nobody's business.
        assert_eq!(told(vec![], &visible), (vec![(1, 2), (2, 1)], 2));
        // 3 exists and 9 does not: the answers are alike.
        assert_eq!(told(by("shipper_id", 3), &visible), (vec![], 1));
        assert_eq!(told(by("shipper_id", 9), &visible), (vec![], 1));
    }

    #[test]
    fn links_page_by_both_ends_in_both_directions() {
        let all = [(1, 2, 1), (1, 3, 1), (2, 1, 1), (3, 1, 1)];
        let all = all.iter().map(|(s, c, n)| link(*s, *c, *n)).collect();
        let network = TradeNetwork::from_links(all).unwrap();
        let read = |descending, after| {
            let mut wanted = listing("shipper_id", descending);
            wanted.after = after;
            let (found, _) = links(&network, &wanted, &Visible::All);
            found
                .iter()
                .map(|l| (l.shipper.0, l.consignee.0))
                .collect::<Vec<_>>()
        };
        assert_eq!(read(false, None), [(1, 2), (1, 3), (2, 1)]);
        assert_eq!(read(false, Some((Value::Int(1), 3))), [(2, 1), (3, 1)]);
        assert_eq!(read(true, None), [(3, 1), (2, 1), (1, 3)]);
        assert_eq!(read(true, Some((Value::Int(2), 1))), [(1, 3), (1, 2)]);
    }
}
