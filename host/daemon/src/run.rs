//! Starts the daemon's tasks, and ends them in order.

use crate::approvals::Approvals;
use crate::budget::ByteBudget;
use crate::candidate::Parts;
use crate::config::Config;
use crate::facts::Known;
use crate::generations::Generations;
use crate::http::{self, Bounds, Connections, Hosts, Shared};
use crate::indexing::Indexing;
use crate::laws::Rulebook;
use crate::metrics::Metrics;
use crate::own_thread::OwnThread;
use crate::pauses::Pauses;
use crate::permitted::Permitted;
use crate::quarantine::Quarantine;
use crate::queue::Queue;
use crate::schedule::{Disposing, Schedule};
use crate::services::{Over, Routers, Services};
use crate::token::{Token, TokenBook, TokenFile};
use crate::watch::WatchState;
use crate::witness::Witness;
use crate::writer::Writer;
use crate::{approving, spool, watch};
use anyhow::Context;
use proviso_archive::{Archive, Opening};
use proviso_model::limits::HTTP_ANSWERS_BYTES_MAX;
use proviso_pack::{PackStore, PluginPath};
use proviso_pipeline::loading::build;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a dropped task is waited for.
const ABORT_WITHIN: Duration = Duration::from_millis(100);

/// How a daemon starts.
pub struct Starting {
    /// How the archive is opened.
    pub opening: Opening,
    /// The witness that is to be asked.
    pub witness: Option<Witness>,
    /// What is built over the daemon.
    pub over: Option<Over>,
}

impl Starting {
    /// Without a witness, and with nothing over it.
    pub fn new(opening: Opening) -> Self {
        let (witness, over) = (None, None);
        Self { opening, witness, over }
    }
}

/// A daemon that is running. `serve` and `demo` use the same.
pub struct Daemon {
    /// Where the HTTP interface listens.
    pub address: SocketAddr,
    /// What judges.
    pub generations: Arc<Generations>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where all of it is kept.
    pub archive: Archive,
    /// The way to the writer.
    pub queue: Queue,
    config: Config,
    draining: Arc<AtomicBool>,
    stop_sources: CancellationToken,
    stop_http: CancellationToken,
    /// Those that are followed, and the schedule of disposal.
    sources: Vec<JoinHandle<anyhow::Result<()>>>,
    watcher: JoinHandle<anyhow::Result<()>>,
    permitted: JoinHandle<anyhow::Result<()>>,
    server: JoinHandle<anyhow::Result<()>>,
    writer: JoinHandle<anyhow::Result<()>>,
}

