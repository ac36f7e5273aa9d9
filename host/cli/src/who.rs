//! Who runs a command.

use proviso_model::{Principal, PrincipalKind};
use std::os::unix::fs::MetadataExt as _;

/// The user of the operating system, by the name that the machine knows, or by the number.
pub(crate) fn runs_this() -> Principal {
    // A process owns its entry there.
    let number = std::fs::metadata("/proc/self").map_or(u32::MAX, |own| own.uid());
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    of_user(number, &users)
}

fn of_user(number: u32, users: &str) -> Principal {
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let found: u32 = fields.nth(1)?.parse().ok()?;
        (found == number).then_some(name)
    });
    let named = named.and_then(|name| Principal::new(PrincipalKind::CommandLine, name).ok());
    named.unwrap_or_else(|| {
        let number = format!("uid-{number}");
        Principal::new(PrincipalKind::CommandLine, number).expect("a number is a short and plain name")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_a_name_or_a_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\nli.na:x:1000:1000::/home:/bin/sh\n:x:7:7::/:\n";
        for (number, expected) in [
            (0, "command-line:root"),
            (1_000, "command-line:li.na"),
            (1_001, "command-line:uid-1001"),
            (7, "command-line:uid-7"),
        ] {
            assert_eq!(of_user(number, users).to_string(), expected);
        }
        assert_eq!(runs_this().kind(), PrincipalKind::CommandLine);
    }
}
