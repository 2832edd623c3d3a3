//! Opening a vault: which files must be there, and what makes them trustworthy.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::FileExt,
    path::Path,
    sync::{Arc, Mutex, atomic::AtomicU32},
};

use uuid::Uuid;

use crate::{
    Entropy, SystemEntropy, VaultError, disk,
    header::{FileKind, Header},
    organisations::Organisations,
    slot::SLOT_BYTES,
    slot_store::{FileSlots, MemorySlots},
    vault::{Vault, VaultOptions, Writer},
};

/// The leads' key file.
pub(crate) const LEADS_FILE: &str = "leads.keys";
/// The organisations' key file.
pub(crate) const ORGANISATIONS_FILE: &str = "organisations.keys";
/// Empty; its lock keeps a second writer out.
pub(crate) const LOCK_FILE: &str = "keys.lock";

impl Vault {
    /// Opens the vault of a directory for writing, and makes one that seals when there is none.
    ///
    /// An existing vault keeps the choice it was made with: see [`Self::is_sealing`].
    ///
    /// # Errors
    ///
    /// [`VaultError::InUse`] while another process or vault has it open;
    /// [`VaultError::Missing`], [`VaultError::Mixed`], [`VaultError::Unsound`] and
    /// [`VaultError::TooNew`] when the files cannot be trusted; [`VaultError::Io`] and
    /// [`VaultError::NotDurable`] from the operating system.
    pub fn open(dir: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, VaultError> {
        Self::open_or_create(dir, entropy, None)
    }

    /// Like [`Self::open`], and insists on the options.
    ///
    /// # Errors
    ///
    /// As [`Self::open`], and [`VaultError::SealingDiffers`] when the vault was made otherwise.
    pub fn open_with(
        dir: &Path,
        entropy: Arc<dyn Entropy>,
        options: VaultOptions,
    ) -> Result<Self, VaultError> {
        Self::open_or_create(dir, entropy, Some(options))
    }

    /// Opens an existing vault for reading, also while a server writes it. Makes nothing.
    ///
    /// Slots written after this call are not seen; erased ones are seen as erased.
    ///
    /// # Errors
    ///
    /// As [`Self::open`], except [`VaultError::InUse`].
    pub fn open_read_only(dir: &Path) -> Result<Self, VaultError> {
        let (leads, organisations) = (dir.join(LEADS_FILE), dir.join(ORGANISATIONS_FILE));
        let organisations = Organisations::open(&organisations)?;
        let file = File::open(&leads).map_err(disk::failed("open", &leads))?;
        Self::over_file(dir, file, organisations, Arc::new(SystemEntropy), None)
    }

    /// Whether a directory has a vault, sound or not.
    pub fn exists(dir: &Path) -> bool {
        [LEADS_FILE, ORGANISATIONS_FILE].iter().any(|name| dir.join(name).exists())
    }

    /// A sealing vault that lives in memory only, for tests and simulations.
    pub fn in_memory(entropy: Arc<dyn Entropy>) -> Self {
        Self::in_memory_with(entropy, VaultOptions { sealing: true })
    }

    /// Like [`Self::in_memory`], with options.
    pub fn in_memory_with(entropy: Arc<dyn Entropy>, options: VaultOptions) -> Self {
        let header = new_header(&*entropy, options);
        Self {
            slots: Box::new(MemorySlots::default()),
            count: AtomicU32::new(0),
            writer: Mutex::new(Writer::Ready),
            organisations: Organisations::in_memory(header),
            entropy,
            sealing: options.sealing,
            leads_file: Path::new("(memory)").join(LEADS_FILE),
            organisations_file: Path::new("(memory)").join(ORGANISATIONS_FILE),
            _lock: None,
        }
    }

    fn open_or_create(
        dir: &Path,
        entropy: Arc<dyn Entropy>,
        options: Option<VaultOptions>,
    ) -> Result<Self, VaultError> {
        disk::make_directory(dir)?;
        let lock = disk::lock(&dir.join(LOCK_FILE))?;
        let (leads, organisations) = (dir.join(LEADS_FILE), dir.join(ORGANISATIONS_FILE));
        disk::remove_aside(&leads)?;
        disk::remove_aside(&organisations)?;
        if !disk::exists(&leads)? {
            create_files(&leads, &organisations, &*entropy, options)?;
        } else if !disk::exists(&organisations)? {
            return Err(VaultError::Missing { file: organisations });
        }
        let organisations = Organisations::open(&organisations)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&leads)
            .map_err(disk::failed("open", &leads))?;
        // What a process wrote before it was killed may not be on disk yet. From here on, what can
        // be read is on disk: an erased slot that is seen needs no second sync.
        file.sync_all().map_err(disk::not_durable(&leads))?;
        let vault = Self::over_file(dir, file, organisations, entropy, Some(lock))?;
        match options {
            Some(options) if options.sealing != vault.sealing => {
                Err(VaultError::SealingDiffers { file: leads, recorded: vault.sealing })
            }
            Some(_) | None => Ok(vault),
        }
    }

