//! A table in CSV: its columns found by their headings, its cells asked for by column.

use csv::{ErrorKind, Position, ReaderBuilder, StringRecord, Trim};
use proviso_model::directory::Account;
use proviso_model::limits::{HTTP_BODY_BYTES_MAX, ID_BYTES_MAX, PROBLEMS_PER_FILE_MAX};
use proviso_model::spelling::nearest;
use proviso_model::time::{Day, Zone};
use proviso_model::{Problem, Timestamp};
use std::path::Path;

/// Bytes of a value that a problem quotes.
const SHOWN_BYTES_MAX: usize = 64;
/// What a file may have at its beginning to say that it is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A column: its heading, the same in Chinese, and whether a file may be without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) chinese: &'static str,
    pub(crate) required: bool,
}

impl Column {
    pub(crate) const fn required(name: &'static str, chinese: &'static str) -> Self {
        Self {
            name,
            chinese,
            required: true,
        }
    }

    pub(crate) const fn optional(name: &'static str, chinese: &'static str) -> Self {
        Self {
            name,
            chinese,
            required: false,
        }
    }
}

/// One line of a table, and what is wrong with it.
pub(crate) struct Row<'a> {
    pub(crate) line: usize,
    cells: &'a StringRecord,
    columns: &'a [(Column, Option<usize>)],
    file: &'a Path,
    problems: &'a mut Vec<Problem>,
}

impl Row<'_> {
    /// What stands in a column, without the space around it; empty where the file has no such column.
    pub(crate) fn cell(&self, column: Column) -> &str {
        let place = self.columns.iter().find(|(known, _)| *known == column);
        let place = place.and_then(|(_, place)| *place);
        place.and_then(|place| self.cells.get(place)).unwrap_or_default()
    }

    /// An identifier: 1 to 256 bytes without control characters.
    pub(crate) fn id(&mut self, column: Column) -> Option<String> {
        let id = self.maybe_id(column);
        if id.is_none() && self.cell(column).is_empty() {
            self.problem(column, "is empty: every line has one");
        }
        id
    }

    /// The same where a cell may be empty.
    pub(crate) fn maybe_id(&mut self, column: Column) -> Option<String> {
        let id = self.cell(column).to_owned();
        if id.is_empty() {
            return None;
        }
        if is_id(&id) {
            return Some(id);
        }
        let told = format!(
            "is {}: expected 1 to {ID_BYTES_MAX} bytes without control characters",
            shown(&id)
        );
        self.problem(column, &told);
        None
    }

    /// A day, where there is one. A file of a spreadsheet may write it with slashes.
    pub(crate) fn day(&mut self, column: Column) -> Option<Day> {
        let text = self.cell(column);
        if text.is_empty() {
            return None;
        }
        let day = read_day(text);
        if day.is_none() {
            let told = format!("is {}: expected a day of the form 2026-01-31", shown(text));
            self.problem(column, &told);
        }
        day
    }

    /// A moment: a day, which begins in `zone`, or a time with its zone.
    pub(crate) fn moment(&mut self, column: Column, zone: &Zone) -> Option<Timestamp> {
        let text = self.cell(column);
        if text.is_empty() {
            self.problem(column, "is empty: every line has one");
            return None;
        }
        let day = read_day(text).map(|day| zone.start_of(day));
        let moment = day.or_else(|| Timestamp::from_rfc3339(text).ok());
        if moment.is_none() {
            let told = format!(
                "is {}: expected a day of the form 2026-01-31, or a time with its zone",
                shown(text)
            );
            self.problem(column, &told);
        }
        moment
    }

    /// An identifier in a channel.
    pub(crate) fn account(&mut self, column: Column) -> Option<Account> {
        let cell = self.cell(column);
        let account = cell.parse::<Account>().ok().filter(is_account);
        if account.is_none() {
            let told = format!("is {}: expected channel:identifier, as in wecom:zhang.wei", shown(cell));
            self.problem(column, &told);
        }
        account
    }

    /// A word of people, which may be empty: at most 256 bytes without control characters.
    pub(crate) fn text(&mut self, column: Column) -> Option<String> {
        if self.cell(column).is_empty() {
            return Some(String::new());
        }
        self.maybe_id(column)
    }

    /// One of a few words, in English or Chinese.
    pub(crate) fn word<T: Copy>(&mut self, column: Column, words: &[(&str, &str, T)]) -> Option<T> {
        let text = self.cell(column);
        let found = words
            .iter()
            .find(|(name, chinese, _)| text == *name || text == *chinese);
        if found.is_none() {
            let expected: Vec<String> = words
                .iter()
                .map(|(name, chinese, _)| format!("{name} ({chinese})"))
                .collect();
            let told = format!("is {}: expected {}", shown(text), expected.join(" or "));
            self.problem(column, &told);
        }
        found.map(|(.., word)| *word)
    }

    /// Tells what is wrong with a cell.
    pub(crate) fn problem(&mut self, column: Column, told: &str) {
        let message = format!("`{}` {told}", column.name);
        self.problems.push(Problem::on_line(self.file, self.line, message));
    }
}

