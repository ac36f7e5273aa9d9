//! Messages inside a message: forwarded records, mixed messages, articles.
//!
//! Parts hold JSON within JSON, to any depth that the sender likes. Beyond `NESTED_NODES_MAX` parts or `NESTED_DEPTH_MAX`
//! levels a part's raw text is kept as it stands, so that policies still see its words.

use super::draft::Draft;
use super::wire;
use crate::mend::mended;
use proviso_model::limits::{NESTED_DEPTH_MAX, NESTED_NODES_MAX};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// `chatrecord`, `mixed`.
pub(super) fn items(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Items<'_> = wire::object(json)?;
    draft.field(&wire.title, "title");
    for item in draft.value(&wire.item, "item").into_iter().flatten() {
        part(item, draft);
    }
    Ok(())
}

/// `news`.
pub(super) fn articles(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Items<'_> = wire::object(json)?;
    for item in draft.value(&wire.item, "item").into_iter().flatten() {
        if !enters(item, draft) {
            continue;
        }
        match wire::object::<wire::Article>(item.get()) {
            Ok(article) => {
                draft.field(&article.title, "title");
                draft.field(&article.description, "description");
                draft.link(&article.url, "url");
            }
            Err(_) => raw(item, draft, "an article"),
        }
    }
    Ok(())
}

/// Keeps a part as the text that it is.
pub(super) fn raw(part: &RawValue, draft: &mut Draft, what: &str) {
    draft.note(format_args!("{what} is not of the documented shape: kept as raw text"));
    draft.line(&decoded(part));
}

/// Counts a part; false, with its raw text kept, if it is one too many or too deep.
fn enters(part: &RawValue, draft: &mut Draft) -> bool {
    draft.nodes += 1;
    if draft.nodes > NESTED_NODES_MAX {
        draft.note(format_args!(
            "nested content beyond {NESTED_NODES_MAX} parts kept as raw text"
        ));
    } else if draft.depth == NESTED_DEPTH_MAX {
        draft.note(format_args!(
            "nested content deeper than {NESTED_DEPTH_MAX} levels kept as raw text"
        ));
    } else {
        return true;
    }
    draft.line(part.get());
    false
}

fn part(item: &RawValue, draft: &mut Draft) {
    if !enters(item, draft) {
        return;
    }
    let Ok(wire) = wire::object::<wire::Part<'_>>(item.get()) else {
        return raw(item, draft, "a nested part");
    };
    let Some(content) = wire.content else {
        return draft.note("a nested part has no `content`");
    };
    let name = draft.value(&wire.r#type, "type").cloned().unwrap_or_default();
    let json = decoded(content);
    let Some(known) = draft.type_of(&plain_name(&name)) else {
        let name: String = name.chars().take(64).collect();
        draft.note(format_args!("nested part of unknown type {name:?} kept as raw text"));
        return draft.line(&json);
    };
    draft.depth += 1;
    let mut read = (known.read)(&json, draft);
    if read.is_err()
        && let Some(mended) = mended(&json)
    {
        read = (known.read)(&mended.text, draft);
        mended.notes.iter().for_each(|note| draft.note(note));
    }
    draft.depth -= 1;
    if read.is_err() {
        draft.note(format_args!(
            "nested part of type {:?} is not of the documented shape: kept as raw text",
            known.name
        ));
        draft.line(&json);
    }
}

/// The text inside a JSON string, or the JSON of anything else.
fn decoded(value: &RawValue) -> Cow<'_, str> {
    if value.get().starts_with('"') {
        serde_json::from_str::<String>(value.get()).map_or(Cow::Borrowed(value.get()), Cow::Owned)
    } else {
        Cow::Borrowed(value.get())
    }
}

/// `ChatRecordText` -> `text`; a record in a record is `ChatRecord` or `chatrecord`.
fn plain_name(name: &str) -> String {
    let plain = name.strip_prefix("ChatRecord").unwrap_or(name).to_ascii_lowercase();
    if plain.is_empty() && !name.is_empty() {
        "chatrecord".to_owned()
    } else {
        plain
    }
}
