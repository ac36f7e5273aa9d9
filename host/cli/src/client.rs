//! Speaks to a running daemon over its HTTP interface.

use crate::cli::TokenFileArgs;
use crate::exit::Usage;
use crate::who;
use anyhow::{Context, anyhow};
use proviso_archive::READ_TIME_MAX;
use proviso_daemon::USER_HEADER;
use proviso_daemon::config::Config;
use proviso_daemon::token::Token;
use proviso_daemon::wire::EXPORT_HEADER;
use proviso_model::limits::{HTTP_ANSWER_BYTES_MAX, HTTP_ANSWER_WAIT};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs::File;
use std::io::{self, Seek as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

/// How long a daemon may take to answer; a reload may compile.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// How long an answer about the archive may take: the daemon waits for memory, and then for its longest read.
const LOOK_WITHIN: Duration = Duration::from_secs(2 * READ_TIME_MAX.as_secs() + HTTP_ANSWER_WAIT.as_secs());
/// How long an export may take: the daemon looks at every message for it.
const EXPORT_WITHIN: Duration = Duration::from_hours(6);
/// How long the kernel may take to say whether somebody listens.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Names the file of a token, where no flag does.
const TOKEN_FILE_VARIABLE: &str = "PROVISO_TOKEN_FILE";

type Answer = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

/// A daemon that is believed to be running.
pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
    authorization: String,
    user: String,
}

impl Client {
    /// The daemon that was started with this configuration, asked with the operator's token or with the one that the user names.
    pub(crate) fn of(config: &Config, token: &TokenFileArgs) -> anyhow::Result<Self> {
        let address = address(config).with_context(|| {
            format!(
                "cannot read {}: has the daemon been started?",
                config.address_path().display()
            )
        })?;
        let settings = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_WITHIN))
            .http_status_as_error(false);
        Ok(Self {
            agent: settings.build().into(),
            base: format!("http://{address}"),
            authorization: token.read(config)?.header(),
            user: who::runs_this().name().to_owned(),
        })
    }

    /// Reads a resource.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self
            .agent
            .get(format!("{}{path}", self.base))
            .header("authorization", &self.authorization)
            .header(USER_HEADER, &self.user);
        self.answer(request.call())
    }

    /// Asks about something in the archive; `None` if there is no such thing.
    pub(crate) fn look<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Option<T>> {
        let request = self
            .agent
            .get(format!("{}{path}", self.base))
            .query_pairs(query.iter().copied())
            .header("authorization", &self.authorization)
            .header(USER_HEADER, &self.user)
            .config()
            .timeout_global(Some(LOOK_WITHIN))
            .build();
        let (status, text) = self.text(request.call())?;
        if status == 200 {
            let found = serde_json::from_str(&text);
            return found
                .map(Some)
                .context("the daemon's answer cannot be understood: is it of another version than this command?");
        }
        let value: Value = serde_json::from_str(&text).with_context(|| format!("the daemon answered {status}"))?;
        match value["error"]["code"].as_str() {
            Some("unknown-message" | "unknown-generation" | "unknown-directory") => Ok(None),
            Some("no-such-path") => Err(anyhow!(
                "the daemon that runs is of an older version and has no {path}: start it anew with this binary"
            )),
            _ => Err(refused(status, problem(&value).unwrap_or("it does not say why"))),
        }
    }

    /// Asks for a change.
    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("authorization", &self.authorization)
            .header(USER_HEADER, &self.user);
        self.answer(request.content_type("application/json").send(body.to_string()))
    }

    /// Asks for a change before which the daemon looks at messages, of all of which it may be one.
    pub(crate) fn post_at_length(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("authorization", &self.authorization)
            .header(USER_HEADER, &self.user)
            .config()
            .timeout_global(Some(EXPORT_WITHIN))
            .build();
        self.answer(request.content_type("application/json").send(body.to_string()))
    }

    /// Hands in a file of facts.
    pub(crate) fn hand_in<T: DeserializeOwned>(&self, path: &str, form: &str, bytes: &[u8]) -> anyhow::Result<T> {
        let request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("authorization", &self.authorization)
            .header(USER_HEADER, &self.user)
            .config()
            .timeout_global(Some(LOOK_WITHIN))
            .build();
        let answer = self.answer(request.content_type(form).send(bytes))?;
        serde_json::from_value(answer)
            .context("the daemon's answer cannot be understood: is it of another version than this command?")
    }

    /// Asks for an export, which is written into a file; what it is.
    pub(crate) fn download<T: DeserializeOwned>(&self, path: &str, body: &Value, out: &mut File) -> anyhow::Result<T> {
        let request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("authorization", &self.authorization)
            .header(USER_HEADER, &self.user)
            .config()
            .timeout_global(Some(EXPORT_WITHIN))
            .build();
        let answer = request.content_type("application/json").send(body.to_string());
        let mut answer = match answer {
            Ok(answer) if answer.status() == 200 => answer,
            answer => {
                let value = self.answer(answer)?;
                return Err(anyhow!("the daemon's answer is no export: {value}"));
            }
        };
        let given = answer
            .headers()
            .get(EXPORT_HEADER)
            .map(|given| serde_json::from_slice(given.as_bytes()));
        let given = given.and_then(Result::ok);
        let given = given
            .context("the daemon's answer says nothing of the export: is it of another version than this command?")?;
        let mut body = answer.body_mut().with_config().limit(u64::MAX).reader();
        io::copy(&mut body, out).context("the daemon's answer breaks off, or cannot be written")?;
        out.rewind()?;
        Ok(given)
    }

    fn answer(&self, answer: Answer) -> anyhow::Result<Value> {
        let (status, text) = self.text(answer)?;
        let value: Value = serde_json::from_str(&text).with_context(|| format!("the daemon answered {status}"))?;
        match problem(&value) {
            Some(message) => Err(refused(status, message)),
            None => Ok(value),
        }
    }

    /// Status and body.
    fn text(&self, answer: Answer) -> anyhow::Result<(u16, String)> {
        let mut answer =
            answer.with_context(|| format!("no daemon answers at {}: is `proviso serve` running?", self.base))?;
        let body = answer.body_mut().with_config().limit(HTTP_ANSWER_BYTES_MAX as u64);
        let text = body.read_to_string().context("the daemon's answer breaks off")?;
        Ok((answer.status().as_u16(), text))
    }
}

