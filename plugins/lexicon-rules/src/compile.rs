//! Settings into rules, with every problem and its place.

use std::collections::BTreeMap;

use proviso_sdk::{Language, Lists, Problems, Severity, from_settings, pointer_segment};
use serde_json::Value;

use crate::amount::is_currency;
use crate::condition::{AttachmentCondition, Condition, Leaf, LinkCondition, PrecedingCondition};
use crate::context::{Context, Word};
use crate::filter::{Filter, direction_bits};
use crate::near::Nearness;
use crate::reason::Template;
use crate::rule::{Adjustment, Cause, Change, Rule, key_of};
use crate::selection::{Keys, Selection};
use crate::settings::{
    AdjustSettings, AmountSettings, AttachmentSettings, ConditionSettings, ContextSettings, LinkSettings,
    PrecedingSettings, RuleSettings, Settings, Unit, WindowSettings,
};
use crate::window::{AMOUNT_MAX, ENTRIES_MAX, RULES_MAX, TOTAL_ENTRIES, Window};

const RULES_AND_CONTEXTS_MAX: usize = 64;
const CONDITIONS_MAX: usize = 256;
const DEPTH_MAX: usize = 8;
const DISTANCE_MAX: u32 = 10_000;

/// Compiles all rules; those that are switched off are checked and left out.
pub(crate) fn rules(settings: Settings, lists: &Lists) -> Result<Vec<Rule>, Problems> {
    let mut compiler = Compiler {
        lists,
        contexts: BTreeMap::new(),
        problems: Problems::new(),
    };
    compiler.count("/contexts", settings.contexts.len(), 0);
    compiler.count("/rules", settings.rules.len(), 1);
    for (name, value) in &settings.contexts {
        let pointer = format!("/contexts{}", pointer_segment(name));
        compiler.name(name, &pointer);
        let context = compiler.context(value, &pointer);
        compiler.contexts.insert(name.clone(), context);
    }
    let mut rules = Vec::new();
    for (id, value) in &settings.rules {
        let pointer = format!("/rules{}", pointer_segment(id));
        compiler.name(id, &pointer);
        match from_settings::<RuleSettings>(value, &pointer) {
            Ok(rule) => {
                let enabled = rule.enabled && settings.enabled;
                let rule = compiler.rule(id, rule, settings.severity, &pointer);
                rules.extend(rule.filter(|_| enabled));
            }
            Err(problems) => compiler.problems.extend(problems),
        }
    }
    compiler.windows(&rules);
    compiler.problems.or_ok(rules)
}

struct Compiler<'l> {
    lists: &'l Lists,
    /// `None` where the context has a problem of its own.
    contexts: BTreeMap<String, Option<Context>>,
    problems: Problems,
}

