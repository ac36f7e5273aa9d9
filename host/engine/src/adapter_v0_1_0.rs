//! The plugin contract 0.1.0: the only file that knows how its records look. It turns the host's words into the contract's
//! and the guest's answers into the host's, and decides nothing. A field that the policy did not ask for is passed empty.

use crate::answer::{Failure, RawFactor, RawFinding, RawPeriod, RawProposal, RawScore, RawStep, SettingsProblem};
use crate::component::LOG;
use crate::guest::{GuestState, LogLevel};
use crate::view::{Asked, HitView, ListInfo, ListKind, MessageView, SubjectView};
use bindings::exports::proviso::policy::{fold, lifecycle, retention, rules};
use bindings::proviso::policy::types;
use proviso_model::limits;
use proviso_model::message::{Direction, Kind, Party, PartyClass};
use proviso_model::retention::ClockStart;
use proviso_model::verdict::{Language, Severity, Span};
use proviso_pack::manifest::Interface;
use wasmtime::component::{Instance, InstancePre, Linker, WasmStr};
use wasmtime::{Result, Store, StoreContextMut};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1.0",
        world: "plugin",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

/// Offers the log to guests. A line costs fuel as an instruction would, so that fuel decides how many there are.
pub(crate) fn link(linker: &mut Linker<GuestState>) -> Result<()> {
    linker.instance(LOG)?.func_wrap(
        "write",
        |mut store: StoreContextMut<'_, GuestState>,
         (level, line): (bindings::proviso::policy::log::Level, WasmStr)| {
            let fuel = store.get_fuel()?;
            store.set_fuel(fuel.saturating_sub(crate::guest::LOG_LINE_FUEL))?;
            if store.data().wants_log() {
                let line = line.to_str(&store)?.into_owned();
                store.data_mut().log(log_level(level), line);
            }
            Ok(())
        },
    )
}

/// Where a component's functions are, looked up once.
#[derive(Clone)]
pub(crate) struct Exports {
    lifecycle: lifecycle::GuestIndices,
    rules: Option<rules::GuestIndices>,
    fold: Option<fold::GuestIndices>,
    retention: Option<retention::GuestIndices>,
}

impl Exports {
    /// Finds them; the component was seen to export these interfaces by name.
    pub(crate) fn find(pre: &InstancePre<GuestState>, interfaces: &[Interface]) -> Result<Self> {
        let has = |interface| interfaces.contains(&interface);
        Ok(Self {
            lifecycle: lifecycle::GuestIndices::new(pre)?,
            rules: has(Interface::Rules)
                .then(|| rules::GuestIndices::new(pre))
                .transpose()?,
            fold: has(Interface::Fold).then(|| fold::GuestIndices::new(pre)).transpose()?,
            retention: has(Interface::Retention)
                .then(|| retention::GuestIndices::new(pre))
                .transpose()?,
        })
    }

    /// Fails if one of the functions has another type than the contract says.
    pub(crate) fn check_types(&self, store: &mut Store<GuestState>, instance: &Instance) -> Result<()> {
        self.lifecycle.load(&mut *store, instance)?;
        if let Some(rules) = &self.rules {
            rules.load(&mut *store, instance)?;
        }
        if let Some(fold) = &self.fold {
            fold.load(&mut *store, instance)?;
        }
        if let Some(retention) = &self.retention {
            retention.load(&mut *store, instance)?;
        }
        Ok(())
    }

