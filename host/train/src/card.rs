//! The page about a model: on what it was trained, how often it is wrong and on what, and what it may be used for.

use super::examples::Example;
use super::figures::Count;
use super::{Labels, Options, Trained};
use proviso_model::Problem;
use proviso_model::foreign::{Foreign, is_unseen};
use proviso_text_features::rate_in_words;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// Bytes of a model's name, and of the sentence that says what it looks for, at most: both stand in the model's file.
const NAME_BYTES_MAX: usize = 64;
const LOOKS_FOR_BYTES_MAX: usize = 1 << 10;

/// What the lines do not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    name: String,
    looks_for: String,
    known: Known,
}

/// What is known of the data and the model, as people write it down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// By the source's name in the lines.
    #[serde(default)]
    source: BTreeMap<String, KnownSource>,
    /// What the model must not be used for, and what is not known. One sentence each.
    #[serde(default)]
    limits: Vec<String>,
}

/// What is known of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownSource {
    /// Where it comes from, and when it was written if its lines have no dates.
    #[serde(default)]
    origin: String,
    /// Under which licence it may be used.
    #[serde(default)]
    licence: String,
}

impl About {
    /// A model of that name, and what it looks for in one line.
    ///
    /// # Errors
    /// What is too long, empty, or has a character that nobody sees; in a line for people.
    pub fn new(name: &str, looks_for: &str) -> Result<Self, String> {
        one_line("the name", name, NAME_BYTES_MAX)?;
        one_line("what the model looks for", looks_for, LOOKS_FOR_BYTES_MAX)?;
        Ok(Self {
            name: name.to_owned(),
            looks_for: looks_for.to_owned(),
            known: Known::default(),
        })
    }

    /// With what a TOML file says of the sources of these examples (`[source.NAME]` with `origin` and `licence`) and of the model's
    /// `limits`. `file` is only named, in the problem.
    ///
    /// # Errors
    /// Another key, another type, or a source that no example has.
    pub fn with_file(self, file: &Path, text: &str, examples: &[Example]) -> Result<Self, Problem> {
        let known: Known = toml::from_str(text).map_err(|error| {
            let message = error.message().to_owned();
            match error.span() {
                Some(span) => Problem::at_offset(file, text, span.start, message),
                None => Problem::in_file(file, message),
            }
        })?;
        let sources: BTreeSet<&str> = examples.iter().map(|example| example.source.as_str()).collect();
        match known.source.keys().find(|name| !sources.contains(name.as_str())) {
            Some(name) => {
                let message = format!(
                    "no line has the source {}: expected one that lines name",
                    Foreign(name).quoted()
                );
                Err(Problem::in_file(file, message))
            }
            None => Ok(Self { known, ..self }),
        }
    }
}

fn one_line(what: &str, text: &str, bytes_max: usize) -> Result<(), String> {
    let quoted = Foreign(text).quoted();
    if text.trim().is_empty() {
        Err(format!("{what} is empty: expected 1 to {bytes_max} bytes"))
    } else if text.len() > bytes_max {
        Err(format!(
            "{what} is {quoted} of {} bytes: expected 1 to {bytes_max}",
            text.len()
        ))
    } else if text.chars().any(is_unseen) {
        Err(format!(
            "{what} is {quoted}, with a character that nobody sees: expected one line of plain text"
        ))
    } else {
        Ok(())
    }
}

/// The card, Markdown.
pub fn card(trained: &Trained, examples: &[Example], options: &Options, about: &About) -> String {
    let mut page = String::new();
    let _ = write!(page, "# {}\n\n{}\n\n", md(&about.name), md(&about.looks_for));
    intended(&mut page);
    data(&mut page, trained, examples, about);
    training(&mut page, trained, options);
    rates(&mut page, trained);
    slices(&mut page, trained);
    without(&mut page, trained);
    limits(&mut page, about);
    page
}

/// Lines for people above a model's list.
pub fn comments(trained: &Trained, about: &About) -> Vec<String> {
    let mut lines = vec![
        format!("{}: {}", about.name, about.looks_for),
        "A model of text-classifier. Its tags carry it and a check sum guards it: train again, do not edit. Its card has the figures.".to_owned(),
    ];
    for rate in &trained.figures.rates {
        let threshold = (rate.logit / trained.logits_per_unit).ceil();
        let (rate, recall) = (rate_in_words(rate.false_alarms_ppm), percent(rate.recall));
        lines.push(format!(
            "rate {rate}: threshold {threshold}, recall {recall} where it was measured"
        ));
    }
    lines
}

