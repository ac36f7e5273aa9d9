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

/// An open archive. Clones share it. Its methods may be called from any task; changes wait for each other, reads do not.
#[derive(Clone)]
pub struct Archive {
    pub(crate) store: Arc<Sqlite>,
}

impl Archive {
    /// Opens an archive for reading and writing; makes it if there is none (its folder must exist), and brings an older
    /// one up to date. The file and its companions (`-wal`, `-shm`, `.lock`, `.writes`) are readable by their owner alone.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, ArchiveError> {
        Self::open_with(path, &Opening::default()).await
    }

    /// The same, with limits and permissions of one's own.
    pub async fn open_with(path: impl AsRef<Path>, opening: &Opening) -> Result<Self, ArchiveError> {
        Ok(Self::of(Sqlite::open(path.as_ref(), opening).await?))
    }

    /// Opens an archive for reading alone, while another process writes it or not, also where nothing may be written.
    /// [`commit`](Self::commit) answers [`StorageCause::ReadOnly`](crate::StorageCause::ReadOnly).
    pub async fn open_readonly(path: impl AsRef<Path>) -> Result<Self, ArchiveError> {
        Self::open_readonly_with(path, &Opening::default()).await
    }

    /// The same, with limits of one's own.
    pub async fn open_readonly_with(path: impl AsRef<Path>, opening: &Opening) -> Result<Self, ArchiveError> {
        Ok(Self::of(Sqlite::open_readonly(path.as_ref(), opening).await?))
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
    pub async fn close(self) {
        self.store.close().await;
    }

    /// The archive's file.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// Writes one change in one transaction: the only way to write. `Ok` means that it is on disk and may be acknowledged. After
    /// an error nothing of it is there, and the same change may be given again where the error is [`CommitError::Storage`];
    /// dropping the future leaves either all of it or nothing. `by` is who does it, and is kept where the change says who.
    pub async fn commit(&self, change: Change<'_>, by: &Principal) -> Result<Receipt, CommitError> {
        self.store.commit(change, by).await
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
    pub async fn known(&self, messages: &[(&MessageId, Digest)]) -> Result<Vec<Known>, StorageError> {
        self.store.known(messages).await
    }

    /// The state of each subject that has one; the others have never been advanced. Any number may be asked for.
    pub async fn fold_states(&self, keys: &[FoldKey]) -> Result<HashMap<FoldKey, Arc<[u8]>>, StorageError> {
        self.store.fold_states(keys).await
    }

    /// For each conversation, in order, its last messages by arrival whose content was not withheld, at most `limit`, the
    /// oldest first. Any number of
    /// conversations may be asked for.
    pub async fn preceding(
        &self,
        conversations: &[ConversationKey],
        limit: usize,
    ) -> Result<Vec<Vec<Message>>, StorageError> {
        self.store.preceding(conversations, limit).await
    }

    /// All that was said of some parties of a tenant's channel, each statement at the moment from which it counts: its own, and of a
    /// statement from the future that at which it was heard. Any number may be asked for; in any order.
    pub async fn consents_of(
        &self,
        tenant: &str,
        channel: &str,
        parties: &[&str],
    ) -> Result<Vec<ConsentEvent>, StorageError> {
        self.store.consents_of(tenant, channel, parties).await
    }

    /// The ledger of consent in the order in which it was heard, behind `after` (0: from the first), at most `limit` lines.
    pub async fn consents(&self, after: i64, limit: u32) -> Result<Vec<ConsentRecord>, StorageError> {
        self.store.consents(after, limit).await
    }

    /// How far each file of a source was read, ordered by file.
    pub async fn offsets(&self, source: &str) -> Result<Vec<SourceOffset>, StorageError> {
        self.store.offsets(source).await
    }

    /// The last pieces of sources that could not be read, the latest first.
    pub async fn source_errors(&self, limit: u32) -> Result<Vec<SourceError>, StorageError> {
        self.store.source_errors(limit).await
    }

    /// A version of the directory of employees with its rows; without a number the newest. `None` if there is no such.
    pub async fn directory(&self, version: Option<i64>) -> Result<Option<DirectoryRecord>, StorageError> {
        self.store.directory(version).await
    }

    /// The versions of the directory, the newest first, at most `limit`.
    pub async fn directory_versions(&self, limit: u32) -> Result<Vec<DirectoryImported>, StorageError> {
        self.store.directory_versions(limit).await
    }

    /// The ledger of ends in the order in which they were handed in, behind `after` (0: from the first), at most `limit` lines.
    pub async fn endings(&self, after: i64, limit: u32) -> Result<Vec<EndingRecord>, StorageError> {
        self.store.endings(after, limit).await
    }

    /// Messages of a tenant whose proposals have one of these clocks, in the order of arrival, behind `after`, at most `limit`: those
    /// of a conversation, or all of a channel, where an end concerns a customer.
    pub async fn clocked(
        &self,
        tenant: &str,
        of: &Concerns,
        clocks: Clocks,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Retained>, StorageError> {
        self.store.clocked(tenant, of, clocks, after, limit).await
    }

    // Generations, and what the check of packs remembers.

    /// The generation that the last activation put into force; `None` before the first.
    pub async fn active_generation(&self) -> Result<Option<GenerationRecord>, StorageError> {
        self.store.active_generation().await
    }

    /// A recorded generation; `None` if there is no such.
    pub async fn generation(&self, id: &Digest) -> Result<Option<GenerationRecord>, StorageError> {
        self.store.generation(id).await
    }

    /// The recorded generations whose digits begin with `prefix` (with or without `sha256:`), the latest first: what a
    /// person means by `policy rollback 3f9a`.
    pub async fn find_generations(&self, prefix: &str) -> Result<Vec<GenerationRecord>, StorageError> {
        self.store.find_generations(prefix).await
    }

    /// Every recorded generation, the latest first.
    pub async fn generations(&self) -> Result<Vec<GenerationRecord>, StorageError> {
        self.store.generations().await
    }

    /// The history, the latest entry first, at most `limit`.
    pub async fn history(&self, limit: u32) -> Result<Vec<HistoryEntry>, StorageError> {
        self.store.history(limit).await
    }

    /// The policies that were quarantined since this generation was last put into force, and not tried again: empty unless it
    /// is the one in force. Ordered by pack and policy.
    pub async fn quarantined(&self, generation: &Digest) -> Result<Vec<Quarantined>, StorageError> {
        self.store.quarantined(generation).await
    }

    /// Every pack that was ever live, ordered by digest.
    pub async fn packs_seen(&self) -> Result<Vec<PackSeen>, StorageError> {
        self.store.packs_seen().await
    }

    /// The older versions that were ever allowed, the first first.
    pub async fn downgrades(&self) -> Result<Vec<Downgrade>, StorageError> {
        self.store.downgrades().await
    }

    /// The trust file that a generation was admitted under last; `None` before the first.
    pub async fn last_trust(&self) -> Result<Option<TrustRecord>, StorageError> {
        self.store.last_trust().await
    }

    // Messages, and what was said of them.

    /// The messages of these identifiers, in order; `None` where there is none.
    pub async fn messages(&self, ids: &[MessageId]) -> Result<Vec<Option<Message>>, StorageError> {
        self.store.messages(ids).await
    }

    /// Identifiers in the order of arrival, behind `after` (0: from the first), at most `limit`.
    pub async fn message_ids(&self, after: i64, limit: u32) -> Result<Vec<Numbered>, StorageError> {
        self.store.message_ids(after, limit, Sent::default()).await
    }

    /// The same, of messages that were sent within a time.
    pub async fn message_ids_sent(&self, after: i64, limit: u32, sent: Sent) -> Result<Vec<Numbered>, StorageError> {
        self.store.message_ids(after, limit, sent).await
    }

    /// How many messages there are.
    pub async fn message_count(&self) -> Result<u64, StorageError> {
        self.store.message_count().await
    }

    /// At most `count` messages, evenly spread over the order of arrival, the first and the last among them.
    pub async fn sample(&self, count: u32) -> Result<Vec<Numbered>, StorageError> {
        self.store.sample(count, 0, count).await
    }

    /// A part of the same: its steps from `first` on, at most `steps` of them. A sample of many is read in parts, the next of which
    /// may begin with the message that the last one ended with.
    pub async fn sample_part(&self, count: u32, first: u32, steps: u32) -> Result<Vec<Numbered>, StorageError> {
        self.store.sample(count, first, steps).await
    }

    /// The messages that a person may mean: `text` is a native identifier, or `tenant/channel/native`. A native identifier
    /// may be that of several messages, of different tenants or channels. In the order of arrival, at most 100.
    pub async fn find(&self, text: &str) -> Result<Vec<Numbered>, StorageError> {
        self.store.find(text).await
    }

    /// Looks for messages, those first that arrived last: opens each and asks whether the query finds it, until the page is full, the time
    /// is over, or nothing is left. Dropping the future ends it.
    pub async fn search(&self, asked: &Search) -> Result<Page, StorageError> {
        self.store.search(asked).await
    }

    /// How many messages a query finds, before [`Search::before`] where that is given; [`Search::limit`] says nothing here. What the index is certain of is counted without
    /// being opened.
    pub async fn count(&self, asked: &Search) -> Result<Counted, StorageError> {
        self.store.count_found(asked).await
    }

    /// One pass of indexing: messages that are in no segment go into new ones, and small segments become large ones. Repeat until
    /// [`IndexPass::is_idle`]. A search is right at any time, and opens each message that is in no segment.
    ///
    /// # Errors
    /// [`CommitError::Overtaken`] where messages of the pass were disposed of meanwhile, several times in a row; and what a commit meets.
    pub async fn index(&self, at: Timestamp, by: &Principal) -> Result<IndexPass, CommitError> {
        self.store.index(at, by).await
    }

    /// Waits until messages came or went, or a segment was found that cannot be read, since the last wait ended. One may wait at a time.
    pub async fn index_wanted(&self) {
        self.store.index_wanted().await;
    }

    /// About how many messages are in no segment, those that cannot be opened aside. Cheap.
    pub async fn index_left(&self) -> Result<u64, StorageError> {
        self.store.index_left().await
    }

    /// How far the index is. Counts rows: not for each search.
    pub async fn index_report(&self) -> Result<IndexReport, StorageError> {
        self.store.index_report().await
    }

    /// The messages that wait, the longest waiting first.
    pub async fn held(&self, limit: u32) -> Result<Vec<HeldMessage>, StorageError> {
        self.store.held(limit).await
    }

    /// The same, behind a place in the order of arrival (0: from the first).
    pub async fn held_behind(&self, after: i64, limit: u32) -> Result<Vec<HeldMessage>, StorageError> {
        self.store.held_behind(after, limit).await
    }

    /// What the policies said of a message; `None` if there is no such message.
    pub async fn verdict(&self, id: &MessageId) -> Result<Option<StoredVerdict>, StorageError> {
        self.store.verdict(id).await
    }

    /// The verdicts on a message before the one that stands, the oldest first.
    pub async fn earlier_verdicts(&self, id: &MessageId) -> Result<Vec<EarlierVerdict>, StorageError> {
        self.store.earlier_verdicts(id).await
    }

    /// All that the archive has of a message; `None` if it has no such message.
    pub async fn show(&self, id: &MessageId) -> Result<Option<Shown>, StorageError> {
        self.store.show(id).await
    }

    /// What came under a message's identifier with another content, in the order of arrival, at most `limit`. Each has up to 8 MiB.
    pub async fn conflicts(&self, id: &MessageId, limit: u32) -> Result<Vec<Conflicting>, StorageError> {
        self.store.conflicts(id, limit).await
    }

    /// Everything that a replay of a message needs; `None` if there is no such message. A preceding message that was
    /// disposed of since is counted: without it the message cannot be judged again.
    pub async fn recorded(&self, id: &MessageId) -> Result<Option<Recorded>, StorageError> {
        self.store.recorded(id).await
    }

    /// The last messages of a message's conversation that arrived before it and whose content was not withheld, at most
    /// `limit`, the oldest first: what it was preceded by when it arrived.
    pub async fn preceding_of(&self, id: &MessageId, limit: usize) -> Result<Vec<Message>, StorageError> {
        self.store.preceding_of(id, limit).await
    }

    /// The states of subjects as a message met them when it arrived: what was recorded with it; else what the next message
    /// of the subject met; else the present one. Subjects that had none are left out.
    pub async fn fold_states_at(
        &self,
        id: &MessageId,
        keys: &[FoldKey],
    ) -> Result<HashMap<FoldKey, Arc<[u8]>>, StorageError> {
        self.store.fold_states_at(id, keys).await
    }

    /// Every key, and how many records are readable by it alone. Tries each record's key.
    pub async fn keys(&self) -> Result<KeyReport, KeysError> {
        self.store.keys().await
    }

    /// Makes the next version of a key, of a tenant that has keys of its own, or of all others; of the suite of the last one if
    /// none is given. Records that are written from now on are wrapped by it; [`Change::Rewrap`] wraps the others.
    pub async fn add_key(
        &self,
        tenant: Option<&str>,
        suite: Option<SuiteName>,
        at: Timestamp,
        by: &Principal,
    ) -> Result<KeyInfo, KeysError> {
        self.store.add_key(tenant, suite, at, by).await
    }

    /// Destroys a version that wraps nothing any more, for good.
    pub async fn destroy_key(
        &self,
        tenant: Option<&str>,
        version: KeyVersion,
        at: Timestamp,
        by: &Principal,
    ) -> Result<KeyInfo, KeysError> {
        self.store.destroy_key(tenant, version, at, by).await
    }

    /// Reads the whole log, and every row that it tells of. `key` is the public key that the log is to be signed by, if somebody kept it
    /// elsewhere. It takes as long as it takes, and holds up no writer.
    pub async fn audit(&self, key: Option<&VerifierKey>) -> Result<Audit, ArchiveError> {
        self.store.audit(key, None).await
    }

    /// The same, of what the checkpoint was signed over, which is written to files in a folder: to be verified by `proviso_proof::export`
    /// without the archive and its keys. It holds no content of messages.
    pub async fn export_log(&self, folder: &Path, key: Option<&VerifierKey>) -> Result<Audit, ArchiveError> {
        self.store.audit(key, Some(folder)).await
    }

    /// Messages with those that stand beside them in their conversations, so many before and after each: those of a conversation together, in
    /// the order of arrival.
    pub async fn with_context(&self, matches: &[i64], context: u32) -> Result<Vec<Chosen>, StorageError> {
        self.store.with_context(matches, context).await
    }

    /// The messages of a conversation, in the order of arrival.
    pub async fn conversation(&self, of: &ConversationKey) -> Result<Vec<Chosen>, StorageError> {
        self.store.conversation(of).await
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
    pub async fn unmask(&self, export: u64, pseudonym: &str) -> Result<Option<String>, StorageError> {
        self.store.unmask(export, pseudonym).await
    }

    /// The number that the next export has, of evidence or of tables: the log counts them.
    pub async fn next_export(&self) -> Result<u64, StorageError> {
        self.store.next_export().await
    }

    /// How many messages tables have rows of.
    pub async fn tables_size(&self, of: &Tabled) -> Result<TablesSize, StorageError> {
        self.store.tables_size(of).await
    }

    /// The next rows of tables, under the pseudonyms of the export of that number: those behind one place in the order of arrival, up to another.
    /// Columns alone are read. Nothing of it must be given away before the log was told ([`Change::Exported`]).
    pub async fn table_rows(&self, export: u64, of: &Tabled, after: i64, last: i64) -> Result<TableRows, StorageError> {
        self.store.table_rows(export, of, (after, last)).await
    }

    /// Makes a backup in a folder that is new or empty, while another process writes or not: the database as it is at one moment, what
    /// makes it open and verify, and a manifest. It holds up no writer. Until it ends, the write-ahead log is not cut back.
    ///
    /// # Errors
    /// If the folder has something in it, there is no room, or the log is not the one that was signed. Then no folder of that name is there.
    pub async fn backup(
        &self,
        folder: &Path,
        including: &Including<'_>,
        told: Told<'_>,
    ) -> Result<Manifest, BackupError> {
        self.store.backup(folder, including, told).await
    }

    /// The last leaves of the log before one (`None`: before its end), the latest first, at most `limit`.
    pub async fn log(&self, before: Option<u64>, limit: u32) -> Result<Vec<LoggedLeaf>, StorageError> {
        self.store.log(before, limit).await
    }

    /// Messages that may be disposed of on that day, behind a place in the order of arrival, with what keeps some of them all the
    /// same: none if there are no more, else at most `limit`, and fewer where they are large.
    pub async fn due(&self, today: Day, after: i64, limit: u32) -> Result<Vec<Due>, StorageError> {
        self.store.due(today, after, limit).await
    }

    /// What is left of a message that was disposed of; `None` of any other.
    pub async fn disposed(&self, id: &MessageId) -> Result<Option<Disposed>, StorageError> {
        self.store.disposed(id).await
    }

    /// Whether nothing is left of the messages that were disposed of but their tombstones, and their tags lead there: of one, the first of
    /// which that is not so if there is one. `None` where nothing was disposed of.
    pub async fn stays_disposed(&self) -> Result<Option<(i64, bool)>, StorageError> {
        self.store.stays_disposed().await
    }

    /// The certificate of a disposal, verified against the log's own key: what it stands on, and the proofs of its entries. `None` if no
    /// such message was disposed of.
    pub async fn certificate(&self, id: &MessageId) -> Result<Option<Certificate>, ArchiveError> {
        self.store.certificate(id).await
    }

    /// What a witness that signed `old_size` leaves is asked to sign now; `None` where nothing is signed yet, or less than that.
    ///
    /// # Errors
    /// The archive or the checkpoint beside it cannot be read.
    pub async fn witness_request(&self, old_size: u64) -> Result<Option<WitnessRequest>, ArchiveError> {
        self.store.witness_request(old_size).await
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
    pub async fn keep_witnessed(
        &self,
        request: &WitnessRequest,
        answer: &str,
        witness: &VerifierKey,
    ) -> Result<(), ArchiveError> {
        self.store.keep_witnessed(request, answer, witness).await
    }

    /// A page of alerts behind a place, at most `limit` and [`ALERTS_LISTED_MAX`](crate::ALERTS_LISTED_MAX), with how long each list is.
    pub async fn alerts(
        &self,
        filter: &AlertFilter,
        sort: AlertSort,
        after: Option<AlertPlace>,
        limit: u32,
    ) -> Result<AlertPage, StorageError> {
        self.store.alerts(filter, sort, after, limit).await
    }

    /// An alert with its message, its history, and what was decided on others like it; `None` if there is none of that number that may be
    /// seen.
    pub async fn alert(&self, number: i64, sight: &Sight) -> Result<Option<AlertItem>, StorageError> {
        self.store.alert(number, sight).await
    }

    /// An alert as lists show it; `None` as [`alert`](Self::alert) says.
    pub async fn alert_row(&self, number: i64, sight: &Sight) -> Result<Option<Alert>, StorageError> {
        self.store.alert_row(number, sight).await
    }

    /// The messages before and after one, by its place in the order of arrival, in its conversation: so many of each, at most
    /// [`AROUND_MAX`](crate::AROUND_MAX). None where there is no such message.
    pub async fn around(&self, message: i64, before: u32, after: u32) -> Result<Around, StorageError> {
        self.store.around(message, (before, after)).await
    }

    /// How alerts came and were answered in the last days.
    pub async fn overview(&self, asked: &OverviewAsked) -> Result<Overview, StorageError> {
        self.store.overview(asked).await
    }

    /// Requests before a number, the latest first, at most `limit`.
    pub async fn requests(&self, before: i64, limit: u32) -> Result<Vec<Request>, StorageError> {
        self.store.requests(before, limit).await
    }

    /// Requests that may still run, the oldest first: those that waited, those that wait, and those that somebody has to approve.
    pub async fn open_requests(&self, at: Timestamp) -> Result<Vec<Request>, StorageError> {
        self.store.open_requests(at).await
    }

    /// Requests by which people are scored, the oldest first: approved, and ended by nobody. Whoever asks looks at their time, and at
    /// that of the last transaction, which comes with them: a clock that shows less is wrong.
    pub async fn scorings(&self) -> Result<(Vec<Request>, Option<Timestamp>), StorageError> {
        self.store.scorings().await
    }

    /// Every order to keep, the oldest first, those that ended too.
    pub async fn holds(&self) -> Result<Vec<Hold>, StorageError> {
        self.store.holds().await
    }

    /// The saved query of a name; `None` if the tenant has none of it.
    pub async fn saved_query(&self, tenant: &str, name: &str) -> Result<Option<SavedQuery>, StorageError> {
        self.store.saved_query(tenant, name).await
    }

    /// Saved queries of a tenant, or of all, behind a number (0: from the first), at most `limit`.
    pub async fn saved_queries(
        &self,
        tenant: Option<&str>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<SavedQuery>, StorageError> {
        self.store.saved_queries(tenant, after, limit).await
    }

    // People who sign in.

    /// Users behind a number (0: from the first), at most `limit`, with their roles.
    pub async fn users(&self, after: i64, limit: u32) -> Result<Vec<User>, StorageError> {
        self.store.users(after, limit).await
    }

    /// The user of a name, with its roles; `None` if nobody has it.
    pub async fn user(&self, name: &UserName) -> Result<Option<User>, StorageError> {
        self.store.user(name).await
    }

    /// What a user shows at a sign-in; `None` if nobody has the name.
    pub async fn credentials(&self, name: &UserName) -> Result<Option<Credentials>, StorageError> {
        self.store.credentials(name).await
    }

    /// The session of a token, by the token's SHA-256, whether it has ended or not, with its user as it is now; `None` if there is none.
    pub async fn session_by_digest(&self, token: &Digest) -> Result<Option<UserSession>, StorageError> {
        self.store.session(token).await
    }

    /// The sessions of a user, the latest first, at most `limit`, those that ended too.
    pub async fn sessions_of(&self, name: &UserName, limit: u32) -> Result<Vec<Session>, StorageError> {
        self.store.sessions_of(name, limit).await
    }

    /// Names that stand in columns, of a tenant where it has any of its own: at most [`OFFERED_MAX`](crate::OFFERED_MAX). Of people none.
    pub async fn offered(&self, what: Offered, tenant: Option<&str>) -> Result<Vec<String>, StorageError> {
        self.store.offered(what, tenant).await
    }

    /// Counts everything, and reads the `risks_max` highest scores.
    pub async fn stats(&self, risks_max: u32) -> Result<Stats, StorageError> {
        self.store.stats(risks_max).await
    }

    /// The highest scores, the highest first.
    pub async fn risks(&self, limit: u32) -> Result<Vec<Risk>, StorageError> {
        self.store.risks(limit).await
    }
}
