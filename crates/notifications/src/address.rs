//! Where webhooks may go: `https` to public addresses, so that nobody reaches our own network through us.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;

/// Longest URL that is kept.
const LONGEST: usize = 2048;

/// An endpoint's address, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Name or address, without brackets.
    pub host: String,
    /// 443 where the URL names none.
    pub port: u16,
    /// What the `Host` header says.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

/// Reads an endpoint's URL. A name is checked again each time when it is resolved.
///
/// # Errors
/// Why nothing is sent there, for whoever entered it.
pub fn target(url: &str, allow_private: bool) -> Result<Target, &'static str> {
    if url.len() > LONGEST {
        return Err("must not be longer than 2048 characters");
    }
    if url.contains('#') || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("must be an https URL without a fragment");
    }
    let uri: Uri = url.parse().map_err(|_| "must be an https URL")?;
    let authority =
        uri.authority().filter(|_| uri.scheme_str() == Some("https")).ok_or("must be an https URL")?;
    if authority.as_str().contains('@') {
        return Err("must not hold a user or password");
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    // The library takes a port that is none for no port at all.
    let port = match authority.as_str().strip_prefix(authority.host()) {
        Some("") => Some(443),
        Some(rest) => rest.strip_prefix(':').and_then(|port| port.parse().ok()).filter(|port| *port > 0),
        None => None,
    };
    let port = port.ok_or("must have a port from 1 to 65535, or none")?;
    let address = host.parse::<IpAddr>().ok();
    if !allow_private && (address.is_some_and(|address| !is_public(address)) || is_local(&host)) {
        return Err("must be on the public internet");
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    Ok(Target { host, port, authority: authority.as_str().to_owned(), path })
}

fn is_local(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.ends_with(".internal")
        || host.ends_with(".local")
}

/// Whether an address is one of the public internet's, by IANA's registries of special-purpose addresses.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b) {
        (0 | 10 | 127, _) | (169, 254) | (192, 168) => true,
        (100, b) => (64..128).contains(&b),
        (172, b) => (16..32).contains(&b),
        (192, 0) => matches!(c, 0 | 2),
        (192, 88) => c == 99,
        (198, 18 | 19) => true,
        (198, 51) => c == 100,
        (203, 0) => c == 113,
        (a, _) => a >= 224,
    };
    !special
}

/// Global unicast only, less what is set aside in it or leads to an IPv4 address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [a, b, ..] = address.segments();
    let global = (0x2000..0x4000).contains(&a);
    // 2001::/23 (Teredo, benchmarking, ORCHID), documentation, 6to4, and 3fff::/20 (documentation).
    let special = a == 0x2001 && (b < 0x200 || b == 0xdb8) || a == 0x2002 || a == 0x3fff && b < 0x1000;
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_network_is_not_public() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a00:1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.3.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "2606:4700::1111",
            "2001:4860:4860::8888",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn urls() {
        let right = target("https://shop.example/hooks?a=1", false).unwrap();
        assert_eq!(
            (right.host.as_str(), right.port, right.path.as_str()),
            ("shop.example", 443, "/hooks?a=1")
        );
        assert_eq!(target("https://[2606:4700::1]:8443", false).unwrap().host, "2606:4700::1");
        assert_eq!(target("https://shop.example:8443", false).unwrap().port, 8443);
        for wrong in [
            "http://shop.example/",
            "shop.example",
            "https://",
            "https://user@shop.example/",
            "ftp://x/",
            "",
            "https://shop.example/#x",
            "https://shop.example/ x",
            "https://shop.example/\r\nX: y",
            "/path",
            "https://shop.example:0/",
            "https://shop.example:99999/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://metadata.google.internal/",
            "https://10.0.0.8/x",
        ] {
            assert!(target(wrong, false).is_err(), "{wrong:?}");
        }
        assert!(target(&format!("https://shop.example/{}", "x".repeat(2048)), false).is_err());
        assert!(target("https://127.0.0.1:9/", true).is_ok());
        assert!(target("http://127.0.0.1:9/", true).is_err(), "never without TLS");
    }
}
