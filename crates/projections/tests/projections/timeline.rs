use branchline_domain::{
    call_status::CallStatus,
    lead::{BranchCause, HoldReason, LeadEvent, Outcome, Resolution, Values},
    output::Output,
    personal::Personal,
    workflow::WorkflowEvent,
};
use branchline_journal::record::{
    Cause, IdempotencyKey, Micros, Position, Record, RecordBody, StreamId, Version,
};
use branchline_projections::timeline::{PhoneNumbers, frame, lines};

use crate::story::*;

fn lines_of(event: LeadEvent) -> String {
    let mut story = Story::default();
    story.lead(ANN, [event]);
    lines(&story.facts[0].as_fact(), PhoneNumbers::Hidden).remove(0)
}

#[test]
fn a_record_gives_a_line_for_each_event_with_ids_in_full() {
    let mut story = Story::default();
    story.lead(
        ANN,
        [
            concluded(1, CallStatus::Busy),
            branch(1, CALL, Output::Dnp, WAIT, 1),
            waits(2, minute(30)),
        ],
    );
    assert_eq!(
        lines(&story.facts[0].as_fact(), PhoneNumbers::Hidden),
        [
            "call_concluded 1 busy",
            "branch_taken 1 node_00000000-0000-0000-0000-0000000000a1 --DNP--> \
             node_00000000-0000-0000-0000-0000000000a2 cause call_status(1) revision 1",
            "node_entered 2 node_00000000-0000-0000-0000-0000000000a2 revision 1 \
             release 2023-11-14T22:43:20.000Z",
        ]
    );
}

#[test]
fn a_frame_tells_who_asked_why_and_under_which_key() {
    let mut record = Record {
        position: Position(7),
        epoch: 1,
        version: Version(3),
        prev: Some(Position(2)),
        body: RecordBody {
            organisation: ORG.as_uuid(),
            stream: StreamId::lead(ANN.as_uuid()),
            recorded_at: Micros(minute(1).as_micros()),
            principal: "api:key_1".into(),
            cause: Cause::None,
            key: None,
            guard: None,
            control: None,
            claims: Vec::new(),
            events: Vec::new(),
        },
    };
    let plain = "7 2023-11-14T22:14:20.000Z lead_00000000-0000-0000-0000-000000000001 version 3 \
                 by api:key_1";
    assert_eq!(frame(&record), plain);
    record.body.cause = Cause::Position(Position(2));
    assert_eq!(frame(&record), format!("{plain} cause 2"));
    record.body.cause = Cause::Request("two words".into());
    record.body.key = Some(IdempotencyKey { key: "once\n8".into(), digest: [0; 32] });
    assert_eq!(frame(&record), format!(r#"{plain} cause "two words" key "once\n8""#));
}

#[test]
fn personal_values_are_never_printed_and_phone_numbers_only_when_asked_for() {
    let secret = || "Geheimnis".to_owned();
    let values = || Personal::Known(Values::from([(secret(), secret().as_str().into())]));
    let mut story = Story::default();
    story.lead(
        ANN,
        [
            enrolled(),
            LeadEvent::LeadEdited { variables: values(), notes: Personal::Known(Some(secret())) },
            LeadEvent::CallAttributesAttached { call: 1, attributes: values() },
            LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Known(secret()) },
            held(HoldReason::UnreadableTime(Personal::Known(secret()))),
        ],
    );
    let fact = story.facts[0].as_fact();
    let hidden = lines(&fact, PhoneNumbers::Hidden).join("\n");
    assert!(!hidden.contains(&secret()) && !hidden.contains("+49151"), "{hidden}");
    let shown = lines(&fact, PhoneNumbers::Shown).join("\n");
    assert!(!shown.contains(&secret()) && shown.contains("phone +4915112345678"), "{shown}");
    let unopened = lines(&fact, PhoneNumbers::Unopened).join("\n");
    assert_eq!(unopened, hidden.replace("(hidden)", "(sealed)"), "nobody looked, nobody claims");
}

#[test]
fn a_field_that_nobody_tried_to_open_is_sealed_and_not_erased() {
    let mut story = Story::default();
    story.lead(ANN, [LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Erased }]);
    let fact = story.facts[0].as_fact();
    let told = |phones| lines(&fact, phones).remove(0);
    assert_eq!(told(PhoneNumbers::Hidden), "call_dispatch_refused 1 reason (erased)");
    assert_eq!(told(PhoneNumbers::Unopened), "call_dispatch_refused 1 reason (sealed)");
}

#[test]
fn free_text_cannot_pass_for_another_line() {
    let line = lines_of(LeadEvent::CallConcluded {
        call: 1,
        status: CallStatus::Failed,
        end_reason: Some("x\n2 lead_removed".into()),
        occurred_at: None,
    });
    assert_eq!(line, r#"call_concluded 1 failed reason "x\n2 lead_removed""#);
    let branch = Output::Branch("a --> b".into());
    let line = lines_of(LeadEvent::HoldResolved { choice: Resolution::Output(branch) });
    assert_eq!(line, r#"hold_resolved output "a --> b""#);

    let mut story = Story::default();
    let title = "Spring\ngraph_revised 9".to_owned();
    story.workflow(FLOW, [WorkflowEvent::WorkflowRenamed { title, description: String::new() }]);
    let printed = lines(&story.facts[0].as_fact(), PhoneNumbers::Hidden);
    assert_eq!(printed, [r#"workflow_renamed title "Spring\ngraph_revised 9""#]);
}

#[test]
fn a_hold_tells_what_waits() {
    let outcome = Outcome { output: Output::True, cause: BranchCause::Condition };
    assert_eq!(
        lines_of(held(HoldReason::MissingOutput(outcome))),
        "routing_held missing_output output true cause condition"
    );
    assert_eq!(
        lines_of(held(HoldReason::ReviewRequired(CallStatus::RetryExpired))),
        "routing_held review_required retry_expired"
    );
}

#[test]
fn graph_changes_are_told_one_by_one() {
    let mut story = Story::default();
    let changes = vec![node(CALL, branchline_domain::graph::NodeType::VoiceCall)];
    story.workflow(FLOW, [WorkflowEvent::GraphRevised { revision: 4, changes }]);
    assert_eq!(
        lines(&story.facts[0].as_fact(), PhoneNumbers::Hidden),
        [r#"graph_revised 4 +node node_00000000-0000-0000-0000-0000000000a1 VOICE_CALL "step""#]
    );
}
