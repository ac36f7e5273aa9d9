//! What may be written at a place of a query: fields, values, and names that the archive has. Of people and of what they wrote nothing is offered.

use crate::wire::{CompleteV1, CompletedV1, OfferV1};
use proviso_archive::{Archive, Offered, StorageError};
use proviso_search::query::{Field, OFFERS_MAX, Offer, QUERY_BYTES_MAX, complete};

/// Why nothing is offered.
#[derive(Debug, thiserror::Error)]
pub enum CompletingError {
    /// A query is to be completed, or the name of a saved one.
    #[error("expected a query, or the beginning of a saved one's name, and not both")]
    TwoTexts,
    /// It is longer than a query is.
    #[error("the text has {0} bytes: expected at most {QUERY_BYTES_MAX}")]
    TooLong(usize),
    /// The archive cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CompletingError {
    /// True if whoever asked can mend it.
    pub fn is_of_the_caller(&self) -> bool {
        !matches!(self, CompletingError::Storage(_))
    }
}

/// What may be written there.
///
/// # Errors
/// It is no text to complete, or the archive cannot be read.
pub async fn completed(archive: &Archive, asked: &CompleteV1) -> Result<CompletedV1, CompletingError> {
    let tenant = asked.tenant.as_deref();
    let text = match (&asked.query, &asked.saved) {
        (Some(query), None) => query,
        (None, Some(name)) => name,
        _ => return Err(CompletingError::TwoTexts),
    };
    if text.len() > QUERY_BYTES_MAX {
        return Err(CompletingError::TooLong(text.len()));
    }
    if asked.saved.is_some() {
        let mut names = archive.offered(Offered::SavedQueries, tenant).await?;
        names.retain(|name| name.starts_with(text.as_str()));
        names.sort_unstable();
        names.dedup();
        return Ok(CompletedV1 {
            replaces: (0, text.len() as u32),
            is_cut: names.len() > OFFERS_MAX,
            offers: names
                .into_iter()
                .take(OFFERS_MAX)
                .map(|text| OfferV1::new(text, "saved"))
                .collect(),
        });
    }
    let cursor = asked.cursor.map_or(text.len(), |cursor| cursor as usize);
    // Asked twice: first for what names are wanted, which are read in between.
    let mut wanted = None;
    let first = complete(text, cursor, |field| {
        wanted = names_of(field);
        Ok::<_, StorageError>(Vec::new())
    })?;
    let completion = match wanted {
        None => first,
        Some(what) => {
            let names = archive.offered(what, tenant).await;
            complete(text, cursor, |_| names)?
        }
    };
    let offers = completion.offers.iter().map(|offer| {
        let kind = match offer {
            Offer::Field(_) => "field",
            Offer::Value(_) => "value",
            Offer::Operator(_) => "operator",
        };
        OfferV1::new(offer.text(), kind)
    });
    Ok(CompletedV1 {
        replaces: (completion.replaces.start as u32, completion.replaces.end as u32),
        offers: offers.collect(),
        is_cut: completion.is_cut,
    })
}

/// Which names of the archive are values of a field.
fn names_of(field: Field) -> Option<Offered> {
    Some(match field {
        Field::Department => Offered::Departments,
        Field::Channel => Offered::Channels,
        Field::Pack => Offered::Packs,
        Field::Policy => Offered::Policies,
        Field::Rule => Offered::Rules,
        Field::Hold => Offered::Holds,
        Field::From
        | Field::To
        | Field::With
        | Field::Conversation
        | Field::Kind
        | Field::Direction
        | Field::Since
        | Field::Until
        | Field::Sent
        | Field::Severity
        | Field::Is
        | Field::Entity => return None,
    })
}
