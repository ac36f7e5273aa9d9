//! `proviso archive show … --why`: why a message is kept as long as it is. The proof is made again from what is recorded: the
//! proposals of the verdict, the set and the packs of its generation. Nothing is run.

use crate::looking::Looking;
use crate::show;
use anyhow::{Context, anyhow};
use proviso_archive::Shown;
use proviso_daemon::config::Config;
use proviso_model::retention::{self, Decision, Ending, Endings, Laws, Proof, Statute};
use proviso_model::set::PolicySet;
use proviso_model::verdict::Language;
use serde_json::{Value, json};

/// A proof, and how far it can be relied on.
pub(crate) struct Why {
    proof: Proof,
    /// Why the rules' own words are not at hand.
    without_laws: Option<String>,
    /// What the recorded decision says otherwise.
    differs: Option<String>,
}

/// Makes the proof of a message's decision again.
pub(crate) async fn explain(looking: &Looking, config: &Config, shown: &Shown) -> anyhow::Result<Why> {
    let id = shown.verdict.generation;
    let record = looking
        .generation(&id)
        .await?
        .ok_or_else(|| anyhow!("generation {id} is not recorded"))?;
    let policies = PolicySet::from_canonical_json(&record.set_json)
        .with_context(|| format!("the recorded policy set of generation {id} cannot be read"))?;
    let (laws, without_laws) = match proviso_daemon::laws_of(config, &record) {
        Ok(laws) => (laws, None),
        Err(error) => (Laws::default(), Some(format!("{error:#}"))),
    };
    let verdict = &shown.verdict.verdict;
    let proposals = verdict.proposals.iter().map(|attributed| attributed.proposed());
    let endings = all_endings(looking).await?;
    let moments = Endings::new(&endings, &policies.time_zone).moments(&shown.message);
    let facts = proviso_pipeline::facts(&policies, &shown.message, verdict, moments);
    let proof = retention::prove(proposals, &laws, &facts);
    let differs = match &shown.retention {
        None => Some("nothing is recorded".to_owned()),
        Some(recorded) => difference(&recorded.decision, &proof.decision),
    };
    Ok(Why {
        proof,
        without_laws,
        differs,
    })
}

/// Every end that is known.
async fn all_endings(looking: &Looking) -> anyhow::Result<Vec<Ending>> {
    let records = looking.endings().await?.into_iter();
    Ok(records.map(|record| record.ending).collect())
}

/// Where a recorded decision says something else; `None` where it says the same.
fn difference(recorded: &Decision, again: &Decision) -> Option<String> {
    // Decisions of before do not say how they counted.
    let words = |statute: &Statute, like: Option<&Statute>| Statute {
        counting: like.and_then(|like| like.counting).and(statute.counting),
        ..statute.clone()
    };
    let mut like_recorded = again.clone();
    like_recorded.decided_by = again
        .decided_by
        .iter()
        .enumerate()
        .map(|(index, statute)| words(statute, recorded.decided_by.get(index)))
        .collect();
    (like_recorded != *recorded).then(|| {
        let until = |decision: &Decision| decision.until.map_or_else(String::new, |until| format!(" {until}"));
        let by = |decision: &Decision| {
            let rules = decision.decided_by.iter().map(|statute| statute.rule.as_str());
            rules.collect::<Vec<_>>().join(", ")
        };
        let said = |decision: &Decision| {
            let why = decision.why.sentence(Language::En);
            format!(
                "{}{} [{}] {why}",
                decision.disposition.name(),
                until(decision),
                by(decision)
            )
        };
        format!("recorded: {}; now: {}", said(recorded), said(again))
    })
}

impl Why {
    /// For programs: the proof in its stored form.
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        Ok(json!({
            "proof": serde_json::from_str::<Value>(&self.proof.to_json())?,
            "without_laws": self.without_laws,
            "differs": self.differs,
        }))
    }

    /// For people.
    pub(crate) fn print(&self, language: Language) {
        let (heading, without, differs) = match language {
            Language::En => (
                "Why",
                "the rules' own words are not at hand",
                "DIFFERS from the recorded decision",
            ),
            Language::Zh => ("依据", "无法取得规则原文", "与记录的决定不同"),
        };
        show::line(format_args!("\n{heading}"));
        for line in self.proof.to_text(language).lines() {
            show::line(format_args!("{line}"));
        }
        if let Some(reason) = &self.without_laws {
            show::line(format_args!("{without}: {reason}"));
        }
        if let Some(difference) = &self.differs {
            show::line(format_args!("{differs}: {difference}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_model::retention::{ClockStart, Counting, Disposition, Why as Ground};

    fn decision(until: &str, counting: Option<Counting>) -> Decision {
        let until = Some(until.parse().unwrap());
        Decision {
            disposition: Disposition::KeepUntil,
            until,
            floor_until: until,
            store_only: false,
            why: Ground::LongestFloor,
            decided_by: vec![Statute {
                rule: "r".to_owned(),
                law: "l".to_owned(),
                article: String::new(),
                clock: ClockStart::Message,
                counting,
                starts: None,
                floor_until: until,
                ceiling_until: None,
                verified: true,
            }],
        }
    }

    #[test]
    fn a_decision_of_before_differs_by_its_days_and_not_by_what_it_could_not_say() {
        let now = decision("2044-02-29", Some(Counting::CnCivilCode));
        assert_eq!(difference(&now, &now), None);
        assert_eq!(difference(&decision("2044-02-29", None), &now), None);
        let other = difference(&decision("2044-03-01", None), &now).unwrap();
        assert!(other.contains("recorded: keep-until 2044-03-01 [r]"), "{other}");
        assert!(other.contains("now: keep-until 2044-02-29 [r]"), "{other}");
        let counted = difference(&decision("2044-02-29", Some(Counting::Latest)), &now);
        assert!(counted.is_some(), "counted otherwise");
    }
}
