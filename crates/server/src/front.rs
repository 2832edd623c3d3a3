//! The socket that the server listens on, and the certificate that it shows there.

use std::{
    convert::Infallible,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, bail};
use branchline_engine::api_keys::ApiKeys;
use branchline_http_api::{
    Reach, check_keys, check_listen,
    tls::{Certificate, Tls, TlsFiles},
};
use tokio::time::MissedTickBehavior;

use crate::{
    config::{Config, ServerConfig},
    operator::Access,
    signals::Hangups,
};

/// How often the files of certificate and key are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A certificate that ends within this time is spoken of, once a day. Renewal by ACME is due a month
/// before the end, so something is wrong by then.
pub(crate) const EXPIRY_NOTICE: Duration = Duration::from_hours(14 * 24);
const DAY: Duration = Duration::from_hours(24);

/// Where requests come in.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<Tls>,
    reach: Reach,
    /// As it was written.
    listen: String,
    address: SocketAddr,
}

impl Front {
    /// Takes the address and reads the certificate before anything slow happens, so that what is
    /// wrong is told at once.
    pub(crate) fn open(config: &Config) -> anyhow::Result<Self> {
        let listen = &config.server.listen;
        let server = &config.server;
        let reach = check_listen(listen, server.tls_is_on(), server.behind_proxy)?;
        let tls = tls_files(&config.server)?
            .map(Tls::open)
            .transpose()
            .context("server.tls_cert_path and server.tls_key_path")?;
        let listener = TcpListener::bind(listen).with_context(|| {
            format!("cannot listen on {listen}; another address can be given with --listen")
        })?;
        listener.set_nonblocking(true).context("the listener cannot be used")?;
        let address = listener.local_addr()?;
        Ok(Self { listener, tls, reach, listen: listen.clone(), address })
    }

    /// Says whether it may be reached so with this many live keys, and where nobody needs one.
    pub(crate) fn check_keys(&self, keys: &ApiKeys) -> anyhow::Result<()> {
        check_keys(&self.listen, self.reach, keys.live())?;
        if !keys.are_required() {
            tracing::warn!(
                "there are no API keys: whoever sits at this machine may do everything; `branchline \
                 keys create` makes the first one, and from then on every request needs one"
            );
        }
        Ok(())
    }

    /// Where a program of this machine finds it.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", reachable(self.address))
    }
}

