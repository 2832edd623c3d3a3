use branchline_journal::record::{
    Cause, Claim, ClaimChange, ClaimKind, Control, Event, Guard, IdempotencyKey, Micros,
    RecordBody, StreamId, StreamKind, Version,
};
use uuid::Uuid;

use super::*;

/// Three records with every field there, absent, and of a kind that is not known.
fn records() -> Vec<Record> {
    let event = |event_type: &str, payload: &[u8]| Event {
        event_type: event_type.into(),
        schema: 1,
        payload: payload.into(),
    };
    let body = |stream, events| RecordBody {
        organisation: Uuid::from_u128(1),
        stream,
        recorded_at: Micros(1_795_549_858_935_782),
        principal: "api:\"key\"\u{1}é".into(),
        cause: Cause::None,
        key: None,
        guard: None,
        control: None,
        claims: Vec::new(),
        events,
    };
    let workflow = StreamId::workflow(Uuid::from_u128(2));
    let lead = StreamId::lead(Uuid::from_u128(3));
    let other = StreamId { kind: StreamKind(7), id: Uuid::from_u128(4) };
    let mut first = body(workflow, vec![event("workflow.created", &[0, 255])]);
    first.control = Some(Control { epoch: 1, revision: 2 });
    first.key = Some(IdempotencyKey { key: "once".into(), digest: [9; 32] });
    let mut second = body(lead, vec![event("lead.a", b"x"), event("lead.b", b"")]);
    second.cause = Cause::Position(Position(1));
    second.guard = Some(Guard { stream: workflow, control_epoch: 1, routing_revision: Some(2) });
    let claim = Claim { kind: ClaimKind::LIVE_CALL, key: [5; 16] };
    second.claims = vec![ClaimChange::Take(claim), ClaimChange::Release(claim)];
    let mut third = body(lead, vec![event("lead.c", b"z")]);
    third.cause = Cause::Request("request-1".into());
    third.guard = Some(Guard { stream: other, control_epoch: 0, routing_revision: None });
    let at = |position, version, prev: Option<u64>, body| Record {
        position: Position(position),
        epoch: 3,
        version: Version(version),
        prev: prev.map(Position),
        body,
    };
    vec![at(1, 1, None, first), at(2, 1, None, second), at(3, 3, Some(2), third)]
}

fn export(records: &[Record]) -> Vec<u8> {
    let mut lines = LineWriter::new(Vec::new());
    for record in records {
        lines.write(record).unwrap();
    }
    lines.finish().unwrap()
}

/// The records that can be read, and what stopped the reading.
fn read(bytes: &[u8]) -> (Vec<Record>, Option<TreeHead>, Option<ExportError>) {
    let mut lines = ExportedRecords::new(bytes);
    let (mut records, mut wrong) = (Vec::new(), None);
    for record in lines.by_ref() {
        match record {
            Ok(record) => records.push(record),
            Err(error) => wrong = Some(error),
        }
    }
    (records, lines.end(), wrong)
}

#[test]
fn records_come_back_from_their_lines() {
    let written = records();
    let (read, end, wrong) = read(&export(&written));
    assert!(wrong.is_none(), "{wrong:?}");
    assert_eq!(read, written);
    let leaves: Vec<Hash> = written.iter().map(|record| merkle::leaf(&canonical(record))).collect();
    assert_eq!(end, Some(TreeHead { size: 3, root: merkle::root(&leaves) }));
}

#[test]
fn a_line_has_the_bytes_that_earlier_releases_wrote() {
    let mut line = Vec::new();
    put_record(&mut line, &records()[1]).unwrap();
    assert_eq!(
        String::from_utf8(line).unwrap(),
        "{\"cause\":{\"position\":1},\"claims\":[{\"action\":\"take\",\
         \"key\":\"05050505050505050505050505050505\",\"kind\":1},{\"action\":\"release\",\
         \"key\":\"05050505050505050505050505050505\",\"kind\":1}],\"control\":null,\"epoch\":3,\
         \"events\":[{\"payload\":\"78\",\"schema\":1,\"type\":\"lead.a\"},{\"payload\":\"\",\
         \"schema\":1,\"type\":\"lead.b\"}],\"guard\":{\"control_epoch\":1,\"routing_revision\":2,\
         \"stream\":\"wf_00000000-0000-0000-0000-000000000002\"},\"idempotency_key\":null,\
         \"leaf\":\"8f96e713a931e2ac467865ac111e01ee8e35ac0d28dc44ed23ef322c0a0a9f45\",\
         \"organisation\":\"org_00000000-0000-0000-0000-000000000001\",\"position\":2,\
         \"prev\":null,\"principal\":\"api:\\\"key\\\"\\u0001é\",\
         \"recorded_at\":\"2026-11-24T19:50:58.935782Z\",\"recorded_at_micros\":1795549858935782,\
         \"stream\":\"lead_00000000-0000-0000-0000-000000000003\",\"version\":1}\n"
    );
}

