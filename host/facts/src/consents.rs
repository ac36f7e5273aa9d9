//! Statements of consent in CSV: one line for what somebody said of being archived, or was told of it.

use crate::table::{self, Column, Row, shown};
use proviso_model::consent::ConsentState;
use proviso_model::statement::{Statement, Whose};
use proviso_model::time::Zone;
use proviso_model::{Problem, Problems, Timestamp};
use std::path::Path;

const TENANT: Column = Column::required("tenant", "租户");
const ACCOUNT: Column = Column::optional("account", "账号");
const PERSON: Column = Column::optional("person", "工号");
const STATE: Column = Column::required("state", "状态");
const AT: Column = Column::required("at", "时间");
const SOURCE: Column = Column::optional("source", "来源");
const VERSION: Column = Column::optional("version", "版本");
const COLUMNS: [Column; 7] = [TENANT, ACCOUNT, PERSON, STATE, AT, SOURCE, VERSION];

/// Words of the column `state`.
const STATES: [(&str, &str, ConsentState); 5] = [
    (ConsentState::Agree.standing(), "同意", ConsentState::Agree),
    (ConsentState::Disagree.standing(), "不同意", ConsentState::Disagree),
    (
        ConsentState::DefaultAgree.standing(),
        "默认同意",
        ConsentState::DefaultAgree,
    ),
    (ConsentState::Unknown.standing(), "未知", ConsentState::Unknown),
    (ConsentState::Withdraw.standing(), "撤回", ConsentState::Withdraw),
];

/// Reads statements; `file` is the name that problems carry, days begin in `zone`.
///
/// # Errors
/// Everything that is wrong with the file; a statement of a moment behind `now` too.
pub fn read(file: &Path, bytes: &[u8], zone: &Zone, now: Timestamp) -> Result<Vec<Statement>, Problems> {
    let mut rows = Vec::new();
    let mut problems = table::read(file, bytes, &COLUMNS, |row| rows.extend(read_row(row, zone, now)));
    if problems.is_empty() && rows.is_empty() {
        problems.push(Problem::in_file(file, "no line below the headings: nothing is stated"));
    }
    if problems.is_empty() {
        Ok(rows)
    } else {
        Err(Problems(problems))
    }
}

fn read_row(row: &mut Row<'_>, zone: &Zone, now: Timestamp) -> Option<Statement> {
    // All of them are asked, so that all that is wrong with a line is told.
    let tenant = row.id(TENANT);
    let whose = read_whose(row);
    let state = row.word(STATE, &STATES);
    let at = row.moment(AT, zone);
    if let Some(at) = at
        && at > now
    {
        let told = format!("is {}, which is to come: hand it in when it holds", shown(row.cell(AT)));
        row.problem(AT, &told);
        return None;
    }
    let (source, version) = (row.text(SOURCE), row.text(VERSION));
    Some(Statement {
        tenant: tenant?,
        whose: whose?,
        state: state?,
        at: at?,
        source: source?,
        version: version?,
    })
}

/// An account or a person, and not both.
fn read_whose(row: &mut Row<'_>) -> Option<Whose> {
    match (row.cell(ACCOUNT).is_empty(), row.cell(PERSON).is_empty()) {
        (true, false) => row.maybe_id(PERSON).map(Whose::Person),
        (false, true) => row.account(ACCOUNT).map(Whose::Account),
        (is_empty, _) => {
            let told = if is_empty {
                "is empty, and so is `person`: say of whom the line speaks"
            } else {
                "and `person` are both given: say of one of them, on a line each"
            };
            row.problem(ACCOUNT, told);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    fn read_text(text: &str) -> Result<Vec<Statement>, Vec<String>> {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let now = Timestamp::from_rfc3339("2026-06-30T12:00:00+08:00").unwrap();
        read(Path::new("a.csv"), text.as_bytes(), &zone, now)
            .map_err(|error| error.0.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn headings_and_words_may_be_chinese_and_a_day_begins_in_the_zone() {
        let english = "tenant,account,person,state,at,source,version\n\
                       bank,,1001,agreed,2026-01-05,intranet,v3\n\
                       bank,wecom:wo_1,,withdrawn,2026-02-01T09:30:00+08:00,form,\n";
        let chinese = "\u{feff}版本,租户,账号,工号,状态,时间,来源\r\n\
                       v3,bank,,1001,同意,2026/1/5,intranet\r\n\
                       ,bank,wecom:wo_1,,撤回,2026-02-01T01:30:00Z,form\r\n";
        let rows = read_text(english).unwrap();
        assert_eq!(read_text(chinese).unwrap(), rows);
        assert_eq!(rows[0].whose, Whose::Person("1001".to_owned()));
        assert_eq!(
            rows[0].at,
            Timestamp::from_rfc3339("2026-01-05T00:00:00+08:00").unwrap()
        );
        assert_eq!((rows[1].state, &*rows[1].version), (ConsentState::Withdraw, ""));
    }

    #[test]
    fn every_bad_line_is_told_with_its_place_and_value() {
        let expected_states = "expected agreed (同意) or disagreed (不同意) or default-agreed (默认同意) or unknown (未知) or withdrawn (撤回)";
        let table = [
            (
                "bank,,,agreed,2026-01-05",
                "a.csv:2: `account` is empty, and so is `person`: say of whom the line speaks".to_owned(),
            ),
            (
                "bank,w:a,1,agreed,2026-01-05",
                "a.csv:2: `account` and `person` are both given: say of one of them, on a line each".to_owned(),
            ),
            (
                "bank,wo_1,,agreed,2026-01-05",
                "a.csv:2: `account` is \"wo_1\": expected channel:identifier, as in wecom:zhang.wei".to_owned(),
            ),
            (
                "bank,,1,yes,2026-01-05",
                format!("a.csv:2: `state` is \"yes\": {expected_states}"),
            ),
            (
                "bank,,1,agreed,gestern",
                "a.csv:2: `at` is \"gestern\": expected a day of the form 2026-01-31, or a time with its zone"
                    .to_owned(),
            ),
            (
                "bank,,1,agreed,",
                "a.csv:2: `at` is empty: every line has one".to_owned(),
            ),
            (
                "bank,,1,agreed,2026-07-01",
                "a.csv:2: `at` is \"2026-07-01\", which is to come: hand it in when it holds".to_owned(),
            ),
        ];
        each_row(table, |(line, told)| {
            let problems = read_text(&format!("tenant,account,person,state,at\n{line}\n")).unwrap_err();
            assert_eq!(problems, [told]);
        });
        assert_eq!(
            read_text("tenant,state,at\n").unwrap_err(),
            ["a.csv: no line below the headings: nothing is stated"]
        );
    }
}
