//! Text that a program made, not a person: addresses on the web, keys, and whatever else is long and without sense. Terms are
//! found in it by chance.

use std::ops::Range;

/// Bytes that are looked at on each side of a hit. Of a longer run, what is this near decides.
const SIDE_BYTES: usize = 256;
/// A run that looks like chance is made by a program if it has so many bytes.
const RANDOM_BYTES_MIN: usize = 20;
/// Bytes of a digest or a key in hexadecimal digits, at least: those of MD5.
const HEX_BYTES_MIN: usize = 32;
/// A run without any mark that nobody would write.
const LONG_BYTES_MIN: usize = 64;
/// How keys begin that need not look like chance: of clouds, code hosts and messengers, and tokens in JSON.
const KEY_PREFIXES: &[&str] = &[
    "AKIA",
    "ASIA",
    "AIza",
    "LTAI",
    "AKID",
    "eyJ",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_",
    "pk_",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "npm_",
    "SG.",
];
/// Bytes of such a key, at least.
const KEY_BYTES_MIN: usize = 16;

/// True if a hit lies wholly within an address on the web, behind its scheme or its host, or within a key or another run that a
/// program made. Looks at 256 bytes on each side.
#[inline(never)]
pub(crate) fn holds(text: &str, hit: Range<usize>) -> bool {
    let bytes = text.as_bytes();
    if !bytes[hit.clone()].iter().all(|&byte| is_of_address(byte)) {
        return false;
    }
    in_address(around(bytes, &hit, is_of_address)) || is_key(around(bytes, &hit, is_of_key).0)
}

/// The run of such bytes that a hit lies in, and where in it the hit begins.
fn around<'t>(bytes: &'t [u8], hit: &Range<usize>, is_of_run: fn(u8) -> bool) -> (&'t [u8], usize) {
    let before = &bytes[hit.start.saturating_sub(SIDE_BYTES)..hit.start];
    let behind = &bytes[hit.end..bytes.len().min(hit.end + SIDE_BYTES)];
    let before = before.iter().rev().take_while(|byte| is_of_run(**byte)).count();
    let behind = behind.iter().take_while(|byte| is_of_run(**byte)).count();
    (&bytes[hit.start - before..hit.end + behind], before)
}

fn is_of_address(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'\'' | b'<' | b'>' | b'`' | b'|' | b'{' | b'}' | b'\\' | b'^'
        )
}

/// What base64 in both alphabets has, and `.` between the parts of a token.
fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-' | b'=' | b'.')
}

fn in_address((run, at): (&[u8], usize)) -> bool {
    let before = &run[..at];
    if before.windows(3).any(|three| three == b"://") {
        return true;
    }
    let begin = before.iter().position(u8::is_ascii_alphanumeric).unwrap_or(at);
    let before = &before[begin..];
    if before.len() >= 4 && before[..4].eq_ignore_ascii_case(b"www.") {
        return true;
    }
    // A host, and a path that has begun.
    let Some(slash) = before.iter().position(|&byte| byte == b'/') else {
        return false;
    };
    let host = before[..slash].split(|&byte| byte == b':').next().unwrap_or_default();
    let mut labels = host.split(|&byte| byte == b'.').rev();
    let is_label =
        |label: &[u8]| !label.is_empty() && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let is_top = |label: &[u8]| label.len() >= 2 && label.iter().all(u8::is_ascii_alphabetic);
    labels.next().is_some_and(is_top) && labels.clone().count() > 0 && labels.all(is_label)
}

fn is_key(run: &[u8]) -> bool {
    let begins = |prefix: &&str| run.starts_with(prefix.as_bytes());
    if run.len() >= KEY_BYTES_MIN && KEY_PREFIXES.iter().any(begins) {
        return true;
    }
    let has_digit = run.iter().any(u8::is_ascii_digit);
    run.len() >= LONG_BYTES_MIN && has_digit
        || run.len() >= HEX_BYTES_MIN && has_digit && run.iter().all(u8::is_ascii_hexdigit)
        || run.len() >= RANDOM_BYTES_MIN && is_random(run)
}

/// True if capitals, small letters and digits all occur and change so often as they would by chance: in random base64 two of
/// three bytes are of another kind than the one before, in what people write (`WXLiCai2026ZhangSan`) less than half.
fn is_random(run: &[u8]) -> bool {
    let kind = |byte: &u8| match byte {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let has = |wanted: u8| run.iter().any(|byte| kind(byte) == wanted);
    let changes = run.windows(2).filter(|two| kind(&two[0]) != kind(&two[1])).count();
    has(0) && has(1) && has(2) && changes * 2 >= run.len()
}

#[cfg(test)]
mod tests {
    use super::holds;

    fn held(text: &str, term: &str) -> bool {
        let start = text.find(term).unwrap();
        holds(text, start..start + term.len())
    }

    #[test]
    fn what_stands_in_an_address_or_a_key_is_held() {
        for (text, term) in [
            ("看 https://example.com/vx/index.html", "vx"),
            ("链接：http://vx.example.com", "vx"),
            ("（www.vx-shop.cn）", "vx"),
            ("docs.example.com:8080/a/vx?b=1", "vx"),
            ("example.com/vx", "vx"),
            ("密钥AKIAIOSFODNN7EXAMPLE，请保密", "IOS"),
            ("eyJhbGciOiJIUzI1NiJ9.vx.abc", "vx"),
            ("d41d8cd98f00b204e9800998ecf8427e", "8f00"),
            ("a8Kd/vx/7dHs92KslQ0z1Pq", "vx"),
            ("aaaa1-vx-".repeat(8).as_str(), "vx"),
        ] {
            assert!(held(text, term), "{text:?}");
        }
    }

    #[test]
    fn a_long_run_is_judged_by_what_is_near() {
        let far = format!("https://example.com/{}/vx/{}", "a".repeat(300), "b".repeat(300));
        assert!(!held(&far, "vx"));
        let random = "aB3".repeat(100_000) + "/vx/" + &"aB3".repeat(100_000);
        assert!(held(&random, "vx"));
    }

    #[test]
    fn what_people_write_is_not_held() {
        for text in [
            "加vx：13800138000",
            "加vx13800138000",
            "vx",
            "qq/vx/电话",
            "QQ、vx都可以",
            "tel/vx/13800138000",
            "v1.0/vx",
            "vx://",
            "加vx https://example.com/a",
            "https://example.com/a 加vx",
            "https://example.com/a，vx同号",
            "vx:LiCai2026ZhangSan",
            "my-vx-id-is-zhang-san-ok",
        ] {
            assert!(!held(text, "vx"), "{text:?}");
        }
    }
}
