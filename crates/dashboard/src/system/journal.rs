//! The journal: how long it is, how fast it is written, its head, and whether it is sound.

use branchline_http_api::system::{CHECKED_RECORDS, JournalCheck, JournalHead, Machine};
use maud::{Markup, html};

use super::machine::{bytes, share};
use crate::shell::{number, post_button, time};

pub(super) fn section(machine: &Machine) -> Markup {
    let store = &machine.engine.store;
    let lag = machine.engine.position.0.saturating_sub(machine.engine.folded.0);
    html! {
        section.card {
            h2 { "Journal" }
            dl.facts {
                dt { "Records" } dd { (number(machine.engine.position.0)) }
                dt { "Reads are behind by" }
                dd { (number(lag)) @if lag == 0 { " " span.muted { "— they show everything" } } }
                @if store.disk_bytes > 0 { dt { "On disk" } dd { (bytes(store.disk_bytes)) } }
                @if let Some(free) = machine.disk_free_bytes {
                    dt { "Room left on its disk" } dd { (bytes(free)) }
                }
                @if store.sync.count() > 0 {
                    dt { "A flush takes" }
                    dd {
                        "half " (share(&store.sync, 500)) ", 99 % " (share(&store.sync, 990))
                        " " span.muted { "of " (number(store.sync.count())) " since the start" }
                    }
                }
                dt { "Waiting to be written" } dd { (bytes(store.queued_bytes)) }
                @if let Some(head) = &machine.head { (root(head)) }
            }
            (checked(machine))
        }
    }
}

fn root(head: &JournalHead) -> Markup {
    html! {
        dt { "Root of its hash tree" }
        dd { code.hash { (head.root) } " " span.muted { "over " (number(head.size)) " records" } }
        dt { "Signed head" }
        dd {
            @match &head.note {
                Some(note) => details { summary { "signed: keep a copy elsewhere" } pre { (note) } },
                None => span.muted {
                    "no key to sign with: see " code { "audit.signing_key_path" }
                },
            }
        }
    }
}

fn checked(machine: &Machine) -> Markup {
    html! {
        div.journal-check {
            @match &machine.checked {
                Some(check) => (found(check)),
                None => p.muted { "The newest records were not checked since the start." },
            }
            @if machine.may_check {
                (post_button("/system/check", &format!("Check the newest {} records", number(CHECKED_RECORDS)), ""))
            }
            p.hint {
                "The whole journal, with the rules of the writer: stop the server or take a backup, then "
                code { "branchline-log verify" } "."
            }
        }
    }
}

fn found(check: &JournalCheck) -> Markup {
    html! {
        @match &check.wrong {
            None => p {
                span.badge.good { "sound" } " records " (number(check.from)) " to " (number(check.to))
                ", checked " (time(check.at))
            },
            Some(wrong) => div.fault role="alert" {
                p {
                    span.badge.bad { "not sound" } " records " (number(check.from)) " to "
                    (number(check.to)) ", checked " (time(check.at)) ": " (wrong)
                }
                p { "Stop the server, keep a copy of the data directory as it is, and run " code { "branchline-log verify" } "." }
            },
        }
    }
}
