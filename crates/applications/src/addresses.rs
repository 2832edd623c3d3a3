//! Which addresses are other people's, and which are our own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a request to this address leaves our own network: it is neither this machine, nor a
/// private, shared or link-local network, nor set aside for a special purpose, nor the metadata
/// service of a cloud. A workflow's author must not reach those through us (server-side request
/// forgery).
///
/// Source: the IANA special-purpose address registries for IPv4 and IPv6.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

/// Azure's host agent answers to its machines here, though the address is a public one.
const AZURE_HOST_AGENT: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network, private, loopback, and everything from multicast up.
        (0 | 10 | 127 | 224..=255, _, _)
        // Shared by carriers (100.64.0.0/10).
        | (100, 64..=127, _)
        // Link-local, with the metadata services of most clouds.
        | (169, 254, _)
        | (172, 16..=31, _)
        // Protocol assignments, documentation, 6to4 relays, private.
        | (192, 0, 0 | 2)
        | (192, 88, 99)
        | (192, 168, _)
        // Benchmarks (198.18.0.0/15), documentation.
        | (198, 18 | 19, _)
        | (198, 51, 100)
        | (203, 0, 113) => true,
        (1..=9 | 11..=126 | 128..=223, _, _) => false,
    };
    !special && address != AZURE_HOST_AGENT
}

/// Global unicast is `2000::/3`; of that, some blocks stand for something else, among them those
/// that carry an IPv4 address inside.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let unicast = (0x2000..0x4000).contains(&first);
    let special = match (first, second) {
        // Protocol assignments (2001::/23, Teredo among them), documentation, 6to4.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff) | (0x2002, _) => true,
        (_, _) => false,
    };
    unicast && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_networks_are_not_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn the_rest_of_the_internet_is_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.254",
            "::ffff:8.8.8.8",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
