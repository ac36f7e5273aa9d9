//! A pack's own cases: what came of them, and what they do not reach.
//!
//! - `reach`: rules, terms and branches of the settings that no case reaches
//! - `golden`: writes into failing cases what was found
//! - `junit`: the report that CI systems read
//!
//! The engine runs the cases (`Generation::self_test_thoroughly`).

mod golden;
mod junit;
mod reach;

pub use golden::update;
pub use junit::junit;
pub use reach::{CoverageMin, NoCoverageMin, Part, Reach, ReachError, Reachable};

use proviso_engine::CaseReport;
use proviso_model::Problem;
use proviso_pack::TrustedPack;
use std::sync::Arc;
use std::time::Duration;

/// One pack with what came of its cases.
pub struct Tested {
    /// The pack.
    pub pack: Arc<TrustedPack>,
    /// One a case, in their order.
    pub reports: Vec<CaseReport>,
    /// Wall time of building the pack and running its cases.
    pub took: Duration,
    /// Absent where nobody asked.
    pub reach: Option<Reach>,
}

impl Tested {
    /// `vendor/name`.
    pub fn name(&self) -> &str {
        &self.pack.manifest().name
    }

    /// What the cases have otherwise than expected, each at its place.
    pub fn failures(&self) -> impl Iterator<Item = Problem> {
        let of_case = |report: &CaseReport, mismatch: &String| {
            let message = format!("case {:?}: {mismatch}", report.case);
            Problem::on_line(self.pack.path_of(&report.file), report.line, message)
        };
        self.reports
            .iter()
            .flat_map(move |report| report.mismatches.iter().map(move |mismatch| of_case(report, mismatch)))
    }

    /// What is reached less than was asked for, one line each. Nothing where reach was not measured.
    pub fn too_low(&self, least: &[CoverageMin]) -> Vec<String> {
        let Some(reach) = &self.reach else {
            return Vec::new();
        };
        let below = |least: &CoverageMin| {
            let kinds = reach
                .parts()
                .filter(|(kind, _)| least.kind.is_none_or(|wanted| wanted == *kind));
            kinds
                .filter(|(_, part)| part.percent() < least.percent)
                .map(|(kind, part)| {
                    format!(
                        "{}: cases reach {:.1} % of its {}, less than {} %",
                        self.name(),
                        part.percent(),
                        kind.name(),
                        least.percent
                    )
                })
                .collect::<Vec<_>>()
        };
        least.iter().flat_map(below).collect()
    }
}
