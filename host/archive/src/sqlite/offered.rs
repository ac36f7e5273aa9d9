//! Names that stand in columns, for who writes a query.

use super::Sqlite;
use super::index;
use crate::offered::{OFFERED_MAX, Offered};
use crate::storage::StorageError;

impl Sqlite {
    pub(crate) async fn offered(&self, what: Offered, tenant: Option<&str>) -> Result<Vec<String>, StorageError> {
        let sql = match what {
            Offered::Departments => {
                "SELECT DISTINCT department FROM employments WHERE until IS NULL AND (?1 IS NULL OR tenant = ?1) LIMIT ?2"
            }
            Offered::Channels => "SELECT DISTINCT channel FROM streams WHERE ?1 IS NULL OR tenant = ?1 LIMIT ?2",
            Offered::Packs => "SELECT DISTINCT pack FROM policies LIMIT ?2",
            Offered::Policies => "SELECT name FROM policies UNION SELECT pack || ':' || name FROM policies LIMIT ?2",
            Offered::Holds => {
                "SELECT CAST(hold AS TEXT) FROM holds WHERE ?1 IS NULL OR tenant = ?1 ORDER BY hold DESC LIMIT ?2"
            }
            Offered::SavedQueries => {
                "SELECT name FROM saved_queries WHERE deleted_at IS NULL AND (?1 IS NULL OR tenant = ?1) LIMIT ?2"
            }
            Offered::Rules => {
                return self
                    .reading(|mut reader| async move { index::rules(&mut reader, OFFERED_MAX as usize).await })
                    .await;
            }
        };
        let tenant = tenant.map(str::to_owned);
        self.reading(|mut reader| async move {
            sqlx::query_scalar(sql)
                .bind(tenant)
                .bind(OFFERED_MAX)
                .fetch_all(&mut *reader)
                .await
        })
        .await
    }
}
