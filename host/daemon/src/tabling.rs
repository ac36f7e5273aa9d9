//! Tables for analysts: tells the log who asks, has the archive read rows, writes them, and tells the log of the manifest before anything is given.

use crate::wire::{TabledV1, TablesV1};
use proviso_archive::{
    Act, ActKind, Archive, Change, CommitError, Inquiry, REQUEST_TEXT_BYTES_MAX, Sent, StorageError, Tabled,
};
use proviso_evidence::EXPORTED;
use proviso_model::time::NotATime;
use proviso_model::{Principal, Timestamp};
use proviso_pipeline::places;
use proviso_proof::entry::Value;
use proviso_tables::{AboutTables, ManifestV1, TableError, Tables};
use std::io::Write;

/// What an entry of the log calls tables.
const WHAT: &str = "tables";

/// Why there are no tables.
#[derive(Debug, thiserror::Error)]
pub enum TablingError {
    /// A text that is missing or long.
    #[error("the {what} has {bytes} bytes: expected 1 to {REQUEST_TEXT_BYTES_MAX}")]
    Text {
        /// Which.
        what: &'static str,
        /// Its bytes.
        bytes: usize,
    },
    /// A time that is none.
    #[error("`{what}` is no time: expected one as 2026-01-31T00:00:00Z")]
    Time {
        /// Which.
        what: &'static str,
        /// Why.
        #[source]
        source: NotATime,
    },
    /// The archive has none.
    #[error(
        "there is no message{of}{when}, and no table is written: `proviso archive stats` names the tenants and counts their messages"
    )]
    Nothing {
        /// Of which tenant, at most 64 bytes; empty where none is named.
        of: String,
        /// That times were asked for; empty where none were.
        when: &'static str,
    },
    /// The archive cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log cannot tell of it.
    #[error("the log cannot tell of the tables, and nothing is given without")]
    Log(#[source] CommitError),
    /// A table cannot be written.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl TablingError {
    /// True if whoever asked can mend it.
    pub fn is_of_the_caller(&self) -> bool {
        matches!(
            self,
            TablingError::Text { .. } | TablingError::Time { .. } | TablingError::Nothing { .. }
        )
    }
}

/// Tables that are whole, of which the log has told: what they were written into, in the order messages, findings, retention, the bytes of their
/// manifest, and what they are.
pub struct Made<W> {
    /// What each table was written into.
    pub outs: [W; 3],
    /// The manifest.
    pub manifest: Vec<u8>,
    /// What they are.
    pub tabled: TabledV1,
}

fn read(asked: &TablesV1) -> Result<Tabled, TablingError> {
    let tenant = asked.tenant.as_deref().unwrap_or("all");
    for (what, text) in [
        ("reason", asked.reason.as_str()),
        ("recipient", &asked.to),
        ("tenant", tenant),
    ] {
        if text.trim().is_empty() || text.len() > REQUEST_TEXT_BYTES_MAX {
            let bytes = text.len();
            return Err(TablingError::Text { what, bytes });
        }
    }
    let time = |what, text: &Option<String>| {
        let time = text.as_deref().map(Timestamp::from_rfc3339).transpose();
        time.map_err(|source| TablingError::Time { what, source })
    };
    Ok(Tabled {
        tenant: asked.tenant.clone(),
        sent: Sent {
            from: time("from", &asked.from)?,
            before: time("before", &asked.before)?,
        },
    })
}

/// Says what is wrong with what is asked for, before anything is opened.
pub fn check(asked: &TablesV1) -> Result<(), TablingError> {
    read(asked).map(drop)
}

/// Writes tables into three files. What these have must not be given away before this ends well. `progress` is told how many messages were read.
pub async fn tables<W: Write + Send>(
    archive: &Archive,
    asked: &TablesV1,
    outs: [W; 3],
    by: &Principal,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Made<W>, TablingError> {
    let of = read(asked)?;
    let made_at = places::now();
    let size = archive.tables_size(&of).await?;
    if size.messages == 0 {
        return Err(nothing(&of));
    }
    begun(archive, asked, size.messages, made_at, by).await?;
    let number = archive.next_export().await?;
    let program = concat!("proviso ", env!("CARGO_PKG_VERSION"));
    let mut tables = Tables::new(program, outs)?;
    let mut after = Some(0);
    while let Some(behind) = after {
        let rows = archive.table_rows(number, &of, behind, size.last).await?;
        rows.messages.iter().try_for_each(|row| tables.message(row))?;
        rows.findings.iter().try_for_each(|row| tables.finding(row))?;
        rows.retention.iter().try_for_each(|row| tables.retention(row))?;
        progress(rows.messages.len() as u64);
        after = rows.next;
    }
    let counts = tables.counts();
    let written = tables.finish()?;
    let about = AboutTables {
        number,
        made_at: made_at.to_string(),
        by: by.to_string(),
        to: asked.to.clone(),
        reason: asked.reason.clone(),
        tenant: of.tenant.clone(),
        from: of.sent.from.map(|from| from.to_string()),
        before: of.sent.before.map(|before| before.to_string()),
        program: program.to_owned(),
    };
    let (manifest, digest) = ManifestV1::new(about, counts, written.files.to_vec()).to_bytes();
    let integer = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let text = |text: &str| Value::Text(text.to_owned());
    let fields = [
        ("asked", text(WHAT)),
        ("manifest", Value::Bytes(digest.to_vec())),
        ("messages", integer(counts.messages)),
        ("number", integer(number)),
        ("reason", text(&asked.reason)),
        ("to", text(&asked.to)),
        ("until", text("")),
        ("what", text(&what(asked))),
    ];
    let exported = Change::Exported {
        number,
        kind: EXPORTED,
        fields: &fields,
        request: None,
        at: places::now(),
    };
    archive.commit(exported, by).await.map_err(TablingError::Log)?;
    let digest = proviso_model::Digest::from_bytes(digest).to_string();
    let digest = digest.trim_start_matches("sha256:").to_owned();
    Ok(Made {
        outs: written.outs,
        manifest,
        tabled: TabledV1::new(number, digest, counts),
    })
}

fn nothing(of: &Tabled) -> TablingError {
    let tenant = |tenant: &String| format!(" of tenant {:?}", &tenant[..tenant.floor_char_boundary(64)]);
    TablingError::Nothing {
        of: of.tenant.as_ref().map(tenant).unwrap_or_default(),
        when: match of.sent.from.or(of.sent.before) {
            Some(_) => " of that time",
            None => "",
        },
    }
}

/// Of which messages, in a line.
fn what(asked: &TablesV1) -> String {
    let mut what = match &asked.tenant {
        Some(tenant) => format!("messages of {tenant}"),
        None => "all messages".to_owned(),
    };
    for (word, time) in [("from", &asked.from), ("before", &asked.before)] {
        if let Some(time) = time {
            what.extend([" ", word, " ", time.as_str()]);
        }
    }
    what
}

/// Tells the log that somebody begins: what is written from now on can be read by whoever reads the disk.
async fn begun(
    archive: &Archive,
    asked: &TablesV1,
    messages: u64,
    at: Timestamp,
    by: &Principal,
) -> Result<(), TablingError> {
    let query = what(asked);
    let act = Act {
        kind: ActKind::Export,
        message: None,
        what: WHAT,
        inquiry: Some(Inquiry {
            query: &query,
            saved: None,
            masked: false,
            reason: &asked.reason,
            found: &[],
        }),
        messages,
        at,
    };
    archive
        .commit(Change::Noted(&act), by)
        .await
        .map(drop)
        .map_err(TablingError::Log)
}
