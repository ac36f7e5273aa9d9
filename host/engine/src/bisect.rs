//! Calls a plugin with as many items as it can answer for, and finds the one at fault by halving.
//!
//! A batch that succeeds stands. A batch that fails is split, down to single items, so that an item fails exactly when it
//! fails alone, whoever its companions were.

use crate::fault::CallFault;
use proviso_model::limits;
use proviso_model::verdict::FaultCause;
use std::ops::Range;

/// What came of each item, in order.
pub(crate) type Answered<R> = Vec<Result<R, CallFault>>;

/// Answers for every item of `range`. `call` answers for all items of a range or for none.
pub(crate) fn bisect<R>(
    range: Range<usize>,
    call: &mut impl FnMut(Range<usize>) -> Result<Vec<R>, CallFault>,
    answered: &mut Answered<R>,
) {
    if range.is_empty() {
        return;
    }
    match call(range.clone()) {
        Ok(answers) => {
            debug_assert_eq!(answers.len(), range.len());
            answered.extend(answers.into_iter().map(Ok));
        }
        Err(fault) if range.len() == 1 => answered.push(
            once_more(fault, || call(range)).map(|mut one| one.pop().expect("an answer for one item has one part")),
        ),
        Err(_) => {
            let middle = range.start + range.len() / 2;
            bisect(range.start..middle, call, answered);
            bisect(middle..range.end, call, answered);
        }
    }
}

/// A deadline says more about the machine than about the message, so a message alone gets a second one. Every other fault
/// would only come again.
pub(crate) fn once_more<R>(fault: CallFault, call: impl FnOnce() -> Result<R, CallFault>) -> Result<R, CallFault> {
    if fault.cause == FaultCause::Deadline {
        call()
    } else {
        Err(fault)
    }
}

/// Cuts items into ranges that one call may take: at most 256 of them with 1 MiB of text together, and at least one.
pub(crate) fn batches(text_bytes: &[usize]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, size) in text_bytes.iter().enumerate() {
        let full = index - start == limits::BATCH_MESSAGES_MAX || bytes + size > limits::BATCH_TEXT_BYTES_MAX;
        if full && index > start {
            batches.push(start..index);
            (start, bytes) = (index, 0);
        }
        bytes += size;
    }
    if start < text_bytes.len() {
        batches.push(start..text_bytes.len());
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(cause: FaultCause) -> CallFault {
        CallFault {
            cause,
            detail: String::new(),
        }
    }

    #[test]
    fn every_item_at_fault_is_found_and_no_other() {
        for mask in 0_u32..1 << 7 {
            let mut answered = Vec::new();
            let mut call = |range: Range<usize>| {
                if range.clone().any(|item| mask & (1 << item) != 0) {
                    Err(fault(FaultCause::Trap))
                } else {
                    Ok(range.collect())
                }
            };
            bisect(0..7, &mut call, &mut answered);
            for (item, result) in answered.iter().enumerate() {
                assert_eq!(result.is_err(), mask & (1 << item) != 0, "{mask:b} {item}");
                assert!(result.as_ref().is_err() || *result == Ok(item));
            }
            assert_eq!(answered.len(), 7);
        }
    }

    #[test]
    fn a_deadline_alone_is_tried_twice_and_nothing_else_is() {
        for (cause, calls_expected) in [(FaultCause::Deadline, 2), (FaultCause::Fuel, 1), (FaultCause::Trap, 1)] {
            let mut calls = 0;
            let mut answered: Answered<()> = Vec::new();
            let mut call = |_| {
                calls += 1;
                Err(fault(cause))
            };
            bisect(0..1, &mut call, &mut answered);
            assert_eq!((calls, answered), (calls_expected, vec![Err(fault(cause))]));
        }
    }

    #[test]
    fn batches_keep_to_both_limits() {
        assert_eq!(batches(&[]).len(), 0);
        assert_eq!(batches(&vec![1; 300]), [0..256, 256..300]);
        let half = limits::BATCH_TEXT_BYTES_MAX / 2;
        assert_eq!(batches(&[half, half, 1]), [0..2, 2..3]);
        assert_eq!(batches(&[2 * half + 1, 0, 5]), [0..1, 1..3]);
    }
}
