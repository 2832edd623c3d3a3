//! TLS of the server's own socket: a certificate and its key in two PEM files, which may be replaced
//! while the server runs.
//!
//! [`Tls::changed`] looks at the files, [`Tls::switch`] uses what it found for new connections; those
//! that are open go on as they are. A pair that cannot be used changes nothing.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use actix_web::http::header::HeaderValue;
use rustls::{
    ServerConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use sha2::{Digest as _, Sha256};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

/// Longest file that is read. A chain of certificates has a few kilobytes. Unit: bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Where certificate and key lie, and how connections are begun with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate and those between it and a root, in PEM, in this order.
    pub certificate: PathBuf,
    /// The key of the first certificate, in PEM, not encrypted.
    pub key: PathBuf,
    /// Longest time until a connection is encrypted.
    pub handshake_timeout: Duration,
    /// How long browsers ask this host over TLS only, after any answer. Unit: seconds. Zero: not said.
    pub hsts_max_age_s: u64,
}

/// Why a certificate and a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// One of the files cannot be read.
    #[error("cannot read {}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is no PEM file with {wanted}: {reason}", file.display())]
    NotPem {
        /// Which.
        file: PathBuf,
        /// What should be in it.
        wanted: &'static str,
        /// What was found instead.
        reason: String,
    },
    /// The key is of another certificate, or of a kind that is not known.
    #[error(
        "the key in {} is not usable with the certificate in {}",
        key.display(), certificate.display()
    )]
    NoPair {
        /// Where the certificate lies.
        certificate: PathBuf,
        /// Where the key lies.
        key: PathBuf,
        /// What rustls said.
        #[source]
        source: rustls::Error,
    },
    /// The library of ciphers takes none of the protocol versions.
    #[error("TLS cannot be set up")]
    Library(#[from] rustls::Error),
}

/// What is told of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The whole of it, in DER.
    pub der: CertificateDer<'static>,
    /// DNS names and addresses that it is for.
    pub names: Vec<String>,
    /// Before this moment clients refuse it.
    pub not_before: SystemTime,
    /// After this moment clients refuse it.
    pub not_after: SystemTime,
}

/// A certificate and its key that can be used.
#[derive(Debug)]
pub struct Pair {
    certified: Arc<CertifiedKey>,
    certificate: Certificate,
    /// Of both files, to see when they change. The key itself is kept only where it is used.
    digest: [u8; 32],
}

impl Pair {
    /// Reads both files.
    ///
    /// # Errors
    ///
    /// [`TlsError`], which names the file.
    pub fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        Self::of(files, &Texts::read(files)?, &ring())
    }

    fn of(files: &TlsFiles, texts: &Texts, provider: &CryptoProvider) -> Result<Self, TlsError> {
        let not_pem = |file: &Path, wanted, reason: String| TlsError::NotPem {
            file: file.to_owned(),
            wanted,
            reason,
        };
        let chain = CertificateDer::pem_slice_iter(&texts.certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| not_pem(&files.certificate, "certificates", told(&error)))?;
        let Some(first) = chain.first().cloned() else {
            let reason = "there is no certificate in it".to_owned();
            return Err(not_pem(&files.certificate, "certificates", reason));
        };
        let certificate = Certificate::of(first)
            .map_err(|reason| not_pem(&files.certificate, "certificates", reason))?;
        let key = PrivateKeyDer::from_pem_slice(&texts.key)
            .map_err(|error| not_pem(&files.key, "an unencrypted private key", told(&error)))?;
        let certified = CertifiedKey::from_der(chain, key, provider).map_err(|source| {
            let (certificate, key) = (files.certificate.clone(), files.key.clone());
            TlsError::NoPair { certificate, key, source }
        })?;
        let certified = Arc::new(certified);
        Ok(Self { certified, certificate, digest: texts.digest() })
    }

    /// What clients are shown.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

/// What is wrong with a PEM file, without what is in it.
fn told(error: &pem::Error) -> String {
    if matches!(error, pem::Error::NoItemsFound) {
        return "there is none in it".to_owned();
    }
    error.to_string()
}

