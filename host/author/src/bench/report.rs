//! What was measured, as JSON, and how it compares with an earlier measurement.

use proviso_model::Problem;
use proviso_model::Problems;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

/// One measurement. The JSON of `--format json`, which `--baseline` reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The generation that judged.
    pub generation: String,
    /// Where the messages are from.
    pub from: String,
    /// Digest of the messages.
    pub input: String,
    /// Rounds that were measured.
    pub rounds: u32,
    /// Evaluation alone with `--workers` threads.
    pub whole: Whole,
    /// The same with one thread.
    pub one_worker: Whole,
    /// In the order of the packs and then of the manifest.
    pub policies: Vec<PolicyCost>,
}

/// Parsed messages in, verdicts and retention decisions out: nothing is read and nothing printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Whole {
    /// Messages of a pass.
    pub messages: u64,
    /// Threads that evaluate. With more than one, folds and decisions are done by a further thread, in order.
    pub workers: usize,
    /// The median of the rounds.
    pub ns_per_message: f64,
    /// The fastest round.
    pub ns_per_message_least: f64,
    /// The slowest round.
    pub ns_per_message_most: f64,
    /// Of the median.
    pub messages_per_second: f64,
}

/// What one policy costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyCost {
    /// `vendor/name`.
    pub pack: String,
    /// Its name in the pack.
    pub policy: String,
    /// Messages that it is called for.
    pub triggered: u64,
    /// Their share of all messages, 0 to 1.
    pub triggered_share: f64,
    /// Calls for all messages, in batches.
    pub calls: u64,
    /// Messages of a call, on average.
    pub batch_mean: f64,
    /// Wall time of its calls for each message that triggers it.
    pub ns_per_message: Spread,
    /// Fuel of its calls for each message that triggers it.
    pub fuel_per_message: f64,
    /// Linear memory of a fresh instance, bytes.
    pub memory_bytes_fresh: u64,
    /// The most linear memory that an instance had after a call, bytes.
    pub memory_bytes_max: u64,
    /// Messages on which it fails.
    pub faults: u64,
    /// Absent where no message triggers it.
    pub slowest: Option<Slowest>,
}

/// The message that takes most fuel, when it is judged alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slowest {
    /// `tenant/channel/identifier`.
    pub message: String,
    /// The least of several calls for it alone.
    pub ns: u64,
    /// The same each time.
    pub fuel: u64,
}

/// Several rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Half of the rounds took at most so much.
    pub median: f64,
    /// The cheapest round.
    pub least: f64,
    /// The dearest round.
    pub most: f64,
}

/// How much more is spent than in the baseline, in per cent; less is negative. Absent where there is nothing to compare.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changes {
    /// True if the baseline judged the same messages.
    pub same_messages: bool,
    /// Time of the whole; absent where the baseline had another number of threads.
    pub whole: Option<f64>,
    /// The same with one thread.
    pub one_worker: Option<f64>,
    /// In the order of the report's policies.
    pub policies: Vec<PolicyChange>,
}

/// How much more one policy spends, in per cent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyChange {
    /// `vendor/name`.
    pub pack: String,
    /// Its name in the pack.
    pub policy: String,
    /// Time for each message that triggers it.
    pub ns: Option<f64>,
    /// Fuel for each message that triggers it.
    pub fuel: Option<f64>,
}

impl Spread {
    /// Of at least one round.
    pub(super) fn of(mut rounds: Vec<f64>) -> Self {
        rounds.sort_unstable_by(f64::total_cmp);
        let (least, most) = (rounds[0], rounds[rounds.len() - 1]);
        let middle = rounds.len() / 2;
        let median = if rounds.len() % 2 == 1 {
            rounds[middle]
        } else {
            f64::midpoint(rounds[middle - 1], rounds[middle])
        };
        Self { median, least, most }
    }
}

impl Whole {
    pub(super) fn new(messages: u64, workers: usize, ns: Spread) -> Self {
        Self {
            messages,
            workers,
            ns_per_message: ns.median,
            ns_per_message_least: ns.least,
            ns_per_message_most: ns.most,
            messages_per_second: 1e9 / ns.median.max(1e-3),
        }
    }
}

/// `None` where the baseline has nothing: no percentage is true of it.
fn percent(now: f64, before: f64) -> Option<f64> {
    (before > 0.0).then(|| (now / before - 1.0) * 100.0)
}

impl Changes {
    /// The largest rise of anything: time or fuel of a policy, time of the whole. Below 0 if everything became cheaper.
    pub fn worst(&self) -> f64 {
        let policies = self.policies.iter().flat_map(|change| [change.ns, change.fuel]);
        let all = policies.chain([self.whole, self.one_worker]).flatten();
        all.fold(f64::NEG_INFINITY, f64::max)
    }
}

