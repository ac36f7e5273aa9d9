//! Who is scored by whose approval: packs that judge people, of tenants that want a second person for it.
//!
//! A policy set names an assessment, which one person writes. Where a tenant wants a second person, such a pack does not judge the
//! tenant's messages unless a request for just that application is in force. The host takes the tenant out of the scope
//! (`except_tenants`) before a generation is built, so that a generation says by itself whom it does not score, and is built again as
//! it was.

use crate::config::Config;
use crate::config_requests::{RequestRules, SCORING};
use crate::trust;
use proviso_archive::{Archive, Request, ScoringApplication};
use proviso_engine::ResolvedSet;
use proviso_model::digest::DigestBuilder;
use proviso_model::set::{Apply, Hours, Mode, Names, PolicySet, Scope};
use proviso_model::time::{Day, Zone};
use proviso_model::{Digest, Problems, Timestamp};
use proviso_pack::{PackStore, PluginPath, TrustedPack};
use proviso_pipeline::loading::set;
use proviso_pipeline::loading::trust::Accepting;
use std::fmt;
use std::sync::Arc;

/// Names of a scope that a request shows one by one.
const NAMES_SHOWN: usize = 8;
/// Bytes of a name of a scope that it shows.
const NAME_BYTES_SHOWN: usize = 64;

/// A request by which people are scored, as far as it decides whether they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its number.
    pub request: i64,
    /// Whose people.
    pub tenant: String,
    /// The assessment that covers it.
    pub assessment: String,
    /// From then on nobody is scored by it.
    pub until: Timestamp,
    /// [`ScoringApplication::digest`] of each application.
    pub applications: Vec<Digest>,
}

impl Approval {
    /// Of a request that is in force at a time; `None` if it is not.
    pub fn at(request: &Request, at: Timestamp) -> Option<Self> {
        let scoring = request.scoring_at(at)?;
        Some(Self {
            request: request.number,
            tenant: scoring.tenant.clone(),
            assessment: scoring.assessment.clone(),
            until: scoring.until,
            applications: scoring.applications.iter().map(|one| one.digest).collect(),
        })
    }
}

/// A pack that scores the people of a tenant that wants a second person for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which `[[apply]]`, from 0.
    pub(crate) apply: usize,
    /// Whose people.
    pub tenant: String,
    /// The assessment that the set names.
    pub assessment: String,
    /// What scores them.
    pub application: ScoringApplication,
    /// The request that is in force, and its end; `None`: nobody is scored.
    pub approved: Option<(i64, Timestamp)>,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pack, tenant, assessment) = (&self.application.pack, &self.tenant, &self.assessment);
        match self.approved {
            Some((request, until)) => write!(
                f,
                "{pack} scores people of tenant {tenant} by assessment {assessment}, by request {request} until {until}"
            ),
            None => write!(
                f,
                "{pack} scores nobody of tenant {tenant}: no approval of assessment {assessment} by a second person is in \
                 force: `proviso request scoring --tenant {tenant} --assessment {assessment} --reason … --until …`"
            ),
        }
    }
}

/// Every application of a set that scores people of a tenant that wants a second person for it, in the set's order.
fn standings(
    set: &PolicySet,
    packs: &[Arc<TrustedPack>],
    rules: &RequestRules,
    approvals: &[Approval],
) -> Vec<Standing> {
    let mut found = Vec::new();
    for (index, (apply, pack)) in set.apply.iter().zip(packs).enumerate() {
        let Some(assessment) = &apply.assessment else { continue };
        if !pack.manifest().requires_assessment || apply.mode == Mode::Off {
            continue;
        }
        for tenant in rules.second_person(SCORING) {
            let scope = &apply.scope;
            if !scope.tenants.is_empty() && !scope.tenants.has(tenant) {
                continue;
            }
            let application = application(apply, pack, tenant);
            let covers = |approval: &&Approval| {
                approval.tenant == tenant
                    && approval.assessment == *assessment
                    && approval.applications.contains(&application.digest)
            };
            let longest = approvals.iter().filter(covers).max_by_key(|approval| approval.until);
            found.push(Standing {
                apply: index,
                tenant: tenant.to_owned(),
                assessment: assessment.clone(),
                approved: longest.map(|approval| (approval.request, approval.until)),
                application,
            });
        }
    }
    found
}

/// What a set scores by these approvals, and the set without the tenants of whom nobody may be scored.
pub fn approved(resolved: &ResolvedSet, rules: &RequestRules, approvals: &[Approval]) -> (Vec<Standing>, PolicySet) {
    let standings = standings(&resolved.set, &resolved.packs, rules, approvals);
    let set = narrowed(&resolved.set, &standings);
    (standings, set)
}

