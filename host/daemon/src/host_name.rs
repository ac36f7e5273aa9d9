//! Which texts are the name of a host.

/// A name of DNS, in bytes.
const NAME_BYTES_MAX: usize = 253;

/// True of a name that DNS may have: letters, digits, `-` and `.`, without a port.
pub(crate) fn is_host_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
        && name.split('.').all(|label| !label.is_empty())
}
