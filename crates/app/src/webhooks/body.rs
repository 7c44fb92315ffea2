use injeung_domain::{AttemptKind, AttemptOutcome, EventKind, Message, NewMessage};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

/// Content of a message on the wire.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

/// Fields without a value are left out.
#[derive(Serialize)]
struct Data<'a> {
    participation_id: i64,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errcode: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<&'a str>,
}

/// The JSON of a message. It is the same for every delivery.
pub(super) fn json(message: &Message) -> serde_json::Result<Vec<u8>> {
    let NewMessage {
        event,
        occurred_at,
        participation_id,
        request_id,
        kind,
        outcome,
        errcode,
        image_url,
    } = &message.message;
    serde_json::to_vec(&Body {
        r#type: EventKind::name(*event),
        // Every stored instant has a year of four digits.
        timestamp: occurred_at.format(&Rfc3339).unwrap_or_default(),
        data: Data {
            participation_id: participation_id.get(),
            request_id,
            call: kind.map(call),
            outcome: outcome.map(AttemptOutcome::name),
            errcode: *errcode,
            image_url: image_url.as_deref(),
        },
    })
}

/// Name of the call that verified the photo, which defines the errcodes.
fn call(kind: AttemptKind) -> &'static str {
    match kind {
        AttemptKind::Feature => "img_feature",
        AttemptKind::Keyword => "classification",
    }
}

/// The header `webhook-id`. It has the instant, so that no id comes again after the database was restored from a backup.
pub(super) fn id(message: &Message) -> String {
    let microseconds = message.message.occurred_at.unix_timestamp_nanos() / 1000;
    format!("msg_{}_{microseconds}", message.id)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_message_has_its_documented_form() {
        let message = Message {
            id: 12.try_into().unwrap(),
            message: NewMessage {
                event: EventKind::PhotoRejected,
                occurred_at: datetime!(2026-11-28 12:00:00.123456 UTC),
                participation_id: 7.try_into().unwrap(),
                request_id: "a-request".to_owned(),
                kind: Some(AttemptKind::Keyword),
                outcome: Some(AttemptOutcome::Rejected),
                errcode: Some(3),
                image_url: None,
            },
            failures: 0,
            error: None,
            dead_at: None,
        };
        let body: Value = serde_json::from_slice(&json(&message).unwrap()).unwrap();
        let data = json!({ "participation_id": 7, "request_id": "a-request", "call": "classification",
                           "outcome": "rejected", "errcode": 3 });
        let timestamp = "2026-11-28T12:00:00.123456Z";
        assert_eq!(body, json!({ "type": "photo.rejected", "timestamp": timestamp, "data": data }));
        assert_eq!(id(&message), "msg_12_1795867200123456");
    }
}
