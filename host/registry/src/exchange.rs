//! Requests to one registry: patience, redirects, and what it is shown of the credentials.
//!
//! What is shown goes to the registry alone, and to the server of tokens that it names. Nothing goes over plain HTTP unless
//! the registry itself is spoken to so.

use crate::RegistryOptions;
use crate::credentials::Shown;
use crate::error::RegistryError;
use crate::patience::{WAIT_MAX, in_words, may_pass, passes, wait_before};
use proviso_pack::reference::PackReference;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RANGE, RETRY_AFTER};
use ureq::http::{HeaderMap, Method, Request, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, SendBody};

/// Resolving a name, and making a connection, each.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// One request from its beginning to the end of its answer, however much there is.
const REQUEST_WITHIN: Duration = Duration::from_mins(30);
/// The headers of an answer, in bytes, and how many there may be.
const HEADER_BYTES_MAX: usize = 32 << 10;
const REDIRECTS_MAX: usize = 5;
/// What is read of an answer that says why not, in bytes.
const REASON_BYTES_MAX: usize = 16 << 10;
/// What is told of it, in characters.
const REASON_CHARS_MAX: usize = 200;

/// What is asked of a registry.
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    /// Made by [`Exchange::at`] or [`Exchange::resolve`].
    pub(crate) address: Uri,
    /// Media types that are welcome; empty for any.
    pub(crate) accept: String,
    /// The first byte that is wanted.
    pub(crate) from: usize,
    /// What is sent, with its media type.
    pub(crate) body: Option<(&'a str, &'a [u8])>,
    /// What it is about, for people: `acme/bank:1.2.0`.
    pub(crate) what: String,
    /// Bytes of the answer at most; for how long it may take.
    pub(crate) answer_bytes: usize,
    /// Statuses that are an answer; others are errors.
    pub(crate) expects: &'a [u16],
}

/// What a registry, or the host that it sent us to, answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ureq::Body,
}

/// A registry, as far as one repository of it goes.
pub(crate) struct Exchange {
    agent: Agent,
    /// As the reference has it.
    pub(crate) registry: String,
    /// `https://registry.example:5000`.
    base: Uri,
    pub(crate) repository: String,
    /// What a token is to allow: `pull`, or `pull,push`.
    pub(crate) actions: &'static str,
    attempts: u32,
    silence: Duration,
    pace_bytes: u64,
    pub(crate) authorization: Option<String>,
    pub(crate) shown: Shown,
}

