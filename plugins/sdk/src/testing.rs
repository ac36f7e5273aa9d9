//! Runs a plugin natively, in an ordinary `cargo test`.
//!
//! Lists are given as plain terms and matched naively: every occurrence, exactly as written. What the host's matcher adds (folding, regular
//! expressions, gaps) is for a pack's own cases, run with `proviso pack test`. The functions that run a plugin also check what the host checks and
//! what it relies on, and panic where the plugin breaks it.
//!
//! ```
//! use proviso_sdk::testing::{TestLists, message};
//!
//! let lists = TestLists::new().lexicon("promissory", &["保本", "保收益"]);
//! let message = message("我们保本").sent_at(1_700_000_000_000).build(&lists);
//! assert_eq!(message.hit_text(&message.hits[0]), "保本");
//! ```

use crate::contract::fold::Subject;
use crate::{
    Attachment, Configure, Direction, Failure, Finding, Fold, Hit, Kind, ListInfo, ListKind, Message, Money, Party,
    PartyClass, PrecedingMessage, Problem, Problems, Proposal, Retention, Rules, STATE_BYTES_MAX, Score, Span, Step,
    TermNote, advance_batch, configure_from_json, evaluate_batch, is_name, schedule_batch,
};

/// Lists as a manifest would name them, with their terms.
#[derive(Debug, Clone, Default)]
pub struct TestLists {
    infos: Vec<ListInfo>,
    terms: Vec<Vec<String>>,
}

impl TestLists {
    /// No lists.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a lexicon.
    #[must_use]
    pub fn lexicon(self, name: &str, terms: &[&str]) -> Self {
        self.add(name, ListKind::Lexicon, terms, Vec::new())
    }

    /// Adds a list of patterns, each a name and the plain text that stands for its matches.
    #[must_use]
    pub fn patterns(self, name: &str, patterns: &[(&str, &str)]) -> Self {
        let texts: Vec<&str> = patterns.iter().map(|(_, text)| *text).collect();
        let names = patterns.iter().map(|(name, _)| (*name).to_owned()).collect();
        self.add(name, ListKind::Patterns, &texts, names)
    }

    /// Gives a term of the list added last its tags and its weight.
    #[must_use]
    pub fn note(mut self, term: &str, tags: &[&str], weight: Option<f64>) -> Self {
        let terms = self.terms.last().expect("note comes behind a list");
        let index = terms
            .iter()
            .position(|known| known == term)
            .expect("the list has the term");
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let notes = &mut self.infos.last_mut().expect("note comes behind a list").notes;
        notes.push(TermNote {
            term: index as u32,
            tags,
            weight,
        });
        notes.sort_by_key(|note| note.term);
        self
    }

    /// The table that `configure` receives.
    pub fn infos(&self) -> Vec<ListInfo> {
        self.infos.clone()
    }

    /// Every occurrence of every term, in the contract's order.
    pub fn scan(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (list, terms) in (0u16..).zip(&self.terms) {
            for (term, needle) in (0u32..).zip(terms) {
                for (start, _) in text
                    .char_indices()
                    .filter(|(start, _)| text[*start..].starts_with(needle.as_str()))
                {
                    let span = Span::new(start as u32, (start + needle.len()) as u32);
                    hits.push(Hit { list, term, span });
                }
            }
        }
        hits.sort_by_key(|hit| (hit.span.start, hit.span.end, hit.list, hit.term));
        hits
    }

    fn add(mut self, name: &str, kind: ListKind, terms: &[&str], pattern_names: Vec<String>) -> Self {
        assert!(
            terms.iter().all(|term| !term.is_empty()),
            "an empty term would match everywhere"
        );
        self.infos.push(ListInfo {
            name: name.to_owned(),
            kind,
            pattern_names,
            notes: Vec::new(),
        });
        self.terms.push(terms.iter().map(|term| (*term).to_owned()).collect());
        self
    }
}

/// Starts a message: outbound text from the employee `employee` to the external contact `customer`, sent at 0.
pub fn message(text: &str) -> MessageBuilder {
    MessageBuilder {
        message: Message {
            id: "message".to_owned(),
            kind: Kind::Text,
            direction: Direction::Outbound,
            sent_at: 0,
            sender: party("employee", PartyClass::Employee, ""),
            recipients: vec![party("customer", PartyClass::External, "")],
            conversation: "conversation".to_owned(),
            text: text.to_owned(),
            amount: None,
            attachments: Vec::new(),
            links: Vec::new(),
            hits: Vec::new(),
            truncated: false,
            preceding: Vec::new(),
        },
    }
}

