//! The page as one file: markup, style, script and module, under a policy that lets it load nothing.

use ct_codecs::{Base64, Encoder as _};
use sha2::{Digest as _, Sha256};

const MARKUP: &str = include_str!("../page/page.html");
const STYLE: &str = include_str!("../page/page.css");
const SCRIPT: &str = include_str!("../page/page.js");

/// What ends the element that a text stands in. Neither the style nor the script may hold it.
const END: &str = "</";
/// The first bytes of a module.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// The bytes are no module of WebAssembly.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAPage;

impl std::fmt::Display for NotAPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is no module of WebAssembly")
    }
}

impl std::error::Error for NotAPage {}

/// The page with a module in it.
///
/// # Errors
/// If the bytes are no module.
pub fn page(module: &[u8]) -> Result<String, NotAPage> {
    if !module.starts_with(MODULE) {
        return Err(NotAPage);
    }
    debug_assert!(!STYLE.contains(END) && !SCRIPT.contains(END));
    let pieces = [
        ("@POLICY@", policy()),
        ("@STYLE@", STYLE.to_owned()),
        ("@SCRIPT@", SCRIPT.to_owned()),
        ("@VERSION@", env!("CARGO_PKG_VERSION").to_owned()),
        ("@MODULE@", in_base64(module)),
    ];
    let page = pieces
        .iter()
        .fold(MARKUP.to_owned(), |page, (place, piece)| page.replacen(place, piece, 1));
    Ok(page)
}

/// The Content-Security-Policy of the page: nothing is loaded, no form is sent, no text becomes markup. The style and the script are known by
/// their digests, the module may be compiled, and the worker is the script once more.
fn policy() -> String {
    let of = |text: &str| format!("'sha256-{}'", in_base64(&Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; style-src {}; script-src {} 'wasm-unsafe-eval'; worker-src blob:; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types proviso",
        of(STYLE),
        of(SCRIPT)
    )
}

fn in_base64(bytes: &[u8]) -> String {
    Base64::encode_to_string(bytes).expect("an encoding of bytes in memory has room")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use ct_codecs::Decoder as _;

    fn made() -> String {
        page(&[MODULE, b"rest"].concat()).unwrap()
    }

    /// What stands in the first element of that name, without its tags.
    fn element<'p>(page: &'p str, start: &str, end: &str) -> &'p str {
        let (_, behind) = page.split_once(start).unwrap();
        behind.split_once(end).unwrap().0
    }

    fn policy_of(page: &str) -> &str {
        element(page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"")
    }

    /// As a browser does it: the digest of exactly what stands between the tags.
    #[test]
    fn the_policy_allows_the_script_and_the_style_that_are_there_and_no_others() {
        let page = made();
        let policy = policy_of(&page);
        for (directive, text) in [
            ("script-src", element(&page, "<script>", "</script>")),
            ("style-src", element(&page, "<style>", "</style>")),
        ] {
            let digest = Base64::encode_to_string(Sha256::digest(text.as_bytes())).unwrap();
            assert!(
                policy.contains(&format!("{directive} 'sha256-{digest}'")),
                "{directive}: {policy}"
            );
        }
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        for wide in ["unsafe-inline", "'unsafe-eval'", "http", "data:", "'self'", "*"] {
            assert!(!policy.contains(wide), "{wide}: {policy}");
        }
        assert_eq!(policy.matches("sha256-").count(), 2);
    }

    #[test]
    fn the_page_is_one_file_that_names_no_other() {
        let page = made();
        for place in ["@POLICY@", "@STYLE@", "@SCRIPT@", "@VERSION@", "@MODULE@"] {
            assert_eq!(MARKUP.matches(place).count(), 1, "{place}");
            assert!(!page.contains(place), "{place}");
        }
        assert_eq!(page.matches("<script>").count(), 1);
        assert_eq!(page.matches("<style>").count(), 1);
        for loads in [" src=", "href=", "@import", "url(", "http://", "https://"] {
            assert!(!page.contains(loads), "{loads}");
        }
        let module = element(&page, "id=\"module\">", "</script>");
        assert_eq!(Base64::decode_to_vec(module, None).unwrap(), [MODULE, b"rest"].concat());
    }

    /// What an export says becomes text, never markup; nothing leaves the page.
    #[test]
    fn the_script_makes_no_markup_and_speaks_to_nobody() {
        for name in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "DOMParser",
            "eval(",
            "Function(",
            "fetch(",
            "XMLHttpRequest",
            "WebSocket",
            "sendBeacon",
            "EventSource",
            "RTCPeerConnection",
            "importScripts",
            "import(",
            "localStorage",
            "indexedDB",
            "cookie",
            "setAttribute(\"on",
            "location",
        ] {
            assert!(!SCRIPT.contains(name), "{name}");
        }
        assert!(!SCRIPT.contains(END) && !STYLE.contains(END));
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert_eq!(page(b"text"), Err(NotAPage));
    }
}
