//! One record as it is told: to people as lines, to programs as a line of JSON.

use std::{io::Write, sync::Arc};

use branchline_domain::{lead::LeadEvent, time::Timestamp};
use branchline_journal::record::{Cause, Record};
use branchline_projections::{
    FactEvents,
    event_shapes::EventShape,
    timeline::{PhoneNumbers, frame, lines},
};
use serde_json::{Value, json};

use crate::{
    Format, Soundness,
    evidence::{Decoded, decode},
};

/// Writes a record without opening a seal: what is personal reads `(sealed)`, or is left out of
/// JSON. Events that cannot be read are told on standard error, and are there by type and schema.
///
/// # Errors
///
/// When `out` takes no more.
pub(crate) fn tell(
    record: &Arc<Record>,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let (decoded, soundness) = match decode(Arc::clone(record), None) {
        Ok(decoded) => (decoded, Soundness::Sound),
        Err(error) => {
            eprintln!("record {}: {error}", record.position);
            (None, Soundness::Damaged)
        }
    };
    write(record, decoded.as_ref(), PhoneNumbers::Unopened, format, out)?;
    Ok(soundness)
}

/// Writes a record whose events were decoded, as far as they could be.
///
/// # Errors
///
/// When `out` takes no more.
pub(crate) fn write(
    record: &Record,
    decoded: Option<&Decoded>,
    phones: PhoneNumbers,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match format {
        Format::Text => {
            writeln!(out, "{}", frame(record))?;
            for line in text(record, decoded, phones) {
                writeln!(out, "    {line}")?;
            }
        }
        Format::Json => {
            serde_json::to_writer(&mut *out, &document(record, decoded, phones))?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

fn text(record: &Record, decoded: Option<&Decoded>, phones: PhoneNumbers) -> Vec<String> {
    match decoded {
        Some(decoded) => lines(&decoded.fact(), phones),
        None => record
            .body
            .events
            .iter()
            .map(|event| {
                let (name, schema, bytes) = (&event.event_type, event.schema, event.payload.len());
                format!("{name:?} schema {schema}, {bytes} bytes, unread")
            })
            .collect(),
    }
}

/// The record as one JSON object.
fn document(record: &Record, decoded: Option<&Decoded>, phones: PhoneNumbers) -> Value {
    let body = &record.body;
    let (cause_position, request_id) = match &body.cause {
        Cause::None => (None, None),
        Cause::Position(position) => (Some(position.0), None),
        Cause::Request(id) => (None, Some(&**id)),
    };
    let events: Vec<Value> = match decoded.map(|decoded| decoded.fact().events) {
        Some(FactEvents::Lead(_, events)) => {
            events.iter().map(|event| lead_event(event, phones)).collect()
        }
        Some(FactEvents::Workflow(_, events)) => {
            events.iter().map(|event| json!(EventShape::of_workflow(event))).collect()
        }
        Some(FactEvents::Organisation(_, events)) => {
            events.iter().map(|event| json!(EventShape::of_organisation(event))).collect()
        }
        None => {
            let unread = body.events.iter().map(|event| {
                json!({ "type": &*event.event_type, "schema": event.schema, "payload": null })
            });
            unread.collect()
        }
    };
    json!({
        "position": record.position.0,
        "at": Timestamp::from_micros(body.recorded_at.0),
        "stream": body.stream.to_string(),
        "version": record.version.0,
        "principal": &*body.principal,
        "cause_position": cause_position,
        "request_id": request_id,
        "idempotency_key": body.key.as_ref().map(|key| &*key.key),
        "events": events,
    })
}

/// An event of a lead, with its phone number where that is shown.
fn lead_event(event: &LeadEvent, phones: PhoneNumbers) -> Value {
    let mut shape = EventShape::of_lead(event);
    if let (PhoneNumbers::Shown, LeadEvent::LeadEnrolled { phone_number, .. }) = (phones, event)
        && let Some(payload) = shape.payload.as_object_mut()
    {
        payload.insert("phone_number".into(), json!(phone_number.known()));
    }
    json!(shape)
}
