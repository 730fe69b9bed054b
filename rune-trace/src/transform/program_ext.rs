//! Transformations as methods of programs.

use super::{DerivativeError, SavedResidual, VmapError};
use crate::Tensor;
use rune_ir::Program;
use rune_ir::op::AxisName;

/// The transformations of a [`Program`], for code that has a program and not a function.
pub trait ProgramExt {
    /// Applies the instructions of this program to `args`, as if the traced function were called again, and returns the
    /// outputs.
    ///
    /// # Panics
    /// If the number or the types of the arguments are not those of the inputs.
    #[track_caller]
    fn apply(&self, args: &[Tensor]) -> Vec<Tensor>;

    /// Returns the program that takes the inputs and the tangents of the inputs `by`, in the order of the inputs. It
    /// returns the outputs, and then the tangents of the outputs that are floats.
    ///
    /// # Errors
    /// If `by` names an input that does not exist or is not a float, if a function in the program has no rule for
    /// forward mode, or if the program shares its sub-programs too often ([`DerivativeError::TooLong`]).
    fn jvp(&self, by: &[usize]) -> Result<Program, DerivativeError>;

    /// Returns the program that takes the inputs and the cotangents of the outputs that are floats. It returns the
    /// outputs, and then the cotangents of the inputs `by`, in the order of the inputs.
    ///
    /// # Errors
    /// Like [`ProgramExt::jvp`]. Also if the outputs depend on these inputs through a loop of unknown length.
    fn vjp(&self, by: &[usize]) -> Result<Program, DerivativeError>;

    /// Returns the program that computes the gradient of the only output, a scalar, with respect to the inputs `by`. If
    /// `value`, it also returns the value, before the gradient.
    ///
    /// # Errors
    /// Like [`ProgramExt::vjp`]. Also if there is not exactly one output, or it is not a float scalar.
    fn grad(&self, by: &[usize], value: bool) -> Result<Program, DerivativeError>;

    /// Splits the program into two. The first one, forward, takes the inputs, and returns the outputs and then the
    /// residuals. The second one is linear: it takes tangents of the inputs `by`, in the order of the inputs, and then
    /// the residuals. It returns the tangents of the outputs that are floats.
    ///
    /// ```
    /// use rune_trace::{ProgramExt, Tensor, make_program};
    /// let program = make_program(|x: &Tensor| x * x.sin(), &Tensor::scalar(2.0f32))?;
    /// let (forward, linear) = program.linearize(&[0])?;
    /// assert_eq!(forward.outputs().len() - 1, linear.inputs().len() - 1); // one output, one tangent; the rest crosses
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If `by` names an input that does not exist or is not a float, if the program shares its sub-programs too often,
    /// or if its loops have too many residuals.
    fn linearize(&self, by: &[usize]) -> Result<(Program, Program), DerivativeError>;

    /// Returns the transpose of a program that is linear in the inputs `by`. It takes the other inputs and then the
    /// cotangents of the outputs that are floats, and returns the cotangents of the inputs `by`, in the order of the
    /// inputs.
    ///
    /// ```
    /// use rune_trace::{Program, ProgramExt};
    /// let linear: Program = "\
    /// def f(x0, x1): # ([f32], [f32]) -> [f32]
    ///     y0 = rune.mul(x0, x1)
    ///     return y0
    /// ".parse()?;
    /// assert_eq!(linear.transpose(&[1])?.to_string(), "\
    /// def f_transpose(x0, x1): # ([f32], [f32]) -> [f32]
    ///     y0 = rune.mul(x0, x1) # ([f32], [f32]) -> [f32]
    ///     return y0
    /// ");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If `by` names an input that does not exist or is not a float, if the program shares its sub-programs too often,
    /// or if its loops have too many residuals.
    ///
    /// # Panics
    /// If the program is not linear in these inputs. The message names the operation and its line.
    #[track_caller]
    fn transpose(&self, by: &[usize]) -> Result<Program, DerivativeError>;

    /// Returns the residuals that the derivative with respect to the inputs `by` keeps from the forward pass: arguments
    /// first, then computed values, in order.
    ///
    /// ```
    /// use rune_trace::{ProgramExt, Tensor, make_program};
    /// let f = make_program(|x: &Tensor, y: &Tensor| (x * y).sin(), (&Tensor::scalar(1.0f32), &Tensor::scalar(2.0f32)))?;
    /// let kept: Vec<String> = f.saved_residuals(&[0])?.iter().map(|r| r.to_string()).collect();
    /// assert_eq!(kept[0], "[f32] from the argument x1");
    /// assert!(kept[1].starts_with("[f32] output of cos"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If `by` names an input that does not exist or is not a float.
    fn saved_residuals(&self, by: &[usize]) -> Result<Vec<SavedResidual>, DerivativeError>;