#[test]
fn every_changed_byte_is_found_and_the_records_before_it_are_read() {
    let written = records();
    let sound = export(&written);
    for at in 0..sound.len() {
        for mask in [0x01, 0x20, 0x80] {
            let mut changed = sound.clone();
            changed[at] ^= mask;
            let (read, end, wrong) = read(&changed);
            let Some(ExportError::Damaged { line, .. }) = wrong else {
                panic!("byte {at} with {mask:#x}: {wrong:?}")
            };
            let before = sound[..at].split(|byte| *byte == b'\n').count() - 1;
            assert_eq!(line, before as u64 + 1, "byte {at} with {mask:#x}");
            assert_eq!(read, written[..before.min(3)], "byte {at} with {mask:#x}");
            assert_eq!(end, None);
        }
    }
}

#[test]
fn a_cut_is_found_unless_it_leaves_what_an_older_release_wrote() {
    let sound = export(&records());
    for len in 0..sound.len() {
        let (_, end, wrong) = read(&sound[..len]);
        let between_lines = len == 0 || sound[len - 1] == b'\n';
        assert_eq!(wrong.is_none(), between_lines, "{len} bytes: {wrong:?}");
        assert_eq!(end, None);
    }
}

#[test]
fn lines_that_are_swapped_repeated_dropped_or_added_are_found() {
    let sound = String::from_utf8(export(&records())).unwrap();
    let lines: Vec<&str> = sound.split_inclusive('\n').collect();
    let of = |order: &[usize]| {
        let text: String = order.iter().map(|at| lines[*at]).collect();
        read(text.as_bytes()).2.map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(of(&[0, 2, 1, 3]).contains("line 2: it is of position 3, and 2 is expected"));
    assert!(of(&[0, 0, 1, 2, 3]).contains("line 2: it is of position 1, and 2 is expected"));
    assert!(of(&[1, 2, 3]).contains("line 1: it is of position 2, and 1 is expected"));
    assert!(
        of(&[0, 1, 3]).contains("line 3: it says that 3 records are before it, and there are 2")
    );
    assert!(of(&[0, 1, 2, 3, 3]).contains("line 5: it comes after the line that ends"));
    assert_eq!(of(&[0, 1, 2, 3]), "");
}

#[test]
fn an_end_of_other_records_is_found() {
    let mut other = records();
    other[2].body.recorded_at.0 += 1;
    let (sound, other) = (export(&records()), export(&other));
    let lines = sound.split_inclusive(|byte| *byte == b'\n').take(3);
    let end = other.split_inclusive(|byte| *byte == b'\n').next_back().unwrap();
    let mixed: Vec<u8> = lines.chain([end]).flatten().copied().collect();
    let (_, _, wrong) = read(&mixed);
    assert!(matches!(wrong, Some(ExportError::Damaged { line: 4, problem: LineProblem::Root })));
}

#[test]
fn a_record_that_no_journal_could_hold_is_refused_though_its_hash_fits() {
    let mut wrong = records().remove(0);
    wrong.version = Version(0);
    let mut line = Vec::new();
    put_record(&mut line, &wrong).unwrap();
    assert!(matches!(read_line(&line), Err(LineProblem::Format(_))));
    wrong.version = Version(1);
    wrong.body.events.clear();
    line.clear();
    put_record(&mut line, &wrong).unwrap();
    assert!(matches!(read_line(&line), Err(LineProblem::Format(_))));
}

#[test]
fn a_line_without_an_end_is_not_read_into_memory() {
    let mut lines = ExportedRecords::new(io::BufReader::new(io::repeat(b' ')));
    let wrong = lines.next().unwrap().unwrap_err();
    assert!(matches!(wrong, ExportError::Damaged { line: 1, problem: LineProblem::TooLong }));
    assert!(lines.next().is_none(), "it stays where it stopped");
}

#[test]
fn the_longest_record_has_a_line_that_is_read() {
    let mut record = records().remove(0);
    let event = Event { event_type: "\u{1}".repeat(64).into(), schema: 1, payload: Box::from([]) };
    record.body.events = vec![event; branchline_journal::record_format::EVENTS_MAX];
    let mut line = Vec::new();
    put_record(&mut line, &record).unwrap();
    assert!(line.len() <= LINE_BYTES_MAX, "{} bytes", line.len());
    assert!(matches!(read_line(&line), Ok(Line::Record(..))));
}

#[test]
fn a_record_out_of_order_is_not_written() {
    let mut lines = LineWriter::new(Vec::new());
    assert!(lines.write(&records()[1]).is_err());
    assert_eq!(lines.into_unfinished(), b"");
}
