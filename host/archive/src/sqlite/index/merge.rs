//! Many small segments of a tenant, a month and an end become few large ones.

use super::build::{not_written, seal};
use super::segments::{self, SegmentRow};
use crate::change::{Change, CommitError};
use crate::index::{Indexing, NewSegment};
use crate::keys::KeyError;
use crate::sqlite::Sqlite;
use crate::sqlite::sealing::Part;
use crate::sqlite::threads::on_a_thread;
use proviso_model::{Principal, Timestamp};
use proviso_search::Documents;
use proviso_search::segment::{DOCUMENTS_MAX, MergeError, PAGE_BYTES_MAX, Segment, merge};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Segments that are merged at once while messages come; while none do, two are enough.
const MANY: usize = 8;
/// How many times as large as all smaller ones together a segment may be to be merged with them: what bounds how often a message is
/// written anew.
const TIMES: u64 = 2;

/// Pages of one merge, which is made in memory: 256 MiB.
const PAGES: u64 = (256 << 20) / PAGE_BYTES_MAX as u64;

/// How many of a partition's segments become one, from the smallest on: their messages ascend, and each has so many pages. None where that
/// is fewer than `least`.
fn to_merge(sizes: &[(u32, u32)], least: usize) -> usize {
    let (mut taken, mut messages, mut pages) = (0, 0, 0);
    for (of_messages, of_pages) in sizes.iter().map(|size| (u64::from(size.0), u64::from(size.1))) {
        if taken > 0 && of_messages > TIMES * messages
            || messages + of_messages > u64::from(DOCUMENTS_MAX)
            || pages + of_pages > PAGES
        {
            break;
        }
        (taken, messages, pages) = (taken + 1, messages + of_messages, pages + of_pages);
    }
    if taken >= least { taken } else { 0 }
}

/// What became of segments that were to be merged.
enum Merged {
    Into(Indexing),
    /// This one cannot be read.
    Unreadable(i64),
}

impl Sqlite {
    /// Merges segments of one partition; how many there were.
    pub(super) async fn merge(
        self: &Arc<Self>,
        at: Timestamp,
        by: &Principal,
        is_idle: bool,
    ) -> Result<u64, CommitError> {
        let (progress, last_segment, all) = self
            .reading(|mut reader| async move {
                let (progress, last_segment) = segments::progress(&mut reader).await?;
                Ok((progress, last_segment, segments::all(&mut reader).await?))
            })
            .await?;
        let mut partitions: BTreeMap<_, Vec<SegmentRow>> = BTreeMap::new();
        for segment in all {
            partitions.entry(segment.partition.clone()).or_default().push(segment);
        }
        let least = if is_idle { 2 } else { MANY };
        let chosen = partitions.into_values().find_map(|mut segments| {
            segments.sort_by_key(|segment| segment.messages);
            let sizes: Vec<_> = segments
                .iter()
                .map(|segment| (segment.messages, segment.pages))
                .collect();
            segments.truncate(to_merge(&sizes, least));
            (!segments.is_empty()).then_some(segments)
        });
        let Some(chosen) = chosen else { return Ok(0) };
        let count = chosen.len() as u64;
        let mut parts = Vec::with_capacity(chosen.len());
        for row in chosen {
            let number = row.number;
            let sealed = self
                .reading(|mut reader| async move { segments::pages(&mut reader, number).await })
                .await?;
            parts.push((row, sealed));
        }
        let store = Arc::clone(self);
        let merged = on_a_thread(move || store.merged(Indexing::of(at, progress), last_segment + 1, parts)).await;
        match merged
            .map_err(|error| self.storage(error))?
            .map_err(CommitError::Sealing)?
        {
            Merged::Into(pass) => match self.commit(Change::Index(&pass), by).await {
                Ok(_) => Ok(count),
                // One of them went with a disposal: the next pass sees to the others.
                Err(CommitError::Overtaken) => Ok(0),
                Err(error) => Err(error),
            },
            Merged::Unreadable(segment) => {
                self.index.note_unreadable(segment);
                Ok(0)
            }
        }
    }

