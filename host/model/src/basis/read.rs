//! `[lawful_basis.TENANT]` of the configuration.

use super::{Basis, LawfulBases, Permit, TenantBasis};
use crate::consent_event::ConsentState;
use crate::toml_read::{Table, TomlFile};

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

/// A basis that rests on consent permits to judge where it was given, and seals the rest; any other permits it whatever was said.
fn basis(file: &mut TomlFile<'_>, table: &mut Table<'_>) -> Option<Basis> {
    let (name, at) = table.required_string(file, "basis")?;
    if name.trim().is_empty() || name.contains(char::is_control) {
        file.problem(at, format!("`basis` is {name:?}: name it, as consent or contract"));
        return None;
    }
    let basis = if name == CONSENT.0 {
        let text = |table: &mut Table<'_>, file: &mut TomlFile<'_>, key, default: &str| {
            table
                .string(file, key)
                .map_or_else(|| default.to_owned(), |(text, _)| text)
        };
        let (law, article) = (
            text(table, file, "law", CONSENT.1),
            text(table, file, "article", CONSENT.2),
        );
        Basis::new(&name, &law, &article, Permit::Sealed).with(ConsentState::Agree, Permit::Judge)
    } else {
        // Whoever does without consent says by which law.
        let law = table.required_string(file, "law");
        let article = table.required_string(file, "article");
        let ((law, _), (article, _)) = (law?, article?);
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
