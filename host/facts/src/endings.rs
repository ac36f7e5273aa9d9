//! Ends of relationships, contracts, products and disputes in CSV.

use crate::table::{self, Column, Row};
use proviso_model::retention::{Concerns, Ended, Ending};
use proviso_model::{Problem, Problems};
use std::collections::HashMap;
use std::path::Path;

const TENANT: Column = Column::required("tenant", "租户");
const WHAT: Column = Column::required("what", "事项");
const CUSTOMER: Column = Column::optional("customer", "客户");
const CONVERSATION: Column = Column::optional("conversation", "会话");
const REFERENCE: Column = Column::optional("reference", "编号");
const ENDED: Column = Column::required("ended", "终止日期");
const SOURCE: Column = Column::optional("source", "来源");
const COLUMNS: [Column; 7] = [TENANT, WHAT, CUSTOMER, CONVERSATION, REFERENCE, ENDED, SOURCE];

/// Words of the column `what`.
const WHATS: [(&str, &str, Ended); 4] = [
    (Ended::Relationship.name(), "业务关系", Ended::Relationship),
    (Ended::Contract.name(), "合同", Ended::Contract),
    (Ended::Product.name(), "产品", Ended::Product),
    (Ended::Dispute.name(), "纠纷", Ended::Dispute),
];

/// Reads ends; `file` is the name that problems carry.
///
/// # Errors
/// Everything that is wrong with the file: bad lines, and lines that speak of the same thing.
pub fn read(file: &Path, bytes: &[u8]) -> Result<Vec<Ending>, Problems> {
    let mut rows: Vec<Ending> = Vec::new();
    let mut lines: HashMap<(String, Concerns, Ended, String), usize> = HashMap::new();
    let mut problems = table::read(file, bytes, &COLUMNS, |row| {
        let Some(ending) = read_row(row) else { return };
        let about = (
            ending.tenant.clone(),
            ending.of.clone(),
            ending.what,
            ending.reference.clone(),
        );
        if let Some(first) = lines.insert(about, row.line) {
            row.problem(
                REFERENCE,
                &format!("and all before it are those of line {first}: tell the two apart, or leave one out"),
            );
        }
        rows.push(ending);
    });
    if problems.is_empty() && rows.is_empty() {
        problems.push(Problem::in_file(file, "no line below the headings: nothing ends"));
    }
    if problems.is_empty() {
        Ok(rows)
    } else {
        Err(Problems(problems))
    }
}

fn read_row(row: &mut Row<'_>) -> Option<Ending> {
    // All of them are asked, so that all that is wrong with a line is told.
    let (tenant, what) = (row.id(TENANT), row.word(WHAT, &WHATS));
    let of = read_of(row);
    let (reference, source) = (row.text(REFERENCE), row.text(SOURCE));
    let on = row.day(ENDED);
    let is_read = on.is_some() || row.cell(ENDED).is_empty();
    Some(Ending {
        tenant: tenant?,
        of: of?,
        what: what?,
        reference: reference?,
        on,
        source: source?,
    })
    .filter(|_| is_read)
}

/// A customer or a conversation, and not both.
fn read_of(row: &mut Row<'_>) -> Option<Concerns> {
    match (row.cell(CUSTOMER).is_empty(), row.cell(CONVERSATION).is_empty()) {
        (false, true) => row.account(CUSTOMER).map(Concerns::Customer),
        (true, false) => row.account(CONVERSATION).map(Concerns::Conversation),
        (is_empty, _) => {
            let told = if is_empty {
                "is empty, and so is `conversation`: say whose messages the line concerns"
            } else {
                "and `conversation` are both given: say one of them, on a line each"
            };
            row.problem(CUSTOMER, told);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    fn read_text(text: &str) -> Result<Vec<Ending>, Vec<String>> {
        read(Path::new("a.csv"), text.as_bytes()).map_err(|error| error.0.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn headings_and_words_may_be_chinese() {
        let english = "tenant,what,customer,conversation,reference,ended,source\n\
                       bank,contract,wecom:wo_1,,C-1,2026-06-30,core\n\
                       bank,dispute,,wecom:g:1,,,\n";
        let chinese = "租户,事项,客户,会话,编号,终止日期,来源\n\
                       bank,合同,wecom:wo_1,,C-1,2026/6/30,core\n\
                       bank,纠纷,,wecom:g:1,,,\n";
        let rows = read_text(english).unwrap();
        assert_eq!(read_text(chinese).unwrap(), rows);
        assert_eq!(rows[0].on, Some("2026-06-30".parse().unwrap()));
        assert_eq!(
            (rows[1].of.to_string(), rows[1].on),
            ("conversation wecom:g:1".to_owned(), None)
        );
    }

    #[test]
    fn every_bad_line_is_told_with_its_place_and_value() {
        let table = [
            (
                "bank,loan,w:a,,,2026-01-31\n",
                "a.csv:2: `what` is \"loan\": expected relationship (业务关系) or contract (合同) or product (产品) or dispute (纠纷)",
            ),
            (
                "bank,contract,,,,2026-01-31\n",
                "a.csv:2: `customer` is empty, and so is `conversation`: say whose messages the line concerns",
            ),
            (
                "bank,contract,w:a,w:g,,2026-01-31\n",
                "a.csv:2: `customer` and `conversation` are both given: say one of them, on a line each",
            ),
            (
                "bank,contract,w:a,,,2026-02-30\n",
                "a.csv:2: `ended` is \"2026-02-30\": expected a day of the form 2026-01-31",
            ),
            (
                "bank,contract,w:a,,1,2026-01-31\nbank,contract,w:a,,1,2026-02-28\n",
                "a.csv:3: `reference` and all before it are those of line 2: tell the two apart, or leave one out",
            ),
        ];
        each_row(table, |(lines, told)| {
            let text = format!("tenant,what,customer,conversation,reference,ended\n{lines}");
            assert_eq!(read_text(&text).unwrap_err(), [told]);
        });
    }
}
