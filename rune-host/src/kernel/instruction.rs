//! The instructions of a kernel. Each computes all elements of a tile.

use rune_ir::DType;
use rune_ir::op::{BinaryFn, Comparison, Literal, ReduceFn, UnaryFn};
use smallvec::{SmallVec, smallvec};

/// A register: as many elements as a tile has, or as it has rows.
pub(crate) type Register = usize;

/// `d` is the register that is written. A `dtype` is that of the elements in registers: half types are held as `f32`, and rounded
/// after each operation.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// Elements of an input, where its access says.
    Load {
        input: usize,
        d: Register,
    },
    /// The positions along an axis of `size` elements that lie `stride` apart.
    Iota {
        dtype: DType,
        stride: usize,
        size: usize,
        d: Register,
    },
    /// One number everywhere.
    Fill {
        value: Literal,
        d: Register,
    },
    /// Elements of `size` bytes as they are.
    Copy {
        size: usize,
        x: Register,
        d: Register,
    },
    /// Elements of a half type as `f32`.
    Widen {
        half: DType,
        x: Register,
        d: Register,
    },
    /// `f32` as a half type.
    Narrow {
        half: DType,
        x: Register,
        d: Register,
    },
    /// `f32` rounded to numbers of a half type.
    Round {
        half: DType,
        x: Register,
        d: Register,
    },
    /// `f64` rounded once to numbers of a half type, as `f32`.
    RoundOnce {
        half: DType,
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
    /// `f` of each element of `x` and the element of `y` for its row; of these two the other way round, if `swapped`.
    BinaryByRow {
        f: BinaryFn,
        dtype: DType,
        x: Register,
        y: Register,
        swapped: bool,
        d: Register,
    },
    /// `g(f(x, y), z)`, all of `f32`. `y` or `z` can have one element for each row.
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
    /// Twenty rounds of the Threefry block cipher on each pair of elements.
    Threefry {
        key: [Register; 2],
        x: [Register; 2],
        d: [Register; 2],
    },
    /// Each row combined. The result has one element for each row, rounded to `half` where there is one.
    ReduceRows {
        f: ReduceFn,
        dtype: DType,
        half: Option<DType>,
        x: Register,
        d: Register,
    },
    /// The sum of the squares of each row, of `f32`, or of the squares of its differences from the number of the row.
    SumSquares {
        x: Register,
        center: Option<Register>,
        d: Register,
    },
    /// `(x - center) * by * scale + shift`, of `f32`, with one `center` and one `by` for each row. It divides by `by`, if
    /// `divides`. There is no shift without a scale.
    Normalize {
        x: Register,
        center: Register,
        by: Register,
        divides: bool,
        scale: Option<Register>,
        shift: Option<Register>,
        d: Register,
    },
    /// `exp(x - y)`, of `f32`, with one `y` for each row.
    ExpDifference {
        x: Register,
        y: Register,
        d: Register,
    },
    /// An element for each row, as often as a row has elements.
    Spread {
        size: usize,
        x: Register,
        d: Register,
    },
    /// Combines the elements into the accumulators of a reduction.
    Accumulate {
        reduction: usize,
        x: Register,
    },
}

impl Instruction {
    /// The registers that it reads, and those that it writes.
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
            Accumulate { x, .. } => (smallvec![x], smallvec![]),
        }
    }
}
