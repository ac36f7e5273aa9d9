//! A thread for one kind of heavy work, one after the other.
//!
//! The runtime has a thread for each piece of blocking work that is at hand. An allocator keeps memory by threads: work that
//! takes much for a moment leaves a share on each thread that ever did it. On one thread it finds the share of the time before.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// A thread of its own. It ends, when its work is done, after the last handle on it is gone.
#[derive(Debug, Clone)]
pub(crate) struct OwnThread {
    work: Sender<Work>,
}

/// The work ended in a panic; the thread goes on.
#[derive(Debug, thiserror::Error)]
#[error("the work of {0} ended in a panic")]
pub(crate) struct Panicked(&'static str);

impl OwnThread {
    /// Starts it. `name` is at most 15 bytes, as the system shows it.
    ///
    /// # Errors
    /// The system has no thread more.
    pub(crate) fn start(name: &'static str) -> std::io::Result<Self> {
        let (work, waiting) = channel();
        let work_all = move |waiting: Receiver<Work>| waiting.into_iter().for_each(|work| work());
        let thread = std::thread::Builder::new().name(name.to_owned());
        thread.spawn(move || work_all(waiting))?;
        Ok(Self { work })
    }

    /// Does the work behind what waits already. It goes on to its end, also if nobody waits for it any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (done, result) = oneshot::channel();
        let work = Box::new(move || {
            // What the work holds is dropped in the panic, and nobody sees it again.
            if let Ok(result) = catch_unwind(AssertUnwindSafe(work)) {
                let _ = done.send(result);
            }
        });
        self.work.send(work).map_err(|_| Panicked(what))?;
        result.await.map_err(|_| Panicked(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::{ThreadId, current};

    #[tokio::test]
    async fn all_work_is_done_in_order_on_one_thread_and_a_panic_ends_itself_alone() {
        let thread = OwnThread::start("test").unwrap();
        let id = || current().id();
        let first: ThreadId = thread.run("first", id).await.unwrap();
        assert_ne!(first, current().id());
        let broken: Result<(), Panicked> = thread.run("second", || panic!("on purpose")).await;
        let error = broken.unwrap_err().to_string();
        assert_eq!(error, "the work of second ended in a panic");
        assert_eq!(thread.run("third", id).await.unwrap(), first);
        // Nobody waits for the first of these.
        let (sender, seen) = channel();
        let sent = sender.clone();
        drop(tokio::time::timeout(std::time::Duration::ZERO, thread.run("left", move || sent.send(1))).await);
        thread.run("last", move || sender.send(2)).await.unwrap().unwrap();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1, 2]);
    }
}
