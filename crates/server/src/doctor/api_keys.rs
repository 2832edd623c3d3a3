//! API keys: whether those who can reach the server have one, and which end soon.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use branchline_domain::{
    decider::Recorded,
    id::{ApiKeyId, OrganisationId},
    organisation::{ApiKeyStatus, OrganisationState, Scope, evolve},
    time::Timestamp,
};
use branchline_event_codec::{RecordedEvents, decode_record};
use branchline_http_api::{Reach, check_keys};
use branchline_journal::{
    reader::JournalReader,
    record::{Position, StreamKind},
};
use serde::Deserialize;

use super::{
    finding::{Finding, Report},
    journal::Journal,
};
use crate::{front::EXPIRY_NOTICE, operator};

const CHECK: &str = "api_keys";
const EXPIRY: &str = "api_keys.expiry";
const DAY_MICROS: i64 = 86_400_000_000;

/// A key as a server shows it, and as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Key {
    id: ApiKeyId,
    organisation_id: OrganisationId,
    name: String,
    scopes: BTreeSet<Scope>,
    status: ApiKeyStatus,
    expires_at: Option<Timestamp>,
}

pub(super) fn examine(
    report: &mut Report,
    journal: &Journal,
    data_dir: &Path,
    (listen, reach): (&str, Option<Reach>),
    now: SystemTime,
) {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
    let keys = match journal {
        Journal::NotThere => Ok(Vec::new()),
        Journal::Served => of_server(data_dir),
        Journal::Stopped(reader) => of_journal(reader, now),
        Journal::Closed => Err(anyhow::anyhow!("the journal was not opened")),
    };
    match keys {
        Ok(keys) => judge(report, &keys, listen, reach, now),
        Err(error) => report.add(Finding::skipped(CHECK, format!("{error:#}"))),
    }
}

/// Asks the server that runs here.
fn of_server(data_dir: &Path) -> anyhow::Result<Vec<Key>> {
    let keys = operator::keys_of_running(data_dir)?.context("the server does not answer")?;
    let read = keys.into_iter().map(serde_json::from_value::<Key>);
    read.collect::<Result<_, _>>().context("its keys cannot be read")
}

/// Reads every record, and only what happened to keys of it.
fn of_journal(reader: &JournalReader, now: Timestamp) -> anyhow::Result<Vec<Key>> {
    let mut organisations = BTreeMap::<OrganisationId, OrganisationState>::new();
    for record in reader.records(Position::START) {
        let record = record?;
        if record.body.stream.kind != StreamKind::ORGANISATION {
            continue;
        }
        let at = Timestamp::from_micros(record.body.recorded_at.0);
        if let Some(RecordedEvents::Organisation(id, events)) = decode_record(&record, None)? {
            let state = organisations.entry(id).or_default();
            for event in &events {
                evolve(state, event, Recorded { at, position: record.position.0 });
            }
        }
    }
    let keys = organisations.into_iter().flat_map(|(organisation_id, state)| {
        state.keys.into_iter().map(move |(id, key)| Key {
            id,
            organisation_id,
            status: key.status(now),
            name: key.name,
            scopes: key.scopes.iter().collect(),
            expires_at: key.expires_at,
        })
    });
    Ok(keys.collect())
}