    fn merged(
        &self,
        mut pass: Indexing,
        number: i64,
        parts: Vec<(SegmentRow, Vec<Vec<u8>>)>,
    ) -> Result<Merged, KeyError> {
        let (mut opened, mut members) = (Vec::with_capacity(parts.len()), Vec::new());
        let mut partition = None;
        for (row, sealed) in parts {
            let unreadable = Merged::Unreadable(row.number);
            let Ok(record) = self.sealing.open_segment(&row.partition.tenant, row.number, row.key) else {
                return Ok(unreadable);
            };
            let pages = (0..).zip(&sealed).map(|(page, sealed)| {
                let page = record.open(Part::Page(page), sealed)?;
                Ok(Arc::<[u8]>::from(page))
            });
            let pages: Result<Vec<_>, KeyError> = pages.collect();
            let segment = pages.ok().and_then(|pages| Segment::open(pages).ok());
            let rows = segment.and_then(|segment| Some((segment.rows().ok()?, segment)));
            let Some((rows, segment)) = rows else {
                return Ok(unreadable);
            };
            members.extend(rows.iter().map(|row| row.number.cast_signed()));
            pass.replaced.push(row.number);
            opened.push((Documents::none(segment.documents()), segment));
            partition = Some(row.partition);
        }
        let Some(partition) = partition else {
            return Ok(Merged::Into(pass));
        };
        members.sort_unstable();
        let mut record = self.sealing.segment(&partition.tenant, number)?;
        let mut pages = Vec::new();
        let parts: Vec<_> = opened.iter().map(|(none, segment)| (segment, none)).collect();
        match merge(&parts, |page| seal(&mut record, &mut pages, &page)) {
            Ok(()) => {}
            Err(MergeError::Write(error)) => return Err(not_written(error)),
            Err(MergeError::Read { part, .. }) => return Ok(Merged::Unreadable(pass.replaced[part])),
            Err(MergeError::Twice { .. } | MergeError::TooMany { .. }) => {
                return Ok(Merged::Unreadable(pass.replaced[0]));
            }
        }
        pass.segments.push(NewSegment {
            number,
            partition,
            members,
            key: *record.wrapped(),
            pages,
        });
        Ok(Merged::Into(pass))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn small_segments_are_merged_and_large_ones_left() {
        let table: [(&[u32], usize, usize); 8] = [
            (&[], 2, 0),
            (&[5], 2, 0),
            (&[5, 5], 2, 2),
            (&[5, 11], 2, 0),
            (&[5, 10, 30, 91], 2, 3),
            (&[5, 10, 30, 90], 8, 0),
            (&[1, 1, 1, 1, 1, 1, 1, 1, 900], 8, 8),
            (&[400_000, 400_000, 400_000], 2, 2),
        ];
        each_row(&table, |(messages, least, expected)| {
            let sizes: Vec<_> = messages.iter().map(|messages| (*messages, 1)).collect();
            assert_eq!(to_merge(&sizes, *least), *expected);
        });
        let half = PAGES as u32 / 2;
        assert_eq!(to_merge(&[(5, half), (5, half), (5, 1)], 2), 2);
        assert_eq!(to_merge(&[(5, half), (5, half + 1)], 2), 0);
    }

    /// However messages come, each is written few times, and few segments are left.
    #[test]
    fn a_message_is_written_few_times() {
        for (batch, is_idle) in [(100, false), (100, true), (65_536, false), (65_536, true)] {
            let (mut segments, mut written, mut all): (Vec<u32>, u64, u64) = (Vec::new(), 0, 0);
            while all < 900_000 {
                segments.insert(0, batch);
                (written, all) = (written + u64::from(batch), all + u64::from(batch));
                loop {
                    segments.sort_unstable();
                    let sizes: Vec<_> = segments.iter().map(|messages| (*messages, 1)).collect();
                    let taken = to_merge(&sizes, if is_idle { 2 } else { MANY });
                    if taken == 0 {
                        break;
                    }
                    let sum: u32 = segments.drain(..taken).sum();
                    written += u64::from(sum);
                    segments.push(sum);
                }
            }
            assert!(
                segments.len() <= 40 && written <= 16 * all,
                "{} segments, {written} for {all}",
                segments.len()
            );
        }
    }
}
