//! The clock that call deadlines are counted in: a thread that moves the epoch on, for as long as the engine lives.

use proviso_model::limits::EPOCH_TICK;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// The running thread. Dropping it ends the thread and waits for it.
pub(crate) struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts it.
    pub(crate) fn start(engine: &wasmtime::Engine) -> std::io::Result<Self> {
        let (stop, stopped): (_, Receiver<()>) = channel();
        let engine = engine.weak();
        let thread = std::thread::Builder::new()
            .name("proviso-epoch".to_owned())
            .spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EPOCH_TICK) {
                    let Some(engine) = engine.upgrade() else { return };
                    engine.increment_epoch();
                }
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the epoch ticker ended by a panic");
        }
    }
}

/// Ticks that make up at least `wait`.
pub(crate) fn ticks(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(EPOCH_TICK.as_millis()) as u64
}
