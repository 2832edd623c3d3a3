//! The address: whether it may be listened on, and whether it is free.

use std::{
    fs,
    io::{Error as IoError, ErrorKind},
    net::{SocketAddr, TcpListener, ToSocketAddrs as _},
    path::Path,
};

use branchline_admin_files::url_file;
use branchline_http_api::Reach;

use super::finding::{Finding, Report};
use crate::config::ServerConfig;

const CHECK: &str = "listen";

/// Whether a server has the directory open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serving {
    Yes,
    No,
}

/// Gives who can reach it there; `None` where nobody may listen.
pub(super) fn examine(
    report: &mut Report,
    config: &ServerConfig,
    data_dir: &Path,
    serving: Serving,
) -> Option<Reach> {
    let listen = &config.listen;
    let reach = branchline_http_api::check_listen(listen, config.tls_is_on(), config.behind_proxy);
    if let Err(refused) = &reach {
        report.add(Finding::fail(CHECK, refused.to_string(), "set server.listen"));
        return None;
    }
    let address = listen.to_socket_addrs().ok().and_then(|mut found| found.next());
    let ours = serving == Serving::Yes && address.is_some_and(|address| is_at(data_dir, address));
    report.add(match TcpListener::bind(listen) {
        Ok(_) => Finding::ok(CHECK, format!("{listen} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && ours => {
            Finding::ok(CHECK, format!("{listen} is taken by the server of this directory"))
        }
        Err(error) => {
            let owner = address.and_then(|address| owner_of(address.port()));
            refused(listen, &error, owner.as_deref())
        }
    });
    reach.ok()
}

/// Whether the server of this directory says that it has this port.
fn is_at(data_dir: &Path, address: SocketAddr) -> bool {
    let url = fs::read_to_string(url_file(data_dir)).unwrap_or_default();
    url.trim().rsplit_once(':').is_some_and(|(_, port)| port == address.port().to_string())
}

fn refused(listen: &str, error: &IoError, owner: Option<&str>) -> Finding {
    let other = "choose another address with server.listen";
    let kind = error.kind();
    if kind == ErrorKind::AddrInUse {
        let owner = owner.unwrap_or("a process of another user");
        let told = format!("{listen} is taken by {owner}");
        return Finding::fail(CHECK, told, format!("stop it, or {other}"));
    }
    if kind == ErrorKind::PermissionDenied {
        return Finding::fail(
            CHECK,
            format!("{listen}: ports below 1024 are not for this user"),
            format!("give the server CAP_NET_BIND_SERVICE as the systemd unit does, or {other}"),
        );
    }
    Finding::fail(CHECK, format!("{listen} cannot be listened on: {error}"), other)
}

/// The process that listens on a port, as far as this user may see: `process 123 (nginx)`.
fn owner_of(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let socket = tables.into_iter().flatten().find_map(|table| socket_of(port, &table))?;
    let wanted = format!("socket:[{socket}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        // `self` is a process too, and no number.
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
        let mut links = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
        if links.any(|link| link.as_os_str() == wanted.as_str()) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("process {id} ({})", name.trim()));
        }
    }
    None
}

/// The inode of the socket that listens on a port, in a table of the kernel.
fn socket_of(port: u16, table: &str) -> Option<u64> {
    /// State of a socket that listens.
    const LISTENS: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (_, local) = words.get(1)?.rsplit_once(':')?;
        let is_ours = u16::from_str_radix(local, 16) == Ok(port) && *words.get(3)? == LISTENS;
        if is_ours { words.get(9)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};
    use crate::config::Config;

    #[test]
    fn a_socket_that_listens_is_found_in_the_kernels_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 777 1 0 100 0 0 10 0\n   \
            1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0\n";
        assert_eq!(socket_of(8_080, table), Some(4_711));
        assert_eq!(socket_of(8_081, table), None, "it is connected, and does not listen");
    }

    #[test]
    fn a_port_that_is_taken_is_told_with_who_has_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::defaults().unwrap().server;
        config.listen = address.to_string();
        let look = |serving| {
            let mut report = Report::default();
            examine(&mut report, &config, dir.path(), serving);
            report.json()
        };
        let found = look(Serving::No);
        let us = format!("process {}", std::process::id());
        assert!(found.contains(&us) && found.contains("\"fail\""), "{found}");
        fs::write(url_file(dir.path()), format!("http://{address}\n")).unwrap();
        assert!(look(Serving::No).contains("\"fail\""), "nobody serves the directory");
        assert!(look(Serving::Yes).contains("the server of this directory"));
        drop(taken);
        assert!(look(Serving::No).contains("is free"));
    }

    #[test]
    fn each_reason_has_its_advice() {
        for (kind, words) in [
            (ErrorKind::PermissionDenied, "CAP_NET_BIND_SERVICE"),
            (ErrorKind::AddrNotAvailable, "choose another address"),
            (ErrorKind::AddrInUse, "stop it"),
            (ErrorKind::Other, "choose another address"),
        ] {
            let found = refused("127.0.0.1:80", &kind.into(), None);
            assert_eq!(found.level, Level::Fail);
            assert!(found.advice.as_ref().unwrap().contains(words), "{found:?}");
        }
    }
}