/// A day as it is written, or with slashes and without leading zeros: `2026-01-31`, `2026/1/31`.
pub(crate) fn read_day(text: &str) -> Option<Day> {
    if let Ok(day) = text.parse() {
        return Some(day);
    }
    let mut parts = text.split('/');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || year.len() != 4 || ![year, month, day].into_iter().all(digits) {
        return None;
    }
    format!("{year}-{month:0>2}-{day:0>2}").parse().ok()
}

/// True if both parts are identifiers.
pub(crate) fn is_account(account: &Account) -> bool {
    is_id(&account.channel) && is_id(&account.id)
}

fn is_id(text: &str) -> bool {
    text.len() <= ID_BYTES_MAX && !text.contains(char::is_control)
}

/// A value as a problem quotes it.
pub(crate) fn shown(text: &str) -> String {
    format!("{:?}", &text[..text.floor_char_boundary(SHOWN_BYTES_MAX)])
}

/// Reads every line below the headings. Problems are those of the file and those that `take` tells.
pub(crate) fn read(file: &Path, bytes: &[u8], columns: &[Column], mut take: impl FnMut(&mut Row<'_>)) -> Vec<Problem> {
    if bytes.len() > HTTP_BODY_BYTES_MAX {
        let message = format!(
            "{} bytes: a file of facts has at most {HTTP_BODY_BYTES_MAX}",
            bytes.len()
        );
        return vec![Problem::in_file(file, message)];
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(bytes);
    let mut lines = Lines::new(bytes);
    let headings = match reader.headers() {
        Ok(headings) => headings.clone(),
        Err(error) => return vec![broken(file, lines.line_at(error.position()), &error)],
    };
    let mut problems = Vec::new();
    let line = lines.line_at(headings.position());
    let places = places(file, line, &headings, columns, &mut problems);
    if !problems.is_empty() {
        return problems;
    }
    let mut cells = StringRecord::new();
    while problems.len() < PROBLEMS_PER_FILE_MAX {
        match reader.read_record(&mut cells) {
            Ok(false) => return problems,
            Ok(true) => {}
            Err(error) => {
                problems.push(broken(file, lines.line_at(error.position()), &error));
                return problems;
            }
        }
        let line = lines.line_at(cells.position());
        if cells.len() != headings.len() {
            let mut message = format!("{} cells: the headings name {} columns", cells.len(), headings.len());
            if cells.iter().any(|cell| cell.contains(['\n', '\r'])) {
                message.push_str("; one goes over several lines: is its last quotation mark missing?");
            }
            problems.push(Problem::on_line(file, line, message));
            continue;
        }
        take(&mut Row {
            line,
            cells: &cells,
            columns: &places,
            file,
            problems: &mut problems,
        });
    }
    let message = format!("{PROBLEMS_PER_FILE_MAX} problems: what is behind them was not looked at");
    problems.push(Problem::in_file(file, message));
    problems
}

/// The lines of a file, counted once from its beginning to its end.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1 }
    }

    /// The line on which the record begins that the reader met at `position`, no earlier than the one before. The reader's own position
    /// is where the record before ended: what is left of its line's end, and empty lines, stand between.
    fn line_at(&mut self, position: Option<&Position>) -> usize {
        let met = position.map_or(self.at, |position| position.byte() as usize);
        while let Some(byte) = self.bytes.get(self.at) {
            let ends_line = match byte {
                b'\n' => true,
                b'\r' => self.bytes.get(self.at + 1) != Some(&b'\n'),
                _ if self.at >= met => break,
                _ => false,
            };
            self.line += usize::from(ends_line);
            self.at += 1;
        }
        self.line
    }
}

/// Where each column stands. A heading that is no column is a problem, as is a column that is missing or there twice.
fn places(
    file: &Path,
    line: usize,
    headings: &StringRecord,
    columns: &[Column],
    problems: &mut Vec<Problem>,
) -> Vec<(Column, Option<usize>)> {
    let mut problem = |message: String| problems.push(Problem::on_line(file, line, message));
    let mut places: Vec<(Column, Option<usize>)> = columns.iter().map(|column| (*column, None)).collect();
    if headings.is_empty() {
        problem("the file is empty: expected a line of headings".to_owned());
        return places;
    }
    if let Some(other) = headings
        .get(0)
        .filter(|_| headings.len() == 1)
        .and_then(|one| one.find([';', '\t']))
    {
        let other = &headings[0][other..=other];
        problem(format!("the headings are divided by {other:?}: expected commas"));
        return places;
    }
    if headings.len() > PROBLEMS_PER_FILE_MAX {
        problem(format!(
            "{} columns: a file of facts of this kind has {}",
            headings.len(),
            columns.len()
        ));
        return places;
    }
    for (place, heading) in headings.iter().enumerate() {
        let known = places
            .iter_mut()
            .find(|(column, _)| heading == column.name || heading == column.chinese);
        match known {
            Some((_, found @ None)) => *found = Some(place),
            Some((column, Some(_))) => problem(format!("the column `{}` is there twice", column.name)),
            None => {
                let names = columns.iter().flat_map(|column| [column.name, column.chinese]);
                let meant = nearest(heading, names).map_or_else(String::new, |name| format!(": is `{name}` meant?"));
                problem(format!("no column is called {}{meant}", shown(heading)));
            }
        }
    }
    for (column, place) in &places {
        if column.required && place.is_none() {
            problem(format!("the column `{}` ({}) is missing", column.name, column.chinese));
        }
    }
    places
}

