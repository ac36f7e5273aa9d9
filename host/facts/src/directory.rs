//! The directory of employees in CSV: one line for what holds of a person over a time.

use crate::table::{self, Column, Row, is_account, shown};
use proviso_model::directory::{Account, Clash, Employment, PostClass, clashes};
use proviso_model::limits::{ACCOUNTS_PER_LINE_MAX, PROBLEMS_PER_FILE_MAX};
use proviso_model::{Problem, Problems};
use std::path::Path;

const TENANT: Column = Column::required("tenant", "租户");
const PERSON: Column = Column::required("person", "工号");
const ACCOUNTS: Column = Column::required("accounts", "账号");
const DEPARTMENT: Column = Column::required("department", "部门");
const POST: Column = Column::required("post", "岗位类别");
const MANAGER: Column = Column::optional("manager", "上级");
const FROM: Column = Column::optional("from", "生效日期");
const TO: Column = Column::optional("to", "失效日期");
const COLUMNS: [Column; 8] = [TENANT, PERSON, ACCOUNTS, DEPARTMENT, POST, MANAGER, FROM, TO];

/// Words of the column `post`.
const POSTS: [(&str, &str, PostClass); 2] = [
    ("ordinary", "普通", PostClass::Ordinary),
    ("sensitive", "敏感", PostClass::Sensitive),
];

/// Reads a directory; `file` is the name that problems carry.
///
/// # Errors
/// Everything that is wrong with the file: bad lines, and lines that contradict each other.
pub fn read(file: &Path, bytes: &[u8]) -> Result<Vec<Employment>, Problems> {
    let mut rows = Vec::new();
    let mut lines = Vec::new();
    let mut problems = table::read(file, bytes, &COLUMNS, |row| {
        let line = row.line;
        if let Some(employment) = read_row(row) {
            rows.push(employment);
            lines.push(line);
        }
    });
    if problems.is_empty() && rows.is_empty() {
        problems.push(Problem::in_file(
            file,
            "no line below the headings: a directory names somebody",
        ));
    }
    // Lines that could not be read are missing, and would be missed.
    if problems.is_empty() {
        let clashes = clashes(&rows);
        let (these, more) = clashes.split_at(clashes.len().min(PROBLEMS_PER_FILE_MAX));
        problems.extend(these.iter().map(|clash| told(file, &rows, &lines, clash)));
        if !more.is_empty() {
            problems.push(Problem::in_file(file, format!("{} problems more", more.len())));
        }
    }
    if problems.is_empty() {
        Ok(rows)
    } else {
        Err(Problems(problems))
    }
}

fn read_row(row: &mut Row<'_>) -> Option<Employment> {
    // All of them are asked, so that all that is wrong with a line is told.
    let (tenant, person) = (row.id(TENANT), row.id(PERSON));
    let accounts = read_accounts(row);
    let (department, post) = (row.id(DEPARTMENT), row.word(POST, &POSTS));
    let manager = row.maybe_id(MANAGER);
    let (from, to) = (row.day(FROM), row.day(TO));
    let is_read = |column: Column, read: bool, row: &Row<'_>| read || row.cell(column).is_empty();
    let whole = is_read(MANAGER, manager.is_some(), row)
        && is_read(FROM, from.is_some(), row)
        && is_read(TO, to.is_some(), row);
    Some(Employment {
        tenant: tenant?,
        person: person?,
        from,
        to,
        accounts: accounts?,
        department: department?,
        post: post?,
        manager,
    })
    .filter(|_| whole)
}

