//! The pages, out of the binary: files that never change under their names, and the one page that names them.

use crate::problem::Refused;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

/// What `host/console/web/build.sh` built.
#[derive(RustEmbed)]
#[folder = "web/dist/"]
struct Built;

/// The page that all addresses of the console give: what it shows it finds out itself.
const INDEX: &str = "index.html";
/// Where the page wants its nonce.
const NONCE_PLACE: &str = "__NONCE__";
/// Files whose names say what is in them.
const ASSETS: &str = "assets/";
/// Said by a build without pages.
const NO_PAGES: &str =
    "This build has no pages of the console: `sh host/console/web/build.sh` makes them, and the next build has them.\n";

pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(async || Redirect::to("/console/")))
        .route("/console", get(async || Redirect::to("/console/")))
        .route("/console/", get(async || page()))
        .route("/console/{*path}", get(file))
}

/// What no browser may do with a page or a file of ours.
fn guarded(mut answer: Response, policy: &str) -> Response {
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_SECURITY_POLICY, policy);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    );
    answer
}

/// Nothing is loaded but from here, nothing runs that stands in the page, and nobody frames it. Styles that a script puts in carry the
/// page's nonce, where it asks for one.
fn policy(nonce: Option<&str>) -> String {
    let style = nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'{style}; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

fn page() -> Response {
    let Some(index) = Built::get(INDEX) else {
        let answer = (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], NO_PAGES).into_response();
        return guarded(answer, &policy(None));
    };
    page_of(&index.data)
}

fn page_of(index: &[u8]) -> Response {
    let text = String::from_utf8_lossy(index);
    let mut nonce = None;
    if text.contains(NONCE_PLACE) {
        let mut bytes = [0; 16];
        if let Err(error) = getrandom::fill(&mut bytes) {
            return Refused::fault("the page is not given", error).into_response();
        }
        nonce = Some(hex::encode(bytes));
    }
    let text = match &nonce {
        Some(nonce) => text.replace(NONCE_PLACE, nonce),
        None => text.into_owned(),
    };
    let head = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    guarded((head, text).into_response(), &policy(nonce.as_deref()))
}

async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let found = Built::get(&path).filter(|_| path != INDEX);
    let Some(found) = found else {
        // An address of the page's own: what has an ending, or is a file's place, is a file that is not there.
        let is_file = path.starts_with(ASSETS) || path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        if is_file && Built::get(INDEX).is_some() {
            let answer = (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
            return guarded(answer, &policy(None));
        }
        return page();
    };
    let tag = format!("\"{}\"", hex::encode(&found.metadata.sha256_hash()[..16]));
    let cache = if path.starts_with(ASSETS) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let same = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let head = [
        (header::CONTENT_TYPE, media_type(&path)),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, &tag),
    ];
    let answer = if same {
        (StatusCode::NOT_MODIFIED, head).into_response()
    } else {
        (head, found.data.into_owned()).into_response()
    };
    guarded(answer, &policy(None))
}

/// What a file is, by its ending; what is not known a browser only saves.
fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    fn policy_of(answer: &Response) -> String {
        answer.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned()
    }

    #[tokio::test]
    async fn a_page_that_asks_for_a_nonce_gets_another_each_time() {
        let mut nonces = Vec::new();
        for _ in 0..2 {
            let answer = page_of(b"<meta name=\"nonce\" content=\"__NONCE__\"><p>__NONCE__</p>");
            let policy = policy_of(&answer);
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
            let body = to_bytes(answer.into_body(), 1 << 10).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            let nonce = body.split('"').nth(3).unwrap().to_owned();
            assert_eq!(nonce.len(), 32);
            assert_eq!(body.matches(&nonce).count(), 2);
            assert!(
                policy.contains(&format!("style-src 'self' 'nonce-{nonce}';")),
                "{policy}"
            );
            assert!(!policy.contains("unsafe"), "{policy}");
            nonces.push(nonce);
        }
        assert_ne!(nonces[0], nonces[1]);
        let plain = policy_of(&page_of(b"<p>none</p>"));
        let expected = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src \
                        'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        assert_eq!(plain, expected);
    }

    #[test]
    fn what_is_not_known_is_no_page() {
        assert_eq!(media_type("assets/index-1a2b.js"), "text/javascript; charset=utf-8");
        assert_eq!(media_type("assets/x.svg"), "image/svg+xml");
        assert_eq!(media_type("LICENSE"), "application/octet-stream");
        assert_eq!(media_type("a.b/c"), "application/octet-stream");
    }
}
