//! Reason texts and their placeholders.

use proviso_sdk::Language;

/// A fragment is cut behind so many characters: a word can be as long as somebody likes.
const FRAGMENT_CHARS_MAX: usize = 24;

/// A reason text, taken apart. What does not depend on the message is filled in.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    language: Language,
    /// What stands before, between and behind the places of the fragments.
    literals: Vec<String>,
}

impl Template {
    /// The error says what is wrong.
    pub(crate) fn parse(text: &str, language: Language, rule: &str) -> Result<Self, String> {
        let mut literals = vec![String::new()];
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let close = rest[open..]
                .find('}')
                .ok_or_else(|| format!("\"{{\" without \"}}\" in \"{text}\""))?
                + open;
            let last = literals.last_mut().expect("it begins with one");
            last.push_str(&rest[..open]);
            match &rest[open + 1..close] {
                "rule" => last.push_str(rule),
                "fragments" => literals.push(String::new()),
                other => {
                    return Err(format!(
                        "unknown placeholder \"{{{other}}}\": there are {{fragments}} and {{rule}}"
                    ));
                }
            }
            rest = &rest[close + 1..];
        }
        literals.last_mut().expect("it begins with one").push_str(rest);
        Ok(Self { language, literals })
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// With the fragments as the text has them.
    pub(crate) fn fill(&self, fragments: &[&str]) -> String {
        let (open, close, between) = match self.language {
            Language::Zh => ('“', '”', "、"),
            Language::En => ('"', '"', ", "),
        };
        let quoted: Vec<String> = fragments
            .iter()
            .map(|fragment| match fragment.char_indices().nth(FRAGMENT_CHARS_MAX) {
                Some((cut, _)) => format!("{open}{}…{close}", &fragment[..cut]),
                None => format!("{open}{fragment}{close}"),
            })
            .collect();
        let fragments = if quoted.is_empty() {
            "—".to_owned()
        } else {
            quoted.join(between)
        };
        self.literals.join(&fragments)
    }
}