/// Accounts, divided by spaces or semicolons of either width.
fn read_accounts(row: &mut Row<'_>) -> Option<Vec<Account>> {
    let cell = row.cell(ACCOUNTS).to_owned();
    let parts = cell.split([' ', ';', '；', '\u{3000}']).filter(|part| !part.is_empty());
    let mut accounts: Vec<Account> = Vec::new();
    for part in parts {
        match part.parse::<Account>() {
            Ok(account) if is_account(&account) => {
                if !accounts.contains(&account) {
                    accounts.push(account);
                }
                if accounts.len() > ACCOUNTS_PER_LINE_MAX {
                    let told = format!("has over {ACCOUNTS_PER_LINE_MAX}: expected the identifiers of one person");
                    row.problem(ACCOUNTS, &told);
                    return None;
                }
            }
            _ => {
                let told = format!(
                    "has {}: expected channel:identifier, as in wecom:zhang.wei",
                    shown(part)
                );
                row.problem(ACCOUNTS, &told);
                return None;
            }
        }
    }
    if accounts.is_empty() {
        row.problem(
            ACCOUNTS,
            "is empty: name the person's identifier in each channel, as in wecom:zhang.wei",
        );
        return None;
    }
    accounts.sort_unstable();
    Some(accounts)
}

fn told(file: &Path, rows: &[Employment], lines: &[usize], clash: &Clash) -> Problem {
    let row = &rows[clash.row()];
    let message = match clash {
        Clash::Empty { .. } => {
            let day = |day: Option<proviso_model::time::Day>| day.map_or_else(String::new, |day| day.to_string());
            format!(
                "`to` is {} and `from` {}: expected a later day, the first on which it holds no more",
                day(row.to),
                day(row.from)
            )
        }
        Clash::Person { other, .. } => format!(
            "`person` {} has line {} over the same time: end one on the day on which the other begins",
            shown(&row.person),
            lines[*other]
        ),
        Clash::Account { other, account, .. } => format!(
            "`accounts` has {}, which is that of {} on line {} over the same time",
            shown(&row.accounts[*account].to_string()),
            shown(&rows[*other].person),
            lines[*other]
        ),
        Clash::Manager { .. } => {
            let manager = row.manager.as_deref().unwrap_or_default();
            format!(
                "`manager` is {}: expected the `person` of another line of the tenant, or nothing at the top",
                shown(manager)
            )
        }
    };
    Problem::on_line(file, lines[clash.row()], message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    const HEAD: &str = "tenant,person,accounts,department,post,manager,from,to\n";

    fn problems(text: &str) -> Vec<String> {
        let error = read(Path::new("a.csv"), text.as_bytes()).unwrap_err();
        error.0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn headings_and_words_may_be_chinese() {
        let english = "tenant,person,accounts,department,post,manager,from,to\n\
                       银行,1001,wecom:zhang.wei mail:zw@bank.cn,财富管理部,sensitive,1002,2026-01-01,2026-07-01\n\
                       银行,1002,wecom:li.na,财富管理部,ordinary,,,\n";
        let chinese = "\u{feff}工号,租户,部门,岗位类别,账号,生效日期,失效日期,上级\r\n\
                       1001,银行,财富管理部,敏感,wecom:zhang.wei；mail:zw@bank.cn,2026/1/1,2026/7/1,1002\r\n\
                       1002,银行,财富管理部,普通,wecom:li.na,,,\r\n";
        let rows = read(Path::new("a.csv"), english.as_bytes()).unwrap();
        assert_eq!(read(Path::new("b.csv"), chinese.as_bytes()).unwrap(), rows);
        assert_eq!((rows[0].post, rows[0].accounts.len()), (PostClass::Sensitive, 2));
        assert_eq!(rows[1].manager, None);
    }

    #[test]
    fn every_bad_line_is_told_with_its_place_and_value() {
        let long = "长".repeat(40);
        let cut = "长".repeat(21);
        let table = [
            (
                ",1,w:a,d,ordinary,,,",
                vec!["a.csv:2: `tenant` is empty: every line has one".to_owned()],
            ),
            (
                "t,1,zhang.wei,d,ordinary,,,",
                vec![
                    "a.csv:2: `accounts` has \"zhang.wei\": expected channel:identifier, as in wecom:zhang.wei"
                        .to_owned(),
                ],
            ),
            (
                &format!("t,1,w:a,d,{long},,2026-02-30,x"),
                vec![
                    format!("a.csv:2: `post` is \"{cut}\": expected ordinary (普通) or sensitive (敏感)"),
                    "a.csv:2: `from` is \"2026-02-30\": expected a day of the form 2026-01-31".to_owned(),
                    "a.csv:2: `to` is \"x\": expected a day of the form 2026-01-31".to_owned(),
                ],
            ),
            (
                "t,1,w:a,d,ordinary,,,,9",
                vec!["a.csv:2: 9 cells: the headings name 8 columns".to_owned()],
            ),
        ];
        each_row(table, |(line, expected)| {
            assert_eq!(problems(&format!("{HEAD}{line}\n")), expected);
        });
    }

    #[test]
    fn lines_that_contradict_each_other_are_told() {
        let table = [
            (
                "t,1,w:a,d,ordinary,,2026-02-01,2026-02-01\n",
                "a.csv:2: `to` is 2026-02-01 and `from` 2026-02-01: expected a later day, the first on which it holds no more",
            ),
            (
                "t,1,w:a,d,ordinary,,,2026-02-01\nt,1,w:a,e,ordinary,,2026-01-31,\n",
                "a.csv:3: `person` \"1\" has line 2 over the same time: end one on the day on which the other begins",
            ),
            (
                "t,1,w:a,d,ordinary,,,\nt,2,w:b w:a,d,ordinary,,,\n",
                "a.csv:3: `accounts` has \"w:a\", which is that of \"1\" on line 2 over the same time",
            ),
            (
                "t,1,w:a,d,ordinary,2,,\nu,2,w:a,d,ordinary,,,\n",
                "a.csv:2: `manager` is \"2\": expected the `person` of another line of the tenant, or nothing at the top",
            ),
        ];
        each_row(table, |(lines, expected)| {
            assert_eq!(problems(&format!("{HEAD}{lines}")), [expected]);
        });
        // One ends on the day on which the other begins.
        let next =
            format!("{HEAD}t,1,w:a,d,ordinary,,,2026-02-01\nt,1,w:a,e,ordinary,,2026-02-01,\nt,2,w:b,d,ordinary,1,,\n");
        assert_eq!(read(Path::new("a.csv"), next.as_bytes()).unwrap().len(), 3);
    }

    #[test]
    fn a_person_has_so_many_accounts() {
        let line = |count: usize| {
            let accounts: Vec<String> = (0..count).map(|number| format!("w:{number}")).collect();
            format!("{HEAD}t,1,{} w:0,d,ordinary,,,\n", accounts.join(";"))
        };
        let rows = read(Path::new("a.csv"), line(64).as_bytes()).unwrap();
        assert_eq!(rows[0].accounts.len(), ACCOUNTS_PER_LINE_MAX);
        let told = ["a.csv:2: `accounts` has over 64: expected the identifiers of one person"];
        assert_eq!(problems(&line(65)), told);
        assert_eq!(problems(&line(1_000_000)), told);
    }

    #[test]
    fn of_many_contradictions_the_first_are_told_and_the_others_counted() {
        let text = format!("{HEAD}{}", "t,1,w:a,d,ordinary,,,\n".repeat(PROBLEMS_PER_FILE_MAX + 3));
        let told = problems(&text);
        assert_eq!(told.len(), PROBLEMS_PER_FILE_MAX + 1);
        assert!(
            told[0].starts_with("a.csv:3: `person` \"1\" has line 2 "),
            "{}",
            told[0]
        );
        assert_eq!(told[PROBLEMS_PER_FILE_MAX], "a.csv: 2 problems more");
    }

    #[test]
    fn a_file_that_is_no_directory_is_refused() {
        assert_eq!(
            problems("tenant,persn,accounts,department,post\n"),
            [
                "a.csv:1: no column is called \"persn\": is `person` meant?",
                "a.csv:1: the column `person` (工号) is missing"
            ]
        );
        assert_eq!(
            problems(HEAD),
            ["a.csv: no line below the headings: a directory names somebody"]
        );
        let gbk = [HEAD.as_bytes(), b"t,1,w:a,\xb2\xc6\xb8\xbb,ordinary,,,\n"].concat();
        let error = read(Path::new("a.csv"), &gbk).unwrap_err().to_string();
        assert!(error.contains("a.csv:2: is not UTF-8: save the file anew"), "{error}");
    }
}
