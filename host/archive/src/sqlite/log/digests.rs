//! Digests of rows, as entries of the log have them.

pub(in crate::sqlite) use proviso_record::digests::{Envelope, Judged, Lists, Standing};

use proviso_model::Digest;
use proviso_record::digests::RowDigest;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, Value as _, ValueRef as _};

/// The digest of a row's values with their types, whatever its columns are.
pub(in crate::sqlite) fn of_row(row: &SqliteRow) -> Result<Digest, sqlx::Error> {
    let mut digest = RowDigest::new();
    for at in 0..row.len() {
        let value = row.try_get_raw(at)?;
        if value.is_null() {
            digest.null();
            continue;
        }
        let value = sqlx::ValueRef::to_owned(&value);
        match value.type_info().name() {
            "INTEGER" => digest.integer(value.try_decode_unchecked()?),
            "TEXT" => digest.text(value.try_decode_unchecked()?),
            "BLOB" => digest.blob(value.try_decode_unchecked()?),
            other => return Err(super::super::rows::damaged(at, format!("a value of type {other}"))),
        };
    }
    Ok(digest.finish())
}
