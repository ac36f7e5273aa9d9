//! Orders to keep, disposals and restorations in every order that a seed draws, beside a model of what each comes to. The model knows which
//! message fits which order by a table of its own; whatever the archive says otherwise is told.

use super::disposal_tests::{clock, defective, disposing_of};
use super::support::{Write as _, at, batch, entry_of, fresh, id, message, retention, wei};
use crate::{
    Archive, BackupCopy, Change, CommitError, Entry, HoldQuery, Including, KeptBy, KeyPlace, KeyPlaces, Known, NewHold,
    NewerLog, Opening, Receipt, VerifierKey,
};
use proviso_model::time::Day;
use proviso_proof::export::Files;
use proviso_proof::note::LogTrust;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

const MESSAGES: usize = 4;
const ORDERS: usize = 4;

/// Which order keeps which message.
const FITS: [[bool; MESSAGES]; ORDERS] = [
    // `猎鹰`, whatever its script; of the last nobody knows what it says.
    [true, true, false, true],
    // No `猎鹰`.
    [false, false, true, true],
    // From who wrote the third.
    [false, false, true, false],
    // The term in the place of a query.
    [true, true, false, true],
];

/// What is delivered; all of it is due.
fn delivered(one: usize) -> Entry {
    let mut message = message(&format!("m{one}"), one);
    message.text = ["猎鹰项目下周签", "又是獵鷹", "老鹰项目", "猎鹰"][one].into();
    message.sender.id = format!("staff-{one}");
    let entry = Entry {
        retention: Some(retention(Some("2020-01-01"))),
        ..entry_of(message)
    };
    match one {
        3 => Entry {
            message: Arc::new(entry.message.metadata()),
            ..entry
        },
        _ => entry,
    }
}

fn order(one: usize) -> NewHold {
    let query = ["猎鹰", "-猎鹰 kind:text", "from:staff-2"].get(one);
    NewHold {
        tenant: "bank".into(),
        reason: format!("order {one}"),
        person: None,
        conversation: None,
        sent_from: None,
        sent_before: None,
        texts: query.map_or_else(|| vec!["猎鹰".into()], |_| Vec::new()),
        query: query.map(|query| HoldQuery::new((*query).into(), None).unwrap()),
        at: clock(),
    }
}

/// What an archive is to have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Model {
    present: [bool; MESSAGES],
    gone: [bool; MESSAGES],
    /// The numbers of open orders.
    open: [Option<i64>; ORDERS],
}

impl Model {
    /// How many open orders keep a message.
    fn kept_by(&self, message: usize) -> u64 {
        let fitting = (0..ORDERS).filter(|order| self.open[*order].is_some() && FITS[*order][message]);
        fitting.count() as u64
    }

    /// Everything that is there is due; how many go.
    fn dispose(&mut self) -> u64 {
        let going: Vec<usize> = (0..MESSAGES)
            .filter(|message| self.present[*message] && self.kept_by(*message) == 0)
            .collect();
        for message in &going {
            (self.present[*message], self.gone[*message]) = (false, true);
        }
        going.len() as u64
    }

    /// The archive of a backup, with the log of this one.
    fn restored(&self, backup: &Model) -> Model {
        let mut restored = backup.clone();
        for message in 0..MESSAGES {
            restored.gone[message] |= self.gone[message];
            restored.present[message] &= !restored.gone[message];
        }
        restored
    }
}

/// One archive after the other in a folder, beside the model.
struct Walk {
    folder: tempfile::TempDir,
    /// None while another takes its place.
    archive: Option<Archive>,
    model: Model,
    backup: Option<(PathBuf, Model)>,
    /// Backups and restorations so far, for names of folders.
    made: usize,
    /// Disposals look at no order that has a query.
    defective: bool,
    /// What came to pass, and how often.
    seen: BTreeMap<&'static str, u64>,
}

struct Export(PathBuf);

