//! Exit codes, in one place.

use proviso_archive::CommitError;
use proviso_daemon::retention::RetentionError;
use proviso_model::Problems;
use proviso_pipeline::loading::set::RecordedError;
use std::fmt;
use std::process::ExitCode;

/// How a command ended, short of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All well: 0.
    Well,
    /// Problems in the input, cases that failed, or findings where `--fail-on` asks: 1.
    Problems,
}

/// The command was used wrongly, in a way that clap cannot see. Ends with 2.
#[derive(Debug)]
pub(crate) struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// What a fault ends with.
const FAULT: u8 = 3;

/// Ends the process at once as a fault does, without waiting for anything.
pub(crate) fn fault_now() -> ! {
    std::process::exit(i32::from(FAULT))
}

/// Prints what went wrong on standard error and gives the process's exit code: 1 where the input is at fault and the user can
/// mend it, 2 where the command was used wrongly, 3 for the rest.
pub(crate) fn report(result: anyhow::Result<Ending>) -> ExitCode {
    match result {
        Ok(Ending::Well) => ExitCode::SUCCESS,
        Ok(Ending::Problems) => ExitCode::from(1),
        Err(error) => {
            if let Some(problems) = problems_of(&error) {
                for problem in &problems.0 {
                    crate::show::error_line(format_args!("{problem}"));
                }
                return ExitCode::from(1);
            }
            if is_broken_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            crate::show::error(format_args!("error: {error:#}"));
            ExitCode::from(if error.is::<Usage>() { 2 } else { FAULT })
        }
    }
}

/// The user's own problems, wherever in the chain they stand.
fn problems_of(error: &anyhow::Error) -> Option<&Problems> {
    // Those of a recorded generation stand within its error, which shows itself in the chain and not what it holds.
    error
        .chain()
        .find_map(|cause| match cause.downcast_ref::<RecordedError>() {
            Some(RecordedError::Problems(problems)) => Some(problems),
            _ => cause.downcast_ref::<Problems>(),
        })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

/// What cannot be done as things are is the caller's to mend.
pub(crate) fn told(error: RetentionError) -> anyhow::Error {
    match error {
        RetentionError::NotPossible(why) => Usage(why).into(),
        RetentionError::Commit(
            error @ (CommitError::Clock(_)
            | CommitError::Request(_)
            | CommitError::NoHold { .. }
            | CommitError::Text { .. }
            | CommitError::Term(_)
            | CommitError::TwoOrders),
        ) => Usage(error.to_string()).into(),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_model::Problem;

    #[test]
    fn what_the_user_can_mend_is_found_wherever_it_stands() {
        let problems = || Problems(vec![Problem::in_file("trust.toml", "the pack is revoked")]);
        let plain = anyhow::Error::from(problems());
        let within = anyhow::Error::from(RecordedError::Problems(problems()));
        for error in [plain, within] {
            assert_eq!(problems_of(&error), Some(&problems()));
            assert_eq!(problems_of(&error.context("a replay")), Some(&problems()));
        }
        assert_eq!(problems_of(&anyhow::anyhow!("the disk")), None);
    }
}
