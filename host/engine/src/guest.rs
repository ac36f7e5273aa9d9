//! The host's side of one instance: how much memory it has, and what it logged.

use crate::ticker::Ticking;
use proviso_model::limits;
use std::time::Duration;
use wasmtime::ResourceLimiter;

/// Fuel of one line of the log, beside the guest's own instructions: about what the call costs the host.
pub(crate) const LOG_LINE_FUEL: u64 = 200;

/// How much a line of a plugin's log matters to its author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// For the author alone.
    Debug,
    /// Worth seeing in a test run.
    Info,
    /// Unexpected, and survived.
    Warn,
}

impl LogLevel {
    /// The name as programs read it.
    pub const fn name(self) -> &'static str {
        match self {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Warn => "warn",
        }
    }
}

/// What a plugin logged, kept by tests alone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// At most 1,024 bytes; a longer line is cut.
    pub line: String,
}

/// What the host keeps of one instance while it lives.
pub(crate) struct GuestState {
    memory_bytes: usize,
    memory_bytes_max: usize,
    refused: bool,
    deadline: Duration,
    log: Option<Vec<LogLine>>,
    _ticking: Ticking,
}

impl GuestState {
    /// Of an instance that may have that much memory in all. Its deadlines are counted while it lives.
    pub(crate) fn new(memory_bytes_max: usize, keep_log: bool, ticking: Ticking) -> Self {
        Self {
            memory_bytes: 0,
            memory_bytes_max,
            refused: false,
            deadline: limits::CALL_DEADLINE,
            log: keep_log.then(Vec::new),
            _ticking: ticking,
        }
    }

    /// Changes how much memory the instance may have in all.
    pub(crate) fn set_memory_bytes_max(&mut self, bytes: usize) {
        self.memory_bytes_max = bytes;
    }

    /// Bytes of linear memory that the instance has.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// True if the guest asked for more memory or table elements than it may have.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused
    }

    /// Wall time that the running call was granted.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Notes what the running call was granted.
    pub(crate) fn set_deadline(&mut self, deadline: Duration) {
        self.deadline = deadline;
    }

    /// True if another line would be kept.
    pub(crate) fn wants_log(&self) -> bool {
        self.log
            .as_ref()
            .is_some_and(|lines| lines.len() < limits::LOG_LINES_PER_CALL_MAX)
    }

    /// Keeps a line, cut to its limit.
    pub(crate) fn log(&mut self, level: LogLevel, mut line: String) {
        line.truncate(line.floor_char_boundary(limits::LOG_LINE_BYTES_MAX));
        if let Some(lines) = &mut self.log {
            lines.push(LogLine { level, line });
        }
    }

    /// The lines that were kept.
    pub(crate) fn take_log(&mut self) -> Vec<LogLine> {
        self.log.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl ResourceLimiter for GuestState {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            // The module's own bound, not the host's.
            return Ok(false);
        }
        let total = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if total > self.memory_bytes_max {
            self.refused = true;
            return Ok(false);
        }
        self.memory_bytes = total;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // A maximum as large as the host's is the pool's, whatever the module says.
        if maximum.is_some_and(|maximum| desired > maximum && maximum < limits::GUEST_TABLE_ELEMENTS_MAX) {
            return Ok(false);
        }
        let allowed = desired <= limits::GUEST_TABLE_ELEMENTS_MAX;
        self.refused |= !allowed;
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        limits::GUEST_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        limits::GUEST_MEMORIES_MAX as usize
    }

    fn memories(&self) -> usize {
        limits::GUEST_MEMORIES_MAX as usize
    }
}
