//! A carrier that counts what it is asked, and does as it is told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use branchline_domain::{id::CallId, lead::CallReport};
use branchline_engine::{
    EngineHandle,
    ports::{AskOutcome, BoxFuture, Carrier, DialOutcome, DialRequest},
};

/// What happens to a dial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    /// The carrier takes it.
    #[default]
    Takes,
    /// The carrier refuses it.
    Refuses,
    /// The carrier panics.
    Panics,
    /// The carrier never says what came of it.
    KeepsSilent,
}

/// What the carrier says when it is asked for a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Answer {
    /// That it knows the calls it was asked to dial.
    #[default]
    Knows,
    /// How the call stands.
    Says(CallReport),
    /// That it cannot tell.
    CannotTell,
    /// It panics.
    Panics,
    /// Nothing, ever.
    KeepsSilent,
}

#[derive(Debug, Default)]
struct Book {
    manner: Manner,
    answer: Answer,
    /// Every dial, in order.
    dials: Vec<DialRequest>,
    /// How often each call was asked for.
    asked: BTreeMap<CallId, usize>,
}

/// Outlives engines: what it is asked in one life counts in the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phone {
    book: Arc<Mutex<Book>>,
}

impl Phone {
    pub(crate) fn behaves(&self, manner: Manner) {
        self.book.lock().unwrap().manner = manner;
    }

    /// From now on, when it is asked for a call.
    pub(crate) fn answers(&self, answer: Answer) {
        self.book.lock().unwrap().answer = answer;
    }

    /// Calls that were dialled, in order.
    pub(crate) fn dialled(&self) -> Vec<CallId> {
        self.book.lock().unwrap().dials.iter().map(|dial| dial.call_id).collect()
    }

    pub(crate) fn dials(&self) -> Vec<DialRequest> {
        self.book.lock().unwrap().dials.clone()
    }

    pub(crate) fn asked(&self, call: CallId) -> usize {
        self.book.lock().unwrap().asked.get(&call).copied().unwrap_or_default()
    }

    /// The rule of rules: at most once to a phone.
    pub(crate) fn assert_nobody_was_dialled_twice(&self) {
        let mut dialled = self.dialled();
        let all = dialled.len();
        dialled.sort_unstable();
        dialled.dedup();
        assert_eq!(dialled.len(), all, "a call was dialled twice");
    }
}

impl Carrier for Phone {
    fn attach(&self, _: EngineHandle) {}

    fn dial(&self, call: DialRequest) -> BoxFuture<DialOutcome> {
        let book = Arc::clone(&self.book);
        Box::pin(async move {
            let (manner, provider_ref) = {
                let mut book = book.lock().unwrap();
                let provider_ref = format!("phone_{}", call.call_id);
                book.dials.push(call);
                (book.manner, provider_ref)
            };
            match manner {
                Manner::Takes => DialOutcome::Dispatched { provider_ref: Some(provider_ref) },
                Manner::Refuses => DialOutcome::Refused { reason: "no lines".into() },
                Manner::Panics => panic!("the carrier was told to panic"),
                Manner::KeepsSilent => std::future::pending().await,
            }
        })
    }

    fn ask(&self, call: DialRequest) -> BoxFuture<AskOutcome> {
        let mut book = self.book.lock().unwrap();
        *book.asked.entry(call.call_id).or_default() += 1;
        let known = book.dials.iter().any(|dial| dial.call_id == call.call_id);
        let answer = book.answer.clone();
        Box::pin(async move {
            let provider_ref = Some(format!("phone_{}", call.call_id));
            match answer {
                Answer::Knows if known => AskOutcome::Known { provider_ref, report: None },
                Answer::Says(report) => AskOutcome::Known { provider_ref, report: Some(report) },
                Answer::Knows | Answer::CannotTell => AskOutcome::Unknown,
                Answer::Panics => panic!("the carrier was told to panic"),
                Answer::KeepsSilent => std::future::pending().await,
            }
        })
    }
}
