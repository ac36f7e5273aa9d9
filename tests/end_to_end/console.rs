//! The console from a first user to a first decision, by the binary and its HTTP interface.

use super::support::{Serve, Site, json_lines, message, project, run, stderr, stdout, wait_until};
use serde_json::{Value, json};
use std::process::Command;

/// The password that a user chooses.
const CHOSEN: &str = "a password of her own";

/// Who has a cookie and nothing else.
struct Browser<'a> {
    daemon: &'a Serve,
    cookie: String,
    csrf: String,
}

impl<'a> Browser<'a> {
    fn new(daemon: &'a Serve) -> Self {
        let (cookie, csrf) = (String::new(), String::new());
        Self { daemon, cookie, csrf }
    }

    fn get(&self, path: &str) -> (u16, Value) {
        let request = ureq::get(format!("http://{}{path}", self.daemon.address));
        answered(
            request
                .header("cookie", &self.cookie)
                .config()
                .http_status_as_error(false)
                .build()
                .call()
                .unwrap(),
        )
        .0
    }

    fn post(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let request = ureq::post(format!("http://{}{path}", self.daemon.address))
            .header("cookie", &self.cookie)
            .header("proviso-csrf", &self.csrf)
            .config()
            .http_status_as_error(false)
            .build();
        let answer = request.content_type("application/json").send(body.to_string()).unwrap();
        let (answered, cookie) = answered(answer);
        self.cookie = cookie.unwrap_or_else(|| std::mem::take(&mut self.cookie));
        answered
    }

    /// Signs in, and keeps what the answer gives.
    fn sign_in(&mut self, name: &str, password: &str) -> Value {
        let (status, me) = self.post("/api/session", &json!({ "name": name, "password": password }));
        assert_eq!(status, 200, "{me}");
        me["csrf"].as_str().unwrap().clone_into(&mut self.csrf);
        me
    }
}

/// Status and body, and the cookie that is given.
fn answered(mut answer: ureq::http::Response<ureq::Body>) -> ((u16, Value), Option<String>) {
    let cookie = answer.headers().get("set-cookie").map(|cookie| {
        let cookie = cookie.to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
            "{cookie}"
        );
        cookie.split(';').next().unwrap().to_owned()
    });
    let text = answer.body_mut().read_to_string().unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    ((answer.status().as_u16(), body), cookie)
}

/// Adds a user while the daemon runs; the first password.
fn added(site: &Site, name: &str, role: &str) -> String {
    let config = site.text("proviso.toml");
    let add = [
        "user",
        "add",
        name,
        "--display",
        "王芳",
        "--role",
        role,
        "--config",
        &config,
    ];
    let output = run(&add);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output).trim().to_owned()
}

