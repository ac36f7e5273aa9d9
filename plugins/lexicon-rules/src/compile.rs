//! Settings into rules, with every problem and its place.

mod condition;

use std::collections::BTreeMap;
use std::sync::Arc;

use proviso_sdk::{
    Language, Lists, MessageFilter, Problems, Severity, from_settings, is_name, pointer_segment, stable_key,
};
use serde_json::Value;

use crate::amount::is_currency;
use crate::context::{Context, OwnContext, Word};
use crate::library::{self, Library, LibraryContext};
use crate::reason::Template;
use crate::roles::{Roles, Segments};
use crate::rule::{Adjustment, Cause, Change, Rule};
use crate::selection::{Keys, Selection};
use crate::settings::{AdjustSettings, By, ContextSettings, RuleSettings, Settings, WindowSettings};
use crate::sieve::Sieve;
use crate::window::{AMOUNT_MAX, ENTRIES_MAX, RULES_MAX, TOTAL_ENTRIES, Window};

const RULES_AND_CONTEXTS_MAX: usize = 64;
const DISTANCE_MAX: u32 = 10_000;

/// Compiles all rules, and what puts most of them aside; those that are switched off are checked and left out.
pub(crate) fn rules(settings: &Settings, lists: &Lists) -> Result<(Vec<Rule>, Sieve), Problems> {
    let mut compiler = Compiler {
        lists,
        contexts: BTreeMap::new(),
        segments: Segments::of(lists),
        roles: None,
        library: None,
        selections: Vec::new(),
        turns_by: None,
        problems: Problems::new(),
    };
    compiler.roles = compiler.roles(settings.roles.as_deref(), "/roles");
    compiler.count("/contexts", settings.contexts.len(), 0);
    compiler.count("/rules", settings.rules.len(), 1);
    for (name, value) in &settings.contexts {
        let pointer = format!("/contexts{}", pointer_segment(name));
        if name.starts_with(library::PREFIX) {
            compiler.problems.push(
                pointer.as_str(),
                format!(
                    "\"{name}\": names that begin with `{}` are the library's own",
                    library::PREFIX
                ),
            );
        } else {
            compiler.name(name, &pointer);
        }
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
    compiler.problems.or_ok(())?;
    let sieve = Sieve::new(lists.iter().count(), &compiler.selections);
    Ok((rules, sieve))
}

struct Compiler<'l> {
    lists: &'l Lists,
    /// `None` where the context has a problem of its own.
    contexts: BTreeMap<String, Option<Context>>,
    segments: Option<Segments>,
    /// What rules count that say nothing of it.
    roles: Option<Roles>,
    /// Read when the first rule names one of its contexts, so that others do not carry it.
    library: Option<Arc<Library>>,
    /// Each that differs from the others, in the order of their numbers.
    selections: Vec<Selection>,
    /// Whose turns are looked at, within a condition over turns.
    turns_by: Option<By>,
    problems: Problems,
}

impl Compiler<'_> {
    fn roles(&mut self, named: Option<&[String]>, pointer: &str) -> Option<Roles> {
        Roles::compile(named, self.segments.as_ref(), pointer, &mut self.problems)
    }

    fn count(&mut self, pointer: &str, count: usize, least: usize) {
        if !(least..=RULES_AND_CONTEXTS_MAX).contains(&count) {
            self.problems.push(
                pointer,
                format!("{count} entries: {least} to {RULES_AND_CONTEXTS_MAX} are possible"),
            );
        }
    }

    fn name(&mut self, name: &str, pointer: &str) {
        if !is_name(name) {
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
        let roles = match settings.roles {
            Some(roles) => self.roles(Some(&roles), &format!("{pointer}/roles")),
            None => self.roles,
        };
        let unless = self.contexts_of(&settings.unless, &format!("{pointer}/unless"));
        let filter = match settings.message {
            Some(filter) => MessageFilter::compile(filter, &format!("{pointer}/message"), &mut self.problems),
            None => MessageFilter::any(),
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
        let when = when.map_or(Some(None), |when| when.map(Some))?;
        let mut needed = Vec::new();
        if let Some(condition) = &when {
            condition.add_needed(&mut needed);
        }
        Some(Rule {
            id: id.to_owned(),
            key: stable_key(id),
            severity: severity.unwrap_or(settings.severity),
            roles,
            filter,
            when,
            needed,
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
        // A window that only counts needs none.
        let currency = if settings.currency.is_some() || settings.total_at_least.is_some() {
            self.currency(settings.currency, pointer)
        } else {
            String::new()
        };
        if settings.at_least.is_none() && settings.total_at_least.is_none() {
            self.problems
                .push(pointer, "a window needs `at_least`, `total_at_least` or both");
        }
        Window {
            milliseconds: i64::from(settings.seconds) * 1000,
            at_least: settings.at_least.map(|least| least as usize),
            total_at_least: settings.total_at_least,
            currency,
            refire: settings.refire,
        }
    }

    /// The currency that an amount is in. There is no default: an amount in another one would silently never count.
    fn currency(&mut self, currency: Option<String>, pointer: &str) -> String {
        match &currency {
            None => self
                .problems
                .push(pointer, "an amount needs its `currency`, such as \"CNY\" or \"USD\""),
            Some(currency) if !is_currency(currency) => self.problems.push(
                format!("{pointer}/currency"),
                format!("\"{currency}\" is no ISO 4217 code of three upper-case letters"),
            ),
            Some(_) => {}
        }
        currency.unwrap_or_default()
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
        if let Some(of_library) = name.strip_prefix(library::PREFIX) {
            return self.library_context(of_library, pointer);
        }
        if let Some(context) = self.contexts.get(name) {
            return context.clone();
        }
        let names: Vec<String> = self.contexts.keys().map(|name| format!("\"{name}\"")).collect();
        self.problems.push(
            pointer,
            format!(
                "no context \"{name}\": `contexts` has [{}], the library has [{}]",
                names.join(", "),
                library_names()
            ),
        );
        None
    }

    fn library_context(&mut self, name: &str, pointer: &str) -> Option<Context> {
        let Some(kind) = library::kind(name) else {
            self.problems.push(
                pointer,
                format!("no context \"{name}\" in the library, which has [{}]", library_names()),
            );
            return None;
        };
        let library = self.library.get_or_insert_with(|| Arc::new(Library::new()));
        Some(Context::Library(LibraryContext {
            kinds: vec![kind],
            library: Arc::clone(library),
        }))
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
        Some(Context::Own(OwnContext {
            selection: self.selection(keys, settings.lists.is_some(), pointer),
            words: self.words(settings.words.as_deref(), &format!("{pointer}/words")),
            except_words: self.words(settings.except_words.as_deref(), &format!("{pointer}/except_words")),
            side: settings.side,
            within: settings.within,
            same: settings.same,
        }))
    }

    /// `None` where no lists are given; then the other keys of a selection have no meaning.
    fn selection(&mut self, keys: Keys<'_>, given: bool, pointer: &str) -> Option<Selection> {
        if given {
            let known = &mut self.selections;
            return Some(Selection::compile(keys, self.lists, known, pointer, &mut self.problems));
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
}

/// The names of the library's contexts, quoted and joined.
fn library_names() -> String {
    let names: Vec<String> = library::names().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}
