//! Which addresses a fetch may dial.
//!
//! A feed's address comes from a person, but the address a name resolves to, and where a redirect leads, come from
//! strangers: neither may reach this machine or its private network. The check is made on the address dialled. reqwest
//! asks a custom resolver for names only, so literals are checked on every hop by [`Guard::check_literal`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// IPv4 blocks that are not the public internet: the IANA special-purpose registry (RFC 6890 and later), multicast and
/// the reserved class E.
const SPECIAL_V4: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10", // carrier-grade NAT, RFC 6598
    "127.0.0.0/8",
    "169.254.0.0/16", // link-local, cloud metadata services
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// IPv6 global unicast. Everything outside it is refused without being listed.
const GLOBAL_V6: &str = "2000::/3";

/// Blocks inside global unicast that are not the public internet.
const SPECIAL_V6: &[&str] = &[
    "2001::/23",     // protocol assignments, Teredo among them
    "2001:db8::/32", // documentation
    "3fff::/20",     // documentation
];

static SPECIAL: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| SPECIAL_V4.iter().chain(SPECIAL_V6).filter_map(|net| net.parse().ok()).collect());

/// True for an address of the public internet, whatever IPv4 address is wrapped in it.
pub fn is_public(address: IpAddr) -> bool {
    let listed = || SPECIAL.iter().any(|net| net.contains(&address));
    match address {
        IpAddr::V4(_) => !listed(),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_public(IpAddr::V4(v4)),
            None => GLOBAL_V6.parse::<IpNet>().is_ok_and(|net| net.contains(&address)) && !listed(),
        },
    }
}

/// The IPv4 address that a packet to `v6` reaches in the end: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
fn embedded_v4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(v4(g, h)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

/// Something the administrator opened although it is not public: a block of addresses, or a host by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    Net(IpNet),
    Host(String),
}

impl Opened {
    /// Reads `127.0.0.0/8`, `10.1.2.3`, `::1` or `feeds.intranet`.
    ///
    /// # Errors
    /// When it is none of these, with what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(net) = text.parse::<IpNet>() {
            return Ok(Self::Net(net));
        }
        match Host::parse(text) {
            Ok(Host::Ipv4(v4)) => Ok(Self::Net(IpNet::from(IpAddr::V4(v4)))),
            Ok(Host::Ipv6(v6)) => Ok(Self::Net(IpNet::from(IpAddr::V6(v6)))),
            Ok(Host::Domain(name)) => Ok(Self::Host(name)),
            Err(_) => match text.parse::<IpAddr>() {
                Ok(address) => Ok(Self::Net(IpNet::from(address))),
                Err(_) => Err(format!(
                    "read `{text}` as an address: write a block such as \"10.0.0.0/8\", an address, or a host name"
                )),
            },
        }
    }
}

/// Decides which addresses may be dialled: public ones, and those that were opened.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    opened: Arc<[Opened]>,
}

/// An address that may not be dialled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("connect to {host}: {address} is a private or special address; list it under `allow_private` if it is meant")]
pub struct NotPublic {
    pub host: String,
    pub address: IpAddr,
}

impl Guard {
    pub fn new(opened: impl Into<Arc<[Opened]>>) -> Self {
        Self { opened: opened.into() }
    }

    fn may_dial(&self, host: &str, address: IpAddr) -> bool {
        let bare = address.to_canonical();
        is_public(address)
            || self.opened.iter().any(|opened| match opened {
                Opened::Net(net) => net.contains(&address) || net.contains(&bare),
                Opened::Host(name) => name.eq_ignore_ascii_case(host.trim_end_matches('.')),
            })
    }

    /// True for a host of the public internet, as far as its name tells.
    pub(super) fn is_public_host(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let opened = self.opened.iter().any(|opened| matches!(opened, Opened::Host(name) if name == host));
        !opened && Self::default().check_literal(url).is_ok()
    }

    /// Checks an address literal in a URL; a host name passes, since its addresses are checked when they are resolved.
    ///
    /// The `url` crate has read every spelling by then: `2130706433`, `0x7f.1` and `127.0.0.1` are one [`Host::Ipv4`].
    ///
    /// # Errors
    /// When the literal is neither public nor opened.
    pub fn check_literal(&self, url: &Url) -> Result<(), NotPublic> {
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        let host = url.host_str().unwrap_or_default();
        if self.may_dial(host, address) { Ok(()) } else { Err(NotPublic { host: host.to_owned(), address }) }
    }
}

/// The system's resolver, minus the addresses that may not be dialled.
impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let (open, shut): (Vec<_>, Vec<_>) = found.into_iter().partition(|a| guard.may_dial(&host, a.ip()));
            match shut.first() {
                Some(refused) if open.is_empty() => Err(NotPublic { host, address: refused.ip() }.into()),
                _ => Ok(Box::new(open.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, opened: &[&str], dialled: bool) {
        let guard = Guard::new(opened.iter().map(|text| Opened::parse(text).unwrap()).collect::<Vec<_>>());
        assert_eq!(guard.check_literal(&Url::parse(url).unwrap()).is_ok(), dialled, "{url} with {opened:?}");
    }

    #[test]
    fn private_and_special_literals_are_refused_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "0",
            "10.0.0.8",
            "100.64.0.1",
            "100.127.255.254",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::127.0.0.1]",
            "[64:ff9b::a00:1]",
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[2001:0:1::1]",
            "[2001:db8::1]",
            "[fc00::1]",
            "[fd12:3456::1]",
            "[fe80::1]",
            "[ff02::1]",
            "[100::1]",
        ] {
            check(&format!("http://{host}/feed"), &[], false);
        }
    }

    #[test]
    fn public_literals_pass() {
        for host in ["93.184.216.34", "100.63.0.1", "172.32.0.1", "[2606:2800:220:1::1]", "[64:ff9b::5db8:d822]"] {
            check(&format!("http://{host}/feed"), &[], true);
        }
    }

    #[test]
    fn the_allow_list_opens_blocks_addresses_and_hosts() {
        check("http://127.0.0.1:8080/", &["127.0.0.0/8"], true);
        check("http://[::ffff:127.0.0.1]/", &["127.0.0.0/8"], true);
        check("http://10.1.2.3/", &["10.1.2.3"], true);
        check("http://10.1.2.4/", &["10.1.2.3"], false);
        check("http://[::1]/", &["::1"], true);
        check("http://[::1]/", &["127.0.0.0/8"], false);
        assert_eq!(Opened::parse("Feeds.Intranet"), Ok(Opened::Host("feeds.intranet".into())));
        assert!(Opened::parse("10.0.0.0/99").is_err());
    }
}
