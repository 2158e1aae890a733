//! Ids in paths: our own number, or `ext:SYSTEM:ID` of another system.

use crate::error::{Answer, Error};
use crate::shipments::model::ExternalId;

/// How a path names a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// By our id.
    Id(i64),
    /// By another system's.
    External(ExternalId),
}

impl Reference {
    /// Reads one segment of a path.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if it is neither form.
    pub fn parse(segment: &str) -> Answer<Self> {
        if let Some(rest) = segment.strip_prefix("ext:") {
            if let Some((system, id)) = rest.split_once(':')
                && !system.is_empty()
                && !id.is_empty()
            {
                return Ok(Self::External(ExternalId {
                    system: system.to_owned(),
                    id: id.to_owned(),
                }));
            }
        } else if let Ok(id) = segment.parse() {
            return Ok(Self::Id(id));
        }
        Err(Error::malformed(
            "bad_id",
            format!("{segment:?} is no id: expected a number or ext:SYSTEM:ID"),
        ))
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::External(ExternalId { system, id }) => write!(f, "ext:{system}:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_external_id_may_hold_colons_behind_the_system() {
        let external = Reference::parse("ext:tms:A:7").unwrap();
        assert_eq!(external.to_string(), "ext:tms:A:7");
        assert!(matches!(external, Reference::External(id) if id.id == "A:7"));
        assert_eq!(Reference::parse("12").unwrap(), Reference::Id(12));
        for bad in ["", "x", "ext:", "ext:tms", "ext::7", "ext:tms:", "1.5"] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
    }
}
