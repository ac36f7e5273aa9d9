//! What was measured, on a terminal.

use crate::show::table::{Columns, clip, count};
use proviso_author::bench::{Changes, PolicyCost, Report};

pub(super) fn print(report: &Report, changes: Option<&Changes>, colour: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    crate::show::line(format_args!(
        "{} messages ({}), {} rounds, median",
        count(report.whole.messages),
        report.from,
        report.rounds
    ));
    crate::show::line(format_args!(""));
    let mut headings = vec![
        "pack",
        "policy",
        ">triggered",
        ">calls",
        ">batch",
        ">ns/message",
        ">least-most",
        ">fuel/message",
        ">memory KiB",
        ">faults",
    ];
    if changes.is_some() {
        headings.extend([">ns change", ">fuel change"]);
    }
    let mut table = Columns::new(colour, &headings);
    for (index, cost) in report.policies.iter().enumerate() {
        let ns = cost.ns_per_message;
        let mut row = vec![
            cost.pack.clone(),
            cost.policy.clone(),
            format!("{:.1} %", cost.triggered_share * 100.0),
            count(cost.calls),
            format!("{:.1}", cost.batch_mean),
            count(ns.median.round() as u64),
            format!("{:.0}-{:.0}", ns.least, ns.most),
            count(cost.fuel_per_message.round() as u64),
            memory(cost),
            count(cost.faults),
        ];
        if let Some(change) = changes.and_then(|changes| changes.policies.get(index)) {
            row.extend([signed(change.ns), signed(change.fuel)]);
        }
        table.row(row);
    }
    table.print(&mut out)?;

    crate::show::line(format_args!(
        "\nThe message that takes each policy most fuel, judged alone"
    ));
    let mut table = Columns::new(colour, &["policy", "message", ">fuel", ">ns"]);
    for (cost, slowest) in report
        .policies
        .iter()
        .filter_map(|cost| Some((cost, cost.slowest.as_ref()?)))
    {
        table.row([
            cost.policy.clone(),
            clip(&slowest.message, 60),
            count(slowest.fuel),
            count(slowest.ns),
        ]);
    }
    table.print(&mut out)?;

    crate::show::line(format_args!("\nEvaluation alone, parsed messages in and verdicts out"));
    let mut headings = vec![">workers", ">ns/message", ">least-most", ">messages/s"];
    if changes.is_some() {
        headings.push(">change");
    }
    let mut table = Columns::new(colour, &headings);
    let several = (report.whole.workers > 1).then_some((&report.whole, changes.and_then(|changes| changes.whole)));
    let one = (&report.one_worker, changes.and_then(|changes| changes.one_worker));
    for (whole, change) in std::iter::once(one).chain(several) {
        let mut row = vec![
            count(whole.workers as u64),
            count(whole.ns_per_message.round() as u64),
            format!("{:.0}-{:.0}", whole.ns_per_message_least, whole.ns_per_message_most),
            count(whole.messages_per_second as u64),
        ];
        if changes.is_some() {
            row.push(signed(change));
        }
        table.row(row);
    }
    table.print(&mut out)?;
    if changes.is_some_and(|changes| !changes.same_messages) {
        crate::show::line(format_args!(
            "\nThe baseline judged other messages: the changes say little."
        ));
    }
    Ok(())
}

/// Memory of a fresh instance, and the most, where that is more.
fn memory(cost: &PolicyCost) -> String {
    let (fresh, most) = (cost.memory_bytes_fresh >> 10, cost.memory_bytes_max >> 10);
    if most > fresh {
        format!("{}, up to {}", count(fresh), count(most))
    } else {
        count(fresh)
    }
}

fn signed(change: Option<f64>) -> String {
    change.map_or_else(|| "new".to_owned(), |percent| format!("{percent:+.1} %"))
}
