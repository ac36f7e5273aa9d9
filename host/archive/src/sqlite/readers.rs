//! The connections that read beside the writer. Each read ends in time: a statement that runs on is interrupted, and a read
//! transaction that nobody finishes is closed, because the write-ahead log cannot shrink while one is open.

use super::settings;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Connections that read at once; further reads wait in line.
const READERS_MAX: usize = 4;
/// Steps of SQLite's virtual machine between two looks at the clock: some ten microseconds of work.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// Connections for reading. They are opened as they are needed and kept.
pub(super) struct Readers {
    options: SqliteConnectOptions,
    seats: Semaphore,
    idle: Mutex<Vec<Reader>>,
    time_max: Duration,
    started: Instant,
}

/// A connection, and the moment at which whatever it runs is interrupted.
struct Reader {
    connection: SqliteConnection,
    /// In microseconds since [`Readers::started`]. Another thread reads it: the one that runs the statement.
    deadline: Arc<AtomicU64>,
}

/// A read that did not end well.
pub(super) enum ReadFailure {
    /// It took longer than [`Readers::time_max`].
    TooLong,
    /// The archive was closed.
    Closed,
    Sql(sqlx::Error),
}

/// A reader that is lent to one read.
pub(super) struct Loan {
    /// There until it is dropped.
    reader: Option<Reader>,
    back: Arc<Mutex<Option<Reader>>>,
}

impl Readers {
    pub(super) fn new(options: SqliteConnectOptions, time_max: Duration) -> Self {
        Self {
            options,
            seats: Semaphore::new(READERS_MAX),
            idle: Mutex::default(),
            time_max,
            started: Instant::now(),
        }
    }

    /// The longest that one read may take.
    pub(super) fn time_max(&self) -> Duration {
        self.time_max
    }

    /// Lends a connection to a read. A read that is over in time gives its connection to the next one; one that is not, or
    /// whose future is dropped, loses it, and with it the statement and the transaction that ran there.
    pub(super) async fn lend<T, F>(&self, read: impl FnOnce(Loan) -> F) -> Result<T, ReadFailure>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        let _seat = self.seats.acquire().await.map_err(|_| ReadFailure::Closed)?;
        let idle = self.idle().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.connect().await.map_err(ReadFailure::Sql)?,
        };
        let deadline = self.started.elapsed() + self.time_max;
        reader.deadline.store(micros(deadline), Ordering::Relaxed);
        let back = Arc::new(Mutex::new(None));
        let loan = Loan {
            reader: Some(reader),
            back: Arc::clone(&back),
        };
        // The handler interrupts a statement that computes; this ends a read that waits between two statements.
        let result = tokio::time::timeout(self.time_max, read(loan))
            .await
            .map_err(|_| ReadFailure::TooLong)?;
        // After a timeout, or where this future is dropped, `back` goes with its content, which closes the connection.
        let came_back = back.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reader) = came_back {
            self.idle().push(reader);
        }
        result.map_err(ReadFailure::Sql)
    }

    /// Waits for the reads that run, and closes every connection.
    pub(super) async fn close(&self) {
        if let Ok(all) = self.seats.acquire_many(READERS_MAX as u32).await {
            let idle = std::mem::take(&mut *self.idle());
            for reader in idle {
                if let Err(error) = reader.connection.close().await {
                    tracing::debug!(%error, "a reading connection was not closed cleanly");
                }
            }
            self.seats.close();
            drop(all);
        }
    }

    /// A connection that is nobody else's, for a read of many short transactions that takes as long as it takes.
    pub(super) async fn connect_apart(&self) -> Result<SqliteConnection, sqlx::Error> {
        settings::connect(&self.options, &settings::READER).await
    }

    async fn connect(&self) -> Result<Reader, sqlx::Error> {
        let mut connection = self.connect_apart().await?;
        let deadline = Arc::new(AtomicU64::new(u64::MAX));
        let (watched, started) = (Arc::clone(&deadline), self.started);
        connection
            .lock_handle()
            .await?
            .set_progress_handler(STEPS_BETWEEN_LOOKS, move || {
                micros(started.elapsed()) < watched.load(Ordering::Relaxed)
            });
        Ok(Reader { connection, deadline })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl Deref for Loan {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.reader.as_ref().expect("it is there until the drop").connection
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.reader.as_mut().expect("it is there until the drop").connection
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        *self.back.lock().unwrap_or_else(PoisonError::into_inner) = self.reader.take();
    }
}
