//! The instructions of a kernel. Each computes all elements of a tile.

use rune_ir::DType;
use rune_ir::op::{BinaryFn, Comparison, Literal, ReduceFn, UnaryFn};
use smallvec::{SmallVec, smallvec};

/// A register. It has one element for each element of a tile, or one for each row.
pub(crate) type Register = usize;

/// An instruction. `d` is the register that it writes. `dtype` is the dtype of elements in registers. Registers hold
/// reduced float types as `f32`, which is rounded after each operation.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// Loads the elements of an input through its access.
    Load {
        input: usize,
        d: Register,
    },
    /// Writes the positions along an axis of `size` elements with stride `stride`.
    Iota {
        dtype: DType,
        stride: usize,
        size: usize,
        d: Register,
    },
    /// Fills the register with one number.
    Fill {
        value: Literal,
        d: Register,
    },
    /// Copies elements of `size` bytes unchanged.
    Copy {
        size: usize,
        x: Register,
        d: Register,
    },
    /// Converts elements of a reduced float type to `f32`.
    Widen {
        reduced: DType,
        x: Register,
        d: Register,
    },
    /// Converts `f32` to a reduced float type.
    Narrow {
        reduced: DType,
        x: Register,
        d: Register,
    },
    /// Rounds `f32` to numbers of a reduced float type.
    Round {
        reduced: DType,
        x: Register,
        d: Register,
    },
    /// Rounds `f64` once to numbers of a reduced float type, held as `f32`.
    RoundOnce {
        reduced: DType,
        x: Register,
        d: Register,
    },
    Unary {
        f: UnaryFn,
        dtype: DType,
        x: Register,
        d: Register,
    },
    IntegerPow {
        dtype: DType,
        x: Register,
        y: i32,
        d: Register,
    },
    Binary {
        f: BinaryFn,
        dtype: DType,
        x: Register,
        y: Register,
        d: Register,
    },
    /// Applies `f` to each element of `x` and the element of `y` for its row, or to the two in reverse order if
    /// `swapped`.
    BinaryByRow {
        f: BinaryFn,
        dtype: DType,
        x: Register,
        y: Register,
        swapped: bool,
        d: Register,
    },
    /// Computes `g(f(x, y), z)` in `f32`. `y` or `z` can have one element for each row.
    Pair {
        f: [BinaryFn; 2],
        x: Register,
        y: Register,
        z: Register,
        by_row: [bool; 2],
        d: Register,
    },
    Compare {
        direction: Comparison,
        dtype: DType,
        x: Register,
        y: Register,
        d: Register,
    },
    Select {
        size: usize,
        pred: Register,
        on_true: Register,
        on_false: Register,
        d: Register,
    },
    Clamp {
        dtype: DType,
        min: Register,
        x: Register,
        max: Register,
        d: Register,
    },
    Convert {
        from: DType,
        to: DType,
        x: Register,
        d: Register,
    },
    /// Applies twenty rounds of the Threefry block cipher to each pair of elements.
    Threefry {
        key: [Register; 2],
        x: [Register; 2],
        d: [Register; 2],
    },
    /// Reduces each row. The result has one element for each row, rounded to `reduced` if there is one.
    ReduceRows {
        f: ReduceFn,
        dtype: DType,
        reduced: Option<DType>,
        x: Register,
        d: Register,
    },
    /// Sums the squares of each row in `f32`, or the squares of its differences from its center.
    SumSquares {
        x: Register,
        center: Option<Register>,
        d: Register,
    },
    /// Computes `(x - center) * by * scale + shift` in `f32`, with one `center` and one `by` for each row. If
    /// `divides`, divides by `by` instead of multiplying. There is no shift without a scale.
    Normalize {
        x: Register,
        center: Register,
        by: Register,
        divides: bool,
        scale: Option<Register>,
        shift: Option<Register>,
        d: Register,
    },
    /// Computes `exp(x - y)` in `f32`, with one `y` for each row.
    ExpDifference {
        x: Register,
        y: Register,
        d: Register,
    },
    /// Repeats the element of each row along the row.
    Spread {
        size: usize,
        x: Register,
        d: Register,
    },
    /// Skips the next `count` instructions if `pred` is `unless` nowhere in the tile. Elements of the registers in
    /// `unwritten`, with their sizes in bytes, are then arbitrary.
    Skip {
        pred: Register,
        unless: bool,
        count: usize,
        unwritten: SmallVec<[(Register, usize); 2]>,
    },
    /// Combines the elements into the accumulators of a reduction.
    Accumulate {
        reduction: usize,
        x: Register,
    },
}

impl Instruction {
    /// Returns the registers that the instruction reads, and those that it writes. The registers that a skip leaves
    /// unwritten are neither.
    pub(crate) fn registers_mut(&mut self) -> (SmallVec<[&mut Register; 4]>, SmallVec<[&mut Register; 2]>) {
        use Instruction::*;
        match self {
            Load { d, .. } | Iota { d, .. } | Fill { d, .. } => (smallvec![], smallvec![d]),
            Copy { x, d, .. }
            | Widen { x, d, .. }
            | Narrow { x, d, .. }
            | Round { x, d, .. }
            | RoundOnce { x, d, .. }
            | Unary { x, d, .. }
            | IntegerPow { x, d, .. }
            | Convert { x, d, .. }
            | ReduceRows { x, d, .. }
            | Spread { x, d, .. } => (smallvec![x], smallvec![d]),
            Binary { x, y, d, .. }
            | BinaryByRow { x, y, d, .. }
            | Compare { x, y, d, .. }
            | ExpDifference { x, y, d } => (smallvec![x, y], smallvec![d]),
            SumSquares { x, center, d } => (std::iter::once(x).chain(center).collect(), smallvec![d]),
            Normalize { x, center, by, scale, shift, d, .. } => {
                ([x, center, by].into_iter().chain(scale).chain(shift).collect(), smallvec![d])
            }
            Pair { x, y, z, d, .. } => (smallvec![x, y, z], smallvec![d]),
            Select { pred: x, on_true: y, on_false: z, d, .. } | Clamp { min: x, x: y, max: z, d, .. } => {
                (smallvec![x, y, z], smallvec![d])
            }
            Threefry { key: [k0, k1], x: [x0, x1], d: [d0, d1] } => (smallvec![k0, k1, x0, x1], smallvec![d0, d1]),
            Skip { pred: x, .. } | Accumulate { x, .. } => (smallvec![x], smallvec![]),
        }
    }
}
