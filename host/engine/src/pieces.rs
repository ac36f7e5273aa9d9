//! Cuts a text that is too long, or has too many hits, into pieces that a policy can be given one by one.

use crate::view::HitView;
use proviso_model::limits;
use std::ops::Range;

/// What two neighbouring pieces have in common, in bytes, at most, so that what belongs together is seen together.
const OVERLAP_BYTES: usize = 4 << 10;
/// And in hits.
const OVERLAP_HITS: usize = limits::HITS_MAX / 8;
/// Pieces of one text, at most.
const PIECES_MAX: usize = 64;

/// A part of a text with its hits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Bytes of the text, on character borders.
    pub(crate) text: Range<usize>,
    /// Spans are those of the piece.
    pub(crate) hits: Vec<HitView>,
}

/// The pieces, in order, each with at most as much text and as many hits as a policy may see; and whether every part of the
/// text and every hit is in one. `hits` are ordered by start.
pub(crate) fn pieces(text: &str, hits: &[HitView]) -> (Vec<Piece>, bool) {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut is_whole = true;
    loop {
        if pieces.len() == PIECES_MAX {
            return (pieces, false);
        }
        let mut to = text.floor_char_boundary(from + limits::MESSAGE_TEXT_BYTES_MAX);
        let first = hits.partition_point(|hit| (hit.start as usize) < from);
        let beginning_here = || hits[first..].iter().take_while(|hit| (hit.start as usize) < to);
        let mut overlap_from = to.saturating_sub(OVERLAP_BYTES);
        if beginning_here().filter(|hit| hit.end as usize <= to).count() > limits::HITS_MAX {
            // No further than the first hit that is too many.
            to = hits[first + limits::HITS_MAX].start as usize;
            let shared = hits[first + limits::HITS_MAX - OVERLAP_HITS].start as usize;
            overlap_from = shared.max(to.saturating_sub(OVERLAP_BYTES));
        }
        if to <= from {
            // So many hits begin at one place that no piece has them all.
            is_whole = false;
            to = text.ceil_char_boundary(from + 1);
        }
        let begin = hits[first..].iter().take_while(|hit| (hit.start as usize) < to);
        let mut of_piece: Vec<HitView> = begin.clone().filter(|hit| hit.end as usize <= to).copied().collect();
        is_whole &= of_piece.len() <= limits::HITS_MAX;
        of_piece.truncate(limits::HITS_MAX);
        for hit in &mut of_piece {
            hit.start -= from as u32;
            hit.end -= from as u32;
        }
        pieces.push(Piece {
            text: from..to,
            hits: of_piece,
        });
        if to == text.len() {
            return (pieces, is_whole);
        }
        // A hit over the border is in the next piece, if it does not begin where this one does.
        let over = begin.filter(|hit| hit.end as usize > to).map(|hit| hit.start as usize);
        let mut next = text.floor_char_boundary(overlap_from);
        for start in over {
            if start > from {
                next = next.min(start);
            } else {
                is_whole = false;
            }
        }
        from = if next > from { next } else { to };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(start: usize, end: usize) -> HitView {
        HitView {
            list: 0,
            term: 0,
            start: start as u32,
            end: end as u32,
        }
    }

    /// Every hit is in a piece, at its place, no piece is too large, and neighbours meet.
    fn check(text: &str, hits: &[HitView]) -> Vec<Piece> {
        let (pieces, is_whole) = pieces(text, hits);
        assert!(is_whole);
        let mut found: Vec<(u32, u32)> = pieces
            .iter()
            .flat_map(|piece| {
                let from = piece.text.start as u32;
                piece.hits.iter().map(move |hit| (hit.start + from, hit.end + from))
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        let all: Vec<(u32, u32)> = hits.iter().map(|hit| (hit.start, hit.end)).collect();
        assert!(found == all, "{} of {} hits", found.len(), all.len());
        for piece in &pieces {
            assert!(piece.text.len() <= limits::MESSAGE_TEXT_BYTES_MAX && piece.hits.len() <= limits::HITS_MAX);
            assert!(text.is_char_boundary(piece.text.start) && text.is_char_boundary(piece.text.end));
        }
        assert_eq!(pieces[0].text.start, 0);
        assert!(pieces.windows(2).all(|pair| pair[1].text.start <= pair[0].text.end));
        assert_eq!(pieces.last().map(|piece| piece.text.end), Some(text.len()));
        pieces
    }

    #[test]
    fn every_hit_is_in_a_piece() {
        let text = "保底。".repeat(5_000);
        let hits: Vec<HitView> = (0..5_000).map(|number| hit(number * 9, number * 9 + 6)).collect();
        assert_eq!(check(&text, &hits).len(), 2);
        let long = "好".repeat(800_000);
        let over = [hit(
            limits::MESSAGE_TEXT_BYTES_MAX / 3 * 3 - 6_000,
            limits::MESSAGE_TEXT_BYTES_MAX / 3 * 3 + 6,
        )];
        assert_eq!(check(&long, &over).len(), 3);
        assert_eq!(check("保本", &[hit(0, 6)]).len(), 1);
    }

    #[test]
    fn what_no_piece_can_hold_is_told() {
        let same = vec![hit(0, 3); limits::HITS_MAX + 1];
        assert!(!pieces("好好", &same).1);
        let text = "好".repeat(400_000);
        assert!(!pieces(&text, &[hit(0, text.len())]).1);
        let all: Vec<HitView> = (0..400_000).map(|number| hit(number * 3, number * 3 + 3)).collect();
        let (pieces, is_whole) = pieces(&text, &all);
        assert_eq!((pieces.len(), is_whole), (PIECES_MAX, false));
    }
}