/// A file that is no table. Its content is not told.
fn broken(file: &Path, line: usize, error: &csv::Error) -> Problem {
    let why = match error.kind() {
        ErrorKind::Utf8 { .. } => {
            "is not UTF-8: save the file anew as \"CSV UTF-8\", since a spreadsheet's plain CSV is often GBK".to_owned()
        }
        _ => "is no line of CSV".to_owned(),
    };
    Problem::on_line(file, line, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    const COLUMNS: [Column; 2] = [Column::required("one", "一"), Column::required("day", "日")];

    fn told(bytes: &[u8]) -> Vec<String> {
        let problems = read(Path::new("a.csv"), bytes, &COLUMNS, |row| {
            row.day(COLUMNS[1]);
        });
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_problem_is_told_with_the_line_on_which_an_editor_shows_it() {
        let day = |line| format!("a.csv:{line}: `day` is \"x\": expected a day of the form 2026-01-31");
        let table = [
            ("one,day\n1,\n2,x\n", vec![day(3)]),
            ("one,day\r\n1,\r\n2,x\r\n3,\r\n4,x", vec![day(3), day(5)]),
            ("\u{feff}one,day\r\n\r\n\r\n1,\r\n\r\n2,x\r\n", vec![day(6)]),
            ("\n\none,day\n\n1,x\n", vec![day(5)]),
            // A line's end within a cell; the lone one of an old system.
            ("one,day\r\n\"1\r\n\n\",\r\n2,x\r\n", vec![day(5)]),
            ("one,day\r1,\r2,x\r", vec![day(3)]),
            ("", vec!["a.csv:1: the file is empty: expected a line of headings".to_owned()]),
            (
                "one;day\n1;2\n",
                vec!["a.csv:1: the headings are divided by \";\": expected commas".to_owned()],
            ),
            (
                "one,day\n1,\n\"2,\n3,\n4,",
                vec![
                    "a.csv:3: 1 cells: the headings name 2 columns; one goes over several lines: is its last quotation mark missing?"
                        .to_owned(),
                ],
            ),
            (
                "\r\none,day,three\r\n",
                vec!["a.csv:2: no column is called \"three\"".to_owned()],
            ),
            (
                "one,day\r\n\r\n1,,\r\n2\r\n",
                vec![
                    "a.csv:3: 3 cells: the headings name 2 columns".to_owned(),
                    "a.csv:4: 1 cells: the headings name 2 columns".to_owned(),
                ],
            ),
        ];
        each_row(table, |(text, expected)| assert_eq!(told(text.as_bytes()), expected));
    }

    #[test]
    fn bytes_that_are_no_text_are_told_with_their_line() {
        let table: [(&[u8], usize); 3] = [
            (b"one,day\r\n\r\n1,\r\n\r\n\xb2\xc6,\r\n", 5),
            (b"\n\xb2\xc6,day\n1,\n", 2),
            (b"\xff\xfeo\0n\0e\0", 1),
        ];
        each_row(table, |(bytes, line)| {
            let told = told(bytes);
            assert!(told[0].starts_with(&format!("a.csv:{line}: is not UTF-8")), "{told:?}");
            assert_eq!(told.len(), 1);
        });
    }

    #[test]
    fn problems_of_a_file_are_told_up_to_a_number() {
        let table = ["1\n", "1,x\n"];
        each_row(table, |line| {
            let told = told(format!("one,day\n{}", line.repeat(PROBLEMS_PER_FILE_MAX + 1)).as_bytes());
            assert_eq!(told.len(), PROBLEMS_PER_FILE_MAX + 1);
            assert_eq!(
                told[PROBLEMS_PER_FILE_MAX],
                "a.csv: 1000 problems: what is behind them was not looked at"
            );
        });
        let told = told(format!("one{}\n", ",x".repeat(PROBLEMS_PER_FILE_MAX)).as_bytes());
        assert_eq!(told, ["a.csv:1: 1001 columns: a file of facts of this kind has 2"]);
    }
}