impl Daemon {
    /// Opens the archive, builds the first generation, and starts every task.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let opening = config.opening();
        Self::start_with(config, Starting::new(opening)).await
    }

    /// The same, with a word on how it starts.
    pub async fn start_with(config: Config, starting: Starting) -> anyhow::Result<Self> {
        let Starting {
            mut opening,
            witness,
            over,
        } = starting;
        let data_dir = &config.data_dir;
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("cannot make the data folder {}", data_dir.display()))?;
        let trust = config.trust_source();
        let tokens = TokenBook::new(
            Token::read_or_make(&config.token_file)?,
            TokenFile::at(config.tokens_path()),
        );
        if let Some(witness) = &witness {
            opening.witnessed = witness.has(&config.archive_path()).await;
        }
        let archive = Archive::open_with(&config.archive_path(), &opening).await?;
        let permitted = Permitted::begin(&config, tokens, &archive).await?;
        let store = Arc::new(PackStore::open(&config.store_dir())?);
        let engine = Arc::new(build::engine(Some(&config.cache_dir))?);
        let parts = Parts {
            engine,
            archive: archive.clone(),
            store,
            plugins: PluginPath::of_this_process(),
            set_path: config.set.clone(),
            trust,
            approvals: Arc::new(Approvals::new(Arc::clone(&config.requests))),
            builder: OwnThread::start("proviso-builder")?,
        };
        let metrics = Arc::new(Metrics::default());
        let pauses = Pauses::default();
        let generations = Arc::new(Generations::start(parts, Arc::clone(&metrics), pauses.clone()).await?);
        let id = generations.current().id();
        let quarantine =
            Arc::new(Quarantine::start(archive.clone(), Arc::clone(&metrics), id, config.quarantine).await?);
        let (queue, deliveries) = Queue::new();
        let (rejudging, requests) = mpsc::channel(1);
        let (facts, handed_in) = mpsc::channel(1);
        let writer = Writer::new(
            archive.clone(),
            Arc::clone(&generations),
            Arc::clone(&quarantine),
            Arc::clone(&metrics),
            Known::load(&archive, Arc::clone(&config.lawful_bases)).await?,
            pauses.clone(),
            &config,
        )?;
        let writer = tokio::spawn(writer.run(deliveries, requests, handed_in));

        let listener = http::listen(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
        let address = listener.local_addr()?;
        std::fs::write(config.address_path(), format!("{address}\n")).context("cannot write the daemon's address")?;
        let draining = Arc::new(AtomicBool::new(false));
        let (stop_sources, stop_http) = (CancellationToken::new(), CancellationToken::new());
        let watching = WatchState::default();
        let bounds = Bounds::of(config.connections);
        let connections = Connections::new(bounds.connections_max);
        let rulebook = Arc::new(tokio::sync::Mutex::new(Rulebook::new(&config, &archive)));
        let schedule = config.disposal.map(|at| Schedule {
            at,
            generations: Arc::clone(&generations),
            disposing: Disposing {
                archive: archive.clone(),
                rulebook: Arc::clone(&rulebook),
                pauses: pauses.clone(),
                metrics: Arc::clone(&metrics),
            },
        });
        let shared = Shared {
            permitted: permitted.clone(),
            hosts: Arc::new(Hosts::new(config.hosts.iter().cloned())),
            archive: archive.clone(),
            queue: queue.clone(),
            metrics: Arc::clone(&metrics),
            generations: Arc::clone(&generations),
            quarantine,
            rejudging,
            facts,
            pauses,
            reading_facts: OwnThread::start("proviso-facts")?,
            draining: Arc::clone(&draining),
            watching: watching.clone(),
            connections: connections.clone(),
            rulebook,
            config: Arc::new(config.clone()),
            answers: ByteBudget::new(HTTP_ANSWERS_BYTES_MAX),
            exports: Arc::new(tokio::sync::Semaphore::new(1)),
        };
        let services = Services {
            archive: archive.clone(),
            generations: Some(Arc::clone(&generations)),
            config: Arc::clone(&shared.config),
            metrics: Arc::clone(&metrics),
            rulebook: Arc::clone(&shared.rulebook),
            pauses: shared.pauses.clone(),
            bodies: queue.request_bytes().clone(),
            answers: shared.answers.clone(),
        };
        let over = over.map_or_else(|| Ok(Routers::default()), |over| over(services))?;
        let router = http::router(shared, over);
        let stop = stop_http.clone();
        let server = tokio::spawn(http::serve(listener, router, bounds, connections, stop));
        // Made before `ready` is told, so that no later change is missed.
        let watch = watch::Watch::new(Arc::clone(&generations), watching)?;
        let watcher = tokio::spawn(watch.run(stop_sources.clone()));
        let permitted = tokio::spawn(permitted.run(stop_sources.clone()));
        let mut sources = Vec::new();
        if let Some(witness) = witness {
            let signing = witness.run(archive.clone(), Arc::clone(&metrics), stop_sources.clone());
            sources.push(tokio::spawn(signing));
        }
        // It ends with the sources: nothing new begins.
        sources.extend(schedule.map(|schedule| tokio::spawn(schedule.run(stop_sources.clone()))));
        sources.push(tokio::spawn(approving::follow(
            Arc::clone(&generations),
            stop_sources.clone(),
        )));
        let indexing = Indexing {
            archive: archive.clone(),
            queue: queue.clone(),
            metrics: Arc::clone(&metrics),
        };
        sources.push(tokio::spawn(indexing.run(stop_sources.clone())));
        for spool in &config.spools {
            let folder = &spool.folder;
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the spool folder {}", folder.display()))?;
            let task = spool::follow(spool.clone(), archive.clone(), queue.clone(), stop_sources.clone());
            sources.push(tokio::spawn(task));
        }
        Ok(Self {
            address,
            generations,
            metrics,
            archive,
            queue,
            config,
            draining,
            stop_sources,
            stop_http,
            sources,
            watcher,
            permitted,
            server,
            writer,
        })
    }

    /// How long [`Daemon::drain`] may take.
    pub fn drain_limit(&self) -> Duration {
        self.config.drain
    }

    /// Ends in order, within the configured time: no new messages, what is queued is judged and committed, then the end.
    ///
    /// Sources get a quarter of the time and requests another one. What of them is not done by then is dropped, since a peer may
    /// never be done; it was not acknowledged, and is sent again. So the writer has half of the time for what is queued.
    pub async fn drain(self) -> anyhow::Result<()> {
        let limit = self.config.drain;
        let start = Instant::now();
        let end = start + limit;
        self.draining.store(true, Ordering::Relaxed);
        self.stop_sources.cancel();
        let mut failed = None;
        let sources = self.sources.into_iter().map(|task| ("a source", task));
        for (what, task) in sources.chain([("the watch", self.watcher), ("the look at tokens", self.permitted)]) {
            failed = end_by(start + limit / 4, what, task).await.err().or(failed);
        }
        // Behind the sources, so that a probe hears of the draining meanwhile.
        self.stop_http.cancel();
        failed = end_by(start + limit / 2, "the HTTP interface", self.server)
            .await
            .err()
            .or(failed);
        // Its queue ends when nobody is left who could send.
        drop(self.queue);
        let writing = async {
            self.writer.await??;
            self.archive.close().await;
            anyhow::Ok(())
        };
        tokio::time::timeout_at(end, writing)
            .await
            .with_context(|| format!("the daemon did not drain within {} s", limit.as_secs()))??;
        failed.map_or(Ok(()), Err)
    }

    /// Waits until one of the tasks ends by itself, which only a fault makes it do.
    pub async fn fault(&mut self) -> anyhow::Error {
        let sources = std::future::poll_fn(|context| {
            let ended = self.sources.iter_mut().map(|source| Pin::new(source).poll(context));
            ended.into_iter().find(Poll::is_ready).unwrap_or(Poll::Pending)
        });
        let ended = tokio::select! {
            ended = &mut self.server => ended,
            ended = &mut self.writer => ended,
            ended = &mut self.watcher => ended,
            ended = &mut self.permitted => ended,
            ended = sources => ended,
        };
        match ended {
            Ok(Ok(())) => anyhow::anyhow!("a task of the daemon ended before its time"),
            Ok(Err(error)) => error,
            Err(error) => anyhow::Error::from(error).context("a task of the daemon ended in a panic"),
        }
    }
}

/// Waits for a task's end, and drops it when its time is over.
async fn end_by(deadline: Instant, what: &str, mut task: JoinHandle<anyhow::Result<()>>) -> anyhow::Result<()> {
    if let Ok(ended) = tokio::time::timeout_at(deadline, &mut task).await {
        return ended?;
    }
    tracing::warn!(
        what,
        "not done when its time was over; what it did not acknowledge is sent again"
    );
    task.abort();
    // It ends where it next waits. One that never waits is left behind.
    let _ = tokio::time::timeout(ABORT_WITHIN, task).await;
    Ok(())
}
