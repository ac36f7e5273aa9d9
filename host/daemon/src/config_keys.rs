//! `[[keys]]` of `proviso.toml`: where the archive's keys are.

use proviso_archive::{KeyPlace, KeyPlaces, PinPlace, TokenSpot};
use proviso_model::toml_read::{Table, TomlFile};
use std::path::Path;

/// Reads every `[[keys]]`. Relative paths are below `folder`.
pub(crate) fn key_places(file: &mut TomlFile<'_>, root: &mut Table<'_>, folder: &Path) -> KeyPlaces {
    let mut places = KeyPlaces::default();
    for mut table in root.tables(file, "keys") {
        let at = table.at();
        let tenant = table.string(file, "tenant").map(|(tenant, _)| tenant);
        let place = key_place(file, &mut table, folder);
        table.finish(file);
        let Some(place) = place else { continue };
        let mut others = places.all.iter().chain(places.tenants.values());
        if others.any(|other| *other == place) {
            file.problem(at, "two `[[keys]]` name one place: give each its own, or leave one out");
            continue;
        }
        let before = match &tenant {
            Some(tenant) => places.tenants.insert(tenant.clone(), place),
            None => places.all.replace(place),
        };
        if before.is_some() {
            let whose = tenant.map_or_else(
                || "without `tenant`".to_owned(),
                |tenant| format!("of tenant {tenant:?}"),
            );
            file.problem(at, format!("a second `[[keys]]` {whose}: remove one"));
        }
    }
    places
}

/// One of `file`, `variable`, `module`.
fn key_place(file: &mut TomlFile<'_>, table: &mut Table<'_>, folder: &Path) -> Option<KeyPlace> {
    let at = table.at();
    let in_file = table
        .string(file, "file")
        .map(|(path, _)| KeyPlace::File(folder.join(path)));
    let in_variable = table.string(file, "variable").map(|(name, _)| KeyPlace::Variable(name));
    let is_token = table.has("module");
    let in_token = if is_token { token(file, table, folder) } else { None };
    let found = usize::from(in_file.is_some()) + usize::from(in_variable.is_some()) + usize::from(is_token);
    if found != 1 {
        file.problem(
            at,
            "`[[keys]]` says where keys are by one of `file`, `variable` and `module`",
        );
        return None;
    }
    in_file.or(in_variable).or(in_token)
}

fn token(file: &mut TomlFile<'_>, table: &mut Table<'_>, folder: &Path) -> Option<KeyPlace> {
    let at = table.at();
    let module = table.required_string(file, "module").map(|(path, _)| folder.join(path));
    let token = table.required_string(file, "token").map(|(token, _)| token);
    let key = table.required_string(file, "key").map(|(key, _)| key);
    let pin_file = table
        .string(file, "pin_file")
        .map(|(path, _)| PinPlace::File(folder.join(path)));
    let pin_variable = table
        .string(file, "pin_variable")
        .map(|(name, _)| PinPlace::Variable(name));
    if pin_file.is_some() == pin_variable.is_some() {
        file.problem(
            at,
            "a token's PIN is in one of `pin_file` and `pin_variable`, never in this file",
        );
    }
    let spot = TokenSpot {
        module: module?,
        token: token?,
        key: key?,
    };
    let pin = pin_file.or(pin_variable)?;
    Some(KeyPlace::Token { spot, pin })
}
