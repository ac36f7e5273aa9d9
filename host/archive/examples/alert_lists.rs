//! How fast lists of alerts are read: `cargo run --release -p proviso-archive --example alert_lists [MESSAGES] [FOLDER]`.
//!
//! One message in twenty has a finding, of one of eight rules, and so an alert; one alert in four is assigned, and one in five closed. Each list is read
//! with its counts, from its first page and from one in its middle; the slowest of ten readings is told.

#[path = "../tests/support/mod.rs"]
mod support;

use proviso_archive::{
    AlertDecision, AlertFilter, AlertPlace, AlertSort, AlertView, Archive, BulkAct, Change, OverviewAsked,
    ReviewingMany, SeenTenant, Sight, WhichAlerts,
};
use proviso_model::time::Zone;
use proviso_model::verdict::Severity;
use std::path::PathBuf;
use std::time::Instant;
use support::{Write, at, batch, entry, finding, generation, now, wei};

const RULES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
/// Messages of a batch.
const BATCH: usize = 512;
/// Readings of each list.
const READINGS: usize = 10;

async fn fill(archive: &Archive, messages: usize) {
    for first in (0..messages).step_by(BATCH) {
        let entries = (first..messages.min(first + BATCH)).map(|n| {
            let mut entry = entry(&format!("m{n}"), n);
            if n.is_multiple_of(20) {
                let severity = [Severity::Medium, Severity::High, Severity::Critical][n / 20 % 3];
                entry.verdict.findings = vec![finding(RULES[n / 20 % 8], severity)];
                entry.department = Some(["wealth", "risk", "retail"][n / 160 % 3].into());
            }
            entry
        });
        let mut batch = batch(entries.collect());
        batch.received_at = at(now().as_millis() + first as i64 * 100);
        archive.ingest(&batch).await.expect("a written batch");
    }
}

async fn review(archive: &Archive, rule: &str, act: BulkAct<'_>) -> (u64, f64) {
    let mut filter = AlertFilter::new(Sight::All, AlertView::Open, now());
    filter.rule = Some(rule.to_owned());
    // As many as a change takes, of those that were opened first.
    let count = async |filter: &AlertFilter| {
        archive
            .alerts(filter, AlertSort::Due, None, 1)
            .await
            .expect("a page")
            .counts
            .open
    };
    let mut days = 400;
    while count(&filter).await > 10_000 {
        days -= 1;
        filter.opened.before = Some(at(now().as_millis() + days * 3_600_000));
    }
    let many = ReviewingMany {
        which: WhichAlerts::Filter(&filter),
        expected: count(&filter).await,
        act,
        at: at(now().as_millis() + 1),
    };
    let start = Instant::now();
    archive
        .commit(Change::ReviewMany(&many), &wei())
        .await
        .expect("reviews");
    (many.expected, start.elapsed().as_secs_f64())
}

/// The slowest of some readings, in milliseconds, with where the next page begins.
async fn read(archive: &Archive, filter: &AlertFilter, sort: AlertSort, after: Option<AlertPlace>) -> (f64, usize) {
    let (mut slowest, mut length) = (0.0_f64, 0);
    for _ in 0..READINGS {
        let start = Instant::now();
        let page = archive.alerts(filter, sort, after, 200).await.expect("a page");
        slowest = slowest.max(start.elapsed().as_secs_f64() * 1e3);
        length = page.alerts.len();
    }
    (slowest, length)
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let messages: usize = arguments
        .next()
        .map_or(1_000_000, |text| text.parse().expect("a number of messages"));
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(&folder).expect("a folder to write to");
    let archive = Archive::open(folder.path().join("a.db")).await.expect("a new archive");
    let first = support::activation(generation("first"), 0);
    archive.activate(&first).await.expect("a live generation");
    fill(&archive, messages).await;
    for rule in &RULES[..2] {
        let (alerts, took) = review(&archive, rule, BulkAct::Assign { to: Some("li") }).await;
        println!("{alerts} assigned in {took:.2} s");
    }
    for rule in &RULES[2..4] {
        let decide = BulkAct::Decide {
            decision: AlertDecision::NoIssue,
            reason: Some("looked-at"),
            comment: Some("nothing in it"),
        };
        let (alerts, took) = review(&archive, rule, decide).await;
        println!("{alerts} decided on with a comment in {took:.2} s");
    }
    let wealth = Sight::Of(vec![SeenTenant {
        tenant: "bank".into(),
        departments: Some(vec!["wealth".into()]),
    }]);
    let with = |view| {
        let mut filter = AlertFilter::new(Sight::All, view, at(now().as_millis() + 40 * 86_400_000));
        filter.me = Some("li".into());
        filter
    };
    let mut filters: Vec<(String, AlertFilter)> =
        AlertView::ALL.map(|view| (view.name().to_owned(), with(view))).into();
    let mut narrowed = |name: &str, narrow: &dyn Fn(&mut AlertFilter)| {
        let mut filter = with(AlertView::Open);
        narrow(&mut filter);
        filters.push((name.to_owned(), filter));
    };
    narrowed("of a rule", &|filter| filter.rule = Some("h".into()));
    narrowed("of no rule", &|filter| filter.rule = Some("none".into()));
    narrowed("critical", &|filter| filter.severity = Some(Severity::Critical));
    narrowed("seen in part", &|filter| filter.sight = wealth.clone());
    let conversation = archive
        .alerts(&with(AlertView::Open), AlertSort::Due, None, 1)
        .await
        .expect("a page")
        .alerts[0]
        .conversation
        .clone();
    narrowed("of a conversation", &|filter| {
        filter.conversation.clone_from(&conversation);
    });
    let mut slowest = 0.0_f64;
    for (name, filter) in &filters {
        for sort in [AlertSort::Due, AlertSort::Opened, AlertSort::Severity] {
            let (beginning, length) = read(&archive, filter, sort, None).await;
            let mut after = None;
            for _ in 0..50 {
                let page = archive.alerts(filter, sort, after, 200).await.expect("a page");
                if page.next.is_none() {
                    break;
                }
                after = page.next;
            }
            let (middle, _) = read(&archive, filter, sort, after).await;
            slowest = slowest.max(beginning).max(middle);
            println!("{name:<18} {sort:?}: {length} in {beginning:.1} ms, {middle:.1} ms in its middle");
        }
    }
    let start = Instant::now();
    for number in 1..100 {
        archive.alert(number, &Sight::All).await.expect("an alert");
    }
    println!(
        "an alert under pseudonyms in {:.1} ms",
        start.elapsed().as_secs_f64() * 10.0
    );
    let asked = OverviewAsked {
        sight: Sight::All,
        days: 30,
        now: at(now().as_millis() + messages as i64 * 100),
        zone: Zone::utc(),
    };
    let start = Instant::now();
    archive.overview(&asked).await.expect("an overview");
    println!("an overview in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    println!("the slowest list took {slowest:.1} ms");
}
