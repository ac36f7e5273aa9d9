//! The pattern file: one named regular expression a line.

use crate::lexicon::lines;
use crate::required;
use proviso_model::Problem;
use proviso_model::id::is_name;
use proviso_model::limits::{PATTERN_BYTES_MAX, PATTERNS_MAX, PROBLEMS_PER_FILE_MAX};
use regex_automata::meta;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;
use std::collections::HashMap;
use std::path::Path;

/// The compiled program of one pattern, in bytes, at most.
pub const PROGRAM_BYTES_MAX: usize = 4 << 20;
/// The compiled programs of one file, in bytes, at most; one more may come on top.
pub const PROGRAMS_BYTES_MAX: usize = 64 << 20;
/// Nesting of groups and repetitions in one pattern, at most.
const NEST_MAX: u32 = 64;

/// Named regular expressions, compiled.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    /// In the order of the file, 0-1,000, with different names.
    pub patterns: Vec<Pattern>,
}

impl Patterns {
    /// The compiled programs, in bytes.
    pub fn program_bytes(&self) -> usize {
        let programs = self.patterns.iter().map(|pattern| pattern.compiled.memory_usage());
        programs.sum()
    }
}

/// One line of a pattern file.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// 1-64 bytes of `a-z 0-9 -`.
    pub name: String,
    /// The expression as written, in the syntax of the crate `regex`.
    pub regex: String,
    /// From 1.
    pub line: u32,
    pub(crate) compiled: meta::Regex,
    pub(crate) hir: Hir,
}

/// Reads a pattern file: UTF-8 text, one `name<TAB>regex` a line; a line that begins with `#` is a comment.
///
/// The syntax is that of the crate `regex`, with Unicode on, and matching takes time linear in the text. White space
/// around the two fields is overlooked; an expression that begins or ends with some writes it as `\s` or `[ ]`.
/// Refused are a pattern that matches the empty string, one that can never match, one whose program takes more
/// than 4 MiB, and a file whose programs take more than 64 MiB together. `file` is only named in problems, all of which are reported at once.
pub fn parse(file: &Path, text: &str) -> Result<Patterns, Vec<Problem>> {
    let mut patterns = Patterns::default();
    let mut problems = Vec::new();
    let mut names: HashMap<String, u32> = HashMap::new();
    let mut program_bytes = 0;
    for (line, content) in lines(text) {
        if patterns.patterns.len() == PATTERNS_MAX {
            let message = format!("more than {PATTERNS_MAX} patterns: split the file");
            problems.push(Problem::on_line(file, line as usize, message));
            break;
        }
        if program_bytes > PROGRAMS_BYTES_MAX {
            let message =
                format!("the expressions above take more than {PROGRAMS_BYTES_MAX} bytes as programs: repeat less");
            problems.push(Problem::on_line(file, line as usize, message));
            break;
        }
        if problems.len() == PROBLEMS_PER_FILE_MAX {
            problems.push(Problem::on_line(file, line as usize, "not read from here on"));
            break;
        }
        match parse_line(line, content, &mut program_bytes) {
            Ok(pattern) => {
                if let Some(first) = names.get(&pattern.name) {
                    let message = format!("name {:?} is taken by line {first}", pattern.name);
                    problems.push(Problem::on_line(file, line as usize, message));
                } else {
                    names.insert(pattern.name.clone(), line);
                    patterns.patterns.push(pattern);
                }
            }
            Err(message) => problems.push(Problem::on_line(file, line as usize, message)),
        }
    }
    if problems.is_empty() {
        Ok(patterns)
    } else {
        Err(problems)
    }
}

/// `program_bytes` grows by what compiling the line took.
fn parse_line(line: u32, content: &str, program_bytes: &mut usize) -> Result<Pattern, String> {
    let Some((name, regex)) = content.split_once('\t') else {
        return Err(format!(
            "{:?} has no tab: a line is a name, a tab and a regular expression",
            content.trim()
        ));
    };
    let (name, regex) = (name.trim(), regex.trim());
    if !is_name(name) {
        return Err(format!("name {name:?} is not 1-64 of the characters a-z, 0-9 and -"));
    }
    if regex.len() > PATTERN_BYTES_MAX {
        return Err(format!(
            "the expression has {} bytes, at most {PATTERN_BYTES_MAX} are allowed",
            regex.len()
        ));
    }
    let hir = ParserBuilder::new()
        .nest_limit(NEST_MAX)
        .build()
        .parse(regex)
        .map_err(|error| explain(regex, &error))?;
    match hir.properties().minimum_len() {
        Some(0) => return Err(format!("{regex:?} matches the empty string: it would match everywhere")),
        None => return Err(format!("{regex:?} can never match")),
        Some(_) => {}
    }
    let compiled = required::compile(&hir, PROGRAM_BYTES_MAX).map_err(|error| match error.size_limit() {
        Some(limit) => {
            *program_bytes += limit;
            format!("{regex:?} takes more than {limit} bytes as a program: repeat less")
        }
        None => format!("{regex:?} cannot be compiled: {error}"),
    })?;
    *program_bytes += compiled.memory_usage();
    Ok(Pattern {
        name: name.to_owned(),
        regex: regex.to_owned(),
        line,
        compiled,
        hir,
    })
}

