//! What a pack in a registry is called.

use proviso_model::Digest;
use std::fmt;
use std::str::FromStr;

/// The name of a repository, in bytes.
const NAME_BYTES_MAX: usize = 255;
/// A tag, in bytes (OCI distribution-spec 1.1).
const TAG_BYTES_MAX: usize = 128;
/// What may be spoken to without TLS unasked: it does not leave the machine.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// A pack in a registry: `registry.example:5000/acme/bank:1.2.0`, or `registry.example:5000/acme/bank@sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackReference {
    registry: String,
    name: String,
    target: Target,
}

/// Which of a repository's packs is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// The one that this tag names now. Tags move.
    Tag(String),
    /// The one of this digest, for ever.
    Digest(Digest),
}

/// A text that names no pack in a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no pack in a registry: {reason}")]
pub struct NotAReference {
    /// The text.
    pub text: String,
    /// What is wrong with it, and what would be right.
    pub reason: String,
}

impl PackReference {
    /// The registry: a host, and a port if the text has one.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository's name in the registry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which of the repository's packs.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The digest, unless it names a tag.
    pub fn digest(&self) -> Option<Digest> {
        match &self.target {
            Target::Digest(digest) => Some(*digest),
            Target::Tag(_) => None,
        }
    }

    /// The pack of that digest in the same repository.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self {
            target: Target::Digest(digest),
            ..self.clone()
        }
    }

    /// Whether the registry is `localhost`, `127.0.0.1` or `[::1]`.
    pub fn is_on_this_machine(&self) -> bool {
        LOOPBACK.contains(&host_and_port(&self.registry).0)
    }

    /// Whether a text means a pack in a registry by its digest, well or badly written.
    pub fn is_meant_by(text: &str) -> bool {
        text.contains("@sha256:")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Tag(tag) => f.write_str(tag),
            Target::Digest(digest) => digest.fmt(f),
        }
    }
}

impl fmt::Display for PackReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.target {
            Target::Tag(_) => ':',
            Target::Digest(_) => '@',
        };
        write!(f, "{}/{}{mark}{}", self.registry, self.name, self.target)
    }
}

impl FromStr for PackReference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        parse(text).map_err(|reason| NotAReference {
            text: text.to_owned(),
            reason,
        })
    }
}

fn parse(text: &str) -> Result<PackReference, String> {
    if text.contains("://") {
        return Err("leave out what stands before the registry's host, as `https://`".to_owned());
    }
    let Some((registry, rest)) = text.split_once('/') else {
        return Err(
            "expected REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:…, as registry.example:5000/acme/bank:1.2.0".to_owned(),
        );
    };
    check_registry(registry)?;
    let (name, target) = if let Some((name, digest)) = rest.split_once('@') {
        if name.contains(':') {
            return Err("it has a tag and a digest: keep the digest".to_owned());
        }
        let digest = digest.parse::<Digest>().map_err(|error| error.to_string())?;
        (name, Target::Digest(digest))
    } else if let Some((name, tag)) = rest.split_once(':') {
        check_tag(tag)?;
        (name, Target::Tag(tag.to_owned()))
    } else {
        return Err("it says neither a tag nor a digest: add `:TAG` or `@sha256:…`".to_owned());
    };
    check_name(name)?;
    Ok(PackReference {
        registry: registry.to_owned(),
        name: name.to_owned(),
        target,
    })
}

/// The host, in brackets if it is an address of IPv6, and the text of the port.
fn host_and_port(registry: &str) -> (&str, Option<&str>) {
    let end_of_host = registry.find(']').map_or(0, |at| at + 1);
    match registry[end_of_host..].find(':') {
        Some(colon) => {
            let (host, port) = registry.split_at(end_of_host + colon);
            (host, Some(&port[1..]))
        }
        None => (registry, None),
    }
}

