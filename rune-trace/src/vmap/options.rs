//! Options of `vmap`.

use super::MapAxes;
use rune_ir::op::AxisName;

/// Options of [`vmap_with`](crate::vmap_with). The defaults are those of [`vmap`](fn@crate::vmap). `I` is the type of
/// the axes of the arguments: see [`InAxes`](crate::InAxes).
#[derive(Clone, Debug)]
pub struct VmapOptions<I = i64> {
    pub(super) in_axes: I,
    pub(super) out_axes: MapAxes,
    pub(super) axis_size: Option<usize>,
    pub(super) axis_name: Option<AxisName>,
}

impl VmapOptions {
    /// Returns the defaults: the first axis of every leaf of arguments and results, the batch size of the arguments,
    /// and no name.
    pub fn new() -> VmapOptions {
        VmapOptions { in_axes: 0, out_axes: MapAxes::from(0), axis_size: None, axis_name: None }
    }
}

impl Default for VmapOptions {
    fn default() -> VmapOptions {
        VmapOptions::new()
    }
}

impl<I> VmapOptions<I> {
    /// Sets the batch axis of each argument: see [`vmap_axes`](crate::vmap_axes).
    pub fn in_axes<J>(self, in_axes: J) -> VmapOptions<J> {
        let VmapOptions { in_axes: _, out_axes, axis_size, axis_name } = self;
        VmapOptions { in_axes, out_axes, axis_size, axis_name }
    }
    /// Sets the batch axis of the results.
    pub fn out_axes(self, out_axes: impl Into<MapAxes>) -> VmapOptions<I> {
        VmapOptions { out_axes: out_axes.into(), ..self }
    }
    /// Sets the batch size, so that no argument needs to be mapped.
    pub fn axis_size(self, axis_size: usize) -> VmapOptions<I> {
        VmapOptions { axis_size: Some(axis_size), ..self }
    }
    /// Sets the name of the batch axis, for [`psum`](crate::psum) and similar functions.
    pub fn axis_name(self, axis_name: impl Into<AxisName>) -> VmapOptions<I> {
        VmapOptions { axis_name: Some(axis_name.into()), ..self }
    }
}
