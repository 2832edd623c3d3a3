//! The files of a running server in its data directory, by which programs of the same user find it
//! and know it: `admin-url`, `admin-token` and, when it speaks TLS, `admin-cert`.
//!
//! A certificate of a public name does not fit `127.0.0.1`, and one that the server's owner made
//! alone is signed by nobody this machine knows. Both are known all the same when they are, byte for
//! byte, the one in `admin-cert`: only the server's user can write that file.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};

/// The file with the URL of the server of a data directory: one line.
pub fn url_file(data_dir: &Path) -> PathBuf {
    data_dir.join("admin-url")
}

/// The file with the word that the operator's routes want to hear: one line.
pub fn token_file(data_dir: &Path) -> PathBuf {
    data_dir.join("admin-token")
}

/// The file with the certificate that the server shows now, in PEM. Not there without TLS.
pub fn certificate_file(data_dir: &Path) -> PathBuf {
    data_dir.join("admin-cert")
}

/// TLS 1.2 and 1.3 towards a server that shows a certificate of these roots for the name it is asked
/// by, or the very certificate in this file. The file is read with each new connection: a server
/// that is given another certificate is known by that one from then on.
///
/// # Errors
///
/// What rustls says of the roots.
pub fn tls_client(
    roots: RootCertStore,
    known_certificate: Option<PathBuf>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trusted = if roots.is_empty() {
        None
    } else {
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        Some(builder.build().map_err(|error| Error::General(error.to_string()))?)
    };
    let verifier = Verifier { known_certificate, trusted, provider: Arc::clone(&provider) };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Whether what is sent to a place of this scheme and host leaves the machine, and is not encrypted.
/// An IPv6 address is in brackets, as in a URL.
pub fn goes_in_clear(scheme: &str, host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost"
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    scheme != "https" && !is_here
}

/// Knows a server by its very certificate, or by who signed it.
#[derive(Debug)]
struct Verifier {
    known_certificate: Option<PathBuf>,
    /// `None` without roots.
    trusted: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    /// Whether it is the certificate in the file. No file, or one that is none, knows nobody.
    fn is_known(&self, shown: &CertificateDer<'_>) -> bool {
        let text = self.known_certificate.as_ref().and_then(|file| fs::read(file).ok());
        let known = text.and_then(|text| CertificateDer::from_pem_slice(&text).ok());
        known.is_some_and(|known| known.as_ref() == shown.as_ref())
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.is_known(end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        let Some(trusted) = &self.trusted else {
            return Err(Error::InvalidCertificate(CertificateError::UnknownIssuer));
        };
        trusted.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    // Whoever shows a certificate must have its key: that is checked in either case.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
        thread,
    };

    use rcgen::{CertificateParams, CertifiedKey, KeyPair};
    use rustls::{
        ClientConnection, ServerConfig, ServerConnection, Stream,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
        sign,
    };

    use super::*;

    /// A certificate that no root signed, for a name nobody asks for.
    fn made() -> CertifiedKey<KeyPair> {
        rcgen::generate_simple_self_signed(["calls.example.com".to_owned()]).unwrap()
    }

    /// Whether a client with this configuration takes a server that shows this certificate and signs
    /// with this key, whether they belong together or not.
    fn takes(client: ClientConfig, shown: &rcgen::Certificate, key: &KeyPair) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = provider.key_provider.load_private_key(key).unwrap();
        let pair = sign::CertifiedKey::new(vec![shown.der().clone()], key);
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(sign::SingleCertAndKey::from(pair)));
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
            // The client may turn away.
            let _ = Stream::new(&mut connection, &mut socket).write_all(b"hello");
        });
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut connection = ClientConnection::new(Arc::new(client), name).unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        let mut heard = [0; 5];
        let taken = Stream::new(&mut connection, &mut socket).read_exact(&mut heard).is_ok();
        drop(socket);
        server.join().unwrap();
        taken
    }

    #[test]
    fn the_certificate_in_the_file_is_known_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let file = certificate_file(dir.path());
        let (ours, other) = (made(), made());
        let client = || tls_client(RootCertStore::empty(), Some(file.clone())).unwrap();
        assert!(!takes(client(), &ours.cert, &ours.signing_key), "there is no file yet");
        fs::write(&file, ours.cert.pem()).unwrap();
        assert!(takes(client(), &ours.cert, &ours.signing_key));
        assert!(!takes(client(), &other.cert, &other.signing_key));
        // One and the same client goes with the file.
        let client = client();
        fs::write(&file, other.cert.pem()).unwrap();
        assert!(takes(client.clone(), &other.cert, &other.signing_key));
        assert!(!takes(client, &ours.cert, &ours.signing_key));
    }

    #[test]
    fn a_known_certificate_without_its_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = certificate_file(dir.path());
        let ours = made();
        fs::write(&file, ours.cert.pem()).unwrap();
        let client = tls_client(RootCertStore::empty(), Some(file)).unwrap();
        assert!(!takes(client, &ours.cert, &KeyPair::generate().unwrap()));
    }

    #[test]
    fn who_signed_counts_too_but_only_for_the_name_that_is_asked() {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = authority.self_signed(&authority_key).unwrap();
        let issuer = rcgen::Issuer::new(authority, authority_key);
        let mut roots = RootCertStore::empty();
        roots.add(root.der().clone()).unwrap();
        let key = KeyPair::generate().unwrap();
        for (name, taken) in [("127.0.0.1", true), ("calls.example.com", false)] {
            let shown = CertificateParams::new([name.to_owned()]).unwrap();
            let shown = shown.signed_by(&key, &issuer).unwrap();
            let client = tls_client(roots.clone(), None).unwrap();
            assert_eq!(takes(client, &shown, &key), taken, "{name}");
        }
    }

    #[test]
    fn only_what_leaves_the_machine_unencrypted_goes_in_clear() {
        for (scheme, host, in_clear) in [
            ("http", "127.0.0.1", false),
            ("http", "localhost", false),
            ("http", "[::1]", false),
            ("https", "calls.example.com", false),
            ("http", "calls.example.com", true),
            ("http", "10.0.0.7", true),
            ("http", "localhost.example.com", true),
        ] {
            assert_eq!(goes_in_clear(scheme, host), in_clear, "{scheme}://{host}");
        }
    }
}
