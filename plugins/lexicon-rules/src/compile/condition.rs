//! Condition trees.

use proviso_sdk::{MessageFilter, is_domain};

use super::{Compiler, DISTANCE_MAX};
use crate::condition::Turns;
use crate::condition::{AttachmentCondition, Condition, Leaf, LinkCondition, PrecedingCondition};
use crate::context::{Context, in_order_of_cost};
use crate::near::Nearness;
use crate::selection::Keys;
use crate::settings::{
    AmountSettings, AttachmentSettings, By, ConditionSettings, LinkSettings, PrecedingSettings, Unit, Whose,
};

const CONDITIONS_MAX: usize = 256;
const DEPTH_MAX: usize = 8;
/// This message and the five before it that the contract gives.
const TURNS_MAX: u32 = 6;
const SECONDS_MAX: u32 = 31_536_000;

impl Compiler<'_> {
    /// A whole condition tree, with its bounds.
    pub(super) fn tree(&mut self, settings: ConditionSettings, unless: &[Context], pointer: &str) -> Option<Condition> {
        let mut left = CONDITIONS_MAX;
        let condition = self.condition(settings, unless, pointer, DEPTH_MAX, &mut left);
        if left == 0 {
            self.problems
                .push(pointer, format!("more than {CONDITIONS_MAX} conditions"));
        }
        condition
    }

    fn condition(
        &mut self,
        settings: ConditionSettings,
        unless: &[Context],
        pointer: &str,
        depth: usize,
        left: &mut usize,
    ) -> Option<Condition> {
        if depth == 0 {
            self.problems
                .push(pointer, format!("nested more than {DEPTH_MAX} deep"));
            return None;
        }
        *left = left.checked_sub(1)?;
        self.check_keys(&settings, pointer)?;
        if settings.lists.is_some() {
            return self.leaf(&settings, unless, pointer);
        }
        if let Some(conditions) = settings.all {
            let children = self.children(conditions, unless, &format!("{pointer}/all"), depth, left)?;
            if settings.within.is_none() && settings.same.is_none() && settings.ordered.is_none() {
                return Some(Condition::All(children));
            }
            self.range(settings.within, 0, DISTANCE_MAX, format!("{pointer}/within"));
            for (at, _) in children.iter().enumerate().filter(|(_, child)| !child.yields_hits()) {
                self.problems.push(
                    format!("{pointer}/all/{at}"),
                    "yields no hits, so nothing can be near it: only `lists`, and `any` and `all` of such",
                );
            }
            let nearness = Nearness {
                within: settings.within,
                same: settings.same.unwrap_or(Unit::Paragraph),
                ordered: settings.ordered.unwrap_or(false),
            };
            return Some(Condition::Near(children, nearness));
        }
        if let Some(conditions) = settings.any {
            let children = self.children(conditions, unless, &format!("{pointer}/any"), depth, left)?;
            let at_least = self.of_these(settings.at_least, children.len(), pointer).unwrap_or(1);
            return Some(Condition::Any(children, at_least));
        }
        if let Some(conditions) = settings.turns {
            let by = settings.by.unwrap_or_default();
            let around = self.turns_by.replace(by);
            let children = self.children(conditions, unless, &format!("{pointer}/turns"), depth, left);
            self.turns_by = around;
            let children = children?;
            for (at, _) in children.iter().enumerate().filter(|(_, child)| !child.yields_hits()) {
                self.problems.push(
                    format!("{pointer}/turns/{at}"),
                    "yields no hits, so no turn can say it: only `lists`, and `any` and `all` of such",
                );
            }
            self.range(settings.within, 0, DISTANCE_MAX, format!("{pointer}/within"));
            self.range(settings.last, 2, TURNS_MAX, format!("{pointer}/last"));
            self.range(settings.seconds, 1, SECONDS_MAX, format!("{pointer}/seconds"));
            let all = children.len();
            return Some(Condition::Turns(Turns {
                at_least: self.of_these(settings.at_least, all, pointer).unwrap_or(all),
                conditions: children,
                last: settings.last.unwrap_or(TURNS_MAX).clamp(2, TURNS_MAX) as usize,
                by,
                milliseconds: settings.seconds.map(|seconds| i64::from(seconds) * 1_000),
                within: settings.within,
            }));
        }
        if let Some(condition) = settings.not {
            let condition = self.condition(*condition, unless, &format!("{pointer}/not"), depth - 1, left)?;
            return Some(Condition::Not(Box::new(condition)));
        }
        if let Some(filter) = settings.message {
            return Some(Condition::Message(MessageFilter::compile(
                filter,
                &format!("{pointer}/message"),
                &mut self.problems,
            )));
        }
        if let Some(amount) = settings.amount {
            return Some(self.amount(amount, &format!("{pointer}/amount")));
        }
        if let Some(attachment) = settings.attachment {
            return Some(self.attachment(attachment, &format!("{pointer}/attachment")));
        }
        if let Some(link) = settings.link {
            return Some(self.link(link, &format!("{pointer}/link")));
        }
        settings
            .preceding
            .map(|preceding| self.preceding(preceding, &format!("{pointer}/preceding")))
    }

    /// Exactly one kind of condition, and only the keys that belong to it.
    fn check_keys(&mut self, settings: &ConditionSettings, pointer: &str) -> Option<()> {
        let kinds = [
            ("lists", settings.lists.is_some()),
            ("all", settings.all.is_some()),
            ("any", settings.any.is_some()),
            ("not", settings.not.is_some()),
            ("message", settings.message.is_some()),
            ("amount", settings.amount.is_some()),
            ("attachment", settings.attachment.is_some()),
            ("link", settings.link.is_some()),
            ("preceding", settings.preceding.is_some()),
            ("turns", settings.turns.is_some()),
        ];
        let given: Vec<&str> = kinds.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect();
        let [kind] = given.as_slice() else {
            let names: Vec<&str> = kinds.iter().map(|(key, _)| *key).collect();
            let found = if given.is_empty() {
                "none".to_owned()
            } else {
                format!("`{}`", given.join("`, `"))
            };
            self.problems.push(
                pointer,
                format!("exactly one of `{}` is needed, found {found}", names.join("`, `")),
            );
            return None;
        };
        let belonging = [
            ("tags", "lists", settings.tags.is_some()),
            ("not_tags", "lists", settings.not_tags.is_some()),
            ("patterns", "lists", settings.patterns.is_some()),
            ("min_weight", "lists", settings.min_weight.is_some()),
            ("unless", "lists", settings.unless.is_some()),
            ("distinct", "lists", settings.distinct.is_some()),
            ("whose", "lists", settings.whose.is_some()),
            ("same", "all", settings.same.is_some()),
            ("ordered", "all", settings.ordered.is_some()),
            ("last", "turns", settings.last.is_some()),
            ("by", "turns", settings.by.is_some()),
            ("seconds", "turns", settings.seconds.is_some()),
        ];
        for (key, owner, _) in belonging.iter().filter(|(_, owner, given)| *given && owner != kind) {
            self.problems.push(
                format!("{pointer}/{key}"),
                format!("belongs beside `{owner}`, not beside `{kind}`"),
            );
        }
        if settings.within.is_some() && !["all", "turns"].contains(kind) {
            self.problems.push(
                format!("{pointer}/within"),
                format!("belongs beside `all` or `turns`, not beside `{kind}`"),
            );
        }
        if settings.at_least.is_some() && !["lists", "any", "turns"].contains(kind) {
            self.problems.push(
                format!("{pointer}/at_least"),
                format!("belongs beside `lists`, `any` or `turns`, not beside `{kind}`"),
            );
        }
        Some(())
    }

    /// How many of `count` conditions must hold, if the settings say it.
    fn of_these(&mut self, at_least: Option<u32>, count: usize, pointer: &str) -> Option<usize> {
        self.range(at_least, 1, count as u32, format!("{pointer}/at_least"));
        at_least.map(|at_least| (at_least as usize).clamp(1, count))
    }

    fn children(
        &mut self,
        conditions: Vec<ConditionSettings>,
        unless: &[Context],
        pointer: &str,
        depth: usize,
        left: &mut usize,
    ) -> Option<Vec<Condition>> {
        if conditions.is_empty() {
            self.problems.push(pointer, "empty: at least one condition is needed");
        }
        let mut children = Vec::with_capacity(conditions.len());
        for (at, condition) in conditions.into_iter().enumerate() {
            children.push(self.condition(condition, unless, &format!("{pointer}/{at}"), depth - 1, left));
        }
        children
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .filter(|children| !children.is_empty())
    }

    fn leaf(&mut self, settings: &ConditionSettings, unless: &[Context], pointer: &str) -> Option<Condition> {
        self.range(settings.at_least, 1, 1000, format!("{pointer}/at_least"));
        self.range(settings.distinct, 1, 1000, format!("{pointer}/distinct"));
        let told = match (settings.whose, self.turns_by) {
            (Some(_), None) => Some("has no meaning outside of `turns`"),
            (Some(Whose::Others), Some(By::Sender)) => {
                Some("no turns of others are looked at: they are by = \"conversation\" beside `turns`")
            }
            _ => None,
        };
        if let Some(problem) = told {
            self.problems.push(format!("{pointer}/whose"), problem);
        }
        let keys = Keys {
            lists: settings.lists.as_deref().unwrap_or_default(),
            tags: settings.tags.as_deref(),
            not_tags: settings.not_tags.as_deref(),
            patterns: settings.patterns.as_deref(),
            min_weight: settings.min_weight,
        };
        let selection = self.selection(keys, true, pointer)?;
        let mut contexts = unless.to_vec();
        contexts.extend(self.contexts_of(
            settings.unless.as_deref().unwrap_or_default(),
            &format!("{pointer}/unless"),
        ));
        Some(Condition::Leaf(Leaf {
            selection,
            unless: in_order_of_cost(contexts),
            at_least: settings.at_least.unwrap_or(1) as usize,
            distinct: settings.distinct.unwrap_or(1) as usize,
            whose: settings.whose,
        }))
    }

    fn amount(&mut self, settings: AmountSettings, pointer: &str) -> Condition {
        self.range(Some(settings.at_least), 1, u64::MAX, format!("{pointer}/at_least"));
        Condition::Amount {
            at_least: settings.at_least,
            currency: self.currency(settings.currency, pointer),
        }
    }

    fn attachment(&mut self, settings: AttachmentSettings, pointer: &str) -> Condition {
        if settings.extensions.is_none() && settings.name_words.is_none() && settings.bytes_at_least.is_none() {
            self.problems.push(
                pointer,
                "at least one of `extensions`, `name_words`, `bytes_at_least` is needed",
            );
        }
        self.range(Some(settings.at_least), 1, 200, format!("{pointer}/at_least"));
        self.range(
            settings.bytes_at_least,
            1,
            u64::MAX,
            format!("{pointer}/bytes_at_least"),
        );
        for (at, extension) in settings.extensions.iter().flatten().enumerate() {
            if extension.is_empty() || extension.starts_with('.') {
                self.problems.push(
                    format!("{pointer}/extensions/{at}"),
                    format!("\"{extension}\" must be an extension without its dot"),
                );
            }
        }
        if settings.extensions.as_ref().is_some_and(Vec::is_empty) {
            self.problems.push(
                format!("{pointer}/extensions"),
                "empty: name an extension or leave the key out",
            );
        }
        self.word_texts(settings.name_words.as_deref(), &format!("{pointer}/name_words"));
        Condition::Attachment(AttachmentCondition {
            extensions: settings.extensions.map(|known| {
                known
                    .iter()
                    .map(|extension| format!(".{}", extension.to_lowercase()))
                    .collect()
            }),
            name_words: settings
                .name_words
                .map(|words| words.iter().map(|word| word.to_lowercase()).collect()),
            bytes_at_least: settings.bytes_at_least.unwrap_or(0),
            at_least: settings.at_least as usize,
        })
    }

    fn link(&mut self, settings: LinkSettings, pointer: &str) -> Condition {
        if settings.domains.is_none() && settings.not_domains.is_none() {
            self.problems
                .push(pointer, "at least one of `domains`, `not_domains` is needed");
        }
        self.range(Some(settings.at_least), 1, 200, format!("{pointer}/at_least"));
        for (key, domains) in [("domains", &settings.domains), ("not_domains", &settings.not_domains)] {
            if domains.as_ref().is_some_and(Vec::is_empty) {
                self.problems
                    .push(format!("{pointer}/{key}"), "empty: name a domain or leave the key out");
            }
            for (at, domain) in domains.iter().flatten().enumerate() {
                if !is_domain(domain) {
                    self.problems.push(
                        format!("{pointer}/{key}/{at}"),
                        format!("\"{domain}\" must be a bare domain such as \"example.com\""),
                    );
                }
            }
        }
        let lower = |domains: Vec<String>| domains.iter().map(|domain| domain.to_lowercase()).collect::<Vec<_>>();
        Condition::Link(LinkCondition {
            domains: settings.domains.map(lower),
            not_domains: settings.not_domains.map(lower).unwrap_or_default(),
            at_least: settings.at_least as usize,
        })
    }

    fn preceding(&mut self, settings: PrecedingSettings, pointer: &str) -> Condition {
        if settings.lists.is_none() && settings.directions.is_none() && settings.same_sender.is_none() {
            self.problems.push(
                pointer,
                "at least one of `lists`, `directions`, `same_sender` is needed",
            );
        }
        if settings.directions.as_ref().is_some_and(Vec::is_empty) {
            self.problems.push(
                format!("{pointer}/directions"),
                "empty: nothing would pass; leave the key out or name a direction",
            );
        }
        self.range(settings.seconds, 1, SECONDS_MAX, format!("{pointer}/seconds"));
        self.range(Some(settings.at_least), 1, 5, format!("{pointer}/at_least"));
        let keys = Keys {
            lists: settings.lists.as_deref().unwrap_or_default(),
            tags: settings.tags.as_deref(),
            not_tags: settings.not_tags.as_deref(),
            patterns: settings.patterns.as_deref(),
            min_weight: settings.min_weight,
        };
        Condition::Preceding(PrecedingCondition {
            selection: self.selection(keys, settings.lists.is_some(), pointer),
            directions: settings.directions,
            same_sender: settings.same_sender,
            milliseconds: settings.seconds.map(|seconds| i64::from(seconds) * 1000),
            at_least: settings.at_least as usize,
        })
    }
}
