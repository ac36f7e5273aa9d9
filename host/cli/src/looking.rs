//! Looks into the archive: the daemon that runs is asked, and the file is opened where none does.
//!
//! A daemon runs where some process has the archive open for writing and something listens at the daemon's address. What a daemon
//! refuses is told, and is no reason to open the file: whoever may not ask it may not look.

use crate::cli::TokenFileArgs;
use crate::client::{self, Client};
use anyhow::Context as _;
use proviso_archive::{
    Archive, ArchiveError, ConsentRecord, DirectoryImported, DirectoryRecord, EndingRecord, GenerationRecord,
    HeldMessage, Numbered, Recorded, Sent, Shown, Stats,
};
use proviso_daemon::config::Config;
use proviso_daemon::saved_queries;
use proviso_daemon::wire::{
    Arrived, ArrivedV1, ConsentsV1, DirectoryV1, DirectoryVersionsV1, DisposedV1, EndingsV1, GenerationV1, HeldV1,
    HoldsV1, ListedV1, RecordedPage, RecordedPageV1, RecordedV1, SavedQueriesV1, ShownV1, StatsV1,
};
use proviso_model::limits::{LINES_LISTED_MAX, SAMPLE_LISTED_MAX};
use proviso_model::{Digest, MessageId};

/// Messages that are read from a file at a time.
const ARRIVED_MESSAGES: u32 = 512;

/// Messages of a file that are replayed together.
const REPLAYED_MESSAGES: u32 = 128;

/// Versions of the directory that are listed.
const VERSIONS_LISTED: u32 = 1_000;

/// Messages that are replayed together.
pub(crate) enum ToReplay {
    /// Each is to be read; whoever does may do it beside others.
    Named(Vec<Numbered>),
    /// As a daemon gave them, and the place of the last.
    Recorded(RecordedPage),
}

impl ToReplay {
    /// The place of the last; `None` if there are no more.
    pub(crate) fn last(&self) -> Option<i64> {
        match self {
            Self::Named(named) => named.last().map(|one| one.arrival),
            Self::Recorded((_, last)) => *last,
        }
    }
}

/// Who answers. Each method gives the same either way; a client blocks, and the commands do one thing at a time.
pub(crate) enum Looking {
    Daemon(Client),
    File(Archive),
}

impl Looking {
    /// Asks the daemon of this configuration if it runs, and opens its archive if it does not.
    pub(crate) async fn begin(config: &Config, token: &TokenFileArgs) -> anyhow::Result<Self> {
        if daemon_runs(config) {
            Ok(Self::Daemon(Client::of(config, token)?))
        } else {
            Ok(Self::File(
                Archive::open_readonly_with(&config.archive_path(), &config.opening()).await?,
            ))
        }
    }

    /// The messages that a person may mean by a name.
    pub(crate) async fn find(&self, name: &str) -> anyhow::Result<Vec<Numbered>> {
        match self {
            Self::File(archive) => Ok(archive.find(name).await?),
            Self::Daemon(client) => listed(client, "/v1/archive/messages", &[("name", name)]),
        }
    }

    /// All that the archive has of a message; `None` if it has no such message.
    pub(crate) async fn show(&self, id: &MessageId) -> anyhow::Result<Option<Shown>> {
        match self {
            Self::File(archive) => Ok(archive.show(id).await?),
            Self::Daemon(client) => {
                let found: Option<ShownV1> = client.look("/v1/archive/message", &[("id", &id.to_string())])?;
                Ok(found.map(Shown::try_from).transpose()?)
            }
        }
    }

    /// Everything that a replay of a message needs; `None` if there is no such message.
    pub(crate) async fn recorded(&self, id: &MessageId) -> anyhow::Result<Option<Recorded>> {
        match self {
            Self::File(archive) => Ok(archive.recorded(id).await?),
            Self::Daemon(client) => {
                let found: Option<RecordedV1> = client.look("/v1/archive/recorded", &[("id", &id.to_string())])?;
                Ok(found.map(Recorded::try_from).transpose()?)
            }
        }
    }

    /// What the next messages behind a place in the order of arrival are replayed by.
    pub(crate) async fn to_replay(&self, after: i64, sent: Sent) -> anyhow::Result<ToReplay> {
        match self {
            Self::File(archive) => Ok(ToReplay::Named(
                archive.message_ids_sent(after, REPLAYED_MESSAGES, sent).await?,
            )),
            Self::Daemon(client) => {
                let (after, from, before) = (
                    after.to_string(),
                    sent.from.map(|from| from.as_millis().to_string()),
                    sent.before.map(|before| before.as_millis().to_string()),
                );
                let mut query = vec![("after", after.as_str())];
                query.extend(from.as_deref().map(|from| ("sent_from", from)));
                query.extend(before.as_deref().map(|before| ("sent_before", before)));
                let page: Option<RecordedPageV1> = client.look("/v1/archive/recorded-behind", &query)?;
                Ok(ToReplay::Recorded(page.context(NOTHING)?.try_into()?))
            }
        }
    }

