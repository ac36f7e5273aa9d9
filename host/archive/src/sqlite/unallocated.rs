//! Unallocated space of the database's pages. Where a row goes, SQLite may move its neighbours to other pages, and the unallocated space between
//! the places of a page's cells and the cells keeps a copy of what was moved. `secure_delete` writes over rows that go, and not over this space, and
//! nobody finds such a copy again when its row goes in turn: ADR 0043.

use crate::change::Change;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Pages that are read at a time.
const PAGES_AT_A_TIME: usize = 256;
/// The file's own header, before that of the first page.
const FILE_HEADER_BYTES: usize = 100;

/// Bytes of the write-ahead log before its first frame, and of a frame before its page: <https://www.sqlite.org/fileformat2.html>, 4.1.
const LOG_HEADER_BYTES: u64 = 32;
const FRAME_HEADER_BYTES: u64 = 24;

/// What may stand in the unallocated space of pages.
pub(super) struct Unallocated {
    /// Something was disposed of at some time.
    disposes: bool,
    /// Rows may have moved since all pages were cleared: a copy of one may stand in any of them.
    moved: bool,
    /// Those that may have a copy of what was disposed of.
    unclean: Option<Pages>,
}

/// Which pages are to be cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pages {
    /// Those that changed since the write-ahead log was last emptied.
    Changed,
    All,
}

impl Unallocated {
    /// Those of an archive that was opened, of which all pages are to be cleared if a program before did not come to it. What programs
    /// left there that had nothing to dispose of nobody knows.
    pub(super) fn new(left: bool) -> Self {
        Self {
            disposes: left,
            moved: true,
            unclean: left.then_some(Pages::All),
        }
    }

    /// A change was committed.
    pub(super) fn changed(&mut self, change: Change<'_>) {
        let unclean = match change {
            change if destroys(change) => {
                self.disposes = true;
                Some(if self.moved { Pages::All } else { Pages::Changed })
            }
            // The index has keys of its own, and is built again and again: what moved of it is cleared at once.
            Change::Index(_) => self.disposes.then_some(Pages::Changed),
            // Rows at the ends of tables; and those of people, whose tables and indexes have nothing of a message.
            Change::Messages(_) | Change::Noted(_) | Change::Exported { .. } | Change::People { .. } => None,
            _ => {
                self.moved = true;
                None
            }
        };
        self.unclean = self.unclean.max(unclean);
    }

    /// The pages to be cleared; `None` where none has what was disposed of.
    pub(super) fn unclean(&self) -> Option<Pages> {
        self.unclean
    }

    /// They were cleared.
    pub(super) fn cleared(&mut self) {
        self.moved &= self.unclean != Some(Pages::All);
        self.unclean = None;
    }
}

/// True of a change after which something must be in no file.
pub(super) fn destroys(change: Change<'_>) -> bool {
    matches!(
        change,
        Change::Dispose(_) | Change::DisposeAgain(_) | Change::DeleteQuery(_)
    )
}

/// In the transaction of such a change: whoever opens the archive after a kill learns that pages are to be cleared.
pub(super) async fn mark(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA user_version = 1").execute(connection).await?;
    Ok(())
}

/// True where something was destroyed, and pages were not cleared since.
pub(super) async fn is_marked(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await?;
    Ok(version != 0)
}

/// Fills the unallocated space of pages with zeros, in a transaction of its own, which takes the mark away; of all pages where `only` is absent. The number of pages that had
/// something in it.
pub(super) async fn clear(connection: &mut SqliteConnection, only: Option<&BTreeSet<u32>>) -> Result<u64, sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let count: u32 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&mut *transaction)
        .await?;
    let pages: Vec<u32> = match only {
        Some(only) => only.iter().copied().filter(|page| *page <= count).collect(),
        None => (1..=count).collect(),
    };
    let mut cleared = 0;
    for some in pages.chunks(PAGES_AT_A_TIME) {
        let numbers = serde_json::json!(some).to_string();
        let rows =
            sqlx::query("SELECT p.pgno, p.data FROM json_each(?) w CROSS JOIN sqlite_dbpage p ON p.pgno = w.value")
                .bind(numbers)
                .fetch_all(&mut *transaction)
                .await?;
        for row in rows {
            let (number, mut page): (u32, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
            if clear_page(&mut page, number, count) {
                sqlx::query("UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?")
                    .bind(page)
                    .bind(number)
                    .execute(&mut *transaction)
                    .await?;
                cleared += 1;
            }
        }
    }
    if is_marked(&mut transaction).await? {
        sqlx::query("PRAGMA user_version = 0")
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(cleared)
}

/// The pages that a write-ahead log has or had since it was last cut off: all that changed meanwhile are among them. None where
/// there is no log.
pub(super) fn written(log: &Path) -> io::Result<BTreeSet<u32>> {
    let mut pages = BTreeSet::new();
    let file = match File::open(log) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(pages),
        Err(error) => return Err(error),
    };
    let bytes = file.metadata()?.len();
    if bytes < LOG_HEADER_BYTES {
        return Ok(pages);
    }
    let number_at = |at: u64| {
        let mut number = [0; 4];
        file.read_exact_at(&mut number, at)?;
        io::Result::Ok(u32::from_be_bytes(number))
    };
    let frame = FRAME_HEADER_BYTES + u64::from(number_at(8)?);
    let mut at = LOG_HEADER_BYTES;
    while at + frame <= bytes {
        pages.insert(number_at(at)?);
        at += frame;
    }
    Ok(pages)
}

