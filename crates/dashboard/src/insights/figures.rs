//! The numbers that people ask for first.

use branchline_projections::Answered;
use maud::{Markup, html};

use super::Told;
use crate::{drawing::text::percent, shell::number};

/// The strip above the charts. A share of nothing is a dash.
pub(super) fn figures(told: &Told) -> Markup {
    let funnel = &told.insights.funnel;
    let calls = told.insights.attempts.iter().fold(Answered::default(), |sum, of| Answered {
        dialled: sum.dialled + of.dialled,
        answered: sum.answered + of.answered,
    });
    html! {
        dl.figures #figures data-fragment {
            (figure("Calls dialled", &number(calls.dialled), &per_lead(calls.dialled, funnel.dialled)))
            (figure("Calls answered", &share(calls.answered, calls.dialled), &of("call", calls.answered, calls.dialled)))
            (figure("Leads reached", &share(funnel.answered, funnel.dialled), &of("dialled lead", funnel.answered, funnel.dialled)))
            (figure("Leads converted", &share(funnel.converted, funnel.started), &of("started lead", funnel.converted, funnel.started)))
        }
    }
}

fn figure(name: &str, value: &str, detail: &str) -> Markup {
    html! {
        div.figure {
            dt { (name) }
            dd { (value) span.figure-detail { (detail) } }
        }
    }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".into() } else { percent(part, whole) }
}

fn of(noun: &str, part: u64, whole: u64) -> String {
    let ending = if whole == 1 { "" } else { "s" };
    format!("{} of {} {noun}{ending}", number(part), number(whole))
}

/// Calls a lead, to a tenth.
fn per_lead(calls: u64, leads: u64) -> String {
    let tenths = (calls * 10 + leads / 2).checked_div(leads);
    tenths.map_or_else(String::new, |tenths| format!("{}.{} a lead", tenths / 10, tenths % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_is_no_number() {
        assert_eq!((share(0, 0).as_str(), share(1, 4).as_str()), ("–", "25%"));
        assert_eq!((per_lead(0, 0).as_str(), per_lead(5, 2).as_str()), ("", "2.5 a lead"));
        assert_eq!(of("call", 1, 1_000), "1 of 1,000 calls");
    }
}