impl Certificate {
    /// # Errors
    ///
    /// Why it is no certificate.
    fn of(der: CertificateDer<'static>) -> Result<Self, String> {
        let (_, parsed) = parse_x509_certificate(&der).map_err(|error| error.to_string())?;
        let alternatives = parsed.subject_alternative_name().map_err(|error| error.to_string())?;
        let names = alternatives.map(|found| found.value.general_names.as_slice());
        let names = names.unwrap_or_default().iter().filter_map(shown).collect();
        let time = |seconds: i64| {
            let since = Duration::from_secs(seconds.unsigned_abs());
            let epoch = SystemTime::UNIX_EPOCH;
            if seconds < 0 { epoch.checked_sub(since) } else { epoch.checked_add(since) }
                .ok_or_else(|| "its time of validity is no time".to_owned())
        };
        let not_before = time(parsed.validity().not_before.timestamp())?;
        let not_after = time(parsed.validity().not_after.timestamp())?;
        Ok(Self { der, names, not_before, not_after })
    }
}

/// A name that a certificate is for, if it is one that a server has.
fn shown(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::DNSName(name) = name {
        return Some((*name).to_owned());
    }
    let GeneralName::IPAddress(bytes) = name else { return None };
    let four = <[u8; 4]>::try_from(*bytes).map(std::net::IpAddr::from);
    let address = four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(std::net::IpAddr::from));
    address.ok().map(|address| address.to_string())
}

/// Both files as they are now.
struct Texts {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Texts {
    fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let read = |file: &PathBuf| -> Result<_, TlsError> {
            let mut text = Vec::new();
            File::open(file)
                .and_then(|opened| opened.take(FILE_BYTES_MAX).read_to_end(&mut text))
                .map_err(|source| TlsError::Unreadable { file: file.clone(), source })?;
            Ok(text)
        };
        Ok(Self { certificate: read(&files.certificate)?, key: read(&files.key)? })
    }

    fn digest(&self) -> [u8; 32] {
        let mut sha = Sha256::new();
        sha.update(self.certificate.len().to_be_bytes());
        sha.update(&self.certificate);
        sha.update(&self.key);
        sha.finalize().into()
    }
}

/// TLS of a server. Clones are one and the same.
#[derive(Clone, Debug)]
pub struct Tls {
    files: Arc<TlsFiles>,
    provider: Arc<CryptoProvider>,
    current: Arc<Current>,
    /// What the last look at the files found, so that a broken pair is told once.
    seen: Arc<Mutex<Option<[u8; 32]>>>,
    /// `Strict-Transport-Security` (RFC 6797) of every answer.
    hsts: Option<HeaderValue>,
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    ///
    /// [`TlsError`], which names the file.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = ring();
        let pair = Pair::of(&files, &Texts::read(&files)?, &provider)?;
        let seen = Arc::new(Mutex::new(Some(pair.digest)));
        let current = Arc::new(Current(RwLock::new(Arc::new(pair))));
        let hsts = Some(files.hsts_max_age_s)
            .filter(|&seconds| seconds > 0)
            .and_then(|seconds| HeaderValue::try_from(format!("max-age={seconds}")).ok());
        Ok(Self { files: Arc::new(files), provider, current, seen, hsts })
    }

    /// What clients are shown.
    pub fn certificate(&self) -> Certificate {
        self.current.pair().certificate.clone()
    }

    /// Where certificate and key lie.
    pub fn files(&self) -> &TlsFiles {
        &self.files
    }

    /// A usable pair in the files, when they are not what they were at the last look.
    ///
    /// # Errors
    ///
    /// [`TlsError`] when what is new cannot be used; told once, until the files change again.
    pub fn changed(&self) -> Result<Option<Pair>, TlsError> {
        let texts = Texts::read(&self.files);
        let digest = texts.as_ref().ok().map(Texts::digest);
        let before = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *seen, digest)
        };
        if before == digest {
            return Ok(None);
        }
        Pair::of(&self.files, &texts?, &self.provider).map(Some)
    }

    /// Shows this certificate to whoever connects from now on.
    pub fn switch(&self, pair: Pair) {
        let mut current = self.current.0.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(pair);
    }

    /// TLS 1.2 and 1.3 with whatever pair is current.
    ///
    /// # Errors
    ///
    /// [`TlsError::Library`].
    pub(crate) fn server_config(&self) -> Result<ServerConfig, TlsError> {
        Ok(ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>))
    }

    /// The header `Strict-Transport-Security` of every answer, unless it is switched off.
    pub(crate) fn strict_transport_security(&self) -> Option<HeaderValue> {
        self.hsts.clone()
    }
}

/// ring, which builds without cmake and nasm.
fn ring() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The pair that new connections get.
#[derive(Debug)]
struct Current(RwLock<Arc<Pair>>);

impl Current {
    fn pair(&self) -> Arc<Pair> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.pair().certified))
    }
}

