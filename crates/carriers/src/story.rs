//! The story of a call: which statuses, and after how long. Pure.

use branchline_domain::{
    call_status::CallStatus,
    lead::{CallReport, Values},
};

use crate::{dice::Dice, profile::Profile};

/// How a call goes, from the moment it is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallStory {
    /// What is reported, each so long after the dialling. Unit: seconds, in the time of the
    /// engine's clock; never less than the step before. The last one is final.
    pub steps: Vec<(u64, CallReport)>,
}

/// How the `call_number`th call of the lead with the phone number `to` goes. The lead's id is not
/// asked, so that a campaign with fresh ids has the same outcomes again.
pub fn story(seed: u64, to: &str, call_number: u32, profile: &Profile) -> CallStory {
    let mut dice = Dice::of(seed, to, call_number);
    let outcome = draw_outcome(&mut dice, profile);
    let seconds = &profile.seconds;
    let setup = dice.between(seconds.setup);
    let mut telling = Telling { at_s: 0, steps: Vec::with_capacity(5) };
    telling.tell(0, CallStatus::Created);
    // One that missed its window never leaves the provider's queue.
    if outcome != CallStatus::RetryExpired {
        telling.tell(0, CallStatus::Initiated);
    }
    match outcome {
        CallStatus::Completed => {
            telling.tell(setup, CallStatus::Received);
            telling.tell(dice.between(seconds.ring), CallStatus::Connected);
            telling.wait(dice.between(seconds.talk));
        }
        CallStatus::DidNotPick | CallStatus::NoAnswer => {
            telling.tell(setup, CallStatus::Received);
            telling.wait(dice.between(seconds.ring_out));
        }
        CallStatus::Busy => {
            telling.tell(setup, CallStatus::Received);
            telling.wait(dice.between(seconds.tone));
        }
        CallStatus::Created
        | CallStatus::Initiated
        | CallStatus::Sent
        | CallStatus::Received
        | CallStatus::Connected
        | CallStatus::Waiting
        | CallStatus::Failed
        | CallStatus::Cancelled
        | CallStatus::RetryExpired => telling.wait(dice.between(seconds.tone)),
    }
    let end_reason = dice.choose(profile.end_reasons.of(outcome)).cloned();
    let attributes = if outcome == CallStatus::Completed {
        let drawn = profile.attributes.iter();
        drawn
            .filter_map(|(name, values)| Some((name.clone(), dice.choose(values)?.clone())))
            .collect()
    } else {
        Values::new()
    };
    telling.steps.push((telling.at_s, CallReport { end_reason, attributes, ..report(outcome) }));
    CallStory { steps: telling.steps }
}

/// The final status. With and without reviews the same dice are thrown, so that the calls that need
/// no review go the same way.
fn draw_outcome(dice: &mut Dice, profile: &Profile) -> CallStatus {
    let needs_review = dice.roll(100) < profile.review_percent;
    let unrouted = [CallStatus::Cancelled, CallStatus::RetryExpired];
    let unrouted = dice.choose(&unrouted).copied().unwrap_or(CallStatus::Cancelled);
    let mut roll = dice.roll(100);
    if profile.review && needs_review {
        return unrouted;
    }
    for (status, share) in profile.outcome_percent.shares() {
        if roll < share {
            return status;
        }
        roll -= share;
    }
    // The shares add up to 100, so the last one with a share has taken it.
    CallStatus::NoAnswer
}

struct Telling {
    at_s: u64,
    steps: Vec<(u64, CallReport)>,
}

impl Telling {
    fn wait(&mut self, seconds: u32) {
        self.at_s += u64::from(seconds);
    }

    fn tell(&mut self, after_s: u32, status: CallStatus) {
        self.wait(after_s);
        self.steps.push((self.at_s, report(status)));
    }
}