/// An address that can be connected to: a server on all addresses is on this machine's own too.
pub(crate) fn reachable(mut listening: SocketAddr) -> SocketAddr {
    if listening.ip().is_unspecified() {
        listening.set_ip(match listening {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    listening
}

/// Where certificate and key lie; `None` without TLS.
///
/// # Errors
///
/// When only one of them is named.
pub(crate) fn tls_files(config: &ServerConfig) -> anyhow::Result<Option<TlsFiles>> {
    let (certificate, key) = (&config.tls_cert_path, &config.tls_key_path);
    if config.tls_is_on() {
        return Ok(Some(TlsFiles {
            certificate: certificate.clone(),
            key: key.clone(),
            handshake_timeout: Duration::from_secs(config.tls_handshake_timeout_s),
            hsts_max_age_s: config.tls_hsts_max_age_s,
        }));
    }
    if !certificate.as_os_str().is_empty() {
        bail!("server.tls_cert_path is set and server.tls_key_path is not");
    }
    if !key.as_os_str().is_empty() {
        bail!("server.tls_key_path is set and server.tls_cert_path is not");
    }
    Ok(None)
}

/// Looks at certificate and key every ten seconds, and when the service manager says so; uses what is
/// new. Never ends.
pub(crate) async fn keep_certificate_fresh(
    tls: Tls,
    access: &Access,
    mut hangups: Hangups,
) -> Infallible {
    notice_expiry(&tls.certificate(), SystemTime::now());
    let mut told_at = SystemTime::now();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let asked = tokio::select! {
            _ = ticks.tick() => false,
            () = hangups.next() => true,
        };
        match tls.changed() {
            Ok(None) if asked => tracing::info!("the TLS certificate is what it was"),
            Ok(None) => {}
            Ok(Some(pair)) => {
                // First for those who know the server by it, then for those who connect.
                if let Err(error) = access.show_certificate(&pair.certificate().der) {
                    tracing::warn!("{error:#}");
                }
                let certificate = pair.certificate().clone();
                tls.switch(pair);
                tracing::info!(names = ?certificate.names, "a new TLS certificate is in use");
                notice_expiry(&certificate, SystemTime::now());
                told_at = SystemTime::now();
            }
            Err(error) => {
                let error = anyhow::Error::new(error);
                tracing::error!("{error:#}; the TLS certificate before it stays in use");
            }
        }
        let now = SystemTime::now();
        if now.duration_since(told_at).is_ok_and(|since| since >= DAY) {
            notice_expiry(&tls.certificate(), now);
            told_at = now;
        }
    }
}

/// Says when a certificate is not valid, or not much longer.
fn notice_expiry(certificate: &Certificate, now: SystemTime) {
    match Validity::of(certificate, now) {
        Validity::Good { .. } => {}
        Validity::EndsIn(left) => tracing::warn!(
            names = ?certificate.names,
            "the TLS certificate ends in {} days; renew it",
            left.as_secs() / DAY.as_secs()
        ),
        Validity::Ended => tracing::error!(
            names = ?certificate.names,
            "the TLS certificate has ended, and clients refuse it; renew it"
        ),
        Validity::NotYet => tracing::error!(
            names = ?certificate.names,
            "the TLS certificate is not valid yet, and clients refuse it; is the clock right?"
        ),
    }
}

/// How a certificate stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    /// For this long.
    Good {
        left: Duration,
    },
    /// For so little that somebody should do something.
    EndsIn(Duration),
    Ended,
    NotYet,
}

impl Validity {
    pub(crate) fn of(certificate: &Certificate, now: SystemTime) -> Self {
        if now < certificate.not_before {
            return Self::NotYet;
        }
        match certificate.not_after.duration_since(now) {
            Err(_) => Self::Ended,
            Ok(left) if left < EXPIRY_NOTICE => Self::EndsIn(left),
            Ok(left) => Self::Good { left },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_found_on_this_machines_own() {
        for (listening, found) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("192.168.1.7:80", "192.168.1.7:80"),
        ] {
            let listening: SocketAddr = listening.parse().unwrap();
            assert_eq!(reachable(listening).to_string(), found);
        }
    }

    #[test]
    fn a_certificate_is_spoken_of_when_it_is_not_valid_or_not_much_longer() {
        let now = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        let standing = |from: u32, until: u32| {
            let (not_before, not_after) =
                (SystemTime::UNIX_EPOCH + from * DAY, SystemTime::UNIX_EPOCH + until * DAY);
            let der = Vec::new().into();
            Validity::of(&Certificate { der, names: Vec::new(), not_before, not_after }, now)
        };
        assert_eq!(standing(19_990, 20_080), Validity::Good { left: 80 * DAY });
        assert_eq!(standing(19_990, 20_013), Validity::EndsIn(13 * DAY));
        assert_eq!(standing(19_990, 19_999), Validity::Ended);
        assert_eq!(standing(20_001, 20_080), Validity::NotYet);
    }

    #[test]
    fn a_certificate_without_its_key_and_a_key_without_its_certificate_are_told() {
        let mut server = Config::load(None).unwrap().server;
        assert!(tls_files(&server).unwrap().is_none());
        server.tls_cert_path = "cert.pem".into();
        assert!(tls_files(&server).unwrap_err().to_string().contains("tls_key_path is not"));
        server.tls_key_path = "key.pem".into();
        assert!(tls_files(&server).unwrap().is_some());
        server.tls_cert_path = "".into();
        assert!(tls_files(&server).unwrap_err().to_string().contains("tls_cert_path is not"));
    }
}