    /// `lifecycle.configure`.
    pub(crate) fn configure(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
        settings: &str,
        lists: &[ListInfo],
    ) -> Result<std::result::Result<(), Vec<SettingsProblem>>> {
        let lifecycle = self.lifecycle.load(&mut *store, instance)?;
        let names: Vec<Vec<&str>> = lists
            .iter()
            .map(|list| list.pattern_names.iter().map(String::as_str).collect())
            .collect();
        let tags: Vec<Vec<Vec<&str>>> = lists
            .iter()
            .map(|list| {
                list.notes
                    .iter()
                    .map(|note| note.tags.iter().map(String::as_str).collect())
                    .collect()
            })
            .collect();
        let notes: Vec<Vec<lifecycle::TermNote<'_>>> = lists
            .iter()
            .zip(&tags)
            .map(|(list, tags)| {
                list.notes
                    .iter()
                    .zip(tags)
                    .map(|(note, tags)| lifecycle::TermNote {
                        term: note.term,
                        tags,
                        weight: note.weight,
                    })
                    .collect()
            })
            .collect();
        let infos: Vec<lifecycle::ListInfo<'_>> = lists
            .iter()
            .zip(&names)
            .zip(&notes)
            .map(|((list, pattern_names), notes)| lifecycle::ListInfo {
                name: &list.name,
                kind: match list.kind {
                    ListKind::Lexicon => lifecycle::ListKind::Lexicon,
                    ListKind::Patterns | ListKind::Entities | ListKind::Segments => lifecycle::ListKind::Patterns,
                },
                pattern_names,
                notes,
            })
            .collect();
        let answer = lifecycle.call_configure(&mut *store, settings, &infos)?;
        Ok(answer.map_err(|problems| {
            problems
                .into_iter()
                .map(|p| SettingsProblem {
                    pointer: p.pointer,
                    message: p.message,
                })
                .collect()
        }))
    }

