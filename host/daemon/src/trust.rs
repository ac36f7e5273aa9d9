//! What the archive remembers of packs and trust, and what an operator wants to know of both.

use anyhow::Result;
use proviso_archive::{Archive, Downgrade};
use proviso_model::id::is_name;
use proviso_model::{Problem, Problems};
use proviso_pack::TrustedPack;
use proviso_pack::trust::{Acceptance, Seen};
use proviso_pipeline::loading::trust::TrustSource;
use proviso_pipeline::places;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// An expiring key is told of so many days ahead.
const EXPIRY_TOLD_DAYS: u32 = 30;

/// What an archive remembers of the packs that were live.
pub async fn seen(archive: &Archive) -> Result<Seen> {
    let (packs, downgrades) = (archive.packs_seen().await?, archive.downgrades().await?);
    let mut seen = Seen::default();
    // What a rollback made live is live: naming it is no step back.
    let in_force = archive.active_generation().await?;
    seen.in_force
        .extend(in_force.iter().flat_map(|record| &record.packs).map(|pack| pack.digest));
    // The last permission for a pack counts: it is the floor, with what was live since.
    let last: HashMap<&str, &Downgrade> = downgrades.iter().map(|each| (each.pack.as_str(), each)).collect();
    for allowed in last.values() {
        seen.saw(&allowed.pack, &allowed.version)?;
    }
    for live in &packs {
        let (name, version) = (&live.pack.name, &live.pack.version);
        seen.first_live.insert(live.pack.digest, live.first_live);
        if last
            .get(name.as_str())
            .is_none_or(|allowed| live.last_entry > allowed.after)
        {
            seen.saw(name, version)?;
        }
    }
    Ok(seen)
}

/// What is wrong with a permission to go back to an older version; for people.
pub fn check_downgrade(pack: &str, version: &str) -> Result<(), String> {
    let named = pack
        .split_once('/')
        .is_some_and(|(vendor, name)| is_name(vendor) && is_name(name));
    if !named {
        return Err(format!("{pack:?} is not a pack: expected vendor/name"));
    }
    Seen::default().saw(pack, version).map_err(|error| error.to_string())
}

/// Keeps a daemon from going back to development because a file is gone.
pub async fn must_not_vanish(source: &TrustSource, archive: &Archive) -> Result<()> {
    let before = archive.last_trust().await?.and_then(|last| last.file);
    if let (None, Some(before)) = (source.file(), before) {
        let message = "the packs of this archive were accepted by this trust file, and now there is none: put it back, name \
                       another (`trust` in the configuration), or write one that says `[development]`";
        return Err(Problems(vec![Problem::in_file(before, message)]).into());
    }
    Ok(())
}

/// What an operator wants to know of packs that run, by the trust file as it reads now: for `policy status`. What was accepted
/// before a pack was revoked goes on, and is called revoked.
pub fn describe<'a>(source: &TrustSource, packs: impl Iterator<Item = &'a Arc<TrustedPack>>) -> Value {
    let packs: Vec<&Arc<TrustedPack>> = packs.collect();
    let file = source.file();
    let mut warnings = Vec::new();
    let trust = match source.read() {
        Ok((trust, _)) => Some(trust),
        Err(problems) => {
            let problems = problems
                .iter()
                .map(|problem| format!("nothing new is accepted: {problem}"));
            warnings.extend(problems);
            None
        }
    };
    if file.is_none() {
        warnings.push("no trust file: packs in folders are taken as they are, whoever wrote them".to_owned());
    }
    let today = proviso_model::time::Zone::utc().day(places::now());
    let mut told = Vec::new();
    for pack in &packs {
        if trust
            .as_ref()
            .is_some_and(|trust| trust.revoked(&pack.digest()).is_some())
        {
            told.push(format!(
                "{} {} is revoked and still judges: name another version in the policy set, or take it out",
                pack.manifest().name,
                pack.manifest().version
            ));
        }
        match pack.acceptance() {
            Acceptance::Signed(by) => {
                for by in by.iter().filter(|by| by.until < today.plus(0, EXPIRY_TOLD_DAYS)) {
                    let ended = if by.until < today { "ended" } else { "ends" };
                    told.push(format!(
                        "the key of {} ({}) {ended} with {}: what runs goes on, what is new needs another",
                        by.signer, by.key, by.until
                    ));
                }
            }
            Acceptance::Development if file.is_some() => {
                told.push(format!(
                    "{} is not signed: it stands in a folder for development",
                    pack.manifest().name
                ));
            }
            Acceptance::Development | Acceptance::Replayed => {}
        }
    }
    told.sort();
    told.dedup();
    warnings.extend(told);
    let standing = |pack: &TrustedPack| match &trust {
        Some(trust) => trust.standing(pack),
        None => pack.acceptance().say(),
    };
    let packs: Vec<Value> = packs
        .iter()
        .map(|pack| {
            let revoked = trust.as_ref().is_some_and(|trust| trust.revoked(&pack.digest()).is_some());
            json!({ "name": pack.manifest().name, "digest": pack.digest(), "admitted": standing(pack), "revoked": revoked })
        })
        .collect();
    json!({ "file": file, "packs": packs, "warnings": warnings })
}
