//! Leaves and tiles of the log in their tables.

use super::entries::Entries;
use crate::change::LogFailure;
use crate::sqlite::bulk::Insert;
use crate::sqlite::failure::Failure;
use crate::sqlite::rows::{damage, damaged};
use proviso_model::Timestamp;
use proviso_proof::Hash;
use proviso_proof::leaf::{LEAF_BYTES, Leaf};
use proviso_proof::tree::Edge;
use proviso_proof::tree::edge::{Appended, EdgeError, tile_root};
use proviso_proof::tree::tile::{self, TileId};
use proviso_proof::tree::tiled::{Tiled, TiledError, Tiles};
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashMap;

const ENTRIES: Insert = Insert {
    head: "INSERT INTO log_entries (leaf, place, kind, message, commitment, salt, entry)",
    columns: 7,
    tail: "",
};

/// The edge of the log as it is stored.
pub(in crate::sqlite) async fn edge(connection: &mut SqliteConnection) -> Result<Edge, sqlx::Error> {
    let size: i64 = sqlx::query_scalar("SELECT coalesce(max(leaf) + 1, 0) FROM log_leaves")
        .fetch_one(&mut *connection)
        .await?;
    edge_at(connection, size.unsigned_abs()).await
}

/// The edge that the log had when it had so many leaves.
pub(in crate::sqlite) async fn edge_at(connection: &mut SqliteConnection, size: u64) -> Result<Edge, sqlx::Error> {
    let mut behind: Vec<Vec<Hash>> = Vec::new();
    let (first, count) = Edge::hashes_behind(size, 0);
    let rows = sqlx::query("SELECT data FROM log_leaves WHERE leaf >= ? ORDER BY leaf LIMIT ?")
        .bind(first as i64)
        .bind(count as i64)
        .fetch_all(&mut *connection)
        .await?;
    behind.push(
        rows.iter()
            .map(|row| row.try_get(0).map(Hash::of_leaf))
            .collect::<Result<_, _>>()?,
    );
    for level in 1_u8.. {
        let (first, count) = Edge::hashes_behind(size, level);
        if first + count == 0 {
            break;
        }
        let rows = sqlx::query("SELECT hashes FROM log_tiles WHERE level = ? AND place >= ? ORDER BY place LIMIT ?")
            .bind(level - 1)
            .bind(first as i64)
            .bind(count as i64)
            .fetch_all(&mut *connection)
            .await?;
        let roots = rows.iter().map(|row| Ok(tile_root(&hashes(row.try_get(0)?)?)));
        behind.push(roots.collect::<Result<_, sqlx::Error>>()?);
    }
    Edge::rebuild(size, |level, _| {
        Ok::<_, EdgeError>(
            behind
                .get_mut(usize::from(level))
                .map(std::mem::take)
                .unwrap_or_default(),
        )
    })
    .map_err(|error| damage(format!("the log cannot go on: {error}")))
}