impl Exchange {
    /// For one repository. Nothing is sent yet.
    pub(crate) fn with(
        reference: &PackReference,
        actions: &'static str,
        options: &RegistryOptions,
    ) -> Result<Self, RegistryError> {
        let registry = reference.registry();
        let plain = options.plain_http || reference.is_on_this_machine();
        // Docker's own registry answers under another name.
        let host = if registry == "docker.io" {
            "registry-1.docker.io"
        } else {
            registry
        };
        let base = format!("{}://{host}", if plain { "http" } else { "https" });
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("proviso/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(CONNECT_WITHIN.min(options.silence)))
            .timeout_connect(Some(CONNECT_WITHIN.min(options.silence)))
            .timeout_per_read(Some(options.silence))
            .timeout_per_write(Some(options.silence))
            // Per read is not enough: a byte each half second would go on for as long as there are headers.
            .timeout_recv_response(Some(options.silence))
            .max_response_header_size(HEADER_BYTES_MAX)
            .timeout_global(Some(REQUEST_WITHIN));
        if reference.is_on_this_machine() {
            config = config.proxy(None);
        }
        // A registry that is spoken to without TLS may yet send us to a host that has it.
        let roots = machine_roots(registry)
            .map(Some)
            .or_else(|error| if plain { Ok(None) } else { Err(error) })?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
        config = config.tls_config(match roots {
            Some(roots) => tls.root_certs(roots).build(),
            None => tls.build(),
        });
        Ok(Self {
            agent: config.build().into(),
            registry: registry.to_owned(),
            base: base.parse().map_err(|_| RegistryError::Refused {
                registry: registry.to_owned(),
                why: "its name makes no address".to_owned(),
            })?,
            repository: reference.name().to_owned(),
            actions,
            attempts: options.attempts.max(1),
            silence: options.silence,
            pace_bytes: options.pace_bytes.max(1),
            authorization: None,
            shown: Shown::Nothing,
        })
    }

    /// The registry, as the reference has it.
    pub(crate) fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository's name.
    pub(crate) fn repository(&self) -> &str {
        &self.repository
    }

    /// How often something is tried.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long a request may take from its beginning to the end of its answer, of so many bytes there and back.
    pub(crate) fn within(&self, bytes: usize) -> Duration {
        let moving = Duration::from_secs(bytes as u64 / self.pace_bytes);
        // Resolving, connecting, and waiting for the answer's beginning and its end, each within the silence that is borne.
        (self.silence * 4).saturating_add(moving).min(REQUEST_WITHIN)
    }

    /// An address below the repository: `blobs/uploads/`.
    pub(crate) fn at(&self, path: &str) -> Uri {
        let address = format!("{}v2/{}/{path}", self.base, self.repository);
        address
            .parse()
            .expect("names, tags and digests are checked, and are fit for an address")
    }

    /// What `Location` names, seen from the registry, with more of a query if there is any.
    pub(crate) fn resolve(&self, location: &str, query: &str) -> Result<Uri, RegistryError> {
        let whole = match location.strip_prefix('/') {
            Some(path) if !path.starts_with('/') => format!("{}{path}", self.base),
            _ => location.to_owned(),
        };
        let joint = match (query.is_empty(), whole.contains('?')) {
            (true, _) => "",
            (false, true) => "&",
            (false, false) => "?",
        };
        let address: Option<Uri> = format!("{whole}{joint}{query}").parse().ok();
        let Some(address) = address.filter(|address| address.scheme().is_some() && address.host().is_some()) else {
            return Err(self.refused("it names a place that is no address".to_owned()));
        };
        if address.scheme_str() != Some("https") && self.base.scheme_str() == Some("https") {
            let host = authority(&address);
            return Err(self.refused(format!("it sends us to {host} without TLS")));
        }
        Ok(address)
    }

    /// Asks, with patience, with credentials where they are wanted, and where a redirect leads.
    pub(crate) fn ask(&mut self, ask: &Ask<'_>, moved: &dyn Fn(usize)) -> Result<Answer, RegistryError> {
        let mut address = ask.address.clone();
        let mut authorized = false;
        let mut redirects = 0;
        loop {
            let at_home = self.is_home(&address);
            let mut headers = Vec::new();
            if !ask.accept.is_empty() {
                headers.push((ACCEPT, ask.accept.clone()));
            }
            if ask.from > 0 {
                headers.push((RANGE, format!("bytes={}-", ask.from)));
            }
            if let Some(authorization) = self.authorization.as_ref().filter(|_| at_home) {
                headers.push((AUTHORIZATION, authorization.clone()));
            }
            let bytes = ask.answer_bytes.max(REASON_BYTES_MAX) + ask.body.map_or(0, |(_, bytes)| bytes.len());
            let answer = self.deliver(&ask.method, &address, &headers, ask.body, self.within(bytes), moved)?;
            if answer.status == 401 && at_home && !authorized {
                authorized = true;
                self.authorize(&answer, ask)?;
                continue;
            }
            let reads = ask.method == Method::GET || ask.method == Method::HEAD;
            if reads && matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                redirects += 1;
                if redirects > REDIRECTS_MAX {
                    return Err(self.refused(format!("more than {REDIRECTS_MAX} redirects for {}", ask.what)));
                }
                let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
                address = self.resolve(location.unwrap_or_default(), "")?;
                continue;
            }
            if ask.expects.contains(&answer.status) {
                return Ok(answer);
            }
            return Err(self.unexpected(answer, ask, at_home));
        }
    }

