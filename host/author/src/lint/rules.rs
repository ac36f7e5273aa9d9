//! Rules without a case, a reason or a citation.
//!
//! A rule is an entry of a policy's setting `rules`, as the standard plugins have it, or of `signals`, which score. One that
//! is not enabled is not asked for anything. A policy that has neither is asked for a case as a whole.

use super::codes::{REASON_IN_ONE_LANGUAGE, RULE_WITHOUT_CASE, RULE_WITHOUT_CITATION, RULE_WITHOUT_REASON};
use super::{Places, Remark};
use proviso_pack::manifest::{Interface, Policy};
use proviso_pack::named_rules::{GROUPS, enabled, pointer_to};
use proviso_pack::{Case, Pack};
use serde_json::{Map, Value};

/// The plugin whose rules have reasons in their settings.
pub(super) const LEXICON_RULES: &str = "lexicon-rules";
/// What the column of citations is called in a README, in lower case.
const CITATION_COLUMNS: [&str; 4] = ["basis", "source", "依据", "法律依据"];

pub(super) fn check(pack: &Pack, places: &Places<'_>) -> Vec<Remark> {
    let citations = Citations::read(pack.readme().unwrap_or_default());
    let mut remarks = Vec::new();
    for (index, policy) in pack.manifest().policies.iter().enumerate() {
        let mut named = 0;
        for group in GROUPS {
            for (name, rule) in enabled(&policy.settings, group) {
                named += 1;
                let pointer = pointer_to(group, name);
                let at = |code, message: String| places.at(code, index, &pointer, message);
                if !pack.cases().iter().any(|case| proves(case, policy, group, name, rule)) {
                    let message = format!("no case expects {name:?} of {}: write one that it finds", policy.name);
                    remarks.push(at(RULE_WITHOUT_CASE, message));
                }
                if group == "rules" {
                    remarks.extend(of_reason(pack, policy, name, rule).map(|(code, message)| at(code, message)));
                    if !pack.manifest().jurisdictions.is_empty() {
                        let citation = has_citation(policy, rule) || citations.have(&policy.name, name);
                        remarks.extend((!citation).then(|| {
                            let message = format!(
                                "{name:?} of {} says nowhere on what provision it stands: write it in brackets into the reason, or \
                                 into the column `basis` of the README",
                                policy.name
                            );
                            at(RULE_WITHOUT_CITATION, message)
                        }));
                    }
                }
            }
        }
        if named == 0 && !pack.cases().iter().any(|case| names(case, policy)) {
            let message = format!("no case expects anything of the policy {:?}", policy.name);
            remarks.push(places.at(RULE_WITHOUT_CASE, index, "", message));
        }
    }
    remarks
}

/// True if the case expects that rule or signal.
fn proves(case: &Case, policy: &Policy, group: &str, name: &str, rule: &Map<String, Value>) -> bool {
    let is_policy = |named: Option<&String>| named.is_none_or(|named| *named == policy.name);
    if group == "signals" {
        let score = case.expect_score.as_ref();
        return score
            .is_some_and(|score| score.policy == policy.name && score.signals.iter().any(|signal| signal == name));
    }
    let text = |key: &str| rule.get(key).and_then(Value::as_str);
    let proposes = policy.uses(Interface::Retention)
        && case
            .expect_retention
            .iter()
            .flatten()
            .any(|expected| match &expected.rule {
                Some(rule) => rule == name && is_policy(expected.policy.as_ref()),
                None => {
                    is_policy(expected.policy.as_ref())
                        && expected.law.as_deref().is_some_and(|law| Some(law) == text("law"))
                        && (expected.article.is_none() || expected.article.as_deref() == text("article"))
                }
            });
    let finds = case.expect.iter().flatten();
    proposes
        || finds
            .filter(|expected| is_policy(expected.policy.as_ref()))
            .any(|expected| expected.rule == name)
}

/// True if the case names the policy in anything that it expects.
fn names(case: &Case, policy: &Policy) -> bool {
    let is = |named: Option<&String>| named == Some(&policy.name);
    case.expect
        .iter()
        .flatten()
        .any(|expected| is(expected.policy.as_ref()))
        || case
            .expect_retention
            .iter()
            .flatten()
            .any(|expected| is(expected.policy.as_ref()))
        || case
            .expect_score
            .as_ref()
            .is_some_and(|score| score.policy == policy.name)
}

