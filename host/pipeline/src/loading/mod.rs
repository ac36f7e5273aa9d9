//! From a policy set's file, or from a recorded generation, to one that judges: whom the operator trusts (`trust`), which
//! packs the set names (`set`), and what the engine makes of them (`build`).

pub mod build;
pub mod set;
pub mod trust;