    /// Asks for something short, and reads all of it.
    pub(crate) fn fetch(&mut self, ask: &Ask<'_>, bytes_max: usize) -> Result<(Answer, Vec<u8>), RegistryError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut answer = self.ask(ask, &|_| ())?;
            match read_at_most(&mut answer, bytes_max) {
                Ok(Some(bytes)) => return Ok((answer, bytes)),
                Ok(None) => return Err(self.refused(format!("{} has more than {bytes_max} bytes", ask.what))),
                Err(error) if attempt == self.attempts => {
                    let why = format!("{} broke off: {error}", ask.what);
                    return Err(self.no_answer(self.registry.clone(), why));
                }
                Err(_) => std::thread::sleep(wait_before(attempt + 1)),
            }
        }
    }

    /// One request, as often as it takes while the reasons pass, each time within that time: the answer's body is read within
    /// it as well. Gives whatever the last answer was.
    pub(crate) fn deliver(
        &self,
        method: &Method,
        address: &Uri,
        headers: &[(ureq::http::HeaderName, String)],
        body: Option<(&str, &[u8])>,
        within: Duration,
        moved: &dyn Fn(usize),
    ) -> Result<Answer, RegistryError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut request = Request::builder().method(method.clone()).uri(address.clone());
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let ran = if *method == Method::GET || *method == Method::HEAD {
                request.body(()).map(|request| self.run(request, within))
            } else {
                let (media_type, bytes) =
                    body.map_or((None, &b""[..]), |(media_type, bytes)| (Some(media_type), bytes));
                request = request.header(CONTENT_LENGTH, bytes.len());
                if let Some(media_type) = media_type {
                    request = request.header(CONTENT_TYPE, media_type);
                }
                let mut counted = Counted {
                    rest: bytes,
                    read: 0,
                    moved,
                };
                let sent = SendBody::from_reader(&mut counted);
                request.body(sent).map(|request| self.run(request, within))
            };
            let host = authority(address);
            let ran = ran.map_err(|_| self.refused(format!("what {host} gave fits in no header")))?;
            let last = attempt == self.attempts;
            let wait = match ran {
                Ok(answer) if last || !passes(answer.status().as_u16()) => {
                    let (parts, body) = answer.into_parts();
                    return Ok(Answer {
                        status: parts.status.as_u16(),
                        headers: parts.headers,
                        body,
                    });
                }
                Ok(answer) => {
                    let asked = answer
                        .headers()
                        .get(RETRY_AFTER)
                        .and_then(|value| value.to_str().ok()?.parse().ok());
                    asked.map_or(wait_before(attempt + 1), Duration::from_secs)
                }
                Err(error) if last || !may_pass(&error) => {
                    return Err(RegistryError::NoAnswer {
                        registry: host,
                        attempts: attempt,
                        why: in_words(&error),
                    });
                }
                Err(_) => wait_before(attempt + 1),
            };
            std::thread::sleep(wait.min(WAIT_MAX));
        }
    }

    fn run<B: ureq::AsSendBody>(
        &self,
        request: Request<B>,
        within: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let timed = self
            .agent
            .configure_request(request)
            .timeout_global(Some(within))
            .build();
        self.agent.run(timed)
    }

    fn is_home(&self, address: &Uri) -> bool {
        address.scheme() == self.base.scheme()
            && address.host() == self.base.host()
            && port(address) == port(&self.base)
    }

    fn unexpected(&self, mut answer: Answer, ask: &Ask<'_>, at_home: bool) -> RegistryError {
        // What somebody else's host says is not for people to read as the registry's words.
        let said = if at_home { reason(&mut answer) } else { String::new() };
        match answer.status {
            401 | 403 if at_home => self.denied(answer.status, ask, &said, self.hint()),
            404 if ask.method == Method::GET || ask.method == Method::HEAD => RegistryError::NotThere {
                registry: self.registry.clone(),
                what: ask.what.clone(),
                hint: match self.shown {
                    Shown::Nothing => ", or log in: some registries hide what not everybody may see",
                    Shown::Credentials => "",
                },
            },
            status => RegistryError::Answered {
                registry: self.registry.clone(),
                asked: asked(ask),
                status,
                said,
            },
        }
    }

    pub(crate) fn denied(&self, status: u16, ask: &Ask<'_>, said: &str, hint: String) -> RegistryError {
        RegistryError::Denied {
            registry: self.registry.clone(),
            asked: asked(ask),
            status,
            said: said.to_owned(),
            hint,
        }
    }

    /// What the registry sent is refused.
    pub(crate) fn refused(&self, why: String) -> RegistryError {
        RegistryError::Refused {
            registry: self.registry.clone(),
            why,
        }
    }

    /// An answer broke off as often as it was tried.
    pub(crate) fn no_answer(&self, registry: String, why: String) -> RegistryError {
        let attempts = self.attempts;
        RegistryError::NoAnswer {
            registry,
            attempts,
            why,
        }
    }
}

fn asked(ask: &Ask<'_>) -> String {
    let verb = if ask.method == Method::GET || ask.method == Method::HEAD {
        "give"
    } else {
        "take"
    };
    format!("{verb} {}", ask.what)
}

