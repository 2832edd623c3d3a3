//! Every order in which the statuses of one call can arrive, each of them once, some of them twice
//! or three times: the first final status decides, and nothing else matters.
//!
//! Orders that have led to the same state go on as one, and how many they are is counted: so all of
//! them are tried, and few decisions are made. Source: CONTRACT.md 4, rules 1 to 3.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a call that is not there is a failed test"
)]

use std::collections::BTreeMap;

use branchline_domain::{
    call_status::{CallStatus, Routing},
    decider::Recorded,
    lead::{LeadCommand, LeadContext, LeadEvent, LeadState, accepts, decide, evolve},
    workflow::WorkflowView,
};
use branchline_testkit::{ASHA, START, active, node_id};

use crate::fixtures::{at_the_call, calling, campaign, plain};

/// What is reported of a call that goes well until its end.
const GOING_ON: [CallStatus; 6] = [
    CallStatus::Created,
    CallStatus::Initiated,
    CallStatus::Sent,
    CallStatus::Received,
    CallStatus::Connected,
    CallStatus::Waiting,
];

const FINAL: [CallStatus; 7] = [
    CallStatus::Completed,
    CallStatus::DidNotPick,
    CallStatus::Busy,
    CallStatus::Failed,
    CallStatus::NoAnswer,
    CallStatus::Cancelled,
    CallStatus::RetryExpired,
];

/// What some orders came to.
#[derive(Clone, Debug, PartialEq)]
struct End {
    state: LeadState,
    /// Reports that were not accepted.
    not_accepted: u32,
    /// Final statuses in the order in which they were first reported.
    finals: Vec<CallStatus>,
}

/// Statuses that are still to come, and how often each.
type Stream = BTreeMap<CallStatus, u8>;

fn once(statuses: &[CallStatus]) -> Stream {
    statuses.iter().map(|status| (*status, 1)).collect()
}

/// The statuses of a call with one end.
fn with_end(end: CallStatus) -> Stream {
    once(&[&GOING_ON[..], &[end]].concat())
}

fn after(events: &[LeadEvent]) -> LeadState {
    let mut state = LeadState::default();
    for event in events {
        evolve(&mut state, event, recorded());
    }
    state
}

/// All at one instant and place: what differs between two orders is only what they led to.
fn recorded() -> Recorded {
    Recorded { at: START, position: 1 }
}

fn report(end: &End, status: CallStatus, workflow: &WorkflowView) -> End {
    let context = LeadContext { now: START, lead: ASHA, workflow };
    let report = plain(status);
    let mut next = end.clone();
    next.not_accepted += u32::from(!accepts(&end.state, 1, &report));
    if status.is_final() && !next.finals.contains(&status) {
        next.finals.push(status);
    }
    let command = LeadCommand::ReportCallStatus { call: 1, report };
    for event in decide(&end.state, &command, &context).expect("a report is taken") {
        evolve(&mut next.state, &event, recorded());
    }
    next
}

/// Reports a stream in every order: what they came to, and how many orders came to it.
fn every_order(begin: &[LeadEvent], stream: &Stream, workflow: &WorkflowView) -> Vec<(End, u64)> {
    let begin = End { state: after(begin), not_accepted: 0, finals: Vec::new() };
    let length: u8 = stream.values().sum();
    let mut open = BTreeMap::from([(stream.clone(), vec![(begin, 1)])]);
    for _ in 0..length {
        let mut next: BTreeMap<Stream, Vec<(End, u64)>> = BTreeMap::new();
        for (left, ends) in &open {
            for (&status, &count) in left.iter().filter(|(_, count)| **count > 0) {
                let mut left = left.clone();
                left.insert(status, count - 1);
                let place = next.entry(left).or_default();
                for (end, orders) in ends {
                    let end = report(end, status, workflow);
                    match place.iter_mut().find(|(known, _)| *known == end) {
                        Some((_, known)) => *known += orders,
                        None => place.push((end, *orders)),
                    }
                }
            }
        }
        open = next;
    }
    open.into_values().flatten().collect()
}

/// How many orders a stream has.
fn orders_of(stream: &Stream) -> u64 {
    let factorial = |count: u8| (1..=u64::from(count)).product::<u64>();
    stream.values().fold(factorial(stream.values().sum()), |all, &count| all / factorial(count))
}

/// The stream with this status once more.
fn again(stream: &Stream, status: CallStatus) -> Stream {
    let mut stream = stream.clone();
    *stream.entry(status).or_default() += 1;
    stream
}

/// The stream with one or two of its statuses once more.
fn repeated(stream: &Stream) -> Vec<Stream> {
    let statuses: Vec<CallStatus> = stream.keys().copied().collect();
    let mut all = Vec::new();
    for (place, &one) in statuses.iter().enumerate() {
        let once_more = again(stream, one);
        all.extend(statuses[place..].iter().map(|&other| again(&once_more, other)));
        all.push(once_more);
    }
    all
}

