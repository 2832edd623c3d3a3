//! The machine: what the process uses, and what waits in it.

use branchline_engine::metrics::{HistogramReading, Lateness};
use branchline_http_api::system::{Machine, SystemReading};
use maud::{Markup, html};

use crate::shell::{duration, number, time};

/// Figures at a glance.
pub(super) fn figures(reading: &SystemReading, machine: &Machine) -> Markup {
    let process = &machine.process;
    html! {
        dl.figures {
            div.figure { dt { "Version" } dd { (reading.version) } }
            div.figure { dt { "Running since" } dd.when { (time(process.started)) } }
            @if let Some(resident) = process.resident_bytes {
                div.figure { dt { "Memory" } dd { (bytes(resident)) } }
            }
            div.figure { dt { "Records" } dd { (number(machine.engine.position.0)) } }
            div.figure { dt { "Leads in memory" } dd { (number(machine.engine.lead_actors)) } }
        }
    }
}

/// Everything else.
pub(super) fn section(machine: &Machine) -> Markup {
    let (engine, process) = (&machine.engine, &machine.process);
    html! {
        section.card {
            h2 { "Engine and process" }
            div.columns.even.plain {
                dl.facts {
                    dt { "Commands that wait" }
                    dd { (number(engine.host_channel)) " of at most " (number(engine.host_channel_capacity)) }
                    dt { "Commands were durable within" }
                    dd { (both(&engine.counted.acknowledged)) }
                    dt { "Requests were answered within" }
                    dd { (both(&machine.requests)) }
                    dt { "Leads read from the journal" } dd { (number(engine.counted.lead_rebuilds)) }
                    dt { "Leads set aside" } dd { (number(engine.set_aside)) }
                }
                dl.facts {
                    dt { "Timers are late by" } dd { (late(engine.late)) }
                    dt { "Processor time" }
                    dd {
                        @match process.cpu_seconds {
                            Some(seconds) => { (format!("{seconds:.1} s")) }
                            None => "not told here",
                        }
                    }
                    dt { "Open files" }
                    dd {
                        @match (process.open_files, process.files_max) {
                            (Some(open), Some(most)) => { (number(open)) " of at most " (number(most)) }
                            (open, _) => (open.map_or_else(|| "not told here".into(), number)),
                        }
                    }
                    dt { "Event streams" } dd { (number(process.event_streams)) }
                }
            }
            p.hint { "All figures, for Prometheus: " a href="/metrics" { "/metrics" } "." }
        }
    }
}

fn both(reading: &HistogramReading) -> Markup {
    html! {
        @if reading.count() == 0 { span.muted { "none yet" } }
        @else { "half " (share(reading, 500)) ", 99 % " (share(reading, 990)) }
    }
}

/// The time that a share (of a thousand) did not exceed.
pub(super) fn share(reading: &HistogramReading, per_mille: u64) -> String {
    match reading.at_most(per_mille) {
        Some(micros) if micros < 1_000 => format!("≤ {micros} µs"),
        Some(micros) if micros < 1_000_000 => {
            let (whole, tenth) = (micros / 1_000, micros % 1_000 / 100);
            if tenth == 0 { format!("≤ {whole} ms") } else { format!("≤ {whole}.{tenth} ms") }
        }
        Some(micros) => format!("≤ {} s", micros / 1_000_000),
        None => reading
            .bounds
            .last()
            .map_or_else(String::new, |most| format!("> {} s", most / 1_000_000)),
    }
}

fn late(late: Lateness) -> Markup {
    let all = [
        ("waits", late.release),
        ("deadlines of calls", late.call_deadline),
        ("hand-outs", late.lease),
    ];
    let late: Vec<_> = all.into_iter().filter(|(_, late)| late.as_secs() > 0).collect();
    html! {
        @if late.is_empty() { "nothing is late" }
        @for (index, (what, late)) in late.iter().enumerate() {
            @if index > 0 { ", " }
            (what) " " (duration(late.as_secs()))
        }
    }
}

/// A size as people read it, in powers of 1,024.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1_024 {
        return format!("{bytes} bytes");
    }
    let (mut tenths, mut unit) = (bytes.saturating_mul(10) / 1_024, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    let unit = UNITS.get(unit).copied().unwrap_or_default();
    if tenths >= 1_000 {
        return format!("{} {unit}", tenths / 10);
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_their_unit() {
        let told = [0, 1_023, 1_024, 1_536, 1_048_576, 504 * 1_048_576, 3 << 40].map(bytes);
        assert_eq!(
            told,
            ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 KiB", "1.0 MiB", "504 MiB", "3.0 TiB"]
        );
    }

    #[test]
    fn a_share_is_told_in_its_unit() {
        let of = |counts: Vec<u64>| HistogramReading {
            bounds: &[250, 2_500, 5_000_000],
            counts,
            sum: 0,
        };
        assert_eq!(share(&of(vec![1, 0, 0, 0]), 500), "≤ 250 µs");
        assert_eq!(share(&of(vec![0, 1, 0, 0]), 500), "≤ 2.5 ms");
        assert_eq!(share(&of(vec![0, 0, 1, 0]), 500), "≤ 5 s");
        assert_eq!(share(&of(vec![0, 0, 0, 1]), 500), "> 5 s");
    }
}
