//! Looking for a good plan: greedy forwards and backwards, then exchanges.

use super::super::CascadeError;
use super::{Assessed, COARSE, FINE, Problem};

/// Rounds of greedy choice, after each of which gains are computed anew.
const ROUNDS: usize = 8;

/// Exchanges that are checked before the search gives up.
const TRIES: usize = 8;

/// A gain counts from this part of the sum of all values on.
const LEAST: f64 = 1e-12;

/// An exchange must save at least this part of the sum of all values.
const WORTHWHILE: f64 = 1e-9;

/// A plan that is no farther below the ceiling than this part of it is not worth improving.
const ENOUGH: f64 = 5e-3;

/// What is added first.
#[derive(Clone, Copy, PartialEq)]
enum First {
    /// The most gain for its cost.
    Rate,
    /// The most gain: what is large fits only as long as there is room.
    Gain,
}

/// A set of candidates and what it comes to.
type Found = (Vec<bool>, Assessed);

pub(super) struct Search<'p, 'a> {
    problem: &'p mut Problem<'a>,
    before: &'p Assessed,
    all: &'p Assessed,
    ceiling: f64,
}

/// An exchange: who goes, who comes, and what that saves at most.
struct Move {
    out: Vec<usize>,
    into: Vec<usize>,
    hope: f64,
}

impl<'p, 'a> Search<'p, 'a> {
    pub fn new(
        problem: &'p mut Problem<'a>,
        before: &'p Assessed,
        all: &'p Assessed,
        ceiling: f64,
    ) -> Self {
        Self {
            problem,
            before,
            all,
            ceiling,
        }
    }

    /// The best set found, of those in `everybody`.
    pub fn run(&mut self, everybody: &[bool]) -> Result<Found, CascadeError> {
        let mut best: Option<Found> = None;
        for start in 0..3 {
            if start > 0 && self.problem.is_spent() {
                break;
            }
            let nobody = (vec![false; everybody.len()], self.before.clone());
            let filled = match start {
                0 => self.fill(nobody, First::Rate)?,
                1 => {
                    let all = (everybody.to_vec(), self.all.clone());
                    let shrunk = self.shrink(all)?;
                    self.fill(shrunk, First::Rate)?
                }
                _ => self.fill(nobody, First::Gain)?,
            };
            let found = self.exchange(filled)?;
            if best.as_ref().is_none_or(|best| found.1.loss < best.1.loss) {
                best = Some(found);
            }
            if best.as_ref().is_some_and(|best| self.is_enough(&best.1)) {
                break;
            }
        }
        // Where values are negative, those who help apart may harm together.
        let no_worse = self.before.loss + WORTHWHILE * self.problem.scale;
        let best = best.filter(|best| best.1.loss <= no_worse);
        Ok(best.unwrap_or_else(|| (vec![false; everybody.len()], self.before.clone())))
    }

    fn is_enough(&self, found: &Assessed) -> bool {
        self.before.loss - found.loss >= (1.0 - ENOUGH) * self.ceiling
    }

    /// Adds as long as something fits that helps.
    fn fill(&mut self, found: Found, first: First) -> Result<Found, CascadeError> {
        let (mut set, mut assessed) = found;
        for round in 0.. {
            let left = self.problem.budget - self.problem.cost(&set);
            let fitting = self.fitting(&set, &assessed.gains, left, first);
            if fitting.is_empty() {
                break;
            }
            // One at a time where they are few.
            let rounds = ROUNDS.saturating_sub(round).max(1);
            for &index in fitting.iter().take(fitting.len().div_ceil(rounds)) {
                turn(&mut set, index);
            }
            assessed = self.problem.assess(&set, COARSE)?;
        }
        Ok((set, assessed))
    }

    /// Takes out the least gain for its cost until the rest is within the budget.
    fn shrink(&mut self, found: Found) -> Result<Found, CascadeError> {
        let (mut set, mut assessed) = found;
        for round in 0.. {
            let superfluous = self.superfluous(&set, &assessed.gains);
            if superfluous.is_empty() {
                break;
            }
            let rounds = ROUNDS.saturating_sub(round).max(1);
            for &index in superfluous.iter().take(superfluous.len().div_ceil(rounds)) {
                turn(&mut set, index);
            }
            assessed = self.problem.assess(&set, COARSE)?;
        }
        Ok((set, assessed))
    }

    fn cost(&self, index: usize) -> f64 {
        self.problem
            .candidates
            .get(index)
            .map_or(f64::INFINITY, |one| one.cost)
    }

    /// Candidates whose membership is `member`, by gain for their cost, the most first.
    fn by_rate(&self, set: &[bool], member: bool, gains: &[f64]) -> Vec<(usize, f64)> {
        let mut found: Vec<(usize, f64)> = set
            .iter()
            .zip(gains)
            .enumerate()
            .filter(|(_, (is, _))| **is == member)
            .map(|(index, (_, &gain))| (index, gain))
            .collect();
        // What helps for nothing comes first, what does not help comes last.
        let rate = |&(index, gain): &(usize, f64)| {
            if gain > 0.0 {
                gain / self.cost(index)
            } else {
                gain
            }
        };
        found.sort_by(|a, b| rate(b).total_cmp(&rate(a)));
        found
    }

