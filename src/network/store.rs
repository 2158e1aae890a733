//! Links, months of a link and the age of both in the database.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use chrono::{Datelike as _, Months, NaiveDate};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double};

use super::measures::LinkMeasures;
use crate::access::Teams;
use crate::db::schema::{counters, link_months, shipments};
use crate::db::select::Statement;
use crate::db::{Conn, DbError, DbResult, on};
use crate::ids::CustomerId;
use crate::shipments::model::Status;

/// Milligrams in a kilogram. Weights are summed in whole milligrams, which floating point adds
/// exactly (up to nine million tonnes), so that the order of rows does not show in the sum.
const MILLIGRAMS: f64 = 1e6;

/// How many writes to shipments there have been: what was read before this moved is old.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn version(conn: &mut Conn) -> DbResult<i64> {
    let found = on!(conn, |c| counters::table
        .filter(counters::name.eq("network"))
        .select(counters::value)
        .first(c)
        .optional())?;
    Ok(found.unwrap_or(0))
}

/// Measures of a link in a month, or of a single shipment.
#[derive(Queryable)]
struct Row {
    shipper: CustomerId,
    consignee: CustomerId,
    shipments: i64,
    revenue: i64,
    revenue_known: i64,
    margin: i64,
    margin_known: i64,
    weight_kg: f64,
    weight_known: i64,
    goods_value: i64,
    late: i64,
    late_known: i64,
    damaged: i64,
    damaged_known: i64,
    in_full: i64,
    in_full_known: i64,
    prepaid: i64,
    collect: i64,
    third_party: i64,
    first_on: NaiveDate,
    last_on: NaiveDate,
}

impl Row {
    /// The same with the weight in milligrams, to be added up.
    fn measures(self) -> DbResult<LinkMeasures> {
        let count = |number: i64| {
            u32::try_from(number).map_err(|_| {
                DbError::corrupt("link_months", format!("{number} is no number of shipments"))
            })
        };
        Ok(LinkMeasures {
            shipper: self.shipper,
            consignee: self.consignee,
            shipments: count(self.shipments)?,
            revenue: self.revenue,
            revenue_known: count(self.revenue_known)?,
            margin: self.margin,
            margin_known: count(self.margin_known)?,
            weight_kg: (self.weight_kg * MILLIGRAMS).round(),
            weight_known: count(self.weight_known)?,
            goods_value: self.goods_value,
            late: count(self.late)?,
            late_known: count(self.late_known)?,
            damaged: count(self.damaged)?,
            damaged_known: count(self.damaged_known)?,
            in_full: count(self.in_full)?,
            in_full_known: count(self.in_full_known)?,
            prepaid: count(self.prepaid)?,
            collect: count(self.collect)?,
            third_party: count(self.third_party)?,
            first_on: self.first_on,
            last_on: self.last_on,
        })
    }
}

/// Days from the first, before the second.
type Days = (NaiveDate, NaiveDate);

/// A window cut where months begin: whole months, and the days before and behind them.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    head: Days,
    months: Days,
    tail: Days,
}

impl Cut {
    fn of(from: NaiveDate, to: NaiveDate) -> Self {
        let to = to.max(from);
        let month_of = |day: NaiveDate| day.with_day(1).unwrap_or(day);
        let first = if from.day() == 1 {
            from
        } else {
            month_of(from)
                .checked_add_months(Months::new(1))
                .unwrap_or(NaiveDate::MAX)
        };
        let last = month_of(to);
        if first <= last {
            Self {
                head: (from, first),
                months: (first, last),
                tail: (last, to),
            }
        } else {
            // No month begins within.
            Self {
                head: (from, to),
                months: (to, to),
                tail: (to, to),
            }
        }
    }
}