impl Compiler<'_> {
    fn count(&mut self, pointer: &str, count: usize, least: usize) {
        if !(least..=RULES_AND_CONTEXTS_MAX).contains(&count) {
            self.problems.push(
                pointer,
                format!("{count} entries: {least} to {RULES_AND_CONTEXTS_MAX} are possible"),
            );
        }
    }

    fn name(&mut self, name: &str, pointer: &str) {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(known) {
            self.problems.push(
                pointer,
                format!("name \"{name}\" must be 1 to 64 characters of a-z, 0-9 and -"),
            );
        }
    }

    /// Reports a number outside of its range.
    fn range<N: Copy + PartialOrd + std::fmt::Display>(
        &mut self,
        value: Option<N>,
        least: N,
        most: N,
        pointer: String,
    ) {
        if let Some(value) = value.filter(|value| *value < least || *value > most) {
            self.problems
                .push(pointer, format!("{value} is out of range: must be {least} to {most}"));
        }
    }

    fn windows(&mut self, rules: &[Rule]) {
        let windows: Vec<&Window> = rules.iter().filter_map(|rule| rule.window.as_ref()).collect();
        let entries: usize = windows.iter().map(|window| window.capacity()).sum();
        if windows.len() > RULES_MAX {
            self.problems.push(
                "/rules",
                format!("{} rules have a window: at most {RULES_MAX} fit", windows.len()),
            );
        }
        if entries > ENTRIES_MAX {
            let text = format!(
                "the windows need {entries} entries (`at_least` + 1 each, {TOTAL_ENTRIES} with `total_at_least`): at most {ENTRIES_MAX} fit into the state"
            );
            self.problems.push("/rules", text);
        }
        let mut keys: Vec<u32> = rules
            .iter()
            .filter(|rule| rule.window.is_some())
            .map(|rule| rule.key)
            .collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            self.problems
                .push("/rules", "two rules with a window have the same 32-bit key: rename one");
        }
    }

    fn rule(&mut self, id: &str, settings: RuleSettings, severity: Option<Severity>, pointer: &str) -> Option<Rule> {
        if settings.when.is_none() && settings.message.is_none() {
            self.problems.push(pointer, "a rule needs `when`, `message` or both");
        }
        let unless = self.contexts_of(&settings.unless, &format!("{pointer}/unless"));
        let filter = match settings.message {
            Some(filter) => Filter::compile(filter, &format!("{pointer}/message"), &mut self.problems),
            None => Filter::any(),
        };
        let when = settings
            .when
            .map(|condition| self.tree(condition, &unless, &format!("{pointer}/when")));
        let adjustments = settings.adjust.into_iter().enumerate();
        let adjust = adjustments
            .map(|(at, adjust)| self.adjustment(adjust, &format!("{pointer}/adjust/{at}")))
            .collect::<Vec<_>>();
        let window_seconds = settings.window.as_ref().map(|window| window.seconds);
        let window = settings
            .window
            .map(|window| self.window(window, &format!("{pointer}/window")));
        let reasons = self.reasons(
            id,
            settings.reason_zh.as_deref(),
            settings.reason_en.as_deref(),
            window_seconds,
            pointer,
        );
        Some(Rule {
            id: id.to_owned(),
            key: key_of(id),
            severity: severity.unwrap_or(settings.severity),
            filter,
            when: when.map_or(Some(None), |when| when.map(Some))?,
            adjust: adjust.into_iter().collect::<Option<_>>()?,
            window,
            reasons,
        })
    }

    fn reasons(
        &mut self,
        id: &str,
        zh: Option<&str>,
        en: Option<&str>,
        window_seconds: Option<u32>,
        pointer: &str,
    ) -> Vec<Template> {
        let (zh, en) = if zh.is_none() && en.is_none() {
            (Some("规则 {rule}：{text}"), Some("rule {rule}: {text}"))
        } else {
            (zh, en)
        };
        let mut templates = Vec::new();
        for (text, language, key) in [(zh, Language::Zh, "reason_zh"), (en, Language::En, "reason_en")] {
            let Some(text) = text else { continue };
            let place = format!("{pointer}/{key}");
            if text.trim().is_empty() || text.len() > 512 || text.chars().any(char::is_control) {
                self.problems
                    .push(place.as_str(), "must be 1 to 512 bytes without line breaks");
            }
            match Template::parse(text, language, id, window_seconds) {
                Ok(template) => templates.push(template),
                Err(message) => self.problems.push(place, message),
            }
        }
        templates
    }

    fn adjustment(&mut self, settings: AdjustSettings, pointer: &str) -> Option<Adjustment> {
        let cause = match (settings.when, settings.near) {
            (Some(condition), None) => self.tree(condition, &[], &format!("{pointer}/when")).map(Cause::When),
            (None, Some(near)) => self.named_context(&near, &format!("{pointer}/near")).map(Cause::Near),
            _ => {
                self.problems
                    .push(pointer, "exactly one of `when` and `near` is needed");
                None
            }
        };
        let change = match (settings.by, settings.to) {
            (Some(by), None) => {
                if by == 0 || !(-3..=3).contains(&by) {
                    self.problems.push(
                        format!("{pointer}/by"),
                        format!("{by} steps: must be -3 to 3 and not 0"),
                    );
                }
                Some(Change::By(by))
            }
            (None, Some(to)) => Some(Change::To(to)),
            _ => {
                self.problems.push(pointer, "exactly one of `by` and `to` is needed");
                None
            }
        };
        Some(Adjustment {
            cause: cause?,
            change: change?,
        })
    }

    fn window(&mut self, settings: WindowSettings, pointer: &str) -> Window {
        self.range(Some(settings.seconds), 1, 7_776_000, format!("{pointer}/seconds"));
        self.range(settings.at_least, 2, 100, format!("{pointer}/at_least"));
        self.range(
            settings.total_at_least,
            1,
            AMOUNT_MAX,
            format!("{pointer}/total_at_least"),
        );
        self.currency(&settings.currency, pointer);
        if settings.at_least.is_none() && settings.total_at_least.is_none() {
            self.problems
                .push(pointer, "a window needs `at_least`, `total_at_least` or both");
        }
        Window {
            milliseconds: i64::from(settings.seconds) * 1000,
            at_least: settings.at_least.map(|least| least as usize),
            total_at_least: settings.total_at_least,
            currency: settings.currency,
            refire: settings.refire,
        }
    }

    fn currency(&mut self, currency: &str, pointer: &str) {
        if !is_currency(currency) {
            self.problems.push(
                format!("{pointer}/currency"),
                format!("\"{currency}\" is no ISO 4217 code of three upper-case letters"),
            );
        }
    }

    fn contexts_of(&mut self, values: &[Value], pointer: &str) -> Vec<Context> {
        let mut contexts = Vec::with_capacity(values.len());
        for (at, value) in values.iter().enumerate() {
            contexts.extend(self.named_context(value, &format!("{pointer}/{at}")));
        }
        contexts
    }

    /// A context, or the name of one.
    fn named_context(&mut self, value: &Value, pointer: &str) -> Option<Context> {
        let Value::String(name) = value else {
            return self.context(value, pointer);
        };
        if let Some(context) = self.contexts.get(name) {
            return context.clone();
        }
        let names: Vec<String> = self.contexts.keys().map(|name| format!("\"{name}\"")).collect();
        self.problems.push(
            pointer,
            format!("no context \"{name}\": `contexts` has [{}]", names.join(", ")),
        );
        None
    }

    fn context(&mut self, value: &Value, pointer: &str) -> Option<Context> {
        let settings: ContextSettings = match from_settings(value, pointer) {
            Ok(settings) => settings,
            Err(problems) => {
                self.problems.extend(problems);
                return None;
            }
        };
        if settings.lists.is_none() && settings.words.is_none() {
            self.problems.push(pointer, "a context needs `lists`, `words` or both");
        }
        if settings.except_words.is_some() && settings.words.is_none() {
            self.problems
                .push(format!("{pointer}/except_words"), "has no meaning without `words`");
        }
        self.range(settings.within, 0, DISTANCE_MAX, format!("{pointer}/within"));
        let keys = Keys {
            lists: settings.lists.as_deref().unwrap_or_default(),
            tags: settings.tags.as_deref(),
            not_tags: settings.not_tags.as_deref(),
            patterns: settings.patterns.as_deref(),
            min_weight: settings.min_weight,
        };
        Some(Context {
            selection: self.selection(keys, settings.lists.is_some(), pointer),
            words: self.words(settings.words.as_deref(), &format!("{pointer}/words")),
            except_words: self.words(settings.except_words.as_deref(), &format!("{pointer}/except_words")),
            side: settings.side,
            within: settings.within,
            same: settings.same,
        })
    }

    /// `None` where no lists are given; then the other keys of a selection have no meaning.
    fn selection(&mut self, keys: Keys<'_>, given: bool, pointer: &str) -> Option<Selection> {
        if given {
            return Some(Selection::compile(keys, self.lists, pointer, &mut self.problems));
        }
        let others = [
            ("tags", keys.tags.is_some()),
            ("not_tags", keys.not_tags.is_some()),
            ("patterns", keys.patterns.is_some()),
            ("min_weight", keys.min_weight.is_some()),
        ];
        for (key, _) in others.iter().filter(|(_, given)| *given) {
            self.problems
                .push(format!("{pointer}/{key}"), "has no meaning without `lists`");
        }
        None
    }

    fn words(&mut self, words: Option<&[String]>, pointer: &str) -> Vec<Word> {
        self.word_texts(words, pointer)
            .iter()
            .map(|word| Word::new(word))
            .collect()
    }

    fn word_texts<'s>(&mut self, words: Option<&'s [String]>, pointer: &str) -> &'s [String] {
        let Some(words) = words else { return &[] };
        if words.is_empty() || words.len() > 64 {
            self.problems
                .push(pointer, format!("{} words: 1 to 64 are possible", words.len()));
        }
        for (at, word) in words.iter().enumerate() {
            if word.is_empty() || word.len() > 64 {
                self.problems.push(
                    format!("{pointer}/{at}"),
                    format!("\"{word}\" has {} bytes: must be 1 to 64", word.len()),
                );
            }
        }
        words
    }

    /// A whole condition tree, with its bounds.
    fn tree(&mut self, settings: ConditionSettings, unless: &[Context], pointer: &str) -> Option<Condition> {
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
            return self.leaf(settings, unless, pointer);
        }
        if let Some(conditions) = settings.all {
            let children = self.children(conditions, unless, &format!("{pointer}/all"), depth, left)?;
            if settings.within.is_none() && settings.same.is_none() && settings.ordered.is_none() {
                return Some(Condition::All(children));
            }
            self.range(settings.within, 0, DISTANCE_MAX, format!("{pointer}/within"));
            for (at, child) in children.iter().enumerate().filter(|(_, child)| !child.yields_hits()) {
                let _ = child;
                self.problems.push(
                    format!("{pointer}/all/{at}"),
                    "yields no hits, so nothing can be near it: only `lists`, and `any` and `all` of such",
                );
            }
            let nearness = Nearness {
                within: settings.within,
                same: settings.same.unwrap_or(Unit::Message),
                ordered: settings.ordered.unwrap_or(false),
            };
            return Some(Condition::Near(children, nearness));
        }
        if let Some(conditions) = settings.any {
            return self
                .children(conditions, unless, &format!("{pointer}/any"), depth, left)
                .map(Condition::Any);
        }
        if let Some(condition) = settings.not {
            let condition = self.condition(*condition, unless, &format!("{pointer}/not"), depth - 1, left)?;
            return Some(Condition::Not(Box::new(condition)));
        }
        if let Some(filter) = settings.message {
            return Some(Condition::Message(Filter::compile(
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
            ("valid", "lists", settings.valid.is_some()),
            ("unless", "lists", settings.unless.is_some()),
            ("at_least", "lists", settings.at_least.is_some()),
            ("distinct", "lists", settings.distinct.is_some()),
            ("within", "all", settings.within.is_some()),
            ("same", "all", settings.same.is_some()),
            ("ordered", "all", settings.ordered.is_some()),
        ];
        for (key, owner, _) in belonging.iter().filter(|(_, owner, given)| *given && owner != kind) {
            self.problems.push(
                format!("{pointer}/{key}"),
                format!("belongs beside `{owner}`, not beside `{kind}`"),
            );
        }
        Some(())
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

    fn leaf(&mut self, settings: ConditionSettings, unless: &[Context], pointer: &str) -> Option<Condition> {
        self.range(settings.at_least, 1, 1000, format!("{pointer}/at_least"));
        self.range(settings.distinct, 1, 1000, format!("{pointer}/distinct"));
        if settings.valid.as_ref().is_some_and(Vec::is_empty) {
            self.problems.push(
                format!("{pointer}/valid"),
                "empty: name a validator or leave the key out",
            );
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
            valid: settings.valid.unwrap_or_default(),
            unless: contexts,
            at_least: settings.at_least.unwrap_or(1) as usize,
            distinct: settings.distinct.unwrap_or(1) as usize,
        }))
    }

    fn amount(&mut self, settings: AmountSettings, pointer: &str) -> Condition {
        self.range(Some(settings.at_least), 1, u64::MAX, format!("{pointer}/at_least"));
        self.currency(&settings.currency, pointer);
        Condition::Amount {
            at_least: settings.at_least,
            currency: settings.currency,
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
                if domain.is_empty() || domain.starts_with('.') || domain.contains(['/', ':', '*', ' ']) {
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
        self.range(settings.seconds, 1, 31_536_000, format!("{pointer}/seconds"));
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
            directions: settings
                .directions
                .map_or(u32::MAX, |directions| direction_bits(&directions)),
            same_sender: settings.same_sender,
            milliseconds: settings.seconds.map(|seconds| i64::from(seconds) * 1000),
            at_least: settings.at_least as usize,
        })
    }
}
