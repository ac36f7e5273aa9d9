//! Sessions: the cookie, what changes something, and what is checked before any operation is done.

use crate::console::Console;
use crate::problem::{Code, Refused};
use crate::rights::{self, Reach, Right, Wants};
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header, uri::Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use proviso_archive::{Change, PeopleChange, Session, SessionEnd, User};
use proviso_model::digest::DigestBuilder;
use proviso_model::{Digest, Principal};
use zeroize::Zeroizing;

/// A session ends so long after it was opened, whatever is done in it.
pub const SESSION_MS: i64 = 12 * 3_600_000;
/// The header that carries the value of `/api/me`.
pub const CSRF_HEADER: &str = "proviso-csrf";
/// The cookie's name; behind HTTPS with the prefix that browsers hold to it (RFC 6265bis, section 4.1.3.2).
const COOKIE: &str = "proviso_session";
const COOKIE_OF_HOST: &str = "__Host-proviso_session";
/// Random bytes of a session.
const TOKEN_BYTES: usize = 32;

/// What a browser has: whoever shows it is in the session.
pub(crate) struct Token(Zeroizing<[u8; TOKEN_BYTES]>);

impl Token {
    /// A new one, of random bytes.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    /// The one that a request shows. Two cookies of the name are none: somebody added one.
    fn shown(headers: &HeaderMap, https: bool) -> Option<Self> {
        let name = cookie_name(https);
        let cookies = headers.get_all(header::COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let pairs = cookies.flat_map(|cookies| cookies.split(';'));
        let mut values = pairs.filter_map(|pair| pair.trim().split_once('=').filter(|(key, _)| *key == name));
        let (_, value) = values.next()?;
        if values.next().is_some() {
            return None;
        }
        let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
        hex::decode_to_slice(value, &mut *bytes).ok()?;
        Some(Self(bytes))
    }

    /// What the archive knows it by.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&*self.0)
    }

    /// What the console's own pages send along: made of the token, so that it is known to whoever is in the session alone, and leads not
    /// back to it.
    pub(crate) fn csrf(&self) -> String {
        let mut digest = DigestBuilder::new("proviso console csrf 1");
        digest.part(&*self.0);
        digest.finish().hex()
    }

    /// The header that gives it to the browser.
    pub(crate) fn cookie(&self, https: bool) -> HeaderValue {
        let value = Zeroizing::new(hex::encode(*self.0));
        cookie(https, &value, SESSION_MS / 1_000)
    }
}

fn cookie_name(https: bool) -> &'static str {
    if https { COOKIE_OF_HOST } else { COOKIE }
}

fn cookie(https: bool, value: &str, seconds: i64) -> HeaderValue {
    let secure = if https { "; Secure" } else { "" };
    let name = cookie_name(https);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::from_str(&text).expect("a cookie of digits and letters");
    value.set_sensitive(true);
    value
}

/// The header that takes the cookie from the browser.
pub(crate) fn no_cookie(https: bool) -> HeaderValue {
    cookie(https, "", 0)
}

/// Who asks: a session with its user, as both were when the request came.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) user: User,
    pub(crate) csrf: String,
}

impl SignedIn {
    /// The user as whoever acts.
    pub(crate) fn principal(&self) -> Principal {
        self.user.name.principal()
    }

    /// Where the user has a right.
    pub(crate) fn reach(&self, right: Right) -> Reach {
        rights::reach(&self.user.roles, right)
    }
}

/// Lets a request through that wants no more than it brings; the handler finds [`SignedIn`] beside it, where there is a session.
pub(crate) async fn guard(State(console): State<Console>, path: MatchedPath, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    match admit(&console, path.as_str(), &head).await {
        Ok(signed_in) => {
            if let Some(signed_in) = signed_in {
                head.extensions.insert(signed_in);
            }
            let mut answer = next.run(Request::from_parts(head, body)).await;
            // What one may see now, another may not see later, nor somebody else at the same machine.
            let headers = answer.headers_mut();
            headers
                .entry(header::CACHE_CONTROL)
                .or_insert(HeaderValue::from_static("no-store"));
            answer
        }
        Err(refused) => refused.into_response(),
    }
}

async fn admit(console: &Console, path: &str, request: &Parts) -> Result<Option<SignedIn>, Refused> {
    let not_permitted = || Refused::new(Code::NotPermitted, "no role of yours allows this");
    let wants = rights::wants(request.method.as_str(), path).ok_or_else(not_permitted)?;
    let (headers, https) = (&request.headers, console.https());
    let changes = request.method != Method::GET && request.method != Method::HEAD;
    if changes && !is_of_own_origin(headers, &request.uri) {
        let message = "this was sent from another site: open the console by its own address";
        return Err(Refused::new(Code::ForeignOrigin, message));
    }
    if wants == Wants::Nothing {
        return Ok(None);
    }
    let shown = Token::shown(headers, https);
    let found = match &shown {
        Some(token) => find(console, token).await?,
        None => None,
    };
    let (Some(token), Some((session, user))) = (shown, found) else {
        return Err(Refused::new(Code::NoSession, "sign in first"));
    };
    let csrf = token.csrf();
    if changes && !is_same(headers.get(CSRF_HEADER), &csrf) {
        let message = format!("send the header `{CSRF_HEADER}` with the value that `/api/me` gives");
        return Err(Refused::new(Code::ForeignOrigin, message));
    }
    if user.must_change_password && wants != Wants::AnySession {
        return Err(Refused::new(Code::PasswordChangeWanted, "change your password first"));
    }
    if let Wants::Right(right) | Wants::RightAgain(right) = wants
        && !rights::rights(&user.roles).contains(&right)
    {
        return Err(not_permitted());
    }
    let again = matches!(wants, Wants::RightAgain(_));
    if again && console.live().stepped_up_until(session.number, console.now()).is_none() {
        return Err(Refused::new(Code::StepUpWanted, "show your password again first"));
    }
    Ok(Some(SignedIn { session, user, csrf }))
}

