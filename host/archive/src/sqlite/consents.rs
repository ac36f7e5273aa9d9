//! What external contacts have said about archiving.
//!
//! Of two statements at one moment the one that allows less holds: `disagree`, then `default-agree`, then `agree`, which is
//! also their order as texts, backwards.

use super::Sqlite;
use super::bulk::{Lookup, Values};
use super::rows::{read_name, read_time};
use crate::storage::StorageError;
use proviso_model::consent::ConsentEvent;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

const OF_PARTIES: Lookup = Lookup {
    columns: &["tenant", "channel", "party"],
    select: "SELECT c.party, c.state, c.holds
             FROM wanted w
             CROSS JOIN streams s ON s.tenant = w.tenant AND s.channel = w.channel
             CROSS JOIN consent_events c ON c.event = (
                 SELECT e.event FROM consent_events e WHERE e.stream = s.stream AND e.party = w.party
                 ORDER BY e.holds DESC, e.state DESC LIMIT 1)",
};

impl Sqlite {
    pub(crate) async fn consent_states(&self, tenant: &str, channel: &str) -> Result<Vec<ConsentEvent>, StorageError> {
        self.reading(|mut reader| async move {
            let rows = sqlx::query(
                "SELECT party, state, holds FROM (
                     SELECT c.party, c.state, c.holds,
                            row_number() OVER (PARTITION BY c.party ORDER BY c.holds DESC, c.state DESC) AS age
                     FROM streams s JOIN consent_events c USING (stream) WHERE s.tenant = ? AND s.channel = ?)
                 WHERE age = 1 ORDER BY party",
            )
            .bind(tenant.to_owned())
            .bind(channel.to_owned())
            .fetch_all(&mut *reader)
            .await?;
            rows.iter().map(read_consent).collect()
        })
        .await
    }

    pub(crate) async fn consent_states_of(
        &self,
        tenant: &str,
        channel: &str,
        parties: &[&str],
    ) -> Result<Vec<ConsentEvent>, StorageError> {
        if parties.is_empty() {
            return Ok(Vec::new());
        }
        self.reading(|mut reader| async move {
            let bind = |values: &mut Values, party: &&str| {
                values.text(tenant).text(channel).text(party);
            };
            let rows = OF_PARTIES.run(&mut reader, parties, bind).await?;
            rows.iter().map(read_consent).collect()
        })
        .await
    }
}

fn read_consent(row: &SqliteRow) -> Result<ConsentEvent, sqlx::Error> {
    Ok(ConsentEvent {
        party: row.try_get(0)?,
        state: read_name(row, 1)?,
        at: read_time(row, 2)?,
    })
}
