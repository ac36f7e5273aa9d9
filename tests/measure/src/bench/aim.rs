//! What is aimed at, and whether it is reached.

use super::Section;
use crate::page::Table;
use anyhow::Context;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Why an aim is not reached, by its name: people write this, and the page shows it only where it holds.
const REASONS: &str = include_str!("reasons.toml");

/// A figure that is to be reached.
pub(super) struct Aim {
    /// Its name in `reasons.toml`.
    pub name: &'static str,
    pub what: &'static str,
    /// The figure in words, with its bound.
    pub bound: String,
    /// What was measured; `None` where it could not be.
    pub figure: Option<String>,
    pub reached: bool,
}

impl Aim {
    /// Reached at this figure or above; `unit` stands behind the figures, `digits` behind their points.
    pub(super) fn at_least(
        (name, what): (&'static str, &'static str),
        aim: f64,
        figure: Option<f64>,
        show: impl Fn(f64) -> String,
    ) -> Self {
        Self {
            name,
            what,
            bound: format!("at least {}", show(aim)),
            figure: figure.map(&show),
            reached: figure.is_some_and(|figure| figure >= aim),
        }
    }

    /// Reached at this figure or below.
    pub(super) fn at_most(
        (name, what): (&'static str, &'static str),
        aim: f64,
        figure: Option<f64>,
        show: impl Fn(f64) -> String,
    ) -> Self {
        Self {
            name,
            what,
            bound: format!("at most {}", show(aim)),
            figure: figure.map(&show),
            reached: figure.is_some_and(|figure| figure <= aim),
        }
    }
}

/// The table of aims, and behind it the reasons.
pub(super) fn render(sections: &[Section]) -> anyhow::Result<String> {
    let reasons: BTreeMap<String, String> = toml::from_str(REASONS).context("reasons.toml")?;
    let mut table = Table::new(&["aim", "", ">measured", ""]);
    let mut because = String::new();
    for aim in sections.iter().flat_map(|section| &section.aims) {
        let ending = match (&aim.figure, aim.reached) {
            (None, _) => "missing",
            (Some(_), true) => "reached",
            (Some(_), false) => "not reached",
        };
        table.row([aim.what, &aim.bound, aim.figure.as_deref().unwrap_or("-"), ending]);
        if aim.figure.is_some() && !aim.reached {
            let reason = reasons
                .get(aim.name)
                .map_or("the reason is not known yet.", |reason| reason.trim());
            writeln!(because, "- **{}**: {reason}", aim.what)?;
        }
    }
    let because = if because.is_empty() {
        String::new()
    } else {
        format!("\nNot reached, and why:\n\n{because}")
    };
    Ok(format!("\n## Aims\n\n{}{because}", table.markdown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_aim_says_its_figure_and_its_reason() {
        let times = |figure: f64| format!("{figure:.1} times");
        let section = Section {
            title: "x",
            text: String::new(),
            aims: vec![
                Aim::at_least(("one", "one"), 2.0, Some(1.5), times),
                Aim::at_most(("two", "two"), 2.0, Some(1.5), times),
                Aim::at_most(("three", "three"), 2.0, None, times),
            ],
        };
        let page = render(&[section]).unwrap();
        let rows: Vec<&str> = page.lines().filter(|line| line.contains("at ")).collect();
        assert!(rows[0].contains("1.5 times | not reached"), "{page}");
        assert!(rows[1].contains("1.5 times | reached"), "{page}");
        assert!(rows[2].ends_with("missing     |"), "{page}");
        assert_eq!(page.matches("- **").count(), 1, "{page}");
    }
}