fn intended(page: &mut String) {
    page.push_str(
        "## What it is for\n\n\
         An aid of review. It says that a message is worded like those it was trained on, with the fragments that weighed most; a person decides.\n\
         It runs beside rules and never replaces one, first in shadow mode, and its findings are `low` or `medium`. It is no ground to act against\n\
         anybody, to hold a payment or to score a person.\n\n",
    );
}

fn data(page: &mut String, trained: &Trained, examples: &[Example], about: &About) {
    page.push_str("## Data\n\n| source | looked for | harmless | groups | written | where from | licence |\n|---|--:|--:|--:|---|---|---|\n");
    let mut sources: BTreeMap<&str, Vec<&Example>> = BTreeMap::new();
    for example in examples {
        sources.entry(&example.source).or_default().push(example);
    }
    for (source, members) in sources {
        let positive = members.iter().filter(|example| example.positive).count();
        let groups: BTreeSet<&str> = members.iter().map(|example| example.group.as_str()).collect();
        let mut dates: Vec<&str> = members
            .iter()
            .map(|example| example.date.as_str())
            .filter(|date| !date.is_empty())
            .collect();
        dates.sort_unstable();
        let written = match (dates.first(), dates.last()) {
            (Some(first), Some(last)) => format!("{} to {}", md(first), md(last)),
            _ => "—".to_owned(),
        };
        let known = about.known.source.get(source).cloned().unwrap_or_default();
        let or_unknown = |text: &str| {
            if text.is_empty() {
                "not stated".to_owned()
            } else {
                md(text)
            }
        };
        let _ = writeln!(
            page,
            "| {} | {positive} | {} | {} | {written} | {} | {} |",
            or_unknown(source),
            members.len() - positive,
            groups.len(),
            or_unknown(&known.origin),
            or_unknown(&known.licence),
        );
    }
    let one = |count: Count| {
        format!(
            "{} texts in {} groups, {} of them too short to be judged",
            count.texts, count.groups, count.too_short
        )
    };
    let (positive, negative) = (one(trained.figures.positive), one(trained.figures.negative));
    let _ = write!(
        page,
        "\nLooked for: {positive}. Harmless: {negative}. A text that came again was left out.\n\n"
    );
}

fn training(page: &mut String, trained: &Trained, options: &Options) {
    let labels = match options.labels {
        Labels::OfTexts => "each text has its own label",
        Labels::OfGroups => "a label is that of its group, of which some texts are left out as harmless",
    };
    let _ = write!(
        page,
        "## Training\n\n\
         Logistic regression with L2 regularisation over hashed fragments of two to four characters, words and pairs of words (features version {}); {labels}.\n\
         {} weights of eight bits in 2^{} slots; a fragment is learnt if {} groups have it, so that none is learnt from one conversation alone. Strength {},\n\
         weight of what is looked for {}, {} parts by group, seed {}. Of {} words, names above all, nothing was learnt. The same examples and options give the same file, by the same build on the same kind of machine.\n\n\
         A score of `s` units is {:.6} × `s` logits, and a likelihood of `1 / (1 + exp(-({:.3} × logit + {:.3})))` by Platt's method: in the mixture of kinds\n\
         that stands above, not in anybody's messages.\n\n",
        proviso_text_features::FEATURES_VERSION,
        trained.model.weight_count(),
        options.slot_bits,
        options.groups_min,
        options.strength,
        options.positive_weight,
        options.folds,
        options.seed,
        options.never.len(),
        trained.logits_per_unit,
        trained.platt.slope,
        trained.platt.offset,
    );
}

fn rates(page: &mut String, trained: &Trained) {
    page.push_str(
        "## Errors\n\nOn texts that were kept apart: each was judged by a model that saw no text of its group.\n\n\
         | rate asked for | threshold | false alarms | at most, with 95 % certainty | texts found | groups found |\n|--:|--:|--:|--:|--:|--:|\n",
    );
    for (rate, groups) in trained.figures.rates.iter().zip(&trained.figures.group_recall) {
        let (false_alarms, harmless) = rate.false_alarms;
        let _ = writeln!(
            page,
            "| {} | {} | {false_alarms} of {harmless} | {} | {} | {} |",
            rate_in_words(rate.false_alarms_ppm),
            (rate.logit / trained.logits_per_unit).ceil(),
            percent(upper_bound(false_alarms, harmless)),
            percent(rate.recall),
            percent(*groups),
        );
    }
    page.push('\n');
}

