//! `branchline serve`: the HTTP API over a journal.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, bail};
use branchline_carriers::{Ledger, Profile, SimulatedCarrier};
use branchline_engine::{
    UuidV7Ids,
    clock::SystemClock,
    ports::{Clock, Phones},
};

use crate::{
    config::{CarrierConfig, CarrierKind, Config},
    front::Front,
    house::{self, Ending, StopTimes},
    service_manager,
    signals::Signals,
};

pub(crate) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let front = Front::open(config)?;
    let url = front.url();
    service_manager::opening();
    let directory = house::open_directory(&config.storage.data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let phones = phones(&config.carrier, &clock)?;
    let ids = Arc::new(UuidV7Ids::new(Arc::clone(&clock)));
    let operator = house::operator(config, &directory, &front)?;
    let engine = house::start_engine(config, directory, clock, ids, phones)?;
    let engine = house::admit(&front, engine)?;
    let ending = actix_web::rt::System::new().block_on(async {
        // Before anybody can know that the server is there.
        let signals = Signals::listen(front.tls.is_some() || service_manager::is_there());
        tracing::info!(
            data_dir = %config.storage.data_dir.display(),
            carrier = ?config.carrier.kind,
            "listening on {url}"
        );
        let handle = engine.handle();
        let failed = engine.failed();
        let ending = house::serve_until(
            config,
            front,
            &handle,
            operator,
            signals,
            failed,
            std::future::pending(),
        )
        .await;
        // Handles keep the journal's files open.
        drop(handle);
        engine.shutdown_within(StopTimes::of(config).engine);
        ending
    })?;
    Ok(exit_code(ending))
}

/// Who dials.
fn phones(config: &CarrierConfig, clock: &Arc<dyn Clock>) -> anyhow::Result<Phones> {
    let ledger = Some(&config.ledger_path).filter(|path| !path.as_os_str().is_empty());
    match (config.kind, ledger) {
        (CarrierKind::External, None) => Ok(Phones::External),
        (CarrierKind::External, Some(_)) => bail!(
            "`carrier.ledger_path` is for the simulated carrier; an external one keeps its own"
        ),
        (CarrierKind::Simulated, ledger) => {
            let carrier = SimulatedCarrier::new(Profile::embedded()?, 1, Arc::clone(clock));
            Ok(Phones::InProcess(Arc::new(match ledger {
                Some(path) => {
                    let ledger = Ledger::open(path).with_context(|| {
                        format!("cannot write the carrier's ledger {}", path.display())
                    })?;
                    carrier.with_ledger(ledger)
                }
                None => carrier,
            })))
        }
    }
}

/// Zero when the program was asked to stop; the journal's failure is not success.
pub(crate) fn exit_code(ending: Ending) -> ExitCode {
    match ending {
        Ending::Stopped | Ending::Finished => ExitCode::SUCCESS,
        Ending::JournalFailed => ExitCode::FAILURE,
    }
}
