//! `--fail-if`: a bound on what a backtest counted, `added[severity>=high, rule=promise] > 0`.

use super::report::{Change, Difference, Report};
use proviso_model::verdict::Severity;
use std::fmt;
use std::str::FromStr;

/// A metric compared with a number.
#[derive(Debug, Clone, PartialEq)]
pub struct FailIf {
    text: String,
    metric: Metric,
    selectors: Vec<Selector>,
    comparison: Comparison,
    /// As written.
    bound: f64,
    /// The bound is a share of the messages, in per cent.
    is_percent: bool,
}

/// A text is no bound. Says what is wrong with it, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoBound(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Metric {
    Findings(Change),
    Held,
    NewlyHeld,
    Faults,
    RetentionChanged,
    ScoresChanged,
    Cost,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Selector {
    Pack(String),
    Policy(String),
    Rule(String),
    Department(String),
    Severity(Severity),
    SeverityFrom(Severity),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
}

const METRICS: [(&str, Metric); 9] = [
    ("added", Metric::Findings(Change::Added)),
    ("removed", Metric::Findings(Change::Removed)),
    ("changed", Metric::Findings(Change::Changed)),
    ("held", Metric::Held),
    ("newly-held", Metric::NewlyHeld),
    ("faults", Metric::Faults),
    ("retention-changed", Metric::RetentionChanged),
    ("scores-changed", Metric::ScoresChanged),
    ("cost", Metric::Cost),
];

/// The longer ones first: `>=` begins with `>`.
const COMPARISONS: [(&str, Comparison); 5] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("==", Comparison::Equal),
    (">", Comparison::More),
    ("<", Comparison::Less),
];

impl FromStr for FailIf {
    type Err = NoBound;

    fn from_str(text: &str) -> Result<Self, NoBound> {
        Self::read(text).map_err(NoBound)
    }
}

impl FailIf {
    fn read(text: &str) -> Result<Self, String> {
        let names = || METRICS.map(|(name, _)| name).join(", ");
        let end = text
            .find(|c: char| !c.is_ascii_lowercase() && c != '-')
            .unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let metric = METRICS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, metric)| *metric);
        let metric = metric.ok_or_else(|| format!("{name:?} is not counted: expected one of {}", names()))?;
        let rest = rest.trim_start();
        let (selectors, rest) = match rest.strip_prefix('[') {
            Some(inside) => inside
                .split_once(']')
                .ok_or("the `[` has no `]`: expected added[severity>=high] > 0")?,
            None => ("", rest),
        };
        let selectors: Vec<Selector> = selectors
            .split(',')
            .map(str::trim)
            .filter(|selector| !selector.is_empty())
            .map(selector)
            .collect::<Result<_, _>>()?;
        if !selectors.is_empty() && !matches!(metric, Metric::Findings(_)) {
            return Err(format!(
                "{name} is counted as a whole: only added, removed and changed take [ ]"
            ));
        }
        let rest = rest.trim_start();
        let found = COMPARISONS
            .iter()
            .find_map(|(sign, comparison)| Some((*comparison, rest.strip_prefix(sign)?)));
        let (comparison, bound) = found.ok_or("expected >, >=, <, <= or == and a number, as in added > 100")?;
        let bound = bound.trim();
        let (number, is_percent) = match bound.strip_suffix('%') {
            Some(number) => (number.trim_end(), true),
            None => (bound, false),
        };
        let number: f64 = number
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| format!("{bound:?} is not a number"))?;
        if is_percent && metric == Metric::Cost {
            return Err("cost is a ratio: expected cost > 1.2".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            metric,
            selectors,
            comparison,
            bound: number,
            is_percent,
        })
    }
}

fn selector(text: &str) -> Result<Selector, String> {
    let severity = |name: &str| {
        let found = Severity::ALL
            .into_iter()
            .find(|severity| severity.name() == name.trim());
        found.ok_or_else(|| {
            format!(
                "{:?} is not a severity: expected low, medium, high or critical",
                name.trim()
            )
        })
    };
    if let Some((key, value)) = text.split_once(">=") {
        return match key.trim() {
            "severity" => Ok(Selector::SeverityFrom(severity(value)?)),
            key => Err(format!("only severities have an order: expected {key}=…")),
        };
    }
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| format!("{text:?} selects nothing: expected rule=…"))?;
    let value = value.trim().to_owned();
    Ok(match key.trim() {
        "pack" => Selector::Pack(value),
        "policy" => Selector::Policy(value),
        "rule" => Selector::Rule(value),
        "department" => Selector::Department(value),
        "severity" => Selector::Severity(severity(&value)?),
        key => {
            return Err(format!(
                "{key:?} selects nothing: expected pack, policy, rule, severity or department"
            ));
        }
    })
}

impl Selector {
    fn fits(&self, difference: &Difference) -> bool {
        match self {
            Selector::Pack(name) => *name == difference.pack,
            Selector::Policy(name) => *name == difference.policy,
            Selector::Rule(name) => *name == difference.rule,
            Selector::Department(name) => *name == difference.department,
            Selector::Severity(severity) => *severity == difference.severity,
            Selector::SeverityFrom(severity) => *severity <= difference.severity,
        }
    }
}

impl FailIf {
    /// What the metric is, and whether that fails.
    pub(super) fn check(&self, report: &Report) -> (f64, bool) {
        let value = match self.metric {
            Metric::Findings(change) => {
                let fitting = report.differences.iter();
                let fitting =
                    fitting.filter(|difference| self.selectors.iter().all(|selector| selector.fits(difference)));
                fitting.map(|difference| difference.counts.of(change)).sum::<u64>() as f64
            }
            Metric::Held => report.candidate.totals.held as f64,
            Metric::NewlyHeld => report.newly_held as f64,
            Metric::Faults => report.candidate.totals.faults as f64,
            Metric::RetentionChanged => report.retention_changed as f64,
            Metric::ScoresChanged => report.scores_changed as f64,
            Metric::Cost => report.cost,
        };
        let value = if self.is_percent {
            value * 100.0 / (report.messages.max(1)) as f64
        } else {
            value
        };
        let fails = match self.comparison {
            Comparison::More => value > self.bound,
            Comparison::AtLeast => value >= self.bound,
            Comparison::Less => value < self.bound,
            Comparison::AtMost => value <= self.bound,
            Comparison::Equal => (value - self.bound).abs() < f64::EPSILON,
        };
        (value, fails)
    }
}

impl fmt::Display for FailIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::FailIf;

    #[test]
    fn what_is_no_bound_is_told() {
        for (text, why) in [
            ("add > 1", "not counted"),
            ("added", "expected >"),
            ("added[rule=x > 1", "no `]`"),
            ("added[rule] > 1", "selects nothing"),
            ("added[colour=red] > 1", "selects nothing"),
            ("added[severity=loud] > 1", "not a severity"),
            ("added[rule>=x] > 1", "only severities"),
            ("held[rule=x] > 1", "as a whole"),
            ("added > many", "not a number"),
            ("added > NaN", "not a number"),
            ("cost > 20%", "a ratio"),
        ] {
            let error = text.parse::<FailIf>().expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        for text in [
            "added>0",
            "added[severity>=high, rule=a-b] > 2 %",
            "cost >= 1.5",
            "removed == 0",
        ] {
            assert!(text.parse::<FailIf>().is_ok(), "{text}");
        }
    }
}
