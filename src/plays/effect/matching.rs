//! Plays that count, and the customers that each is compared with: pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::{Alone, Begun, History, Side, Standing, Unmatched, band};
use crate::evaluation::Stratum;
use crate::ids::{CustomerId, RunId};

/// Where a customer stands among those like it: the run, the band of its churn probability, its role.
type Kind = (RunId, usize, Side);

/// A play whose outcome is told by the record.
#[derive(Clone, Copy, Debug)]
struct Case<'a> {
    play: &'a Begun,
    kind: Kind,
    lost: bool,
}

/// Plays sorted into those that can be compared, and those that cannot.
#[derive(Debug)]
pub(super) struct Cases<'a> {
    found: Vec<Case<'a>>,
    /// Those whose customer is like nobody.
    pub alone: Vec<Unmatched>,
    /// Those that are one case with an earlier one.
    pub repeated: u64,
    /// Those whose horizon has not been seen.
    pub undecided: u64,
}

/// A stratum with both its groups.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// Who was lost and who was kept.
    pub table: Stratum,
    /// The plays of its cases.
    pub plays: Vec<i64>,
}

/// The plays of a template, or all, that count.
pub(super) fn cases<'a>(history: &'a History, template: Option<&str>) -> Cases<'a> {
    let mut found = Cases {
        found: Vec::new(),
        alone: Vec::new(),
        repeated: 0,
        undecided: 0,
    };
    let mut busy_until: HashMap<CustomerId, NaiveDate> = HashMap::new();
    let wanted = |play: &&Begun| template.is_none_or(|code| code == play.template);
    for play in history.plays.iter().filter(wanted) {
        if play.late {
            found.alone.push(Unmatched {
                play_id: play.id,
                why: Alone::RecordedLate,
            });
            continue;
        }
        if busy_until
            .get(&play.customer)
            .is_some_and(|until| play.from < *until)
        {
            found.repeated += 1;
            continue;
        }
        busy_until.insert(play.customer, play.until);
        if history.seen_until.is_none_or(|seen| play.until > seen) {
            found.undecided += 1;
            continue;
        }
        match kind_of(history, play) {
            Ok(kind) => found.found.push(Case {
                play,
                kind,
                lost: history.lost(play.customer, play.from, play.until),
            }),
            Err(why) => found.alone.push(Unmatched {
                play_id: play.id,
                why,
            }),
        }
    }
    found
}

fn kind_of(history: &History, play: &Begun) -> Result<Kind, Alone> {
    let run = play.run.ok_or(Alone::NoRun)?;
    let ranking = history.runs.get(&run).ok_or(Alone::NotInRun)?;
    let at = ranking
        .people
        .binary_search_by_key(&play.customer, |one| one.customer)
        .map_err(|_| Alone::NotInRun)?;
    let standing = ranking.people.get(at).ok_or(Alone::NotInRun)?;
    // Whom it knew as alive may have left since then.
    if play.from - ranking.as_of > play.until - play.from {
        return Err(Alone::OldRun);
    }
    if history.gone(play.customer, play.from, play.until) {
        return Err(Alone::Gone);
    }
    Ok(kind(run, standing))
}

fn kind(run: RunId, standing: &Standing) -> Kind {
    (run, band(standing.probability), standing.role)
}

/// Days over which a case was watched: somebody without a play can be watched over the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Window {
    from: NaiveDate,
    until: NaiveDate,
}

impl Window {
    fn overlaps(self, other: Self) -> bool {
        self.from < other.until && other.from < self.until
    }

    fn holds(self, day: NaiveDate) -> bool {
        self.from <= day && day < self.until
    }
}

