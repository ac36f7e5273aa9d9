//! What the tests put into archives.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part; a test may panic"
)]

use proviso_archive::{
    Activated, Activation, Advance, Archive, Cause, Change, CommitError, Conflict, Duplicates, Entry, GenerationRecord,
    IngestBatch, IngestReport, PackRecord, Packed, Quarantined, Receipt, RejudgeReport, Rejudging, SourceError,
    SourceOffset, SourcePlace,
};
use proviso_model::consent::{ConsentEvent, ConsentState};
use proviso_model::id::PolicyId;
use proviso_model::message::{Attachment, Direction, Kind, Money, Party, PartyClass};
use proviso_model::retention::{ClockStart, Counting, Decision, Disposition, Period, Proposal, Statute, Why};
use proviso_model::verdict::{
    AttributedProposal, Factor, Fault, FaultCause, Finding, Reason, Score, Severity, Span, Withheld,
};
use proviso_model::{Addressed, Digest, Message, MessageId, Principal, PrincipalKind, Timestamp, Verdict};
use std::sync::Arc;

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

pub fn now() -> Timestamp {
    at(1_750_000_000_000)
}

pub fn id(native: &str) -> MessageId {
    MessageId {
        tenant: "bank".into(),
        channel: "wecom".into(),
        native: native.into(),
    }
}

pub fn policy(name: &str) -> PolicyId {
    PolicyId {
        pack: "proviso/bank-cn".into(),
        policy: name.into(),
    }
}

pub fn pack_digest() -> Digest {
    Digest::of(b"pack")
}

pub fn generation(name: &str) -> GenerationRecord {
    GenerationRecord {
        id: Digest::of(name.as_bytes()),
        recorded_at: now(),
        engine_version: "48.0.8".into(),
        packs: vec![PackRecord {
            name: "proviso/bank-cn".into(),
            version: "1.2.0".into(),
            digest: pack_digest(),
        }],
        set_file: "policies/demo.toml".into(),
        set_text: format!("# {name}\n[[apply]]\npack = \"bank-cn\"\n"),
        set_json: "{\"apply\":[{\"pack\":\"bank-cn\"}]}".into(),
    }
}

/// Whoever the tests' changes are made by.
pub fn wei() -> Principal {
    Principal::new(PrincipalKind::Person, "wei").unwrap()
}

/// A fresh archive with one generation, `first`, in force.
pub async fn fresh(folder: &tempfile::TempDir) -> Archive {
    let archive = Archive::open(folder.path().join("a.db")).await.unwrap();
    archive.activate(&activation(generation("first"), 0)).await.unwrap();
    archive
}

/// A generation goes live.
pub fn activation(generation: GenerationRecord, millis: i64) -> Activation {
    Activation {
        generation: Activated::Built(generation),
        trust: None,
        at: at(millis),
        cause: Cause::Start,
        why: String::new(),
        changed: String::new(),
    }
}

/// One that was recorded before goes live again.
pub fn activation_again(name: &str, millis: i64) -> Activation {
    Activation {
        generation: Activated::Recorded(Digest::of(name.as_bytes())),
        ..activation(generation(name), millis)
    }
}

/// What the tests write most, by Wei.
pub trait Write {
    fn ingest(&self, batch: &IngestBatch) -> impl Future<Output = Result<IngestReport, CommitError>> + Send;
    fn rejudge(&self, rejudging: &Rejudging) -> impl Future<Output = Result<RejudgeReport, CommitError>> + Send;
    fn activate(&self, activation: &Activation) -> impl Future<Output = Result<i64, CommitError>> + Send;
    fn quarantine(
        &self,
        generation: &Digest,
        quarantined: &Quarantined,
    ) -> impl Future<Output = Result<(), CommitError>> + Send;
    fn release(&self, ids: &[MessageId], note: &str) -> impl Future<Output = Result<(), CommitError>> + Send;
}

