//! Log lines to standard error, and spans to where traces are collected.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{
    config::{LogConfig, LogFormat, TraceConfig},
    traces,
};

/// Never logged, whatever the filter says of everything: the library of HTTP logs lines and headers of
/// requests as they came, with the keys in them. Who needs them names a part of it, such as
/// `actix_http::h1=trace`.
const SILENT: [&str; 1] = ["actix_http=off"];

/// Starts logging, and traces if they are wanted, once for the process.
pub(crate) fn start(log: &LogConfig, trace: &TraceConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)
        .with_context(|| format!("log.filter: `{}` is not a filter", log.filter))?;
    let filter = SILENT
        .into_iter()
        .try_fold(filter, |filter, silent| {
            silent.parse().map(|silent| filter.add_directive(silent))
        })
        .context("what is never logged")?;
    let traces = traces::start(trace)?;
    let started = match traces {
        // A filter for all asks less of those who log than one for each.
        None => tracing_subscriber::registry().with(lines(log)).with(filter).try_init(),
        Some(traces) => tracing_subscriber::registry()
            .with(vec![lines(log).with_filter(filter).boxed(), traces])
            .try_init(),
    };
    started.context("logging could not be started")?;
    std::panic::set_hook(Box::new(tell_panic));
    Ok(())
}

/// A panic is told by its place alone: its text may hold what somebody sent.
fn tell_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, ToString::to_string);
    let thread = std::thread::current();
    tracing::error!(
        place,
        thread = thread.name().unwrap_or_default(),
        "a mistake of ours: panicked"
    );
}

/// Lines on standard error.
fn lines(log: &LogConfig) -> Box<dyn Layer<Registry> + Send + Sync> {
    match log.format {
        LogFormat::Text => {
            let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            fmt::layer().with_writer(std::io::stderr).with_ansi(ansi).boxed()
        }
        LogFormat::Json => fmt::layer().json().with_writer(std::io::stderr).boxed(),
    }
}
