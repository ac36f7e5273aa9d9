//! Precision and recall on dialogues that are labelled `fraud` or `normal`.

use super::WRITES;
use super::judge::Judgement;
use crate::corpus::Corpus;
use crate::page::{Table, count, percent};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Rules that the page lists.
const RULES_SHOWN: usize = 12;

/// What a pack says of labelled dialogues. A dialogue counts as found if any of its turns is flagged.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Labelled {
    found_fraud: usize,
    missed_fraud: usize,
    found_normal: usize,
    passed_normal: usize,
    /// By kind of fraud: found, and in all.
    kinds: BTreeMap<String, (usize, usize)>,
    /// By rule: normal dialogues and fraud dialogues in which it fires.
    rules: BTreeMap<String, (usize, usize)>,
}

impl Labelled {
    pub(super) fn of(corpus: &Corpus, judgement: &Judgement) -> Self {
        let mut rules_of: Vec<Option<BTreeSet<&str>>> = corpus.conversations.iter().map(|_| None).collect();
        for flag in &judgement.flags {
            rules_of[flag.conversation]
                .get_or_insert_default()
                .extend(flag.rules.iter().map(String::as_str));
        }
        let mut labelled = Self::default();
        for (conversation, rules) in corpus.conversations.iter().zip(&rules_of) {
            let fraud = conversation.label == "fraud";
            *match (fraud, rules.is_some()) {
                (true, true) => &mut labelled.found_fraud,
                (true, false) => &mut labelled.missed_fraud,
                (false, true) => &mut labelled.found_normal,
                (false, false) => &mut labelled.passed_normal,
            } += 1;
            if fraud {
                let kind = labelled.kinds.entry(conversation.kind.clone()).or_default();
                kind.0 += usize::from(rules.is_some());
                kind.1 += 1;
            }
            for rule in rules.iter().flatten() {
                let fired = labelled.rules.entry((*rule).to_owned()).or_default();
                *if fraud { &mut fired.1 } else { &mut fired.0 } += 1;
            }
        }
        labelled
    }

    /// Precision, recall and their harmonic mean; `None` where there is nothing to divide by.
    fn figures(&self) -> [Option<f64>; 3] {
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        let f1_whole = 2 * self.found_fraud + self.found_normal + self.missed_fraud;
        [
            share(self.found_fraud, self.found_fraud + self.found_normal),
            share(self.found_fraud, self.found_fraud + self.missed_fraud),
            share(2 * self.found_fraud, f1_whole),
        ]
    }
}

/// The part of the page. `exchanged` is the same with the other side as the employee.
pub(super) fn render((corpus, pack): (&str, &str), spoken: &Labelled, exchanged: &Labelled) -> String {
    let mut figures = Table::new(&[
        "who is the employee",
        ">precision",
        ">recall",
        ">F1",
        ">fraud found",
        ">fraud missed",
        ">normal flagged",
        ">normal passed",
    ]);
    for (who, labelled) in [("the callee", spoken), ("the caller", exchanged)] {
        let shown = labelled
            .figures()
            .map(|figure| figure.map_or("-".to_owned(), |figure| format!("{figure:.3}")));
        let counts = [
            labelled.found_fraud,
            labelled.missed_fraud,
            labelled.found_normal,
            labelled.passed_normal,
        ];
        figures.row([who.to_owned()].into_iter().chain(shown).chain(counts.map(count)));
    }
    let mut kinds = Table::new(&["kind of fraud", ">found", ">dialogues", ">recall"]);
    for (kind, (found, all)) in &spoken.kinds {
        kinds.row([kind.clone(), count(*found), count(*all), percent(*found, *all)]);
    }
    let mut by_normal: Vec<_> = spoken.rules.iter().collect();
    by_normal.sort_by_key(|(_, (normal, fraud))| std::cmp::Reverse((*normal, *fraud)));
    let mut rules = Table::new(&["rule", ">normal dialogues", ">fraud dialogues"]);
    for (rule, (normal, fraud)) in by_normal.iter().take(RULES_SHOWN) {
        rules.row([(*rule).clone(), count(*normal), count(*fraud)]);
    }
    let mut text = String::new();
    write!(
        text,
        "\n## `{pack}` on labelled fraud dialogues\n\n\
         Corpus: {corpus}, telephone dialogues written by language models, labelled fraud or normal; one row is one dialogue. A dialogue \
         counts as found if any of its turns has a finding at medium or above, by any policy of the pack. The dialogues have a caller and a \
         callee: the caller is taken for the external contact and the callee for the bank's employee, and, for comparison, the other way \
         round (a rule may weigh what a customer asks and what staff say differently). The tables below the first are of the first way.\n\n\
         {figures}\n### Recall by kind\n\n{kinds}\n### Rules that fire on most normal dialogues\n\n{rules}",
        figures = figures.markdown(),
        kinds = kinds.markdown(),
        rules = rules.markdown(),
    )
    .expect(WRITES);
    text
}

#[cfg(test)]
mod tests {
    use super::super::judge::Flag;
    use super::*;
    use crate::corpus::Conversation;

    #[test]
    fn dialogues_are_counted_once_however_often_they_are_flagged() {
        let conversation = |label: &str, kind: &str| Conversation {
            turns: Vec::new(),
            label: label.to_owned(),
            kind: kind.to_owned(),
        };
        let corpus = Corpus {
            name: String::new(),
            conversations: vec![
                conversation("fraud", "a"),
                conversation("fraud", "a"),
                conversation("fraud", "b"),
                conversation("normal", ""),
                conversation("normal", ""),
            ],
        };
        let flag = |conversation, rule: &str| Flag {
            conversation,
            rules: vec![rule.to_owned()],
        };
        let judgement = Judgement {
            flags: vec![
                flag(0, "p/x"),
                flag(0, "p/x"),
                flag(2, "p/x"),
                flag(3, "p/y"),
                flag(3, "p/x"),
            ],
            ..Judgement::default()
        };
        let labelled = Labelled::of(&corpus, &judgement);
        let counts = [
            labelled.found_fraud,
            labelled.missed_fraud,
            labelled.found_normal,
            labelled.passed_normal,
        ];
        assert_eq!(counts, [2, 1, 1, 1]);
        assert_eq!(
            labelled.kinds,
            BTreeMap::from([("a".into(), (1, 2)), ("b".into(), (1, 1))])
        );
        assert_eq!(
            labelled.rules,
            BTreeMap::from([("p/x".into(), (1, 2)), ("p/y".into(), (1, 0))])
        );
        assert_eq!(labelled.figures(), [Some(2.0 / 3.0), Some(2.0 / 3.0), Some(4.0 / 6.0)]);
        assert_eq!(Labelled::default().figures(), [None; 3]);
    }
}
