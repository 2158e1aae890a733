//! Looking for a good plan: greedy forwards and backwards, then exchanges.

use super::super::CascadeError;
use super::{Assessed, Problem};

/// Rounds of greedy choice, after each of which gains are computed anew.
const ROUNDS: usize = 16;

/// Exchanges that are checked before the search gives up.
const TRIES: usize = 8;

/// A gain counts from this part of the sum of all values on.
const LEAST: f64 = 1e-12;

/// An exchange must save at least this part of the sum of all values.
const WORTHWHILE: f64 = 1e-9;

/// A set of candidates and what it comes to.
type Found = (Vec<bool>, Assessed);

pub(super) struct Search<'p, 'a> {
    problem: &'p mut Problem<'a>,
    before: &'p Assessed,
    all: &'p Assessed,
}

/// An exchange: who goes, who comes, and what that saves at most.
struct Move {
    out: Vec<usize>,
    into: Vec<usize>,
    hope: f64,
}

impl<'p, 'a> Search<'p, 'a> {
    pub fn new(problem: &'p mut Problem<'a>, before: &'p Assessed, all: &'p Assessed) -> Self {
        Self {
            problem,
            before,
            all,
        }
    }

    /// The best set found, of those in `everybody`.
    pub fn run(&mut self, everybody: &[bool]) -> Result<Found, CascadeError> {
        let nobody = vec![false; everybody.len()];
        let forwards = self.fill((nobody, self.before.clone()))?;
        let shrunk = self.shrink((everybody.to_vec(), self.all.clone()))?;
        let backwards = self.fill(shrunk)?;
        let (first, second) = if backwards.1.loss < forwards.1.loss {
            (backwards, forwards)
        } else {
            (forwards, backwards)
        };
        let best = self.exchange(first)?;
        if second.0 == best.0 {
            return Ok(best);
        }
        let other = self.exchange(second)?;
        Ok(if other.1.loss < best.1.loss {
            other
        } else {
            best
        })
    }

    /// Adds the most gain for its cost as long as something fits.
    fn fill(&mut self, found: Found) -> Result<Found, CascadeError> {
        let (mut set, mut assessed) = found;
        for round in 0.. {
            let left = self.problem.budget - self.problem.cost(&set);
            let fitting = self.fitting(&set, &assessed.gains, left);
            if fitting.is_empty() {
                break;
            }
            // One at a time where they are few.
            let rounds = ROUNDS.saturating_sub(round).max(1);
            for &index in fitting.iter().take(fitting.len().div_ceil(rounds)) {
                turn(&mut set, index);
            }
            assessed = self.problem.assess(&set)?;
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
            assessed = self.problem.assess(&set)?;
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
    fn fitting(&self, set: &[bool], gains: &[f64], left: f64) -> Vec<usize> {
        let mut left = left;
        let mut found = Vec::new();
        for (index, gain) in self.by_rate(set, false, gains) {
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

    /// Exchanges as long as they help.
    fn exchange(&mut self, found: Found) -> Result<Found, CascadeError> {
        let (mut set, mut assessed) = found;
        while let Some(better) = self.improve(&set, &assessed)? {
            set = better;
            assessed = self.problem.assess(&set)?;
        }
        self.fill((set, assessed))
    }

    /// A better set, if one of the most promising exchanges leads to it.
    fn improve(&mut self, set: &[bool], now: &Assessed) -> Result<Option<Vec<bool>>, CascadeError> {
        let worthwhile = WORTHWHILE * self.problem.scale;
        let mut moves = self.moves(set, &now.gains);
        moves.retain(|one| one.hope > worthwhile);
        moves.sort_by(|a, b| b.hope.total_cmp(&a.hope));
        for one in moves.iter().take(TRIES) {
            if self.problem.solves >= self.problem.most_solves {
                return Ok(None);
            }
            let mut other = set.to_vec();
            for &index in one.out.iter().chain(&one.into) {
                turn(&mut other, index);
            }
            let loss = self.problem.solve(&other)?.expected_loss();
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
