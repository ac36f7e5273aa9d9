//! Parties and conversations, and the numbers that stand for them: as many as an organisation has contacts, so that only the
//! latest are remembered.

use super::bulk::{Insert, Lookup, Values};
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;

/// Names that are remembered of each kind, before all are forgotten.
const REMEMBERED_MAX: usize = 65_536;

/// The numbers of identifiers within streams, of one table.
pub(super) struct People {
    insert: Insert,
    lookup: Lookup,
    remembered: HashMap<i64, HashMap<String, i64>>,
    count: usize,
}

/// A stream's identifier.
type Name<'a> = (i64, &'a str);

impl People {
    pub(super) fn parties() -> Self {
        Self::new(
            Insert {
                head: "INSERT INTO parties (stream, id)",
                columns: 2,
                tail: "ON CONFLICT DO NOTHING",
            },
            Lookup {
                columns: &["stream", "id"],
                select: "SELECT w.stream, w.id, p.party FROM wanted w
                         CROSS JOIN parties p ON p.stream = w.stream AND p.id = w.id",
            },
        )
    }

    pub(super) fn conversations() -> Self {
        Self::new(
            Insert {
                head: "INSERT INTO conversations (stream, id)",
                columns: 2,
                tail: "ON CONFLICT DO NOTHING",
            },
            Lookup {
                columns: &["stream", "id"],
                select: "SELECT w.stream, w.id, c.conversation FROM wanted w
                         CROSS JOIN conversations c ON c.stream = w.stream AND c.id = w.id",
            },
        )
    }

    fn new(insert: Insert, lookup: Lookup) -> Self {
        Self {
            insert,
            lookup,
            remembered: HashMap::new(),
            count: 0,
        }
    }

    /// Forgets all: what was remembered since may have been rolled back.
    pub(super) fn forget(&mut self) {
        self.remembered.clear();
        self.count = 0;
    }

    /// The numbers of these names, in order; those that have none get one.
    pub(super) async fn numbers(
        &mut self,
        connection: &mut SqliteConnection,
        names: &[Name<'_>],
    ) -> Result<Vec<i64>, sqlx::Error> {
        if self.count > REMEMBERED_MAX {
            self.forget();
        }
        let mut wanted: Vec<Name<'_>> = names
            .iter()
            .copied()
            .filter(|name| self.number(*name).is_none())
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let bind = |values: &mut Values, (stream, id): &Name<'_>| {
            values.int(*stream).text(id);
        };
        if !wanted.is_empty() {
            self.remember(connection, &wanted, bind).await?;
            wanted.retain(|name| self.number(*name).is_none());
            self.insert.run(connection, &wanted, bind).await?;
            self.remember(connection, &wanted, bind).await?;
        }
        let numbers = names
            .iter()
            .map(|name| self.number(*name).ok_or(sqlx::Error::RowNotFound));
        numbers.collect()
    }

    async fn remember(
        &mut self,
        connection: &mut SqliteConnection,
        wanted: &[Name<'_>],
        bind: impl Fn(&mut Values, &Name<'_>),
    ) -> Result<(), sqlx::Error> {
        for row in self.lookup.run(connection, wanted, bind).await? {
            let stream = self.remembered.entry(row.try_get(0)?).or_default();
            stream.insert(row.try_get(1)?, row.try_get(2)?);
            self.count += 1;
        }
        Ok(())
    }

    fn number(&self, (stream, id): Name<'_>) -> Option<i64> {
        self.remembered.get(&stream)?.get(id).copied()
    }
}
