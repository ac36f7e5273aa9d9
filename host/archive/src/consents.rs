//! What external contacts have said about archiving.
//!
//! Of two statements at one moment the one that allows less holds: `disagree`, then `default-agree`, then `agree`, which is
//! also their order as texts, backwards.

use crate::bulk::Lookup;
use crate::open::Archive;
use crate::rows::{read_name, read_time};
use crate::storage::StorageError;
use proviso_model::consent::ConsentEvent;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

const OF_PARTIES: Lookup = Lookup {
    columns: &["tenant", "channel", "party"],
    select: "SELECT c.party, c.state, c.at
             FROM wanted w
             CROSS JOIN streams s ON s.tenant = w.tenant AND s.channel = w.channel
             CROSS JOIN consent_events c ON c.message = (
                 SELECT e.message FROM consent_events e
                 WHERE e.stream = s.stream AND e.party = w.party
                 ORDER BY e.at DESC, e.state DESC LIMIT 1)",
};

impl Archive {
    /// The last word of every contact of a tenant's channel: the latest by its own time; of two at one moment, the one that
    /// allows less. Ordered by party.
    pub async fn consent_states(&self, tenant: &str, channel: &str) -> Result<Vec<ConsentEvent>, StorageError> {
        let rows = sqlx::query(
            "SELECT party, state, at FROM (
                 SELECT c.party, c.state, c.at,
                        row_number() OVER (PARTITION BY c.party ORDER BY c.at DESC, c.state DESC) AS age
                 FROM streams s JOIN consent_events c USING (stream) WHERE s.tenant = ? AND s.channel = ?)
             WHERE age = 1 ORDER BY party",
        )
        .bind(tenant.to_owned())
        .bind(channel.to_owned())
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.storage(error))?;
        self.consents(&rows)
    }

    /// The same for some contacts; those who never said anything are left out. Any number may be asked for.
    pub async fn consent_states_of(
        &self,
        tenant: &str,
        channel: &str,
        parties: &[&str],
    ) -> Result<Vec<ConsentEvent>, StorageError> {
        if parties.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self
            .reading(async {
                let mut connection = self.readers().acquire().await?;
                OF_PARTIES
                    .run(&mut connection, parties, |values, party| {
                        values.text(tenant).text(channel).text(party);
                    })
                    .await
            })
            .await?;
        self.consents(&rows)
    }

    fn consents(&self, rows: &[SqliteRow]) -> Result<Vec<ConsentEvent>, StorageError> {
        rows.iter()
            .map(|row| {
                Ok(ConsentEvent {
                    party: row.try_get(0)?,
                    state: read_name(row, 1)?,
                    at: read_time(row, 2)?,
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(|error| self.storage(error))
    }
}
