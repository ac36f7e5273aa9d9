//! E-mail addresses and addresses of the web, and names of files, within which no number is what it looks like.

use super::kind::EntityKind;
use super::reading::Claim;
use super::tape::Tape;

/// The part of an e-mail address before `@`, at most: RFC 5321.
const LOCAL_MAX: usize = 64;
/// A domain's name, at most: RFC 1035.
const DOMAIN_MAX: usize = 253;

/// A run of ASCII characters without a blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// The name of a file: nothing in it is read.
    File(usize),
    /// Anything else, to its end, and whether it has what addresses have: a point before a letter or digit, `@`, or a colon.
    Other(usize, bool),
}

/// Endings of files' names.
const FILES: &[&str] = &[
    "jpg", "jpeg", "png", "gif", "bmp", "webp", "heic", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt",
    "csv", "zip", "rar", "gz", "tar", "7z", "mp3", "mp4", "avi", "wav", "amr", "log", "json", "xml", "html", "htm",
    "css", "js", "ts", "java", "rs", "go", "sql", "bak", "apk", "exe", "dmg", "iso", "psd", "dll", "yml", "yaml",
    "ini", "eml", "msg", "py", "sh", "md", "c", "h", "cpp", "php", "jsp", "deb", "rpm", "patch", "diff", "conf", "cfg",
    "bin", "img", "so", "ko", "tgz", "bz2", "xz", "ics", "vcf", "mov",
];

/// The run that begins at a place.
pub(super) fn token(tape: &Tape, at: usize) -> Token {
    let mut to = at;
    let (mut dot, mut is_plain, mut may_be_address) = (None, true, false);
    loop {
        let c = tape.at(to);
        match c {
            '.' => {
                dot = Some(to);
                may_be_address |= tape.at(to + 1).is_ascii_alphanumeric();
            }
            '@' | ':' => (is_plain, may_be_address) = (false, true),
            ',' | ';' | '(' | ')' => is_plain = false,
            _ if c.is_ascii_alphanumeric() || is_token(c) => {}
            _ => break,
        }
        to += 1;
    }
    if to == at {
        return Token::Other(at + 1, false);
    }
    // What is behind the name: a mark of the sentence.
    let end = if matches!(tape.before(to), '.' | '?' | '!') {
        to - 1
    } else {
        to
    };
    if let Some(dot) = dot
        .filter(|_| may_be_address)
        .filter(|&dot| is_plain && dot > at && dot < end)
    {
        let is_file = FILES
            .iter()
            .any(|name| dot + 1 + name.len() == end && tape.has(dot + 1, name));
        // 600519.SH is a share.
        let is_number = (at..dot).all(|at| tape.at(at).is_ascii_digit()) && tape.has(dot + 1, "sh");
        if is_file && !is_number {
            return Token::File(to);
        }
    }
    Token::Other(to, may_be_address)
}

/// The end of the run that begins with a word which ends at `to`: the word itself, or one mark of a sentence behind it. None where
/// more belongs to it.
pub(super) fn end_of_plain(tape: &Tape, to: usize) -> Option<usize> {
    let next = tape.at(to);
    if !is_token(next) {
        return Some(to);
    }
    (matches!(next, ',' | '.' | ';' | '?' | '!') && !is_token(tape.at(to + 1))).then_some(to + 1)
}

fn is_token(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '`' | '{' | '}' | '|' | '^' | '\'')
}

