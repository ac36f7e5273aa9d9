//! What a row of each table is. What names somebody comes as a pseudonym.

/// A message as it is known without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// The pseudonym of the message.
    pub message: String,
    /// The tenant, as it is called.
    pub tenant: String,
    /// The channel, as it is called.
    pub channel: String,
    /// `text`, `file`, `red-packet`, …
    pub kind: String,
    /// `internal`, `outbound`, `inbound` or `unknown`.
    pub direction: &'static str,
    /// The pseudonym of who wrote it.
    pub sender: String,
    /// The pseudonym of its conversation.
    pub conversation: String,
    /// When it was sent, as the channel says, in milliseconds since 1970-01-01T00:00:00Z.
    pub sent_at: i64,
    /// When its batch was received, likewise.
    pub received_at: i64,
    /// True if the verdict holds it.
    pub held: bool,
    /// True if it waits for a person.
    pub waiting: bool,
    /// `consent-refused` or `consent-missing` where no policy saw the content.
    pub withheld: Option<String>,
    /// What its lawful basis permits: `judge`, `sealed` or `metadata`; absent in records of before there were any.
    pub permits: Option<String>,
    /// The content address of the generation that judged.
    pub generation: String,
    /// The version of the directory that the message was judged by.
    pub directory: Option<i64>,
}

/// A finding of the verdict that stands, without its excerpt and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// The pseudonym of the message.
    pub message: String,
    /// `vendor/name`.
    pub pack: String,
    /// The policy within the pack.
    pub policy: String,
    /// The rule within the policy.
    pub rule: String,
    /// `low`, `medium`, `high` or `critical`.
    pub severity: String,
    /// True if the policy ran in shadow mode.
    pub shadow: bool,
}

/// How long a message is kept: a row for each rule of law that decided, or one without a rule where none did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRow {
    /// The pseudonym of the message.
    pub message: String,
    /// Why, in a word: `longest-floor`, `unknown-clock`, …; absent where an old record does not say.
    pub ground: Option<&'static str>,
    /// The last day on which it must be kept, in days since 1970-01-01; absent where that is not known.
    pub keep_until: Option<i32>,
    /// The rule that decided.
    pub rule: Option<String>,
    /// The law on which the rule stands.
    pub law: Option<String>,
    /// Its article.
    pub article: Option<String>,
}
