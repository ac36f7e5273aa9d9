//! What a registry that answers 401 asks for: the header `WWW-Authenticate` (RFC 9110, 11.6.1).

/// What a registry wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token of this server.
    Bearer {
        /// The address of the server of tokens.
        realm: String,
        /// What the registry calls itself there; may be empty.
        service: String,
    },
}

/// The first challenge of the headers that is known here; a token comes before a password.
pub(crate) fn read<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    let all: Vec<Challenge> = headers
        .flat_map(|header| challenges(header).into_iter().filter_map(known))
        .collect();
    let bearer = all
        .iter()
        .find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
    bearer.or(all.first()).cloned()
}

/// A scheme with its parameters.
type Raw = (String, Vec<(String, String)>);

fn known((scheme, parameters): Raw) -> Option<Challenge> {
    let value = |name: &str| {
        let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: value("realm")?,
            service: value("service").unwrap_or_default(),
        }),
        _ => None,
    }
}

/// Parts a header into its challenges: `Scheme key="value", key=value, Scheme …`.
fn challenges(header: &str) -> Vec<Raw> {
    let mut found: Vec<Raw> = Vec::new();
    for part in between_commas(header) {
        let (head, rest) = part
            .split_once('=')
            .map_or((part, None), |(key, value)| (key.trim(), Some(value.trim())));
        // A key of one word belongs to the scheme before it; two words begin another.
        let (scheme, key) = match head.split_once(char::is_whitespace) {
            Some((scheme, key)) => (Some(scheme), key.trim()),
            None if rest.is_none() => (Some(head), ""),
            None => (None, head),
        };
        if let Some(scheme) = scheme {
            found.push((scheme.to_owned(), Vec::new()));
        }
        if let (Some((_, parameters)), Some(value)) = (found.last_mut(), rest) {
            parameters.push((key.to_owned(), unquoted(value)));
        }
    }
    found
}

fn between_commas(header: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in header.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(header[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(header[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut plain = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            plain.push(c);
            escaped = false;
        }
    }
    plain
}

/// A text as a part of a query (RFC 3986, 2.3).
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value)]);
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: &str) -> Challenge {
        let (realm, service) = (realm.to_owned(), service.to_owned());
        Challenge::Bearer { realm, service }
    }

    #[test]
    fn challenges_as_registries_write_them() {
        for (headers, expected) in [
            (&["Basic realm=\"Registry Realm\""][..], Some(Challenge::Basic)),
            (&["basic"], Some(Challenge::Basic)),
            (
                &[
                    "Bearer realm=\"https://auth.example/token\",service=\"registry.example\",scope=\"repository:a/b:pull,push\"",
                ],
                Some(bearer("https://auth.example/token", "registry.example")),
            ),
            (
                &["bearer  realm=https://a.example , Service = x"],
                Some(bearer("https://a.example", "x")),
            ),
            (
                &["Bearer realm=\"https://a.example/?x=\\\"1\\\",2\""],
                Some(bearer("https://a.example/?x=\"1\",2", "")),
            ),
            (
                &["Basic realm=\"x\", Bearer realm=\"https://a.example\""],
                Some(bearer("https://a.example", "")),
            ),
            (
                &["Basic realm=\"x\"", "Bearer realm=\"https://a.example\""],
                Some(bearer("https://a.example", "")),
            ),
            (&["Negotiate", "Basic realm=\"x\""], Some(Challenge::Basic)),
            (&["Bearer service=\"no realm\""], None),
            (&["Digest realm=\"x\", nonce=\"y\""], None),
            (&["", ",,", "=", "\""], None),
            (&[], None),
        ] {
            assert_eq!(read(headers.iter().copied()), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_query_holds_what_it_was_given() {
        assert_eq!(
            encoded("repository:acme/bank:pull,push"),
            "repository%3Aacme%2Fbank%3Apull%2Cpush"
        );
        assert_eq!(encoded("aZ09-._~"), "aZ09-._~");
        assert_eq!(encoded("保 &="), "%E4%BF%9D%20%26%3D");
    }
}