/// What the configuration's policy set scores, for who asks where no daemon runs, and the set's time zone. No approval is looked for.
///
/// # Errors
/// The set, its packs or the trust in them are not good; the archive cannot be read.
pub async fn of_set_file(config: &Config, archive: &Archive) -> anyhow::Result<(Vec<Standing>, Zone)> {
    let (trust, _) = config.trust_source().read().map_err(Problems)?;
    let accepting = Accepting {
        trust: Arc::new(trust),
        seen: Arc::new(trust::seen(archive).await?),
    };
    let store = PackStore::open(&config.store_dir())?;
    let (resolved, _) =
        set::load(&config.set, &PluginPath::of_this_process(), Some(&store), &accepting).map_err(Problems)?;
    let standings = standings(&resolved.set, &resolved.packs, &config.requests, &[]);
    Ok((standings, resolved.set.time_zone))
}

fn narrowed(set: &PolicySet, standings: &[Standing]) -> PolicySet {
    let mut set = set.clone();
    for (index, apply) in set.apply.iter_mut().enumerate() {
        let not_approved = standings
            .iter()
            .filter(|one| one.apply == index && one.approved.is_none());
        apply.scope.except_tenants = not_approved.map(|one| one.tenant.clone()).collect();
    }
    set
}

/// What is asked for and approved: the pack and all that the set says of it, for one tenant. Where its file lies and which other tenants
/// it covers is left out.
fn application(apply: &Apply, pack: &TrustedPack, tenant: &str) -> ScoringApplication {
    let mut alone = Apply {
        pack: String::new(),
        ..apply.clone()
    };
    alone.scope.tenants = Names::from(vec![tenant.to_owned()]);
    alone.scope.except_tenants = Names::default();
    let alone = PolicySet {
        apply: vec![alone],
        ..PolicySet::default()
    };
    let mut digest = DigestBuilder::new("proviso scoring 1");
    digest
        .part(pack.digest().as_bytes())
        .part(alone.to_canonical_json().as_bytes());
    ScoringApplication {
        pack: pack.manifest().name.clone(),
        version: pack.manifest().version.to_string(),
        scope: scope_in_words(&apply.scope),
        digest: digest.finish(),
    }
}

/// Whom a scope covers within a tenant, for people: the digest says all of it.
fn scope_in_words(scope: &Scope) -> String {
    let listed = |what: &str, names: &Names| {
        let cut = |name: &String| name[..name.floor_char_boundary(NAME_BYTES_SHOWN)].to_owned();
        let shown: Vec<String> = names.iter().take(NAMES_SHOWN).map(cut).collect();
        let more = names.len().saturating_sub(NAMES_SHOWN);
        match (names.is_empty(), more) {
            (true, _) => None,
            (_, 0) => Some(format!("{what} {}", shown.join(", "))),
            (_, more) => Some(format!("{what} {} and {more} more", shown.join(", "))),
        }
    };
    let parts = [
        listed("channels", &scope.channels),
        listed("departments", &scope.departments),
        listed("people", &scope.people),
        listed("but", &scope.except_people),
        scope.hours.as_ref().map(Hours::to_string),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "everybody".to_owned()
    } else {
        parts.join("; ")
    }
}

/// When a scoring that is asked for ends: a day, whose end in the zone is meant, or a time.
///
/// # Errors
/// It is neither.
pub fn until(text: &str, zone: &Zone) -> Result<Timestamp, String> {
    if let Ok(day) = text.parse::<Day>() {
        return Ok(zone.start_of(day.plus(0, 1)));
    }
    let shown = &text[..text.floor_char_boundary(64)];
    Timestamp::from_rfc3339(text)
        .map_err(|_| format!("--until is {shown:?}: expected a day, 2026-01-31, or a time, 2026-01-31T18:00:00+08:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_rfc3339(text).unwrap()
    }

    #[test]
    fn a_day_ends_where_the_set_is_and_a_time_is_a_time() {
        let shanghai = Zone::named("Asia/Shanghai").unwrap();
        for (text, expected) in [
            ("2027-06-30", "2027-06-30T16:00:00Z"),
            ("2027-06-30T18:00:00+08:00", "2027-06-30T10:00:00Z"),
        ] {
            assert_eq!(until(text, &shanghai).unwrap(), at(expected), "{text}");
        }
        let error = until("soon", &shanghai).unwrap_err();
        assert!(error.starts_with("--until is \"soon\": expected a day"), "{error}");
    }

    #[test]
    fn a_scope_is_told_in_words_within_bounds() {
        let names = |count: usize| (0..count).map(|n| format!("n{n:02}")).collect::<Names>();
        let scope = |people| Scope {
            departments: names(1),
            people,
            ..Scope::default()
        };
        assert_eq!(scope_in_words(&Scope::default()), "everybody");
        assert_eq!(scope_in_words(&scope(names(0))), "departments n00");
        let many = scope_in_words(&scope(names(20)));
        assert_eq!(
            many,
            "departments n00; people n00, n01, n02, n03, n04, n05, n06, n07 and 12 more"
        );
    }
}