impl Report {
    /// Reads what `--format json` printed.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let problem = |message: String| Problems(vec![Problem::in_file(path, message)]);
        let text = std::fs::read_to_string(path).map_err(|error| problem(format!("cannot be read: {error}")))?;
        let read = serde_json::from_str(&text);
        read.map_err(|error| {
            problem(format!(
                "is not what `pack bench --format json` prints ({error}): measure the baseline again"
            ))
        })
    }

    /// What is spent otherwise than in the baseline.
    pub fn compare(&self, baseline: &Report) -> Changes {
        let whole = |now: &Whole, before: &Whole| {
            let same = now.workers == before.workers;
            same.then(|| percent(now.ns_per_message, before.ns_per_message))
                .flatten()
        };
        let policies = self.policies.iter().map(|now| {
            let before = baseline
                .policies
                .iter()
                .find(|before| before.pack == now.pack && before.policy == now.policy);
            PolicyChange {
                pack: now.pack.clone(),
                policy: now.policy.clone(),
                ns: before.and_then(|before| percent(now.ns_per_message.median, before.ns_per_message.median)),
                fuel: before.and_then(|before| percent(now.fuel_per_message, before.fuel_per_message)),
            }
        });
        Changes {
            same_messages: self.input == baseline.input,
            whole: whole(&self.whole, &baseline.whole),
            one_worker: whole(&self.one_worker, &baseline.one_worker),
            policies: policies.collect(),
        }
    }

    /// Every field, with the changes beside them if there are some.
    pub fn to_json(&self, changes: Option<&Changes>) -> serde_json::Result<String> {
        let mut value = serde_json::to_value(self)?;
        if let (Value::Object(fields), Some(changes)) = (&mut value, changes) {
            fields.insert("change_percent".to_owned(), json!(changes));
        }
        serde_json::to_string_pretty(&value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(ns: f64, fuel: f64) -> Report {
        let spread = Spread::of(vec![ns * 2.0, ns, ns / 2.0]);
        let whole = Whole::new(100, 1, spread);
        Report {
            generation: "g".to_owned(),
            from: "a test".to_owned(),
            input: "i".to_owned(),
            rounds: 3,
            whole: whole.clone(),
            one_worker: whole,
            policies: vec![PolicyCost {
                pack: "test/pack".to_owned(),
                policy: "rules".to_owned(),
                triggered: 10,
                triggered_share: 0.1,
                calls: 1,
                batch_mean: 10.0,
                ns_per_message: spread,
                fuel_per_message: fuel,
                memory_bytes_fresh: 1 << 20,
                memory_bytes_max: 1 << 20,
                faults: 0,
                slowest: None,
            }],
        }
    }

    #[test]
    fn the_median_stands_between_the_least_and_the_most() {
        let spread = |least, median, most| Spread { median, least, most };
        assert_eq!(Spread::of(vec![3.0, 1.0, 2.0]), spread(1.0, 2.0, 3.0));
        assert_eq!(Spread::of(vec![3.0, 1.0]), spread(1.0, 2.0, 3.0));
    }

    #[test]
    fn a_report_that_was_written_is_read_and_compared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.json");
        std::fs::write(&path, report(100.0, 50.0).to_json(None).unwrap()).unwrap();
        let baseline = Report::read(&path).unwrap();
        let changes = report(110.0, 75.0).compare(&baseline);
        assert!(changes.same_messages);
        assert!((changes.whole.unwrap() - 10.0).abs() < 1e-9);
        assert!((changes.worst() - 50.0).abs() < 1e-9, "fuel rose most: {changes:?}");
        assert!(report(90.0, 40.0).compare(&baseline).worst() < 0.0);
        // With its own changes in it, a report is still one to compare with.
        let changed = report(110.0, 75.0).to_json(Some(&changes)).unwrap();
        std::fs::write(&path, changed).unwrap();
        assert_eq!(Report::read(&path).unwrap(), report(110.0, 75.0));
    }

    #[test]
    fn what_the_baseline_did_not_measure_is_no_change() {
        let mut before = report(100.0, 50.0);
        before.policies.clear();
        before.whole.workers = 2;
        let changes = report(110.0, 50.0).compare(&before);
        assert_eq!((changes.whole, changes.policies[0].ns), (None, None));
        assert!((changes.worst() - 10.0).abs() < 1e-9);
    }

    #[test]
    fn a_baseline_that_is_something_else_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.json");
        std::fs::write(&path, "{\"a\": 1}").unwrap();
        let told = Report::read(&path).unwrap_err().to_string();
        assert!(told.contains("other.json") && told.contains("pack bench"), "{told}");
        assert!(Report::read(&folder.path().join("absent")).is_err());
    }
}