    fn over_file(
        dir: &Path,
        file: File,
        organisations: Organisations,
        entropy: Arc<dyn Entropy>,
        lock: Option<disk::WriterLock>,
    ) -> Result<Self, VaultError> {
        let (leads_file, organisations_file) = (dir.join(LEADS_FILE), dir.join(ORGANISATIONS_FILE));
        let unsound =
            |reason: &str| VaultError::Unsound { file: leads_file.clone(), reason: reason.into() };
        let length = file.metadata().map_err(disk::failed("measure", &leads_file))?.len();
        let after_header = length
            .checked_sub(SLOT_BYTES as u64)
            .ok_or_else(|| unsound("it is shorter than a header"))?;
        let mut header = [0; SLOT_BYTES];
        file.read_exact_at(&mut header, 0).map_err(disk::failed("read", &leads_file))?;
        let header = Header::decode(FileKind::Leads, &header, &leads_file)?;
        if header.vault != organisations.header().vault {
            return Err(VaultError::Mixed { file: organisations_file, sister: leads_file });
        }
        // A crash in the middle of making keys may leave part of a slot at the end. Nobody was
        // given that key: it is not counted, and the next key goes over it.
        let count = u32::try_from(after_header / SLOT_BYTES as u64)
            .map_err(|_| unsound("it has more slots than can be numbered"))?;
        let writer = if lock.is_some() { Writer::Ready } else { Writer::ReadOnly };
        Ok(Self {
            slots: Box::new(FileSlots(file)),
            count: AtomicU32::new(count),
            writer: Mutex::new(writer),
            organisations,
            entropy,
            sealing: header.sealing,
            leads_file,
            organisations_file,
            _lock: lock,
        })
    }
}

/// Makes both files. The leads' file comes last: only with it is there a vault.
fn create_files(
    leads: &Path,
    organisations: &Path,
    entropy: &dyn Entropy,
    options: Option<VaultOptions>,
) -> Result<(), VaultError> {
    // An empty one may be left by a crash between the two. One with keys says that the leads'
    // file was lost, and with it the keys of every lead.
    if disk::exists(organisations)? && !Organisations::open(organisations)?.is_empty() {
        return Err(VaultError::Missing { file: leads.into() });
    }
    let header = new_header(entropy, options.unwrap_or(VaultOptions { sealing: true }));
    Organisations::create(organisations, header)?;
    disk::replace(leads, &header.encode(FileKind::Leads))
}

pub(crate) fn new_header(entropy: &dyn Entropy, options: VaultOptions) -> Header {
    let mut vault = [0; 16];
    entropy.fill(&mut vault);
    Header { vault: Uuid::from_bytes(vault), sealing: options.sealing, entries: 0, slots: 0 }
}
