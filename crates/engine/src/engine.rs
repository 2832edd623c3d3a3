//! The engine as a whole: its threads, its start and its end.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use branchline_journal::store::EventStore;
use branchline_vault::{Vault, VaultError};
use tokio::sync::{mpsc, watch};

use crate::{
    EngineConfig, EngineError, EngineHandle,
    answers::HandOutAtEnd,
    api_keys::LastUsed,
    applications::Applications,
    command::HostRequest,
    core::{Core, Services},
    effects, enrol, erasure, host, host_reply,
    journal_port::JournalPort,
    ports::{Clock, Ids, Phones},
    projector::Projector,
    read_side::ReadSide,
    reader::Reader,
    stopping::Stopping,
};

/// What an engine is made of.
pub struct EngineParts {
    /// The journal. One engine at a time writes it.
    pub store: Arc<dyn EventStore>,
    /// The keys that belong to the journal.
    pub vault: Arc<Vault>,
    /// Where now comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn Ids>,
    /// Who dials.
    pub phones: Phones,
    /// What application steps act with.
    pub applications: Applications,
    /// What the engine may use.
    pub config: EngineConfig,
}

impl std::fmt::Debug for EngineParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineParts")
            .field("phones", &self.phones)
            .field("applications", &self.applications)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system gave no thread.
    #[error("the engine got no thread")]
    Thread(#[source] std::io::Error),
    /// The journal cannot be read to its end.
    #[error("the journal cannot be read: {reason}")]
    Journal {
        /// What was found.
        reason: Arc<str>,
    },
    /// What a crash left half done could not be mended.
    #[error("an import that a stop interrupted cannot be given up")]
    Recovery(#[source] EngineError),
    /// Keys of erased leads could not be destroyed.
    #[error("the keys of erased leads cannot be destroyed")]
    Keys(#[source] VaultError),
    /// The engine's thread ended before it was ready.
    #[error("the engine stopped while it started")]
    Stopped,
}

/// A running engine. Hosts ask it through its [`EngineHandle`].
///
/// [`Engine::shutdown`] ends it in order. Dropping it instead ends it like a crash: what is under
/// way is abandoned, and the journal is not closed; everything that was answered is durable.
#[derive(Debug)]
pub struct Engine {
    handle: EngineHandle,
    reads: Arc<ReadSide>,
    stop: watch::Sender<bool>,
    end: Arc<End>,
    threads: Option<Threads>,
}

/// How an engine is to end, once it stops.
#[derive(Debug)]
struct End {
    /// Whether what is under way is abandoned.
    abandon: AtomicBool,
    /// How long what is under way may take. Unit: milliseconds.
    patience_ms: AtomicU64,
}

impl End {
    fn abandons(&self) -> bool {
        self.abandon.load(Ordering::Acquire)
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms.load(Ordering::Acquire))
    }
}

struct Threads {
    engine: thread::JoinHandle<()>,
    reader: thread::JoinHandle<()>,
    projector: Projector,
}

impl std::fmt::Debug for Threads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Threads")
    }
}

/// What the engine thread needs to begin.
struct Beginning {
    parts: EngineParts,
    reads: Arc<ReadSide>,
    reader: Reader,
    handle: EngineHandle,
    requests: mpsc::Receiver<HostRequest>,
    stopping: Stopping,
    end: Arc<End>,
    started: std::sync::mpsc::Sender<Result<(), StartError>>,
}

impl Engine {
    /// How long [`Self::shutdown`] waits for what is under way. Unit: milliseconds.
    const PATIENCE_MS: u64 = 10_000;

    /// Starts an engine. Blocks until reads show everything in the journal, and what a crash left
    /// half done is mended.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the journal cannot be read or written, or there is no thread to run on.
    pub fn start(parts: EngineParts) -> Result<Self, StartError> {
        let reads = Arc::new(ReadSide::new(
            Arc::clone(&parts.store),
            Arc::clone(&parts.vault),
            Arc::clone(&parts.clock),
            &parts.config,
        ));
        let (store, every) = (Arc::clone(&parts.store), parts.config.checkpoint_records);
        let projector =
            Projector::start(store, Arc::clone(&reads), every).map_err(StartError::Thread)?;
        let (reader, reader_thread) =
            Reader::start(Arc::clone(&parts.store), Arc::clone(&parts.vault))
                .map_err(StartError::Thread)?;
        let (sender, requests) = mpsc::channel(parts.config.host_channel_capacity.max(1));
        let handle = EngineHandle::new(sender, Arc::clone(&reads), Arc::default());
        let (stop, stopping) = Stopping::new();
        let end = Arc::new(End {
            abandon: AtomicBool::new(false),
            patience_ms: AtomicU64::new(Self::PATIENCE_MS),
        });
        let (started, begun) = std::sync::mpsc::channel();
        let beginning = Beginning {
            parts,
            reads: Arc::clone(&reads),
            reader,
            handle: handle.clone(),
            requests,
            stopping,
            end: Arc::clone(&end),
            started,
        };
        let engine = thread::Builder::new()
            .name("branchline-engine".into())
            .spawn(move || actix::System::new().block_on(run(beginning)))
            .map_err(StartError::Thread)?;
        let threads = Some(Threads { engine, reader: reader_thread, projector });
        // Made before the wait, so that a start that fails ends its threads.
        let engine = Self { handle, reads, stop, end, threads };
        begun.recv().map_err(|_| StartError::Stopped)??;
        Ok(engine)
    }

