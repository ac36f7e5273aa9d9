//! `proviso audit witness`: a witness in the foreground, until SIGTERM or SIGINT.

use crate::cli::WitnessArgs;
use crate::exit::{Ending, Usage};
use proviso_archive::VerifierKey;
use proviso_daemon::witness_server::WitnessServer;
use proviso_proof::note::{KeyKind, KeyName};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

pub(super) async fn run(args: &WitnessArgs) -> anyhow::Result<Ending> {
    crate::show::log::to_stderr();
    let mut logs: Vec<VerifierKey> = Vec::new();
    for log in &args.logs {
        let key: VerifierKey = log.parse().map_err(|error| Usage(format!("--log: {error}")))?;
        if key.kind() != KeyKind::Note {
            return Err(Usage(format!(
                "--log: {} is the key of a witness: expected a log's",
                key.name()
            ))
            .into());
        }
        if logs.iter().any(|known| known.name() == key.name()) {
            return Err(Usage(format!("--log: {} is named twice", key.name())).into());
        }
        logs.push(key);
    }
    KeyName::new(&args.name).map_err(|error| Usage(format!("--name: {error}")))?;
    if args.folder.exists() && !args.folder.is_dir() {
        return Err(Usage(format!("{} is no folder", args.folder.display())).into());
    }
    let server = WitnessServer::open(&args.folder, &args.name, &logs)?;
    let key = server.key().to_string();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let ended = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        ended.cancel();
    });
    let listening = |address| {
        tracing::info!(%address, key, logs = logs.len(), "ready");
        crate::show::line(format_args!("{key}"));
    };
    server.run(args.listen, listening, stop).await?;
    Ok(Ending::Well)
}