    /// At most `count` messages, evenly spread over the order of arrival.
    pub(crate) async fn sample(&self, count: u32) -> anyhow::Result<Vec<MessageId>> {
        let sample = match self {
            Self::File(archive) => archive.sample(count).await?,
            Self::Daemon(client) => sample_in_parts(client, count)?,
        };
        Ok(sample.into_iter().map(|numbered| numbered.id).collect())
    }

    /// Whole messages with their places in the order of arrival, behind one: some, and none if there are no more. With the
    /// first of them, how many there are.
    pub(crate) async fn arrived(&self, after: i64) -> anyhow::Result<Arrived> {
        match self {
            Self::File(archive) => {
                let archived = if after == 0 {
                    Some(archive.message_count().await?)
                } else {
                    None
                };
                let page = archive.message_ids(after, ARRIVED_MESSAGES).await?;
                let ids: Vec<MessageId> = page.iter().map(|numbered| numbered.id.clone()).collect();
                let messages = page.iter().zip(archive.messages(&ids).await?);
                let found = messages.filter_map(|(one, message)| Some((one.arrival, message?)));
                Ok((found.collect(), archived))
            }
            Self::Daemon(client) => {
                let found: Option<ArrivedV1> = client.look("/v1/archive/arrived", &[("after", &after.to_string())])?;
                Ok(found.context(NOTHING)?.into())
            }
        }
    }

    /// Messages that wait for a person, behind a place in the order of arrival, at most `limit`.
    pub(crate) async fn held_behind(&self, after: i64, limit: u32) -> anyhow::Result<Vec<HeldMessage>> {
        match self {
            Self::File(archive) => Ok(archive.held_behind(after, limit).await?),
            Self::Daemon(client) => {
                let (after, limit) = (after.to_string(), limit.to_string());
                let page: Option<HeldV1> = client.look("/v1/archive/held", &[("after", &after), ("limit", &limit)])?;
                Ok(page.context(NOTHING)?.into())
            }
        }
    }

    /// Every order to keep.
    pub(crate) async fn holds(&self) -> anyhow::Result<HoldsV1> {
        match self {
            Self::File(archive) => Ok(archive.holds().await?.into()),
            Self::Daemon(client) => client.look("/v1/holds", &[])?.context(NOTHING),
        }
    }

    /// What is left of a message that was disposed of; `None` of any other.
    pub(crate) async fn disposed(&self, id: &MessageId) -> anyhow::Result<Option<DisposedV1>> {
        match self {
            Self::File(archive) => Ok(archive.disposed(id).await?.map(Into::into)),
            Self::Daemon(client) => client.look("/v1/archive/disposed", &[("id", &id.to_string())]),
        }
    }

    /// Saved queries of a tenant, or of all, behind a number.
    pub(crate) async fn saved_queries(&self, tenant: Option<&str>, after: i64) -> anyhow::Result<SavedQueriesV1> {
        match self {
            Self::File(archive) => Ok(saved_queries::list(archive, tenant, after).await?),
            Self::Daemon(client) => {
                let after = after.to_string();
                let mut query = vec![("after", after.as_str())];
                query.extend(tenant.map(|tenant| ("tenant", tenant)));
                let found: Option<SavedQueriesV1> = client.look("/v1/archive/queries", &query)?;
                found.context(NOTHING)
            }
        }
    }

    /// Counts over the whole archive, with at most `risks` scores.
    pub(crate) async fn stats(&self, risks: u32) -> anyhow::Result<Stats> {
        match self {
            Self::File(archive) => Ok(archive.stats(risks).await?),
            Self::Daemon(client) => {
                let stats: Option<StatsV1> = client.look("/v1/archive/stats", &[("risks", &risks.to_string())])?;
                Ok(stats.context(NOTHING)?.into())
            }
        }
    }

    /// A version of the directory, the newest where none is named; `None` if there is no such.
    pub(crate) async fn directory(&self, version: Option<i64>) -> anyhow::Result<Option<DirectoryRecord>> {
        match self {
            Self::File(archive) => Ok(archive.directory(version).await?),
            Self::Daemon(client) => {
                let version = version.map(|version| version.to_string());
                let query: Vec<(&str, &str)> = version.iter().map(|version| ("version", version.as_str())).collect();
                let found: Option<DirectoryV1> = client.look("/v1/directory/version", &query)?;
                Ok(found.map(DirectoryRecord::try_from).transpose()?)
            }
        }
    }

