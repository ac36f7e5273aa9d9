//! What a message that is in the archive is judged with again: the messages before it, and the version of the directory, as they are
//! recorded for it.

use crate::looking::Looking;
use anyhow::Context as _;
use proviso_model::directory::Directory;
use proviso_model::time::Zone;
use proviso_model::{Addressed, Message};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Versions of the directory, each read once for a zone.
#[derive(Default)]
pub(crate) struct Directories(Mutex<HashMap<(i64, String), Arc<Directory>>>);

impl Directories {
    /// A version, its days in that zone.
    pub(crate) async fn of(&self, looking: &Looking, version: i64, zone: &Zone) -> anyhow::Result<Arc<Directory>> {
        let key = (version, zone.name().to_owned());
        // Held while one is read: who waits for it would read the same.
        let mut known = self.0.lock().await;
        if let Some(directory) = known.get(&key) {
            return Ok(Arc::clone(directory));
        }
        let record = looking.directory(Some(version)).await?;
        let record = record.with_context(|| format!("version {version} of the directory is not recorded"))?;
        let directory = Arc::new(Directory::new(version, &record.rows, zone));
        known.insert(key, Arc::clone(&directory));
        Ok(directory)
    }
}

/// Messages with their digests.
pub(crate) fn addressed(messages: Vec<Message>) -> Vec<Arc<Addressed>> {
    let addressed = messages.into_iter().map(|message| Arc::new(Addressed::from(message)));
    addressed.collect()
}
