//! What the log has of a message that was judged when it arrived: an entry that is not kept, because the message's own rows make it again,
//! and the message's own key its salt.

use super::digests::{Envelope, Judged, Lists, Standing};
use crate::keys::KeyError;
use crate::sqlite::sealing::{Sealing, read_wrapped};
use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;
use proviso_proof::commitment::{Commitment, Salt};
use proviso_proof::entry::{Entry, Value};
pub(in crate::sqlite) use proviso_record::judged::{DECIDED, JUDGED, OfMessage};
use proviso_seal::TAG_BYTES;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

const ROWS: &str = "
    SELECT e.message, s.tenant, s.channel, e.received_at, e.sent_at, k.name, e.direction, p.id, v.id, g.digest, e.pack_list,
           l.digests, e.held, e.withheld, e.statute_list, t.statutes, e.why, e.keep_until, c.key_version, c.key, c.content,
           c.judgement, c.round, e.directory, e.basis, b.applied, e.clocks
    FROM envelopes e JOIN streams s USING (stream) JOIN kinds k USING (kind)
    JOIN parties p ON p.party = e.sender AND p.stream = e.stream
    JOIN conversations v ON v.conversation = e.conversation AND v.stream = e.stream
    JOIN generations g USING (generation) JOIN pack_lists l USING (pack_list)
    LEFT JOIN statute_lists t USING (statute_list) LEFT JOIN bases b USING (basis) JOIN contents c USING (message)
    WHERE e.message BETWEEN ? AND ? ORDER BY e.message";

const FINDINGS: &str = "
    SELECT f.message, p.pack, p.name, f.rule, f.severity, f.shadow FROM findings f JOIN policies p USING (policy)
    WHERE f.message BETWEEN ? AND ? ORDER BY f.message, f.finding";

const FAULTS: &str = "
    SELECT f.message, p.pack, p.name, f.cause, f.detail FROM faults f JOIN policies p USING (policy)
    WHERE f.message BETWEEN ? AND ? ORDER BY f.message, f.fault";

/// A message as it was read.
pub(in crate::sqlite) struct Read {
    pub(in crate::sqlite) of: OfMessage,
    pub(in crate::sqlite) salt: Result<Salt, KeyError>,
}

/// Reads messages of numbers from `first` to `last`, in their order; one whose rows are not all there is left out.
pub(in crate::sqlite) async fn read(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    (first, last): (i64, i64),
) -> Result<Vec<Read>, sqlx::Error> {
    let all = async |connection: &mut SqliteConnection, sql: &'static str| {
        sqlx::query(sql).bind(first).bind(last).fetch_all(connection).await
    };
    let rows = all(connection, ROWS).await?;
    let findings = all(connection, FINDINGS).await?;
    let faults = all(connection, FAULTS).await?;
    let (mut findings, mut faults) = (findings.iter().peekable(), faults.iter().peekable());
    let (mut packs, mut statutes) = (Lists::default(), Lists::default());
    let mut read = Vec::with_capacity(rows.len());
    for row in &rows {
        let number: i64 = row.try_get(0)?;
        let mut standing = Standing::new(&judged(row, &mut packs, &mut statutes)?);
        while let Some(row) = next_of(&mut findings, number)? {
            let policy = (row.try_get(1)?, row.try_get(2)?);
            standing.finding(policy, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        }
        while let Some(row) = next_of(&mut faults, number)? {
            let policy = (row.try_get(1)?, row.try_get(2)?);
            standing.fault(policy, row.try_get(3)?, row.try_get(4)?);
        }
        let opened = sealing.open(row.try_get(1)?, number, read_wrapped(row, 18)?);
        read.push(Read {
            of: OfMessage {
                number,
                envelope: envelope(row)?.digest(),
                content: Digest::of(row.try_get(20)?),
                verdict: Digest::of(row.try_get(21)?),
                standing: standing.digest(),
            },
            salt: opened.map(|record| record.salt()),
        });
    }
    Ok(read)
}

fn envelope(row: &SqliteRow) -> Result<Envelope<'_>, sqlx::Error> {
    Ok(Envelope {
        tenant: row.try_get(1)?,
        channel: row.try_get(2)?,
        received_at: row.try_get(3)?,
        sent_at: row.try_get(4)?,
        kind: row.try_get(5)?,
        direction: row.try_get(6)?,
        sender: row.try_get(7)?,
        conversation: row.try_get(8)?,
    })
}

