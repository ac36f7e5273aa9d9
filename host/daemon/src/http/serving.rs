//! Owns the connections: how many there are, how long they may take, and their end.

use super::taken::Taken;
use anyhow::Context as _;
use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use proviso_model::limits::{DESCRIPTORS_RESERVED, HTTP_CONNECTIONS_DEFAULT, HTTP_HEAD_BYTES_MAX, HTTP_HEAD_DEADLINE};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Connections that wait in the kernel's queue until they are accepted; `net.core.somaxconn` may allow fewer. With the 128 of the
/// standard library a burst of peers keeps everybody waiting for the second after which the kernel knocks again.
const WAITING_MAX: u32 = 1_024;
/// How long nobody is accepted after the machine refused to.
const REST_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// What connections may be and do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) connections_max: usize,
    /// From the opening, or the end of a request, to the head of the next.
    pub(crate) head_deadline: Duration,
    /// A peer that takes nothing of an answer for so long is gone: else it would keep its place for ever.
    pub(crate) untaken_max: Duration,
}

impl Bounds {
    /// So many connections as the configuration says, or fewer: files must stay for the archive, the spools and the watches.
    pub(crate) fn of(connections: Option<usize>) -> Self {
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let descriptors = descriptors_of(&limits);
        let (connections_max, too_many) = connections_within(connections, descriptors);
        if let Some(asked) = too_many {
            tracing::warn!(
                asked,
                connections_max,
                descriptors,
                "fewer connections than configured: raise the limit on open files (`ulimit -n`, `LimitNOFILE`)"
            );
        }
        Self {
            connections_max,
            head_deadline: HTTP_HEAD_DEADLINE,
            untaken_max: HTTP_HEAD_DEADLINE,
        }
    }
}

/// The soft limit on open files, as the kernel writes it; `None` for none.
fn descriptors_of(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How many connections there may be, and what was asked for if that is more. `None` for no limit on descriptors.
fn connections_within(asked: Option<usize>, descriptors: Option<u64>) -> (usize, Option<usize>) {
    let descriptors = descriptors.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    // With few descriptors half are reserved, not all.
    let free = descriptors
        .saturating_sub(DESCRIPTORS_RESERVED.min(descriptors / 2))
        .max(1);
    let wanted = asked.unwrap_or(HTTP_CONNECTIONS_DEFAULT);
    (wanted.min(free), asked.filter(|asked| *asked > free))
}

/// The places of all connections.
#[derive(Clone)]
pub(crate) struct Connections {
    places: Arc<Semaphore>,
    max: usize,
}

impl Connections {
    pub(crate) fn new(max: usize) -> Self {
        let places = Arc::new(Semaphore::new(max));
        Self { places, max }
    }

    /// How many are open.
    pub(crate) fn open(&self) -> u64 {
        (self.max - self.places.available_permits()) as u64
    }
}

/// Listens. Nobody is accepted yet.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A port whose last connections are still being forgotten is free.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}

/// Serves until stopped; then nobody is accepted, idle connections are closed, and requests that are under way are answered.
/// When this future is dropped, every connection is.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    connections: Connections,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(bounds.head_deadline)
        .max_buf_size(HTTP_HEAD_BYTES_MAX);
    let mut tasks = JoinSet::new();
    loop {
        let (stream, peer, place) = tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = tasks.join_next() => {
                told(ended);
                continue;
            }
            accepted = accept(&listener, &connections) => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // No descriptor is free, or the peer is gone already: neither is a reason to end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(REST_AFTER_FAILURE).await;
                    continue;
                }
            },
        };
        let routes = service.clone();
        // Whoever counts failures wants to know whose they are.
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            routes.call(request)
        });
        let connection = http.serve_connection(TokioIo::new(Taken::new(stream, bounds.untaken_max)), service);
        let stop = stop.clone();
        tasks.spawn(async move {
            let _place = place;
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
    drop(listener);
    while let Some(ended) = tasks.join_next().await {
        told(ended);
    }
    Ok(())
}

fn told(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection ended in a panic");
    }
}