#[test]
fn a_first_user_comes_to_a_first_decision() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let lines = [
        message("before", "您好，请问这款产品的风险等级是什么？"),
        message("promise", "这款产品😀保本，您放心"),
        message("behind", "好的，明天下午三点开会"),
    ];
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let (status, answer) = daemon.post("/v1/messages", &lines.join("\n"));
    assert_eq!(status, 200, "{answer}");

    let once = added(&site, "wang.fang", "reviewer@bank");
    let stranger = added(&site, "li.si", "reviewer@shop");
    let mut wang = Browser::new(&daemon);
    let (status, refused) = wang.get("/api/alerts");
    assert_eq!((status, &refused["error"]["code"]), (401, &"no-session".into()));
    assert_eq!(wang.sign_in("wang.fang", &once)["must_change_password"], true);
    let (status, refused) = wang.get("/api/alerts");
    assert_eq!(
        (status, &refused["error"]["code"]),
        (403, &"password-change-wanted".into())
    );
    let changed = wang.post("/api/me/password", &json!({ "old": once, "new": CHOSEN }));
    assert_eq!(changed.0, 204, "{}", changed.1);

    let (_, list) = wang.get("/api/alerts");
    assert_eq!(list["counts"]["open"], 1, "{list}");
    let row = &list["alerts"][0];
    assert_eq!((&row["rule"], &row["severity"]), (&"promise".into(), &"high".into()));
    let number = row["number"].as_i64().unwrap();
    let (status, item) = wang.get(&format!("/api/alerts/{number}"));
    assert_eq!(status, 200, "{item}");
    let text = item["message"]["text"].as_str().unwrap();
    let span = &item["findings"][0]["spans"][0];
    let units: Vec<u16> = text.encode_utf16().collect();
    let (start, end) = (
        span["start"].as_u64().unwrap() as usize,
        span["end"].as_u64().unwrap() as usize,
    );
    assert_eq!(String::from_utf16(&units[start..end]).unwrap(), "保本", "{item}");
    let beside = |side: &str| item["context"][side].as_array().unwrap().len();
    assert_eq!((beside("before"), beside("after")), (1, 1), "{item}");
    assert!(
        !item.to_string().contains("li.na") && !item.to_string().contains("customer-1"),
        "{item}"
    );

    let decide = json!({ "decision": "violation", "reason": "promise-of-return", "comment": "保本", "version": 0 });
    let (status, done) = wang.post(&format!("/api/alerts/{number}/decide"), &decide);
    assert_eq!((status, &done["alert"]["state"]), (200, &"closed".into()), "{done}");
    let (status, refused) = wang.post(&format!("/api/alerts/{number}/decide"), &decide);
    assert_eq!(
        (status, &refused["error"]["code"]),
        (409, &"changed".into()),
        "{refused}"
    );
    assert_eq!(wang.get("/api/alerts").1["counts"]["open"], 0);

    // Whoever reviews for another tenant hears of it what nobody would.
    let mut other = Browser::new(&daemon);
    other.sign_in("li.si", &stranger);
    assert_eq!(
        other
            .post("/api/me/password", &json!({ "old": stranger, "new": CHOSEN }))
            .0,
        204
    );
    assert_eq!(other.get("/api/alerts?view=closed").1["alerts"], json!([]));
    let none = |number: i64| {
        other
            .get(&format!("/api/alerts/{number}"))
            .1
            .to_string()
            .replace(&number.to_string(), "N")
    };
    assert_eq!(none(number), none(number + 1_000));
    let (status, _) = other.post(&format!("/api/alerts/{number}/comment"), &json!({ "comment": "x" }));
    assert_eq!(status, 404);

    // A cookie alone changes nothing: another site has no more than that.
    wang.csrf.clear();
    let (status, refused) = wang.post(&format!("/api/alerts/{number}/comment"), &json!({ "comment": "x" }));
    assert_eq!(
        (status, &refused["error"]["code"]),
        (403, &"foreign-origin".into()),
        "{refused}"
    );

    // Who is disabled is out at once.
    let config = site.text("proviso.toml");
    assert_eq!(
        run(&["user", "disable", "li.si", "--config", &config]).status.code(),
        Some(0)
    );
    assert_eq!(other.get("/api/me").0, 401);
    assert_eq!(daemon.terminate(), Some(0));

    let listed = run(&["user", "list", "--config", &config, "--format", "json"]);
    assert!(!stdout(&listed).contains("argon2"), "{}", stdout(&listed));
    let audit = run(&["audit", "verify", "--config", &config]);
    assert_eq!(audit.status.code(), Some(0), "{}{}", stdout(&audit), stderr(&audit));
}

#[test]
fn a_session_outlives_a_restart_and_not_its_end() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let once = added(&site, "wang.fang", "auditor");
    let mut browser = Browser::new(&daemon);
    browser.sign_in("wang.fang", &once);
    let cookie = browser.cookie.clone();
    assert_eq!(daemon.terminate(), Some(0));

    let daemon = Serve::start(&site);
    let mut browser = Browser::new(&daemon);
    browser.cookie = cookie;
    let (status, me) = browser.get("/api/me");
    assert_eq!(status, 200, "{me}");
    let config = site.text("proviso.toml");
    let end = run(&["user", "end-sessions", "wang.fang", "--config", &config]);
    assert_eq!(end.status.code(), Some(0), "{}", stderr(&end));
    wait_until("the end of the session", || browser.get("/api/me").0 == 401);
    let sessions = run(&["user", "sessions", "wang.fang", "--config", &config, "--format", "json"]);
    let sessions = json_lines(&stdout(&sessions));
    assert!(
        sessions.iter().any(|line| line.to_string().contains("ended")),
        "{sessions:?}"
    );
}

#[test]
fn a_browser_comes_to_a_first_decision() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let lines = (0..30).map(|n| message(&format!("m{n}"), ["这款产品😀保本，您放心", "好的"][n % 2]).to_string());
    let (status, answer) = daemon.post("/v1/messages", &lines.collect::<Vec<_>>().join("\n"));
    assert_eq!(status, 200, "{answer}");
    for (name, locale) in [("wang.fang", "zh-CN"), ("mia.hart", "en-US")] {
        let once = added(&site, name, "reviewer@bank");
        let walk = project().join("host/console/web/tests/walk.mjs");
        let walked = Command::new("node")
            .arg(walk)
            .args([&daemon.address, name, &once, locale])
            .output();
        let walked = walked.unwrap();
        assert!(
            walked.status.success(),
            "`make console` builds the pages: {}",
            stderr(&walked)
        );
        let number: i64 = stdout(&walked).trim().parse().unwrap();
        let mut browser = Browser::new(&daemon);
        browser.sign_in(name, "four words of my own");
        let (_, item) = browser.get(&format!("/api/alerts/{number}"));
        assert_eq!(item["alert"]["decision"], "violation", "{item}");
        assert_eq!(item["alert"]["decided_by"], format!("person:{name}"), "{item}");
    }
}
