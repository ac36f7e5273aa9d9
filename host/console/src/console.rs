//! What the handlers share.

use crate::live::LiveSessions;
use crate::password::Hasher;
use crate::throttle::Throttle;
use proviso_archive::{Archive, TotpSecret};
use proviso_daemon::services::Services;
use proviso_model::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A secret that was made, and not yet confirmed by a code, counts for so long.
const UNCONFIRMED_MS: i64 = 10 * 60_000;

/// The console of a daemon.
#[derive(Clone)]
pub(crate) struct Console(Arc<Inner>);

struct Inner {
    services: Services,
    clock: Clock,
    hasher: Hasher,
    throttle: Throttle,
    live: LiveSessions,
    /// Secrets that wait for their first code, by the session that asked for them, with the time.
    unconfirmed: Mutex<HashMap<i64, (TotpSecret, i64)>>,
    openapi: String,
}

impl Console {
    pub(crate) fn new(services: Services, clock: Clock, openapi: String) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Inner {
            services,
            clock,
            hasher: Hasher::new()?,
            throttle: Throttle::default(),
            live: LiveSessions::default(),
            unconfirmed: Mutex::default(),
            openapi,
        })))
    }

    pub(crate) fn services(&self) -> &Services {
        &self.0.services
    }

    pub(crate) fn archive(&self) -> &Archive {
        &self.0.services.archive
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    pub(crate) fn https(&self) -> bool {
        self.0.services.config.console.https
    }

    pub(crate) fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    pub(crate) fn live(&self) -> &LiveSessions {
        &self.0.live
    }

    pub(crate) fn openapi(&self) -> &str {
        &self.0.openapi
    }

    /// Keeps a secret until its first code comes, in the place of an earlier one of the session.
    pub(crate) fn keep_unconfirmed(&self, session: i64, secret: TotpSecret) {
        let now = self.now().as_millis();
        let mut all = self.0.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, at)| now - *at < UNCONFIRMED_MS);
        all.insert(session, (secret, now));
    }

    /// The secret that a session's code is to confirm.
    pub(crate) fn unconfirmed(&self, session: i64) -> Option<TotpSecret> {
        let now = self.now().as_millis();
        let all = self.0.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner);
        let (secret, at) = all.get(&session)?;
        (now - at < UNCONFIRMED_MS).then(|| secret.clone())
    }

    /// It was confirmed.
    pub(crate) fn confirmed(&self, session: i64) {
        let mut all = self.0.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&session);
    }
}