/// The next connection, once there is a place for it. Others wait in the kernel's queue meanwhile.
async fn accept(
    listener: &TcpListener,
    connections: &Connections,
) -> anyhow::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(&connections.places).acquire_owned().await;
    let place = place.expect("nobody closes the semaphore of connections");
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true).context("cannot set TCP_NODELAY")?;
    Ok((stream, peer, place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::{get, post};
    use std::time::Instant;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinHandle;

    struct Server {
        address: SocketAddr,
        connections: Connections,
        stop: CancellationToken,
        task: JoinHandle<anyhow::Result<()>>,
    }

    async fn server(connections_max: usize, head_deadline: Duration) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/", get(async || "here"))
            .route("/never", post(async || std::future::pending::<()>().await));
        let bounds = Bounds {
            connections_max,
            head_deadline,
            untaken_max: Duration::from_millis(200),
        };
        let (connections, stop) = (Connections::new(connections_max), CancellationToken::new());
        let task = tokio::spawn(serve(listener, router, bounds, connections.clone(), stop.clone()));
        Server {
            address,
            connections,
            stop,
            task,
        }
    }

    async fn send(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    async fn rest(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        // A reset is an end too.
        let _ = stream.read_to_string(&mut text).await;
        text
    }

    const ASK: &str = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn a_head_that_does_not_end_ends_the_connection() {
        let server = server(8, Duration::from_millis(100)).await;
        let started = Instant::now();
        for begun in [
            "",
            "GET / HTTP/1.1\r\nhost: lo",
            "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
        ] {
            let mut stream = send(server.address, begun).await;
            rest(&mut stream).await;
        }
        assert!(started.elapsed() >= Duration::from_millis(300), "each had its time");
        assert!(rest(&mut send(server.address, ASK).await).await.ends_with("here"));
    }

    #[tokio::test]
    async fn no_more_connections_are_open_than_there_are_places() {
        let server = server(2, Duration::from_millis(300)).await;
        let idle = [send(server.address, "").await, send(server.address, "").await];
        let started = Instant::now();
        let answer = rest(&mut send(server.address, ASK).await).await;
        assert!(answer.ends_with("here"), "it waited for a place: {answer}");
        assert!(started.elapsed() >= Duration::from_millis(200));
        drop(idle);
        assert!(server.connections.open() <= 2);
    }

    #[tokio::test]
    async fn a_stop_closes_what_is_idle_and_a_drop_closes_all() {
        let server = server(8, Duration::from_mins(1)).await;
        let mut idle = send(server.address, "").await;
        let ask = "POST /never HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
        let mut busy = send(server.address, ask).await;
        while server.connections.open() < 2 {
            tokio::task::yield_now().await;
        }
        // Let the handler begin.
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.stop.cancel();
        assert_eq!(rest(&mut idle).await, "");
        assert!(TcpStream::connect(server.address).await.is_err(), "nobody is accepted");
        assert!(!server.task.is_finished(), "the request is waited for");
        server.task.abort();
        assert_eq!(rest(&mut busy).await, "");
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_of_its_answers_is_closed() {
        let server = server(8, Duration::from_mins(1)).await;
        let mut deaf = TcpStream::connect(server.address).await.unwrap();
        // It asks and asks, and reads nothing, until both buffers are full; then its place is given back.
        let ask = ASK.replace("connection: close\r\n", "").repeat(1_000);
        while deaf.write_all(ask.as_bytes()).await.is_ok() {}
        assert!(rest(&mut send(server.address, ASK).await).await.ends_with("here"));
        assert!(server.connections.open() <= 1);
    }

    #[test]
    fn the_kernel_tells_the_limit_on_open_files() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max processes             7                    8                    processes\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!(descriptors_of(limits), Some(1_024));
        assert_eq!(
            descriptors_of("Max open files            unlimited            unlimited            files\n"),
            None
        );
        assert!(descriptors_of(&std::fs::read_to_string("/proc/self/limits").unwrap()).is_none_or(|found| found > 0));
    }

    #[test]
    fn files_stay_for_the_archive() {
        // Asked for, descriptors; then places, and whether fewer than asked for.
        let table = [
            (None, Some(1_024), 768, false),
            (None, Some(20_000), 1_024, false),
            (None, None, 1_024, false),
            (Some(5_000), Some(20_000), 5_000, false),
            (Some(5_000), Some(1_024), 768, true),
            (Some(64), Some(100), 50, true),
            (Some(64), Some(1), 1, true),
        ];
        for (asked, descriptors, places, fewer) in table {
            let found = connections_within(asked, descriptors);
            assert_eq!(found, (places, asked.filter(|_| fewer)), "{asked:?} {descriptors:?}");
        }
    }
}
