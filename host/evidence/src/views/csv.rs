//! A table of messages (RFC 4180, with the mark of UTF-8 that spreadsheets look for). No cell begins as a formula.

use super::Full;
use crate::about::About;
use crate::evidence::{Evidence, Role};
use crate::lines::PART_BYTES;
use crate::local_time::local;
use crate::parts::Parts;
use proviso_model::time::Zone;

const HEAD: &str = "\u{feff}number,role,tenant,channel,id,conversation,sent_at,sent_at_utc,received_at,kind,direction,sender,\
sender_class,sender_person,sender_department,recipients,text,attachments,links,recalls,held,findings,statutes,keep_until,reviews\r\n";
/// Messages of a table: spreadsheets take 1,048,576 rows, and few people more than this.
const ROWS_MAX: usize = 100_000;

/// Tables that are being written: `csv/0001.csv`.
pub(super) struct Csv {
    zone: Zone,
    parts: Parts,
    rows: usize,
}

impl Csv {
    pub(super) fn new(about: &About) -> Self {
        Self {
            zone: about.zone.clone(),
            parts: Parts::new("csv", "csv", HEAD),
            rows: 0,
        }
    }

    pub(super) fn message(&mut self, evidence: &Evidence) -> Option<Full> {
        let message = &evidence.message;
        let verdict = &evidence.verdict;
        let person = evidence.people.get(&message.sender.id);
        let joined = |parts: Vec<String>| parts.join("; ");
        let findings = verdict.findings.iter().map(|finding| {
            let shadow = if finding.shadow { " (shadow)" } else { "" };
            format!(
                "{} {}:{}:{}{shadow}",
                finding.severity, finding.pack, finding.policy, finding.rule
            )
        });
        let attachments = message.attachments.iter();
        let attachments = attachments.map(|one| format!("{} ({} bytes) {}", one.name, one.size_bytes, one.reference));
        let reviews = evidence.reviews.iter();
        let reviews = reviews.map(|review| format!("{}: {}", review.by, review.note));
        let cells = [
            evidence.number.to_string(),
            match evidence.role {
                Role::Match => "match",
                Role::Context => "context",
            }
            .to_owned(),
            message.id.tenant.clone(),
            message.id.channel.clone(),
            message.id.native.clone(),
            message.conversation.clone(),
            local(message.sent_at, &self.zone),
            message.sent_at.to_string(),
            local(evidence.received_at, &self.zone),
            message.kind.name().to_owned(),
            message.direction.name().to_owned(),
            message.sender.id.clone(),
            message.sender.class.name().to_owned(),
            person.map_or_else(String::new, |person| person.person.clone()),
            person.map_or_else(|| message.sender.department.clone(), |person| person.department.clone()),
            joined(message.recipients.iter().map(|party| party.id.clone()).collect()),
            message.text.clone(),
            joined(attachments.collect()),
            joined(message.links.clone()),
            message.recalls.clone().unwrap_or_default(),
            verdict.held.to_string(),
            joined(findings.collect()),
            joined(super::html::statutes(evidence)),
            super::html::kept_until(evidence),
            joined(reviews.collect()),
        ];
        let row: Vec<String> = cells.iter().map(|cell| written(cell)).collect();
        self.parts.line(&(row.join(",") + "\r"));
        self.rows += 1;
        if self.rows == ROWS_MAX || self.parts.bytes() >= 4 * PART_BYTES {
            return self.finish();
        }
        None
    }

    pub(super) fn finish(&mut self) -> Option<Full> {
        self.rows = 0;
        self.parts.take().map(|(path, text)| (path, text.into_bytes()))
    }
}

/// A cell. What a spreadsheet would compute stands behind an apostrophe, which it shows as text (OWASP, CSV Injection).
fn written(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if is_formula { "'" } else { "" };
    if is_formula || cell.contains([',', '"', '\r', '\n', ';', '\t']) {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_its_row() {
        each_row(
            [
                ("保本", "保本"),
                ("a,b", "\"a,b\""),
                ("say \"x\"\r\ny", "\"say \"\"x\"\"\r\ny\""),
                ("=1+1", "\"'=1+1\""),
                ("@SUM(A1)", "\"'@SUM(A1)\""),
                ("-1", "\"'-1\""),
                ("+86 138", "\"'+86 138\""),
                ("\t=1", "\"'\t=1\""),
                ("＝1", "\"'＝1\""),
                ("", ""),
            ],
            |(cell, expected)| assert_eq!(written(cell), expected),
        );
    }
}
