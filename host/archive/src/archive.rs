//! What an archive promises, whatever keeps it. This is the seam: a store stands behind it, and the conformance suite in
//! `tests/conformance` holds each one to what is written here.

use crate::alerts::{Alert, AlertFilter, AlertItem, AlertPage, AlertPlace, AlertSort, Around, Sight};
use crate::audit::Audit;
use crate::backup::{BackupError, Including, Manifest, Told};
use crate::batch::{IngestBatch, SourceError, SourceOffset};
use crate::change::{Change, CommitError, Receipt};
use crate::consents::ConsentRecord;
use crate::directory::{DirectoryImported, DirectoryRecord};
use crate::disposal::{Disposed, Due, Hold};
use crate::endings::{Clocks, EndingRecord, Retained};
use crate::evidence::{Chosen, ExportError, ExportRequest, Given, Packs};
use crate::generations::GenerationRecord;
use crate::health::Health;
use crate::held::HeldMessage;
use crate::history::HistoryEntry;
use crate::index::{IndexPass, IndexReport};
use crate::key_report::{KeyReport, KeysError};
use crate::known::Known;
use crate::log::{LogTrouble, LoggedLeaf, WitnessRequest};
use crate::messages::{Conflicting, ConversationKey, Numbered, Sent, Shown};
use crate::offered::Offered;
use crate::opening::{ArchiveError, Opening};
use crate::overview::{Overview, OverviewAsked};
use crate::quarantines::Quarantined;
use crate::rejudge::EarlierVerdict;
use crate::requests::Request;
use crate::saved_queries::SavedQuery;
use crate::search::{Counted, Page, Search};
use crate::sessions::{Session, UserSession};
use crate::sqlite::{Sqlite, witness_question};
use crate::stats::{Risk, Stats};
use crate::storage::StorageError;
use crate::tables::{TableRows, Tabled, TablesSize};
use crate::trust::{Downgrade, PackSeen, TrustRecord};
use crate::users::{Credentials, User, UserName};
use crate::verdicts::{Recorded, StoredVerdict};
use futures_core::future::{BoxFuture, LocalBoxFuture};
use proviso_evidence::Sink;
use proviso_model::consent::ConsentEvent;
use proviso_model::id::FoldKey;
use proviso_model::retention::Concerns;
use proviso_model::time::Day;
use proviso_model::{Digest, Message, MessageId, Principal, Timestamp};
use proviso_proof::certificate::Certificate;
use proviso_proof::note::VerifierKey;
use proviso_seal::{KeyInfo, KeyVersion, SuiteName};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// What a reading gives, in a box.
type ReadFuture<'a, T> = BoxFuture<'a, Result<T, StorageError>>;

/// An open archive. Clones share it. Its methods may be called from any task; changes wait for each other, reads do not.
///
/// They give their futures in a box: what is behind one is compiled in this crate, and not again in each that waits for it.
#[derive(Clone)]
pub struct Archive {
    pub(crate) store: Arc<Sqlite>,
}

fn opened<'a>(path: &'a Path, opening: &'a Opening) -> LocalBoxFuture<'a, Result<Archive, ArchiveError>> {
    Box::pin(async move { Ok(Archive::of(Sqlite::open(path, opening).await?)) })
}

fn opened_readonly<'a>(path: &'a Path, opening: &'a Opening) -> LocalBoxFuture<'a, Result<Archive, ArchiveError>> {
    Box::pin(async move { Ok(Archive::of(Sqlite::open_readonly(path, opening).await?)) })
}

