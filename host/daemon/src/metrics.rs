//! What the daemon counts, in the text format of Prometheus. No label carries anything of a message.

use proviso_model::id::PolicyId;
use proviso_model::verdict::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts so many more.
    pub fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    /// How many there were.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All counters of a daemon.
#[derive(Default)]
pub struct Metrics {
    /// Judged and kept.
    pub messages_committed: Counter,
    /// Committed before, with the same content.
    pub messages_duplicate: Counter,
    /// Refused, since another message has their identifier.
    pub messages_conflicting: Counter,
    /// Held by a fault.
    pub messages_held: Counter,
    /// Of which a policy judged a part alone.
    pub messages_partial: Counter,
    /// Kept without any policy seeing their content.
    pub messages_withheld: Counter,
    /// Held ones that were judged again.
    pub messages_rejudged: Counter,
    /// Policies that were quarantined.
    pub quarantines: Counter,
    /// Lines and files that are no message.
    pub source_errors: Counter,
    /// Requests that were told to come again.
    pub http_requests_refused: Counter,
    /// Requests without a token that counts.
    pub http_requests_unauthorized: Counter,
    /// Sign-ins to the console that failed.
    pub sign_ins_failed: Counter,
    /// Requests that failed by a fault of ours, each with a number in the log.
    pub incidents: Counter,
    /// Transactions that were committed.
    pub commits: Counter,
    /// Transactions of which nothing was kept.
    pub commit_failures: Counter,
    /// Of those, the ones that were judged while the one before was committed.
    pub batches_ahead: Counter,
    /// Batches that were judged again, since the commit before them failed.
    pub batches_again: Counter,
    /// Checkpoints of the log that the witness elsewhere signed.
    pub witness_checkpoints: Counter,
    /// How often it did not sign one.
    pub witness_failures: Counter,
    /// Messages that went into segments of the index.
    pub index_messages: Counter,
    /// Passes of indexing that failed.
    pub index_failures: Counter,
    /// Time spent on judging, microseconds.
    pub judge_micros: Counter,
    /// Time spent on committing, microseconds.
    pub commit_micros: Counter,
    /// Changes of policies that went live.
    pub reloads_live: Counter,
    /// Changes of policies that were refused.
    pub reloads_refused: Counter,
    /// Runs of the schedule of disposal.
    pub scheduled_runs: Counter,
    /// Those that stopped before their end.
    pub scheduled_stops: Counter,
    /// Messages that went by it.
    pub scheduled_disposals: Counter,
    labelled: Mutex<BTreeMap<(&'static str, String), u64>>,
}

/// What the page says of this moment.
pub(crate) struct Gauges<'a> {
    pub(crate) generation: &'a str,
    pub(crate) last_reload_refused: bool,
    /// Messages taken in and not yet committed.
    pub(crate) queued: u64,
    /// Memory that each kind of source has taken for messages, in bytes.
    pub(crate) taken_bytes: [(&'static str, u64); 2],
    /// Open connections of the HTTP interface.
    pub(crate) connections: u64,
    /// True if the last commit failed.
    pub(crate) commits_fail: bool,
    pub(crate) quarantined: &'a [PolicyId],
}

impl Metrics {
    /// Counts what a committed verdict says.
    pub fn count_verdict(&self, verdict: &Verdict) {
        self.messages_held.add(u64::from(verdict.held));
        self.messages_partial.add(u64::from(verdict.is_partial()));
        self.messages_withheld.add(u64::from(verdict.withheld.is_some()));
        if verdict.findings.is_empty() && verdict.faults.is_empty() {
            return;
        }
        let mut labelled = self.labelled.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for finding in &verdict.findings {
            let labels = format!(
                "pack=\"{}\",severity=\"{}\",shadow=\"{}\"",
                finding.pack, finding.severity, finding.shadow
            );
            *labelled.entry(("findings", labels)).or_default() += 1;
        }
        for fault in &verdict.faults {
            let labels = format!(
                "pack=\"{}\",policy=\"{}\",cause=\"{}\"",
                fault.pack,
                fault.policy,
                fault.cause.name()
            );
            *labelled.entry(("faults", labels)).or_default() += 1;
        }
    }

    /// Counts a commit, and adds the time that its batch took to judge and to commit.
    pub fn count_time(&self, judging: Duration, committing: Duration) {
        self.judge_micros.add(judging.as_micros() as u64);
        self.commit_micros.add(committing.as_micros() as u64);
        self.commits.add(1);
    }

    /// The page that Prometheus reads.
    pub(crate) fn page(&self, now: &Gauges<'_>) -> String {
        let Gauges {
            generation,
            last_reload_refused,
            queued,
            taken_bytes,
            connections,
            commits_fail,
            quarantined,
        } = *now;
        let mut page = String::with_capacity(4_096);
        let counters = [
            (
                "messages_committed_total",
                "Messages committed with their verdict.",
                &self.messages_committed,
            ),
            (
                "messages_duplicate_total",
                "Messages that were delivered again and not judged again.",
                &self.messages_duplicate,
            ),
            (
                "messages_conflicting_total",
                "Messages whose identifier is known with another content.",
                &self.messages_conflicting,
            ),
            (
                "messages_held_total",
                "Messages held for a person because a policy failed on them.",
                &self.messages_held,
            ),
            (
                "messages_partial_total",
                "Messages of which a policy judged a part alone: they had more text or more hits than it can be given.",
                &self.messages_partial,
            ),
            (
                "messages_withheld_total",
                "Messages kept from every policy for want of a lawful basis.",
                &self.messages_withheld,
            ),
            (
                "messages_rejudged_total",
                "Held messages that were judged again.",
                &self.messages_rejudged,
            ),
            (
                "quarantines_total",
                "Policies that were quarantined because they failed on too many messages.",
                &self.quarantines,
            ),
            (
                "source_errors_total",
                "Lines of sources that are no message.",
                &self.source_errors,
            ),
            (
                "http_requests_refused_total",
                "Requests answered 429 or 503: no room, or the daemon was ending.",
                &self.http_requests_refused,
            ),
            (
                "http_requests_unauthorized_total",
                "Requests answered 401: without a token that counts.",
                &self.http_requests_unauthorized,
            ),
            (
                "sign_ins_failed_total",
                "Sign-ins to the console that failed.",
                &self.sign_ins_failed,
            ),
            (
                "incidents_total",
                "Requests answered 500: each has a number, under which the log says more.",
                &self.incidents,
            ),
            ("commits_total", "Transactions of the archive.", &self.commits),
            (
                "batches_ahead_total",
                "Transactions that were judged while the one before was committed.",
                &self.batches_ahead,
            ),
            (
                "batches_judged_again_total",
                "Transactions that were judged again: the one before was not committed.",
                &self.batches_again,
            ),
            (
                "commit_failures_total",
                "Transactions that failed; their messages are delivered again.",
                &self.commit_failures,
            ),
            (
                "witness_checkpoints_total",
                "Checkpoints of the log that the witness signed.",
                &self.witness_checkpoints,
            ),
            (
                "witness_failures_total",
                "How often the witness did not sign a checkpoint.",
                &self.witness_failures,
            ),
            (
                "index_messages_total",
                "Messages that went into segments of the search's index.",
                &self.index_messages,
            ),
            (
                "index_failures_total",
                "Passes of indexing that failed.",
                &self.index_failures,
            ),
            ("reloads_live_total", "Generations made live.", &self.reloads_live),
            (
                "reloads_refused_total",
                "Generations refused; the one before went on.",
                &self.reloads_refused,
            ),
            (
                "scheduled_disposal_runs_total",
                "Runs of the schedule of disposal.",
                &self.scheduled_runs,
            ),
            (
                "scheduled_disposal_stops_total",
                "Runs of the schedule that stopped: the clock may be wrong, or the archive could not be read or written.",
                &self.scheduled_stops,
            ),
            (
                "scheduled_disposals_total",
                "Messages that were disposed of by the schedule.",
                &self.scheduled_disposals,
            ),
        ];
        for (name, help, counter) in counters {
            metric(&mut page, name, "counter", help, "", &counter.get().to_string());
        }
        for (name, help, counter) in [
            ("judge_seconds_total", "Time spent judging.", &self.judge_micros),
            ("commit_seconds_total", "Time spent committing.", &self.commit_micros),
        ] {
            metric(
                &mut page,
                name,
                "counter",
                help,
                "",
                &format!("{:.6}", counter.get() as f64 / 1e6),
            );
        }
        metric(
            &mut page,
            "queued_messages",
            "gauge",
            "Messages taken in and not yet committed.",
            "",
            &queued.to_string(),
        );
        metric(
            &mut page,
            "http_connections",
            "gauge",
            "Open connections of the HTTP interface.",
            "",
            &connections.to_string(),
        );
        metric(
            &mut page,
            "commits_fail",
            "gauge",
            "1 if the last transaction failed.",
            "",
            if commits_fail { "1" } else { "0" },
        );
        page.push_str(
            "# HELP proviso_intake_bytes Memory taken for messages that are being read, judged or committed.\n\
             # TYPE proviso_intake_bytes gauge\n",
        );
        for (source, bytes) in taken_bytes {
            let _ = writeln!(page, "proviso_intake_bytes{{source=\"{source}\"}} {bytes}");
        }
        let refused = if last_reload_refused { "1" } else { "0" };
        metric(
            &mut page,
            "last_reload_refused",
            "gauge",
            "1 if the newest policy set did not go live.",
            "",
            refused,
        );
        let labels = format!("id=\"{generation}\"");
        metric(
            &mut page,
            "generation_info",
            "gauge",
            "The generation that judges.",
            &labels,
            "1",
        );
        let count = quarantined.len().to_string();
        metric(
            &mut page,
            "quarantined_policies",
            "gauge",
            "Policies that are not called because they failed on too many messages.",
            "",
            &count,
        );
        page.push_str(
            "# HELP proviso_policy_quarantined 1 for each of them.\n# TYPE proviso_policy_quarantined gauge\n",
        );
        for PolicyId { pack, policy } in quarantined {
            let _ = writeln!(
                page,
                "proviso_policy_quarantined{{pack=\"{pack}\",policy=\"{policy}\"}} 1"
            );
        }
        let labelled = self.labelled.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (family, help) in [
            ("findings", "Findings by pack and severity."),
            ("faults", "Faults by policy and cause."),
        ] {
            let _ = write!(
                page,
                "# HELP proviso_{family}_total {help}\n# TYPE proviso_{family}_total counter\n"
            );
            for ((_, labels), value) in labelled.iter().filter(|((name, _), _)| *name == family) {
                let _ = writeln!(page, "proviso_{family}_total{{{labels}}} {value}");
            }
        }
        page
    }
}

fn metric(page: &mut String, name: &str, kind: &str, help: &str, labels: &str, value: &str) {
    let labels = if labels.is_empty() {
        String::new()
    } else {
        format!("{{{labels}}}")
    };
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "# HELP proviso_{name} {help}\n# TYPE proviso_{name} {kind}\nproviso_{name}{labels} {value}\n"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_page_is_a_name_and_a_figure_and_is_explained() {
        let metrics = Metrics::default();
        let quarantined = [PolicyId {
            pack: "test/slow".into(),
            policy: "slow".into(),
        }];
        let page = metrics.page(&Gauges {
            generation: "sha256:00",
            last_reload_refused: true,
            queued: 7,
            taken_bytes: [("http", 65_536), ("spool", 0)],
            connections: 3,
            commits_fail: true,
            quarantined: &quarantined,
        });
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("proviso_") && value.parse::<f64>().is_ok(), "{line}");
            let name = name.split('{').next().unwrap();
            assert!(page.contains(&format!("# HELP {name} ")), "{name}");
            assert!(page.contains(&format!("# TYPE {name} ")), "{name}");
        }
        for line in [
            "proviso_commits_fail 1",
            "proviso_intake_bytes{source=\"http\"} 65536",
            "proviso_http_connections 3",
            "proviso_policy_quarantined{pack=\"test/slow\",policy=\"slow\"} 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} in {page}");
        }
    }
}
