//! Alerts as the pages get them. Times are RFC 3339, places in texts count UTF-16 units, as scripts do.

use proviso_archive::{
    Alert, AlertCounts, AlertDecision, AlertItem, AlertMessage, Around, Decided, Neighbour, Review, SameRule,
    StoredDecision,
};
use proviso_model::verdict::{Finding, Severity, Span};
use proviso_model::{Message, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// An alert of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertRow {
    number: i64,
    /// `finding` or `held`.
    kind: &'static str,
    tenant: String,
    channel: String,
    /// Null of a held message.
    severity: Option<&'static str>,
    /// What found it; empty of a held message.
    pack: String,
    policy: String,
    rule: String,
    /// The message's place in the order of arrival.
    message: i64,
    sent_at: String,
    opened_at: String,
    due_at: String,
    overdue: bool,
    /// `open` or `closed`.
    state: &'static str,
    escalated: bool,
    assignee: Option<String>,
    decision: Option<&'static str>,
    decided_by: Option<String>,
    decided_at: Option<String>,
    /// A pseudonym; empty once the message is gone.
    from: String,
    /// Likewise.
    conversation: String,
    /// How many reviews it has: what a change of it names.
    version: u32,
}

impl AlertRow {
    pub(crate) fn of(alert: Alert, now: Timestamp) -> Self {
        let overdue = alert.is_overdue(now);
        let (pack, policy, rule) = alert
            .rule
            .map_or_else(Default::default, |rule| (rule.pack, rule.policy, rule.rule));
        let decided = alert.decided.as_ref();
        Self {
            number: alert.number,
            kind: alert.kind.name(),
            tenant: alert.tenant,
            channel: alert.channel,
            severity: alert.severity.map(Severity::name),
            pack,
            policy,
            rule,
            message: alert.message,
            sent_at: alert.sent_at.to_string(),
            opened_at: alert.opened_at.to_string(),
            due_at: alert.due_at.to_string(),
            overdue,
            state: if alert.is_open { "open" } else { "closed" },
            escalated: alert.escalated,
            assignee: alert.assignee,
            decision: decided.map(|decided| decided.decision.name()),
            decided_by: decided.map(|decided| decided.by.to_string()),
            decided_at: decided.map(|decided| decided.at.to_string()),
            from: alert.from.unwrap_or_default(),
            conversation: alert.conversation.unwrap_or_default(),
            version: alert.version,
        }
    }
}

/// How long each list of open alerts is, with the same filter.
#[derive(Serialize, ToSchema)]
pub(crate) struct Counts {
    open: u64,
    mine: u64,
    unassigned: u64,
    overdue: u64,
    held: u64,
    escalated: u64,
}

impl From<AlertCounts> for Counts {
    fn from(counts: AlertCounts) -> Self {
        let AlertCounts {
            open,
            mine,
            unassigned,
            overdue,
            held,
            escalated,
        } = counts;
        Self {
            open,
            mine,
            unassigned,
            overdue,
            held,
            escalated,
        }
    }
}

/// Some alerts.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertList {
    pub(crate) alerts: Vec<AlertRow>,
    /// `after` of the next page; null: there are no more.
    pub(crate) next: Option<String>,
    pub(crate) counts: Counts,
}

/// An alert with all that is known of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemOut {
    alert: AlertRow,
    /// Null once the message was disposed of, and of one that is kept for the law alone.
    message: Option<MessageOut>,
    findings: Vec<FindingOut>,
    context: ContextOut,
    retention: Option<RetentionOut>,
    /// The digest of what judged it.
    generation: Option<String>,
    reviews: Vec<ReviewOut>,
    /// The last decisions on this rule in this conversation.
    same_rule: Vec<EarlierOut>,
    /// True: pseudonyms stand for parties and conversations.
    masked: bool,
}

/// A message. Who wrote and received it are pseudonyms.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageOut {
    id: String,
    sent_at: String,
    received_at: String,
    kind: String,
    direction: &'static str,
    text: String,
    from: String,
    to: Vec<String>,
    conversation: String,
    attachments: Vec<AttachmentOut>,
}

/// A file of a message.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttachmentOut {
    name: String,
    bytes: u64,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FindingOut {
    pack: String,
    policy: String,
    rule: String,
    severity: &'static str,
    reason: String,
    spans: Vec<SpanOut>,
    shadow: bool,
}

/// UTF-16 units of the text; the end is not part of it.
#[derive(Serialize, ToSchema, Debug, PartialEq, Eq)]
pub(crate) struct SpanOut {
    start: usize,
    end: usize,
}

/// What stands around the message.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContextOut {
    before: Vec<NearOut>,
    after: Vec<NearOut>,
}

/// A message beside it.
#[derive(Serialize, ToSchema)]
pub(crate) struct NearOut {
    number: i64,
    from: String,
    sent_at: String,
    text: String,
    direction: &'static str,
}

/// How long the message is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct RetentionOut {
    /// The last day; null where the law sets none.
    keep_until: Option<String>,
    law: String,
    article: String,
}

/// An entry of the alert's history.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReviewOut {
    number: i64,
    at: String,
    by: String,
    act: &'static str,
    decision: Option<&'static str>,
    reason: Option<String>,
    comment: Option<String>,
    to: Option<String>,
}