fn judged<'r>(row: &'r SqliteRow, packs: &mut Lists, statutes: &mut Lists) -> Result<Judged<'r>, sqlx::Error> {
    let pack_list: &str = row.try_get(11)?;
    let statute_list: Option<i64> = row.try_get(14)?;
    let cited: Option<&str> = row.try_get(15)?;
    // A basis that is named and not there is another one than any.
    let (basis, applied): (Option<i64>, Option<&str>) = (row.try_get(24)?, row.try_get(25)?);
    Ok(Judged {
        generation: row.try_get(9)?,
        packs: packs.digest(row.try_get(10)?, || pack_list.to_owned()),
        held: row.try_get(12)?,
        withheld: row.try_get(13)?,
        statutes: statute_list.map(|number| statutes.digest(number, || cited.unwrap_or_default().to_owned())),
        why: row.try_get(16)?,
        keep_until: row.try_get(17)?,
        round: row.try_get(22)?,
        facts: (
            row.try_get(23)?,
            basis.map(|_| Digest::of(applied.unwrap_or_default().as_bytes())),
            row.try_get(26)?,
        ),
    })
}

/// The next row, if it is of that message; rows of messages before it are passed over.
fn next_of<'r>(
    rows: &mut std::iter::Peekable<std::slice::Iter<'r, SqliteRow>>,
    number: i64,
) -> Result<Option<&'r SqliteRow>, sqlx::Error> {
    while let Some(row) = rows.peek() {
        let of: i64 = row.try_get(0)?;
        if of >= number {
            return Ok(if of == number { rows.next() } else { None });
        }
        rows.next();
    }
    Ok(None)
}

/// Keeps the entry of a message's first judgement, before rows that make it are changed. A message of before the log has none.
pub(in crate::sqlite) async fn keep(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    number: i64,
    tag: &[u8; TAG_BYTES],
) -> Result<(), sqlx::Error> {
    let leaf = sqlx::query(
        "SELECT leaf, first_message, messages FROM log_leaves WHERE first_message <= ? ORDER BY first_message DESC LIMIT 1",
    )
    .bind(number)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(leaf) = leaf else { return Ok(()) };
    let (place, messages) = (number - leaf.try_get::<i64, _>(1)?, leaf.try_get::<i64, _>(2)?);
    if place >= messages {
        return Ok(());
    }
    let read = read(connection, sealing, (number, number)).await?;
    let Some(Read { of, salt: Ok(salt) }) = read.first() else {
        return Err(crate::sqlite::rows::damage(format!(
            "what the log has of message {number} cannot be made from its rows"
        )));
    };
    let entry = of.entry(tag).to_bytes();
    sqlx::query(
        "INSERT INTO log_entries (leaf, place, kind, message, commitment, salt, entry) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(leaf.try_get::<i64, _>(0)?)
    .bind(place)
    .bind(JUDGED)
    .bind(number)
    .bind(Commitment::of(salt, &entry).hash().as_bytes().to_vec())
    .bind(salt.as_bytes().to_vec())
    .bind(entry)
    .execute(connection)
    .await?;
    Ok(())
}

/// The field of a disposal's entry with the digest of what it erased.
pub(in crate::sqlite) const ERASED: &str = "erased";

/// The digest of the entries about a message that were erased: where each stands, its kind, and its commitment.
pub(in crate::sqlite) async fn erased(connection: &mut SqliteConnection, number: i64) -> Result<Digest, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT leaf, place, kind, commitment FROM log_entries WHERE message = ? AND entry IS NULL ORDER BY leaf, place",
    )
    .bind(number)
    .fetch_all(connection)
    .await?;
    let mut digest = DigestBuilder::new("proviso log erased 1");
    for row in &rows {
        let (leaf, place): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        digest
            .part(&leaf.to_be_bytes())
            .part(&place.to_be_bytes())
            .part(row.try_get::<&str, _>(2)?.as_bytes())
            .part(row.try_get(3)?);
    }
    Ok(digest.finish())
}

/// False if a message was judged again, or decided on anew, and is not what the last such entry tells. What no entry tells, its
/// first commitment does.
pub(in crate::sqlite) async fn is_as_told(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    number: i64,
) -> Result<bool, sqlx::Error> {
    let last: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT entry FROM log_entries WHERE message = ? AND kind IN ('rejudged', 'decided') AND entry IS NOT NULL
         ORDER BY leaf DESC, place DESC LIMIT 1",
    )
    .bind(number)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(last) = last else { return Ok(true) };
    let Ok(entry) = Entry::from_bytes(&last) else {
        return Ok(false);
    };
    let read = read(connection, sealing, (number, number)).await?;
    let Some(Read { of, .. }) = read.first() else {
        return Ok(false);
    };
    let is = |field: &str, now: &Digest| entry.field(field) == Some(&Value::Bytes(now.as_bytes().to_vec()));
    Ok(is("standing", &of.standing) && is("verdict", &of.verdict))
}
