//! Where the passphrase of a signer's key comes from: a file, the environment, or a person at the terminal.

use crate::exit::Usage;
use anyhow::Context;
use proviso_pack::signing::Passphrase;
use std::path::Path;

/// The environment variable that holds a passphrase, for programs that sign.
const VARIABLE: &str = "PROVISO_PASSPHRASE";

/// The passphrase of a key that exists.
pub(crate) fn ask(file: Option<&Path>) -> anyhow::Result<Passphrase> {
    given(file)?.map_or_else(|| checked(prompt("Passphrase: ")?), Ok)
}

/// The passphrase of a key that is being made: a person types it twice.
pub(crate) fn choose(file: Option<&Path>) -> anyhow::Result<Passphrase> {
    if let Some(given) = given(file)? {
        return Ok(given);
    }
    let first = prompt("Passphrase for the new key: ")?;
    if first != prompt("The same again: ")? {
        return Err(Usage("the two differ; nothing was written".to_owned()).into());
    }
    checked(first)
}

fn given(file: Option<&Path>) -> anyhow::Result<Option<Passphrase>> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the passphrase file {}", path.display()))?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        return checked(line.strip_suffix('\r').unwrap_or(line).to_owned()).map(Some);
    }
    match std::env::var(VARIABLE) {
        Ok(text) => checked(text).map(Some),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Usage(format!("{VARIABLE} is not UTF-8")).into()),
    }
}

fn checked(text: String) -> anyhow::Result<Passphrase> {
    Passphrase::new(text).map_err(|error| Usage(error.to_string()).into())
}

fn prompt(what: &str) -> anyhow::Result<String> {
    rpassword::prompt_password(what).map_err(|error| {
        let ways = format!("say --passphrase-file, set {VARIABLE}, or run it at a terminal");
        Usage(format!(
            "a passphrase is needed and nobody can be asked ({error}): {ways}"
        ))
        .into()
    })
}