    fn helps(&self, gain: f64) -> bool {
        gain > LEAST * self.problem.scale
    }

    /// Those outside the set that help and fit together into what is left, the best first.
    fn fitting(&self, set: &[bool], gains: &[f64], left: f64, first: First) -> Vec<usize> {
        let mut left = left;
        let mut found = Vec::new();
        let mut outside = self.by_rate(set, false, gains);
        if first == First::Gain {
            outside.sort_by(|a, b| b.1.total_cmp(&a.1));
        }
        for (index, gain) in outside {
            let cost = self.cost(index);
            if self.helps(gain) && cost <= left {
                left -= cost;
                found.push(index);
            }
        }
        found
    }

    /// Those of the set that do not help, and the worst as long as the rest is over the budget.
    fn superfluous(&self, set: &[bool], gains: &[f64]) -> Vec<usize> {
        let mut cost = self.problem.cost(set);
        let mut found = Vec::new();
        for (index, gain) in self.by_rate(set, true, gains).into_iter().rev() {
            if !self.helps(gain) || (cost > self.problem.budget && self.cost(index) > 0.0) {
                cost -= self.cost(index);
                found.push(index);
            }
        }
        found
    }

    /// Exchanges as long as they help; then what still fits.
    fn exchange(&mut self, found: Found) -> Result<Found, CascadeError> {
        let (mut set, _) = found;
        let mut assessed = self.problem.assess(&set, FINE)?;
        while !self.is_enough(&assessed) {
            let Some(better) = self.improve(&set, &assessed)? else {
                break;
            };
            set = better;
            assessed = self.problem.assess(&set, FINE)?;
        }
        let fitted = self.fill((set.clone(), assessed.clone()), First::Rate)?;
        if fitted.0 == set {
            return Ok((set, assessed));
        }
        let assessed = self.problem.assess(&fitted.0, FINE)?;
        Ok((fitted.0, assessed))
    }

    /// A better set, if one of the most promising exchanges leads to it.
    fn improve(&mut self, set: &[bool], now: &Assessed) -> Result<Option<Vec<bool>>, CascadeError> {
        let worthwhile = WORTHWHILE * self.problem.scale;
        let mut moves = self.moves(set, &now.gains);
        moves.retain(|one| one.hope > worthwhile);
        moves.sort_by(|a, b| b.hope.total_cmp(&a.hope));
        for one in moves.iter().take(TRIES) {
            if self.problem.is_spent() {
                return Ok(None);
            }
            let mut other = set.to_vec();
            for &index in one.out.iter().chain(&one.into) {
                turn(&mut other, index);
            }
            let loss = self.problem.solve(&other, FINE)?.expected_loss();
            if loss < now.loss - worthwhile {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    /// Exchanges that keep the budget. Where no value is negative, none can save more than is hoped:
    /// who comes gains less once another has gone.
    fn moves(&self, set: &[bool], gains: &[f64]) -> Vec<Move> {
        let left = self.problem.budget - self.problem.cost(set);
        let inside = self.by_rate(set, true, gains);
        let outside = self.by_rate(set, false, gains);
        let mut found = Vec::new();
        for &(out, lost) in &inside {
            let room = left + self.cost(out);
            let mut rest = room;
            let mut into = Vec::new();
            let mut hope = -lost;
            let mut best = None;
            for &(index, gain) in outside.iter().filter(|(_, gain)| self.helps(*gain)) {
                let cost = self.cost(index);
                if cost <= rest {
                    rest -= cost;
                    hope += gain;
                    into.push(index);
                }
                if cost <= room && best.is_none_or(|(_, most)| gain > most) {
                    best = Some((index, gain));
                }
            }
            if let Some((index, gain)) = best {
                found.push(Move {
                    out: vec![out],
                    into: vec![index],
                    hope: gain - lost,
                });
            }
            found.push(Move {
                out: vec![out],
                into,
                hope,
            });
        }
        for &(into, gain) in &outside {
            found.extend(self.room_for(into, gain, left, &inside));
        }
        found
    }

    /// Takes in one candidate, and out as many of the worst as it takes.
    fn room_for(&self, into: usize, gain: f64, left: f64, inside: &[(usize, f64)]) -> Option<Move> {
        let cost = self.cost(into);
        let (mut room, mut hope, mut out) = (left, gain, Vec::new());
        for &(index, lost) in inside.iter().rev() {
            if cost <= room {
                break;
            }
            room += self.cost(index);
            hope -= lost;
            out.push(index);
        }
        (cost <= room).then_some(Move {
            out,
            into: vec![into],
            hope,
        })
    }
}

fn turn(set: &mut [bool], index: usize) {
    if let Some(member) = set.get_mut(index) {
        *member = !*member;
    }
}
