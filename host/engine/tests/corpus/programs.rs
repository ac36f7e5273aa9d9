//! The programs of the hostile corpus. The tests of the engine and those of the daemon share them.

mod answers;
mod bombs;
mod calls;
mod loads;
pub(crate) mod program;

use program::Program;

/// All of them, each under a name of its own.
pub(crate) fn all() -> Vec<Program> {
    [
        loads::programs(),
        bombs::programs(),
        calls::programs(),
        answers::programs(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
