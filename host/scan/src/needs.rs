//! What a pattern needs, for people who write it.

use crate::conditions;
use crate::required::Route;
use std::fmt::Write;

/// What a pattern needs, in one line.
pub(crate) fn describe(routes: &[Route], conditions: &[conditions::Run]) -> String {
    let mut needs = String::new();
    for (number, route) in routes.iter().enumerate() {
        needs.push_str(if number > 0 { " or " } else { "" });
        for (place, group) in route.iter().enumerate() {
            let _ = match (place, group.reach) {
                (0, _) => Ok(()),
                (_, Some(bytes)) => write!(needs, " then within {bytes} bytes "),
                (_, None) => write!(needs, " then "),
            };
            let pieces: Vec<&str> = group.literals.iter().map(String::as_str).collect();
            needs.push_str(&pieces.join("|"));
        }
    }
    for condition in conditions {
        let _ = write!(needs, "{}{condition}", if needs.is_empty() { "" } else { " and " });
    }
    needs
}
