//! Which messages go into an export: what was asked for, and what stands beside it. Those of a conversation together, as they arrived.

use crate::evidence::Chosen;
use crate::messages::ConversationKey;
use crate::sqlite::Sqlite;
use crate::sqlite::bulk::number_list;
use crate::storage::StorageError;
use proviso_evidence::Role;
use sqlx::{Row as _, SqliteConnection};
use std::collections::BTreeMap;

/// Matches whose neighbours are looked for at once.
const MATCHES: usize = 1_000;

const THEMSELVES: &str =
    "SELECT e.conversation, e.message FROM json_each(?1) w CROSS JOIN envelopes e ON e.message = w.value";

/// Before and after each, in the conversation.
const BESIDE: [&str; 2] = [
    "SELECT e.conversation, o.message FROM json_each(?1) w CROSS JOIN envelopes e ON e.message = w.value
     CROSS JOIN envelopes o ON o.message IN (SELECT p.message FROM envelopes p
         WHERE p.conversation = e.conversation AND p.message < e.message ORDER BY p.message DESC LIMIT ?2)",
    "SELECT e.conversation, o.message FROM json_each(?1) w CROSS JOIN envelopes e ON e.message = w.value
     CROSS JOIN envelopes o ON o.message IN (SELECT p.message FROM envelopes p
         WHERE p.conversation = e.conversation AND p.message > e.message ORDER BY p.message LIMIT ?2)",
];

const CONVERSATION: &str =
    "SELECT e.message FROM streams s JOIN conversations n ON n.stream = s.stream JOIN envelopes e ON e.conversation = n.conversation
     WHERE s.tenant = ? AND s.channel = ? AND n.id = ? ORDER BY e.message";

type Found = BTreeMap<(i64, i64), Role>;

impl Sqlite {
    pub(crate) async fn with_context(&self, matches: &[i64], context: u32) -> Result<Vec<Chosen>, StorageError> {
        let mut found = Found::new();
        for matches in matches.chunks(MATCHES) {
            let list = number_list(matches.iter().copied());
            let add = self
                .reading(|mut reader| async move {
                    let mut add = rows(&mut reader, THEMSELVES, &list, context, Role::Match).await?;
                    if context > 0 {
                        for sql in BESIDE {
                            add.extend(rows(&mut reader, sql, &list, context, Role::Context).await?);
                        }
                    }
                    Ok(add)
                })
                .await?;
            for (place, role) in add {
                let known = found.entry(place).or_insert(role);
                if role == Role::Match {
                    *known = role;
                }
            }
        }
        let chosen = found.into_iter().map(|((_, arrival), role)| Chosen { arrival, role });
        Ok(chosen.collect())
    }

    pub(crate) async fn conversation(&self, of: &ConversationKey) -> Result<Vec<Chosen>, StorageError> {
        self.reading(|mut reader| async move {
            let numbers: Vec<i64> = sqlx::query_scalar(CONVERSATION)
                .bind(of.tenant.clone())
                .bind(of.channel.clone())
                .bind(of.conversation.clone())
                .fetch_all(&mut *reader)
                .await?;
            let role = Role::Match;
            Ok(numbers.into_iter().map(|arrival| Chosen { arrival, role }).collect())
        })
        .await
    }
}

async fn rows(
    connection: &mut SqliteConnection,
    sql: &'static str,
    list: &str,
    context: u32,
    role: Role,
) -> Result<Vec<((i64, i64), Role)>, sqlx::Error> {
    let mut query = sqlx::query(sql).bind(list.to_owned());
    if sql != THEMSELVES {
        query = query.bind(context);
    }
    let rows = query.fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok(((row.try_get(0)?, row.try_get(1)?), role)))
        .collect()
}
