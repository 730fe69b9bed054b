//! Batching of programs.

use super::{BatchAxis, Batched, move_axis, position, prepend, vmap};
use crate::Tensor;
use crate::tensor::{Keep, begin_trace, trace};
use crate::transform::shared::too_many;
use rune_ir::op::AxisName;
use rune_ir::types::{self, TypeProblem};
use rune_ir::{Program, Shape, Type, Var};

/// The reason why a program cannot be batched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VmapError {
    /// The number of axes is not the number of inputs or outputs.
    #[error("`{program}` has {expected} {what}, but got {found} axes")]
    Count {
        /// The program.
        program: String,
        /// "inputs" or "outputs".
        what: &'static str,
        /// The number of inputs or outputs.
        expected: usize,
        /// The number of axes.
        found: usize,
    },
    /// The axis is out of range, even if the batch axis is counted.
    #[error("{what} {index} of `{program}` has type {ty}, and with the batch axis no axis {axis}")]
    NoAxis {
        /// The program.
        program: String,
        /// "input" or "output".
        what: &'static str,
        /// The index of the input or output.
        index: usize,
        /// The type of one batch element.
        ty: Type,
        /// The requested axis.
        axis: i64,
    },
    /// Operations of the program over the batch axis were traced for another batch size.
    #[error("the axis `{name}` has size {found} in the operations of `{program}`, but the batch size is {size}")]
    AxisSize {
        /// The program.
        program: String,
        /// The name of the axis.
        name: AxisName,
        /// The batch size of the operations.
        found: usize,
        /// The requested batch size.
        size: usize,
    },
    /// The batch would have more elements, or more axes, than an array may have.
    #[error("`{program}`, with batch size {size}, {problem}")]
    TooLarge {
        /// The program.
        program: String,
        /// The batch size.
        size: usize,
        /// The array, and whether it has too many elements or too many axes.
        problem: TypeProblem,
    },
    /// Sub-programs are used so often that batching would need too much time and memory.
    #[error(
        "`{program}` shares its sub-programs so often that the transformation would visit {operations} operations; replace calls by loops, such as `fori_loop` or `scan`"
    )]
    TooLong {
        /// The program.
        program: String,
        /// The number of operations. Those of sub-programs count for each use.
        operations: u64,
    },
    /// An output without a batch axis depends on a mapped input.
    #[error("output {index} of `{program}` depends on a mapped input, and so needs an axis")]
    Depends {
        /// The program.
        program: String,
        /// The index of the output.
        index: usize,
    },
}

/// See [`ProgramExt::vmap`](crate::ProgramExt::vmap).
pub(in crate::transform) fn vmap_program(
    program: &Program,
    size: usize,
    in_axes: &[Option<i64>],
    out_axes: &[Option<i64>],
) -> Result<Program, VmapError> {
    vmap_over(program, &BatchAxis { size, name: None }, in_axes, out_axes)
}

/// See [`ProgramExt::vmap_named`](crate::ProgramExt::vmap_named).
pub(in crate::transform) fn vmap_named_program(
    program: &Program,
    axis_name: impl Into<AxisName>,
    size: usize,
    in_axes: &[Option<i64>],
    out_axes: &[Option<i64>],
) -> Result<Program, VmapError> {
    let name = axis_name.into();
    if let Some(&found) = program.axes().get(&name).filter(|&&found| found != size) {
        return Err(VmapError::AxisSize { program: program.name().to_owned(), name, found, size });
    }
    vmap_over(program, &BatchAxis { size, name: Some(name) }, in_axes, out_axes)
}

fn vmap_over(
    program: &Program,
    batch_axis: &BatchAxis,
    in_axes: &[Option<i64>],
    out_axes: &[Option<i64>],
) -> Result<Program, VmapError> {
    let size = batch_axis.size;
    let name = || program.name().to_owned();
    let count = |what, expected, found| match expected == found {
        true => Ok(()),
        false => Err(VmapError::Count { program: name(), what, expected, found }),
    };
    let place = |what, index, ty: &Type, axis: &Option<i64>| match axis {
        None => Ok(None),
        Some(axis) => match position(*axis, ty.rank() + 1) {
            Some(axis) => Ok(Some(axis)),
            None => Err(VmapError::NoAxis { program: name(), what, index, ty: ty.clone(), axis: *axis }),
        },
    };
    count("inputs", program.inputs().len(), in_axes.len())?;
    count("outputs", program.outputs().len(), out_axes.len())?;
    if let Some(operations) = too_many(program) {
        return Err(VmapError::TooLong { program: name(), operations });
    }
    for ty in (0..program.num_vars()).map(|i| program.ty(Var(i as u32))) {
        let wide: Shape = prepend(size, &ty.shape).collect();
        let too_large = |problem| VmapError::TooLarge { program: name(), size, problem };
        types::check(&ty.with_shape(wide)).map_err(too_large)?;
    }
    let active_trace = begin_trace();
    let (mut params, mut inputs) = (Vec::new(), Vec::new());
    for (index, (ty, axis)) in program.input_types().iter().zip(in_axes).enumerate() {
        let axis = place("input", index, ty, axis)?;
        let mut shape = ty.shape.clone();
        if let Some(axis) = axis {
            shape.dims_mut().insert(axis, size);
        }
        let param = Tensor::param(ty.with_shape(shape), None, "vmap");
        inputs.push(match axis {
            Some(axis) => Batched::mapped(move_axis(&param, axis, 0)),
            None => Batched::unmapped(param.clone()),
        });
        params.push(param);
    }
    let mut outputs = Vec::new();
    for (index, (y, axis)) in vmap(program, batch_axis, inputs).into_iter().zip(out_axes).enumerate() {
        outputs.push(match place("output", index, &y.ty(), axis)? {
            Some(axis) => move_axis(&y.broadcast(size), 0, axis),
            None if y.mapped => return Err(VmapError::Depends { program: name(), index }),
            None => y.t,
        });
    }
    Ok(trace(&format!("{}_vmap", program.name()), &params, &outputs, Keep::Recorded(active_trace.end())).close())
}