/// Fills the unallocated space of a page with zeros. True if something was in it.
fn clear_page(page: &mut [u8], number: u32, count: u32) -> bool {
    let Some(space) = space(page, number, count) else {
        return false;
    };
    let space = &mut page[space];
    if space.iter().all(|byte| *byte == 0) {
        return false;
    }
    space.fill(0);
    true
}

/// Where the unallocated space of a page of a tree is: <https://www.sqlite.org/fileformat2.html>, 1.6. None of any other page.
pub(super) fn space(page: &[u8], number: u32, count: u32) -> Option<std::ops::Range<usize>> {
    let from = if number == 1 { FILE_HEADER_BYTES } else { 0 };
    let header = page.get(from..)?;
    let two = |at: usize| {
        Some(usize::from(u16::from_be_bytes([
            *header.get(at)?,
            *header.get(at + 1)?,
        ])))
    };
    let kind = *header.first()?;
    let header_bytes = match kind {
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return None,
    };
    // A page that carries on a long row, or tells free ones, begins with the number of another page: none is so high.
    if u32::from(kind) <= count >> 24 {
        return None;
    }
    let cells = two(3)?;
    let begin = from + header_bytes + 2 * cells;
    let end = match two(5)? {
        0 => 1 << 16,
        end => end,
    };
    let is_cell = |cell: usize| two(header_bytes + 2 * cell).is_some_and(|at| (end..page.len()).contains(&at));
    (begin <= end && end <= page.len() && (0..cells).all(is_cell)).then_some(begin..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A leaf of a table with one cell at the end of its 64 bytes, and something in its unallocated space.
    fn leaf() -> Vec<u8> {
        let mut page = vec![7; 64];
        page[..10].copy_from_slice(&[13, 0, 0, 0, 1, 0, 60, 0, 0, 60]);
        page
    }

    #[test]
    fn unallocated_space_is_cleared_and_nothing_else() {
        let mut page = leaf();
        assert!(clear_page(&mut page, 2, 9));
        assert_eq!(page[..10], leaf()[..10]);
        assert_eq!(page[10..60], [0; 50]);
        assert_eq!(page[60..], [7; 4]);
        assert!(!clear_page(&mut page, 2, 9), "there is nothing left in it");
    }

    #[test]
    fn what_is_no_page_of_a_tree_stays() {
        let of = |change: fn(&mut Vec<u8>)| {
            let mut page = leaf();
            change(&mut page);
            page
        };
        let others = [
            of(|page| page[0] = 0),
            of(|page| page[0] = 12),
            // The content begins before the places of cells end, or behind the page; a cell stands in that space.
            of(|page| page[6] = 9),
            of(|page| page[6] = 65),
            of(|page| page[9] = 59),
            of(|page| page[4] = 40),
            vec![13],
            Vec::new(),
        ];
        for page in others {
            assert_eq!(space(&page, 2, 9), None, "{page:?}");
        }
        assert_eq!(space(&leaf(), 2, 13 << 24), None, "it may be the number of a page");
        assert_eq!(
            space(&leaf(), 1, 9),
            None,
            "the first page begins with the file's header"
        );
    }

    #[test]
    fn a_log_says_which_pages_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert_eq!(written(&path).unwrap(), BTreeSet::new());
        let mut log = vec![0; 32];
        log[8..12].copy_from_slice(&512_u32.to_be_bytes());
        for page in [7_u32, 3, 7] {
            log.extend(page.to_be_bytes());
            log.extend([0; 20 + 512]);
        }
        // A frame that was not written to its end.
        log.extend(9_u32.to_be_bytes());
        std::fs::write(&path, log).unwrap();
        assert_eq!(written(&path).unwrap(), BTreeSet::from([3, 7]));
    }
}
