//! Push and pull of packs: the only crate that speaks to registries.
