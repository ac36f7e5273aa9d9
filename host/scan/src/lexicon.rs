//! The lexicon file: one term a line, with optional tags and a weight.

use proviso_chars::{self as chars, Class};
use proviso_model::Problem;
use proviso_model::limits::{LEXICON_TERMS_MAX, NAME_BYTES_MAX, PROBLEMS_PER_FILE_MAX, TERM_BYTES_MAX};
use std::collections::HashSet;
use std::path::Path;

/// Tags of one term.
const TAGS_MAX: usize = 16;

/// A list of terms as its file has them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lexicon {
    /// In the order of the file, 0-200,000, without duplicates.
    pub terms: Vec<Term>,
}

/// One line of a lexicon.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What to look for: 1-1,024 bytes, no tab, no white space at the ends.
    pub text: String,
    /// At most 16 of 1-64 bytes each, without duplicates, in the order of the file.
    pub tags: Vec<String>,
    /// Finite. What it means is for the policy to say.
    pub weight: Option<f64>,
    /// From 1.
    pub line: u32,
}

/// Reads a lexicon: UTF-8 text, one term a line, then optionally a tab and tags separated by commas, then optionally a
/// tab and a weight.
///
/// A line that begins with `#` is a comment. A byte order mark, `\r\n`, blank lines and white space around a field are
/// overlooked; a term that comes again is left out, whatever its tags. `file` is only named in problems, all of which
/// are reported at once.
pub fn parse(file: &Path, text: &str) -> Result<Lexicon, Vec<Problem>> {
    let mut lexicon = Lexicon::default();
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    for (line, content) in lines(text) {
        if problems.len() == PROBLEMS_PER_FILE_MAX {
            problems.push(Problem::on_line(file, line as usize, "not read from here on"));
            break;
        }
        let term = match parse_line(line, content) {
            Ok(term) => term,
            Err(message) => {
                problems.push(Problem::on_line(file, line as usize, message));
                continue;
            }
        };
        if !seen.insert(first_field(content)) {
            continue;
        }
        if lexicon.terms.len() == LEXICON_TERMS_MAX {
            let message = format!("more than {LEXICON_TERMS_MAX} terms: split the lexicon");
            problems.push(Problem::on_line(file, line as usize, message));
            break;
        }
        lexicon.terms.push(term);
    }
    if problems.is_empty() {
        Ok(lexicon)
    } else {
        Err(problems)
    }
}

/// The lines of a list file that mean something, numbered from 1: neither blank nor a comment.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty())
}

fn first_field(line: &str) -> &str {
    line.split('\t').next().unwrap_or_default().trim()
}

fn parse_line(line: u32, content: &str) -> Result<Term, String> {
    let text = first_field(content);
    let mut fields = content.split('\t').map(str::trim).skip(1);
    let tags = fields.next().unwrap_or_default();
    let weight = fields.next().unwrap_or_default();
    if let Some(more) = fields.find(|field| !field.is_empty()) {
        return Err(format!(
            "{more:?} is a fourth field: a line is a term, tags and a weight, separated by tabs"
        ));
    }
    if text.is_empty() {
        return Err("no term before the first tab".to_owned());
    }
    if is_invisible(text) {
        return Err(format!(
            "the term {} has nothing that can be seen: it would match where a text looks empty",
            text.escape_unicode().to_string().chars().take(64).collect::<String>()
        ));
    }
    if text.len() > TERM_BYTES_MAX {
        return Err(format!(
            "the term has {} bytes, at most {TERM_BYTES_MAX} are allowed",
            text.len()
        ));
    }
    Ok(Term {
        text: text.to_owned(),
        tags: parse_tags(tags)?,
        weight: parse_weight(weight)?,
        line,
    })
}

/// True of a text that consists of zero-width, default-ignorable and control characters alone: nobody can see what it is, or
/// that it was found.
pub fn is_invisible(text: &str) -> bool {
    text.chars().all(|c| chars::class(c) == Class::Invisible)
}

fn parse_tags(field: &str) -> Result<Vec<String>, String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in field.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if tag.len() > NAME_BYTES_MAX {
            return Err(format!(
                "tag {tag:?} has {} bytes, at most {NAME_BYTES_MAX} are allowed",
                tag.len()
            ));
        }
        if tag.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(format!(
                "tag {tag:?} is a number: a weight is the third field, behind a second tab"
            ));
        }
        if !tags.iter().any(|known| known == tag) {
            if tags.len() == TAGS_MAX {
                return Err(format!("more than {TAGS_MAX} tags"));
            }
            tags.push(tag.to_owned());
        }
    }
    Ok(tags)
}

