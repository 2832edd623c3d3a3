//! Statuses of many calls that arrive in many orders, some of them twice. The rules alone are tried
//! in every order by the tests of the whole; here it is whether the engine keeps to them.

use branchline_domain::{call_status::CallStatus, id::CallId, lead::LeadStatus};
use branchline_engine::command::CallAction;

use crate::world::{World, call, config, host, lead, list, report, story};

/// What is reported of a call before its end.
const GOING_ON: [CallStatus; 6] = [
    CallStatus::Created,
    CallStatus::Initiated,
    CallStatus::Sent,
    CallStatus::Received,
    CallStatus::Connected,
    CallStatus::Waiting,
];

/// Numbers that look like chance and are the same every time. Constants: Knuth's MMIX.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.below(place + 1));
        }
    }

    /// A call's statuses with these ends, one of them twice, in some order.
    fn stream(&mut self, ends: &[CallStatus]) -> Vec<CallStatus> {
        let mut stream = [&GOING_ON[..], ends].concat();
        stream.push(stream[self.below(stream.len())]);
        self.shuffle(&mut stream);
        stream
    }
}

/// Each call's statuses in its own order, the calls' mixed with each other.
fn mixed(draws: &mut Draws, streams: &[(CallId, Vec<CallStatus>)]) -> Vec<(CallId, CallStatus)> {
    let mut turns: Vec<usize> =
        (0..).zip(streams).flat_map(|(turn, (_, stream))| vec![turn; stream.len()]).collect();
    draws.shuffle(&mut turns);
    let mut next = vec![0; streams.len()];
    let mut all = Vec::new();
    for turn in turns {
        let (call, stream) = &streams[turn];
        all.push((*call, stream[next[turn]]));
        next[turn] += 1;
    }
    all
}

#[test]
fn whatever_the_order_the_first_end_of_a_call_decides_and_another_is_a_conflict() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let request = list((0..300).map(lead).collect());
        let leads =
            world.handle().enrol(host(), campaign.workflow, request).await.unwrap().lead_ids;
        world.until(campaign.workflow, |counts| counts.active == 300).await;
        let mut draws = Draws(7);
        let ends = [CallStatus::Completed, CallStatus::Busy];
        let streams: Vec<_> = (0..)
            .zip(&leads)
            .map(|(at, lead): (usize, _)| {
                let ends = if at % 3 == 0 { &ends[..] } else { &ends[at % 2..=at % 2] };
                (call(*lead, 1), draws.stream(ends))
            })
            .collect();
        let reports = mixed(&mut draws, &streams);
        let told =
            reports.iter().map(|(call, status)| (*call, CallAction::Report(report(*status))));
        let answers = world.handle().tell_of_calls(host(), told.collect()).await.unwrap();
        assert_eq!(answers.len(), reports.len());
        for (lead, (id, stream)) in leads.iter().zip(&streams) {
            let mut finals: Vec<CallStatus> =
                stream.iter().copied().filter(|status| status.is_final()).collect();
            let first = finals[0];
            finals.retain(|status| *status != first);
            finals.dedup();
            let state = world.state(*lead).await;
            let known = &state.calls[&1];
            assert_eq!((known.status, &known.conflicts), (first, &finals), "{stream:?}");
            let converted = first == CallStatus::Completed;
            let end = if converted { LeadStatus::Completed } else { LeadStatus::Dropped };
            assert_eq!((state.status, state.visit), (end, 2), "{stream:?}");
            let accepted = reports.iter().zip(&answers).filter(|((call, _), _)| call == id);
            for ((_, status), answer) in accepted {
                let conflicts = status.is_final() && *status != first;
                assert_eq!(answer.as_ref().unwrap().accepted, !conflicts, "{status} of {stream:?}");
            }
        }
    });
}