/// The certificates that this machine trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
fn machine_roots(registry: &str) -> Result<RootCerts, RegistryError> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let first = found
            .errors
            .first()
            .map(|error| format!(" ({error})"))
            .unwrap_or_default();
        return Err(RegistryError::Certificates {
            registry: registry.to_owned(),
            why: format!("this machine has none{first}: install ca-certificates, or name a file in SSL_CERT_FILE"),
        });
    }
    let certificates = found
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned());
    Ok(RootCerts::from(certificates))
}

pub(crate) fn authority(address: &Uri) -> String {
    address
        .authority()
        .map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default().to_owned())
        .unwrap_or_default()
}

fn port(address: &Uri) -> u16 {
    address
        .port_u16()
        .unwrap_or(if address.scheme_str() == Some("https") { 443 } else { 80 })
}

/// What an answer says of itself, as the protocol has it: `: name unknown`. Empty if it says nothing of the kind.
fn reason(answer: &mut Answer) -> String {
    let bytes = read_at_most(answer, REASON_BYTES_MAX)
        .ok()
        .flatten()
        .unwrap_or_default();
    let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let first = document.get("errors").and_then(|errors| errors.get(0));
    let text = first.and_then(|first| {
        let text = |key: &str| {
            first
                .get(key)
                .and_then(serde_json::Value::as_str)
                .filter(|text| !text.is_empty())
        };
        text("message").or_else(|| text("code"))
    });
    let plain = |text: &str| {
        text.chars()
            .filter(|c| !c.is_control())
            .take(REASON_CHARS_MAX)
            .collect::<String>()
    };
    text.map(|text| format!(": {}", plain(text))).unwrap_or_default()
}

/// The whole body; `None` if it is longer.
pub(crate) fn read_at_most(answer: &mut Answer, bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    answer
        .body
        .as_reader()
        .take(bytes_max as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok((bytes.len() <= bytes_max).then_some(bytes))
}

/// Bytes on their way out, and how many of them have gone.
struct Counted<'a> {
    rest: &'a [u8],
    read: usize,
    moved: &'a dyn Fn(usize),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.rest.read(buffer)?;
        self.read += read;
        (self.moved)(self.read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(reference: &str, plain_http: bool) -> Exchange {
        // Plain HTTP needs no certificates of the machine that runs the test.
        let options = RegistryOptions {
            plain_http,
            ..RegistryOptions::default()
        };
        Exchange::with(&reference.parse().unwrap(), "pull", &options).unwrap()
    }

    #[test]
    fn places_are_resolved_and_never_leave_tls() {
        let mut here = exchange("localhost:5000/acme/bank:1", false);
        assert_eq!(
            here.at("blobs/uploads/").to_string(),
            "http://localhost:5000/v2/acme/bank/blobs/uploads/"
        );
        let resolved =
            |here: &Exchange, location: &str, query: &str| here.resolve(location, query).map(|it| it.to_string());
        assert_eq!(
            resolved(&here, "/v2/x?a=1", "digest=2").unwrap(),
            "http://localhost:5000/v2/x?a=1&digest=2"
        );
        assert_eq!(
            resolved(&here, "http://other/x", "digest=2").unwrap(),
            "http://other/x?digest=2"
        );
        for bad in ["", "x", "//other/x", "http://", "/a b", "mailto:x"] {
            assert!(here.resolve(bad, "").is_err(), "{bad:?}");
        }
        here.base = "https://registry.example".parse().unwrap();
        let error = here
            .resolve("http://user:secret@other.example/x", "")
            .unwrap_err()
            .to_string();
        assert!(error.contains("sends us to other.example without TLS"), "{error}");
        assert!(here.resolve("https://other.example/x", "").is_ok());
    }

    #[test]
    fn home_is_one_scheme_host_and_port() {
        let mut here = exchange("registry.example:80/a:1", true);
        let home = |here: &Exchange, address: &str| here.is_home(&address.parse().unwrap());
        assert!(home(&here, "http://registry.example/v2/"));
        for other in [
            "https://registry.example/",
            "http://registry.example:81/",
            "http://example/",
            "http://registry.example.evil/",
        ] {
            assert!(!home(&here, other), "{other}");
        }
        here.base = "https://registry.example".parse().unwrap();
        assert!(home(&here, "https://registry.example:443/x"));
    }
}
