//! Which messages of a segment may fit an order to keep, without opening them: a query of the order is asked of the index as if it stood in the search;
//! conversation and time are known there too; and in which conversations a person wrote, columns say.
//!
//! What is left is asked as disposal asks it. Nobody knows of a message what it says where its source could not take over all of it, or where not all of it is
//! kept: it may fit.

use super::pages::{Opened, PageError};
use crate::disposal::Hold;
use crate::sqlite::Sqlite;
use crate::sqlite::bulk::number_list;
use crate::sqlite::holds;
use proviso_model::Timestamp;
use proviso_model::time::Zone;
use proviso_search::query::{Bound, Flag, Named, Side, Test, When};
use proviso_search::segment::SegmentError;
use proviso_search::{Candidates, Documents, Label, Prepared, Query, SearchError};
use sqlx::SqliteConnection;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Open orders that `is:kept` is planned by. Where there are more, each candidate is asked.
const KEPT_BY_MAX: usize = 64;
/// Conversations of one person that are told apart, and their messages in one segment. Where there are more, each candidate is asked.
const TOLD_MAX: usize = 500_000;

/// The orders that a query asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Fittings(Arc<[Fitting]>);

/// An order, as far as an index knows who fits it.
#[derive(Debug)]
struct Fitting {
    number: i64,
    is_open: bool,
    tenant: String,
    /// Without them, nobody knows.
    asked: Option<Asked>,
}

#[derive(Debug)]
struct Asked {
    /// What must be true of what fits.
    query: Option<Prepared>,
    /// What that finds for certain fits, unless it may say more than stands in it.
    is_all: bool,
    /// The order is about what people said.
    says: bool,
    /// The conversations in which the person of the order wrote: what was said there fits as well.
    conversations: Option<Vec<i64>>,
}

impl Fittings {
    /// Reads the orders that labels ask for.
    pub(super) async fn read(connection: &mut SqliteConnection, labels: &[&Label]) -> Result<Self, sqlx::Error> {
        let asks_for_kept = labels.contains(&&Label::Is(Flag::Kept));
        let is_asked =
            |hold: &Hold| labels.contains(&&Label::Hold(hold.number)) || asks_for_kept && hold.released.is_none();
        if !labels
            .iter()
            .any(|label| matches!(label, Label::Hold(_) | Label::Is(Flag::Kept)))
        {
            return Ok(Self::default());
        }
        let mut fittings = Vec::new();
        for hold in holds::all(connection).await?.into_iter().filter(is_asked) {
            fittings.push(Fitting {
                number: hold.number,
                is_open: hold.released.is_none(),
                asked: asked(connection, &hold).await?,
                tenant: hold.order.tenant,
            });
        }
        Ok(Self(fittings.into()))
    }

    /// The documents of a tenant's segment of which the label may be true; none where that is not known.
    pub(super) fn candidates(
        &self,
        label: &Label,
        of: (&str, i64, i64),
        segment: &Opened,
        by: (&Sqlite, &Handle),
    ) -> Result<Option<Candidates>, SegmentError<PageError>> {
        let is_asked = |fitting: &&Fitting| match label {
            Label::Hold(number) => fitting.number == *number,
            _ => fitting.is_open,
        };
        let asked: Vec<&Fitting> = self
            .0
            .iter()
            .filter(is_asked)
            .filter(|fitting| fitting.tenant == of.0)
            .collect();
        if asked.len() > KEPT_BY_MAX {
            return Ok(None);
        }
        let mut found = Candidates::exact(Documents::none(segment.documents()));
        for fitting in asked {
            let Some(asked) = &fitting.asked else { return Ok(None) };
            let Some(fits) = asked.candidates((of.1, of.2), segment, by)? else {
                return Ok(None);
            };
            found = found.or(&fits);
        }
        Ok(Some(found))
    }
}

