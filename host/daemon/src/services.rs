//! What the daemon offers to whoever builds over it, and what that brings.

use crate::budget::ByteBudget;
use crate::config::Config;
use crate::generations::Generations;
use crate::http::answer::Room;
use crate::http::body::receive_within;
use crate::http::problem::{self, ApiError};
use crate::laws::Rulebook;
use crate::metrics::Metrics;
use crate::pauses::Pauses;
use crate::requests::{self, Ran};
use crate::retention::RetentionError;
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use proviso_archive::{Archive, Change, CommitError, Deciding, StorageError};
use proviso_model::Principal;
use proviso_model::limits::{HTTP_ANSWERS_BYTES_MAX, HTTP_BODY_BYTES_MAX};
use proviso_model::time::Zone;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// What a crate over the daemon works with: the archive, what judges, and the daemon's own bounds on bodies and answers.
#[derive(Clone)]
pub struct Services {
    /// Where all of it is kept. Changes wait for each other, and for those of the daemon.
    pub archive: Archive,
    /// What judges; nothing where an archive is looked at without a daemon.
    pub generations: Option<Arc<Generations>>,
    /// As the daemon was started.
    pub config: Arc<Config>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    pub(crate) rulebook: Arc<tokio::sync::Mutex<Rulebook>>,
    pub(crate) pauses: Pauses,
    pub(crate) bodies: ByteBudget,
    pub(crate) answers: ByteBudget,
}

/// Routes of a crate over the daemon. All pass the daemon's own bounds; the paths must be none of the daemon's.
#[derive(Default)]
pub struct Routers {
    /// Those that it guards itself.
    pub own: Router,
    /// Those that want the operator's token; their handlers find a [`Caller`](crate::token::Caller) beside the request.
    pub operator: Router,
}

/// What makes the routes, once the daemon's services are there.
pub type Over = Box<dyn FnOnce(Services) -> anyhow::Result<Routers> + Send>;

/// Why a request did not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It may not, or cannot.
    #[error(transparent)]
    Refused(#[from] RetentionError),
    /// A fault of ours.
    #[error(transparent)]
    Broken(#[from] tokio::task::JoinError),
}

/// Memory for an answer that is not made yet.
pub struct AnswerRoom(Room);

impl Services {
    /// Those of an archive that no daemon serves.
    pub fn over_archive(archive: Archive, config: Config) -> Self {
        Self {
            rulebook: Arc::new(tokio::sync::Mutex::new(Rulebook::new(&config, &archive))),
            pauses: Pauses::default(),
            archive,
            generations: None,
            config: Arc::new(config),
            metrics: Arc::default(),
            bodies: ByteBudget::new(2 * HTTP_BODY_BYTES_MAX),
            answers: ByteBudget::new(HTTP_ANSWERS_BYTES_MAX),
        }
    }

    /// The zone whose days are counted: that of the policy set in force, else UTC.
    pub fn zone(&self) -> Zone {
        let current = self.generations.as_ref().map(|generations| generations.current());
        current.map_or_else(Zone::utc, |generation| generation.set().time_zone.clone())
    }

    /// Decides on a request. What is judged behind an approval goes by it.
    ///
    /// # Errors
    /// The archive refuses it, or cannot commit.
    pub async fn decide_request(&self, deciding: &Deciding<'_>, by: &Principal) -> Result<(), CommitError> {
        let (request, approve) = (deciding.request, deciding.approve);
        self.archive.commit(Change::Decide(deciding), by).await?;
        tracing::info!(request, approve, who = %by, "a request was decided on");
        if let (true, Some(generations)) = (approve, &self.generations) {
            generations.was_approved();
        }
        Ok(())
    }

    /// Runs a request to its end, whoever waits for it.
    ///
    /// # Errors
    /// As [`requests::run`].
    pub async fn run_request(&self, number: i64, by: Principal) -> Result<Ran, RunError> {
        let (rulebook, archive, pauses) = (Arc::clone(&self.rulebook), self.archive.clone(), self.pauses.clone());
        let work = tokio::spawn(async move {
            let rulebook = &mut *rulebook.lock().await;
            let ran = requests::run(rulebook, (&archive, &pauses), number, false, &by).await;
            if ran.is_ok() {
                tracing::info!(request = number, who = %by, "a request ran");
            }
            ran
        });
        Ok(work.await??)
    }

    /// Reads a body of at most so many bytes within the daemon's bounds of memory and time.
    ///
    /// # Errors
    /// The answer that says what is wrong: too large, too slow, broken off, or no memory now.
    pub async fn body(&self, body: Body, bytes_max: usize) -> Result<Vec<u8>, Response> {
        let received = receive_within(body, &self.bodies, bytes_max).await;
        received.map_err(ApiError::into_response)
    }

    /// Waits for memory for an answer of at most so many bytes, before anything is read for it.
    ///
    /// # Errors
    /// The answer that says that there is none now.
    pub async fn room(&self, bytes_max: usize) -> Result<AnswerRoom, Response> {
        let room = Room::take(&self.answers, bytes_max).await;
        room.map(AnswerRoom).map_err(ApiError::into_response)
    }
}

impl AnswerRoom {
    /// The value as JSON, or the answer that says that it is too large.
    pub async fn answer(self, value: impl Serialize + Send + 'static) -> Response {
        self.0.answer(value).await.unwrap_or_else(ApiError::into_response)
    }
}

/// The answer to a request that the caller has to mend: `name` is for programs, `message` says what to do.
pub fn refusal(status: StatusCode, name: &str, message: impl fmt::Display) -> Response {
    problem::said(status, name, message)
}

/// The answer to a request that failed by a fault of ours: what became of it, and a number under which the daemon's log has the rest.
pub fn fault(told: &'static str, error: impl Into<anyhow::Error>) -> Response {
    ApiError::ours(told, error).into_response()
}

/// The same of an archive that cannot be read.
pub fn unread(error: StorageError) -> Response {
    fault("the archive could not be read", error)
}