fn parse_weight(field: &str) -> Result<Option<f64>, String> {
    if field.is_empty() {
        return Ok(None);
    }
    match field.parse::<f64>() {
        Ok(weight) if weight.is_finite() => Ok(Some(weight)),
        _ => Err(format!("weight {field:?} is not a number such as 0.5")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_problems_are_bounded() {
        let tags: Vec<String> = (0..100_000).map(|number| format!("t{number}")).collect();
        let text = |count: usize| format!("保本\t{}\n", tags[..count].join(","));
        assert!(parse(Path::new("l.txt"), &text(TAGS_MAX)).is_ok());
        let problems = parse(Path::new("l.txt"), &text(tags.len())).unwrap_err();
        assert_eq!(problems[0].to_string(), "l.txt:1: more than 16 tags");
        let problems = parse(Path::new("l.txt"), &".\ta\tb\tc\n".repeat(PROBLEMS_PER_FILE_MAX + 10)).unwrap_err();
        assert_eq!(problems.len(), PROBLEMS_PER_FILE_MAX + 1);
        assert_eq!(
            problems[PROBLEMS_PER_FILE_MAX].to_string(),
            "l.txt:1001: not read from here on"
        );
    }

    #[test]
    fn a_term_that_nobody_can_see_is_refused_with_its_line() {
        let text = "保本\n\u{200b}\n保\u{200b}息\n\u{200b}\u{2060}\ttag\n";
        let problems = parse(Path::new("l.txt"), text).unwrap_err();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "l.txt:2: the term \\u{200b} has nothing that can be seen: it would match where a text looks empty",
                "l.txt:4: the term \\u{200b}\\u{2060} has nothing that can be seen: it would match where a text looks empty",
            ]
        );
    }

    fn texts(text: &str) -> Vec<(String, u32)> {
        let lexicon = parse(Path::new("l.txt"), text).unwrap();
        lexicon.terms.into_iter().map(|term| (term.text, term.line)).collect()
    }

    fn problems(text: &str) -> Vec<String> {
        parse(Path::new("l.txt"), text)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn marks_comments_blank_lines_line_ends_and_duplicates_are_overlooked() {
        let text = "\u{feff}# 注释\r\n保本\r\n\r\n  稳赚 不赔 \t\r\n保本\tlater\r\n#x\r\n \u{3000}\r\nC#";
        assert_eq!(
            texts(text),
            [("保本".into(), 2), ("稳赚 不赔".into(), 4), ("C#".into(), 8)]
        );
        assert_eq!(texts("\u{feff}"), []);
    }

    #[test]
    fn tags_and_weights_are_optional() {
        let lexicon = parse(Path::new("l.txt"), "a\tx, y,,x\t0.5\nb\t\t-2\nc\t返现\n").unwrap();
        let fields: Vec<_> = lexicon
            .terms
            .iter()
            .map(|term| (term.tags.join("|"), term.weight))
            .collect();
        assert_eq!(
            fields,
            [
                ("x|y".into(), Some(0.5)),
                (String::new(), Some(-2.0)),
                ("返现".into(), None)
            ]
        );
    }

    #[test]
    fn every_problem_is_reported_with_its_line() {
        let long = "长".repeat(342);
        let text = format!(
            "a\tx\tmuch\n{long}\nb\t0.5\n\tx\nc\td\t1\te\nd\t\tinf\ne\t{}\n",
            "t".repeat(65)
        );
        assert_eq!(
            problems(&text),
            [
                "l.txt:1: weight \"much\" is not a number such as 0.5",
                "l.txt:2: the term has 1026 bytes, at most 1024 are allowed",
                "l.txt:3: tag \"0.5\" is a number: a weight is the third field, behind a second tab",
                "l.txt:4: no term before the first tab",
                "l.txt:5: \"e\" is a fourth field: a line is a term, tags and a weight, separated by tabs",
                "l.txt:6: weight \"inf\" is not a number such as 0.5",
                &format!(
                    "l.txt:7: tag \"{}\" has 65 bytes, at most 64 are allowed",
                    "t".repeat(65)
                ),
            ]
        );
    }

    #[test]
    fn terms_are_limited_and_duplicates_do_not_count() {
        let terms: Vec<String> = (0..LEXICON_TERMS_MAX).map(|n| format!("t{n}")).collect();
        let mut text = terms.join("\n") + "\n";
        text.push_str("t0\n");
        assert_eq!(texts(&text).len(), LEXICON_TERMS_MAX);
        text.push_str("one more\n");
        assert_eq!(
            problems(&text),
            ["l.txt:200002: more than 200000 terms: split the lexicon"]
        );
    }
}