/// What an index knows of who fits an order; none where another program stored what this one cannot read.
async fn asked(connection: &mut SqliteConnection, hold: &Hold) -> Result<Option<Asked>, sqlx::Error> {
    let order = &hold.order;
    if let Some(query) = &order.query {
        let (Ok(read), Ok(zone)) = (Query::parse_lasting(query.text()), Zone::named(query.zone())) else {
            return Ok(None);
        };
        return Ok(Some(Asked {
            query: Some(Prepared::new(&read, &zone)),
            is_all: true,
            says: true,
            conversations: None,
        }));
    }
    let mut tests = Vec::new();
    if let Some(name) = &order.conversation {
        tests.push(Test::Named {
            what: Named::Conversation,
            name: name.clone(),
        });
    }
    let mut conversations = None;
    // By what a person wrote, others of the conversation fit whenever they were sent.
    if let Some(person) = &order.person {
        let wrote = sqlx::query_scalar(
            "SELECT DISTINCT conversation FROM envelopes WHERE sender IN (SELECT party FROM parties WHERE id = ?) LIMIT ?",
        );
        let wrote: Vec<i64> = wrote
            .bind(person.clone())
            .bind(TOLD_MAX as i64 + 1)
            .fetch_all(connection)
            .await?;
        if wrote.len() > TOLD_MAX {
            return Ok(None);
        }
        conversations = Some(wrote);
    } else {
        let sent = |bound, at| Test::Sent {
            bound,
            when: When::At(at),
        };
        tests.extend(order.sent_from.map(|from| sent(Bound::AtLeast, from)));
        let last = order.sent_before.map(|before| before.as_millis().checked_sub(1));
        match last.map(|last| last.and_then(|last| Timestamp::from_millis(last).ok())) {
            Some(Some(last)) => tests.push(sent(Bound::AtMost, last)),
            Some(None) => return Ok(None),
            None => {}
        }
    }
    let party = order.person.as_ref().map(|person| Test::Party {
        side: Side::With,
        id: person.clone(),
    });
    let mut tests: Vec<Query> = tests.into_iter().map(Query::Test).collect();
    let is_all = order.person.is_none() && order.conversation.is_none() && order.texts.is_empty();
    // A person's own are found beside those of the conversations.
    if let Some(party) = party {
        tests.push(Query::Test(party));
    }
    let query = match tests.len() {
        0 => None,
        1 => tests.pop(),
        _ => Some(Query::All(tests)),
    };
    Ok(Some(Asked {
        query: query.map(|query| Prepared::new(&query, &Zone::utc())),
        is_all,
        says: false,
        conversations,
    }))
}

impl Asked {
    fn candidates(
        &self,
        (first, last): (i64, i64),
        segment: &Opened,
        (store, runtime): (&Sqlite, &Handle),
    ) -> Result<Option<Candidates>, SegmentError<PageError>> {
        let mut found = match &self.query {
            None => Candidates::exact(Documents::all(segment.documents())),
            Some(query) => {
                let found = segment.candidates(query, None, &mut ());
                found.map_err(|error| match error {
                    SearchError::Segment(error) => error,
                    SearchError::Filter(never) => match never {},
                })?
            }
        };
        if let Some(conversations) = &self.conversations {
            let conversations = number_list(conversations.iter().copied());
            let read = store.reading(|mut reader| async move {
                sqlx::query_scalar::<_, i64>(
                    "SELECT e.message FROM json_each(?) c CROSS JOIN envelopes e ON e.conversation = c.value
                     WHERE e.message BETWEEN ? AND ? LIMIT ?",
                )
                .bind(conversations)
                .bind(first)
                .bind(last)
                .bind(TOLD_MAX as i64 + 1)
                .fetch_all(&mut *reader)
                .await
            });
            let mut numbers = runtime.block_on(read).map_err(|error| SegmentError::Page {
                page: 0,
                source: error.into(),
            })?;
            if numbers.len() > TOLD_MAX {
                return Ok(None);
            }
            numbers.sort_unstable();
            let beside = segment.documents_of(numbers.into_iter().map(i64::unsigned_abs))?;
            found = found.with_uncertain(&beside);
        }
        if self.says {
            found = found.with_uncertain(&segment.beside()?);
        }
        if !self.is_all {
            found = Candidates::to_be_looked_at(found.into_documents());
        }
        Ok(Some(found))
    }
}