impl Write for Archive {
    async fn ingest(&self, batch: &IngestBatch) -> Result<IngestReport, CommitError> {
        match self.commit(Change::Messages(batch), &wei()).await? {
            Receipt::Messages(report) => Ok(report),
            other => panic!("{other:?}"),
        }
    }

    async fn rejudge(&self, rejudging: &Rejudging) -> Result<RejudgeReport, CommitError> {
        match self.commit(Change::Rejudged(rejudging), &wei()).await? {
            Receipt::Rejudged(report) => Ok(report),
            other => panic!("{other:?}"),
        }
    }

    async fn activate(&self, activation: &Activation) -> Result<i64, CommitError> {
        match self.commit(Change::Activation(activation), &wei()).await? {
            Receipt::History { entry } => Ok(entry),
            other => panic!("{other:?}"),
        }
    }

    async fn quarantine(&self, generation: &Digest, quarantined: &Quarantined) -> Result<(), CommitError> {
        let change = Change::Quarantine {
            generation: *generation,
            quarantined,
        };
        assert_eq!(self.commit(change, &wei()).await?, Receipt::Done);
        Ok(())
    }

    async fn release(&self, ids: &[MessageId], note: &str) -> Result<(), CommitError> {
        let change = Change::Release { ids, note, at: now() };
        assert_eq!(self.commit(change, &wei()).await?, Receipt::Done);
        Ok(())
    }
}

/// A plain text of about 110 bytes, as a WeCom source would give it. Its conversation is one of 50.
pub fn message(native: &str, n: usize) -> Message {
    let text =
        format!("您好王先生，关于上次提到的理财产品，第{n}号说明书我已经发到您的邮箱，请查收，有问题随时联系我。");
    let (sender, recipient) = (format!("staff-{}", n % 20), format!("wmCustomer{}", n % 50));
    Message {
        id: id(native).into(),
        kind: Kind::Text,
        native_kind: "text".into(),
        direction: Direction::Outbound,
        sender: Party {
            id: sender.clone(),
            class: PartyClass::Employee,
            department: "wealth".into(),
        },
        recipients: vec![Party {
            id: recipient.clone(),
            class: PartyClass::External,
            department: String::new(),
        }],
        conversation: format!("direct:{recipient}"),
        sent_at: at(1_740_000_000_000 + n as i64 * 1_000),
        amount: None,
        attachments: Vec::new(),
        links: Vec::new(),
        recalls: None,
        consent: None,
        notes: Vec::new(),
        raw: format!(
            r#"{{"msgid":"{native}","action":"send","from":"{sender}","tolist":["{recipient}"],"roomid":"","msgtime":{n},"msgtype":"text","text":{{"content":"{text}"}}}}"#
        )
        .into(),
        text,
    }
}

pub fn verdict(message: &Message, generation: &str) -> Verdict {
    Verdict {
        message: message.id.clone(),
        generation: Digest::of(generation.as_bytes()),
        input: Digest::of(message.text.as_bytes()),
        packs: [pack_digest()].into(),
        preceding: Vec::new(),
        truncated: false,
        withheld: None,
        held: false,
        findings: Vec::new(),
        proposals: Vec::new(),
        scores: Vec::new(),
        faults: Vec::new(),
    }
}

pub fn entry_of(message: Message) -> Entry {
    Entry {
        verdict: verdict(&message, "first"),
        fuel: 12_345,
        retention: None,
        directory: None,
        basis: None,
        department: None,
        advances: Vec::new(),
        message: Arc::new(Addressed::from(message)),
    }
}

/// The message of an entry, with the source's own bytes in their place again.
pub fn whole(entry: &Entry) -> Message {
    Message {
        raw: Arc::clone(entry.message.raw()),
        ..Message::clone(&entry.message)
    }
}

pub fn entry(native: &str, n: usize) -> Entry {
    entry_of(message(native, n))
}

