//! An archive with people and alerts, and who asks the console about them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::contract::obeyed;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::{Extension, Router};
use proviso_archive::{
    Activated, Activation, Archive, Cause, Change, Entry, GenerationRecord, IngestBatch, NewSession, NewUser,
    PackRecord, PasswordHash, PeopleChange, Receipt, UserName,
};
use proviso_console::password::{Password, hash};
use proviso_console::{CSRF_HEADER, routers_by};
use proviso_daemon::config::Config;
use proviso_daemon::services::Services;
use proviso_daemon::token::{Caller, Permissions};
use proviso_model::message::{Direction, Kind, Party, PartyClass};
use proviso_model::verdict::{Finding, Reason, Severity, Span};
use proviso_model::{Addressed, Digest, Message, MessageId, Principal, PrincipalKind, Timestamp, Verdict};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use tower::ServiceExt as _;

/// The password of every user.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// When the tests begin, in milliseconds since 1970.
const START: i64 = 1_800_000_000_000;
pub(crate) const MINUTE: i64 = 60_000;
/// What a message says that is alerted on.
pub(crate) const TEXT: &str = "您好🙂这个产品保本保息";

/// Computed once: each takes as long as a sign-in.
fn password_hash() -> PasswordHash {
    static HASH: OnceLock<PasswordHash> = OnceLock::new();
    HASH.get_or_init(|| hash(&Password::shown(PASSWORD.into())).unwrap())
        .clone()
}

pub(crate) fn named(name: &str) -> UserName {
    name.parse().unwrap()
}

/// A console over an archive of its own.
pub(crate) struct Site {
    pub(crate) archive: Archive,
    router: Router,
    /// Behind the operator's token, which the daemon looks at.
    operator: Router,
    now: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of a problem.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// What the browser is given to keep, as `NAME=VALUE`.
    pub(crate) fn cookie(&self) -> String {
        let given = self.headers[header::SET_COOKIE].to_str().unwrap();
        given.split(';').next().unwrap().to_owned()
    }
}

/// A browser that is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

