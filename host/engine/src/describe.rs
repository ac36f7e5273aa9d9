//! What a generation is made of, for `policy status`, `pack inspect` and the record.

use crate::component::by_name;
use crate::config::Features;
use crate::generation::Generation;
use crate::plugin::Configured;
use crate::policy::{Applied, Policy};
use crate::view::ListKind;
use proviso_model::Digest;
use proviso_pack::manifest::Interface;

/// A generation, described.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Description {
    /// Its address.
    pub id: Digest,
    /// What this machine offers.
    pub features: Features,
    /// Terms and patterns of all lists together.
    pub terms: usize,
    /// Memory of the shared matcher, bytes.
    pub matcher_bytes: usize,
    /// One for each `[[apply]]`, in the set's order.
    pub packs: Vec<PackDescription>,
}

/// A pack as the set applies it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PackDescription {
    /// `vendor/name`.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// Its address.
    pub digest: Digest,
    /// `enforce`, `shadow` or `off`: the most for its policies.
    pub mode: &'static str,
    /// `hold` or `flag`.
    pub on_fault: &'static str,
    /// Why none of its policies runs; absent if they do.
    pub off: Option<String>,
    /// Tenants whose messages it does not judge, since nobody's approval to score their people is in force.
    pub except_tenants: Vec<String>,
    /// Its policies that run, in the manifest's order.
    pub policies: Vec<PolicyDescription>,
}

/// A policy that runs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PolicyDescription {
    /// Its name within the pack.
    pub name: String,
    /// The plugin's name within the pack.
    pub plugin: String,
    /// Digest of the component.
    pub plugin_digest: Digest,
    /// `enforce` or `shadow`.
    pub mode: &'static str,
    /// What it is called for.
    #[serde(serialize_with = "by_name")]
    pub interfaces: Vec<Interface>,
    /// Why `configure` runs for every call; absent if the policy is frozen after it, as it should be.
    pub configured_anew: Option<String>,
    /// True if its compiled form came from the cache.
    pub from_cache: bool,
    /// Memory of a fresh instance, bytes.
    pub memory_bytes: usize,
    /// Fuel for each begun KiB of a message.
    pub fuel_per_kib: u64,
    /// Its lists, in the order of its table.
    pub lists: Vec<ListDescription>,
}

/// A list of a policy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ListDescription {
    /// The name in the manifest.
    pub name: String,
    /// `lexicon` or `patterns`.
    pub kind: &'static str,
    /// Terms or patterns, those of the set's `extra_terms` included.
    pub terms: u32,
}

impl Generation {
    /// What it is made of, for people and for the record.
    pub fn describe(&self) -> Description {
        describe(self)
    }
}

fn describe(generation: &Generation) -> Description {
    let packs = generation
        .applied
        .iter()
        .enumerate()
        .map(|(index, applied)| pack(generation, index, applied));
    Description {
        id: generation.id,
        features: generation.sandbox.features,
        terms: generation.lists.matcher.terms(),
        matcher_bytes: generation.lists.matcher.memory_bytes(),
        packs: packs.collect(),
    }
}

fn pack(generation: &Generation, index: usize, applied: &Applied) -> PackDescription {
    let apply = &generation.set.apply[index];
    let manifest = applied.pack.manifest();
    PackDescription {
        name: manifest.name.clone(),
        version: manifest.version.to_string(),
        digest: applied.pack.digest(),
        mode: apply.mode.name(),
        on_fault: apply.on_fault.name(),
        off: applied.off.clone(),
        except_tenants: apply.scope.except_tenants.to_vec(),
        policies: generation.policies[applied.policies.clone()]
            .iter()
            .map(policy)
            .collect(),
    }
}

fn policy(policy: &Policy) -> PolicyDescription {
    let lists = policy.lists.iter().map(|list| ListDescription {
        name: list.name.clone(),
        kind: match list.kind {
            ListKind::Lexicon => "lexicon",
            ListKind::Patterns => "patterns",
            ListKind::Entities => "entities",
            ListKind::Segments => "segments",
        },
        terms: list.terms,
    });
    PolicyDescription {
        name: policy.id.policy.to_string(),
        plugin: policy.plugin_name.clone(),
        plugin_digest: policy.plugin_digest,
        mode: policy.mode.name(),
        interfaces: policy.interfaces.clone(),
        configured_anew: match &policy.plugin.configured {
            Configured::Snapshot => None,
            Configured::Anew { why, .. } => Some(why.clone()),
        },
        from_cache: policy.plugin.from_cache,
        memory_bytes: policy.plugin.memory_bytes,
        fuel_per_kib: policy.fuel_per_kib,
        lists: lists.collect(),
    }
}