const fn report(status: CallStatus) -> CallReport {
    CallReport {
        status,
        occurred_at: None,
        end_reason: None,
        attributes: Values::new(),
        provider_ref: None,
        heard: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn stories(seed: u64, profile: &Profile) -> Vec<CallStory> {
        (0..10_000_u32)
            .map(|lead| story(seed, &format!("+1202555{:04}", lead / 2), 1 + lead % 2, profile))
            .collect()
    }

    fn last(story: &CallStory) -> &CallReport {
        &story.steps.last().unwrap().1
    }

    fn finals(stories: &[CallStory]) -> BTreeMap<CallStatus, usize> {
        let mut counts = BTreeMap::new();
        for story in stories {
            *counts.entry(last(story).status).or_default() += 1;
        }
        counts
    }

    #[test]
    fn the_same_seed_tells_the_same_stories_and_another_seed_others() {
        let profile = Profile::embedded().unwrap();
        assert_eq!(stories(7, &profile), stories(7, &profile));
        assert_ne!(stories(7, &profile), stories(8, &profile));
    }

    #[test]
    fn final_statuses_come_in_their_shares() {
        let counts = finals(&stories(1, &Profile::embedded().unwrap()));
        // Five standard deviations of 10,000 draws are at most 250.
        let shares = [
            (CallStatus::Completed, 5_000),
            (CallStatus::DidNotPick, 2_000),
            (CallStatus::Busy, 1_000),
            (CallStatus::Failed, 1_200),
            (CallStatus::NoAnswer, 800),
        ];
        for (status, expected) in shares {
            let found = counts.get(&status).copied().unwrap_or(0);
            assert!(found.abs_diff(expected) < 250, "{status}: {found} of 10,000");
        }
        assert_eq!(counts.len(), shares.len(), "{counts:?}");
    }

    #[test]
    fn statuses_without_a_branch_come_only_with_reviews_and_change_no_other_call() {
        let plain = Profile::embedded().unwrap();
        let with_reviews = Profile { review: true, ..plain.clone() };
        let (before, after) = (stories(3, &plain), stories(3, &with_reviews));
        let counts = finals(&after);
        let reviews = counts.get(&CallStatus::Cancelled).unwrap()
            + counts.get(&CallStatus::RetryExpired).unwrap();
        assert!(reviews.abs_diff(400) < 100, "{reviews} of 10,000");
        let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert_eq!(changed, reviews);
    }

    #[test]
    fn a_story_goes_on_in_time_and_ends_with_its_only_final_status() {
        let profile = Profile { review: true, ..Profile::embedded().unwrap() };
        for story in stories(5, &profile) {
            assert!(story.steps.is_sorted_by_key(|(at_s, _)| *at_s), "{story:?}");
            assert!(story.steps.is_sorted_by_key(|(_, report)| report.status.progress()));
            let ended = story.steps.iter().filter(|(_, report)| report.status.is_final()).count();
            assert_eq!(ended, 1, "{story:?}");
            let status = last(&story).status;
            let connected =
                story.steps.iter().any(|(_, report)| report.status == CallStatus::Connected);
            assert_eq!(connected, status == CallStatus::Completed, "{story:?}");
            assert_eq!(last(&story).attributes.is_empty(), status != CallStatus::Completed);
            assert_eq!(last(&story).end_reason.is_some(), status != CallStatus::RetryExpired);
        }
    }

    #[test]
    fn a_story_of_this_seed_never_changes_over_releases() {
        // Worked out apart from this code, from the published algorithms.
        let expected = [
            (0, CallStatus::Created),
            (0, CallStatus::Initiated),
            (3, CallStatus::Received),
            (8, CallStatus::Connected),
            (145, CallStatus::Completed),
        ];
        let told = story(1, "+12025550123", 3, &Profile::embedded().unwrap());
        let told: Vec<_> = told.steps.iter().map(|(at_s, report)| (*at_s, report.status)).collect();
        assert_eq!(told, expected);
    }
}