fn by() -> Principal {
    Principal::new(PrincipalKind::CommandLine, "root").unwrap()
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// With lines of the configuration.
    pub(crate) async fn with(lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::open(folder.path().join("archive.db")).await.unwrap();
        let text = format!("set = \"set.toml\"\n{lines}");
        let config = Config::parse(Path::new("proviso.toml"), folder.path(), &text).unwrap();
        let now = Arc::new(AtomicI64::new(START));
        let clock = Arc::clone(&now);
        let clock = Arc::new(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)).unwrap());
        let services = Services::over_archive(archive.clone(), config);
        let routers = routers_by(services, clock).unwrap();
        let activation = Activation {
            generation: Activated::Built(GenerationRecord {
                id: Digest::of(b"first"),
                recorded_at: Timestamp::from_millis(START).unwrap(),
                engine_version: "48.0.8".into(),
                packs: vec![PackRecord {
                    name: "proviso/bank-cn".into(),
                    version: "1.2.0".into(),
                    digest: Digest::of(b"pack"),
                }],
                set_file: "set.toml".into(),
                set_text: "[[apply]]\npack = \"bank-cn\"\n".into(),
                set_json: "{\"apply\":[{\"pack\":\"bank-cn\"}]}".into(),
            }),
            trust: None,
            at: Timestamp::from_millis(START).unwrap(),
            cause: Cause::Start,
            why: String::new(),
            changed: String::new(),
        };
        archive.commit(Change::Activation(&activation), &by()).await.unwrap();
        Self {
            archive,
            router: routers.own,
            operator: routers.operator.layer(Extension(Caller {
                principal: by(),
                permissions: Permissions::All,
            })),
            now,
            _folder: folder,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed)).unwrap()
    }

    /// The clock goes on, or back.
    pub(crate) fn later(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) async fn people(&self, change: PeopleChange<'_>) -> Receipt {
        let at = self.now();
        self.archive.commit(Change::People { change, at }, &by()).await.unwrap()
    }

    /// A user who has to change the password first.
    pub(crate) async fn add_new(&self, name: &str, roles: &[&str]) {
        let new = NewUser {
            name: named(name),
            display: name.to_uppercase(),
            person: None,
            password: password_hash(),
            roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
        };
        self.people(PeopleChange::Add(&new)).await;
    }

    /// A user who has changed it.
    pub(crate) async fn add(&self, name: &str, roles: &[&str]) {
        self.add_new(name, roles).await;
        let change = PeopleChange::Password {
            name: &named(name),
            hash: &password_hash(),
            must_change: false,
            keeps: None,
        };
        self.people(change).await;
    }

    /// A session of a user, as a sign-in opens it.
    pub(crate) async fn browser(&self, name: &str) -> Browser {
        static COUNT: AtomicI64 = AtomicI64::new(0);
        let mut token = [7; 32];
        token[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let password = self.archive.credentials(&named(name)).await.unwrap().unwrap().password;
        let new = NewSession {
            name: &named(name),
            token: &Digest::of(&token),
            password,
            step: None,
            ends_at: Timestamp::from_millis(self.now().as_millis() + proviso_console::SESSION_MS).unwrap(),
        };
        self.people(PeopleChange::Open(&new)).await;
        let hex = hex::encode(token);
        let mut browser = Browser {
            cookie: format!("proviso_session={hex}"),
            csrf: String::new(),
        };
        let me = self.get(Some(&browser), "/api/me").await;
        browser.csrf.push_str(me.json()["csrf"].as_str().unwrap());
        browser
    }

    /// What `proviso user` asks.
    pub(crate) async fn operator(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        answered(&self.operator, request.body(body).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        answered(&self.router, request).await
    }

    pub(crate) async fn get(&self, browser: Option<&Browser>, path: &str) -> Answer {
        self.ask("GET", browser, path, None).await
    }

    pub(crate) async fn post(&self, browser: Option<&Browser>, path: &str, body: Value) -> Answer {
        self.ask("POST", browser, path, Some(body)).await
    }

    pub(crate) async fn ask(&self, method: &str, browser: Option<&Browser>, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:8787");
        if let Some(browser) = browser {
            request = request
                .header("cookie", &browser.cookie)
                .header(CSRF_HEADER, &browser.csrf);
        }
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let answer = self.send(request.unwrap()).await;
        obeyed(method, path, answer.status.as_u16(), &answer.text);
        answer
    }

    /// Somebody signs in, as the page does it.
    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> Answer {
        let shown = json!({ "name": name, "password": password });
        self.post(None, "/api/session", shown).await
    }

    /// So many messages of a tenant that are alerted on; their alerts have the next numbers.
    pub(crate) async fn alerts(&self, tenant: &str, department: Option<&str>, count: usize) {
        let base = self.archive.message_count().await.unwrap();
        let entries = (0..count).map(|n| entry(tenant, department, base as usize + n, self.now()));
        let batch = IngestBatch {
            entries: entries.collect(),
            ..IngestBatch::new(self.now())
        };
        self.archive.commit(Change::Messages(&batch), &by()).await.unwrap();
    }

    /// The kinds of the log's entries, the latest first, with what each says.
    pub(crate) async fn told(&self) -> Vec<(String, String)> {
        let leaves = self.archive.log(None, 10_000).await.unwrap();
        let entries = leaves.into_iter().flat_map(|leaf| leaf.entries);
        let said = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        entries
            .map(|one| {
                (
                    one.kind,
                    one.entry.map(|entry| said(entry.to_bytes())).unwrap_or_default(),
                )
            })
            .collect()
    }
}

async fn answered(router: &Router, request: Request<Body>) -> Answer {
    let answer = router.clone().oneshot(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let bytes = to_bytes(body, 1 << 24).await.unwrap();
    Answer {
        status: head.status,
        headers: head.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

fn entry(tenant: &str, department: Option<&str>, n: usize, at: Timestamp) -> Entry {
    let id = MessageId {
        tenant: tenant.into(),
        channel: "wecom".into(),
        native: format!("m{n}"),
    };
    let message = Message {
        id: id.into(),
        kind: Kind::Text,
        native_kind: "text".into(),
        direction: Direction::Outbound,
        sender: Party {
            id: "zhang.wei".into(),
            class: PartyClass::Employee,
            department: String::new(),
        },
        recipients: vec![Party {
            id: "wmCustomer".into(),
            class: PartyClass::External,
            department: String::new(),
        }],
        conversation: "direct:wmCustomer".into(),
        sent_at: at,
        text: TEXT.into(),
        amount: None,
        attachments: Vec::new(),
        links: Vec::new(),
        recalls: None,
        consent: None,
        notes: Vec::new(),
        raw: format!("{{\"msgid\":\"m{n}\"}}").into(),
    };
    let start = TEXT.find("保本").unwrap() as u32;
    let finding = Finding {
        pack: "proviso/bank-cn".into(),
        policy: "promissory-language".into(),
        rule: "guaranteed-return".into(),
        severity: Severity::High,
        spans: vec![Span { start, end: start + 6 }],
        text: "保本".into(),
        reason: Reason {
            zh: Some("承诺收益".into()),
            en: None,
        },
        shadow: false,
    };
    let verdict = Verdict {
        message: Arc::clone(&message.id),
        generation: Digest::of(b"first"),
        input: Digest::of(TEXT.as_bytes()),
        packs: [Digest::of(b"pack")].into(),
        preceding: Vec::new(),
        truncated: false,
        withheld: None,
        held: false,
        findings: vec![finding],
        proposals: Vec::new(),
        scores: Vec::new(),
        faults: Vec::new(),
    };
    Entry {
        verdict,
        fuel: 1,
        retention: None,
        directory: None,
        basis: None,
        department: department.map(Into::into),
        advances: Vec::new(),
        message: Arc::new(Addressed::from(message)),
    }
}
