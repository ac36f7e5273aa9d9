//! Exports: reads what a person asks, has the archive find the messages, and tells the log before anything is written, and again of what is
//! given.
//!
//! `requested` asks for exports that one person may not make alone, and makes those that another approved.

mod requested;

pub use requested::{ask, run};

use crate::config::Config;
use crate::config_requests::{EXPORT, RequestRules};
use crate::retention::RetentionError;
use crate::searching::{UnknownHold, unknown_hold};
use crate::wire::{ExportV1, GivenV1, UnmaskV1, UnmaskedV1};
use proviso_archive::{
    Act, ActKind, Archive, CONTEXT_MAX, Change, Chosen, CommitError, ConversationKey, EXPORT_MESSAGES_MAX, ExportError,
    ExportRequest, Inquiry, NotOpened, PackAtHand, Packs, REQUEST_TEXT_BYTES_MAX, SEARCH_LISTED_MAX, Search,
    StorageError,
};
use proviso_evidence::{Asked, Sink, Views};
use proviso_model::time::{Day, NotADay, NotAZone, Zone};
use proviso_model::{Digest, Principal};
use proviso_pack::PackStore;
use proviso_pipeline::places;
use proviso_search::Query;
use proviso_search::query::{Field, QueryError};

/// Messages before and after a match, where nothing else is asked for.
pub const CONTEXT: u32 = 3;

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportingError<E: std::error::Error + 'static> {
    /// The query cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Not one thing.
    #[error("expected a query, a conversation or a hold, and only one of them")]
    What,
    /// An order to keep that is not there.
    #[error(transparent)]
    Hold(#[from] UnknownHold),
    /// No name of a conversation.
    #[error("{0:?} names no conversation: expected tenant/channel/conversation")]
    Conversation(String),
    /// A text that is missing or long.
    #[error("the {what} has {bytes} bytes: expected 1 to {REQUEST_TEXT_BYTES_MAX}")]
    Text {
        /// Which.
        what: &'static str,
        /// Its bytes.
        bytes: usize,
    },
    /// More messages beside a match than may be.
    #[error("context {0}: expected at most {CONTEXT_MAX}")]
    Context(u32),
    /// No zone of that name.
    #[error(transparent)]
    Zone(#[from] NotAZone),
    /// No day.
    #[error(transparent)]
    Day(#[from] NotADay),
    /// A day that is over.
    #[error("the last day of its use, {0}, is over")]
    Over(Day),
    /// No form of that name.
    #[error("there is no form {0:?}: expected html, csv, eml or rsmf")]
    Form(String),
    /// Some of what was looked at cannot be opened: nobody can say that all is there that was asked for.
    #[error(
        "{messages} {} could not be opened, and may be what is asked for: {first}; ask for other times, or for a conversation, so that \
         what cannot be opened is not looked at", if *.messages == 1 { "message" } else { "messages" }
    )]
    NotOpened {
        /// How many of the first page that has some.
        messages: u64,
        /// The first, and why.
        first: String,
    },
    /// The archive cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log cannot tell of it.
    #[error("the log cannot tell of the export, and nothing is given without")]
    Log(#[source] CommitError),
    /// The archive gives nothing.
    #[error(transparent)]
    Export(#[from] ExportError<E>),
    /// The tenant wants a second person.
    #[error("tenant {0:?} wants two persons for an export: `proviso request export` asks for it")]
    TwoPersons(String),
    /// One of all tenants does, and none is named.
    #[error(
        "tenant {0:?} wants two persons for an export, and one of all tenants has its messages: name another with --tenant, or ask with \
         `proviso request export --tenant {0}`"
    )]
    OneOfAll(String),
    /// A request is about one tenant.
    #[error("a request is about one tenant: name it with --tenant")]
    NoTenant,
    /// The request asks for something else.
    #[error("request {request} asks for a {act}, and not for an export: run it without --out")]
    NoExport {
        /// Its number.
        request: i64,
        /// What it asks for.
        act: &'static str,
    },
    /// What is found now is not what was approved.
    #[error(
        "request {0} was made for other messages than are found now, since one went or is found no more: make another request"
    )]
    Others(i64),
    /// The request is not made, or does not run.
    #[error(transparent)]
    Request(#[from] RetentionError),
}

impl<E: std::error::Error + 'static> ExportingError<E> {
    /// True if whoever asked can mend it.
    pub fn is_of_the_caller(&self) -> bool {
        match self {
            ExportingError::Storage(_) | ExportingError::Log(_) | ExportingError::NotOpened { .. } => false,
            ExportingError::Export(error) => matches!(
                error,
                ExportError::Nothing | ExportError::TooMany(_) | ExportError::Commit(CommitError::Request(_))
            ),
            ExportingError::Request(error) => matches!(
                error,
                RetentionError::NotPossible(_) | RetentionError::Commit(CommitError::Request(_))
            ),
            _ => true,
        }
    }
}

