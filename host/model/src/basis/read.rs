//! `[lawful_basis.TENANT]` of the configuration.

use super::{Basis, LawfulBases, Permit, TenantBasis};
use crate::consent_event::ConsentState;
use crate::toml_read::{At, Table, TomlFile};

/// The name of the basis that asks how each party stands, and the rule of law that it is unless the file says another.
const CONSENT: (&str, &str, &str) = ("consent", "PIPL", "13(1)(1)");

/// Keys by state.
const STATES: [(&str, ConsentState); 5] = [
    ("agreed", ConsentState::Agree),
    ("default_agreed", ConsentState::DefaultAgree),
    ("unknown", ConsentState::Unknown),
    ("disagreed", ConsentState::Disagree),
    ("withdrawn", ConsentState::Withdraw),
];

/// Reads the table `lawful_basis`, one table for each tenant. Problems go to the file.
pub fn read(file: &mut TomlFile<'_>, table: Table<'_>) -> LawfulBases {
    let mut bases = Vec::new();
    for ((tenant, _), mut table) in table.into_tables(file) {
        let employees = table.table(file, "employees");
        let contacts = basis(file, &mut table);
        table.finish(file);
        let employees = employees.map(|mut table| {
            let basis = basis(file, &mut table);
            table.finish(file);
            basis
        });
        if let Some(contacts) = contacts
            && !matches!(employees, Some(None))
        {
            bases.push((tenant, TenantBasis::new(contacts, employees.flatten())));
        }
    }
    bases.into_iter().collect()
}

/// A name as people cite it: there is something, and it is one line.
fn named(file: &mut TomlFile<'_>, key: &str, (text, at): At<String>, example: &str) -> Option<String> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        file.problem(at, format!("`{key}` is {text:?}: name it, as {example}"));
        return None;
    }
    Some(text)
}

/// A basis that rests on consent permits to judge where it was given, and seals the rest; any other permits it whatever was said.
fn basis(file: &mut TomlFile<'_>, table: &mut Table<'_>) -> Option<Basis> {
    let name = table.required_string(file, "basis");
    let name = name.and_then(|name| named(file, "basis", name, "consent or contract"))?;
    let is_consent = name == CONSENT.0;
    // Whoever does without consent says by which law.
    let mut rule = |key, default: &str, example| {
        if is_consent && !table.has(key) {
            table.string(file, key);
            return Some(default.to_owned());
        }
        let text = table.required_string(file, key)?;
        named(file, key, text, example)
    };
    let law = rule("law", CONSENT.1, "PIPL");
    let article = rule("article", CONSENT.2, "13(1)(2)");
    let (law, article) = (law?, article?);
    let basis = if is_consent {
        Basis::new(&name, &law, &article, Permit::Sealed).with(ConsentState::Agree, Permit::Judge)
    } else {
        Basis::new(&name, &law, &article, Permit::Judge)
    };
    let permits = Permit::ALL.map(|permit| (permit.name(), permit));
    Some(
        STATES
            .into_iter()
            .fold(basis, |basis, (key, state)| match table.choice(file, key, &permits) {
                Some(permit) => basis.with(state, permit),
                None => basis,
            }),
    )
}