/// Fills the strata of these cases with everybody who can stand beside them.
///
/// Controls are taken in the order of their ids, each in every window of its kind at whose beginning it
/// was in no play and had not left, and that does not overlap another of its own; of several that do,
/// the one with the fewest controls a case so far. What comes after the beginning chooses nobody: were
/// those left out that begin a play later, the controls would be the richer in customers that were
/// lost before anybody could.
pub(super) fn strata(history: &History, cases: &Cases<'_>) -> Vec<Filled> {
    let mut filled: BTreeMap<Kind, Filled> = BTreeMap::new();
    let mut windows: BTreeMap<Kind, BTreeMap<Window, Load>> = BTreeMap::new();
    for case in &cases.found {
        let stratum = filled.entry(case.kind).or_default();
        stratum.plays.push(case.play.id);
        if case.lost {
            stratum.table.hit += 1;
        } else {
            stratum.table.spared += 1;
        }
        let window = Window {
            from: case.play.from,
            until: case.play.until,
        };
        let load = windows.entry(case.kind).or_default().entry(window);
        load.or_default().cases += 1;
    }
    let mut plays: HashMap<CustomerId, Vec<Window>> = HashMap::new();
    for play in history.plays.iter().filter(|play| !play.late) {
        plays.entry(play.customer).or_default().push(Window {
            from: play.from,
            until: play.until,
        });
    }
    for (customer, kinds) in candidates(history, &windows) {
        let own = plays.remove(&customer).unwrap_or_default();
        let free = |window: Window| {
            !own.iter().any(|play| play.holds(window.from))
                && !history.gone(customer, window.from, window.until)
        };
        let mut open = open(&windows, &kinds, free);
        while let Some((kind, window)) = lightest(&windows, &open) {
            open.retain(|(_, other)| !other.overlaps(window));
            if let Some(load) = windows.get_mut(&kind).and_then(|all| all.get_mut(&window)) {
                load.controls += 1;
            }
            let table = &mut filled.entry(kind).or_default().table;
            if history.lost(customer, window.from, window.until) {
                table.other_hit += 1;
            } else {
                table.other_spared += 1;
            }
        }
    }
    filled.into_values().collect()
}

/// How many cases and controls a window has.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    cases: u32,
    controls: u32,
}

/// Customers in a run with cases of their kind, with those kinds.
fn candidates(
    history: &History,
    windows: &BTreeMap<Kind, BTreeMap<Window, Load>>,
) -> BTreeMap<CustomerId, Vec<Kind>> {
    let runs: BTreeSet<RunId> = windows.keys().map(|(run, ..)| *run).collect();
    let mut found: BTreeMap<CustomerId, Vec<Kind>> = BTreeMap::new();
    for run in runs {
        let people = history.runs.get(&run).map(|ranking| &ranking.people);
        for standing in people.into_iter().flatten() {
            let kind = kind(run, standing);
            if windows.contains_key(&kind) {
                found.entry(standing.customer).or_default().push(kind);
            }
        }
    }
    found
}

/// The windows of these kinds that somebody is free for.
fn open(
    windows: &BTreeMap<Kind, BTreeMap<Window, Load>>,
    kinds: &[Kind],
    free: impl Fn(Window) -> bool,
) -> Vec<(Kind, Window)> {
    let all = kinds
        .iter()
        .filter_map(|kind| windows.get(kind).map(|all| (*kind, all)));
    all.flat_map(|(kind, all)| all.keys().map(move |window| (kind, *window)))
        .filter(|(_, window)| free(*window))
        .collect()
}

/// The window with the fewest controls a case; of equals the earliest.
fn lightest(
    windows: &BTreeMap<Kind, BTreeMap<Window, Load>>,
    open: &[(Kind, Window)],
) -> Option<(Kind, Window)> {
    open.iter().copied().min_by_key(|(kind, window)| {
        let load = windows.get(kind).and_then(|all| all.get(window));
        let load = load.copied().unwrap_or_default();
        // In parts of 1,000, so that the order is one of whole numbers.
        let weight = u64::from(load.controls) * 1_000 / u64::from(load.cases.max(1));
        (weight, *window, *kind)
    })
}
