//! Where a compiled network keeps its customers, ties and links.

#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "counts are checked to fit 32 bits on the way in; every index is made here"
)]

use std::ops::Range;

use rayon::prelude::*;

use super::Link;

/// Pieces of a network of about equal work: the unit that a thread takes.
pub(super) const PIECES: usize = 256;

/// Networks with fewer arcs than this are not worth a second thread.
pub(super) const SMALL: usize = 1 << 15;

/// Customers in their places, and the ties between them.
///
/// A customer's place is its rank by number of links, the most first, so that those that nearly
/// every row asks for lie together and stay in cache. An arc is a tie as one of its customers sees
/// it; a row has its arcs in order of the partners' places, those to lower places first. Ties are
/// numbered in the order of the arcs to higher places.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// Place of each customer.
    pub places: Vec<u32>,
    /// Customer at each place.
    pub customers: Vec<u32>,
    /// Arcs of the customer at place i are `rows[i]..rows[i + 1]`.
    pub rows: Vec<usize>,
    /// Ties whose lower place is i are `uppers[i]..uppers[i + 1]`.
    pub uppers: Vec<u32>,
    /// Place of the partner, for each arc.
    pub partners: Vec<u32>,
    /// Tie of each arc to a lower place, in the order of these arcs.
    pub lower_ties: Vec<u32>,
    /// Slots of tie t are `slots[t]..slots[t + 1]`; a slot holds a link.
    pub slots: Vec<u32>,
    /// Link in each slot, while compiling.
    pub link_of_slot: Vec<u32>,
    /// Places at which the pieces begin, and the number of places.
    pub cuts: Vec<usize>,
}

impl Layout {
    /// Lays out so many customers and their links. O(n log n + m log d), d being the most links of
    /// a customer; the result does not depend on the number of threads.
    pub fn of(customers: usize, links: &[Link]) -> Self {
        let (places, order) = rank(customers, links);
        let ends: Vec<(u32, u32)> = links
            .par_iter()
            .map(|link| {
                let (a, b) = (
                    places[link.shipper as usize],
                    places[link.consignee as usize],
                );
                (a.min(b), a.max(b))
            })
            .collect();
        let mut layout = Self {
            places,
            customers: order,
            ..Self::default()
        };
        let columns = layout.merge(&ends);
        drop(ends);
        layout.join(&columns);
        layout.cut();
        layout
    }

    pub fn ties(&self) -> usize {
        self.lower_ties.len()
    }

    /// Arcs of the customer at a place.
    pub fn row(&self, place: usize) -> Range<usize> {
        self.rows[place]..self.rows[place + 1]
    }

    /// How many of a row's arcs lead to lower places.
    pub fn lowers(&self, place: usize) -> usize {
        let uppers = self.uppers[place + 1] - self.uppers[place];
        self.row(place).len() - uppers as usize
    }

    /// Where the ties of a row's arcs to lower places begin in `lower_ties`.
    pub fn lower_start(&self, place: usize) -> usize {
        self.rows[place] - self.uppers[place] as usize
    }

    /// Tie of each arc of a row.
    pub fn ties_of(&self, place: usize) -> impl Iterator<Item = u32> + '_ {
        let start = self.lower_start(place);
        let lower = &self.lower_ties[start..start + self.lowers(place)];
        lower
            .iter()
            .copied()
            .chain(self.uppers[place]..self.uppers[place + 1])
    }

    /// Whether a second thread is worth its while.
    pub fn is_small(&self) -> bool {
        self.partners.len() < SMALL
    }

    /// Sorts links by the places of their ends and makes one tie of those that join the same pair.
    /// Answers the higher place of each tie.
    fn merge(&mut self, ends: &[(u32, u32)]) -> Vec<u32> {
        let count = self.customers.len();
        let starts = starts(count, ends, |(row, _)| row);
        let mut entries = scattered(&starts, ends, |link, (row, column)| {
            (row, u64::from(column) << 32 | u64::from(link))
        });
        let pieces = shares(&starts, PIECES.min(ends.len() / 64 + 1));
        let merged: Vec<_> = split(&mut entries, &starts, &pieces)
            .into_par_iter()
            .map(|(rows, entries)| merge_rows(&starts, rows, entries))
            .collect();
        self.link_of_slot = entries.par_iter().map(|entry| *entry as u32).collect();

        let ties = merged.iter().map(|(columns, ..)| columns.len()).sum();
        let mut columns = Vec::with_capacity(ties);
        self.slots = Vec::with_capacity(ties + 1);
        self.uppers = Vec::with_capacity(count + 1);
        self.uppers.push(0);
        for (piece, slots, counts) in merged {
            columns.extend(piece);
            self.slots.extend(slots);
            for count in counts {
                self.uppers.push(self.uppers.last().unwrap_or(&0) + count);
            }
        }
        self.uppers.resize(count + 1, ties as u32);
        self.slots.push(ends.len() as u32);
        columns
    }

    /// Adds the arcs to lower places: row by row in the order of the ties, so that they are sorted.
    fn join(&mut self, columns: &[u32]) {
        let lower = starts(self.customers.len(), columns, |column| column);
        let rows: Vec<u32> = (0..self.customers.len())
            .flat_map(|row| {
                let ties = self.uppers[row + 1] - self.uppers[row];
                std::iter::repeat_n(row as u32, ties as usize)
            })
            .collect();
        self.lower_ties = scattered(&lower, columns, |tie, column| (column, tie));
        self.rows = lower
            .iter()
            .zip(&self.uppers)
            .map(|(lower, upper)| lower + *upper as usize)
            .collect();

        let mut partners = vec![0; 2 * columns.len()];
        let pieces = shares(&self.rows, PIECES);
        split(&mut partners, &self.rows, &pieces)
            .into_par_iter()
            .for_each(|(places, partners)| {
                let mut next = partners.iter_mut();
                for place in places {
                    let lowers = &self.lower_ties[lower[place]..lower[place + 1]];
                    let uppers = self.uppers[place] as usize..self.uppers[place + 1] as usize;
                    let all = lowers.iter().map(|tie| rows[*tie as usize]);
                    // The slots come last: a zip takes from its left first.
                    for (partner, slot) in all
                        .chain(columns[uppers].iter().copied())
                        .zip(next.by_ref())
                    {
                        *slot = partner;
                    }
                }
            });
        self.partners = partners;
    }

    /// Cuts the places into pieces by arcs; a row costs about as much as eight arcs by itself.
    fn cut(&mut self) {
        let work: Vec<usize> = (0..)
            .zip(&self.rows)
            .map(|(place, arcs)| 8 * place + arcs)
            .collect();
        self.cuts = shares(&work, PIECES);
    }
}

