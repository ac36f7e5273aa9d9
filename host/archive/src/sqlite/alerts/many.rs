//! Many alerts are reviewed at once: all that were seen, each with a review of its own, or none.

use super::filter::{self, Builder};
use super::review::{act, present};
use crate::alerts::AlertView;
use crate::change::Receipt;
use crate::reviews::{REVIEWED_TOGETHER_MAX, ReviewRefusal, ReviewingMany, WhichAlerts};
use crate::sqlite::bulk::number_list;
use crate::sqlite::failure::Failure;
use crate::sqlite::log::entries::Entries;
use crate::sqlite::sealing::Sealing;
use proviso_model::Principal;
use sqlx::SqliteConnection;

pub(in crate::sqlite) async fn review_many(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    reviewing: &ReviewingMany<'_>,
    by: &Principal,
    log: &mut Entries,
) -> Result<Receipt, Failure> {
    let chosen = chosen(connection, sealing, reviewing.which).await?;
    let (expected, found) = (reviewing.expected, chosen.len() as u64);
    if expected != found {
        return Err(ReviewRefusal::CountDiffers { expected, found }.into());
    }
    for number in chosen {
        let present = present(connection, number).await?.ok_or(sqlx::Error::RowNotFound)?;
        let one = reviewing.act.of_one();
        act(connection, sealing, &present, one, (reviewing.at, by), log).await?;
    }
    Ok(Receipt::ReviewedMany { changed: found })
}

/// The open alerts that are meant, at most one more than are reviewed together.
async fn chosen(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    which: WhichAlerts<'_>,
) -> Result<Vec<i64>, sqlx::Error> {
    let mut query = Builder::new("SELECT a.alert FROM alerts a");
    match which {
        WhichAlerts::Filter(filter) => {
            let of = filter::numbered_by(sealing, connection, filter).await?;
            of.push(&mut query, true);
            if filter.view == AlertView::Closed {
                query.push(" AND false");
            }
            of.push_view(&mut query);
        }
        WhichAlerts::Numbers(numbers, sight) => {
            query.push(" WHERE a.state = 'open' AND a.alert IN (SELECT value FROM json_each(");
            query.push_bind(number_list(numbers.iter().copied())).push("))");
            filter::seen(connection, sight, None).await?.push(&mut query);
        }
    }
    query.push(" ORDER BY a.alert LIMIT ").push(REVIEWED_TOGETHER_MAX + 1);
    query.build_query_scalar().fetch_all(connection).await
}
