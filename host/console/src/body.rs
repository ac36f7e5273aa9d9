//! Reads the body and the query of a request, within bounds. An error says which form is asked for, and quotes nothing: there may be a
//! password in it.

use crate::console::Console;
use crate::problem::{Code, Refused};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use proviso_daemon::services;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use zeroize::Zeroizing;

/// Bytes of a body, at most.
pub(crate) const BODY_BYTES_MAX: usize = 256 << 10;

/// What a body is read into.
pub(crate) trait Body: DeserializeOwned {
    /// The form, for whoever sent another.
    const FORM: &'static str;
}

/// A body as JSON.
pub(crate) struct Read<T>(pub(crate) T);

impl<T: Body> FromRequest<Console> for Read<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Refused> {
        if !is_json(request.headers()) {
            let message = "send the body as `content-type: application/json`";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(services::refusal(status, "bad-request", message).into());
        }
        let bytes = console.services().body(request.into_body(), BODY_BYTES_MAX).await?;
        let bytes = Zeroizing::new(bytes);
        match serde_json::from_slice(&bytes) {
            Ok(read) => Ok(Self(read)),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                let message = format!(
                    "the body is not what is asked for, at line {line}, column {column}: expected {}",
                    T::FORM
                );
                Err(Refused::new(Code::BadRequest, message))
            }
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = media.and_then(|media| media.split(';').next()).map(str::trim);
    media.is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
}

/// Where a request came from: the peer, or what a proxy of the configuration says.
pub(crate) struct From(pub(crate) IpAddr);

impl FromRequestParts<Console> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Ok(Self(seen_from(
            peer,
            &console.services().config.console.proxies,
            &parts.headers,
        )))
    }
}

/// The last address that no proxy of ours has: those before it anybody can write.
fn seen_from(peer: IpAddr, proxies: &[IpAddr], headers: &HeaderMap) -> IpAddr {
    let mut seen = peer;
    let said = headers.get_all("x-forwarded-for").iter();
    let said: Vec<&str> = said
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for address in said.iter().rev() {
        if !proxies.contains(&seen) {
            break;
        }
        let Ok(address) = address.trim().parse() else { break };
        seen = address;
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proviso_rows::each_row;

    #[test]
    fn a_proxy_of_the_configuration_is_believed_and_nobody_else() {
        each_row(
            [
                ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
                ("10.0.0.2", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
                ("10.0.0.2", "198.51.100.1, 203.0.113.9, 10.0.0.3", "203.0.113.9"),
                ("10.0.0.2", "nobody", "10.0.0.2"),
                ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ],
            |(peer, said, expected)| {
                let proxies = ["10.0.0.2".parse().unwrap(), "10.0.0.3".parse().unwrap()];
                let mut headers = HeaderMap::new();
                headers.insert("x-forwarded-for", HeaderValue::from_static(said));
                let seen = seen_from(peer.parse().unwrap(), &proxies, &headers);
                assert_eq!(seen, expected.parse::<IpAddr>().unwrap());
            },
        );
    }
}
