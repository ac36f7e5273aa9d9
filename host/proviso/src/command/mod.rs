//! What each command does, one file or folder a command.

pub(crate) mod archive;
pub(crate) mod backtest;
pub(crate) mod bench;
pub(crate) mod consent;
pub(crate) mod demo;
pub(crate) mod directory;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod facts;
mod hand_in;
pub(crate) mod lint;
pub(crate) mod pack;
mod pack_attack;
mod pack_diff;
mod pack_open;
mod pack_registry;
mod pack_sign;
mod pack_test;
mod pack_train;
pub(crate) mod policy;
mod promote;
pub(crate) mod rejudge;
mod release;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod token;
mod why;
