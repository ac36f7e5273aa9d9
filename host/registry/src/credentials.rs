//! Credentials as Docker keeps them: `config.json` in `$DOCKER_CONFIG`, else in `~/.docker`, and the helpers that it names.
//!
//! They are looked up when a registry asks for them, and never before.

use crate::error::RegistryError;
use docker_credential::{CredentialRetrievalError as NotFound, DockerCredential};
use proviso_pack::regular_file;
use std::io;
use std::path::PathBuf;

/// Docker's configuration, in bytes.
const CONFIG_BYTES_MAX: usize = 1 << 20;
/// What Docker calls its own registry in the file.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// What to show a registry. Has no `Debug`: it must not be printed.
pub(crate) enum Credentials {
    /// For Basic, and for asking for a token.
    Password { user: String, password: String },
    /// To be exchanged for a token.
    Identity(String),
}

/// What the registry has been shown, for the words of an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Nothing,
    Credentials,
}

/// The file; `None` if neither variable says where it is.
pub(crate) fn file() -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let folder = set("DOCKER_CONFIG").or_else(|| set("HOME").map(|home| home.join(".docker")));
    folder.map(|folder| folder.join("config.json"))
}

/// The credentials for a registry (host and port); `None` if the file has none.
pub(crate) fn find(registry: &str) -> Result<Option<Credentials>, RegistryError> {
    let Some(file) = file() else { return Ok(None) };
    let wrong = |why: String| RegistryError::Credentials {
        registry: registry.to_owned(),
        why,
    };
    let path = file.display();
    let text = match regular_file::read(&file, CONFIG_BYTES_MAX) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(format!("{path} cannot be read: {error}"))),
    };
    let server = if registry == "docker.io" { DOCKER_HUB } else { registry };
    match docker_credential::get_credential_from_reader(&text[..], server) {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Some(Credentials::Password { user, password })),
        Ok(DockerCredential::IdentityToken(token)) => Ok(Some(Credentials::Identity(token))),
        Err(NotFound::NoCredentialConfigured) => Ok(None),
        // What helpers say of a registry that they do not know (docker-credential-helpers, errCredentialsNotFound).
        Err(NotFound::HelperFailure { stdout, stderr, .. })
            if stdout.contains("credentials not found") || stderr.contains("credentials not found") =>
        {
            Ok(None)
        }
        // What a helper says may hold a secret: it is not repeated.
        Err(NotFound::HelperFailure { helper, .. }) => Err(wrong(format!(
            "{helper}, which {path} names, ended badly: `echo {server} | {helper} get` shows why"
        ))),
        Err(NotFound::HelperCommunicationError) => Err(wrong(format!(
            "the helper that {path} names cannot be run: install docker-credential-NAME, or mend `credsStore` and `credHelpers`"
        ))),
        Err(NotFound::MalformedHelperResponse) => Err(wrong(format!(
            "the helper that {path} names did not answer as a docker-credential program does"
        ))),
        Err(NotFound::CredentialDecodingError | NotFound::CredentialMismatchError) => Err(wrong(format!(
            "the entry of {path} is not base64 of USER:PASSWORD, or contradicts itself: log in again"
        ))),
        Err(NotFound::ConfigNotFound | NotFound::ConfigReadError) => {
            Err(wrong(format!("{path} is not the JSON that `docker login` writes")))
        }
    }
}