    /// What hosts hold. Cheap to clone.
    pub fn handle(&self) -> EngineHandle {
        self.handle.clone()
    }

    /// Waits until the engine has failed for good, and gives the reason: the journal takes no more,
    /// or cannot be read. The process should end then, not with success.
    pub async fn failed(&self) -> Arc<str> {
        self.reads.failed().await
    }

    /// [`Self::shutdown`], which waits so long for what is under way: what was not answered then is
    /// in the journal or not, as after a crash. To close the journal and to save the read models takes
    /// its own time.
    pub fn shutdown_within(self, patience: Duration) {
        let patience_ms = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        self.end.patience_ms.store(patience_ms, Ordering::Release);
        self.shutdown();
    }

    /// Takes no more requests, waits ten seconds for what is under way, closes the journal, and ends.
    /// Blocks.
    ///
    /// Handles that are left keep the files open until they are dropped.
    pub fn shutdown(mut self) {
        self.stop_threads(false);
    }

    fn stop_threads(&mut self, abandon: bool) {
        let Some(Threads { engine, reader, projector }) = self.threads.take() else { return };
        self.end.abandon.store(abandon, Ordering::Release);
        self.stop.send_replace(true);
        if engine.join().is_err() {
            tracing::error!("the engine thread panicked");
        }
        if reader.join().is_err() {
            tracing::error!("the reader thread panicked");
        }
        if !abandon {
            self.reads.store().close();
        }
        projector.stop(abandon);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop_threads(true);
    }
}

async fn run(beginning: Beginning) {
    let Beginning { parts, reads, reader, handle, requests, stopping, end, started } = beginning;
    let EngineParts { store, vault, clock, ids, phones, applications, config } = parts;
    let _hand_out = HandOutAtEnd(Arc::clone(handle.answers()));
    let journal = Rc::new(JournalPort::new(Arc::clone(&store), Arc::clone(&reads)));
    let services = Rc::new(Services { store, vault, clock, ids, config, journal, reads });
    let (core, second_asks) = Core::new(services, reader, stopping, handle);
    let core = Rc::new(core);
    actix::spawn(host_reply::ask_successors(Rc::clone(&core), second_asks));
    let begun = begin(&core, phones, applications).await;
    let failed = begun.is_err();
    // A start that nobody waits for is stopped by the drop of its engine.
    let _ = started.send(begun);
    if failed {
        return;
    }
    serve(&core, requests, &end).await;
}

async fn begin(
    core: &Rc<Core>,
    phones: Phones,
    applications: Applications,
) -> Result<(), StartError> {
    fold_everything(core).await?;
    erasure::at_start(core)?;
    enrol::give_up_interrupted(core).await.map_err(StartError::Recovery)?;
    if let Phones::InProcess(carrier) = &phones {
        carrier.attach(core.handle().clone());
    }
    let keys = core.reads().api_keys();
    core.reads().look(|read| {
        for (id, state) in read.organisations() {
            keys.publish(id, state);
        }
    });
    let last_used = LastUsed::of(core.store().as_ref());
    last_used.load(keys);
    core.reads().set_ready();
    actix::spawn(LastUsed::keep(Rc::clone(core)));
    actix::spawn(Rc::clone(core).passivate());
    effects::start(core, phones, applications);
    Ok(())
}

/// Waits for the read models, however long the journal is.
async fn fold_everything(core: &Core) -> Result<(), StartError> {
    let head = core.store().head();
    let mut progress = core.reads().progress();
    let shown = progress.wait_for(|progress| progress.folded >= head || progress.ended).await;
    // The receiver outlives the sender only when the engine goes away.
    drop(shown);
    match core.reads().failure() {
        Some(reason) => Err(StartError::Journal { reason }),
        None => Ok(()),
    }
}

/// Takes requests in hand until the engine stops, then sees them through.
async fn serve(core: &Rc<Core>, mut requests: mpsc::Receiver<HostRequest>, end: &End) {
    /// Requests taken in hand before actors get their turn.
    const BATCH: usize = 256;
    let mut batch = Vec::with_capacity(BATCH);
    let stopping = core.stopping().wait();
    tokio::pin!(stopping);
    loop {
        let taken = tokio::select! {
            biased;
            () = &mut stopping => 0,
            taken = requests.recv_many(&mut batch, BATCH) => taken,
        };
        if taken == 0 {
            break;
        }
        for request in batch.drain(..) {
            host::accept(core, request);
        }
    }
    requests.close();
    let abandon = end.abandons();
    // What was asked before the stop is seen through; whoever asks from now on is told.
    while let Ok(request) = requests.try_recv() {
        if abandon {
            // Whoever asked may be gone.
            let _ = request.reply.send(Err(EngineError::ShuttingDown));
        } else {
            host::accept(core, request);
        }
    }
    if !abandon {
        core.settle(end.patience()).await;
        LastUsed::of(core.store().as_ref()).save(core.reads().api_keys());
    }
}
