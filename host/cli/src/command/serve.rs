//! `proviso serve`: the daemon in the foreground, until SIGTERM or SIGINT.

use crate::cli::ServeArgs;
use crate::exit::Ending;
use crate::witness_client::witness;
use proviso_archive::Opening;
use proviso_daemon::config::Config;
use proviso_daemon::generations::Asked;
use proviso_daemon::run::{Daemon, Starting};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

/// Beyond the time to drain, before the process is ended whatever it does.
const END_MARGIN: Duration = Duration::from_millis(500);

pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<Ending> {
    crate::show::log::to_stderr();
    let config = Config::read(&args.config)?;
    // Two runtimes: every thread of the one that works may be in the middle of judging, and neither its signals nor its timers are
    // looked at then. This thread waits for signals, and has nothing else to do.
    let work = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let wait = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ending = wait.block_on(serve(config, args.accept_lost_writes, work.handle()));
    // A thread that is in the middle of judging cannot be stopped, and nobody waits for it: what was committed is on disk, and
    // the rest is sent again.
    work.shutdown_background();
    wait.shutdown_background();
    ending
}

async fn serve(config: Config, accept_lost_writes: bool, work: &Handle) -> anyhow::Result<Ending> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let opening = Opening {
        accept_lost_writes,
        ..config.opening()
    };
    let mut hang_up = signal(SignalKind::hangup())?;
    let starting = work.clone();
    // Nothing is under way for anybody yet, so a signal needs no order.
    let start = Starting {
        opening,
        witness: config.witness_elsewhere.clone().map(witness),
        over: Some(Box::new(proviso_console::routers)),
    };
    let mut daemon = tokio::select! {
        started = work.spawn_blocking(move || starting.block_on(Daemon::start_with(config, start))) => started??,
        _ = terminate.recv() => return Ok(Ending::Well),
        _ = interrupt.recv() => return Ok(Ending::Well),
    };
    for warning in daemon.generations.trust_warnings() {
        tracing::warn!(warning, "trust");
    }
    tracing::info!(address = %daemon.address, "ready");
    loop {
        tokio::select! {
            error = daemon.fault() => return Err(error),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => {
                let generations = Arc::clone(&daemon.generations);
                work.spawn(async move {
                    if let Err(error) = generations.reload(Asked::Signal).await {
                        tracing::error!(error = format!("{error:#}"), "policies could not be reloaded");
                    }
                });
            }
        }
    }
    tracing::info!(queued = daemon.queue.queued(), "draining");
    end_after(daemon.drain_limit() + END_MARGIN);
    daemon.drain().await?;
    tracing::info!("ended");
    Ok(Ending::Well)
}

/// Ends the process when the time is over, from a thread of its own: whatever the others wait for, they were given their time. What
/// was committed is on disk.
fn end_after(limit: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(limit);
        crate::show::error_line(format_args!(
            "error: the daemon did not end within its time, and is ended"
        ));
        crate::exit::fault_now();
    });
}
