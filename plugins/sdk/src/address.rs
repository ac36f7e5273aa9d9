//! Web addresses, as far as policies judge them.

/// The host of a web address as written, without user, port and closing dot; `None` where there is none. Lower the address first to compare.
pub fn host_of(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority
        .rsplit('@')
        .next()?
        .split(':')
        .next()?
        .trim()
        .trim_end_matches('.');
    (!host.is_empty()).then_some(host)
}

/// True for the domain itself and for what stands below it; both in lower case.
pub fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// True for a bare domain such as `example.com`, as settings should name one: no scheme, path, port or wildcard.
pub fn is_domain(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('.') && !text.ends_with('.') && !text.contains(['/', ':', '*', ' ', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_address_is_found() {
        let table = [
            ("https://www.Example.com/a?b#c", Some("www.Example.com")),
            ("http://user:pass@example.com:8080/x", Some("example.com")),
            ("example.com./x", Some("example.com")),
            ("https:///x", None),
            ("", None),
        ];
        for (address, expected) in table {
            assert_eq!(host_of(address), expected, "{address}");
        }
    }

    #[test]
    fn a_domain_holds_for_what_is_below_it_and_not_for_what_merely_ends_so() {
        let table = [
            ("example.com", true),
            ("a.example.com", true),
            ("notexample.com", false),
            ("example.com.cn", false),
        ];
        for (host, expected) in table {
            assert_eq!(is_below(host, "example.com"), expected, "{host}");
        }
    }

    #[test]
    fn a_domain_is_bare() {
        for (text, expected) in [
            ("example.com", true),
            ("例子.中国", true),
            ("", false),
            ("https://x.cn", false),
            ("*.x.cn", false),
        ] {
            assert_eq!(is_domain(text), expected, "{text}");
        }
    }
}