fn slices(page: &mut String, trained: &Trained) {
    let head = rate_heads(trained);
    for (positive, title) in [
        (true, "Found, by what the texts are"),
        (false, "False alarms, by what the texts are"),
    ] {
        let _ = write!(page, "### {title}\n\n| by | | texts |{head}\n");
        for slice in trained.figures.slices.iter().filter(|slice| slice.positive == positive) {
            let name = slice
                .name
                .split_once(": ")
                .filter(|_| slice.by == "length")
                .map_or(slice.name.as_str(), |(_, name)| name);
            let _ = write!(page, "| {} | {} | {} |", slice.by, md(name), slice.texts);
            for reached in &slice.reached {
                let _ = write!(page, " {} |", percent(*reached as f64 / slice.texts as f64));
            }
            page.push('\n');
        }
        page.push('\n');
    }
}

fn rate_heads(trained: &Trained) -> String {
    let rates = &trained.figures.rates;
    let names: String = rates.iter().fold(String::new(), |names, rate| {
        names + &format!(" at {} |", rate_in_words(rate.false_alarms_ppm))
    });
    format!("{names}\n|---|---|--:|{}", "--:|".repeat(rates.len()))
}

fn without(page: &mut String, trained: &Trained) {
    if trained.without.is_empty() {
        return;
    }
    page.push_str(
        "### What it has not seen\n\nEach row was judged by a model that was trained without it, at the threshold for the rate on all else. It is the nearest that\n\
         these data come to other people's messages. A source with all the texts of one kind cannot be left out.",
    );
    if trained.not_without > 0 {
        let _ = write!(
            page,
            " {} more sources and kinds, with fewer texts than these, were not left out in turn.",
            trained.not_without
        );
    }
    page.push_str("\n\n");
    let rates = &trained.figures.rates;
    let names: String = rates.iter().fold(String::new(), |names, rate| {
        names + &format!(" at {} |", rate_in_words(rate.false_alarms_ppm))
    });
    let _ = writeln!(
        page,
        "| left out | | what |{names}\n|---|---|---|{}",
        "--:|".repeat(rates.len())
    );
    for part in &trained.without {
        for (what, reached, all) in [("false alarms", 0, 1), ("found", 2, 3)] {
            if part.rates.first().is_none_or(|(_, counts)| counts[all] == 0) {
                continue;
            }
            let _ = write!(page, "| {} | {} | {what} |", part.by, md(&part.name));
            for rate in rates {
                match part.rates.iter().find(|(ppm, _)| *ppm == rate.false_alarms_ppm) {
                    Some((_, counts)) => {
                        let share = percent(counts[reached] as f64 / counts[all] as f64);
                        let _ = write!(page, " {share} ({} of {}) |", counts[reached], counts[all]);
                    }
                    None => page.push_str(" — |"),
                }
            }
            page.push('\n');
        }
    }
    page.push('\n');
}

fn limits(page: &mut String, about: &About) {
    page.push_str("## Limits\n\n");
    let own = [
        "It knows stretches of characters, not what is meant. What is said in other words, in another script or with marks between its characters, it does not see.",
        "The figures are those of these data. Other messages give other rates, usually more false alarms and fewer findings: run it in shadow mode and look.",
        "It ages: wording changes. Train it again on what people decided, and compare the cards.",
    ];
    for limit in own
        .into_iter()
        .map(str::to_owned)
        .chain(about.known.limits.iter().map(|limit| md(limit)))
    {
        let _ = writeln!(page, "- {limit}");
    }
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 {
        format!("{percent:.2} %")
    } else {
        format!("{percent:.1} %")
    }
}

/// The upper end of Wilson's interval for so many of so many, one-sided, 95 %.
fn upper_bound(hits: usize, all: usize) -> f64 {
    if all == 0 {
        return 1.0;
    }
    let (n, z) = (all as f64, 1.645_f64);
    let p = hits as f64 / n;
    let middle = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle + spread) / (1.0 + z * z / n)).min(1.0)
}

/// Names come with the lines, and are foreign text.
fn md(text: &str) -> String {
    Foreign(text).markdown().to_string()
}
