//! Ends that people hand in: which retention decisions they change, and the writing of both in one change.

use crate::config::Config;
use crate::laws::{Rulebook, ends_behind};
use anyhow::Context as _;
use proviso_archive::{Archive, Change, Clocks, EndingImport, EndingReport, Receipt, Retained, StorageError};
use proviso_model::message::PartyClass;
use proviso_model::retention::{Concerns, Decision, Ending};
use proviso_model::{Principal, Timestamp};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Messages that are read at a time.
const MESSAGES: u32 = 512;

/// All that was handed in, in its order.
pub(crate) async fn all(archive: &Archive) -> Result<Vec<Ending>, StorageError> {
    Ok(ends_behind(archive, 0).await?.0)
}

/// Writes ends, and every retention decision that they change, in one change. Where the daemon runs, the writer does it: what is
/// judged meanwhile would be missed.
///
/// # Errors
/// The archive cannot be read or written; or what a generation stated of its rules is not at hand, and nothing can be decided.
pub async fn import_endings(
    config: &Config,
    archive: &Archive,
    rows: Vec<Ending>,
    at: Timestamp,
    by: &Principal,
) -> anyhow::Result<EndingReport> {
    let mut lines = all(archive).await?;
    lines.extend(rows.iter().cloned());
    let mut rulebook = Rulebook::new(config, archive);
    rulebook.know(lines);
    let mut deciding = Deciding { archive, rulebook };
    let decisions = deciding.decisions(&rows).await.context("nothing was imported")?;
    let import = EndingImport { rows, at, decisions };
    match archive.commit(Change::Endings(&import), by).await? {
        Receipt::Endings(report) => Ok(report),
        other => unreachable!("ends are answered by their report, not by {other:?}"),
    }
}

/// What deciding anew goes by.
struct Deciding<'a> {
    archive: &'a Archive,
    rulebook: Rulebook,
}

/// Messages that an import may concern: of a tenant, in a channel or in one of its conversations.
type Place<'a> = (&'a str, &'a str, Option<&'a str>);

/// Tenant, channel and identifier of those whom lines speak of.
type Customers<'a> = HashSet<(&'a str, &'a str, &'a str)>;

impl Deciding<'_> {
    /// The decisions that these lines change, by places in the order of arrival.
    async fn decisions(&mut self, rows: &[Ending]) -> anyhow::Result<Vec<(i64, Arc<Decision>)>> {
        let mut places: BTreeMap<Place<'_>, (&Concerns, Clocks)> = BTreeMap::new();
        let mut customers: Customers<'_> = HashSet::new();
        for row in rows {
            let place = row.of.place();
            let conversation = match row.of {
                Concerns::Customer(_) => {
                    customers.insert((&row.tenant, &place.channel, &place.id));
                    None
                }
                Concerns::Conversation(_) => Some(place.id.as_str()),
            };
            let key = (row.tenant.as_str(), place.channel.as_str(), conversation);
            let known = places.entry(key).or_insert((&row.of, Clocks::default()));
            known.1 = known.1.and(Clocks::of(row.what.clock()));
        }
        let mut decisions = BTreeMap::new();
        for ((tenant, ..), (of, clocks)) in places {
            let mut after = 0;
            loop {
                let page = self.archive.clocked(tenant, of, clocks, after, MESSAGES).await?;
                let Some(last) = page.last() else { break };
                after = last.arrival;
                for message in page {
                    if is_concerned(&message, of, &customers)
                        && let Some(decision) = self.decide(&message).await?
                    {
                        decisions.insert(message.arrival, decision);
                    }
                }
            }
        }
        Ok(decisions.into_iter().collect())
    }

    /// The decision on a message; `None` where it stands as it is.
    async fn decide(&mut self, retained: &Retained) -> anyhow::Result<Option<Arc<Decision>>> {
        let (decision, _) = self.rulebook.decide(retained).await?;
        let stands = retained.decision.as_deref() == Some(&decision);
        Ok((!stands).then(|| Arc::new(decision)))
    }
}

/// True if one of the lines speaks of a party of the message. What concerns a conversation was found by it.
fn is_concerned(retained: &Retained, of: &Concerns, customers: &Customers<'_>) -> bool {
    if matches!(of, Concerns::Conversation(_)) {
        return true;
    }
    let message = &retained.message;
    let mut parties = message.parties();
    parties.any(|party| {
        party.class != PartyClass::Employee
            && customers.contains(&(&*message.id.tenant, &*message.id.channel, &*party.id))
    })
}
