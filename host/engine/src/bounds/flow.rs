//! How the flow of one function parts and meets, and what that costs the compiler.

use wasmparser::Operator;

/// Places that an instruction counts for which becomes a branch and a call of the runtime.
const PLACES_OF_A_CHECKED_CALL: u64 = 3;

// -- What compiling costs, in microseconds of one processor, estimated from above --------------------------------------------
/// A byte of code.
const COST_OF_BYTE: u64 = 3;
/// A place of the flow.
const COST_OF_PLACE: u64 = 30;
/// Ten values that are alive at a place.
const COST_OF_TEN_VALUES: u64 = 7;
/// A value that is alive over a loop.
const COST_OF_LOOP_VALUE: u64 = 20;

/// What the flow of one function is made of.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) places: u64,
    loops: u64,
    pub(super) open_loops: u64,
    /// Of each open block, whether it is a loop.
    pub(super) open: Vec<bool>,
}

impl Flow {
    pub(super) fn see(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. } | Operator::If { .. } => {
                self.places += 1;
                self.open.push(false);
            }
            Operator::Loop { .. } => {
                self.places += 1;
                self.loops += 1;
                self.open_loops += 1;
                self.open.push(true);
            }
            Operator::End => self.open_loops -= u64::from(self.open.pop() == Some(true)),
            Operator::BrTable { targets } => self.places += u64::from(targets.len()) + 1,
            Operator::Else | Operator::Br { .. } | Operator::BrIf { .. } | Operator::Return | Operator::Call { .. } => {
                self.places += 1;
            }
            Operator::CallIndirect { .. }
            | Operator::TableGet { .. }
            | Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
            | Operator::RefFunc { .. }
            | Operator::MemoryGrow { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. }
            | Operator::DataDrop { .. } => self.places += PLACES_OF_A_CHECKED_CALL,
            _ => {}
        }
    }

    /// In microseconds.
    pub(super) fn cost(&self, bytes: u64, values: u64) -> u64 {
        bytes * COST_OF_BYTE
            + self.places * COST_OF_PLACE
            + self.places * values * COST_OF_TEN_VALUES / 10
            + self.loops * values * COST_OF_LOOP_VALUE
    }
}
