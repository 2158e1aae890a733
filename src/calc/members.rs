//! Reading members of a JSON object, and writing numbers: every refusal names the member.

use serde_json::{Map, Number, Value};

/// Why a case has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CaseError {
    /// A member is missing or is not what it should be.
    #[error("{member}: expected {rule}")]
    Member {
        /// Path of the member, such as `links[2].business`.
        member: String,
        /// What a valid value looks like.
        rule: String,
    },
    /// The formulas refused the values.
    #[error("{0}")]
    Formula(String),
}

impl CaseError {
    pub fn member(member: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Member {
            member: member.into(),
            rule: rule.into(),
        }
    }

    /// Takes over what a formula has to say.
    pub fn formula(error: impl std::fmt::Display) -> Self {
        Self::Formula(error.to_string())
    }
}

/// An object being read, and where it stands.
pub(super) struct Members<'a> {
    map: &'a Map<String, Value>,
    prefix: String,
}

impl<'a> Members<'a> {
    /// The top of a case.
    pub fn of(what: &str, value: &'a Value) -> Result<Self, CaseError> {
        let map = value
            .as_object()
            .ok_or_else(|| CaseError::member(what, "an object"))?;
        Ok(Self {
            map,
            prefix: String::new(),
        })
    }

    /// An object further down, at `path`.
    pub fn at(path: &str, value: &'a Value) -> Result<Self, CaseError> {
        let map = value
            .as_object()
            .ok_or_else(|| CaseError::member(path, "an object"))?;
        Ok(Self {
            map,
            prefix: format!("{path}."),
        })
    }

    pub fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn refuse(&self, name: &str, rule: &str) -> CaseError {
        CaseError::member(self.path(name), rule)
    }

    /// The member, unless it is missing or null.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn read<T>(
        &self,
        name: &str,
        rule: &str,
        parse: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, CaseError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => match parse(value) {
                Some(parsed) => Ok(Some(parsed)),
                None => Err(self.refuse(name, rule)),
            },
        }
    }

    pub fn optional_text(&self, name: &str) -> Result<Option<&'a str>, CaseError> {
        self.read(name, "text", Value::as_str)
    }

    pub fn text(&self, name: &str) -> Result<&'a str, CaseError> {
        self.optional_text(name)?
            .ok_or_else(|| self.refuse(name, "text"))
    }

    pub fn optional_flag(&self, name: &str) -> Result<Option<bool>, CaseError> {
        self.read(name, "true or false", Value::as_bool)
    }

    pub fn optional_number(&self, name: &str) -> Result<Option<f64>, CaseError> {
        self.read(name, "a number", Value::as_f64)
    }

    pub fn number(&self, name: &str) -> Result<f64, CaseError> {
        self.optional_number(name)?
            .ok_or_else(|| self.refuse(name, "a number"))
    }

    pub fn number_or(&self, name: &str, default: f64) -> Result<f64, CaseError> {
        Ok(self.optional_number(name)?.unwrap_or(default))
    }

    pub fn optional_whole(&self, name: &str) -> Result<Option<u64>, CaseError> {
        self.read(name, "a whole number of at least 0", whole)
    }

    pub fn whole(&self, name: &str) -> Result<u64, CaseError> {
        self.optional_whole(name)?
            .ok_or_else(|| self.refuse(name, "a whole number of at least 0"))
    }

    pub fn optional_list(&self, name: &str) -> Result<Option<&'a Vec<Value>>, CaseError> {
        self.read(name, "a list", Value::as_array)
    }

    pub fn list(&self, name: &str) -> Result<&'a Vec<Value>, CaseError> {
        self.optional_list(name)?
            .ok_or_else(|| self.refuse(name, "a list"))
    }

    pub fn optional_numbers(&self, name: &str) -> Result<Option<Vec<f64>>, CaseError> {
        let Some(list) = self.optional_list(name)? else {
            return Ok(None);
        };
        numbers(&self.path(name), list).map(Some)
    }

    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, CaseError> {
        self.optional_numbers(name)?
            .ok_or_else(|| self.refuse(name, "a list of numbers"))
    }

    /// The object under `name`.
    pub fn child(&self, name: &str) -> Result<Members<'a>, CaseError> {
        let value = self
            .get(name)
            .ok_or_else(|| self.refuse(name, "an object"))?;
        Members::at(&self.path(name), value)
    }

    /// The list of objects under `name`.
    pub fn children(&self, name: &str) -> Result<Vec<Members<'a>>, CaseError> {
        self.list(name)?
            .iter()
            .enumerate()
            .map(|(index, value)| Members::at(&format!("{}[{index}]", self.path(name)), value))
            .collect()
    }

    /// All members with their paths.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.map.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// A list of numbers.
pub(super) fn numbers(path: &str, list: &[Value]) -> Result<Vec<f64>, CaseError> {
    list.iter()
        .enumerate()
        .map(|(index, value)| {
            value
                .as_f64()
                .ok_or_else(|| CaseError::member(format!("{path}[{index}]"), "a number"))
        })
        .collect()
}

/// A whole number, also if it is written with a decimal point.
fn whole(value: &Value) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be whole, not negative and below 2^53"
        )]
        let cast =
            (number.fract() == 0.0 && (0.0..EXACT).contains(&number)).then_some(number as u64);
        cast
    })
}

/// A number of an answer; what JSON cannot hold is an error, never a null.
pub(super) fn value(member: &str, number: f64) -> Result<Value, CaseError> {
    // Adding 0 turns a negative zero into a plain one.
    Number::from_f64(number + 0.0)
        .map(Value::Number)
        .ok_or_else(|| CaseError::member(member, "a result within the range of numbers"))
}

/// Numbers of an answer.
pub(super) fn values(member: &str, list: &[f64]) -> Result<Value, CaseError> {
    let list: Result<Vec<Value>, CaseError> =
        list.iter().map(|&number| value(member, number)).collect();
    Ok(Value::Array(list?))
}

/// A number of an answer that may be unknown: null.
pub(super) fn optional_value(member: &str, number: Option<f64>) -> Result<Value, CaseError> {
    number.map_or(Ok(Value::Null), |number| value(member, number))
}

/// An object of numbers.
pub(super) fn object(members: &[(&str, f64)]) -> Result<Value, CaseError> {
    let mut map = Map::new();
    for (name, number) in members {
        map.insert((*name).to_owned(), value(name, *number)?);
    }
    Ok(Value::Object(map))
}
