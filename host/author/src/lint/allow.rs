//! Comments that accept a remark: `# allow(L401): the law before it, for what was sent while it was in force`.
//!
//! Such a comment counts for the next line of its file that is no comment, and behind a value for its own line.

use super::codes::{ALLOW_WITHOUT_REASON, ALLOW_WITHOUT_REMARK};
use super::{Remark, sort};
use proviso_pack::Pack;
use proviso_pack::parts::MANIFEST;

/// A comment that accepts a code.
struct Allow {
    part: String,
    /// Where it stands.
    line: usize,
    column: usize,
    /// Which line it is about.
    about: usize,
    code: String,
    has_reason: bool,
}

/// What is left of remarks when those that a comment accepts are taken out, and what is wrong with such comments. Codes that
/// were not looked for this time (`looked_for` says which were) are not missed.
pub(super) fn without_allowed(pack: &Pack, mut remarks: Vec<Remark>, looked_for: impl Fn(&str) -> bool) -> Vec<Remark> {
    let allows = read(pack);
    let mut used = vec![false; allows.len()];
    remarks.retain(|remark| {
        let allowed = allows.iter().position(|allow| {
            allow.part == remark.part && allow.about == remark.line && allow.code == remark.code.id && allow.has_reason
        });
        if let Some(index) = allowed {
            used[index] = true;
        }
        allowed.is_none()
    });
    for (allow, used) in allows.iter().zip(used) {
        let (code, message) = if !allow.has_reason {
            let message = format!("say why: `# allow({}): because …`", allow.code);
            (ALLOW_WITHOUT_REASON, message)
        } else if !used && looked_for(&allow.code) {
            let message = format!(
                "there is no {} in line {}: take the comment out",
                allow.code, allow.about
            );
            (ALLOW_WITHOUT_REMARK, message)
        } else {
            continue;
        };
        remarks.push(Remark {
            column: allow.column,
            ..Remark::on_line(code, &allow.part, allow.line, message)
        });
    }
    sort(&mut remarks);
    remarks
}

fn read(pack: &Pack) -> Vec<Allow> {
    let mut allows = Vec::new();
    for (part, bytes) in pack.files() {
        let is_toml = part == MANIFEST || part.starts_with("cases/");
        let commented = is_toml || part.starts_with("lexicons/") || part.starts_with("patterns/");
        let Some(text) = std::str::from_utf8(bytes).ok().filter(|_| commented) else {
            continue;
        };
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some((start, comment)) = comment_of(line, is_toml) else {
                continue;
            };
            let mut rest = comment;
            while let Some(at) = rest.find("allow(L") {
                let inside = &rest[at + "allow(".len()..];
                let Some(end) = inside.find(')') else { break };
                let about = if start > 0 && !line[..start].trim().is_empty() {
                    Some(index)
                } else {
                    (index + 1..lines.len())
                        .find(|&next| !lines[next].trim().is_empty() && !lines[next].trim_start().starts_with('#'))
                };
                let reason = inside[end + 1..].trim_start_matches([':', '：', ' ']);
                allows.push(Allow {
                    part: part.to_owned(),
                    line: index + 1,
                    column: line[..start].chars().count() + 1,
                    about: about.map_or(0, |about| about + 1),
                    code: inside[..end].to_owned(),
                    has_reason: reason.chars().filter(|c| c.is_alphanumeric()).count() >= 4,
                });
                rest = &inside[end..];
            }
        }
    }
    allows
}

/// The comment of a line, and where it begins. In a list a comment is a whole line; in TOML it may stand behind a value,
/// and one that accepts something is told from a text by its form.
fn comment_of(line: &str, toml: bool) -> Option<(usize, &str)> {
    let begin = line.len() - line.trim_start().len();
    if line[begin..].starts_with('#') {
        return Some((begin, &line[begin..]));
    }
    let at = toml.then(|| line.find("# allow(L")).flatten()?;
    Some((at, &line[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_from_terms_and_values() {
        assert_eq!(comment_of("# allow(L104): x", false), Some((0, "# allow(L104): x")));
        assert_eq!(comment_of("保本 # allow(L104): x", false), None);
        assert_eq!(
            comment_of("a = 1 # allow(L401): x", true),
            Some((6, "# allow(L401): x"))
        );
        assert_eq!(comment_of("a = 1 # other", true), None);
    }
}