    /// `rules.evaluate`.
    pub(crate) fn evaluate(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
        asked: Asked<'_>,
        messages: &[MessageView<'_>],
    ) -> Result<std::result::Result<Vec<RawFinding>, Failure>> {
        let rules = self.rules.as_ref().expect(HAS_INTERFACE).load(&mut *store, instance)?;
        let answer = with_messages(asked, messages, |messages| rules.call_evaluate(&mut *store, messages))?;
        Ok(answer
            .map(|findings| findings.into_iter().map(raw_finding).collect())
            .map_err(|answer| failure(&answer)))
    }

    /// `retention.schedule`.
    pub(crate) fn schedule(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
        asked: Asked<'_>,
        messages: &[MessageView<'_>],
    ) -> Result<std::result::Result<Vec<RawProposal>, Failure>> {
        let retention = self
            .retention
            .as_ref()
            .expect(HAS_INTERFACE)
            .load(&mut *store, instance)?;
        let answer = with_messages(asked, messages, |messages| {
            retention.call_schedule(&mut *store, messages)
        })?;
        Ok(answer
            .map(|proposals| proposals.into_iter().map(raw_proposal).collect())
            .map_err(|answer| failure(&answer)))
    }

    /// `fold.advance`; `subjects` name their events by range in `events`.
    pub(crate) fn advance(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
        asked: Asked<'_>,
        subjects: &[SubjectView<'_>],
        events: &[MessageView<'_>],
    ) -> Result<std::result::Result<Vec<Vec<RawStep>>, Failure>> {
        let fold = self.fold.as_ref().expect(HAS_INTERFACE).load(&mut *store, instance)?;
        let answer = with_messages(asked, events, |events| {
            let subjects: Vec<fold::Subject<'_>> = subjects
                .iter()
                .map(|subject| fold::Subject {
                    key: subject.key,
                    state: subject.state,
                    events: &events[subject.events.clone()],
                })
                .collect();
            fold.call_advance(&mut *store, &subjects)
        })?;
        Ok(answer
            .map(|subjects| {
                subjects
                    .into_iter()
                    .map(|steps| steps.into_iter().map(raw_step).collect())
                    .collect()
            })
            .map_err(|answer| failure(&answer)))
    }
}

const HAS_INTERFACE: &str = "a policy is called by interfaces that its plugin has";

/// Lists of lists in one allocation.
struct Nested<T> {
    items: Vec<T>,
    ends: Vec<usize>,
}

impl<T> Nested<T> {
    fn of<I: IntoIterator<Item = T>>(lists: impl Iterator<Item = I>) -> Self {
        let mut nested = Self {
            items: Vec::new(),
            ends: Vec::with_capacity(lists.size_hint().0),
        };
        for list in lists {
            nested.items.extend(list);
            nested.ends.push(nested.items.len());
        }
        nested
    }

    fn get(&self, index: usize) -> &[T] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.items[start..self.ends[index]]
    }
}

/// Writes the messages as the contract's records, which borrow from each other, and calls `call` with them.
fn with_messages<R>(asked: Asked<'_>, views: &[MessageView<'_>], call: impl FnOnce(&[types::Message<'_>]) -> R) -> R {
    let fields = asked.fields;
    let hits = Nested::of(views.iter().map(|view| view.hits.iter().map(hit)));
    let recipients = Nested::of(views.iter().map(|view| {
        let shown = if fields.parties || fields.departments {
            limits::RECIPIENTS_MAX
        } else {
            0
        };
        view.message
            .recipients
            .iter()
            .take(shown)
            .map(|recipient| party_record(asked, view, recipient))
    }));
    let attachments = Nested::of(views.iter().map(|view| {
        let shown = if fields.attachments { limits::ATTACHMENTS_MAX } else { 0 };
        view.message
            .attachments
            .iter()
            .take(shown)
            .map(|attachment| types::Attachment {
                name: cut(&attachment.name, ATTACHMENT_NAME_BYTES_MAX),
                size_bytes: attachment.size_bytes,
            })
    }));
    let links = Nested::of(views.iter().map(|view| {
        let shown = if fields.links { limits::ATTACHMENTS_MAX } else { 0 };
        view.message.links.iter().take(shown).map(String::as_str)
    }));
    let preceding_hits = Nested::of(
        views
            .iter()
            .flat_map(|view| view.preceding)
            .map(|earlier| earlier.hits.iter().map(hit)),
    );
    let mut earlier_index = 0..;
    let preceding = Nested::of(views.iter().map(|view| {
        view.preceding
            .iter()
            .zip(earlier_index.by_ref())
            .map(|(earlier, index)| types::PrecedingMessage {
                direction: direction(earlier.message.direction),
                same_sender: earlier.message.sender.id == view.message.sender.id,
                sent_at: asked.time_of(earlier.message),
                text: earlier.text,
                hits: preceding_hits.get(index),
            })
            .collect::<Vec<_>>()
    }));
    let messages: Vec<types::Message<'_>> = views
        .iter()
        .enumerate()
        .map(|(index, view)| {
            let message = view.message;
            types::Message {
                id: if fields.id { &message.id.native } else { "" },
                kind: kind(message.kind),
                direction: direction(message.direction),
                sent_at: asked.time_of(message),
                sender: if fields.parties || fields.departments {
                    party_record(asked, view, &message.sender)
                } else {
                    NOBODY
                },
                recipients: recipients.get(index),
                conversation: if fields.conversation { &message.conversation } else { "" },
                text: if fields.text { view.text } else { "" },
                amount: message
                    .amount
                    .as_ref()
                    .filter(|_| fields.amount)
                    .map(|amount| types::Money {
                        minor_units: amount.minor_units,
                        currency: &amount.currency,
                    }),
                attachments: attachments.get(index),
                links: links.get(index),
                hits: hits.get(index),
                truncated: view.truncated,
                preceding: preceding.get(index),
            }
        })
        .collect();
    call(&messages)
}

/// Name of an attachment that policies see, in bytes.
const ATTACHMENT_NAME_BYTES_MAX: usize = 1_024;

/// The sender of a policy that does not ask for parties.
const NOBODY: types::Party<'static> = types::Party {
    id: "",
    class: types::PartyClass::Unknown,
    department: "",
};

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

fn party_record<'a>(asked: Asked<'a>, view: &MessageView<'a>, party: &'a Party) -> types::Party<'a> {
    types::Party {
        id: if asked.fields.parties { &party.id } else { "" },
        class: match party.class {
            PartyClass::Employee => types::PartyClass::Employee,
            PartyClass::External => types::PartyClass::External,
            PartyClass::Robot => types::PartyClass::Robot,
            PartyClass::Unknown => types::PartyClass::Unknown,
        },
        department: asked.set.department_of(party, view.message, view.directory),
    }
}

fn log_level(level: bindings::proviso::policy::log::Level) -> LogLevel {
    use bindings::proviso::policy::log::Level;
    match level {
        Level::Debug => LogLevel::Debug,
        Level::Info => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
    }
}

fn hit(hit: &HitView) -> types::Hit {
    types::Hit {
        list: hit.list,
        term: hit.term,
        span: types::Span {
            start: hit.start,
            end: hit.end,
        },
    }
}

fn direction(direction: Direction) -> types::Direction {
    match direction {
        Direction::Internal => types::Direction::Internal,
        Direction::Outbound => types::Direction::Outbound,
        Direction::Inbound => types::Direction::Inbound,
        Direction::Unknown => types::Direction::Unknown,
    }
}

fn kind(kind: Kind) -> types::Kind {
    match kind {
        Kind::Text => types::Kind::Text,
        Kind::Markdown => types::Kind::Markdown,
        Kind::Image => types::Kind::Image,
        Kind::Voice => types::Kind::Voice,
        Kind::Video => types::Kind::Video,
        Kind::Emotion => types::Kind::Emotion,
        Kind::File => types::Kind::File,
        Kind::Document => types::Kind::Document,
        Kind::Link => types::Kind::Link,
        Kind::MiniProgram => types::Kind::MiniProgram,
        Kind::Card => types::Kind::Card,
        Kind::Location => types::Kind::Location,
        Kind::ChatRecord => types::Kind::ChatRecord,
        Kind::Mixed => types::Kind::Mixed,
        Kind::Todo => types::Kind::Todo,
        Kind::Vote => types::Kind::Vote,
        Kind::Form => types::Kind::Form,
        Kind::RedPacket => types::Kind::RedPacket,
        Kind::Transfer => types::Kind::Transfer,
        Kind::Meeting => types::Kind::Meeting,
        Kind::Calendar => types::Kind::Calendar,
        Kind::News => types::Kind::News,
        Kind::Feed => types::Kind::Feed,
        Kind::Call => types::Kind::Call,
        Kind::CallShare => types::Kind::CallShare,
        Kind::Email => types::Kind::Email,
        Kind::Recall => types::Kind::Recall,
        Kind::Consent => types::Kind::Consent,
        Kind::System => types::Kind::System,
        Kind::Other => types::Kind::Other,
    }
}

fn severity(severity: types::Severity) -> Severity {
    match severity {
        types::Severity::Low => Severity::Low,
        types::Severity::Medium => Severity::Medium,
        types::Severity::High => Severity::High,
        types::Severity::Critical => Severity::Critical,
    }
}

fn raw_finding(finding: types::Finding) -> RawFinding {
    RawFinding {
        message: finding.message,
        rule: finding.rule,
        severity: severity(finding.severity),
        spans: finding
            .spans
            .into_iter()
            .map(|span| Span {
                start: span.start,
                end: span.end,
            })
            .collect(),
        reasons: finding
            .reasons
            .into_iter()
            .map(|reason| {
                let language = match reason.language {
                    types::Language::Zh => Language::Zh,
                    types::Language::En => Language::En,
                };
                (language, reason.text)
            })
            .collect(),
    }
}

fn raw_step(step: fold::Step) -> RawStep {
    RawStep {
        state: step.state,
        findings: step.findings.into_iter().map(raw_finding).collect(),
        score: step.score.map(|score| RawScore {
            value: score.value,
            factors: score
                .factors
                .into_iter()
                .map(|f| RawFactor {
                    signal: f.signal,
                    points: f.points,
                    message: f.message,
                    sent_at_millis: f.sent_at,
                })
                .collect(),
        }),
    }
}

fn raw_proposal(proposal: retention::Proposal) -> RawProposal {
    let period = |period: retention::Period| RawPeriod {
        years: period.years,
        months: period.months,
        days: period.days,
    };
    RawProposal {
        message: proposal.message,
        rule: proposal.rule,
        law: proposal.law,
        article: proposal.article,
        jurisdiction: proposal.jurisdiction,
        purpose: proposal.purpose,
        clock: match proposal.clock {
            retention::ClockStart::Message => ClockStart::Message,
            retention::ClockStart::Transaction => ClockStart::Transaction,
            retention::ClockStart::RelationshipEnd => ClockStart::RelationshipEnd,
            retention::ClockStart::ContractEnd => ClockStart::ContractEnd,
            retention::ClockStart::DisputeEnd => ClockStart::DisputeEnd,
        },
        floor: proposal.floor.map(period),
        ceiling: proposal.ceiling.map(period),
        verified: proposal.verified,
    }
}

fn failure(failure: &types::Failure) -> Failure {
    match failure {
        types::Failure::BadMessage(_) => Failure::BadMessage,
        types::Failure::BadState(_) => Failure::BadState,
        types::Failure::NotConfigured => Failure::NotConfigured,
        types::Failure::Internal(_) => Failure::Internal,
    }
}