    /// The versions of the directory, the newest first.
    pub(crate) async fn directory_versions(&self) -> anyhow::Result<Vec<DirectoryImported>> {
        match self {
            Self::File(archive) => Ok(archive.directory_versions(VERSIONS_LISTED).await?),
            Self::Daemon(client) => {
                let found: Option<DirectoryVersionsV1> = client.look("/v1/directory/versions", &[])?;
                Ok(found.context(NOTHING)?.into())
            }
        }
    }

    /// The whole ledger of consent, in the order in which it was heard.
    pub(crate) async fn consents(&self) -> anyhow::Result<Vec<ConsentRecord>> {
        let mut lines: Vec<ConsentRecord> = Vec::new();
        loop {
            let after = lines.last().map_or(0, |last| last.number);
            let page = match self {
                Self::File(archive) => archive.consents(after, LINES_LISTED_MAX).await?,
                Self::Daemon(client) => {
                    let (after, limit) = (after.to_string(), LINES_LISTED_MAX.to_string());
                    let query = [("after", after.as_str()), ("limit", limit.as_str())];
                    let found: Option<ConsentsV1> = client.look("/v1/consents/lines", &query)?;
                    found.context(NOTHING)?.try_into()?
                }
            };
            if page.is_empty() {
                return Ok(lines);
            }
            lines.extend(page);
        }
    }

    /// The whole ledger of ends, in the order in which they were handed in.
    pub(crate) async fn endings(&self) -> anyhow::Result<Vec<EndingRecord>> {
        let mut lines: Vec<EndingRecord> = Vec::new();
        loop {
            let after = lines.last().map_or(0, |last| last.number);
            let page = match self {
                Self::File(archive) => archive.endings(after, LINES_LISTED_MAX).await?,
                Self::Daemon(client) => {
                    let (after, limit) = (after.to_string(), LINES_LISTED_MAX.to_string());
                    let query = [("after", after.as_str()), ("limit", limit.as_str())];
                    let found: Option<EndingsV1> = client.look("/v1/endings/lines", &query)?;
                    found.context(NOTHING)?.try_into()?
                }
            };
            if page.is_empty() {
                return Ok(lines);
            }
            lines.extend(page);
        }
    }

    /// A recorded generation; `None` if there is no such.
    pub(crate) async fn generation(&self, id: &Digest) -> anyhow::Result<Option<GenerationRecord>> {
        match self {
            Self::File(archive) => Ok(archive.generation(id).await?),
            Self::Daemon(client) => {
                let found: Option<GenerationV1> = client.look("/v1/archive/generation", &[("id", &id.to_string())])?;
                Ok(found.map(GenerationRecord::from))
            }
        }
    }
}

/// Who changes the archive, which has one writer: where a daemon runs, it does the work, on request; where none does, this process
/// takes the lock.
pub(crate) enum Writing {
    Daemon(Client),
    Here(Archive),
}

impl Writing {
    /// Goes from looking to writing.
    pub(crate) async fn begin(config: &Config, token: &TokenFileArgs, looking: Looking) -> anyhow::Result<Self> {
        match looking {
            Looking::Daemon(client) => return Ok(Self::Daemon(client)),
            Looking::File(reading) => reading.close().await,
        }
        // A daemon may have been started meanwhile.
        Self::open(config, token).await
    }

    /// The daemon of this configuration if it runs, else its archive, which is made where there is none.
    pub(crate) async fn open(config: &Config, token: &TokenFileArgs) -> anyhow::Result<Self> {
        match Archive::open_with(&config.archive_path(), &config.opening()).await {
            Ok(archive) => Ok(Self::Here(archive)),
            Err(ArchiveError::InUse { .. }) => Ok(Self::Daemon(Client::of(config, token)?)),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn close(self) {
        if let Self::Here(archive) = self {
            archive.close().await;
        }
    }
}

/// A list or a count is always there.
pub(crate) const NOTHING: &str = "the daemon says that there is no such thing";

/// Whoever may not enter the data folder cannot see who writes; the address tells.
fn daemon_runs(config: &Config) -> bool {
    Archive::is_written(config.archive_path()).unwrap_or(true) && client::listens(config)
}

fn listed(client: &Client, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Vec<Numbered>> {
    let listed: Option<ListedV1> = client.look(path, query)?;
    Ok(listed.context(NOTHING)?.into())
}

/// A part may begin with the message that the last one ended with.
fn sample_in_parts(client: &Client, count: u32) -> anyhow::Result<Vec<Numbered>> {
    let mut sample: Vec<Numbered> = Vec::new();
    for first in (0..count).step_by(SAMPLE_LISTED_MAX as usize) {
        let (count, first) = (count.to_string(), first.to_string());
        let part = listed(client, "/v1/archive/sample", &[("count", &count), ("first", &first)])?;
        sample.extend(part);
        sample.dedup_by_key(|numbered| numbered.arrival);
    }
    Ok(sample)
}
