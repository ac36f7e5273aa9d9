//! `pack.toml`: what a pack is called, which lists it has, and which policies are made of them.

mod lists;
mod read;
mod text;
mod time;
mod trigger;

pub use read::read;
pub(crate) use read::settings_bytes;
pub use text::ManifestText;
pub use time::TimePrecision;

use proviso_model::EntityKind;
use proviso_model::message::Message;
use proviso_model::set::Mode;
use proviso_model::trigger::Trigger;
use proviso_model::verdict::Reason;

/// A manifest whose every name and reference was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// `vendor/name`, each of 1-64 bytes of `a-z 0-9 -`.
    pub name: String,
    /// The pack's own version.
    pub version: semver::Version,
    /// SPDX expression or a name, 1-256 bytes.
    pub licence: String,
    /// Versions of the host that the pack works with. A pack that this host is not among is refused.
    pub host: semver::VersionReq,
    /// ISO 3166-1 alpha-2 codes or `EU`: whose law the rules follow. Empty if no law in particular.
    pub jurisdictions: Vec<String>,
    /// One line for people, in one or two languages.
    pub description: Reason,
    /// True if the pack judges people: it is off unless the policy set names an impact assessment (PIPL art. 55).
    pub requires_assessment: bool,
    /// Steps that the patterns of all its lists together may take in one text for each begun KiB of it, 1 to
    /// `SCAN_STEPS_PER_KIB_MAX`.
    pub scan_steps_per_kib: u64,
    /// Lexicons, then patterns, each in the file's order; their names are distinct.
    pub lists: Vec<List>,
    /// In the file's order; they share their names with `lists`.
    pub entities: Vec<Entities>,
    /// In the file's order, 1-64; their names are distinct.
    pub policies: Vec<Policy>,
}

/// A lexicon or a pattern file, declared by `[lexicon.NAME]` or `[patterns.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// 1-64 bytes of `a-z 0-9 -`, distinct among all lists of the pack.
    pub name: String,
    /// Path within the pack, of a part that is there: `lexicons/promissory.txt`.
    pub file: String,
    /// What it is made of, and how it is matched.
    pub kind: ListKind,
}

/// A list of entities, declared by `[entities.NAME]`: what the host finds by its own knowledge of numbers and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entities {
    /// 1-64 bytes of `a-z 0-9 -`, distinct among all lists of the pack.
    pub name: String,
    /// At least one, distinct, in the order of the list's patterns.
    pub kinds: Vec<EntityKind>,
    /// Line of its table in `pack.toml`, from 1.
    pub line: usize,
}

/// The host's own list, which a policy may name among its `lists` without a file: the parts of a text that are not its sender's own
/// words, each under the name of its role.
pub const SEGMENTS: &str = "segments";

/// What a list is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// Terms, found in folded text.
    Lexicon(Folding),
    /// Linear-time regular expressions, found in the text as it stands and as it is read.
    Patterns,
}

/// Which differences between a term and a text do not matter. Spans always point into the original text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are the independent switches that the manifest writes"
)]
pub struct Folding {
    /// `Abc` is `abc`. Default true.
    pub case: bool,
    /// Full-width `ＡＢＣ` is `ABC`, and so are other forms of one character. Default true.
    pub width: bool,
    /// Traditional `證券` is simplified `证券`. Default true.
    pub variants: bool,
    /// What may stand between the characters of a term.
    pub gaps: Gaps,
    /// A Latin term matches whole words only. Default true.
    pub word_boundaries: bool,
    /// A hit of a Chinese term that is cut out of the words around it does not count. Default false.
    pub word_segmentation: bool,
    /// An identifier may follow a Latin term without a border. Default false.
    pub glued_identifiers: bool,
    /// A hit within an address, a key or a token does not count. Default false.
    pub skip_machine_text: bool,
    /// A character that the text repeats, `保保本本`, is one of the term. Default false.
    pub repeats: bool,
}

/// What may stand between the characters of a term. Each includes what is before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gaps {
    /// Nothing.
    None,
    /// Characters that are not seen: zero-width, default-ignorable, control characters. The default.
    #[default]
    Invisible,
    /// White space.
    Spaces,
    /// Punctuation and symbols.
    Punctuation,
}

impl Default for Folding {
    fn default() -> Self {
        Self {
            case: true,
            width: true,
            variants: true,
            gaps: Gaps::Invisible,
            word_boundaries: true,
            word_segmentation: false,
            glued_identifiers: false,
            skip_machine_text: false,
            repeats: false,
        }
    }
}

