//! How a request is shown: in a line of a list, and all of one, as a person compares it before it is approved.

use crate::show::table::{Columns, clip, count};
use proviso_daemon::wire::{ExportV1, RequestV1, ScoringV1};

/// What was asked for, in a line.
pub(super) fn what(request: &RequestV1) -> String {
    if let Some(scoring) = &request.scoring {
        return format!("score people by {}", clip(&scoring.assessment, 40));
    }
    match (&request.export, request.messages, request.hold) {
        (Some(export), Some(messages), _) => format!("export {} messages to {}", count(messages), clip(&export.to, 40)),
        (None, Some(messages), _) => format!("dispose of {} messages", count(messages)),
        (_, _, Some(hold)) => format!("release hold {hold}"),
        _ => request.act.clone(),
    }
}

/// Where it stands, in a line.
pub(super) fn stands(request: &RequestV1) -> String {
    match request.state.as_str() {
        "waits-for-approval" => "waits for somebody else to approve it".to_owned(),
        "waits-for-its-time" => format!("waits until {}", request.not_before),
        "in-force" => {
            let until = request.scoring.as_ref().map(|scoring| scoring.until);
            until.map_or_else(|| "in force".to_owned(), |until| format!("in force until {until}"))
        }
        "may-run" => format!("may run until {}", request.ends_at),
        "ran" => request
            .run_at
            .map_or_else(|| "ran".to_owned(), |at| format!("ran at {at}")),
        other => other.to_owned(),
    }
}

/// All of one.
pub(super) fn print(request: &RequestV1, colour: bool) -> anyhow::Result<()> {
    let mut table = Columns::pairs(colour);
    table.row(["request", &request.request.to_string()]);
    table.row(["tenant", &request.tenant]);
    table.row(["what", &what(request)]);
    for rule in &request.rules {
        table.row(["rule", rule]);
    }
    if let Some(note) = &request.note {
        table.row(["note", note]);
    }
    for (name, text) in request.export.iter().flat_map(of_export) {
        table.row([name, &text]);
    }
    for (name, text) in request.scoring.iter().flat_map(of_scoring) {
        table.row([name, &text]);
    }
    table.row(["reason", &request.reason]);
    table.row(["asked", &format!("{} by {}", request.asked_at, request.asked_by)]);
    if request.scoring.is_some() {
        table.row(["to approve until", &request.ends_at.to_string()]);
    } else {
        table.row(["runs", &format!("from {} to {}", request.not_before, request.ends_at)]);
    }
    table.row([
        "second person",
        if request.second_person {
            "has to approve it"
        } else {
            "not asked for"
        },
    ]);
    if let Some(decision) = &request.decision {
        let decided = if decision.approved { "approved" } else { "refused" };
        table.row([
            decided,
            &format!("{} by {}: {}", decision.at, decision.by, decision.note),
        ]);
    }
    if let (Some(at), Some(by)) = (&request.run_at, &request.run_by) {
        table.row(["ran", &format!("{at} by {by}")]);
    }
    if let Some(end) = &request.end {
        table.row(["ended", &format!("{} by {}: {}", end.at, end.by, end.note)]);
    }
    table.row(["act", &request.digest.to_string()]);
    table.row(["stands", &stands(request)]);
    table.print(&mut std::io::stdout())?;
    Ok(())
}

/// By what people are scored, as a person compares it.
fn of_scoring(scoring: &ScoringV1) -> Vec<(&'static str, String)> {
    let applications = scoring.applications.iter().map(|one| {
        let said = format!("{} {}, of {}: {}", one.pack, one.version, one.scope, one.digest);
        ("scored by", said)
    });
    [
        ("assessment", scoring.assessment.clone()),
        ("scored until", scoring.until.to_string()),
    ]
    .into_iter()
    .chain(applications)
    .collect()
}

/// What an export gives away and to whom, as a person compares it.
fn of_export(export: &ExportV1) -> Vec<(&'static str, String)> {
    let what = export.query.clone().map(|query| ("query", query));
    let what = what.or_else(|| export.conversation.clone().map(|name| ("conversation", name)));
    let forms = export.forms.clone().unwrap_or_default();
    what.into_iter()
        .chain([
            ("to", export.to.clone()),
            (
                "used until",
                export.until.clone().unwrap_or_else(|| "no day is named".to_owned()),
            ),
            ("context", export.context.unwrap_or_default().to_string()),
            ("zone", export.zone.clone().unwrap_or_default()),
            ("masked", if export.masked { "yes" } else { "no" }.to_owned()),
            (
                "forms",
                if forms.is_empty() {
                    "none".to_owned()
                } else {
                    forms.join(", ")
                },
            ),
        ])
        .collect()
}