/// The open session of a token, and its user, who is enabled.
async fn find(console: &Console, token: &Token) -> Result<Option<(Session, User)>, Refused> {
    let Some(found) = console.archive().session_by_digest(&token.digest()).await? else {
        return Ok(None);
    };
    let (session, user, now) = (found.session, found.user, console.now());
    // A clock that went back makes no session longer.
    let began = session.opened_at <= now;
    if !session.is_open(now) || !began || user.disabled.is_some() {
        return Ok(None);
    }
    if !console.live().used(&session, now) {
        let why = SessionEnd::Idle;
        let end = PeopleChange::End {
            session: session.number,
            why,
        };
        // Where it cannot be told, it counts no more all the same.
        if let Err(error) = console.commit(end, Principal::system("console")).await {
            tracing::warn!(%error, "an idle session was not ended in the archive");
        }
        return Ok(None);
    }
    Ok(Some((session, user)))
}

/// The open session that a sign-in takes the place of.
pub(crate) async fn shown_with(console: &Console, headers: &HeaderMap) -> Result<Option<(Session, User)>, Refused> {
    match Token::shown(headers, console.https()) {
        Some(token) => find(console, &token).await,
        None => Ok(None),
    }
}

/// Ends a session, and forgets what was known of it.
pub(crate) async fn end(
    console: &Console,
    session: i64,
    why: SessionEnd,
    by: Principal,
) -> Result<(), proviso_archive::CommitError> {
    let ended = console.commit(PeopleChange::End { session, why }, by).await;
    console.live().forget(session);
    ended.map(|_| ())
}

/// True if a request says nothing of where it comes from, as programs do, or names the host that it goes to.
fn is_of_own_origin(headers: &HeaderMap, uri: &Uri) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
        return false;
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    if origins.next().is_some() {
        return false;
    }
    let host = uri.authority().map(|authority| authority.as_str().as_bytes());
    let host = host.or_else(|| headers.get(header::HOST).map(HeaderValue::as_bytes));
    let origin = origin.as_bytes();
    let authority = [b"http://".as_slice(), b"https://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(*scheme));
    match (authority, host) {
        (Some(authority), Some(host)) => authority.eq_ignore_ascii_case(host),
        _ => false,
    }
}

/// True of the value itself; how much of it is right nobody learns from the time that this takes.
fn is_same(shown: Option<&HeaderValue>, value: &str) -> bool {
    let Some(shown) = shown.map(HeaderValue::as_bytes) else {
        return false;
    };
    Digest::of(shown) == Digest::of(value.as_bytes())
}

impl Console {
    /// Changes who signs in. Whoever asked may go away: all of it is kept, or nothing.
    pub(crate) async fn commit(
        &self,
        change: PeopleChange<'_>,
        by: Principal,
    ) -> Result<proviso_archive::Receipt, proviso_archive::CommitError> {
        let at = self.now();
        self.archive().commit(Change::People { change, at }, &by).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_read_as_it_was_given_and_two_are_none() {
        let token = Token::new().unwrap();
        for https in [false, true] {
            let given = token.cookie(https);
            assert!(given.is_sensitive());
            let given = given.to_str().unwrap().to_owned();
            let (pair, flags) = given.split_once("; ").unwrap();
            assert!(flags.starts_with("Path=/; HttpOnly; SameSite=Strict; Max-Age=43200"));
            assert_eq!(flags.ends_with("; Secure"), https);
            assert_eq!(pair.starts_with("__Host-"), https);
            let shown = |cookie: &str, https| Token::shown(&headers(&[("cookie", cookie)]), https);
            let read = shown(&format!("theme=dark; {pair}"), https).unwrap();
            assert_eq!(read.digest(), token.digest());
            assert_eq!(read.csrf(), token.csrf());
            assert!(shown(pair, !https).is_none(), "another name");
            assert!(shown(&format!("{pair}; {pair}"), https).is_none(), "twice");
            assert!(Token::shown(&headers(&[("cookie", pair), ("cookie", pair)]), https).is_none());
            assert!(shown(&pair[..pair.len() - 2], https).is_none(), "too short");
            assert!(shown(&pair.replace('=', "=zz"), https).is_none());
        }
        assert_ne!(Token::new().unwrap().digest(), token.digest());
        assert_ne!(token.csrf(), token.digest().hex());
    }

    #[test]
    fn only_its_own_pages_change_something() {
        each_row(
            [
                (vec![], true),
                (vec![("origin", "http://127.0.0.1:8787")], true),
                (vec![("origin", "https://127.0.0.1:8787")], true),
                (vec![("origin", "HTTP://127.0.0.1:8787")], false),
                (vec![("origin", "http://127.0.0.1:8788")], false),
                (vec![("origin", "http://127.0.0.1")], false),
                (vec![("origin", "http://evil.example")], false),
                (vec![("origin", "http://127.0.0.1:8787.evil.example")], false),
                (vec![("origin", "null")], false),
                (vec![("origin", "")], false),
                (
                    vec![("origin", "http://127.0.0.1:8787"), ("origin", "http://evil.example")],
                    false,
                ),
                (vec![("sec-fetch-site", "cross-site")], false),
                (vec![("sec-fetch-site", "same-site")], false),
                (vec![("sec-fetch-site", "same-origin")], true),
            ],
            |(pairs, expected)| {
                let mut headers = headers(&pairs);
                headers.insert("host", HeaderValue::from_static("127.0.0.1:8787"));
                assert_eq!(is_of_own_origin(&headers, &Uri::from_static("/api/session")), expected);
            },
        );
    }
}