/// What is asked for, read.
struct Read {
    request: ExportRequest,
    of: Of,
}

enum Of {
    Query(Box<Search>),
    Conversation(ConversationKey),
}

impl Of {
    /// Whose messages alone; `None`: of all tenants.
    fn tenant(&self) -> Option<&str> {
        match self {
            Of::Query(search) => search.tenant.as_deref(),
            Of::Conversation(conversation) => Some(&conversation.tenant),
        }
    }
}

fn read<E: std::error::Error + 'static>(asked: &ExportV1) -> Result<Read, ExportingError<E>> {
    for (what, text) in [("reason", &asked.reason), ("recipient", &asked.to)] {
        if text.trim().is_empty() || text.len() > REQUEST_TEXT_BYTES_MAX {
            let bytes = text.len();
            return Err(ExportingError::Text { what, bytes });
        }
    }
    let zone = asked.zone.as_deref().map_or_else(|| Ok(Zone::utc()), Zone::named)?;
    let until: Option<Day> = asked.until.as_deref().map(str::parse).transpose()?;
    let at = places::now();
    if let Some(until) = until.filter(|until| *until < zone.day(at)) {
        return Err(ExportingError::Over(until));
    }
    let context = asked.context.unwrap_or(CONTEXT);
    if context > CONTEXT_MAX {
        return Err(ExportingError::Context(context));
    }
    let of_hold = asked.hold.map(|number| format!("{}:{number}", Field::Hold.name()));
    let (of, what) = match (asked.query.as_ref().xor(of_hold.as_ref()), &asked.conversation) {
        (Some(query), None) => {
            let mut search = Search::new(&Query::parse(query)?, zone.clone());
            search.tenant.clone_from(&asked.tenant);
            search.limit = SEARCH_LISTED_MAX;
            (Of::Query(Box::new(search)), Asked::Query(query.clone()))
        }
        (None, Some(name)) => {
            let mut parts = name.splitn(3, '/').map(str::to_owned);
            let parts = (parts.next(), parts.next(), parts.next());
            let (Some(tenant), Some(channel), Some(conversation)) = parts else {
                return Err(ExportingError::Conversation(name.clone()));
            };
            let key = ConversationKey {
                tenant,
                channel,
                conversation,
            };
            (Of::Conversation(key), Asked::Conversation(name.clone()))
        }
        _ => return Err(ExportingError::What),
    };
    Ok(Read {
        request: ExportRequest {
            asked: what,
            reason: asked.reason.clone(),
            to: asked.to.clone(),
            until,
            context,
            zone,
            masked: asked.masked,
            views: views(asked.forms.as_deref())?,
            at,
            program: concat!("proviso ", env!("CARGO_PKG_VERSION")).to_owned(),
            request: None,
        },
        of,
    })
}

/// The same, with what the archive knows: whose a hold is, and that it is there.
async fn read_with<E: std::error::Error + 'static>(
    archive: &Archive,
    asked: &ExportV1,
) -> Result<Read, ExportingError<E>> {
    let mut read = read(asked)?;
    if let Of::Query(search) = &mut read.of {
        if let Asked::Query(text) = &read.request.asked
            && let Some(unknown) = unknown_hold(archive, &Query::parse(text)?).await?
        {
            return Err(unknown.into());
        }
        if let (Some(number), None) = (asked.hold, &search.tenant) {
            let holds = archive.holds().await?.into_iter();
            search.tenant = holds
                .filter(|hold| hold.number == number)
                .map(|hold| hold.order.tenant)
                .next();
        }
    }
    Ok(read)
}

fn views<E: std::error::Error + 'static>(forms: Option<&[String]>) -> Result<Views, ExportingError<E>> {
    let Some(forms) = forms else { return Ok(Views::ALL) };
    let mut views = Views::NONE;
    for form in forms {
        match form.as_str() {
            "html" => views.html = true,
            "csv" => views.csv = true,
            "eml" => views.eml = true,
            "rsmf" => views.rsmf = true,
            other => return Err(ExportingError::Form(other[..other.floor_char_boundary(64)].to_owned())),
        }
    }
    Ok(views)
}

/// Says what is wrong with what is asked for, before anything is opened.
pub fn check(asked: &ExportV1) -> Result<(), ExportingError<std::io::Error>> {
    read(asked).map(drop)
}

