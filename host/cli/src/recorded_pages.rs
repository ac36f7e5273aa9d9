//! The messages of an archive with what is recorded of them, page by page: pages are read and worked on beside each other, and what came
//! of them is given in their order.

use crate::looking::{Looking, ToReplay};
use proviso_archive::{Recorded, Sent};
use proviso_model::MessageId;
use std::collections::VecDeque;
use std::sync::Arc;

/// Pages that are read and judged ahead for each worker.
const PAGES_AHEAD: usize = 2;

/// A message that could not be read or judged, and why.
pub(crate) struct Fault {
    pub(crate) message: MessageId,
    pub(crate) why: String,
}

impl Fault {
    pub(crate) fn of(message: MessageId, error: &anyhow::Error) -> Self {
        Self {
            message,
            why: format!("{error:#}"),
        }
    }
}

/// Gives `work` each page of what was sent within a time, and `take` what came of it.
pub(crate) async fn each<R, W>(
    looking: &Looking,
    sent: Sent,
    workers: usize,
    work: impl Fn(ToReplay) -> W,
    mut take: impl FnMut(R),
) -> anyhow::Result<()>
where
    R: Send + 'static,
    W: Future<Output = R> + Send + 'static,
{
    let mut running = VecDeque::new();
    let mut after = Some(0);
    loop {
        while let Some(place) = after
            && running.len() < workers * PAGES_AHEAD
        {
            let page = looking.to_replay(place, sent).await?;
            after = page.last();
            if after.is_some() {
                running.push_back(tokio::spawn(work(page)));
            }
        }
        let Some(page) = running.pop_front() else {
            return Ok(());
        };
        take(page.await?);
    }
}

/// The messages of a page, each read when it is wanted: all that is read may be in memory together.
pub(crate) struct Page {
    looking: Arc<Looking>,
    rest: Rest,
}

enum Rest {
    Named(std::vec::IntoIter<MessageId>),
    Recorded(std::vec::IntoIter<Recorded>),
}

impl Page {
    pub(crate) fn new(looking: &Arc<Looking>, page: ToReplay) -> Self {
        let named = |named: Vec<proviso_archive::Numbered>| named.into_iter().map(|one| one.id).collect::<Vec<_>>();
        Self {
            looking: Arc::clone(looking),
            rest: match page {
                ToReplay::Named(page) => Rest::Named(named(page).into_iter()),
                ToReplay::Recorded((recorded, _)) => Rest::Recorded(recorded.into_iter()),
            },
        }
    }

    /// The next one. One that cannot be read does not keep the others from it; one that was disposed of meanwhile is passed over.
    pub(crate) async fn next(&mut self) -> Option<Result<Recorded, Fault>> {
        match &mut self.rest {
            Rest::Recorded(rest) => rest.next().map(Ok),
            Rest::Named(rest) => loop {
                let message = rest.next()?;
                match self.looking.recorded(&message).await {
                    Ok(Some(recorded)) => return Some(Ok(recorded)),
                    Ok(None) => {}
                    Err(error) => return Some(Err(Fault::of(message, &error))),
                }
            },
        }
    }
}
