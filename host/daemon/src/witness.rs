//! A witness elsewhere: it signs the checkpoints of the archive's log, and remembers the last one, so that an old archive put in the place
//! of a newer one is noticed whoever did it.
//!
//! It is asked once before the archive is opened, and then again and again while the daemon runs. Where it cannot be asked the daemon goes on
//! and says so; where it has signed more than there is, the daemon does not start.

use crate::config_witness::WitnessElsewhere;
use crate::metrics::Metrics;
use proviso_archive::{Archive, WitnessRequest, Witnessed};
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What a witness answers (<https://c2sp.org/tlog-witness#add-checkpoint>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// 200: its signature over the checkpoint, on lines of a note.
    Signed(String),
    /// 409: it has signed so many leaves, and the request continues another number.
    Has(u64),
    /// Another status: it signs nothing.
    Refused(u16),
}

/// The status by which a witness refuses a checkpoint that does not continue what it signed.
const NOT_CONTINUED: u16 = 422;

/// Who sends a request to a witness. This crate speaks to nobody elsewhere by itself.
pub trait AskWitness: Send + Sync {
    /// Sends a request and waits for the answer, in bounded time.
    ///
    /// # Errors
    /// It could not be asked, or its answer is none of a witness; in words for people.
    fn ask(&self, body: &str) -> Result<WitnessAnswer, String>;
}

/// A witness with the way to it.
#[derive(Clone)]
pub struct Witness {
    /// Which.
    pub elsewhere: WitnessElsewhere,
    /// Who asks it.
    pub asker: Arc<dyn AskWitness>,
}

impl Witness {
    async fn ask(&self, request: &WitnessRequest) -> Result<WitnessAnswer, String> {
        let (asker, body) = (Arc::clone(&self.asker), request.body.clone());
        let asked = tokio::task::spawn_blocking(move || asker.ask(&body)).await;
        asked.map_err(|error| error.to_string())?
    }

    /// What it has signed of an archive that is not open yet; `None` where there is nothing to ask about, or no answer.
    pub(crate) async fn has(&self, archive: &Path) -> Option<Witnessed> {
        // A checkpoint that cannot be read is told when the archive is opened, and may be accepted there.
        let question = Archive::witness_question(archive).ok()??;
        let witnessed = |leaves, is_other| Witnessed {
            by: self.elsewhere.url.clone(),
            leaves,
            is_other,
        };
        match self.ask(&question).await {
            Ok(WitnessAnswer::Signed(_)) => Some(witnessed(question.size, false)),
            Ok(WitnessAnswer::Has(leaves)) => Some(witnessed(leaves, false)),
            Ok(WitnessAnswer::Refused(NOT_CONTINUED)) => Some(witnessed(question.size, true)),
            other => {
                let url = &self.elsewhere.url;
                tracing::warn!(
                    url,
                    answer = why(other),
                    "the witness does not say what it has signed: an older archive put in this one's place would not be noticed by it"
                );
                None
            }
        }
    }

    /// Has it sign what is new, until it is to stop.
    pub(crate) async fn run(
        self,
        archive: Archive,
        metrics: Arc<Metrics>,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let mut signed = 0;
        let mut is_failing = false;
        loop {
            match self.sign(&archive, &mut signed).await {
                Ok(false) => {}
                Ok(true) => {
                    metrics.witness_checkpoints.add(1);
                    if is_failing {
                        tracing::info!(leaves = signed, "the witness signs again");
                    }
                    is_failing = false;
                }
                Err(error) => {
                    metrics.witness_failures.add(1);
                    if !is_failing {
                        let url = &self.elsewhere.url;
                        tracing::error!(url, error, "the witness does not sign the log; it is asked again");
                    }
                    is_failing = true;
                }
            }
            let wait = tokio::time::sleep(self.elsewhere.every);
            if stop.run_until_cancelled(wait).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Has it sign the newest checkpoint; true if it did, false if there is nothing new.
    async fn sign(&self, archive: &Archive, signed: &mut u64) -> Result<bool, String> {
        let told = |error: proviso_archive::ArchiveError| format!("{:#}", anyhow::Error::from(error));
        // Once more where it has another number than this process knows of.
        for _ in 0..2 {
            let request = archive.witness_request(*signed).await.map_err(told)?;
            let Some(request) = request else {
                return Err(format!("it has signed {signed} leaves, and fewer are signed here"));
            };
            if request.size == *signed {
                return Ok(false);
            }
            match self.ask(&request).await? {
                WitnessAnswer::Signed(answer) => {
                    let kept = archive.keep_witnessed(&request, &answer, &self.elsewhere.key);
                    kept.await.map_err(told)?;
                    *signed = request.size;
                    return Ok(true);
                }
                WitnessAnswer::Has(leaves) if leaves != *signed => *signed = leaves,
                other => return Err(why(Ok(other))),
            }
        }
        Err(format!("it has signed {signed} leaves, and then another number"))
    }
}

fn why(answer: Result<WitnessAnswer, String>) -> String {
    match answer {
        Ok(WitnessAnswer::Refused(NOT_CONTINUED)) => "it has signed another log of the same name".to_owned(),
        Ok(WitnessAnswer::Refused(403)) => "no key that it knows of has signed the checkpoint".to_owned(),
        Ok(WitnessAnswer::Refused(404)) => {
            "it does not know this log: start it with `--log` and this log's key".to_owned()
        }
        Ok(WitnessAnswer::Refused(status)) => format!("it answered {status}"),
        Ok(WitnessAnswer::Has(leaves)) => format!("it has signed {leaves} leaves, and says so to their continuation"),
        Ok(WitnessAnswer::Signed(_)) => "it signed".to_owned(),
        Err(error) => error,
    }
}
