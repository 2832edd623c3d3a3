//! Where the server may listen, and what for: nobody but this machine, or others with a key over an
//! encrypted connection.

use std::net::{SocketAddr, ToSocketAddrs as _};

/// An address that must not, or cannot, be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenRefused {
    /// Others can reach it, and what they send could be read on the way.
    #[error(
        "refused to listen on {listen}: others can reach {address}, and without TLS keys and phone \
         numbers would go over the network in clear; set server.tls_cert_path and \
         server.tls_key_path, or server.behind_proxy = true where a proxy in front encrypts, or \
         listen on 127.0.0.1"
    )]
    InClear {
        /// As it was written.
        listen: String,
        /// The address it stands for.
        address: SocketAddr,
    },
    /// Others can reach it, and there is no key that they would have to bring.
    #[error(
        "refused to listen on {listen}: others can reach it and there is no live API key, so anybody \
         could place calls; `branchline keys create --name first --scope admin` makes one in this \
         data directory, or listen on 127.0.0.1 without server.behind_proxy"
    )]
    NoKeys {
        /// As it was written.
        listen: String,
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

/// Who can reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Who sits at this machine.
    ThisMachine,
    /// Others too: [`check_keys`] says whether they may.
    Others,
}

/// Says whether the server may listen on `host:port`, and who can reach it there, whatever the name
/// resolves to. `encrypts` is whether it speaks TLS itself; `behind_proxy` whether a proxy passes
/// the requests of others on, which then encrypts.
///
/// # Errors
///
/// [`ListenRefused`], with what to do instead.
pub fn check_listen(
    listen: &str,
    encrypts: bool,
    behind_proxy: bool,
) -> Result<Reach, ListenRefused> {
    let addresses = listen
        .to_socket_addrs()
        .map_err(|source| ListenRefused::NotAnAddress { listen: listen.into(), source })?;
    let mut reach = if behind_proxy { Reach::Others } else { Reach::ThisMachine };
    for address in addresses {
        if address.ip().to_canonical().is_loopback() {
            continue;
        }
        reach = Reach::Others;
        if !encrypts && !behind_proxy {
            return Err(ListenRefused::InClear { listen: listen.into(), address });
        }
    }
    Ok(reach)
}

/// Says whether the server may be reached so with this many live keys.
///
/// # Errors
///
/// [`ListenRefused::NoKeys`], with the command that makes the first one.
pub fn check_keys(listen: &str, reach: Reach, live_keys: usize) -> Result<(), ListenRefused> {
    match reach {
        Reach::Others if live_keys == 0 => Err(ListenRefused::NoKeys { listen: listen.into() }),
        Reach::ThisMachine | Reach::Others => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_answered_without_keys_and_without_tls() {
        for listen in ["127.0.0.1:8080", "127.9.9.9:1", "[::1]:8080", "localhost:0"] {
            let reach = check_listen(listen, false, false).unwrap();
            assert_eq!(reach, Reach::ThisMachine, "{listen}");
            assert!(check_keys(listen, reach, 0).is_ok());
        }
    }

    #[test]
    fn others_are_answered_with_a_key_over_tls_or_a_proxy() {
        for listen in ["0.0.0.0:8080", "192.168.1.7:80", "[::]:8080"] {
            let refused = check_listen(listen, false, false).unwrap_err().to_string();
            assert!(refused.contains("tls_cert_path") && refused.contains("behind_proxy"));
            for (encrypts, behind_proxy) in [(true, false), (false, true)] {
                let reach = check_listen(listen, encrypts, behind_proxy).unwrap();
                assert_eq!(reach, Reach::Others, "{listen}");
                let refused = check_keys(listen, reach, 0).unwrap_err().to_string();
                assert!(refused.contains("branchline keys create"), "{refused}");
                assert!(check_keys(listen, reach, 1).is_ok());
            }
        }
        // A proxy on this machine brings others to it.
        assert_eq!(check_listen("127.0.0.1:80", false, true).unwrap(), Reach::Others);
    }

    #[test]
    fn what_is_no_address_is_told() {
        for listen in ["8080", "127.0.0.1", "127.0.0.1:99999", ""] {
            let refused = check_listen(listen, true, true).unwrap_err();
            assert!(matches!(refused, ListenRefused::NotAnAddress { .. }), "{refused}");
        }
    }
}