impl Files for Export {
    type Error = std::io::Error;

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, std::io::Error> {
        match std::fs::read(self.0.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Walk {
    async fn begin(defective: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        Self {
            folder,
            archive: Some(archive),
            model: Model::default(),
            backup: None,
            made: 0,
            defective,
            seen: BTreeMap::new(),
        }
    }

    fn archive(&self) -> &Archive {
        self.archive.as_ref().unwrap()
    }

    /// By the keys of the first archive.
    fn opening(&self) -> Opening {
        let keys = KeyPlaces {
            all: Some(KeyPlace::File(self.folder.path().join("a.db.keys"))),
            ..KeyPlaces::default()
        };
        Opening {
            keys,
            ..Opening::default()
        }
    }

    fn saw(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    async fn deliver(&mut self, one: usize) {
        let entry = delivered(one);
        let written = self.archive().ingest(&batch(vec![entry])).await;
        match (self.model.gone[one] || self.model.present[one], written) {
            (false, Ok(_)) => {
                self.model.present[one] = true;
                self.saw("arrived");
                if self.model.kept_by(one) > 0 {
                    self.saw("arrived under an order");
                }
            }
            (true, Err(CommitError::NotNew { .. })) => {
                if self.model.gone[one] {
                    self.saw("refused as gone");
                }
            }
            (is_there, written) => panic!("m{one} is there: {is_there}, and was written: {written:?}"),
        }
    }

    async fn place(&mut self, one: usize) {
        let order = order(one);
        let placed = self.archive().commit(Change::PlaceHold(&order), &wei()).await;
        self.placed(one, placed.unwrap());
    }

    fn placed(&mut self, one: usize, receipt: Receipt) {
        let Receipt::Hold { number } = receipt else {
            panic!("{receipt:?}")
        };
        self.model.open[one] = Some(number);
    }

    async fn release(&mut self, one: usize) {
        let hold = self.model.open[one].take().unwrap();
        let release = Change::ReleaseHold {
            hold,
            request: None,
            note: "over",
            at: clock(),
        };
        self.archive().commit(release, &wei()).await.unwrap();
        self.saw("released");
    }

    /// The places of what is there in the order of arrival.
    async fn arrivals(&self) -> Vec<i64> {
        let mut arrivals = Vec::new();
        for one in 0..MESSAGES {
            if let Some(shown) = self.archive().show(&id(&format!("m{one}"))).await.unwrap() {
                arrivals.push(shown.arrival);
            }
        }
        arrivals
    }

    async fn dispose(&mut self) -> Result<(), String> {
        let disposing = disposing_of(self.arrivals().await);
        let before = self.model.clone();
        let expected = self.model.dispose();
        if self.defective {
            let not_seen = "UPDATE holds SET released_at = 1, released_by = 'defect' WHERE query IS NOT NULL AND released_at IS NULL";
            let as_before = "UPDATE holds SET released_at = NULL, released_by = NULL WHERE released_by = 'defect'";
            defective(self.archive(), &disposing, not_seen, as_before).await;
        } else {
            let report = match self
                .archive()
                .commit(Change::Dispose(&disposing), &wei())
                .await
                .unwrap()
            {
                Receipt::Disposed(report) => report,
                other => panic!("{other:?}"),
            };
            let held = disposing.messages.len() as u64 - expected;
            if (report.disposed, report.held) != (expected, held) {
                return Err(format!("{before:?}: {report:?}, expected {expected} and {held}"));
            }
        }
        if expected > 0 {
            self.saw("disposed");
        }
        let by_query = |message: usize| (0..3).any(|order| before.open[order].is_some() && FITS[order][message]);
        if (0..MESSAGES).any(|message| self.model.present[message] && by_query(message)) {
            self.saw("held by a query");
        }
        Ok(())
    }

    /// Somebody places an order while somebody disposes: whichever the log has first counts.
    async fn dispose_beside(&mut self, one: usize) -> Result<(), String> {
        let disposing = disposing_of(self.arrivals().await);
        let holding = tokio::spawn({
            let (archive, order) = (self.archive().clone(), order(one));
            async move { archive.commit(Change::PlaceHold(&order), &wei()).await.unwrap() }
        });
        let ending = tokio::spawn({
            let archive = self.archive().clone();
            async move { archive.commit(Change::Dispose(&disposing), &wei()).await.unwrap() }
        });
        let (placed, report) = (holding.await.unwrap(), ending.await.unwrap());
        let Receipt::Disposed(report) = report else {
            panic!("{report:?}")
        };
        let told = self.archive().log(None, 1).await.unwrap();
        let order_is_last = told[0].entries.iter().any(|entry| entry.kind == "hold-placed");
        let before = self.model.clone();
        let expected = if report.disposed > 0 && order_is_last {
            self.saw("an order behind a disposal");
            let expected = self.model.dispose();
            self.placed(one, placed);
            expected
        } else {
            self.saw("an order before a disposal");
            self.placed(one, placed);
            self.model.dispose()
        };
        if report.disposed != expected {
            return Err(format!(
                "{before:?}, order {one} beside: {report:?}, expected {expected}"
            ));
        }
        Ok(())
    }

    /// Closes and opens it, so that its checkpoint has all.
    async fn reopen(&mut self) {
        let path = self.archive().path().to_owned();
        self.archive.take().unwrap().close().await;
        self.archive = Some(Archive::open_with(&path, &self.opening()).await.unwrap());
    }

    async fn back_up(&mut self) {
        self.reopen().await;
        self.made += 1;
        let to = self.folder.path().join(format!("backup{}", self.made));
        let alone = Including {
            at: at(1_790_000_000_000),
            keys: &[],
            folders: &[],
        };
        self.archive().backup(&to, &alone, &|_| {}).await.unwrap();
        self.backup = Some((to, self.model.clone()));
    }

    /// The backup, with the log of the archive that is given up for it.
    async fn restore(&mut self) {
        let Some((backup, model)) = self.backup.clone() else {
            return;
        };
        self.reopen().await;
        self.made += 1;
        let export = self.folder.path().join(format!("export{}", self.made));
        let audit = self.archive().export_log(&export, None).await.unwrap();
        self.archive.take().unwrap().close().await;
        let key: VerifierKey = audit.key.unwrap().parse().unwrap();
        let trust = LogTrust::new(key.name().as_str(), key.clone()).unwrap();
        let to = self.folder.path().join(format!("restored{}", self.made));
        std::fs::create_dir(&to).unwrap();
        let (copy, faults) = BackupCopy::take(&backup, &to, &|_| {}).unwrap();
        assert_eq!(faults, [] as [&str; 0]);
        let log = copy.log().await.unwrap();
        let newer = NewerLog::read(&Export(export), &trust, &log).unwrap();
        let (opening, by) = (self.opening(), wei());
        let restored = copy.restore(&opening, &log, Some(&newer), clock(), &by);
        let (archive, report) = restored.await.unwrap();
        self.archive = Some(archive);
        let after = self.model.restored(&model);
        let before = std::mem::replace(&mut self.model, after);
        self.saw("restored");
        if report.disposed_again > 0 {
            self.saw("disposed of again");
        }
        if report.arrived_later > 0 {
            self.saw("disposed of elsewhere");
        }
        if before.open != self.model.open {
            self.saw("orders of the backup");
        }
    }

    /// Whether the archive says of every message what the model says.
    async fn compare(&self) -> Result<(), String> {
        let Model { present, gone, .. } = &self.model;
        let due = self
            .archive()
            .due("2090-01-01".parse::<Day>().unwrap(), 0, 100)
            .await
            .unwrap();
        let due: BTreeMap<i64, Option<KeptBy>> = due.iter().map(|due| (due.arrival, due.kept_by)).collect();
        for one in 0..MESSAGES {
            let entry = delivered(one);
            let shown = self.archive().show(&entry.message.id).await.unwrap();
            let known = self
                .archive()
                .known(&[(&entry.message.id, entry.message.digest())])
                .await
                .unwrap();
            // Of one that may not be stored whole the digest of all of it is not kept.
            let is_known = match (present[one], gone[one]) {
                (true, _) => matches!(known[0], Known::Same) || one == 3 && matches!(known[0], Known::Conflict { .. }),
                (_, true) => known[0] == Known::Disposed,
                _ => known[0] == Known::New,
            };
            let kept_by = shown.as_ref().map(|shown| due[&shown.arrival]);
            let kept = self.model.kept_by(one);
            let expected_by = present[one].then_some((kept > 0).then_some(KeptBy::Holds(kept)));
            if !is_known || (shown.is_some(), kept_by) != (present[one], expected_by) {
                let shown = shown.is_some();
                return Err(format!(
                    "{:?}: m{one} shown {shown}, {known:?}, kept by {kept_by:?}",
                    self.model
                ));
            }
        }
        Ok(())
    }

    /// One act that the numbers choose, and what it came to.
    async fn step(&mut self, numbers: &mut impl FnMut(u64) -> usize) -> Result<(), String> {
        match numbers(12) {
            0..4 => self.deliver(numbers(MESSAGES as u64)).await,
            4..7 => {
                let one = numbers(ORDERS as u64);
                match self.model.open[one] {
                    None => self.place(one).await,
                    Some(_) => self.release(one).await,
                }
            }
            7 | 8 => self.dispose().await?,
            9 => {
                let one = numbers(ORDERS as u64);
                if self.model.open[one].is_none() && !self.defective {
                    self.dispose_beside(one).await?;
                }
            }
            10 => self.back_up().await,
            _ => self.restore().await,
        }
        self.compare().await
    }
}

/// A walk of so many acts; what it saw, or where archive and model part.
async fn walk(seed: u64, acts: usize, defective: bool) -> Result<BTreeMap<&'static str, u64>, String> {
    let mut walk = Walk::begin(defective).await;
    let mut state = seed;
    let mut numbers = |bound: u64| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound) as usize
    };
    for act in 0..acts {
        walk.step(&mut numbers)
            .await
            .map_err(|error| format!("seed {seed}, act {act}: {error}"))?;
    }
    let audit = walk.archive().audit(None).await.unwrap();
    assert!(
        audit.is_whole() || defective,
        "seed {seed}: {:#?}",
        audit.named().collect::<Vec<_>>()
    );
    walk.archive.take().unwrap().close().await;
    Ok(walk.seen)
}

/// `PROVISO_MODEL` says how many walks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_stays_and_what_went_stays_gone_whatever_the_order_of_acts() {
    let walks: u64 = std::env::var("PROVISO_MODEL").map_or(24, |walks| walks.parse().unwrap());
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..walks {
        for (what, times) in walk(seed, 40, false).await.unwrap_or_else(|error| panic!("{error}")) {
            *seen.entry(what).or_default() += times;
        }
    }
    let all = [
        "an order before a disposal",
        "arrived under an order",
        "disposed",
        "disposed of again",
        "disposed of elsewhere",
        "held by a query",
        "orders of the backup",
        "refused as gone",
        "released",
        "restored",
    ];
    for what in all {
        assert!(seen.contains_key(what), "{what} never came to pass: {seen:?}");
    }
    println!("{seen:?}");
}

/// The model can find a disposal that does not look at orders by a query.
#[tokio::test]
async fn a_disposal_that_does_not_look_at_queries_is_found_by_the_model() {
    for seed in 0..8 {
        if let Err(error) = walk(seed, 40, true).await {
            assert!(error.contains("shown false"), "{error}");
            return;
        }
    }
    panic!("no walk found it");
}
