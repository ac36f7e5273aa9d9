//! What a registry is shown: a password, or a token of the server that it names (the token authentication of Docker's
//! registries).

use crate::challenge::{self, Challenge, encoded};
use crate::credentials::{self, Credentials, Shown};
use crate::error::RegistryError;
use crate::exchange::{Answer, Ask, Exchange, authority, read_at_most};
use ct_codecs::{Base64, Encoder as _};
use ureq::http::Method;
use ureq::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};

/// An answer of a server of tokens, in bytes.
const TOKEN_BYTES_MAX: usize = 64 << 10;

impl Exchange {
    /// Makes what the registry asks for out of the credentials.
    pub(crate) fn authorize(&mut self, answer: &Answer, ask: &Ask<'_>) -> Result<(), RegistryError> {
        let headers = answer.headers.get_all(WWW_AUTHENTICATE);
        let Some(wanted) = challenge::read(headers.iter().filter_map(|value| value.to_str().ok())) else {
            return Err(self.denied(
                401,
                ask,
                "",
                "it wants neither a password nor a token, and nothing else is known here".to_owned(),
            ));
        };
        let credentials = credentials::find(&self.registry)?;
        self.shown = if credentials.is_some() {
            Shown::Credentials
        } else {
            Shown::Nothing
        };
        self.authorization = Some(match (wanted, credentials) {
            (Challenge::Basic, Some(Credentials::Password { user, password })) => basic(&user, &password),
            (Challenge::Basic, Some(Credentials::Identity(_))) => {
                let hint = "it wants a password, and the credentials for it are a token: log in again".to_owned();
                return Err(self.denied(401, ask, "", hint));
            }
            (Challenge::Basic, None) => return Err(self.denied(401, ask, "", self.hint())),
            (Challenge::Bearer { realm, service }, credentials) => {
                format!("Bearer {}", self.token(&realm, &service, credentials.as_ref(), ask)?)
            }
        });
        Ok(())
    }

    /// A token of the server that the registry names, as Docker's registries have it.
    fn token(
        &self,
        realm: &str,
        service: &str,
        credentials: Option<&Credentials>,
        ask: &Ask<'_>,
    ) -> Result<String, RegistryError> {
        let scope = format!("repository:{}:{}", self.repository, self.actions);
        let query = format!("service={}&scope={}", encoded(service), encoded(&scope));
        let form;
        let mut headers = Vec::new();
        let (method, address, body) = match credentials {
            Some(Credentials::Identity(token)) => {
                form = format!(
                    "grant_type=refresh_token&client_id=proviso&{query}&refresh_token={}",
                    encoded(token)
                );
                let body = ("application/x-www-form-urlencoded", form.as_bytes());
                (Method::POST, self.resolve(realm, "")?, Some(body))
            }
            Some(Credentials::Password { user, password }) => {
                headers.push((AUTHORIZATION, basic(user, password)));
                (Method::GET, self.resolve(realm, &query)?, None)
            }
            None => (Method::GET, self.resolve(realm, &query)?, None),
        };
        let host = authority(&address);
        let mut answer = self.deliver(&method, &address, &headers, body, self.within(TOKEN_BYTES_MAX), &|_| ())?;
        match answer.status {
            200 => {}
            401 | 403 => {
                return Err(self.denied(
                    answer.status,
                    ask,
                    "",
                    format!("{host} gives no token; {}", self.hint()),
                ));
            }
            status => {
                return Err(RegistryError::Answered {
                    registry: host,
                    asked: format!("give a token for {}", self.registry),
                    status,
                    said: String::new(),
                });
            }
        }
        let bytes = read_at_most(&mut answer, TOKEN_BYTES_MAX).ok().flatten();
        let document: Option<serde_json::Value> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let token = document.as_ref().and_then(|document| {
            let text = |key: &str| document.get(key).and_then(serde_json::Value::as_str);
            text("token").or_else(|| text("access_token"))
        });
        let fit = |token: &&str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let token = token.filter(fit).map(str::to_owned);
        token.ok_or_else(|| self.refused(format!("{host}, which it names for tokens, gave none that is one")))
    }

    /// What to do about credentials that were not enough.
    pub(crate) fn hint(&self) -> String {
        let file =
            credentials::file().map_or_else(|| "~/.docker/config.json".to_owned(), |file| file.display().to_string());
        let registry = &self.registry;
        match self.shown {
            Shown::Nothing => {
                format!("there are no credentials for {registry} in {file}: `docker login {registry}` writes them")
            }
            Shown::Credentials => format!(
                "the credentials for {registry} in {file} are not right, or do not allow this: `docker login {registry}` writes \
                 others"
            ),
        }
    }
}

fn basic(user: &str, password: &str) -> String {
    let pair = Base64::encode_to_string(format!("{user}:{password}")).expect("a text is short enough to be encoded");
    format!("Basic {pair}")
}