#[cfg(test)]
mod tests {
    use std::{error::Error as _, fs};

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    struct Place {
        dir: tempfile::TempDir,
        files: TlsFiles,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let files = TlsFiles {
                certificate: dir.path().join("cert.pem"),
                key: dir.path().join("key.pem"),
                handshake_timeout: Duration::from_secs(5),
                hsts_max_age_s: 0,
            };
            Self { dir, files }
        }

        /// Puts a new pair there for this name.
        fn make(&self, name: &str) -> rcgen::Certificate {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new([name.to_owned(), "10.0.0.7".into()]).unwrap();
            params.not_before = date_time_ymd(2026, 1, 1);
            params.not_after = date_time_ymd(2027, 1, 1);
            let made = params.self_signed(&key).unwrap();
            fs::write(&self.files.certificate, made.pem()).unwrap();
            fs::write(&self.files.key, key.serialize_pem()).unwrap();
            made
        }
    }

    #[test]
    fn what_a_certificate_is_for_and_until_when_is_told() {
        let place = Place::new();
        let made = place.make("calls.example.com");
        let told = Pair::read(&place.files).unwrap().certificate;
        assert_eq!(&told.der, made.der());
        assert_eq!(told.names, ["calls.example.com", "10.0.0.7"]);
        let days = |time: SystemTime| {
            time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 86_400
        };
        assert_eq!((days(told.not_before), days(told.not_after)), (20_454, 20_819));
    }

    #[test]
    fn a_new_pair_is_found_once_and_used_when_it_is_switched_to() {
        let place = Place::new();
        let first = place.make("one.example.com");
        let tls = Tls::open(place.files.clone()).unwrap();
        assert!(tls.changed().unwrap().is_none());
        let second = place.make("two.example.com");
        let found = tls.changed().unwrap().unwrap();
        assert!(tls.changed().unwrap().is_none(), "found once");
        assert_eq!(&tls.certificate().der, first.der(), "not yet");
        tls.switch(found);
        assert_eq!(&tls.certificate().der, second.der());
    }

    #[test]
    fn a_broken_pair_is_told_once_and_the_one_before_stays() {
        let place = Place::new();
        let first = place.make("one.example.com");
        let key_of_first = fs::read(&place.files.key).unwrap();
        let tls = Tls::open(place.files.clone()).unwrap();
        place.make("two.example.com");
        // As a renewal looks in its middle: one file is new, the other is not.
        fs::write(&place.files.key, key_of_first).unwrap();
        let told = tls.changed().unwrap_err().to_string();
        assert!(told.contains("cert.pem") && told.contains("key.pem"), "{told}");
        assert!(tls.changed().unwrap().is_none(), "told once");
        fs::remove_file(&place.files.key).unwrap();
        let error = tls.changed().unwrap_err();
        assert!(error.to_string().contains("key.pem") && error.source().is_some(), "{error}");
        assert!(tls.changed().unwrap().is_none(), "told once");
        assert_eq!(&tls.certificate().der, first.der());
        place.make("three.example.com");
        assert!(tls.changed().unwrap().is_some());
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_by_its_name_and_without_its_text() {
        let place = Place::new();
        place.make("one.example.com");
        let (certificate, key) = (&place.files.certificate, &place.files.key);
        let right = fs::read_to_string(certificate).unwrap();
        for (text, wanted) in [
            (String::new(), "no certificate in it"),
            ("not PEM, and secret-4711".to_owned(), "no certificate in it"),
            (right.replace("MII", "M?I"), "cert.pem"),
            (right.replace("-----END CERTIFICATE-----", ""), "cert.pem"),
        ] {
            fs::write(certificate, &text).unwrap();
            let told = Tls::open(place.files.clone()).unwrap_err().to_string();
            assert!(told.contains(wanted) && !told.contains("4711"), "{told}");
        }
        fs::write(certificate, &right).unwrap();
        let secret = fs::read_to_string(key).unwrap();
        for text in [right, secret.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")] {
            fs::write(key, text).unwrap();
            let told = Tls::open(place.files.clone()).unwrap_err().to_string();
            assert!(told.contains("key.pem") && told.contains("unencrypted"), "{told}");
        }
        assert!(place.dir.path().exists());
    }

    #[test]
    fn strict_transport_is_said_unless_it_is_switched_off() {
        let place = Place::new();
        place.make("one.example.com");
        let said = |hsts_max_age_s| {
            let files = TlsFiles { hsts_max_age_s, ..place.files.clone() };
            Tls::open(files).unwrap().strict_transport_security()
        };
        assert_eq!(said(0), None);
        assert_eq!(said(60).unwrap(), "max-age=60");
    }
}