/// What is missing in the reasons of a rule.
fn of_reason(pack: &Pack, policy: &Policy, name: &str, rule: &Map<String, Value>) -> Option<(super::Code, String)> {
    if policy.plugin != LEXICON_RULES {
        return None;
    }
    let has = |key: &str| rule.contains_key(key);
    let of = format!("{name:?} of {}", policy.name);
    match (has("reason_zh"), has("reason_en")) {
        (false, false) => Some((
            RULE_WITHOUT_REASON,
            format!("{of} has neither `reason_zh` nor `reason_en`: people will read the rule's name and no why"),
        )),
        (zh, en) => {
            let description = &pack.manifest().description;
            let missing = if !zh && description.zh.is_some() {
                "reason_zh"
            } else if !en && description.en.is_some() {
                "reason_en"
            } else {
                return None;
            };
            Some((
                REASON_IN_ONE_LANGUAGE,
                format!("{of} has no `{missing}`, in a pack that describes itself in both languages"),
            ))
        }
    }
}

/// True if the rule itself says on what provision it stands: a law with its article, or brackets in a reason that hold more
/// than what is filled in.
fn has_citation(policy: &Policy, rule: &Map<String, Value>) -> bool {
    let text = |key: &str| rule.get(key).and_then(Value::as_str).unwrap_or_default();
    if policy.uses(Interface::Retention) && rule.contains_key("law") {
        return !text("article").is_empty();
    }
    ["reason_zh", "reason_en"].iter().any(|key| cites(text(key)))
}

fn cites(reason: &str) -> bool {
    let mut rest = reason;
    while let Some(open) = rest.find(['(', '（']) {
        let inside = rest[open..].trim_start_matches(['(', '（']);
        let end = inside.find([')', '）']).unwrap_or(inside.len());
        if inside[..end].contains(char::is_alphabetic) && !inside[..end].contains('{') {
            return true;
        }
        rest = &inside[end..];
    }
    false
}

/// Tables of a README with a column of citations.
struct Citations {
    /// Policy as the row, or one above it, names it; the cell of rules; whether the column of citations says anything.
    rows: Vec<(String, String, bool)>,
}

impl Citations {
    fn read(readme: &str) -> Self {
        let mut rows = Vec::new();
        let mut column = None;
        let mut policy = String::new();
        for line in readme.lines() {
            let Some(cells) = line.trim().strip_prefix('|').map(|line| line.trim_end_matches('|')) else {
                column = None;
                continue;
            };
            let cells: Vec<&str> = cells.split('|').map(str::trim).collect();
            let Some(at) = column else {
                column = cells
                    .iter()
                    .position(|cell| CITATION_COLUMNS.contains(&cell.to_lowercase().as_str()));
                policy.clear();
                continue;
            };
            let first = cells.first().copied().unwrap_or_default();
            if !first.is_empty() {
                first.clone_into(&mut policy);
            }
            let citation = cells.get(at).copied().unwrap_or_default();
            let says = citation.contains(char::is_alphanumeric);
            let rules = cells.get(1).copied().unwrap_or_default();
            rows.push((policy.clone(), rules.to_owned(), says));
        }
        Self { rows }
    }

    /// True if a row gives the citation of that rule, or of all rules of the policy.
    fn have(&self, policy: &str, rule: &str) -> bool {
        let (policy, rule) = (format!("`{policy}`"), format!("`{rule}`"));
        self.rows.iter().any(|(row_policy, rules, says)| {
            *says
                && (row_policy.contains(&rule)
                    || row_policy.contains(&policy) && (rules.contains(&rule) || !rules.contains('`')))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn brackets_that_hold_words_are_a_citation() {
        let table = [
            ("promises: {text} (FINRA 2210)", true),
            ("承诺保本：{text}（资管新规第十九条）", true),
            ("promises: {text}", false),
            ("a key stands in the message ({count})", false),
            ("({count}) of the message (SEC 17a-4)", true),
            ("broken (", false),
        ];
        each_row(table, |(reason, expected)| {
            assert_eq!(cites(reason), expected, "{reason}");
        });
    }

    #[test]
    fn a_readme_gives_citations_by_rule_or_by_policy() {
        let citations = Citations::read(
            "| policy | rule | what | basis |\n|---|---|---|---|\n| `a` | `one`, `two` | x | law 1 |\n| | `three` | x | |\n\
             | `b` | four rules | x | law 2 |\n\n| rule | what |\n|---|---|\n| `five` | law |\n",
        );
        assert!(citations.have("a", "one") && citations.have("a", "two") && citations.have("b", "any"));
        assert!(!citations.have("a", "three") && !citations.have("c", "five"));
    }
}
