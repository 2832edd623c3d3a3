//! Looks names up, and keeps only addresses that a request may go to.
//!
//! The check stands between the lookup and the connection, so a name that changes its addresses
//! in between (DNS rebinding) gains nothing.

use std::net::{IpAddr, SocketAddr};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use crate::addresses::is_public;

/// A request would have gone to our own network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the host has only private, local or special addresses; \
     set applications.allow_private_addresses if requests may go there"
)]
pub(crate) struct PrivateAddress;

/// Which addresses a request may go to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    pub(crate) allow_private_addresses: bool,
}

impl Reach {
    fn takes(self, address: IpAddr) -> bool {
        self.allow_private_addresses || is_public(address)
    }

    /// A host that is an address is never looked up, so it is judged here.
    pub(crate) fn check(self, url: &Url) -> Result<(), PrivateAddress> {
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match literal {
            Ok(address) if !self.takes(address) => Err(PrivateAddress),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.filter(|found| reach.takes(found.ip())).collect();
            if found.is_empty() {
                return Err(PrivateAddress.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_judged_however_it_is_spelt() {
        let public = Reach { allow_private_addresses: false };
        for url in [
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://10.0.0.1:8080/",
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(public.check(&url), Err(PrivateAddress), "{url}");
            assert_eq!(Reach { allow_private_addresses: true }.check(&url), Ok(()));
        }
        for url in ["http://1.1.1.1/", "https://[2606:4700::1111]/", "https://example.com/"] {
            assert_eq!(public.check(&Url::parse(url).unwrap()), Ok(()), "{url}");
        }
    }
}