/// Places by number of links, the most first, then by index; and the customer at each place.
fn rank(customers: usize, links: &[Link]) -> (Vec<u32>, Vec<u32>) {
    let mut degrees = vec![0_u32; customers];
    for link in links {
        degrees[link.shipper as usize] += 1;
        degrees[link.consignee as usize] += 1;
    }
    let mut keys: Vec<u64> = (0_u32..)
        .zip(degrees)
        .map(|(customer, degree)| u64::from(u32::MAX - degree) << 32 | u64::from(customer))
        .collect();
    keys.par_sort_unstable();
    let order: Vec<u32> = keys.into_iter().map(|key| key as u32).collect();
    let mut places = vec![0; customers];
    for (place, customer) in (0_u32..).zip(&order) {
        places[*customer as usize] = place;
    }
    (places, order)
}

/// Merges the sorted links of some rows: columns and first slots of the ties, ties of each row.
fn merge_rows(
    starts: &[usize],
    rows: Range<usize>,
    entries: &mut [u64],
) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    let base = starts[rows.start];
    let (mut columns, mut slots) = (Vec::with_capacity(entries.len()), Vec::new());
    let mut counts = Vec::with_capacity(rows.len());
    slots.reserve(entries.len());
    for row in rows {
        let begin = columns.len();
        let entries = &mut entries[starts[row] - base..starts[row + 1] - base];
        entries.sort_unstable();
        let mut last = None;
        for (slot, entry) in (starts[row] as u32..).zip(entries.iter()) {
            let column = (entry >> 32) as u32;
            if last != Some(column) {
                last = Some(column);
                columns.push(column);
                slots.push(slot);
            }
        }
        counts.push((columns.len() - begin) as u32);
    }
    (columns, slots, counts)
}

/// Where the items of each row begin if they are sorted by row.
fn starts<T: Copy + Sync>(rows: usize, items: &[T], row: impl Fn(T) -> u32 + Sync) -> Vec<usize> {
    let mut starts = vec![0; rows + 1];
    for item in items {
        starts[row(*item) as usize + 1] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    starts
}

/// Sorts items by row, those of a row in their order; `entry` answers row and what is kept.
///
/// Each thread goes through all items and takes those of its share of the rows.
fn scattered<T: Copy + Sync, E: Copy + Default + Send>(
    starts: &[usize],
    items: &[T],
    entry: impl Fn(u32, T) -> (u32, E) + Sync,
) -> Vec<E> {
    let mut sorted = vec![E::default(); items.len()];
    let threads = if items.len() < SMALL {
        1
    } else {
        rayon::current_num_threads()
    };
    let parts = shares(starts, threads);
    split(&mut sorted, starts, &parts)
        .into_par_iter()
        .for_each(|(rows, sorted)| {
            let base = starts[rows.start];
            let mut next: Vec<usize> = starts[rows.clone()]
                .iter()
                .map(|start| start - base)
                .collect();
            for (index, item) in (0_u32..).zip(items) {
                let (row, kept) = entry(index, *item);
                if let Some(slot) = (row as usize)
                    .checked_sub(rows.start)
                    .and_then(|row| next.get_mut(row))
                {
                    sorted[*slot] = kept;
                    *slot += 1;
                }
            }
        });
    sorted
}

/// Cuts rows into so many shares of about equal work; `work` is the sum over the rows before.
pub(super) fn shares(work: &[usize], count: usize) -> Vec<usize> {
    let rows = work.len() - 1;
    let (first, last) = (work[0], work[rows]);
    (0..=count)
        .map(|share| {
            let wanted =
                first + (last - first) / count * share + (last - first) % count * share / count;
            if share == count {
                rows
            } else {
                work.partition_point(|work| *work < wanted).min(rows)
            }
        })
        .collect()
}

/// Splits what is kept by row along cuts between rows.
pub(super) fn split<'a, T>(
    mut items: &'a mut [T],
    starts: &[usize],
    cuts: &[usize],
) -> Vec<(Range<usize>, &'a mut [T])> {
    cuts.windows(2)
        .map(|cut| {
            let (begin, end) = (cut[0], cut[1]);
            let (head, tail) = std::mem::take(&mut items).split_at_mut(starts[end] - starts[begin]);
            items = tail;
            (begin..end, head)
        })
        .collect()
}

/// Splits one item a row along cuts between rows.
pub(super) fn split_rows<'a, T>(mut items: &'a mut [T], cuts: &[usize]) -> Vec<&'a mut [T]> {
    cuts.windows(2)
        .map(|cut| {
            let (head, tail) = std::mem::take(&mut items).split_at_mut(cut[1] - cut[0]);
            items = tail;
            head
        })
        .collect()
}