/// The first address that begins at `from` or behind, before `to`.
pub(super) fn next(tape: &Tape, from: usize, to: usize) -> Option<Claim> {
    let mut at = from;
    while at < to {
        match tape.at(at) {
            '@' => {
                if let Some(claim) = email(tape, at, from, to) {
                    return Some(claim);
                }
            }
            ':' if tape.has(at, "://") => {
                if let Some(claim) = with_scheme(tape, at, from, to) {
                    return Some(claim);
                }
            }
            '.' => {
                let host_from = host_begin(tape, at, from);
                let host_to = host_end(tape, at);
                let is_address = tape.at(host_to) == '@' || tape.has(host_to, "://");
                if !is_address {
                    if let Some(claim) = without_scheme(tape, host_from, host_to, to) {
                        return Some(claim);
                    }
                    at = host_to;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn is_host(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
}

fn host_begin(tape: &Tape, at: usize, from: usize) -> usize {
    let mut begin = at;
    while begin > from && at - begin < DOMAIN_MAX && is_host(tape.before(begin)) {
        begin -= 1;
    }
    while !tape.at(begin).is_ascii_alphanumeric() && begin < at {
        begin += 1;
    }
    begin
}

/// Behind the characters that a domain's name can have.
fn host_end(tape: &Tape, from: usize) -> usize {
    let mut end = from;
    while end - from < DOMAIN_MAX && is_host(tape.at(end)) {
        end += 1;
    }
    end
}

/// Behind the domain's name that begins at a place: labels with single points between, the last one of letters.
fn domain(tape: &Tape, from: usize) -> Option<usize> {
    let (mut at, mut label, mut good) = (from, from, None);
    while at - from < DOMAIN_MAX {
        let c = tape.at(at);
        if c.is_ascii_alphanumeric() || (c == '-' && at > label) || (c == '_' && good.is_none() && at > label) {
            at += 1;
            continue;
        }
        if at == label {
            break;
        }
        let is_last = label > from && is_top_level(tape, label, at);
        if is_last && tape.before(at) != '-' {
            good = Some(at);
        }
        if c != '.' {
            // A label that runs into something else is not a domain's end.
            return good.filter(|end| *end == at || tape.at(*end) == '.');
        }
        at += 1;
        label = at;
    }
    good
}

fn is_top_level(tape: &Tape, from: usize, to: usize) -> bool {
    let len = to - from;
    (2..=24).contains(&len)
        && ((from..to).all(|at| tape.at(at).is_ascii_alphabetic()) || (tape.has(from, "xn--") && len > 5))
}

fn email(tape: &Tape, at: usize, from: usize, to: usize) -> Option<Claim> {
    let is_local =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '#' | '=' | '*');
    let mut begin = at;
    while begin > from && at - begin < LOCAL_MAX && is_local(tape.before(begin)) {
        begin -= 1;
    }
    while begin < at && !tape.at(begin).is_ascii_alphanumeric() {
        begin += 1;
    }
    if begin == at || tape.before(at) == '.' {
        return None;
    }
    let end = domain(tape, at + 1)?;
    (end <= to).then_some(Claim {
        kind: EntityKind::Email,
        from: begin,
        to: end,
    })
}

fn with_scheme(tape: &Tape, at: usize, from: usize, to: usize) -> Option<Claim> {
    let scheme = ["https", "http", "ftps", "ftp", "ws", "wss"];
    let scheme = scheme
        .iter()
        .find(|scheme| at >= from + scheme.len() && tape.has_before(at, scheme))?;
    let host = at + 3;
    let begins = tape.at(host).is_ascii_alphanumeric() || tape.at(host) == '[';
    let host_to = host_end(tape, host);
    // A user, perhaps with a password, before the host.
    let user_to = (host_to..to.min(host_to + LOCAL_MAX)).find(|&at| matches!(tape.at(at), '@' | '/'));
    let is_user = user_to.is_some_and(|at| tape.at(at) == '@');
    let is_local = tape.has(host, "localhost") || tape.at(host) == '[';
    let is_numeric = is_ipv4(tape, host, host_to);
    (begins && (domain(tape, host).is_some() || is_numeric || is_local || is_user)).then(|| Claim {
        kind: EntityKind::Url,
        from: at - scheme.len(),
        to: path_end(tape, host, to),
    })
}

fn is_ipv4(tape: &Tape, from: usize, to: usize) -> bool {
    let mut dots = 0;
    for at in from..to {
        match tape.at(at) {
            '.' => dots += 1,
            c if c.is_ascii_digit() => {}
            _ => return false,
        }
    }
    dots == 3
}

/// Top-level domains that are known without a scheme before them; those that are words of a language or endings of files are
/// not among them. Source: IANA's root zone, the most used ones.
const KNOWN: &[&str] = &[
    "com", "net", "org", "cn", "info", "biz", "gov", "edu", "mil", "io", "co", "app", "top", "xyz", "vip", "site",
    "online", "club", "cc", "tv", "hk", "tw", "jp", "kr", "uk", "de", "fr", "ru", "eu", "au", "ca", "br", "nl", "ch",
    "se", "dk", "cz", "hu", "ro", "gr", "ua", "tr", "il", "ir", "vn", "th", "ph", "sg", "mx", "ar", "cl", "za", "ng",
    "ke", "nz", "ie", "link", "icu", "shop", "wang", "ltd", "store", "tech", "dev", "win", "ren", "pw", "mobi", "asia",
    "name", "pro", "fun", "ink",
];

fn without_scheme(tape: &Tape, from: usize, host_to: usize, to: usize) -> Option<Claim> {
    let end = domain(tape, from)?;
    // A name that goes on behind its last label is none: a.com.xyz1, or a sentence without a blank.
    let is_whole = end == host_to || (end + 1 == host_to && tape.at(end) == '.');
    let label = (from..end).rev().find(|&at| tape.at(at) == '.')? + 1;
    let is_known = KNOWN
        .iter()
        .any(|known| label + known.len() == end && tape.has(label, known));
    let has_www = tape.has(from, "www.") && label > from + 4;
    let next = tape.at(end);
    let has_path = next == '/' && tape.at(end + 1).is_ascii_alphanumeric() && label - from > 2;
    // Two letters on one side are an abbreviation more often than a host: e.g, U.S.
    let is_name = label - from > 2 && (from..label).any(|at| tape.at(at).is_ascii_alphabetic());
    let before = tape.before(from);
    let begins =
        !matches!(before, '@' | '.' | '-' | '_' | '/' | '\\' | '=' | '&' | '%') && !before.is_ascii_alphanumeric();
    let lower = |at: usize| tape.at(at).is_ascii_lowercase();
    // fine.Net and U.CO are ends of sentences.
    let has_one_case = lower(label) || (from..end).all(|at| !lower(at));
    let fits =
        has_www || (is_known && is_name && has_one_case) || (has_path && is_name && label + 2 <= end && is_known);
    (is_whole && begins && fits && next != '@' && next != '(').then(|| Claim {
        kind: EntityKind::Url,
        from,
        to: path_end(tape, from, to),
    })
}

/// Behind the port, path and query of an address whose host begins at a place; marks of the sentence are left out.
fn path_end(tape: &Tape, host: usize, token_to: usize) -> usize {
    let mut end = host;
    let mut open = 0_usize;
    let mut in_host = true;
    while end < token_to {
        let c = tape.at(end);
        in_host &= !matches!(c, '/' | '?' | '#');
        match c {
            '(' | '[' => open += 1,
            ')' | ']' if open == 0 => break,
            ')' | ']' => open -= 1,
            ',' | ';' if in_host => break,
            '\\' => break,
            _ => {}
        }
        end += 1;
    }
    while end > host + 1
        && matches!(
            tape.before(end),
            '.' | ',' | ';' | ':' | '!' | '?' | '*' | '~' | '(' | '['
        )
    {
        end -= 1;
    }
    end
}