/// One policy: a plugin with settings, and what it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// 1-64 bytes of `a-z 0-9 -`, distinct within the pack.
    pub name: String,
    /// The plugin: `plugins/NAME.wasm` of the pack.
    pub plugin: String,
    /// Which of the plugin's exports the policy uses, at least one, in the order of [`Interface`].
    pub interfaces: Vec<Interface>,
    /// What a fold remembers by; there exactly if `interfaces` has [`Interface::Fold`].
    pub key: Option<SubjectKey>,
    /// What makes the policy run. Names lists of `lists` only, and never [`SEGMENTS`].
    pub trigger: Trigger<String>,
    /// Names of the lists whose hits the policy sees, in the order of `hit.list`; distinct. [`SEGMENTS`] may be among them.
    pub lists: Vec<String>,
    /// What the policy is given beside kind, direction, time and hits; the rest is passed empty. Distinct.
    pub fields: Vec<Field>,
    /// How exactly the policy is told when a message was sent.
    pub time: TimePrecision,
    /// How many earlier messages of the conversation the policy is given, 0-5; above 0 exactly if `fields` has
    /// [`Field::Preceding`].
    pub preceding: usize,
    /// Fuel for each begun KiB of input, 1 to `FUEL_PER_KIB_MAX`.
    pub fuel_per_kib: u64,
    /// Whether its findings count, as the pack proposes it; a set may say otherwise. Default `enforce`.
    pub mode: Mode,
    /// The defaults of the settings: a JSON object, valid by the pack's schema.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Line of the `[[policy]]` table in `pack.toml`, from 1.
    pub line: usize,
}

/// An export of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interface {
    /// Judges messages one by one.
    Rules,
    /// Judges sequences of messages, with memory.
    Fold,
    /// Proposes how long to keep a message.
    Retention,
}

impl Interface {
    /// Every interface.
    pub const ALL: [Interface; 3] = [Interface::Rules, Interface::Fold, Interface::Retention];

    /// The name as the manifest and the contract write it.
    pub const fn name(self) -> &'static str {
        match self {
            Interface::Rules => "rules",
            Interface::Fold => "fold",
            Interface::Retention => "retention",
        }
    }
}

/// What a fold remembers by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKey {
    /// Who wrote.
    Sender,
    /// The conversation.
    Conversation,
    /// Who wrote, separately in each conversation.
    SenderInConversation,
}

impl SubjectKey {
    /// Every key.
    pub const ALL: [SubjectKey; 3] = [
        SubjectKey::Sender,
        SubjectKey::Conversation,
        SubjectKey::SenderInConversation,
    ];

    /// The name as the manifest writes it.
    pub const fn name(self) -> &'static str {
        match self {
            SubjectKey::Sender => "sender",
            SubjectKey::Conversation => "conversation",
            SubjectKey::SenderInConversation => "sender-in-conversation",
        }
    }
}

/// A part of a message that a policy must ask for. The names are those of the fields in the plugin contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The text.
    Text,
    /// Sender and recipients.
    Parties,
    /// Class and department of sender and recipients, without their identifiers.
    Departments,
    /// The conversation's identifier.
    Conversation,
    /// The money it moves.
    Amount,
    /// Names and sizes of files.
    Attachments,
    /// Web addresses beside the text.
    Links,
    /// Earlier messages of the conversation.
    Preceding,
    /// The message's identifier.
    Id,
}

impl Field {
    /// Every field.
    pub const ALL: [Field; 9] = [
        Field::Text,
        Field::Parties,
        Field::Departments,
        Field::Conversation,
        Field::Amount,
        Field::Attachments,
        Field::Links,
        Field::Preceding,
        Field::Id,
    ];

    /// The name as the manifest writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Field::Text => "text",
            Field::Parties => "parties",
            Field::Departments => "departments",
            Field::Conversation => "conversation",
            Field::Amount => "amount",
            Field::Attachments => "attachments",
            Field::Links => "links",
            Field::Preceding => "preceding",
            Field::Id => "id",
        }
    }
}

impl Manifest {
    /// The list of that name.
    pub fn list(&self, name: &str) -> Option<&List> {
        self.lists.iter().find(|list| list.name == name)
    }

    /// The policy of that name.
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.name == name)
    }
}

impl Policy {
    /// True if the policy is given that field.
    pub fn asks_for(&self, field: Field) -> bool {
        self.fields.contains(&field)
    }

    /// True if the policy uses that interface.
    pub fn uses(&self, interface: Interface) -> bool {
        self.interfaces.contains(&interface)
    }

    /// True if the policy is to run. `has_hit` says whether the list of that name has a hit in the message.
    pub fn fires(&self, message: &Message, has_hit: &impl Fn(&String) -> bool) -> bool {
        self.trigger.fires(message, has_hit)
    }
}
