//! Many files sent within a time.

use proviso_sdk::Message;
use serde::{Deserialize, Serialize};

/// How finely a window is divided.
const BUCKETS: i64 = 24;

/// Fires when one of the two is reached within the window.
#[derive(Debug)]
pub(crate) struct FileLimit {
    /// Width of a bucket: a 24th of the window.
    pub(crate) bucket_ms: i64,
    pub(crate) files_at_least: Option<u32>,
    pub(crate) kib_at_least: Option<u64>,
}

/// What one signal counted, bucket by bucket.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileBuckets {
    pub(crate) signal: u32,
    /// Number of the newest bucket since 1970.
    newest: i64,
    /// Bucket in which it last fired.
    fired: Option<i64>,
    buckets: Vec<Bucket>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Bucket {
    /// Buckets before the newest.
    before: u8,
    files: u32,
    kib: u64,
}

/// Counts a message's attachments; true when the limit is reached, and not again until the window has moved past that message.
pub(crate) fn reached(all: &mut Vec<FileBuckets>, signal: u32, limit: &FileLimit, message: &Message, now: i64) -> bool {
    if message.attachments.is_empty() {
        return false;
    }
    let at = all
        .iter()
        .position(|buckets| buckets.signal == signal)
        .unwrap_or_else(|| {
            all.push(FileBuckets {
                signal,
                newest: now.div_euclid(limit.bucket_ms),
                ..FileBuckets::default()
            });
            all.len() - 1
        });
    all[at].count(limit, message, now)
}

impl FileBuckets {
    fn count(&mut self, limit: &FileLimit, message: &Message, now: i64) -> bool {
        self.move_to(now.div_euclid(limit.bucket_ms));
        let before = self.newest - message.sent_at.div_euclid(limit.bucket_ms);
        let Some(before) = u8::try_from(before).ok().filter(|before| i64::from(*before) < BUCKETS) else {
            return false;
        };
        let bytes: u64 = message
            .attachments
            .iter()
            .fold(0, |sum: u64, attachment| sum.saturating_add(attachment.size_bytes));
        self.add(before, message.attachments.len() as u32, bytes.div_ceil(1024));
        let files: u64 = self.buckets.iter().map(|bucket| u64::from(bucket.files)).sum();
        let kib = self
            .buckets
            .iter()
            .fold(0, |sum: u64, bucket| sum.saturating_add(bucket.kib));
        let reached = limit.files_at_least.is_some_and(|least| files >= u64::from(least))
            || limit.kib_at_least.is_some_and(|least| kib >= least);
        if !reached || self.fired.is_some_and(|fired| self.newest - fired < BUCKETS) {
            return false;
        }
        self.fired = Some(self.newest);
        true
    }

    fn move_to(&mut self, newest: i64) {
        let step = newest - self.newest;
        if step <= 0 {
            return;
        }
        self.newest = newest;
        self.buckets.retain_mut(|bucket| {
            let before = step.saturating_add(i64::from(bucket.before));
            bucket.before = before.min(i64::from(u8::MAX)) as u8;
            before < BUCKETS
        });
    }

    fn add(&mut self, before: u8, files: u32, kib: u64) {
        match self.buckets.iter_mut().find(|bucket| bucket.before == before) {
            Some(bucket) => {
                bucket.files = bucket.files.saturating_add(files);
                bucket.kib = bucket.kib.saturating_add(kib);
            }
            None => self.buckets.push(Bucket { before, files, kib }),
        }
    }
}