/// A decision on another alert.
#[derive(Serialize, ToSchema)]
pub(crate) struct EarlierOut {
    number: i64,
    decision: &'static str,
    decided_at: String,
    decided_by: String,
}

/// True of a message that nobody is shown in daily work (Network Data Security Management Regulations, article 24).
pub(crate) fn is_kept_for_the_law_alone(item: &AlertItem) -> bool {
    let retention = item.message.as_ref().and_then(|message| message.retention.as_ref());
    retention.is_some_and(|retention| retention.decision.store_only)
}

impl ItemOut {
    /// Its words as they are, its parties as pseudonyms.
    pub(crate) fn of(item: AlertItem, around: Around, now: Timestamp) -> Self {
        let hidden = is_kept_for_the_law_alone(&item);
        let read = item.message.as_ref();
        let retention = read.and_then(|message| message.retention.as_ref());
        let shown = read.filter(|_| !hidden);
        let near = |side: Vec<Neighbour>| side.into_iter().filter(|_| shown.is_some()).map(near_of).collect();
        Self {
            retention: retention.map(retention_of),
            generation: read.map(|message| message.generation.to_string()),
            findings: shown.map_or_else(Vec::new, |message| {
                let text = &message.message.text;
                let findings = message.findings.iter();
                findings.map(|finding| finding_of(finding, text)).collect()
            }),
            context: ContextOut {
                before: near(around.before),
                after: near(around.after),
            },
            message: shown.map(message_of),
            alert: AlertRow::of(item.alert, now),
            reviews: item.reviews.into_iter().map(review_of).collect(),
            same_rule: item.same_rule.into_iter().map(earlier_of).collect(),
            masked: true,
        }
    }
}

fn message_of(read: &AlertMessage) -> MessageOut {
    let (message, names) = (&read.message, &read.names);
    MessageOut {
        id: names.id.clone(),
        sent_at: message.sent_at.to_string(),
        received_at: read.received_at.to_string(),
        kind: message.kind.name().to_owned(),
        direction: direction_of(message),
        text: message.text.clone(),
        from: names.from.clone(),
        to: names.to.clone(),
        conversation: names.conversation.clone(),
        attachments: message.attachments.iter().map(attachment_of).collect(),
    }
}

fn attachment_of(attachment: &proviso_model::message::Attachment) -> AttachmentOut {
    AttachmentOut {
        name: attachment.name.clone(),
        bytes: attachment.size_bytes,
    }
}

fn direction_of(message: &Message) -> &'static str {
    use proviso_model::message::Direction;
    match message.direction {
        Direction::Internal => "internal",
        Direction::Outbound => "outbound",
        Direction::Inbound => "inbound",
        Direction::Unknown => "unknown",
    }
}

fn near_of(near: Neighbour) -> NearOut {
    NearOut {
        number: near.arrival,
        from: near.names.from,
        sent_at: near.message.sent_at.to_string(),
        direction: direction_of(&near.message),
        text: near.message.text,
    }
}

fn finding_of(finding: &Finding, text: &str) -> FindingOut {
    FindingOut {
        pack: finding.pack.to_string(),
        policy: finding.policy.to_string(),
        rule: finding.rule.clone(),
        severity: finding.severity.name(),
        reason: finding
            .reason
            .zh
            .clone()
            .or_else(|| finding.reason.en.clone())
            .unwrap_or_default(),
        spans: spans_of(&finding.spans, text),
        shadow: finding.shadow,
    }
}

/// Places in UTF-16 units. One that does not lie in the text on its characters' borders is left out.
fn spans_of(spans: &[Span], text: &str) -> Vec<SpanOut> {
    let units = |bytes: u32| Some(text.get(..usize::try_from(bytes).ok()?)?.encode_utf16().count());
    let read = |span: &Span| {
        let (start, end) = (units(span.start)?, units(span.end)?);
        (start <= end).then_some(SpanOut { start, end })
    };
    spans.iter().filter_map(read).collect()
}

fn retention_of(stored: &StoredDecision) -> RetentionOut {
    let statute = stored.decision.decided_by.first();
    let until = stored.decision.until.or(stored.decision.floor_until);
    RetentionOut {
        keep_until: until.map(|day| day.to_string()),
        law: statute.map(|statute| statute.law.clone()).unwrap_or_default(),
        article: statute.map(|statute| statute.article.clone()).unwrap_or_default(),
    }
}

fn review_of(review: Review) -> ReviewOut {
    ReviewOut {
        number: review.number,
        at: review.at.to_string(),
        by: review.by.to_string(),
        act: review.act.name(),
        decision: review.decision.map(AlertDecision::name),
        reason: review.reason,
        comment: review.comment,
        to: review.to,
    }
}

fn earlier_of(earlier: SameRule) -> EarlierOut {
    let Decided { decision, by, at } = earlier.decided;
    EarlierOut {
        number: earlier.number,
        decision: decision.name(),
        decided_at: at.to_string(),
        decided_by: by.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_as_scripts_do() {
        let text = "保本 🙂 ok";
        let span = |start, end| Span { start, end };
        let spans = [
            span(0, 6),
            span(7, 11),
            span(12, 14),
            span(1, 6),
            span(12, 99),
            span(6, 0),
        ];
        let found = spans_of(&spans, text);
        let expected = [(0, 2), (3, 5), (6, 8)];
        assert_eq!(found, expected.map(|(start, end)| SpanOut { start, end }));
    }
}
