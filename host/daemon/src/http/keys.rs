//! Keys: which wraps what, the next version, and the end of one.

use super::Shared;
use super::body::Received;
use super::problem::{ApiError, Code};
use crate::keys::{RotationError, rotate};
use crate::token::Caller;
use crate::wire::{KeyV1, KeysV1, RotatedV1};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Json, Response};
use proviso_archive::{KeyVersion, KeysError, SuiteName};
use proviso_pipeline::places;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateBody {
    tenant: Option<String>,
    suite: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DestroyBody {
    tenant: Option<String>,
    version: u32,
}

/// `GET /v1/keys`: every version, with how many records are readable by it alone.
pub(super) async fn status(State(shared): State<Shared>) -> Result<Response, ApiError> {
    let report = shared.archive.keys().await;
    let report = report.map_err(|error| ApiError::ours("the keys were not counted", error))?;
    Ok(Json(KeysV1::from(report)).into_response())
}

/// `POST /v1/keys/rotate`: makes the next version, wraps every record by it, and answers then.
pub(super) async fn rotation(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let RotateBody { tenant, suite } = body.json()?;
    let suite: Option<SuiteName> = match suite.map(|suite| suite.parse()).transpose() {
        Ok(suite) => suite,
        Err(error) => return Err(ApiError::yours(Code::BadRequest, format!("`suite`: {error}"))),
    };
    // A task of its own: whoever asked may go away, and it goes on to its end.
    let work = tokio::spawn(async move {
        let rotated = rotate(&shared.archive, tenant.as_deref(), suite, &caller.principal, |_| {}).await;
        let rotated = rotated.map(|(key, rewrapped)| RotatedV1 {
            key: KeyV1::of(tenant, &key),
            rewrapped,
        });
        if let Ok(rotated) = &rotated {
            let (version, fingerprint) = (rotated.key.version, &rotated.key.fingerprint);
            tracing::info!(version, fingerprint, rewrapped = rotated.rewrapped, who = %caller.principal, "keys rotated");
        }
        rotated
    });
    let told = "the rotation did not end: ask for the keys, and rotate again";
    match work.await.map_err(|error| ApiError::ours(told, error))? {
        Ok(rotated) => Ok(Json(rotated).into_response()),
        Err(RotationError::Keys(error @ (KeysError::NoRing(_) | KeysError::Key(_)))) => {
            Err(ApiError::yours(Code::NotPossible, error))
        }
        Err(error) => Err(ApiError::ours(told, error)),
    }
}

/// `POST /v1/keys/destroy`: destroys a version that wraps nothing any more.
pub(super) async fn destroy(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let DestroyBody { tenant, version } = body.json()?;
    let version = KeyVersion::new(version)
        .ok_or_else(|| ApiError::yours(Code::BadRequest, "`version` is 0: they begin with 1"))?;
    match shared
        .archive
        .destroy_key(tenant.as_deref(), version, places::now(), &caller.principal)
        .await
    {
        Ok(key) => {
            let fingerprint = key.fingerprint.to_string();
            tracing::info!(version = version.get(), fingerprint, who = %caller.principal, "a key was destroyed");
            Ok(Json(KeyV1::of(tenant, &key)).into_response())
        }
        Err(error @ (KeysError::Storage(_) | KeysError::Commit(_))) => {
            Err(ApiError::ours("the key was not destroyed", error))
        }
        Err(error) => Err(ApiError::yours(Code::NotPossible, error)),
    }
}