pub fn finding(rule: &str, severity: Severity) -> Finding {
    Finding {
        pack: "proviso/bank-cn".into(),
        policy: "promissory-language".into(),
        rule: rule.into(),
        severity,
        spans: vec![Span { start: 0, end: 6 }, Span { start: 9, end: 12 }],
        text: "您好 … 王".into(),
        reason: Reason {
            zh: Some("承诺收益".into()),
            en: Some("promises a return".into()),
        },
        shadow: false,
    }
}

/// What one verified statute of 20 years decides; without a day, what it comes to where its clock has not started.
pub fn retention(keep_until: Option<&str>) -> Arc<Decision> {
    let until = keep_until.map(|day| day.parse().unwrap());
    Arc::new(Decision {
        disposition: if until.is_some() {
            Disposition::KeepUntil
        } else {
            Disposition::Keep
        },
        until,
        floor_until: until,
        store_only: false,
        why: if until.is_some() {
            Why::LongestFloor
        } else {
            Why::UnknownClock
        },
        decided_by: vec![Statute {
            counting: Some(Counting::CnCivilCode),
            rule: "securities-20y".into(),
            law: "证券法".into(),
            article: "153".into(),
            clock: ClockStart::Message,
            starts: None,
            floor_until: until,
            ceiling_until: None,
            verified: true,
        }],
    })
}

/// A decision without any rule.
pub fn undecided(why: Why) -> Arc<Decision> {
    Arc::new(Decision {
        disposition: Disposition::Keep,
        until: None,
        floor_until: None,
        store_only: false,
        why,
        decided_by: Vec::new(),
    })
}

pub fn advance(key: &str, before: &[u8], after: &[u8]) -> Advance {
    Advance {
        policy: policy("departure-risk"),
        key: key.into(),
        before: before.into(),
        after: after.into(),
    }
}

pub fn score(key: &str, value: f64, cause: &str) -> Score {
    Score {
        pack: "proviso/bank-cn".into(),
        policy: "departure-risk".into(),
        key: key.into(),
        value,
        factors: vec![Factor {
            signal: "job-sites".into(),
            points: value,
            message: cause.into(),
            sent_at: at(7),
        }],
    }
}

/// An entry that uses every table.
pub fn rich_entry(native: &str, n: usize) -> Entry {
    let mut message = message(native, n);
    message.kind = Kind::RedPacket;
    message.amount = Some(Money {
        minor_units: u64::MAX,
        currency: "CNY".into(),
    });
    message.attachments = vec![Attachment {
        name: "简历.pdf".into(),
        size_bytes: u64::MAX,
        reference: "sdkfileid".into(),
    }];
    message.links = vec!["https://example.com/?a=\"b\"".into()];
    message.recalls = Some("gone".into());
    message.consent = Some(ConsentEvent {
        party: "wmCustomer".into(),
        state: ConsentState::DefaultAgree,
        at: at(-5),
    });
    message.notes = vec!["nested content beyond 200 parts kept raw".into()];
    let mut entry = entry_of(message);
    entry.retention = Some(retention(Some("2046-01-31")));
    entry.advances = vec![advance("staff-1", b"", b"\x00one")];
    let verdict = &mut entry.verdict;
    verdict.truncated = true;
    verdict.withheld = Some(Withheld::ConsentMissing);
    verdict.held = true;
    verdict.findings = vec![
        finding("guaranteed-return", Severity::Critical),
        finding("pressure", Severity::Low),
    ];
    verdict.findings[1].shadow = true;
    verdict.findings[1].reason.zh = None;
    verdict.proposals = vec![Arc::new(AttributedProposal {
        pack: "proviso/bank-cn".into(),
        policy: "retention".into(),
        proposal: Proposal {
            rule: "securities-20y".into(),
            law: "证券法".into(),
            article: "153".into(),
            jurisdiction: "CN".into(),
            purpose: "regulatory record".into(),
            clock: ClockStart::Message,
            floor: Some(Period {
                years: 20,
                months: 0,
                days: 0,
            }),
            ceiling: None,
            verified: true,
        },
    })];
    verdict.scores = vec![score("staff-1", 61.25, native)];
    verdict.faults = vec![Fault {
        pack: "proviso/bank-cn".into(),
        policy: "departure-risk".into(),
        cause: FaultCause::BadAnswer,
        detail: "span 7..3".into(),
    }];
    entry
}

