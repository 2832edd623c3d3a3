//! Going through the past of a lead: first, back, forward, now; with a script, a slider.

use maud::{Markup, html};

use super::{story::Story, why::shown_in_words};
use crate::shell::{number, time};

/// The ways to other records.
pub(super) fn scrubber(story: &Story) -> Markup {
    let positions: Vec<u64> = story.all_facts().iter().map(|fact| fact.position.0).collect();
    let (all, shown) = (positions.len(), story.facts().len());
    let to = |index: Option<usize>| {
        // The newest record is the lead as it is now.
        let index = index.filter(|index| *index + 1 < all)?;
        positions.get(index).map(|position| format!("{}?at={position}", story.path()))
    };
    let last = story.path();
    let back = to(shown.checked_sub(2));
    let first = back.is_some().then(|| to(Some(0))).flatten();
    let forward = story.is_past().then(|| to(Some(shown)).unwrap_or_else(|| last.clone()));
    let list = positions.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
    html! {
        nav.scrubber.card aria-label="The lead at earlier records" {
            div.scrub-bar #scrub-bar data-scrub {
                (way(first.as_deref(), "« First", "First record"))
                (way(back.as_deref(), "‹ Back", "One record back"))
                (way(forward.as_deref(), "Forward ›", "One record forward"))
                (way(story.is_past().then_some(last.as_str()), "Now »", "The lead as it is now"))
                p.scrub-words {
                    "Record " (number(shown as u64)) " of " (number(all as u64))
                    @if let Some(fact) = story.last() { ", " (time(fact.at)) }
                    @if let Some(words) = shown_in_words(story) { ": " (words) }
                }
            }
            input.scrub-range #scrub-range type="range" hidden aria-label="Record" min="1" max=(all)
                value=(shown) data-positions=(list) data-path=(last);
        }
    }
}

fn way(href: Option<&str>, sign: &str, words: &str) -> Markup {
    html! {
        @match href {
            Some(href) => a.button.step href=(href) title=(words) { (sign) },
            None => span.button.step aria-disabled="true" title=(words) { (sign) },
        }
    }
}
