//! Which names this daemon answers to.
//!
//! A page that a browser has loaded may have its own name resolve to this machine, and then reads from here what its user may
//! read (DNS rebinding). The browser tells that name in `Host`; an address cannot be rebound.

use super::Shared;
use super::problem::{ApiError, Code};
use axum::extract::{Request, State};
use axum::http::{Version, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Bytes of a name that an error quotes.
const SHOWN_BYTES_MAX: usize = 64;

/// The names of the configuration; addresses and `localhost` are always answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hosts(BTreeSet<String>);

impl Hosts {
    /// The names, which have the form that [`is_host_name`](crate::host_name::is_host_name) asks for.
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().map(|name| plain(&name)).collect())
    }

    /// True of an IP address, `localhost`, and a configured name; each with or without a port.
    fn admit(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        // Somebody's name before an `@` is no part of a host.
        if host.contains('@') {
            return false;
        }
        let host = authority.host();
        let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if host.parse::<Ipv4Addr>().is_ok() || v6.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok()) {
            return true;
        }
        let host = plain(host);
        host == "localhost" || self.0.contains(&host)
    }
}

/// As names are compared: case does not count, nor the root's dot.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Refuses what was sent to somebody else.
pub(super) async fn only_known_hosts(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match check(&shared.hosts, &request) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

fn check<B>(hosts: &Hosts, request: &axum::http::Request<B>) -> Result<(), ApiError> {
    let mut named = Vec::new();
    for host in request.headers().get_all(header::HOST) {
        let text = host.to_str().ok();
        named.push(text.ok_or_else(|| ApiError::yours(Code::BadRequest, "`Host` is not ASCII"))?);
    }
    // The target may name the host too, and then counts.
    named.extend(request.uri().authority().map(Authority::as_str));
    if named.is_empty() && request.version() > Version::HTTP_10 {
        return Err(ApiError::yours(Code::BadRequest, "send one `Host` header"));
    }
    match named.into_iter().find(|host| !hosts.admit(host)) {
        None => Ok(()),
        Some(foreign) => {
            let shown = &foreign[..foreign.floor_char_boundary(SHOWN_BYTES_MAX)];
            let message = format!(
                "the host {shown:?} is not this daemon's: name an address or `localhost`, or have `[http] hosts` name it"
            );
            Err(ApiError::yours(Code::ForeignHost, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_localhost_and_configured_names_are_answered_and_no_others() {
        let hosts = Hosts::new(["Proviso.example".to_owned()]);
        let table = [
            ("127.0.0.1", true),
            ("127.0.0.1:8787", true),
            ("[::1]:8787", true),
            ("[::1]", true),
            ("10.1.2.3", true),
            ("localhost:8787", true),
            ("LOCALHOST.", true),
            ("proviso.example", true),
            ("PROVISO.EXAMPLE:443", true),
            ("evil.example", false),
            ("proviso.example.evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("evil.example@127.0.0.1", false),
            ("127.1", false),
            ("::1", false),
            ("", false),
            ("a b", false),
        ];
        for (host, answered) in table {
            assert_eq!(hosts.admit(host), answered, "{host:?}");
        }
    }

    #[test]
    fn every_name_that_a_request_tells_must_be_known() {
        let hosts = Hosts::default();
        let request = |version: Version, target: &str, named: &[&str]| {
            let mut request = axum::http::Request::builder().version(version).uri(target);
            for host in named {
                request = request.header("host", *host);
            }
            check(&hosts, &request.body(()).unwrap()).is_ok()
        };
        let (old, new) = (Version::HTTP_10, Version::HTTP_11);
        assert!(request(new, "/healthz", &["localhost"]));
        assert!(
            request(old, "/healthz", &[]),
            "a probe of HTTP/1.0 names none, and no browser speaks that"
        );
        assert!(!request(new, "/healthz", &[]));
        assert!(!request(new, "/healthz", &["localhost", "evil.example"]));
        assert!(!request(new, "http://evil.example/metrics", &["localhost"]));
        assert!(request(new, "http://127.0.0.1/metrics", &["localhost"]));
    }

    #[test]
    fn names_of_the_configuration_have_no_port() {
        use crate::host_name::is_host_name;
        assert!(is_host_name("proviso.example") && is_host_name("a"));
        for bad in ["", "a:1", "a..b", ".a", "a/b", "a b", "*.example", &"a".repeat(254)] {
            assert!(!is_host_name(bad), "{bad:?}");
        }
    }
}
