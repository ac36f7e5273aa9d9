//! Reads `trust.toml`, and says everything that is wrong with it at once.

use super::{
    Ceilings, KEYS_MAX, REVOKED_MAX, Revoked, TRUST_FILE_BYTES_MAX, Trust, TrustedKey, Unsigned, VENDORS_MAX, Vendor,
};
use crate::manifest::{Field, Interface};
use crate::signing::PublicKey;
use proviso_model::id::is_name;
use proviso_model::message::Kind;
use proviso_model::time::Day;
use proviso_model::toml_read::{Table, TomlFile};
use proviso_model::{Digest, Problem};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Why a pack was revoked, in bytes.
const REASON_BYTES_MAX: usize = 1_024;

impl Trust {
    /// Reads a trust file; `file` is the name that problems carry, and folders in it are relative to its own.
    ///
    /// # Errors
    /// Everything wrong with the file, in its order.
    pub fn parse(file: &Path, text: &str) -> Result<Trust, Vec<Problem>> {
        if text.len() > TRUST_FILE_BYTES_MAX {
            let message = format!("{} bytes: a trust file has at most {TRUST_FILE_BYTES_MAX}", text.len());
            return Err(vec![Problem::in_file(file, message)]);
        }
        let (mut toml, mut table) = TomlFile::parse(file, text);
        let beside = file.parent().unwrap_or(Path::new(""));
        let folders = table
            .table(&mut toml, "development")
            .map(|development| read_development(&mut toml, development, beside));
        let vendors = table
            .table(&mut toml, "vendor")
            .map(|vendors| read_vendors(&mut toml, vendors));
        let revoked = read_revoked(&mut toml, &mut table);
        let trust = Trust {
            file: Some(file.to_owned()),
            vendors: vendors.unwrap_or_default(),
            revoked,
            unsigned: Unsigned::Below(folders.unwrap_or_default()),
        };
        if trust.vendors.is_empty() && !trust.accepts_unsigned() && !toml.has_problems() {
            toml.problem(
                0..0,
                "nobody is trusted: a trust file has a `[vendor.NAME]`, or `folders` in `[development]`",
            );
        }
        table.finish(&mut toml);
        if toml.has_problems() {
            Err(toml.into_problems())
        } else {
            Ok(trust)
        }
    }
}

fn read_development(toml: &mut TomlFile<'_>, mut table: Table<'_>, beside: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (folder, at) in table.strings(toml, "folders").unwrap_or_default() {
        if folder.is_empty() || folder.contains(char::is_control) {
            toml.problem(at, format!("`folders` has {folder:?}: expected a folder"));
        }
        folders.push(beside.join(folder));
    }
    table.finish(toml);
    folders
}

fn read_vendors(toml: &mut TomlFile<'_>, table: Table<'_>) -> BTreeMap<String, Vendor> {
    let mut vendors = BTreeMap::new();
    for ((name, at), mut table) in table.into_tables(toml) {
        if !is_name(&name) {
            let message = format!("{name:?} is not a vendor: expected what stands before the `/` of its packs' names");
            toml.problem(at.clone(), message);
        }
        if vendors.len() >= VENDORS_MAX {
            toml.problem(at, format!("more than {VENDORS_MAX} vendors"));
            break;
        }
        let threshold = table.integer(toml, "threshold", 1..=KEYS_MAX as i64);
        let ceilings = read_ceilings(toml, &mut table);
        let keys = read_keys(toml, &mut table, &at);
        let signers: BTreeSet<&str> = keys.iter().map(|key| key.signer.as_str()).collect();
        if let Some((wanted, at)) = &threshold
            && *wanted as usize > signers.len()
        {
            let message = format!("`threshold` is {wanted}, and {name} has {} signers", signers.len());
            toml.problem(at.clone(), message);
        }
        table.finish(toml);
        let threshold = threshold.map_or(1, |(wanted, _)| wanted as usize);
        vendors.insert(
            name,
            Vendor {
                threshold,
                keys,
                ceilings,
            },
        );
    }
    vendors
}

