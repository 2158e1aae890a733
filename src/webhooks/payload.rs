//! What an endpoint is sent: the event in the envelope that it wants.

use serde_json::{Value as Json, json};

use super::model::Envelope;
use crate::db::UtcTime;

/// An event as it is told.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// `msg_…`.
    pub uid: &'a str,
    /// As [`EventType`](super::EventType) words it.
    pub kind: &'a str,
    /// When it happened.
    pub occurred_at: UtcTime,
    /// What there is to say.
    pub data: Json,
}

/// The body, as JSON. `source` is where this instance is reached.
pub fn body(envelope: Envelope, told: &Told<'_>, source: &str) -> Json {
    match envelope {
        Envelope::Plain => json!({
            "type": told.kind,
            "timestamp": told.occurred_at,
            "data": told.data,
        }),
        Envelope::CloudEvents => {
            let mut event = json!({
                "specversion": "1.0",
                "id": told.uid,
                "source": source,
                "type": format!("hawser.{}", told.kind),
            });
            if let (Some(subject), Json::Object(members)) = (subject(told), &mut event) {
                members.insert("subject".to_owned(), Json::String(subject));
            }
            if let Json::Object(members) = &mut event {
                members.insert("time".to_owned(), json!(told.occurred_at));
                members.insert("datacontenttype".to_owned(), json!("application/json"));
                members.insert("data".to_owned(), told.data.clone());
            }
            event
        }
    }
}

/// What the event is about, as the API's path writes it: `alerts/7`.
fn subject(told: &Told<'_>) -> Option<String> {
    let (entity, _) = told.kind.split_once('.')?;
    let id = told.data.get("id")?.as_i64()?;
    Some(format!("{entity}s/{id}"))
}

/// The content type of a body in this envelope.
pub fn content_type(envelope: Envelope) -> &'static str {
    match envelope {
        Envelope::Plain => "application/json",
        Envelope::CloudEvents => "application/cloudevents+json",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone as _, Utc};

    fn told() -> Told<'static> {
        Told {
            uid: "msg_1",
            kind: "alert.opened",
            occurred_at: Utc.with_ymd_and_hms(2026, 3, 2, 8, 0, 0).unwrap().into(),
            data: json!({"id": 7, "severity": "high"}),
        }
    }

    #[test]
    fn a_plain_envelope_has_the_three_recommended_members() {
        assert_eq!(
            body(Envelope::Plain, &told(), "https://h.example").to_string(),
            r#"{"type":"alert.opened","timestamp":"2026-03-02T08:00:00Z","data":{"id":7,"severity":"high"}}"#
        );
    }

    #[test]
    fn a_cloud_event_has_the_required_attributes() {
        assert_eq!(
            body(Envelope::CloudEvents, &told(), "https://h.example").to_string(),
            concat!(
                r#"{"specversion":"1.0","id":"msg_1","source":"https://h.example","#,
                r#""type":"hawser.alert.opened","subject":"alerts/7","time":"2026-03-02T08:00:00Z","#,
                r#""datacontenttype":"application/json","data":{"id":7,"severity":"high"}}"#
            )
        );
        let without = Told {
            data: json!({}),
            ..told()
        };
        assert_eq!(
            body(Envelope::CloudEvents, &without, "x").get("subject"),
            None
        );
    }
}
