//! What was found becomes what is expected.

use crate::edits::{EditError, difference, rewrite};
use proviso_engine::CaseReport;
use proviso_pack::{Edit, Pack};
use std::collections::BTreeMap;

/// Rewrites the cases that fail, in the folder that the pack was read from. Returns what was done and what could not be, line by
/// line, for people.
pub fn update(pack: &Pack, reports: &[CaseReport]) -> Result<Vec<String>, EditError> {
    let mut by_file: BTreeMap<&str, Vec<(&CaseReport, Vec<Edit>)>> = BTreeMap::new();
    let mut told = Vec::new();
    for report in reports.iter().filter(|report| !report.passed()) {
        let case = pack
            .cases()
            .iter()
            .find(|case| (&case.file, case.line) == (&report.file, report.line));
        let (Some(case), Some(verdict)) = (case, &report.verdict) else {
            continue;
        };
        let file = pack
            .files()
            .find(|(part, _)| *part == report.file)
            .map(|(_, bytes)| bytes);
        let text = std::str::from_utf8(file.unwrap_or_default()).unwrap_or_default();
        match case.golden(verdict, text) {
            Ok(edits) if edits.is_empty() => {}
            Ok(edits) => by_file.entry(&report.file).or_default().push((report, edits)),
            Err(why) => told.push(format!("not updated: {}: {why}", place(pack, report))),
        }
    }
    for (file, updates) in by_file {
        let text = rewrite(pack, file, updates.iter().flat_map(|(_, edits)| edits).collect())?;
        for (report, edits) in updates {
            told.push(format!("updated {}", place(pack, report)));
            for edit in &edits {
                told.extend(difference(&text, std::slice::from_ref(edit)));
            }
        }
    }
    Ok(told)
}

fn place(pack: &Pack, report: &CaseReport) -> String {
    let path = pack.path_of(&report.file);
    format!("{}:{}: case {:?}", path.display(), report.line, report.case)
}
