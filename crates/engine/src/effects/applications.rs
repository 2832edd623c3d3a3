//! Tries of application steps. Nobody answers to any key as yet, so each lead that waits for one
//! is held for a person.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use branchline_domain::{id::LeadId, lead::LeadCommand};
use tokio::sync::Notify;

use crate::{asked::Asked, core::Core, effects::asking::surely};

/// Leads that are asked at one time.
const AT_ONCE: usize = 64;

/// Holds until the engine stops.
pub(super) async fn run(core: Rc<Core>) {
    let mut progress = core.reads().progress();
    let in_hand: Rc<RefCell<BTreeSet<LeadId>>> = Rc::default();
    let answered = Rc::new(Notify::new());
    loop {
        progress.borrow_and_update();
        let wanted = core.reads().look(|read| {
            let in_hand = in_hand.borrow();
            let room = AT_ONCE.saturating_sub(in_hand.len());
            read.requested_applications(room, |lead| !in_hand.contains(&lead))
        });
        for lead in wanted {
            in_hand.borrow_mut().insert(lead);
            let (core, in_hand) = (Rc::clone(&core), Rc::clone(&in_hand));
            let answered = Rc::clone(&answered);
            actix::spawn(async move {
                let asked = Asked::engine("applications");
                let position = surely(&core, lead, LeadCommand::HoldApplication, asked).await;
                if let super::asking::Told::Recorded(position) = position {
                    // Not looked at again before the read models show it.
                    let _ = core.reads().wait_folded(position).await;
                }
                in_hand.borrow_mut().remove(&lead);
                answered.notify_one();
            });
        }
        let went_on = tokio::select! {
            biased;
            went_on = progress.changed() => went_on.is_ok(),
            () = answered.notified() => true,
        };
        if !went_on || progress.borrow().ended {
            return;
        }
    }
}