impl Archive {
    /// Opens an archive for reading and writing; makes it if there is none (its folder must exist), and brings an older
    /// one up to date. The file and its companions (`-wal`, `-shm`, `.lock`, `.writes`) are readable by their owner alone.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, ArchiveError> {
        Self::open_with(path, &Opening::default()).await
    }

    /// The same, with limits and permissions of one's own.
    pub async fn open_with(path: impl AsRef<Path>, opening: &Opening) -> Result<Self, ArchiveError> {
        opened(path.as_ref(), opening).await
    }

    /// Opens an archive for reading alone, while another process writes it or not, also where nothing may be written.
    /// [`commit`](Self::commit) answers [`StorageCause::ReadOnly`](crate::StorageCause::ReadOnly).
    pub async fn open_readonly(path: impl AsRef<Path>) -> Result<Self, ArchiveError> {
        Self::open_readonly_with(path, &Opening::default()).await
    }

    /// The same, with limits of one's own.
    pub async fn open_readonly_with(path: impl AsRef<Path>, opening: &Opening) -> Result<Self, ArchiveError> {
        opened_readonly(path.as_ref(), opening).await
    }

    /// True if some process has the archive of that path open for writing: a daemon that runs, or a command that writes. False
    /// where there is none. Cheap enough to be asked by every command; never in the way of whoever opens it.
    pub fn is_written(path: impl AsRef<Path>) -> Result<bool, ArchiveError> {
        Sqlite::is_written(path.as_ref())
    }

    pub(crate) fn of(store: Sqlite) -> Self {
        Self { store: Arc::new(store) }
    }

    /// Finishes what is running, copies the write-ahead log into the file, and releases the lock. Clones are closed too.
    /// Dropping the archive without it loses nothing, and leaves the copying to the next open.
    pub fn close(self) -> BoxFuture<'static, ()> {
        Box::pin(async move { self.store.close().await })
    }

    /// The archive's file.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// Writes one change in one transaction: the only way to write. `Ok` means that it is on disk and may be acknowledged. After
    /// an error nothing of it is there, and the same change may be given again where the error is [`CommitError::Storage`];
    /// dropping the future leaves either all of it or nothing. `by` is who does it, and is kept where the change says who.
    pub fn commit<'a>(&'a self, change: Change<'a>, by: &'a Principal) -> BoxFuture<'a, Result<Receipt, CommitError>> {
        self.store.commit(change, by)
    }

    /// Packs the entries of a batch before its turn to be written comes, and puts what comes of it into the batch: the larger part of
    /// the work of a commit, which may be done on another thread while another change is written. What is committed is the same. The
    /// entries must not be changed afterwards.
    pub fn pack(&self, batch: &mut IngestBatch) {
        batch.packed = self.store.pack(&batch.entries);
    }

    /// Whether changes can be written, as the last ones found. Costs nothing.
    pub fn health(&self) -> Health {
        self.store.health()
    }

    // What judging needs of earlier messages.

    /// For each message, in order, what the archive has under its identifier; a message that the batch itself has further
    /// up counts as kept. Any number of messages may be asked for.
    pub fn known<'a>(&'a self, messages: &'a [(&'a MessageId, Digest)]) -> ReadFuture<'a, Vec<Known>> {
        Box::pin(self.store.known(messages))
    }

    /// The state of each subject that has one; the others have never been advanced. Any number may be asked for.
    pub fn fold_states<'a>(&'a self, keys: &'a [FoldKey]) -> ReadFuture<'a, HashMap<FoldKey, Arc<[u8]>>> {
        Box::pin(self.store.fold_states(keys))
    }

    /// For each conversation, in order, its last messages by arrival whose content was not withheld, at most `limit`, the
    /// oldest first. Any number of
    /// conversations may be asked for.
    pub fn preceding<'a>(
        &'a self,
        conversations: &'a [ConversationKey],
        limit: usize,
    ) -> ReadFuture<'a, Vec<Vec<Message>>> {
        Box::pin(self.store.preceding(conversations, limit))
    }

    /// All that was said of some parties of a tenant's channel, each statement at the moment from which it counts: its own, and of a
    /// statement from the future that at which it was heard. Any number may be asked for; in any order.
    pub fn consents_of<'a>(
        &'a self,
        tenant: &'a str,
        channel: &'a str,
        parties: &'a [&'a str],
    ) -> ReadFuture<'a, Vec<ConsentEvent>> {
        Box::pin(self.store.consents_of(tenant, channel, parties))
    }

    /// The ledger of consent in the order in which it was heard, behind `after` (0: from the first), at most `limit` lines.
    pub fn consents(&self, after: i64, limit: u32) -> ReadFuture<'_, Vec<ConsentRecord>> {
        Box::pin(self.store.consents(after, limit))
    }

    /// How far each file of a source was read, ordered by file.
    pub fn offsets<'a>(&'a self, source: &'a str) -> ReadFuture<'a, Vec<SourceOffset>> {
        Box::pin(self.store.offsets(source))
    }

    /// The last pieces of sources that could not be read, the latest first.
    pub fn source_errors(&self, limit: u32) -> ReadFuture<'_, Vec<SourceError>> {
        Box::pin(self.store.source_errors(limit))
    }

    /// A version of the directory of employees with its rows; without a number the newest. `None` if there is no such.
    pub fn directory(&self, version: Option<i64>) -> ReadFuture<'_, Option<DirectoryRecord>> {
        Box::pin(self.store.directory(version))
    }

    /// The versions of the directory, the newest first, at most `limit`.
    pub fn directory_versions(&self, limit: u32) -> ReadFuture<'_, Vec<DirectoryImported>> {
        Box::pin(self.store.directory_versions(limit))
    }

    /// The ledger of ends in the order in which they were handed in, behind `after` (0: from the first), at most `limit` lines.
    pub fn endings(&self, after: i64, limit: u32) -> ReadFuture<'_, Vec<EndingRecord>> {
        Box::pin(self.store.endings(after, limit))
    }

    /// Messages of a tenant whose proposals have one of these clocks, in the order of arrival, behind `after`, at most `limit`: those
    /// of a conversation, or all of a channel, where an end concerns a customer.
    pub fn clocked<'a>(
        &'a self,
        tenant: &'a str,
        of: &'a Concerns,
        clocks: Clocks,
        after: i64,
        limit: u32,
    ) -> ReadFuture<'a, Vec<Retained>> {
        Box::pin(self.store.clocked(tenant, of, clocks, after, limit))
    }

    // Generations, and what the check of packs remembers.

    /// The generation that the last activation put into force; `None` before the first.
    pub fn active_generation(&self) -> ReadFuture<'_, Option<GenerationRecord>> {
        Box::pin(self.store.active_generation())
    }

    /// A recorded generation; `None` if there is no such.
    pub fn generation<'a>(&'a self, id: &'a Digest) -> ReadFuture<'a, Option<GenerationRecord>> {
        Box::pin(self.store.generation(id))
    }

    /// The recorded generations whose digits begin with `prefix` (with or without `sha256:`), the latest first: what a
    /// person means by `policy rollback 3f9a`.
    pub fn find_generations<'a>(&'a self, prefix: &'a str) -> ReadFuture<'a, Vec<GenerationRecord>> {
        Box::pin(self.store.find_generations(prefix))
    }

    /// Every recorded generation, the latest first.
    pub fn generations(&self) -> ReadFuture<'_, Vec<GenerationRecord>> {
        Box::pin(self.store.generations())
    }

    /// The history, the latest entry first, at most `limit`.
    pub fn history(&self, limit: u32) -> ReadFuture<'_, Vec<HistoryEntry>> {
        Box::pin(self.store.history(limit))
    }

    /// The policies that were quarantined since this generation was last put into force, and not tried again: empty unless it
    /// is the one in force. Ordered by pack and policy.
    pub fn quarantined<'a>(&'a self, generation: &'a Digest) -> ReadFuture<'a, Vec<Quarantined>> {
        Box::pin(self.store.quarantined(generation))
    }

    /// Every pack that was ever live, ordered by digest.
    pub fn packs_seen(&self) -> ReadFuture<'_, Vec<PackSeen>> {
        Box::pin(self.store.packs_seen())
    }

    /// The older versions that were ever allowed, the first first.
    pub fn downgrades(&self) -> ReadFuture<'_, Vec<Downgrade>> {
        Box::pin(self.store.downgrades())
    }

    /// The trust file that a generation was admitted under last; `None` before the first.
    pub fn last_trust(&self) -> ReadFuture<'_, Option<TrustRecord>> {
        Box::pin(self.store.last_trust())
    }

    // Messages, and what was said of them.

    /// The messages of these identifiers, in order; `None` where there is none.
    pub fn messages<'a>(&'a self, ids: &'a [MessageId]) -> ReadFuture<'a, Vec<Option<Message>>> {
        Box::pin(self.store.messages(ids))
    }

    /// Identifiers in the order of arrival, behind `after` (0: from the first), at most `limit`.
    pub fn message_ids(&self, after: i64, limit: u32) -> ReadFuture<'_, Vec<Numbered>> {
        Box::pin(self.store.message_ids(after, limit, Sent::default()))
    }

    /// The same, of messages that were sent within a time.
    pub fn message_ids_sent(&self, after: i64, limit: u32, sent: Sent) -> ReadFuture<'_, Vec<Numbered>> {
        Box::pin(self.store.message_ids(after, limit, sent))
    }

    /// How many messages there are.
    pub fn message_count(&self) -> ReadFuture<'_, u64> {
        Box::pin(self.store.message_count())
    }

    /// At most `count` messages, evenly spread over the order of arrival, the first and the last among them.
    pub fn sample(&self, count: u32) -> ReadFuture<'_, Vec<Numbered>> {
        Box::pin(self.store.sample(count, 0, count))
    }

    /// A part of the same: its steps from `first` on, at most `steps` of them. A sample of many is read in parts, the next of which
    /// may begin with the message that the last one ended with.
    pub fn sample_part(&self, count: u32, first: u32, steps: u32) -> ReadFuture<'_, Vec<Numbered>> {
        Box::pin(self.store.sample(count, first, steps))
    }

    /// The messages that a person may mean: `text` is a native identifier, or `tenant/channel/native`. A native identifier
    /// may be that of several messages, of different tenants or channels. In the order of arrival, at most 100.
    pub fn find<'a>(&'a self, text: &'a str) -> ReadFuture<'a, Vec<Numbered>> {
        Box::pin(self.store.find(text))
    }

    /// Looks for messages, those first that arrived last: opens each and asks whether the query finds it, until the page is full, the time
    /// is over, or nothing is left. Dropping the future ends it.
    pub fn search<'a>(&'a self, asked: &'a Search) -> ReadFuture<'a, Page> {
        Box::pin(self.store.search(asked))
    }

    /// How many messages a query finds, before [`Search::before`] where that is given; [`Search::limit`] says nothing here. What the index is certain of is counted without
    /// being opened.
    pub fn count<'a>(&'a self, asked: &'a Search) -> ReadFuture<'a, Counted> {
        Box::pin(self.store.count_found(asked))
    }

    /// One pass of indexing: messages that are in no segment go into new ones, and small segments become large ones. Repeat until
    /// [`IndexPass::is_idle`]. A search is right at any time, and opens each message that is in no segment.
    ///
    /// # Errors
    /// [`CommitError::Overtaken`] where messages of the pass were disposed of meanwhile, several times in a row; and what a commit meets.
    pub fn index<'a>(&'a self, at: Timestamp, by: &'a Principal) -> BoxFuture<'a, Result<IndexPass, CommitError>> {
        Box::pin(self.store.index(at, by))
    }

    /// Waits until messages came or went, or a segment was found that cannot be read, since the last wait ended. One may wait at a time.
    pub fn index_wanted(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.store.index_wanted())
    }

    /// About how many messages are in no segment, those that cannot be opened aside. Cheap.
    pub fn index_left(&self) -> ReadFuture<'_, u64> {
        Box::pin(self.store.index_left())
    }

    /// How far the index is. Counts rows: not for each search.
    pub fn index_report(&self) -> ReadFuture<'_, IndexReport> {
        Box::pin(self.store.index_report())
    }

    /// The messages that wait, the longest waiting first.
    pub fn held(&self, limit: u32) -> ReadFuture<'_, Vec<HeldMessage>> {
        Box::pin(self.store.held(limit))
    }

    /// The same, behind a place in the order of arrival (0: from the first).
    pub fn held_behind(&self, after: i64, limit: u32) -> ReadFuture<'_, Vec<HeldMessage>> {
        Box::pin(self.store.held_behind(after, limit))
    }

    /// What the policies said of a message; `None` if there is no such message.
    pub fn verdict<'a>(&'a self, id: &'a MessageId) -> ReadFuture<'a, Option<StoredVerdict>> {
        Box::pin(self.store.verdict(id))
    }

    /// The verdicts on a message before the one that stands, the oldest first.
    pub fn earlier_verdicts<'a>(&'a self, id: &'a MessageId) -> ReadFuture<'a, Vec<EarlierVerdict>> {
        Box::pin(self.store.earlier_verdicts(id))
    }

    /// All that the archive has of a message; `None` if it has no such message.
    pub fn show<'a>(&'a self, id: &'a MessageId) -> ReadFuture<'a, Option<Shown>> {
        Box::pin(self.store.show(id))
    }

    /// What came under a message's identifier with another content, in the order of arrival, at most `limit`. Each has up to 8 MiB.
    pub fn conflicts<'a>(&'a self, id: &'a MessageId, limit: u32) -> ReadFuture<'a, Vec<Conflicting>> {
        Box::pin(self.store.conflicts(id, limit))
    }

    /// Everything that a replay of a message needs; `None` if there is no such message. A preceding message that was
    /// disposed of since is counted: without it the message cannot be judged again.
    pub fn recorded<'a>(&'a self, id: &'a MessageId) -> ReadFuture<'a, Option<Recorded>> {
        Box::pin(self.store.recorded(id))
    }

    /// The last messages of a message's conversation that arrived before it and whose content was not withheld, at most
    /// `limit`, the oldest first: what it was preceded by when it arrived.
    pub fn preceding_of<'a>(&'a self, id: &'a MessageId, limit: usize) -> ReadFuture<'a, Vec<Message>> {
        Box::pin(self.store.preceding_of(id, limit))
    }

    /// The states of subjects as a message met them when it arrived: what was recorded with it; else what the next message
    /// of the subject met; else the present one. Subjects that had none are left out.
    pub fn fold_states_at<'a>(
        &'a self,
        id: &'a MessageId,
        keys: &'a [FoldKey],
    ) -> ReadFuture<'a, HashMap<FoldKey, Arc<[u8]>>> {
        Box::pin(self.store.fold_states_at(id, keys))
    }

    /// Every key, and how many records are readable by it alone. Tries each record's key.
    pub fn keys(&self) -> BoxFuture<'_, Result<KeyReport, KeysError>> {
        Box::pin(self.store.keys())
    }

    /// Makes the next version of a key, of a tenant that has keys of its own, or of all others; of the suite of the last one if
    /// none is given. Records that are written from now on are wrapped by it; [`Change::Rewrap`] wraps the others.
    pub fn add_key<'a>(
        &'a self,
        tenant: Option<&'a str>,
        suite: Option<SuiteName>,
        at: Timestamp,
        by: &'a Principal,
    ) -> BoxFuture<'a, Result<KeyInfo, KeysError>> {
        Box::pin(self.store.add_key(tenant, suite, at, by))
    }

    /// Destroys a version that wraps nothing any more, for good.
    pub fn destroy_key<'a>(
        &'a self,
        tenant: Option<&'a str>,
        version: KeyVersion,
        at: Timestamp,
        by: &'a Principal,
    ) -> BoxFuture<'a, Result<KeyInfo, KeysError>> {
        Box::pin(self.store.destroy_key(tenant, version, at, by))
    }

    /// Reads the whole log, and every row that it tells of. `key` is the public key that the log is to be signed by, if somebody kept it
    /// elsewhere. It takes as long as it takes, and holds up no writer.
    pub fn audit<'a>(&'a self, key: Option<&'a VerifierKey>) -> BoxFuture<'a, Result<Audit, ArchiveError>> {
        Box::pin(self.store.audit(key, None))
    }

    /// The same, of what the checkpoint was signed over, which is written to files in a folder: to be verified by `proviso_proof::export`
    /// without the archive and its keys. It holds no content of messages.
    pub fn export_log<'a>(
        &'a self,
        folder: &'a Path,
        key: Option<&'a VerifierKey>,
    ) -> BoxFuture<'a, Result<Audit, ArchiveError>> {
        Box::pin(self.store.audit(key, Some(folder)))
    }

    /// Messages with those that stand beside them in their conversations, so many before and after each: those of a conversation together, in
    /// the order of arrival.
    pub fn with_context<'a>(&'a self, matches: &'a [i64], context: u32) -> ReadFuture<'a, Vec<Chosen>> {
        Box::pin(self.store.with_context(matches, context))
    }

    /// The messages of a conversation, in the order of arrival.
    pub fn conversation<'a>(&'a self, of: &'a ConversationKey) -> ReadFuture<'a, Vec<Chosen>> {
        Box::pin(self.store.conversation(of))
    }

    /// Exports messages so that whoever has the export sees that it is whole and of this archive. The log is told before this returns, at the time
    /// that `now` says then, and what shows that it was stands in the export. What the sink has must not be given away before.
    ///
    /// # Errors
    /// [`ExportError`]; what the sink has by then is no export, and shows nothing.
    pub async fn export<S: Sink>(
        &self,
        sink: S,
        request: &ExportRequest,
        chosen: &[Chosen],
        packs: &dyn Packs,
        by: &Principal,
        now: fn() -> Timestamp,
    ) -> Result<(S, Given), ExportError<S::Error>>
    where
        S::Error: std::error::Error + 'static,
    {
        self.store.export(sink, request, chosen, packs, (by, now)).await
    }

    /// What a pseudonym of the export of that number stands for: each message is masked as it would be there, until it is found. `None` if
    /// nothing that is there has it.
    pub fn unmask<'a>(&'a self, export: u64, pseudonym: &'a str) -> ReadFuture<'a, Option<String>> {
        Box::pin(self.store.unmask(export, pseudonym))
    }

    /// The number that the next export has, of evidence or of tables: the log counts them.
    pub fn next_export(&self) -> ReadFuture<'_, u64> {
        Box::pin(self.store.next_export())
    }

    /// How many messages tables have rows of.
    pub fn tables_size<'a>(&'a self, of: &'a Tabled) -> ReadFuture<'a, TablesSize> {
        Box::pin(self.store.tables_size(of))
    }

    /// The next rows of tables, under the pseudonyms of the export of that number: those behind one place in the order of arrival, up to another.
    /// Columns alone are read. Nothing of it must be given away before the log was told ([`Change::Exported`]).
    pub fn table_rows<'a>(&'a self, export: u64, of: &'a Tabled, after: i64, last: i64) -> ReadFuture<'a, TableRows> {
        Box::pin(self.store.table_rows(export, of, (after, last)))
    }

    /// Makes a backup in a folder that is new or empty, while another process writes or not: the database as it is at one moment, what
    /// makes it open and verify, and a manifest. It holds up no writer. Until it ends, the write-ahead log is not cut back.
    ///
    /// # Errors
    /// If the folder has something in it, there is no room, or the log is not the one that was signed. Then no folder of that name is there.
    pub fn backup<'a>(
        &'a self,
        folder: &'a Path,
        including: &'a Including<'a>,
        told: Told<'a>,
    ) -> BoxFuture<'a, Result<Manifest, BackupError>> {
        Box::pin(self.store.backup(folder, including, told))
    }

    /// The last leaves of the log before one (`None`: before its end), the latest first, at most `limit`.
    pub fn log(&self, before: Option<u64>, limit: u32) -> ReadFuture<'_, Vec<LoggedLeaf>> {
        Box::pin(self.store.log(before, limit))
    }

    /// Messages that may be disposed of on that day, behind a place in the order of arrival, with what keeps some of them all the
    /// same: none if there are no more, else at most `limit`, and fewer where they are large.
    pub fn due(&self, today: Day, after: i64, limit: u32) -> ReadFuture<'_, Vec<Due>> {
        Box::pin(self.store.due(today, after, limit))
    }

    /// What is left of a message that was disposed of; `None` of any other.
    pub fn disposed<'a>(&'a self, id: &'a MessageId) -> ReadFuture<'a, Option<Disposed>> {
        Box::pin(self.store.disposed(id))
    }

    /// Whether nothing is left of the messages that were disposed of but their tombstones, and their tags lead there: of one, the first of
    /// which that is not so if there is one. `None` where nothing was disposed of.
    pub fn stays_disposed(&self) -> ReadFuture<'_, Option<(i64, bool)>> {
        Box::pin(self.store.stays_disposed())
    }

    /// The certificate of a disposal, verified against the log's own key: what it stands on, and the proofs of its entries. `None` if no
    /// such message was disposed of.
    pub fn certificate<'a>(&'a self, id: &'a MessageId) -> BoxFuture<'a, Result<Option<Certificate>, ArchiveError>> {
        Box::pin(self.store.certificate(id))
    }

    /// What a witness that signed `old_size` leaves is asked to sign now; `None` where nothing is signed yet, or less than that.
    ///
    /// # Errors
    /// The archive or the checkpoint beside it cannot be read.
    pub fn witness_request(&self, old_size: u64) -> BoxFuture<'_, Result<Option<WitnessRequest>, ArchiveError>> {
        Box::pin(self.store.witness_request(old_size))
    }

    /// What a witness is asked of an archive that nobody opened yet: the size that it has. `None` where nothing is signed yet.
    ///
    /// # Errors
    /// The checkpoint cannot be read.
    pub fn witness_question(archive: &Path) -> Result<Option<WitnessRequest>, LogTrouble> {
        witness_question(archive)
    }

    /// Keeps a checkpoint with the signature of a witness over it, in the file `.witnessed` beside the archive.
    ///
    /// # Errors
    /// The answer has no such signature, or the file cannot be written.
    pub fn keep_witnessed<'a>(
        &'a self,
        request: &'a WitnessRequest,
        answer: &'a str,
        witness: &'a VerifierKey,
    ) -> BoxFuture<'a, Result<(), ArchiveError>> {
        Box::pin(self.store.keep_witnessed(request, answer, witness))
    }

    /// A page of alerts behind a place, at most `limit` and [`ALERTS_LISTED_MAX`](crate::ALERTS_LISTED_MAX), with how long each list is.
    pub fn alerts<'a>(
        &'a self,
        filter: &'a AlertFilter,
        sort: AlertSort,
        after: Option<AlertPlace>,
        limit: u32,
    ) -> ReadFuture<'a, AlertPage> {
        Box::pin(self.store.alerts(filter, sort, after, limit))
    }

    /// An alert with its message, its history, and what was decided on others like it; `None` if there is none of that number that may be
    /// seen.
    pub fn alert<'a>(&'a self, number: i64, sight: &'a Sight) -> ReadFuture<'a, Option<AlertItem>> {
        Box::pin(self.store.alert(number, sight))
    }

    /// An alert as lists show it; `None` as [`alert`](Self::alert) says.
    pub fn alert_row<'a>(&'a self, number: i64, sight: &'a Sight) -> ReadFuture<'a, Option<Alert>> {
        Box::pin(self.store.alert_row(number, sight))
    }

    /// The messages before and after one, by its place in the order of arrival, in its conversation: so many of each, at most
    /// [`AROUND_MAX`](crate::AROUND_MAX). None where there is no such message.
    pub fn around(&self, message: i64, before: u32, after: u32) -> ReadFuture<'_, Around> {
        Box::pin(self.store.around(message, (before, after)))
    }

    /// How alerts came and were answered in the last days.
    pub fn overview<'a>(&'a self, asked: &'a OverviewAsked) -> ReadFuture<'a, Overview> {
        Box::pin(self.store.overview(asked))
    }

    /// Requests before a number, the latest first, at most `limit`.
    pub fn requests(&self, before: i64, limit: u32) -> ReadFuture<'_, Vec<Request>> {
        Box::pin(self.store.requests(before, limit))
    }

    /// Requests that may still run, the oldest first: those that waited, those that wait, and those that somebody has to approve.
    pub fn open_requests(&self, at: Timestamp) -> ReadFuture<'_, Vec<Request>> {
        Box::pin(self.store.open_requests(at))
    }

    /// Requests by which people are scored, the oldest first: approved, and ended by nobody. Whoever asks looks at their time, and at
    /// that of the last transaction, which comes with them: a clock that shows less is wrong.
    pub fn scorings(&self) -> ReadFuture<'_, (Vec<Request>, Option<Timestamp>)> {
        Box::pin(self.store.scorings())
    }

    /// Every order to keep, the oldest first, those that ended too.
    pub fn holds(&self) -> ReadFuture<'_, Vec<Hold>> {
        Box::pin(self.store.holds())
    }

    /// The saved query of a name; `None` if the tenant has none of it.
    pub fn saved_query<'a>(&'a self, tenant: &'a str, name: &'a str) -> ReadFuture<'a, Option<SavedQuery>> {
        Box::pin(self.store.saved_query(tenant, name))
    }

    /// Saved queries of a tenant, or of all, behind a number (0: from the first), at most `limit`.
    pub fn saved_queries<'a>(
        &'a self,
        tenant: Option<&'a str>,
        after: i64,
        limit: u32,
    ) -> ReadFuture<'a, Vec<SavedQuery>> {
        Box::pin(self.store.saved_queries(tenant, after, limit))
    }

    // People who sign in.

    /// Users behind a number (0: from the first), at most `limit`, with their roles.
    pub fn users(&self, after: i64, limit: u32) -> ReadFuture<'_, Vec<User>> {
        Box::pin(self.store.users(after, limit))
    }

    /// The user of a name, with its roles; `None` if nobody has it.
    pub fn user<'a>(&'a self, name: &'a UserName) -> ReadFuture<'a, Option<User>> {
        Box::pin(self.store.user(name))
    }

    /// What a user shows at a sign-in; `None` if nobody has the name.
    pub fn credentials<'a>(&'a self, name: &'a UserName) -> ReadFuture<'a, Option<Credentials>> {
        Box::pin(self.store.credentials(name))
    }

    /// The session of a token, by the token's SHA-256, whether it has ended or not, with its user as it is now; `None` if there is none.
    pub fn session_by_digest<'a>(&'a self, token: &'a Digest) -> ReadFuture<'a, Option<UserSession>> {
        Box::pin(self.store.session(token))
    }

    /// The sessions of a user, the latest first, at most `limit`, those that ended too.
    pub fn sessions_of<'a>(&'a self, name: &'a UserName, limit: u32) -> ReadFuture<'a, Vec<Session>> {
        Box::pin(self.store.sessions_of(name, limit))
    }

    /// Names that stand in columns, of a tenant where it has any of its own: at most [`OFFERED_MAX`](crate::OFFERED_MAX). Of people none.
    pub fn offered<'a>(&'a self, what: Offered, tenant: Option<&'a str>) -> ReadFuture<'a, Vec<String>> {
        Box::pin(self.store.offered(what, tenant))
    }

    /// Counts everything, and reads the `risks_max` highest scores.
    pub fn stats(&self, risks_max: u32) -> ReadFuture<'_, Stats> {
        Box::pin(self.store.stats(risks_max))
    }

    /// The highest scores, the highest first.
    pub fn risks(&self, limit: u32) -> ReadFuture<'_, Vec<Risk>> {
        Box::pin(self.store.risks(limit))
    }
}
