//! `proviso serve`: the daemon in the foreground, until SIGTERM or SIGINT.

use crate::cli::ServeArgs;
use crate::exit::Ending;
use proviso_daemon::config::Config;
use proviso_daemon::generations::Asked;
use proviso_daemon::run::Daemon;
use std::io::IsTerminal;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<Ending> {
    log_to_stderr();
    let config = Config::read(&args.config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ending = runtime.block_on(serve(config));
    // A thread that is in the middle of judging cannot be stopped, and nobody waits for it: what was committed is on disk, and
    // the rest is sent again.
    runtime.shutdown_background();
    ending
}

async fn serve(config: Config) -> anyhow::Result<Ending> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut daemon = Daemon::start(config).await?;
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
                tokio::spawn(async move {
                    if let Err(error) = generations.reload(Asked::Signal).await {
                        tracing::error!(error = format!("{error:#}"), "policies could not be reloaded");
                    }
                });
            }
        }
    }
    tracing::info!(queued = daemon.queue.queued(), "draining");
    daemon.drain().await?;
    tracing::info!("ended");
    Ok(Ending::Well)
}

/// Logs to standard error: text on a terminal, JSON elsewhere. `PROVISO_LOG` chooses what (`info`, `proviso=debug`).
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PROVISO_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.init();
    } else {
        builder.json().flatten_event(true).init();
    }
}
