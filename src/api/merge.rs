//! JSON merge patches (RFC 7396): absent members stay, `null` clears.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Answer, Error};

/// What stands, as JSON, with `patch` laid over it.
///
/// # Errors
///
/// [`Error::Malformed`] if the patch is no object.
pub fn patched<T: Serialize>(standing: &T, patch: Value) -> Answer<Value> {
    if !patch.is_object() {
        return Err(Error::malformed("bad_json", "expected an object"));
    }
    let mut value = serde_json::to_value(standing).map_err(Error::internal)?;
    merge(&mut value, patch);
    Ok(value)
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(members) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(standing) = target {
        for (name, value) in members {
            if value.is_null() {
                standing.remove(&name);
            } else {
                merge(standing.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn absent_members_stay_null_clears_and_lists_are_replaced() {
        let standing = json!({"a": 1, "b": {"c": 2, "d": 3}, "e": [1]});
        let patch = json!({"b": {"c": null}, "e": [2], "f": 4});
        assert_eq!(
            patched(&standing, patch).unwrap(),
            json!({"a": 1, "b": {"d": 3}, "e": [2], "f": 4})
        );
        assert!(patched(&standing, json!([1])).is_err());
    }
}