    /// Returns the program that runs this program for a batch of `size` elements.
    ///
    /// `in_axes` has one entry for each input, and `out_axes` one for each output: the index of the batch axis, or
    /// `None` for an input that is not mapped, or an output that depends on no mapped input. Negative indices count
    /// from the end.
    ///
    /// ```
    /// use rune_trace::{DType, ProgramExt, Tensor, make_program};
    /// let dot = make_program(|x: &Tensor, y: &Tensor| x.dot(y), (&Tensor::ones(4, DType::F32), &Tensor::ones(4, DType::F32)))?;
    /// let wide = dot.vmap(3, &[Some(0), None], &[Some(0)])?;
    /// let types: Vec<String> = wide.input_types().iter().map(ToString::to_string).collect();
    /// assert_eq!(types, ["[3, 4, f32]", "[4, f32]"]);
    /// assert_eq!(wide.instructions().len(), 1); // still one dot product
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If there is not one axis for each input and output, an axis is out of range, an output without an axis depends
    /// on a mapped input, the batch is too large, or the program is too long.
    fn vmap(&self, size: usize, in_axes: &[Option<i64>], out_axes: &[Option<i64>]) -> Result<Program, VmapError>;

    /// Like [`ProgramExt::vmap`], with a name for the batch axis. Operations of the program over the axis of that name
    /// (see [`Program::axes`]) work on this batch.
    ///
    /// ```
    /// use rune_trace::{Program, ProgramExt};
    /// let program: Program = r#"
    /// def f(x0): # [f32] -> [f32]
    ///     z0 = rune.psum(x0, axis={"name": "i", "size": 3}) # [f32] -> [f32]
    ///     y0 = rune.div(x0, z0) # ([f32], [f32]) -> [f32]
    ///     return y0
    /// "#.parse()?;
    /// let wide = program.vmap_named("i", 3, &[Some(0)], &[Some(0)])?;
    /// assert_eq!(wide.instructions()[0].op.name(), "reduce_sum");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`ProgramExt::vmap`]. Also if such operations were traced for another batch size.
    fn vmap_named(
        &self,
        axis_name: impl Into<AxisName>,
        size: usize,
        in_axes: &[Option<i64>],
        out_axes: &[Option<i64>],
    ) -> Result<Program, VmapError>;
}

impl ProgramExt for Program {
    #[track_caller]
    fn apply(&self, args: &[Tensor]) -> Vec<Tensor> {
        super::apply_program(self, args)
    }
    fn jvp(&self, by: &[usize]) -> Result<Program, DerivativeError> {
        let _span = span("jvp", self);
        super::programs::jvp_program(self, by)
    }
    fn vjp(&self, by: &[usize]) -> Result<Program, DerivativeError> {
        let _span = span("vjp", self);
        super::programs::vjp_program(self, by)
    }
    fn grad(&self, by: &[usize], value: bool) -> Result<Program, DerivativeError> {
        let _span = span("grad", self);
        super::programs::grad_program(self, by, value)
    }
    fn linearize(&self, by: &[usize]) -> Result<(Program, Program), DerivativeError> {
        let _span = span("linearize", self);
        super::linear_programs::linearize_program(self, by)
    }
    #[track_caller]
    fn transpose(&self, by: &[usize]) -> Result<Program, DerivativeError> {
        let _span = span("transpose", self);
        super::linear_programs::transpose_program(self, by)
    }
    fn saved_residuals(&self, by: &[usize]) -> Result<Vec<SavedResidual>, DerivativeError> {
        super::residuals::saved_residuals_of(self, by)
    }
    fn vmap(&self, size: usize, in_axes: &[Option<i64>], out_axes: &[Option<i64>]) -> Result<Program, VmapError> {
        let _span = span("vmap", self);
        super::vmap::vmap_program(self, size, in_axes, out_axes)
    }
    fn vmap_named(
        &self,
        axis_name: impl Into<AxisName>,
        size: usize,
        in_axes: &[Option<i64>],
        out_axes: &[Option<i64>],
    ) -> Result<Program, VmapError> {
        let _span = span("vmap_named", self);
        super::vmap::vmap_named_program(self, axis_name, size, in_axes, out_axes)
    }
}

/// Begins an event of profiles.
fn span(what: &str, program: &Program) -> rune_ir::profile::Span {
    rune_ir::profile::span("transform", || format!("{what} {}", program.name()))
}
