//! The clock that call deadlines are counted in: a thread that moves the epoch on while there is a store whose guest could run.
//! Where there is none for a while it rests: a host that judges nothing takes no processor time.

use proviso_model::limits::EPOCH_TICK;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Ticks without a store, one second, after which it rests: waking it costs a system call, and not with every call of a guest.
const REST_AFTER_TICKS: u32 = 100;

/// The running thread. Dropping it ends the thread and waits for it.
pub(crate) struct Ticker {
    wake: Option<Sender<()>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// Stores that live.
    stores: AtomicUsize,
    rests: AtomicBool,
}

/// Has the clock tick as long as it lives. Each store holds one.
pub(crate) struct Ticking(Arc<Shared>);

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.stores.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Ticker {
    /// Starts it.
    pub(crate) fn start(engine: &wasmtime::Engine) -> std::io::Result<Self> {
        let engine = engine.weak();
        Self::start_with(move || {
            let engine = engine.upgrade();
            engine.inspect(wasmtime::Engine::increment_epoch).is_some()
        })
    }

    /// `tick` says whether there is still somebody to tick for.
    fn start_with(tick: impl Fn() -> bool + Send + 'static) -> std::io::Result<Self> {
        let (wake, woken) = channel();
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new().name("proviso-epoch".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || run(&shared, &woken, tick)
        })?;
        Ok(Self {
            wake: Some(wake),
            shared,
            thread: Some(thread),
        })
    }

    /// Has it tick from now on, for a store that is made.
    pub(crate) fn tick(&self) -> Ticking {
        // In this order, as the thread has it the other way round: one of the two sees the other.
        self.shared.stores.fetch_add(1, Ordering::SeqCst);
        if self.shared.rests.load(Ordering::SeqCst)
            && let Some(wake) = &self.wake
        {
            // Nobody hears it where the thread ended with the engine.
            let _ = wake.send(());
        }
        Ticking(Arc::clone(&self.shared))
    }
}

fn run(shared: &Shared, woken: &Receiver<()>, tick: impl Fn() -> bool) {
    let mut quiet = 0;
    loop {
        match woken.recv_timeout(EPOCH_TICK) {
            // Somebody woke it that did not rest any more.
            Ok(()) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if !tick() {
            return;
        }
        quiet = match shared.stores.load(Ordering::SeqCst) {
            0 => quiet + 1,
            _ => 0,
        };
        if quiet < REST_AFTER_TICKS {
            continue;
        }
        quiet = 0;
        shared.rests.store(true, Ordering::SeqCst);
        if shared.stores.load(Ordering::SeqCst) == 0 && woken.recv().is_err() {
            return;
        }
        shared.rests.store(false, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.wake.take());
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::sleep;
    use std::time::Instant;

    #[test]
    fn it_ticks_while_there_is_a_store_and_rests_where_there_is_none() {
        let ticks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&ticks);
        let ticker = Ticker::start_with(move || counted.fetch_add(1, Ordering::SeqCst) < usize::MAX).unwrap();
        let so_far = || ticks.load(Ordering::SeqCst);
        let until = |done: &dyn Fn() -> bool| {
            let begun = Instant::now();
            while !done() {
                assert!(begun.elapsed() < Duration::from_secs(30));
                sleep(EPOCH_TICK);
            }
        };
        for _ in 0..2 {
            let (one, other) = (ticker.tick(), ticker.tick());
            let before = so_far();
            until(&|| so_far() > before + 2 * REST_AFTER_TICKS as usize);
            drop(one);
            let before = so_far();
            until(&|| so_far() > before + 2 * REST_AFTER_TICKS as usize);
            drop(other);
            until(&|| ticker.shared.rests.load(Ordering::SeqCst));
            let at_rest = so_far();
            sleep(EPOCH_TICK * 10);
            assert_eq!(so_far(), at_rest);
        }
    }
}
