//! Where the server may listen.

use std::net::{SocketAddr, ToSocketAddrs as _};

/// An address that must not, or cannot, be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenRefused {
    /// Others can reach it.
    #[error(
        "refused to listen on {listen}: others can reach {address} and there are no API keys, so \
         anybody could place calls; listen on 127.0.0.1 instead"
    )]
    Exposed {
        /// As it was written.
        listen: String,
        /// The address it stands for.
        address: SocketAddr,
    },
    /// It is no address.
    #[error("`{listen}` is not an address to listen on, such as 127.0.0.1:8080")]
    NotAnAddress {
        /// As it was written.
        listen: String,
        /// What the resolver said.
        #[source]
        source: std::io::Error,
    },
}

/// Says whether the server may listen on `host:port`. There are no API keys, so it must be an
/// address of this machine alone, whatever it resolves to.
///
/// # Errors
///
/// [`ListenRefused`], with what to do instead.
pub fn check_listen(listen: &str) -> Result<(), ListenRefused> {
    let addresses = listen
        .to_socket_addrs()
        .map_err(|source| ListenRefused::NotAnAddress { listen: listen.into(), source })?;
    for address in addresses {
        if !address.ip().to_canonical().is_loopback() {
            return Err(ListenRefused::Exposed { listen: listen.into(), address });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_only_this_machine_is_answered() {
        for listen in ["127.0.0.1:8080", "127.9.9.9:1", "[::1]:8080", "localhost:0"] {
            assert!(check_listen(listen).is_ok(), "{listen}");
        }
        for listen in ["0.0.0.0:8080", "192.168.1.7:80", "[::]:8080"] {
            let refused = check_listen(listen).unwrap_err();
            assert!(refused.to_string().contains("API keys"), "{refused}");
        }
    }

    #[test]
    fn what_is_no_address_is_told() {
        for listen in ["8080", "127.0.0.1", "127.0.0.1:99999", ""] {
            let refused = check_listen(listen).unwrap_err();
            assert!(matches!(refused, ListenRefused::NotAnAddress { .. }), "{refused}");
        }
    }
}
