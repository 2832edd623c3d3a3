//! What `pages` tells. Field names are the benchmark's interface.

use std::fmt;

use serde::Serialize;

use super::{Address, Args, Asked, Latency};

/// All pages.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    benchmark: &'static str,
    leads: u32,
    rounds: u32,
    /// How often each page was asked for in all.
    asks: u32,
    pages: Vec<Page>,
    /// The greatest p99 of all pages.
    slowest_p99_ms: f64,
    /// Memory of the engine, the server and the client together.
    resident_mb: Option<f64>,
}

/// One page. Times are from the request to the last byte of the answer, over loopback.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    address: String,
    status: u16,
    bytes: usize,
    p50_ms: f64,
    p99_ms: f64,
    yardsticks: Yardsticks,
}

#[derive(Debug, Serialize)]
struct Yardsticks {
    /// The route that tells of the same as JSON; none where there is none.
    json: Option<Json>,
}

#[derive(Debug, Serialize)]
struct Json {
    path: String,
    bytes: usize,
    p50_ms: f64,
    p99_ms: f64,
    /// How many times as long the page takes, by their p50.
    ratio: f64,
}

impl Page {
    pub(super) fn of(address: &Address, page: Asked, json: Option<Asked>) -> Self {
        let latency = Latency::of(page.waits);
        let p50_ms = latency.per_mille_ms(500);
        let json = json.zip(address.json.as_ref()).map(|(json, path)| {
            let latency = Latency::of(json.waits);
            Json {
                path: path.clone(),
                bytes: json.bytes,
                p50_ms: latency.per_mille_ms(500),
                p99_ms: latency.per_mille_ms(990),
                ratio: p50_ms / latency.per_mille_ms(500),
            }
        });
        Self {
            address: address.page.clone(),
            status: page.status,
            bytes: page.bytes,
            p50_ms,
            p99_ms: latency.per_mille_ms(990),
            yardsticks: Yardsticks { json },
        }
    }
}

impl Figures {
    pub(super) fn of(args: &Args, pages: Vec<Page>, resident_mb: Option<f64>) -> Self {
        let slowest_p99_ms = pages.iter().map(|page| page.p99_ms).fold(0.0, f64::max);
        let asks = args.asks * args.rounds;
        let (leads, rounds) = (args.leads, args.rounds);
        Self { benchmark: "pages", leads, rounds, asks, pages, slowest_p99_ms, resident_mb }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} leads, each page asked for {} times", self.leads, self.asks)?;
        writeln!(
            f,
            "  {:<46} {:>8} {:>9} {:>9} {:>9} {:>7}",
            "page", "bytes", "p50 ms", "p99 ms", "JSON p50", "times"
        )?;
        for page in &self.pages {
            let Page { address, bytes, p50_ms, p99_ms, status, yardsticks } = page;
            write!(f, "  {address:<46} {bytes:>8} {p50_ms:>9.2} {p99_ms:>9.2}")?;
            match &yardsticks.json {
                Some(json) => write!(f, " {:>9.2} {:>7.1}", json.p50_ms, json.ratio)?,
                None => write!(f, " {:>9} {:>7}", "", "")?,
            }
            if *status == 200 { writeln!(f) } else { writeln!(f, "  {status}") }?;
        }
        writeln!(f, "  slowest p99          {:>12.2} ms", self.slowest_p99_ms)?;
        if let Some(resident) = self.resident_mb {
            writeln!(f, "  memory, all together {resident:>12.0} MB")?;
        }
        Ok(())
    }
}