/// Single shipments with the columns of [`Row`]. A comparison with NULL is NULL, and `CASE` takes
/// its `ELSE` then, on both databases.
macro_rules! single_shipments {
    ($days:expr $(, $end:ident = $id:expr)*) => {
        shipments::table
            .filter(shipments::activity_on.ge($days.0))
            .filter(shipments::activity_on.lt($days.1))
            .filter(shipments::deleted_at.is_null())
            .filter(shipments::status.ne(Status::Cancelled.word()))
            $(.filter(shipments::$end.eq($id)))*
            .select((
                shipments::shipper_id,
                shipments::consignee_id,
                sql::<BigInt>("1"),
                sql::<BigInt>("COALESCE(revenue, 0)"),
                sql::<BigInt>("CASE WHEN revenue IS NULL THEN 0 ELSE 1 END"),
                sql::<BigInt>("COALESCE(revenue - direct_cost, 0)"),
                sql::<BigInt>("CASE WHEN revenue IS NULL OR direct_cost IS NULL THEN 0 ELSE 1 END"),
                sql::<Double>("COALESCE(weight_kg, 0)"),
                sql::<BigInt>("CASE WHEN weight_kg IS NULL THEN 0 ELSE 1 END"),
                sql::<BigInt>("COALESCE(goods_value, 0)"),
                sql::<BigInt>("CASE WHEN late THEN 1 ELSE 0 END"),
                sql::<BigInt>("CASE WHEN late IS NULL THEN 0 ELSE 1 END"),
                sql::<BigInt>("CASE WHEN damaged THEN 1 ELSE 0 END"),
                sql::<BigInt>("CASE WHEN damaged IS NULL THEN 0 ELSE 1 END"),
                sql::<BigInt>("CASE WHEN in_full THEN 1 ELSE 0 END"),
                sql::<BigInt>("CASE WHEN in_full IS NULL THEN 0 ELSE 1 END"),
                sql::<BigInt>("CASE WHEN freight_terms = 'prepaid' THEN 1 ELSE 0 END"),
                sql::<BigInt>("CASE WHEN freight_terms = 'collect' THEN 1 ELSE 0 END"),
                sql::<BigInt>("CASE WHEN freight_terms = 'third_party' THEN 1 ELSE 0 END"),
                shipments::activity_on,
                shipments::activity_on,
            ))
    };
}

/// The rows of a window: whole months, and the shipments of the days around them. One statement,
/// hence one state of the database: a shipment that moves between two months meanwhile is neither
/// lost nor counted twice.
macro_rules! traffic {
    ($cut:expr $(, $end:ident = $id:expr)*) => {
        link_months::table
            .filter(link_months::month.ge($cut.months.0))
            .filter(link_months::month.lt($cut.months.1))
            $(.filter(link_months::$end.eq($id)))*
            .select((
                link_months::shipper_id,
                link_months::consignee_id,
                link_months::shipments,
                link_months::revenue,
                link_months::revenue_known,
                link_months::margin,
                link_months::margin_known,
                link_months::weight_kg,
                link_months::weight_known,
                link_months::goods_value,
                link_months::late,
                link_months::late_known,
                link_months::damaged,
                link_months::damaged_known,
                link_months::in_full,
                link_months::in_full_known,
                link_months::prepaid,
                link_months::collect,
                link_months::third_party,
                link_months::first_on,
                link_months::last_on,
            ))
            .union_all(single_shipments!($cut.head $(, $end = $id)*))
            .union_all(single_shipments!($cut.tail $(, $end = $id)*))
    };
}

/// Sums of rows by key, in the order that keys first came.
struct Sums<K> {
    places: HashMap<K, usize>,
    sums: Vec<LinkMeasures>,
}

impl<K: Copy + Eq + std::hash::Hash> Sums<K> {
    fn new() -> Self {
        Self {
            places: HashMap::new(),
            sums: Vec::new(),
        }
    }

