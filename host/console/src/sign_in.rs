//! Signing in: what somebody shows is looked at, slowly, and failures are counted.

use crate::console::Console;
use crate::password::{NotHashed, Password};
use crate::problem::{Code, Refused};
use crate::session::{SESSION_MS, Token};
use crate::throttle::Attempt;
use crate::totp;
use proviso_archive::{Credentials, NewSession, PeopleChange, Receipt, RefusedSignIn, UserName};
use proviso_model::{Principal, Timestamp};
use std::net::IpAddr;

/// What somebody shows.
pub(crate) struct Shown<'a> {
    pub(crate) name: &'a str,
    pub(crate) password: Password,
    pub(crate) code: Option<&'a str>,
    pub(crate) from: IpAddr,
}

/// Somebody who showed what is right.
pub(crate) struct Verified {
    pub(crate) credentials: Credentials,
    /// The step of the code, where one is asked for. It has not been used yet.
    pub(crate) step: Option<i64>,
    attempt: Attempt,
}

/// Looks at what somebody shows. A name that nobody has takes as long as a password that is wrong.
pub(crate) async fn verify(console: &Console, shown: Shown<'_>) -> Result<Verified, Refused> {
    let now = console.now();
    let attempt = console.throttle().begin(shown.name, shown.from, now);
    let attempt = attempt.map_err(|seconds| {
        let message = format!("there were too many failures: wait {seconds} s and try again");
        Refused::busy(seconds, message)
    })?;
    let name = shown.name.parse::<UserName>().ok();
    let credentials = match &name {
        Some(name) => console.archive().credentials(name).await?,
        None => None,
    };
    let hash = credentials.as_ref().map(|credentials| credentials.hash.clone());
    let fits = console.hasher().fits(shown.password, hash).await.map_err(not_hashed)?;
    let enabled = credentials.filter(|credentials| fits && credentials.user.disabled.is_none());
    let Some(credentials) = enabled else {
        return Err(failed(console, &attempt, shown.name, shown.from, now).await);
    };
    let step = match (&credentials.totp, shown.code) {
        (None, _) => None,
        (Some(_), None) => {
            return Err(Refused::new(
                Code::SecondFactorWanted,
                "send the code of your second factor too",
            ));
        }
        (Some(secret), Some(code)) => match totp::step(secret, code, now) {
            Some(step) => Some(step),
            None => return Err(failed(console, &attempt, shown.name, shown.from, now).await),
        },
    };
    Ok(Verified {
        credentials,
        step,
        attempt,
    })
}

impl Verified {
    /// What was shown counted.
    pub(crate) fn succeeded(&self, console: &Console) {
        console.throttle().succeeded(&self.attempt);
    }
}

/// Opens a session for somebody who showed what is right; its number, and what the browser gets.
pub(crate) async fn open(console: &Console, verified: &Verified) -> Result<(i64, Token), Refused> {
    let token = Token::new().map_err(|error| Refused::fault("nobody was signed in", error))?;
    let user = &verified.credentials.user;
    let ends_at = Timestamp::from_millis(console.now().as_millis() + SESSION_MS);
    let new = NewSession {
        name: &user.name,
        token: &token.digest(),
        password: verified.credentials.password,
        step: verified.step,
        ends_at: ends_at.map_err(|error| Refused::fault("nobody was signed in", error))?,
    };
    let receipt = console.commit(PeopleChange::Open(&new), user.name.principal()).await?;
    verified.succeeded(console);
    match receipt {
        Receipt::Session { number } => Ok((number, token)),
        other => Err(Refused::fault(
            "nobody was signed in",
            anyhow::anyhow!("a session gave {other:?}"),
        )),
    }
}

pub(crate) fn not_hashed(error: NotHashed) -> Refused {
    match error {
        NotHashed::Busy => Refused::busy(1, error),
        error @ NotHashed::Failed(_) => Refused::fault("nothing was compared", error),
    }
}

/// What went wrong nobody is told; the log is, from the fifth time in a row on.
async fn failed(console: &Console, attempt: &Attempt, name: &str, from: IpAddr, now: Timestamp) -> Refused {
    console.services().metrics.sign_ins_failed.add(1);
    tracing::warn!(address = %from, failures = attempt.failures, "a sign-in failed");
    if console.throttle().is_to_be_told(attempt, now) {
        let plain: String = name.chars().filter(|c| !c.is_control()).collect();
        let refused = RefusedSignIn {
            name: &plain[..plain.floor_char_boundary(64)],
            address: &from.to_string(),
            failures: attempt.failures,
        };
        let told = console
            .commit(PeopleChange::Refused(&refused), Principal::system("console"))
            .await;
        if let Err(error) = told {
            tracing::error!(%error, "the archive's log was not told of failures to sign in");
        }
    }
    Refused::new(Code::SignInFailed, "name, password or code is not right")
}