/// Exports messages into a sink, where one person may do it alone. What it has must not be given away before this ends well. `progress` is told
/// how many messages were looked at.
pub async fn export<S: Sink>(
    (archive, config): (&Archive, &Config),
    asked: &ExportV1,
    sink: S,
    by: &Principal,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(S, GivenV1), ExportingError<S::Error>>
where
    S::Error: std::error::Error + 'static,
{
    let Read { request, of } = read_with(archive, asked).await?;
    refuse_alone(&config.requests, of.tenant())?;
    let chosen = chosen(archive, of, request.context, progress).await?;
    if chosen.is_empty() {
        return Err(ExportError::Nothing.into());
    }
    give((archive, config), &request, &chosen, sink, by).await
}

/// Refuses what a tenant wants a second person for: an export of all tenants as well, where any of them does.
fn refuse_alone<E: std::error::Error + 'static>(
    rules: &RequestRules,
    tenant: Option<&str>,
) -> Result<(), ExportingError<E>> {
    match tenant {
        Some(tenant) if rules.asking(tenant, EXPORT, places::now()).is_some() => {
            Err(ExportingError::TwoPersons(tenant.to_owned()))
        }
        Some(_) => Ok(()),
        None => rules
            .first(EXPORT)
            .map_or(Ok(()), |one| Err(ExportingError::OneOfAll(one.to_owned()))),
    }
}

/// What is asked for, with what stands beside it.
async fn chosen<E: std::error::Error + 'static>(
    archive: &Archive,
    of: Of,
    context: u32,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Chosen>, ExportingError<E>> {
    match of {
        Of::Query(search) => {
            let matches = matches_of(archive, *search, progress).await?;
            Ok(archive.with_context(&matches, context).await?)
        }
        Of::Conversation(conversation) => Ok(archive.conversation(&conversation).await?),
    }
}

/// Has the archive write what was chosen, once the log was told that somebody begins.
async fn give<S: Sink>(
    (archive, config): (&Archive, &Config),
    request: &ExportRequest,
    chosen: &[Chosen],
    sink: S,
    by: &Principal,
) -> Result<(S, GivenV1), ExportingError<S::Error>>
where
    S::Error: std::error::Error + 'static,
{
    begun(archive, request, chosen, by).await.map_err(ExportingError::Log)?;
    let packs = Store(PackStore::at(&config.store_dir()));
    let (sink, given) = archive.export(sink, request, chosen, &packs, by, places::now).await?;
    Ok((sink, given.into()))
}

async fn matches_of<E: std::error::Error + 'static>(
    archive: &Archive,
    mut search: Search,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<i64>, ExportingError<E>> {
    let mut matches = Vec::new();
    loop {
        let page = archive.search(&search).await?;
        progress(page.looked_at);
        if let Some(NotOpened { messages, first }) = page.unreadable {
            return Err(ExportingError::NotOpened { messages, first });
        }
        matches.extend(page.matches.iter().map(|found| found.arrival));
        if matches.len() > EXPORT_MESSAGES_MAX {
            return Err(ExportError::TooMany(matches.len()).into());
        }
        match page.next {
            Some(next) => search.before = Some(next),
            None => return Ok(matches),
        }
    }
}

/// Tells the log that somebody begins: what is written from now on can be read by whoever reads the disk.
async fn begun(
    archive: &Archive,
    request: &ExportRequest,
    chosen: &[Chosen],
    by: &Principal,
) -> Result<(), CommitError> {
    let query = request.asked.text();
    let act = Act {
        kind: ActKind::Export,
        message: None,
        what: "evidence",
        inquiry: Some(Inquiry {
            query: &query,
            saved: None,
            masked: false,
            reason: &request.reason,
            found: &[],
        }),
        messages: chosen.len() as u64,
        at: request.at,
    };
    archive.commit(Change::Noted(&act), by).await.map(drop)
}

/// Says what a pseudonym of an export stands for, once the log was told who asked, and why.
pub async fn unmask(
    archive: &Archive,
    asked: &UnmaskV1,
    by: &Principal,
) -> Result<UnmaskedV1, ExportingError<std::io::Error>> {
    let texts = [("reason", &asked.reason), ("pseudonym", &asked.pseudonym)];
    for (what, text) in texts {
        if text.trim().is_empty() || text.len() > REQUEST_TEXT_BYTES_MAX {
            let bytes = text.len();
            return Err(ExportingError::Text { what, bytes });
        }
    }
    let query = format!("{} of export {}", asked.pseudonym, asked.export);
    let act = Act {
        kind: ActKind::Reading,
        message: None,
        what: "unmask",
        inquiry: Some(Inquiry {
            query: &query,
            saved: None,
            masked: false,
            reason: &asked.reason,
            found: &[],
        }),
        messages: 1,
        at: places::now(),
    };
    archive
        .commit(Change::Noted(&act), by)
        .await
        .map_err(ExportingError::Log)?;
    let text = archive.unmask(asked.export, &asked.pseudonym).await?;
    Ok(UnmaskedV1 { text })
}

/// Packs that were ever live.
struct Store(PackStore);

impl Packs for Store {
    fn pack(&self, digest: &Digest) -> Option<PackAtHand> {
        let pack = self.0.get(digest).ok()?;
        let signed = pack
            .signatures()
            .iter()
            .map(|signature| format!("{}: {}", signature.key(), signature.trusted_comment()));
        Some(PackAtHand {
            signatures: signed.collect(),
            file: pack.to_file(),
        })
    }
}