pub fn place(line: u64) -> SourcePlace {
    SourcePlace {
        source: "spool".into(),
        file: "2026-01-31.ndjson".into(),
        line,
    }
}

pub fn offset(offset: u64, line: u64) -> SourceOffset {
    SourceOffset {
        source: "spool".into(),
        file: "2026-01-31.ndjson".into(),
        offset,
        line,
    }
}

pub fn batch(entries: Vec<Entry>) -> IngestBatch {
    IngestBatch {
        entries,
        ..IngestBatch::new(now())
    }
}

/// A batch with something for every table.
pub fn rich_batch(native: &str) -> IngestBatch {
    let entry = rich_entry(native, 1);
    IngestBatch {
        received_at: now(),
        duplicates: vec![Duplicates {
            source: "spool".into(),
            count: 3,
        }],
        conflicts: vec![Conflict {
            id: MessageId::clone(&entry.message.id),
            refused: Digest::of(b"other"),
            refused_raw: "{\"other\":1}".into(),
            place: place(7),
        }],
        source_errors: vec![SourceError {
            place: place(8),
            reason: "not a JSON object".into(),
        }],
        offsets: vec![offset(4_096, 8)],
        entries: vec![entry],
        alerts: Arc::default(),
        packed: Packed::default(),
    }
}

/// How many rows each table has, by name, without the tables of the migrator and of SQLite.
pub async fn row_counts(path: &std::path::Path) -> Vec<(String, i64)> {
    use sqlx::ConnectOptions as _;
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .connect()
        .await
        .unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%' ORDER BY name",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut counts = Vec::new();
    for table in tables {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        counts.push((table, sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()));
    }
    counts
}

/// A connection of another program to an archive's file.
pub async fn raw_connection(path: &std::path::Path) -> sqlx::SqliteConnection {
    use sqlx::ConnectOptions as _;
    sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap()
}

/// What is asked of an archive that judged these again.
pub(crate) fn rejudging(entries: Vec<Entry>) -> Rejudging {
    Rejudging {
        at: at(1_760_000_000_000),
        note: "plugin mended".into(),
        entries,
        alerts: Arc::default(),
    }
}

/// The message of `rich_entry`, judged by another generation, which does not hold it.
pub(crate) async fn mended(archive: &Archive, native: &str) -> Entry {
    archive.activate(&activation(generation("second"), 1)).await.unwrap();
    let mut entry = rich_entry(native, 1);
    entry.verdict.generation = generation("second").id;
    entry.verdict.held = false;
    entry.verdict.faults.clear();
    entry.verdict.findings = vec![finding("mended", proviso_model::verdict::Severity::High)];
    entry.retention = Some(retention(None));
    entry.fuel = 99;
    entry
}

/// True if a file of the folder has any sixteen of these bytes in a row.
pub fn is_anywhere(folder: &std::path::Path, bytes: &[u8]) -> bool {
    let windows: std::collections::HashSet<&[u8]> = bytes.windows(16).collect();
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let text = std::fs::read(entry.unwrap().path()).unwrap();
        text.windows(16).any(|window| windows.contains(window))
    })
}

/// True if the log tells of a disposal while a hold was open that fits every message.
pub async fn went_while_held(archive: &Archive) -> bool {
    let mut open = 0;
    let leaves = archive.log(None, u32::MAX).await.unwrap();
    let entries = leaves.iter().rev().flat_map(|leaf| &leaf.entries);
    entries.into_iter().any(|entry| {
        match entry.kind.as_str() {
            "hold-placed" => open += 1,
            "hold-released" => open -= 1,
            _ => {}
        }
        entry.kind == "disposal" && open > 0
    })
}