impl TokenFileArgs {
    /// The token of the file that the user names, else the operator's.
    fn read(&self, config: &Config) -> anyhow::Result<Token> {
        let variable = || std::env::var_os(TOKEN_FILE_VARIABLE).filter(|value| !value.is_empty());
        let named = self.token_file.clone().or_else(|| variable().map(PathBuf::from));
        match named {
            Some(file) => Token::read(&file).with_context(|| {
                format!(
                    "no token to ask the daemon with: give --token-file, or {TOKEN_FILE_VARIABLE}, a file with a secret that \
                     `proviso token new` printed"
                )
            }),
            None => Token::read(&config.token_file).with_context(|| {
                format!(
                    "no operator's token to ask the daemon with: start the daemon with this configuration, or name the file of another \
                     token with --token-file or {TOKEN_FILE_VARIABLE} (`proviso token new` makes one)"
                )
            }),
        }
    }
}

/// Where the daemon of this configuration listens.
fn address(config: &Config) -> std::io::Result<String> {
    match config.listen.port() {
        0 => std::fs::read_to_string(config.address_path()).map(|text| text.trim().to_owned()),
        _ => Ok(config.listen.to_string()),
    }
}

/// True if something listens where the daemon of this configuration does.
pub(crate) fn listens(config: &Config) -> bool {
    let address: Option<SocketAddr> = address(config).ok().and_then(|text| text.parse().ok());
    address.is_some_and(|address| TcpStream::connect_timeout(&address, CONNECT_WITHIN).is_ok())
}

/// What is wrong, in the words of the daemon. An older one told it as a text.
fn problem(answer: &Value) -> Option<&str> {
    let error = answer.get("error")?;
    error.as_str().or_else(|| error["message"].as_str())
}

/// A request that the daemon did not do: the caller's to mend, or a fault.
fn refused(status: u16, message: &str) -> anyhow::Error {
    let said = format!("the daemon answered {status}: {message}");
    match status {
        400 | 403 | 404 | 409 | 413 | 422 => Usage(said).into(),
        _ => anyhow!(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_is_told_in_the_daemons_words() {
        let now = json!({ "error": { "code": "busy", "message": "come again" } });
        let before = json!({ "error": "come again" });
        assert_eq!([problem(&now), problem(&before)], [Some("come again"); 2]);
        assert_eq!(problem(&json!({ "result": "live" })), None);
        for (status, usage) in [(404, true), (422, true), (401, false), (429, false), (500, false)] {
            assert_eq!(refused(status, "x").is::<Usage>(), usage, "{status}");
        }
    }
}
