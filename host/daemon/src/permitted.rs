//! What is permitted, and the log's entries of it: nothing that somebody may do counts before the log was told.
//!
//! Files say it: the named tokens, the operator's token, and what tenants want two persons for. A token that was made, changed or
//! revoked is looked for with each request that presents one, and every second, so that the log is told of those that nobody uses.

use crate::config::Config;
use crate::token::{self, TokenBook};
use proviso_archive::{Archive, Change, CommitError, Permission, Permissions, Receipt};
use proviso_model::Principal;
use proviso_pipeline::places;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// How often tokens that nobody presents are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tells the log of what is permitted, and lets it count.
#[derive(Clone)]
pub(crate) struct Permitted {
    tokens: TokenBook,
    archive: Archive,
    /// What stays as it is while the daemon runs.
    others: Arc<[Permission]>,
    /// Held while the log is told: true while it cannot be, so that this is said once.
    telling: Arc<Mutex<bool>>,
}

impl Permitted {
    /// Tells of what is permitted now.
    ///
    /// # Errors
    /// The log was not told: no named token counts.
    pub(crate) async fn begin(config: &Config, tokens: TokenBook, archive: &Archive) -> Result<Self, CommitError> {
        let permission = |about: String, permits: String| Permission {
            about,
            permits,
            by: None,
        };
        let operator = json!({ "fingerprint": tokens.operator_fingerprint() });
        let operator = permission(format!("token:{}", token::OPERATOR), operator.to_string());
        let requests = config.requests.lines();
        let requests = requests.map(|(tenant, said)| permission(format!("requests:{tenant}"), said));
        let permitted = Self {
            tokens,
            archive: archive.clone(),
            others: requests.chain([operator]).collect(),
            telling: Arc::default(),
        };
        permitted.catch_up().await?;
        Ok(permitted)
    }

    /// Looks whether the file of tokens says something else than what counts. What is new counts once the log was told; where it
    /// cannot be told, what is as it was goes on to count and nothing else does.
    ///
    /// # Errors
    /// The log was not told.
    pub(crate) async fn catch_up(&self) -> Result<(), CommitError> {
        let mut is_failing = self.telling.lock().await;
        self.tell(&mut is_failing).await
    }

    async fn tell(&self, is_failing: &mut bool) -> Result<(), CommitError> {
        let Some(changed) = self.tokens.changed() else {
            return Ok(());
        };
        let of_tokens = changed.tokens.iter().map(|named| Permission {
            about: format!("token:{}", named.name),
            permits: token::line(named),
            by: Some(named.changed_by().clone()),
        });
        let permissions = Permissions {
            at: places::now(),
            all: of_tokens.chain(self.others.iter().cloned()).collect(),
        };
        let by = Principal::system("permissions");
        match self.archive.commit(Change::Permissions(&permissions), &by).await {
            Ok(receipt) => {
                if let Receipt::Permissions { changed } = receipt {
                    tracing::info!(changed, "the log was told what is permitted");
                }
                self.tokens.let_count(changed);
                *is_failing = false;
                Ok(())
            }
            Err(error) => {
                self.tokens.keep_unchanged(&changed);
                if !*is_failing {
                    tracing::error!(
                        error = told(&error),
                        "what changed among the tokens does not count: the log cannot be told"
                    );
                }
                *is_failing = true;
                Err(error)
            }
        }
    }

    /// Who presents tokens.
    pub(crate) fn tokens(&self) -> &TokenBook {
        &self.tokens
    }

    /// Looks every second, until it is to stop.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            // What fails is told there, and tried again here.
            let _ = self.catch_up().await;
        }
        Ok(())
    }
}

fn told(error: &CommitError) -> String {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}