/// Where the first final status leads in the campaign; `None` where a person must look.
fn place_after(first: CallStatus) -> Option<&'static str> {
    match first {
        CallStatus::Completed => Some("won"),
        CallStatus::DidNotPick | CallStatus::Busy => Some("pause"),
        CallStatus::Failed | CallStatus::NoAnswer => Some("lost"),
        CallStatus::Cancelled
        | CallStatus::RetryExpired
        | CallStatus::Created
        | CallStatus::Initiated
        | CallStatus::Sent
        | CallStatus::Received
        | CallStatus::Connected
        | CallStatus::Waiting => None,
    }
}

/// The first final status decided, once, and the others are conflicts.
#[track_caller]
fn check(end: &End) {
    let (first, later) = end.finals.split_first().expect("the call has ended");
    let call = &end.state.calls[&1];
    assert_eq!((call.status, call.concluded), (*first, true));
    assert_eq!(call.conflicts, later, "after {first}");
    let stands = (end.state.node, end.state.visit);
    if let Some(place) = place_after(*first) {
        assert_eq!(stands, (Some(node_id(place)), 2), "{first}");
    } else {
        assert_eq!(stands, (Some(node_id("intro")), 1), "{first}");
        assert!(end.state.hold.is_some(), "{first}");
    }
}

#[test]
fn every_order_and_repetition_of_a_call_with_one_end_comes_to_the_same() {
    let workflow = active(&campaign());
    let mut tried = 0;
    for end in FINAL {
        let whole = with_end(end);
        let streams: Vec<Stream> = repeated(&whole).into_iter().chain([whole.clone()]).collect();
        for stream in streams {
            let ends = every_order(&calling(), &stream, &workflow);
            let [(only, orders)] = ends.as_slice() else {
                panic!("{stream:?} comes to {} different ends", ends.len());
            };
            assert_eq!(*orders, orders_of(&stream), "{stream:?}");
            assert_eq!(only.not_accepted, 0, "{stream:?}");
            check(only);
            tried += orders;
        }
    }
    assert_eq!(tried, 7 * (5_040 + 7 * 20_160 + 7 * 60_480 + 21 * 90_720));
}

#[test]
fn every_order_of_a_call_that_nobody_claimed_comes_to_the_same_place() {
    let workflow = active(&campaign());
    for end in FINAL {
        let stream = with_end(end);
        let ends = every_order(&at_the_call(), &stream, &workflow);
        assert_eq!(ends.iter().map(|(_, orders)| orders).sum::<u64>(), orders_of(&stream));
        for (end, _) in &ends {
            check(end);
            assert_eq!(end.not_accepted, 0);
        }
        // A call that is called off before anybody was heard of was not dialled; else it was.
        let distinct = if end.routing() == Routing::Review { 2 } else { 1 };
        assert_eq!(ends.len(), distinct, "{end}");
    }
}

#[test]
fn with_two_ends_the_first_decides_and_the_other_is_a_conflict() {
    let workflow = active(&campaign());
    for one in FINAL {
        for other in FINAL.into_iter().filter(|other| *other > one) {
            let mut stream = with_end(one);
            stream.insert(other, 1);
            let mut streams: Vec<Stream> =
                [one, other, CallStatus::Connected].map(|status| again(&stream, status)).into();
            streams.push(stream);
            for stream in streams {
                let ends = every_order(&calling(), &stream, &workflow);
                assert_eq!(ends.iter().map(|(_, orders)| orders).sum::<u64>(), orders_of(&stream));
                for (end, _) in &ends {
                    check(end);
                    assert!(end.not_accepted > 0, "{one} and {other} cannot both be accepted");
                }
                let mut firsts: Vec<CallStatus> =
                    ends.iter().map(|(end, _)| end.finals[0]).collect();
                firsts.sort_unstable();
                firsts.dedup();
                assert_eq!(firsts, [one, other], "either may come first");
            }
        }
    }
}

#[test]
fn where_the_settings_say_so_a_later_end_resolves_the_review_of_the_first() {
    let mut workflow = active(&campaign());
    workflow.settings.late_final_resolves_review = true;
    for review in [CallStatus::Cancelled, CallStatus::RetryExpired] {
        for end in FINAL.into_iter().filter(|end| place_after(*end).is_some()) {
            let mut stream = with_end(end);
            stream.insert(review, 1);
            for (come, _) in every_order(&calling(), &stream, &workflow) {
                let place = place_after(end).map(node_id);
                assert_eq!((come.state.node, come.state.visit), (place, 2), "{review} and {end}");
                assert_eq!(come.state.calls[&1].status, come.finals[0], "the first one stays");
            }
        }
    }
}
