//! Stored lists: the packs of a generation, the problems of a set that failed, the rules that decided.

use crate::generations::PackRecord;
use crate::stats::CitedRule;
use proviso_model::{Digest, Problem};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackV1 {
    name: String,
    version: String,
    digest: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProblemV1 {
    file: String,
    line: usize,
    column: usize,
    message: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CitedRuleV1 {
    rule: String,
    law: String,
    article: String,
}

/// Reads a generation's packs.
pub(crate) fn read_packs(json: &str) -> Result<Vec<PackRecord>, serde_json::Error> {
    let packs: Vec<PackV1> = serde_json::from_str(json)?;
    let packs = packs
        .into_iter()
        .map(|PackV1 { name, version, digest }| PackRecord { name, version, digest });
    Ok(packs.collect())
}

/// Writes a generation's packs.
pub(crate) fn write_packs(packs: &[PackRecord]) -> String {
    let packs: Vec<_> = packs
        .iter()
        .map(|pack| PackV1 {
            name: pack.name.clone(),
            version: pack.version.clone(),
            digest: pack.digest,
        })
        .collect();
    text(&packs)
}

/// Reads a failed set's problems.
pub(crate) fn read_problems(json: &str) -> Result<Vec<Problem>, serde_json::Error> {
    let problems: Vec<ProblemV1> = serde_json::from_str(json)?;
    let problems = problems.into_iter().map(|problem| Problem {
        file: problem.file.into(),
        line: problem.line,
        column: problem.column,
        message: problem.message,
    });
    Ok(problems.collect())
}

/// Writes a failed set's problems.
pub(crate) fn write_problems(problems: &[Problem]) -> String {
    let problems: Vec<_> = problems
        .iter()
        .map(|problem| ProblemV1 {
            file: problem.file.to_string_lossy().into_owned(),
            line: problem.line,
            column: problem.column,
            message: problem.message.clone(),
        })
        .collect();
    text(&problems)
}

/// Reads the rules that decided.
pub(crate) fn read_cited_rules(json: &str) -> Result<Vec<CitedRule>, serde_json::Error> {
    let rules: Vec<CitedRuleV1> = serde_json::from_str(json)?;
    let rules = rules
        .into_iter()
        .map(|CitedRuleV1 { rule, law, article }| CitedRule { rule, law, article });
    Ok(rules.collect())
}

/// Writes the rules that decided.
pub(crate) fn write_cited_rules(rules: &[CitedRule]) -> String {
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| CitedRuleV1 {
            rule: rule.rule.clone(),
            law: rule.law.clone(),
            article: rule.article.clone(),
        })
        .collect();
    text(&rules)
}

fn text(list: &impl Serialize) -> String {
    serde_json::to_string(list).expect("lists of texts and numbers have no map keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_are_read_and_written_as_before() {
        let golden = include_str!("golden/packs-v1.json").trim_end();
        let packs = read_packs(golden).unwrap();
        assert_eq!(
            (packs[0].name.as_str(), packs[0].version.as_str()),
            ("proviso/bank-cn", "1.2.0")
        );
        assert_eq!(write_packs(&packs), golden);
    }

    #[test]
    fn problems_are_read_and_written_as_before() {
        let golden = include_str!("golden/problems-v1.json").trim_end();
        let problems = read_problems(golden).unwrap();
        assert_eq!((problems[0].line, problems[0].column), (1, 9));
        assert_eq!(write_problems(&problems), golden);
    }

    /// The statistics take them apart in SQL, by these names.
    #[test]
    fn cited_rules_are_read_and_written_as_before() {
        let golden = include_str!("golden/cited-rules-v1.json").trim_end();
        let cited = CitedRule {
            rule: "securities-20y".into(),
            law: "证券法".into(),
            article: "153".into(),
        };
        assert_eq!(read_cited_rules(golden).unwrap(), std::slice::from_ref(&cited));
        assert_eq!(write_cited_rules(&[cited]), golden);
    }
}