fn judge(report: &mut Report, keys: &[Key], listen: &str, reach: Option<Reach>, now: Timestamp) {
    let live: Vec<&Key> = keys.iter().filter(|key| key.status == ApiKeyStatus::Live).collect();
    // Where nobody may listen, another finding says so.
    let refused = reach.and_then(|reach| check_keys(listen, reach, live.len()).err());
    let create = "make one with `branchline keys create --name first --scope admin --data-dir …`";
    report.add(match (live.len(), refused) {
        (_, Some(_)) => {
            Finding::fail(CHECK, format!("others can reach {listen}, and no key is live"), create)
        }
        (0, None) if keys.is_empty() => Finding::ok(
            CHECK,
            "none, and none is needed: who sits at this machine may do everything",
        ),
        (0, None) => Finding::warn(
            CHECK,
            format!("none of {} is live, and every request below /v1 needs one", keys.len()),
            create,
        ),
        (count, None) => Finding::ok(CHECK, format!("{count} of {} are live", keys.len())),
    });
    let ending: Vec<&Key> = live.iter().copied().filter(|key| ends_soon(key, &live, now)).collect();
    if ending.is_empty() {
        return;
    }
    let told = ending.iter().map(|key| {
        let left = key.expires_at.map_or(0, |at| at.micros_since(now)) / DAY_MICROS;
        format!("{} {:?} in {left} days", key.id, key.name)
    });
    let told = format!("ending soon: {}", told.collect::<Vec<_>>().join(", "));
    let advice = "`branchline keys rotate KEY --overlap 24h` makes a successor; give it to whoever uses \
                  the key";
    report.add(Finding::warn(EXPIRY, told, advice));
}

/// Whether a key ends within [`EXPIRY_NOTICE`] and leaves nobody behind: one of the same organisation,
/// name and scopes that lives longer is its successor.
fn ends_soon(key: &Key, live: &[&Key], now: Timestamp) -> bool {
    let notice = now.plus_seconds(Duration::as_secs(&EXPIRY_NOTICE));
    let Some(ends) = key.expires_at.filter(|&at| at <= notice) else { return false };
    !live.iter().any(|other| {
        other.organisation_id == key.organisation_id
            && other.name == key.name
            && other.scopes == key.scopes
            && other.expires_at.is_none_or(|at| at > ends)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    fn key(number: u128, name: &str, ends_in_days: Option<u64>) -> Key {
        Key {
            id: ApiKeyId::from_u128(number),
            organisation_id: OrganisationId::DEFAULT,
            name: name.into(),
            scopes: [Scope::Ingest].into(),
            status: ApiKeyStatus::Live,
            expires_at: ends_in_days.map(|days| NOW.plus_seconds(days * 86_400)),
        }
    }

    fn judged(keys: &[Key], reach: Reach) -> (u8, String) {
        let mut report = Report::default();
        judge(&mut report, keys, "0.0.0.0:8080", Some(reach), NOW);
        (report.exit_code(), report.text())
    }

    #[test]
    fn where_others_come_there_must_be_a_live_key() {
        let mut dead = key(1, "first", None);
        dead.status = ApiKeyStatus::Revoked;
        for none in [&[][..], &[dead.clone()]] {
            let (code, text) = judged(none, Reach::Others);
            assert_eq!(code, 1, "{text}");
            assert!(text.contains("branchline keys create"), "{text}");
        }
        let (code, text) = judged(&[key(2, "first", None)], Reach::Others);
        assert!(code == 0 && text.contains("1 of 1 are live"), "{text}");
        let (code, text) = judged(&[], Reach::ThisMachine);
        assert!(code == 0 && text.contains("may do everything"), "{text}");
        let (code, text) = judged(&[dead], Reach::ThisMachine);
        assert!(code == 5 && text.contains("every request below /v1"), "{text}");
    }

    #[test]
    fn a_key_that_ends_soon_is_told_unless_its_successor_lives() {
        let (first, late) = (key(1, "dialler", Some(3)), key(2, "nightly", Some(90)));
        let (code, text) = judged(&[first.clone(), late.clone()], Reach::Others);
        assert!(code == 5 && text.contains("\"dialler\" in 3 days"), "{text}");
        assert!(text.contains("keys rotate") && !text.contains("nightly"), "{text}");
        let successor = key(3, "dialler", Some(90));
        assert_eq!(judged(&[first.clone(), late.clone(), successor.clone()], Reach::Others).0, 0);
        // Another of that name may do something else.
        let other = Key { scopes: [Scope::Read].into(), ..successor };
        assert_eq!(judged(&[first, late, other], Reach::Others).0, 5);
    }
}
