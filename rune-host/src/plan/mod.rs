//! Plans: programs as steps on buffers.
//!
//! Elementwise operations, views and reductions become kernels. A kernel holds as many operations as can run in one
//! pass. All other operations are separate steps. A buffer is freed after the last step that needs it.

mod blocks;
mod builder;
mod cluster;
mod contractions;
mod elementwise;
mod fuse;
mod memory;
mod native;
mod order;
mod skips;
mod storage;

use crate::blocks::Blocks;
use crate::conv::Conv;
use crate::kernel::Kernel;
use crate::products::Product;
use crate::steps::Native;
use rune_ir::{Array, Loc, Op, Shape, Type, Value};
use std::sync::Arc;

/// A program that is prepared for the host.
///
/// ```
/// use rune_host::Plan;
/// use rune_trace::{Array, Tensor, make_program};
/// let f = |x: &Tensor| (x * 2.0 + 1.0).sum();
/// let program = make_program(f, &Tensor::from([1f32, 2.0, 3.0])).unwrap();
/// let plan = Plan::new(&program.simplify());
/// let outputs = plan.run(vec![Array::from_slice([3], &[1f32, 2.0, 3.0])]).unwrap();
/// assert_eq!(outputs, [Array::scalar(15f32)]);
/// ```
#[derive(Debug)]
pub struct Plan {
    pub(crate) name: String,
    /// The types of the inputs, which are in the first buffers.
    pub(crate) inputs: Vec<Type>,
    /// The constants, which are in the next buffers.
    pub(crate) constants: Vec<Value>,
    /// The type of each buffer. An array in the buffer may have another shape.
    pub(crate) buffers: Vec<Type>,
    pub(crate) steps: Vec<Step>,
    /// The label of each step, for profiles.
    pub(crate) labels: Vec<Label>,
    /// The number of reads of each buffer, including outputs.
    pub(crate) uses: Vec<u32>,
    pub(crate) outputs: Vec<Dense>,
}

/// A whole buffer with a shape.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dense {
    pub buffer: usize,
    pub shape: Shape,
}

/// The label of a step: its operations, and the line of the last one.
#[derive(Debug, Default)]
pub(crate) struct Label {
    pub operations: Vec<&'static str>,
    pub loc: Option<Loc>,
}

/// One step of a plan.
#[derive(Debug)]
pub(crate) enum Step {
    Kernel(Kernel),
    Product {
        product: Product,
        buffer: usize,
    },
    Conv {
        conv: Conv,
        buffer: usize,
    },
    /// Products and kernels that run together, block by block.
    Blocks(Blocks),
    /// A step on whole buffers that has its own code.
    Native {
        native: Native,
        reads: Vec<usize>,
        results: Vec<usize>,
    },
    /// An operation that the interpreter computes, or a factorization.
    Evaluate {
        op: Op<Dense>,
        /// The types and the buffers of the results.
        results: Vec<(Type, usize)>,
    },
    Case {
        index: Dense,
        args: Vec<Dense>,
        branches: Vec<Arc<Plan>>,
        results: Vec<usize>,
    },
    While {
        consts: Vec<Dense>,
        carry: Vec<Dense>,
        cond: Arc<Plan>,
        body: Arc<Plan>,
        results: Vec<usize>,
    },
    Scan {
        consts: Vec<Dense>,
        carry: Vec<Dense>,
        slices: Vec<Dense>,
        length: usize,
        reverse: bool,
        body: Arc<Plan>,
        results: Vec<usize>,
    },
}

impl Plan {
    /// Returns the number of steps, not counting those in loops and branches.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }
    /// Returns whether no step needs the interpreter.
    pub fn is_native(&self) -> bool {
        self.steps.iter().all(|step| match step {
            Step::Kernel(_) | Step::Product { .. } | Step::Conv { .. } | Step::Blocks(_) | Step::Native { .. } => true,
            Step::Evaluate { .. } => false,
            Step::Case { branches, .. } => branches.iter().all(|b| b.is_native()),
            Step::While { cond, body, .. } => cond.is_native() && body.is_native(),
            Step::Scan { body, .. } => body.is_native(),
        })
    }
}

impl Dense {
    /// Returns the array in the buffer.
    pub(crate) fn reshape(&self, array: Array) -> Array {
        if array.shape() == &self.shape { array } else { array.reshaped(self.shape.clone()) }
    }
}