    fn add(&mut self, key: impl Fn(&LinkMeasures) -> K, row: QueryResult<Row>) -> DbResult<()> {
        let row = row?.measures()?;
        match self.places.entry(key(&row)) {
            Entry::Vacant(place) => {
                place.insert(self.sums.len());
                self.sums.push(row);
            }
            Entry::Occupied(place) => {
                if let Some(sum) = self.sums.get_mut(*place.get()) {
                    sum.absorb(&row)
                        .map_err(|error| DbError::corrupt("link_months", error))?;
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Vec<LinkMeasures> {
        let mut sums = self.sums;
        for sum in &mut sums {
            sum.weight_kg /= MILLIGRAMS;
        }
        sums
    }
}

/// Every link with traffic from `from` to before `to`, exact to the day, by (shipper, consignee).
///
/// Rows are streamed and folded here, in memory for the links alone, at half the cost of
/// `GROUP BY`.
///
/// # Errors
///
/// The database's; [`DbError::Corrupt`] if sums make no sense.
pub fn links(conn: &mut Conn, from: NaiveDate, to: NaiveDate) -> DbResult<Vec<LinkMeasures>> {
    let cut = Cut::of(from, to);
    let mut sums = Sums::new();
    match conn {
        Conn::Sqlite(c) => {
            for row in traffic!(cut).load_iter::<Row, _>(c)? {
                sums.add(LinkMeasures::ends, row)?;
            }
        }
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => {
            // Otherwise the whole result would be in memory first.
            type RowByRow = diesel::pg::PgRowByRowLoadingMode;
            for row in traffic!(cut).load_iter::<Row, RowByRow>(c)? {
                sums.add(LinkMeasures::ends, row)?;
            }
        }
    }
    let mut links = sums.finish();
    links.sort_unstable_by_key(LinkMeasures::ends);
    Ok(links)
}

/// What went over one link from `from` to before `to`, by calendar month: the first day of the
/// month and its measures, those of months at the ends for the days within only.
///
/// # Errors
///
/// As for [`links`].
pub fn months_of_link(
    conn: &mut Conn,
    (shipper, consignee): (CustomerId, CustomerId),
    from: NaiveDate,
    to: NaiveDate,
) -> DbResult<Vec<(NaiveDate, LinkMeasures)>> {
    let cut = Cut::of(from, to);
    let rows: Vec<Row> = on!(conn, |c| traffic!(
        cut,
        shipper_id = shipper,
        consignee_id = consignee
    )
    .load(c))?;
    // The days of a row lie in one month.
    let month = |link: &LinkMeasures| link.first_on.with_day(1).unwrap_or(link.first_on);
    let mut sums = Sums::new();
    for row in rows {
        sums.add(month, Ok(row))?;
    }
    let links = sums.finish().into_iter();
    let mut months: Vec<_> = links.map(|link| (month(&link), link)).collect();
    months.sort_unstable_by_key(|(month, _)| *month);
    Ok(months)
}

/// The customers that somebody may see.
#[derive(Clone, Debug)]
pub enum Visible {
    /// Every customer.
    All,
    /// These.
    Only(HashSet<CustomerId>),
}

impl Visible {
    /// The customers of these teams, deleted ones too.
    pub fn of(conn: &mut Conn, teams: &Teams) -> DbResult<Self> {
        #[derive(QueryableByName)]
        struct Id {
            #[diesel(sql_type = BigInt)]
            id: CustomerId,
        }
        if *teams == Teams::All {
            return Ok(Self::All);
        }
        let mut sql = Statement::new("SELECT c.id FROM customers c WHERE 1 = 1");
        teams.restrict(&mut sql, "c.team_id");
        let ids: Vec<Id> = sql.load(conn)?;
        Ok(Self::Only(ids.into_iter().map(|row| row.id).collect()))
    }

    /// Whether this customer may be seen.
    pub fn allows(&self, customer: CustomerId) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&customer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_cut_where_months_begin() {
        let cases = [
            // from, to: end of the head, start of the tail
            ("2024-01-01", "2024-03-01", "2024-01-01", "2024-03-01"),
            ("2024-01-31", "2024-03-01", "2024-02-01", "2024-03-01"),
            ("2024-01-02", "2024-02-29", "2024-02-01", "2024-02-01"),
            ("2023-12-15", "2024-01-15", "2024-01-01", "2024-01-01"),
            ("2024-02-10", "2024-02-20", "2024-02-20", "2024-02-20"),
            ("2024-02-01", "2024-02-20", "2024-02-01", "2024-02-01"),
            ("2024-02-10", "2024-02-10", "2024-02-10", "2024-02-10"),
        ];
        for (from, to, head_end, tail_start) in cases {
            let cut = Cut::of(day(from), day(to));
            assert_eq!(cut.head, (day(from), day(head_end)), "{from} to {to}");
            assert_eq!(
                cut.months,
                (day(head_end), day(tail_start)),
                "{from} to {to}"
            );
            assert_eq!(cut.tail, (day(tail_start), day(to)), "{from} to {to}");
        }
        let backwards = Cut::of(day("2024-02-10"), day("2024-01-10"));
        assert_eq!(backwards.head, (day("2024-02-10"), day("2024-02-10")));
    }
}
