//! The states that folds keep between messages.

use super::Sqlite;
use super::bulk::Lookup;
use crate::storage::StorageError;
use proviso_model::id::{FoldKey, PolicyId};
use sqlx::Row as _;
use std::collections::HashMap;
use std::sync::Arc;

const STATES: Lookup = Lookup {
    columns: &["tenant", "pack", "name", "key"],
    select: "SELECT w.tenant, w.pack, w.name, w.key, f.state
             FROM wanted w
             CROSS JOIN policies p ON p.pack = w.pack AND p.name = w.name
             CROSS JOIN fold_states f ON f.tenant = w.tenant AND f.policy = p.policy AND f.key = w.key
             WHERE f.state IS NOT NULL",
};

impl Sqlite {
    pub(crate) async fn fold_states(&self, keys: &[FoldKey]) -> Result<HashMap<FoldKey, Arc<[u8]>>, StorageError> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        self.reading(|mut reader| async move {
            let rows = STATES
                .run(&mut reader, keys, |values, key| {
                    values
                        .text(&key.tenant)
                        .text(&key.policy.pack)
                        .text(&key.policy.policy)
                        .text(&key.key);
                })
                .await?;
            rows.iter()
                .map(|row| {
                    let policy = PolicyId {
                        pack: row.try_get::<&str, _>(1)?.into(),
                        policy: row.try_get::<&str, _>(2)?.into(),
                    };
                    Ok((
                        FoldKey {
                            tenant: row.try_get::<&str, _>(0)?.into(),
                            policy,
                            key: row.try_get::<&str, _>(3)?.into(),
                        },
                        row.try_get::<&[u8], _>(4)?.into(),
                    ))
                })
                .collect()
        })
        .await
    }
}