/// What is made from nodes of the log: those that the edge has no more are read from stored tiles.
pub(super) async fn from_nodes<T>(
    connection: &mut SqliteConnection,
    edge: &Edge,
    make: impl Fn(Tiled<'_, &Loaded>) -> Result<T, TiledError<NotLoaded>>,
) -> Result<T, sqlx::Error> {
    from_loaded(connection, edge, Loaded::default(), make).await
}

/// The same, where some of the tiles were read already.
pub(in crate::sqlite) async fn from_loaded<T>(
    connection: &mut SqliteConnection,
    edge: &Edge,
    mut loaded: Loaded,
    make: impl Fn(Tiled<'_, &Loaded>) -> Result<T, TiledError<NotLoaded>>,
) -> Result<T, sqlx::Error> {
    loop {
        let id = match make(Tiled { tiles: &loaded, edge }) {
            Ok(made) => return Ok(made),
            Err(TiledError::Tile { id, .. }) => id,
            Err(error) => return Err(damage(error.to_string())),
        };
        let row = sqlx::query("SELECT hashes FROM log_tiles WHERE level = ? AND place = ?")
            .bind(id.level())
            .bind(id.index() as i64)
            .fetch_optional(&mut *connection)
            .await?;
        let row = row.ok_or_else(|| damage(format!("the log lacks its tile {id}")))?;
        loaded.0.insert(id, hashes(row.try_get(0)?)?);
    }
}

/// Tiles that were read so far.
#[derive(Default)]
pub(in crate::sqlite) struct Loaded(HashMap<TileId, Vec<Hash>>);

impl Loaded {
    /// Reads those of a level that are full, of these places, which are a list in JSON.
    pub(in crate::sqlite) async fn load(
        &mut self,
        connection: &mut SqliteConnection,
        level: u8,
        places: &str,
    ) -> Result<(), sqlx::Error> {
        let sql = "SELECT place, hashes FROM log_tiles WHERE level = ? AND place IN (SELECT value FROM json_each(?))";
        let rows = sqlx::query(sql)
            .bind(level)
            .bind(places.to_owned())
            .fetch_all(connection)
            .await?;
        for row in &rows {
            let place: i64 = row.try_get(0)?;
            let id = TileId::new(level, place.unsigned_abs(), tile::TILE_WIDTH).map_err(|error| damaged(0, error))?;
            self.0.insert(id, hashes(row.try_get(1)?)?);
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("it was not read yet")]
pub(in crate::sqlite) struct NotLoaded;

impl Tiles for &Loaded {
    type Error = NotLoaded;

    fn full_tile(&self, id: TileId) -> Result<Vec<Hash>, NotLoaded> {
        self.0.get(&id).cloned().ok_or(NotLoaded)
    }
}

/// The hashes of a full tile.
pub(super) fn hashes(bytes: &[u8]) -> Result<Vec<Hash>, sqlx::Error> {
    tile::from_bytes(bytes, tile::TILE_WIDTH).map_err(|error| damage(format!("a tile of the log: {error}")))
}

/// Writes the leaf of a transaction; nothing where the transaction has nothing to tell.
pub(in crate::sqlite) async fn append(
    connection: &mut SqliteConnection,
    edge: &Edge,
    entries: Entries,
    at: Timestamp,
) -> Result<Option<Appended>, Failure> {
    let Entries { judged, told, .. } = entries;
    if judged.is_none() && told.is_empty() {
        return Ok(None);
    }
    let (first, mut commitments) = match judged {
        Some(judged) => (Some(judged.first), judged.commitments),
        None => (None, Vec::new()),
    };
    let messages = commitments.len();
    commitments.extend(told.iter().map(|told| told.commitment));
    let time_ms = u64::try_from(at.as_millis()).unwrap_or(0);
    let leaf = Leaf::new(time_ms, &commitments).map_err(LogFailure::Leaf)?;
    let appended = edge.append(leaf.hash()).map_err(LogFailure::Full)?;
    let number = edge.size() as i64;
    let data: [u8; LEAF_BYTES] = leaf.to_bytes();
    sqlx::query("INSERT INTO log_leaves (leaf, data, first_message, messages) VALUES (?, ?, ?, ?)")
        .bind(number)
        .bind(data.to_vec())
        .bind(first)
        .bind(messages as i64)
        .execute(&mut *connection)
        .await?;
    let told: Vec<_> = (messages as i64..).zip(told).collect();
    ENTRIES
        .run(connection, &told, |values, (place, told)| {
            values
                .int(number)
                .int(*place)
                .text(told.entry.kind())
                .maybe_int(told.message);
            values
                .blob(told.commitment.hash().as_bytes())
                .blob(told.salt.as_bytes())
                .blob(&told.entry.to_bytes());
        })
        .await?;
    for (id, hashes) in appended.full_tiles() {
        sqlx::query("INSERT INTO log_tiles (level, place, hashes) VALUES (?, ?, ?)")
            .bind(id.level())
            .bind(id.index() as i64)
            .bind(tile::to_bytes(hashes))
            .execute(&mut *connection)
            .await?;
    }
    Ok(Some(appended))
}
