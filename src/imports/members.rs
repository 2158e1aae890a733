//! The members of a JSON object, picked by name without building the object.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Most names of unknown members kept.
pub(super) const MAX_NAMES: usize = 100;

/// Most bytes of memory kept for a member from row to row.
const KEPT: usize = 4 << 10;

/// The value of a member, kept from row to row for its memory.
#[derive(Clone, Debug, Default)]
struct Cell {
    told: bool,
    text: String,
}

/// The members of one object.
#[derive(Debug, Default)]
pub(super) struct Members {
    index: HashMap<String, usize>,
    cells: Vec<Cell>,
    /// Names from the top to where we are, with dots.
    path: String,
    /// Members that nothing maps.
    pub unknown: BTreeSet<String>,
    /// Mapped members that stood twice.
    pub twice: BTreeSet<String>,
    /// Mapped members that are lists.
    pub lists: BTreeSet<String>,
}

impl Members {
    /// Picks the members `columns`, in that order.
    pub(super) fn new(columns: &[String]) -> Self {
        let numbered = columns.iter().enumerate();
        Self {
            index: numbered
                .map(|(index, name)| (name.clone(), index))
                .collect(),
            cells: vec![Cell::default(); columns.len()],
            ..Self::default()
        }
    }

    /// Picks the members of the object `text`.
    pub(super) fn pick(&mut self, text: &str) -> serde_json::Result<()> {
        self.begin();
        let mut json = serde_json::Deserializer::from_str(text);
        let top = Node {
            members: self,
            top: true,
        };
        top.deserialize(&mut json)?;
        json.end()
    }

    /// The values of the members, in order; empty where there is none.
    pub(super) fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(|cell| cell.text.as_str())
    }

    /// Bytes held.
    pub(super) fn capacity(&self) -> usize {
        self.cells.iter().map(|cell| cell.text.capacity()).sum()
    }

    fn begin(&mut self) {
        for cell in &mut self.cells {
            cell.told = false;
            cell.text.clear();
            // One long value must not be held for every column in turn.
            cell.text.shrink_to(KEPT);
        }
        self.path.clear();
        self.unknown.clear();
        self.twice.clear();
        self.lists.clear();
    }

    fn put(&mut self, text: &str) {
        match self
            .index
            .get(&self.path)
            .and_then(|index| self.cells.get_mut(*index))
        {
            Some(cell) if cell.told => note(&mut self.twice, &self.path),
            Some(cell) => {
                cell.told = true;
                cell.text.push_str(text);
            }
            None => note(&mut self.unknown, &self.path),
        }
    }

    /// Whether the current path is that of an object with members that are mapped.
    fn leads_on(&self) -> bool {
        let below = |name: &String| {
            name.strip_prefix(&self.path)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        self.index.keys().any(below)
    }

    fn list(&mut self) {
        let known = self.index.contains_key(&self.path);
        note(
            if known {
                &mut self.lists
            } else {
                &mut self.unknown
            },
            &self.path,
        );
    }
}

/// Keeps `name`, unless there are too many already.
fn note(names: &mut BTreeSet<String>, name: &str) {
    if names.len() < MAX_NAMES {
        names.insert(name.to_owned());
    }
}

/// A value at the current path.
struct Node<'a> {
    members: &'a mut Members,
    top: bool,
}

impl Node<'_> {
    fn put<E: Error>(self, text: &str) -> Result<(), E> {
        if self.top {
            return Err(E::custom("the line holds no object"));
        }
        self.members.put(text);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let depth = self.members.path.len();
        loop {
            if !self.top {
                self.members.path.push('.');
            }
            if map.next_key_seed(Key(&mut self.members.path))?.is_none() {
                break;
            }
            map.next_value_seed(Node {
                members: &mut *self.members,
                top: false,
            })?;
            self.members.path.truncate(depth);
        }
        self.members.path.truncate(depth);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if self.top {
            return Err(A::Error::custom("the line holds a list"));
        }
        self.members.list();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.put(text)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if !self.top && self.members.leads_on() {
            return Ok(());
        }
        self.put("")
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<(), E> {
        self.put(if truth { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.put(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.put(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        // The shortest text that reads as the same number, never with an exponent.
        self.put(&number.to_string())
    }
}

/// Appends the name of a member to the path.
struct Key<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<(), E> {
        self.0.push_str(name);
        Ok(())
    }
}
