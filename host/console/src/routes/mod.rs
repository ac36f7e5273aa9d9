//! The operations, one file for each capability.

pub(crate) mod alerts;
pub(crate) mod decisions;
pub(crate) mod me;
pub(crate) mod openapi;
pub(crate) mod overview;
pub(crate) mod requests;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod users;