/// A party as the host would give it.
pub fn party(id: &str, class: PartyClass, department: &str) -> Party {
    Party {
        id: id.to_owned(),
        class,
        department: department.to_owned(),
    }
}

/// Builds one message.
#[derive(Debug, Clone)]
pub struct MessageBuilder {
    message: Message,
}

impl MessageBuilder {
    /// Sets the identifier.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.message.id);
        self
    }

    /// Sets the kind.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.message.kind = kind;
        self
    }

    /// Sets the direction.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.message.direction = direction;
        self
    }

    /// Sets the time, in milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn sent_at(mut self, milliseconds: i64) -> Self {
        self.message.sent_at = milliseconds;
        self
    }

    /// Sets who wrote it.
    #[must_use]
    pub fn from(mut self, id: &str, class: PartyClass, department: &str) -> Self {
        self.message.sender = party(id, class, department);
        self
    }

    /// Sets who received it.
    #[must_use]
    pub fn to(mut self, recipients: Vec<Party>) -> Self {
        self.message.recipients = recipients;
        self
    }

    /// Sets the money it moves, in the currency's smallest unit.
    #[must_use]
    pub fn amount(mut self, minor_units: u64, currency: &str) -> Self {
        self.message.amount = Some(Money {
            minor_units,
            currency: currency.to_owned(),
        });
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn attachment(mut self, name: &str, size_bytes: u64) -> Self {
        self.message.attachments.push(Attachment {
            name: name.to_owned(),
            size_bytes,
        });
        self
    }

    /// Adds a web address.
    #[must_use]
    pub fn link(mut self, address: &str) -> Self {
        self.message.links.push(address.to_owned());
        self
    }

    /// Adds an earlier message of the conversation, sent so many seconds before this one. Call it behind [`sent_at`](Self::sent_at).
    #[must_use]
    pub fn preceding(mut self, text: &str, direction: Direction, same_sender: bool, seconds_before: i64) -> Self {
        let sent_at = self.message.sent_at - seconds_before * 1000;
        let earlier = PrecedingMessage {
            direction,
            same_sender,
            sent_at,
            text: text.to_owned(),
            hits: Vec::new(),
        };
        self.message.preceding.push(earlier);
        self
    }

    /// Matches the lists and gives the message.
    pub fn build(self, lists: &TestLists) -> Message {
        let mut message = self.message;
        message.hits = lists.scan(&message.text);
        for earlier in &mut message.preceding {
            earlier.hits = lists.scan(&earlier.text);
        }
        message
    }
}

/// Configures a plugin as the host would: from JSON text.
pub fn configure<P: Configure>(settings: &serde_json::Value, lists: &TestLists) -> Result<P, Problems> {
    let configured = configure_from_json(&settings.to_string(), lists.infos());
    if let Err(problems) = &configured {
        assert!(!problems.is_empty(), "configure failed without a problem");
        problems.as_slice().iter().for_each(check_problem);
    }
    configured
}

/// Judges messages as one batch, and checks that the answer for each is what it would be alone.
pub fn evaluate<P: Rules>(plugin: &P, messages: &[Message]) -> Result<Vec<Finding>, Failure> {
    let together = evaluate_batch(plugin, messages)?;
    for finding in &together {
        check_finding(finding, &messages[finding.message as usize]);
    }
    for (index, message) in (0u32..).zip(messages) {
        let alone = evaluate_batch(plugin, std::slice::from_ref(message))?;
        let of_this = together.iter().filter(|finding| finding.message == index).cloned();
        let renamed: Vec<Finding> = of_this.map(|finding| Finding { message: 0, ..finding }).collect();
        assert_eq!(alone, renamed, "the answer for a message depends on its batch");
        assert!(
            alone.len() <= 64,
            "{} findings for one message, at most 64 are taken",
            alone.len()
        );
    }
    Ok(together)
}