fn check_registry(registry: &str) -> Result<(), String> {
    let (host, port) = host_and_port(registry);
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let good = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_host(host),
    };
    if !good {
        return Err(format!(
            "{host:?} is not a host: expected lower-case letters, digits, `-` and `.`, or an IPv6 address in brackets"
        ));
    }
    if let Some(port) = port
        && !(port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0))
    {
        return Err(format!("the port of the registry is {port:?}: expected 1-65535"));
    }
    // Else `acme/bank:1` would ask a machine called acme.
    if host != "localhost" && port.is_none() && address.is_none() && !host.contains('.') {
        return Err(format!(
            "it does not begin with a registry: {host:?} has neither a dot nor a port, as registry.example or registry:5000 have"
        ));
    }
    Ok(())
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, once or more with `/` between (OCI distribution-spec 1.1).
fn check_name(name: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let component = |part: &str| {
        let separators = part
            .split(|c: char| c.is_ascii() && plain(c as u8))
            .filter(|between| !between.is_empty());
        part.bytes().next().is_some_and(plain)
            && part.bytes().next_back().is_some_and(plain)
            && separators
                .into_iter()
                .all(|between| matches!(between, "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'))
    };
    if name.len() <= NAME_BYTES_MAX && name.split('/').all(component) {
        return Ok(());
    }
    Err(format!(
        "{name:?} is not the name of a repository: expected 1-{NAME_BYTES_MAX} bytes of lower-case letters and digits, with \
         single `.`, `_`, `__`, `-` or `/` between them"
    ))
}

fn check_tag(tag: &str) -> Result<(), String> {
    let first = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let good = tag.len() <= TAG_BYTES_MAX
        && tag.bytes().next().is_some_and(first)
        && tag.bytes().all(|byte| first(byte) || byte == b'.' || byte == b'-');
    if good {
        return Ok(());
    }
    Err(format!(
        "{tag:?} is not a tag: expected 1-{TAG_BYTES_MAX} letters, digits, `_`, `.` and `-`, not beginning with `.` or `-`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "b7b0cdf56060a5fae960abe455a51859e68310d10fb41ee8c6de4fc1bfa4a5b5";

    #[test]
    fn what_is_read_is_written_again() {
        let by_digest = format!("registry.example/acme/bank@sha256:{HEX}");
        for (text, registry, name) in [
            ("registry.example/bank:1", "registry.example", "bank"),
            (
                "registry.example:5000/acme/bank:1.2.0-rc.1",
                "registry.example:5000",
                "acme/bank",
            ),
            ("localhost/a__b/c.d/e---f:_", "localhost", "a__b/c.d/e---f"),
            ("registry:5000/acme/bank:V1", "registry:5000", "acme/bank"),
            ("10.0.0.7:80/x:y", "10.0.0.7:80", "x"),
            ("[::1]:5000/x:y", "[::1]:5000", "x"),
            ("[2001:db8::1]/x:y", "[2001:db8::1]", "x"),
            (&by_digest, "registry.example", "acme/bank"),
        ] {
            let reference: PackReference = text.parse().unwrap();
            assert_eq!((reference.registry(), reference.name()), (registry, name));
            assert_eq!(reference.to_string(), text);
        }
        let reference: PackReference = by_digest.parse().unwrap();
        assert_eq!(reference.digest().unwrap().hex(), HEX);
        let tagged: PackReference = "registry.example/acme/bank:1".parse().unwrap();
        assert_eq!(tagged.digest(), None);
        assert_eq!(tagged.with_digest(reference.digest().unwrap()), reference);
    }

    #[test]
    fn what_is_no_reference_is_refused_with_what_would_be_right() {
        let long_name = format!("r.example/{}:1", "a".repeat(256));
        let long_tag = format!("r.example/a:{}", "a".repeat(129));
        let both = format!("r.example/a:1@sha256:{HEX}");
        let upper = format!("r.example/a@sha256:{}", HEX.to_uppercase());
        for (text, says) in [
            ("", "expected REGISTRY/NAME:TAG"),
            ("bank:1", "expected REGISTRY/NAME:TAG"),
            ("https://r.example/a:1", "leave out"),
            ("acme/bank:1", "does not begin with a registry"),
            ("../packs/bank:1", "is not a host"),
            ("R.example/a:1", "lower-case"),
            ("-r.example/a:1", "is not a host"),
            ("user@r.example/a:1", "is not a host"),
            ("r.example:0/a:1", "1-65535"),
            ("r.example:65536/a:1", "1-65535"),
            ("r.example:/a:1", "1-65535"),
            ("r.example:+1/a:1", "1-65535"),
            ("[::1/a:1", "is not a host"),
            ("[nonsense]/a:1", "is not a host"),
            ("r.example/a", "neither a tag nor a digest"),
            ("r.example/:1", "not the name of a repository"),
            ("r.example/A:1", "not the name of a repository"),
            ("r.example/a//b:1", "not the name of a repository"),
            ("r.example/a/:1", "not the name of a repository"),
            ("r.example/a..b:1", "not the name of a repository"),
            ("r.example/a___b:1", "not the name of a repository"),
            ("r.example/../b:1", "not the name of a repository"),
            ("r.example/a?b:1", "not the name of a repository"),
            ("r.example/保本:1", "not the name of a repository"),
            ("r.example/a:", "not a tag"),
            ("r.example/a:.1", "not a tag"),
            ("r.example/a:1/2", "not a tag"),
            ("r.example/a:1\n", "not a tag"),
            ("r.example/a@sha256:123", "64 lower-case hexadecimal digits"),
            ("r.example/a@md5:123", "64 lower-case hexadecimal digits"),
            (&upper, "64 lower-case hexadecimal digits"),
            (&both, "keep the digest"),
            (&long_name, "1-255 bytes"),
            (&long_tag, "1-128 letters"),
        ] {
            let error = text.parse::<PackReference>().unwrap_err();
            assert!(error.reason.contains(says), "{text}: {error}");
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn only_three_hosts_are_this_machine() {
        for (registry, here) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("[::1]:5000", true),
            ("[::1]", true),
            ("127.0.0.2:5000", false),
            ("localhost.example:5000", false),
            ("[::2]:5000", false),
            ("registry.example", false),
        ] {
            let reference: PackReference = format!("{registry}/a:1").parse().unwrap();
            assert_eq!(reference.is_on_this_machine(), here, "{registry}");
        }
    }
}
