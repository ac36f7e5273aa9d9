//! Speaks to a running daemon over its HTTP interface.

use crate::exit::Usage;
use crate::who;
use anyhow::{Context, anyhow};
use proviso_daemon::USER_HEADER;
use proviso_daemon::config::Config;
use proviso_daemon::token::Token;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// How long a daemon may take to answer; a reload may compile.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// A daemon that is believed to be running.
pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
    authorization: String,
    user: String,
}

impl Client {
    /// The daemon that was started with this configuration.
    pub(crate) fn of_config(path: &Path) -> anyhow::Result<Self> {
        let config = Config::read(path)?;
        let address = match config.listen.port() {
            0 => std::fs::read_to_string(config.address_path()).with_context(|| {
                format!(
                    "cannot read {}: has the daemon been started?",
                    config.address_path().display()
                )
            })?,
            _ => config.listen.to_string(),
        };
        let authorization = Token::read(&config.token_file)?.header();
        let settings = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_WITHIN))
            .http_status_as_error(false);
        Ok(Self {
            agent: settings.build().into(),
            base: format!("http://{}", address.trim()),
            authorization,
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

    /// Asks for a change.
    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("authorization", &self.authorization)
            .header(USER_HEADER, &self.user);
        self.answer(request.content_type("application/json").send(body.to_string()))
    }

    fn answer(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> anyhow::Result<Value> {
        let mut answer =
            answer.with_context(|| format!("no daemon answers at {}: is `proviso serve` running?", self.base))?;
        let text = answer
            .body_mut()
            .read_to_string()
            .context("the daemon's answer breaks off")?;
        let value: Value =
            serde_json::from_str(&text).with_context(|| format!("the daemon answered {}", answer.status()))?;
        match problem(&value) {
            Some(message) => Err(refused(answer.status().as_u16(), message)),
            None => Ok(value),
        }
    }
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