fn read_keys(toml: &mut TomlFile<'_>, table: &mut Table<'_>, vendor_at: &Range<usize>) -> Vec<TrustedKey> {
    let tables = table.tables(toml, "key");
    if tables.is_empty() {
        toml.problem(vendor_at.clone(), "a vendor has at least one `[[vendor.NAME.key]]`");
    }
    if let Some(beyond) = tables.get(KEYS_MAX) {
        toml.problem(beyond.at(), format!("more than {KEYS_MAX} keys of one vendor"));
    }
    let mut keys: Vec<TrustedKey> = Vec::new();
    for mut table in tables.into_iter().take(KEYS_MAX) {
        let table_at = table.at();
        let signer = table.required_string(toml, "signer");
        if let Some((signer, at)) = &signer
            && !is_name(signer)
        {
            let message = format!("`signer` is {signer:?}: expected 1-64 bytes of a-z, 0-9 and `-`");
            toml.problem(at.clone(), message);
        }
        let key = table.required_string(toml, "key").and_then(|(text, at)| {
            let key = PublicKey::read(&text).map_err(|error| toml.problem(at.clone(), format!("`key`: {error}")));
            key.ok().map(|key| (key, at))
        });
        let from = day(toml, &mut table, "from");
        let until = day(toml, &mut table, "until");
        table.finish(toml);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            toml.problem(table_at, format!("`until` ({until}) is before `from` ({from})"));
        }
        let (Some((signer, _)), Some((key, at)), Some(from), Some(until)) = (signer, key, from, until) else {
            continue;
        };
        // A key under two names would make one signer count as two; two keys of one identifier cannot be told apart.
        let same = |known: &&TrustedKey| known.key.is_same_key(&key) || known.key.id() == key.id();
        if let Some(known) = keys.iter().find(same) {
            toml.problem(
                at,
                format!("this key is the one of signer {:?}: each key stands once", known.signer),
            );
            continue;
        }
        keys.push(TrustedKey {
            signer,
            key,
            from,
            until,
        });
    }
    keys
}

fn day(toml: &mut TomlFile<'_>, table: &mut Table<'_>, key: &'static str) -> Option<Day> {
    if !table.has(key) {
        toml.problem(table.at(), format!("`{key}` is missing here"));
    }
    let (value, places) = table.json(toml, key)?;
    let read = value.as_str().and_then(|text| text.parse().ok());
    if read.is_none() {
        toml.problem(
            places.of(""),
            format!("`{key}` is {value}: expected a day, as 2026-01-31"),
        );
    }
    read
}

fn read_ceilings(toml: &mut TomlFile<'_>, table: &mut Table<'_>) -> Ceilings {
    Ceilings {
        interfaces: known(
            toml,
            table,
            "interfaces",
            &Interface::ALL.map(|each| (each.name(), each)),
        ),
        fields: known(toml, table, "fields", &Field::ALL.map(|each| (each.name(), each))),
        kinds: known(toml, table, "kinds", &Kind::ALL.map(|each| (each.name(), each))),
        jurisdictions: table.strings(toml, "jurisdictions").map(|codes| {
            codes
                .into_iter()
                .map(|(code, at)| {
                    if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                        let message =
                            format!("{code:?} is not a jurisdiction: expected two letters of ISO 3166-1, or EU");
                        toml.problem(at, message);
                    }
                    code
                })
                .collect()
        }),
    }
}

fn known<T: Copy>(
    toml: &mut TomlFile<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    names: &[(&str, T)],
) -> Option<Vec<T>> {
    let mut values = Vec::new();
    for (word, at) in table.strings(toml, key)? {
        if let Some((_, value)) = names.iter().find(|(name, _)| *name == word) {
            values.push(*value);
        } else {
            let all: Vec<_> = names.iter().map(|(name, _)| format!("{name:?}")).collect();
            toml.problem(at, format!("`{key}` has {word:?}: expected {}", all.join(", ")));
        }
    }
    Some(values)
}

fn read_revoked(toml: &mut TomlFile<'_>, table: &mut Table<'_>) -> BTreeMap<Digest, Revoked> {
    let tables = table.tables(toml, "revoked");
    if let Some(beyond) = tables.get(REVOKED_MAX) {
        toml.problem(beyond.at(), format!("more than {REVOKED_MAX} packs are revoked"));
    }
    let mut read = Vec::new();
    for mut table in tables.into_iter().take(REVOKED_MAX) {
        let digest = table.required_string(toml, "digest").and_then(|(text, at)| {
            let digest = text.parse::<Digest>();
            let digest = digest.map_err(|error| toml.problem(at.clone(), format!("`digest`: {error}")));
            digest.ok().map(|digest| (digest, at))
        });
        let reason = table.required_string(toml, "reason");
        if let Some((reason, at)) = &reason
            && (reason.len() > REASON_BYTES_MAX || reason.contains(char::is_control))
        {
            toml.problem(
                at.clone(),
                format!("`reason` has at most {REASON_BYTES_MAX} bytes, on one line"),
            );
        }
        table.finish(toml);
        read.extend(digest.map(|(digest, at)| (digest, at, reason.map(|(reason, _)| reason).unwrap_or_default())));
    }
    let places = toml.lines_and_columns(read.iter().map(|(_, at, _)| at));
    let revoked = read.into_iter().zip(places);
    revoked
        .map(|((digest, _, reason), (line, _))| (digest, Revoked { reason, line }))
        .collect()
}
