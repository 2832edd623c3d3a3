//! `branchline serve`: the HTTP API over a journal.

use std::{process::ExitCode, sync::Arc};

use branchline_carriers::{Profile, SimulatedCarrier};
use branchline_engine::{
    UuidV7Ids,
    clock::SystemClock,
    ports::{Clock, Phones},
};

use crate::{
    config::{CarrierKind, Config},
    house::{self, Ending},
};

pub(crate) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let listener = house::bind(&config.server.listen)?;
    let address = listener.local_addr()?;
    let directory = house::open_directory(&config.storage.data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let phones = match config.carrier.kind {
        CarrierKind::External => Phones::External,
        CarrierKind::Simulated => Phones::InProcess(Arc::new(SimulatedCarrier::new(
            Profile::embedded()?,
            1,
            Arc::clone(&clock),
        ))),
    };
    let ids = Arc::new(UuidV7Ids::new(Arc::clone(&clock)));
    let operator = house::operator(config, &directory, address)?;
    let engine = house::start_engine(config, directory, clock, ids, phones)?;
    let ending = actix_web::rt::System::new().block_on(async {
        tracing::info!(
            data_dir = %config.storage.data_dir.display(),
            carrier = ?config.carrier.kind,
            "listening on http://{address}"
        );
        let handle = engine.handle();
        let failed = engine.failed();
        let ending =
            house::serve_until(config, listener, &handle, operator, failed, std::future::pending())
                .await;
        // Handles keep the journal's files open.
        drop(handle);
        engine.shutdown();
        ending
    })?;
    Ok(exit_code(ending))
}

/// Zero when the program was asked to stop; the journal's failure is not success.
pub(crate) fn exit_code(ending: Ending) -> ExitCode {
    match ending {
        Ending::Stopped | Ending::Finished => ExitCode::SUCCESS,
        Ending::JournalFailed => ExitCode::FAILURE,
    }
}
