//! What the daemon offers to whoever builds over it, and what that brings.

use crate::budget::ByteBudget;
use crate::config::Config;
use crate::generations::Generations;
use crate::http::answer::Room;
use crate::http::body::receive_within;
use crate::http::problem::{self, ApiError};
use crate::metrics::Metrics;
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use proviso_archive::{Archive, StorageError};
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

/// Memory for an answer that is not made yet.
pub struct AnswerRoom(Room);

impl Services {
    /// Those of an archive that no daemon serves.
    pub fn over_archive(archive: Archive, config: Config) -> Self {
        Self {
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