/// Proposes for messages as one batch, and checks the proposals.
pub fn schedule<P: Retention>(plugin: &P, messages: &[Message]) -> Result<Vec<Proposal>, Failure> {
    let proposals = schedule_batch(plugin, messages)?;
    for proposal in &proposals {
        assert!(
            (proposal.message as usize) < messages.len(),
            "a proposal for a message that is not in the batch"
        );
        check_rule_name(&proposal.rule);
        assert!(
            (1..=256).contains(&proposal.law.len()),
            "law of {} bytes",
            proposal.law.len()
        );
        assert!(
            (1..=256).contains(&proposal.purpose.len()),
            "purpose of {} bytes",
            proposal.purpose.len()
        );
        assert!(
            proposal.article.len() <= 64,
            "article of {} bytes",
            proposal.article.len()
        );
        for period in [proposal.floor, proposal.ceiling].into_iter().flatten() {
            assert!(
                period.years != 0 || period.months != 0 || period.days != 0,
                "a period of nothing"
            );
        }
    }
    for index in 0..messages.len() as u32 {
        let count = proposals.iter().filter(|proposal| proposal.message == index).count();
        assert!(count <= 16, "{count} proposals for one message, at most 16 are taken");
    }
    Ok(proposals)
}

/// One key of a fold, stepped through its messages. The state goes through its bytes at every step, as it does in the host.
#[derive(Debug)]
pub struct FoldRun<'p, P> {
    plugin: &'p P,
    /// What the last step returned.
    pub state: Vec<u8>,
    seen: Vec<String>,
}

impl<'p, P: Fold> FoldRun<'p, P> {
    /// A key never seen.
    pub fn new(plugin: &'p P) -> Self {
        Self {
            plugin,
            state: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Advances by one message.
    pub fn step(&mut self, message: &Message) -> Result<Step, Failure> {
        let mut steps = self.steps(std::slice::from_ref(message))?;
        Ok(steps.remove(0))
    }

    /// Advances by several messages in one call.
    pub fn steps(&mut self, messages: &[Message]) -> Result<Vec<Step>, Failure> {
        let subject = Subject {
            key: "key".to_owned(),
            state: self.state.clone(),
            events: messages.to_vec(),
        };
        let mut answer = advance_batch(self.plugin, std::slice::from_ref(&subject))?;
        let steps = answer.remove(0);
        assert_eq!(steps.len(), messages.len(), "one step for each event");
        for (step, message) in steps.iter().zip(messages) {
            assert!(
                step.state.len() <= STATE_BYTES_MAX,
                "state of {} bytes",
                step.state.len()
            );
            self.seen.push(message.id.clone());
            step.findings.iter().for_each(|finding| check_finding(finding, message));
            if let Some(score) = &step.score {
                check_score(score, &self.seen);
            }
        }
        if let Some(last) = steps.last() {
            self.state.clone_from(&last.state);
        }
        Ok(steps
            .into_iter()
            .map(|step| Step {
                findings: step.findings,
                score: step.score,
            })
            .collect())
    }
}

fn check_problem(problem: &Problem) {
    assert!(
        problem.pointer.is_empty() || problem.pointer.starts_with('/'),
        "{:?} is no JSON Pointer",
        problem.pointer
    );
    assert!(
        (1..=512).contains(&problem.message.len()),
        "problem of {} bytes",
        problem.message.len()
    );
}

fn check_rule_name(name: &str) {
    assert!(is_name(name), "{name:?} must be 1 to 64 bytes of a-z 0-9 -");
}

fn check_finding(finding: &Finding, message: &Message) {
    check_rule_name(&finding.rule);
    assert!(
        finding.spans.len() <= 16,
        "{} spans, at most 16 are taken",
        finding.spans.len()
    );
    for span in &finding.spans {
        assert!(
            message.text.get(span.start as usize..span.end as usize).is_some(),
            "{span:?} is off the text's character borders"
        );
    }
    assert!(!finding.reasons.is_empty(), "a finding needs a reason");
    for (at, reason) in finding.reasons.iter().enumerate() {
        assert!(
            (1..=1024).contains(&reason.text.len()),
            "reason of {} bytes",
            reason.text.len()
        );
        assert!(
            finding.reasons[..at]
                .iter()
                .all(|other| other.language != reason.language),
            "two reasons in one language"
        );
    }
}

fn check_score(score: &Score, seen: &[String]) {
    assert!(
        (0.0..=100.0).contains(&score.value),
        "score {} is not 0 to 100",
        score.value
    );
    assert!(
        score.factors.len() <= 32,
        "{} factors, at most 32 are taken",
        score.factors.len()
    );
    for pair in score.factors.windows(2) {
        assert!(pair[0].points >= pair[1].points, "factors must come the largest first");
    }
    for factor in &score.factors {
        check_rule_name(&factor.signal);
        assert!(
            (0.0..=100.0).contains(&factor.points),
            "factor of {} points",
            factor.points
        );
        assert!(
            seen.contains(&factor.message),
            "factor names message {:?}, which this key never saw",
            factor.message
        );
    }
}
