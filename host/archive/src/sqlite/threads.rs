//! Work that holds no task up.

/// Runs something that takes its time, or waits, on a thread that may. It begins at once.
pub(super) fn on_a_thread<T: Send + 'static>(
    act: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Result<T, sqlx::Error>> {
    let running = tokio::task::spawn_blocking(act);
    async move { running.await.map_err(|_| sqlx::Error::WorkerCrashed) }
}