/// What the parser says, and where in the expression, in one line.
fn explain(regex: &str, error: &regex_syntax::Error) -> String {
    let (what, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
        _ => return format!("{regex:?} is not a regular expression"),
    };
    let column = regex
        .get(..span.start.offset)
        .map_or(1, |before| before.chars().count() + 1);
    format!("{regex:?}, character {column}: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        parse(Path::new("p.txt"), text)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn names_and_expressions_are_read() {
        let text = "\u{feff}# 手机\nmobile\t1[3-9][0-9]{9} \r\n\r\ncard\t\\d{16}\t# not a comment\n";
        let patterns = parse(Path::new("p.txt"), text).unwrap().patterns;
        let fields: Vec<_> = patterns
            .iter()
            .map(|p| (p.name.as_str(), p.regex.as_str(), p.line))
            .collect();
        assert_eq!(
            fields,
            [("mobile", "1[3-9][0-9]{9}", 2), ("card", "\\d{16}\t# not a comment", 4)]
        );
        assert!(parse(Path::new("p.txt"), "# nothing\n").unwrap().patterns.is_empty());
    }

    #[test]
    fn every_problem_is_reported_with_its_line_and_place() {
        let text = format!(
            "no tab here\nUpper\tx\na\tx\na\ty\nb\t保(本\nc\tx*\nd\t\\bx?\ne\t[a&&b]\nf\t\\w{{1000}}\ng\t{}\nh\t(?=x)y\n",
            "x".repeat(4097)
        );
        assert_eq!(
            problems(&text),
            [
                "p.txt:1: \"no tab here\" has no tab: a line is a name, a tab and a regular expression",
                "p.txt:2: name \"Upper\" is not 1-64 of the characters a-z, 0-9 and -",
                "p.txt:4: name \"a\" is taken by line 3",
                "p.txt:5: \"保(本\", character 2: unclosed group",
                "p.txt:6: \"x*\" matches the empty string: it would match everywhere",
                "p.txt:7: \"\\\\bx?\" matches the empty string: it would match everywhere",
                "p.txt:8: \"[a&&b]\" can never match",
                "p.txt:9: \"\\\\w{1000}\" takes more than 4194304 bytes as a program: repeat less",
                "p.txt:10: the expression has 4097 bytes, at most 4096 are allowed",
                "p.txt:11: \"(?=x)y\", character 1: look-around, including look-ahead and look-behind, is not supported",
            ]
        );
    }

    #[test]
    fn the_programs_of_a_file_are_limited_together() {
        // Of those that are too large, each takes its time as well.
        for (regex, from, to) in [(r"\w{30}x", 20, 100), (r"\w{1000}", 17, 19)] {
            let lines: Vec<String> = (0..PATTERNS_MAX).map(|n| format!("p{n}\t{regex}")).collect();
            let problems = problems(&lines.join("\n"));
            let last = problems.last().unwrap();
            let rest = last.strip_prefix("p.txt:").unwrap();
            let (line, rest) = rest.split_once(": ").unwrap();
            let line: usize = line.parse().unwrap();
            assert!(
                rest.starts_with("the expressions above take more than 67108864 bytes"),
                "{last}"
            );
            assert!((from..to).contains(&line), "{last}");
        }
    }

    #[test]
    fn problems_are_told_up_to_a_bound() {
        let problems = problems(&"no tab\n".repeat(PROBLEMS_PER_FILE_MAX + 10));
        assert_eq!(problems.len(), PROBLEMS_PER_FILE_MAX + 1);
        assert_eq!(problems[PROBLEMS_PER_FILE_MAX], "p.txt:1001: not read from here on");
    }

    #[test]
    fn patterns_are_limited() {
        let lines: Vec<String> = (0..=PATTERNS_MAX).map(|n| format!("p{n}\tx{n}")).collect();
        let text = lines.join("\n");
        assert_eq!(problems(&text), ["p.txt:1001: more than 1000 patterns: split the file"]);
    }
}
