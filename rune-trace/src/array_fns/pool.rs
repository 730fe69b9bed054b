//! Pooling.

use super::conv::{ConvPadding, Layout, PerAxis};
use super::elementwise::expect_float;
use crate::tensor::refuse;
use crate::{Tensor, Tree, lax};
use rune_ir::Shape;
use rune_ir::op::{Dims, Window, WindowFn};

/// Options of pooling. By default, windows are adjacent (the strides equal the window), there is no padding or
/// dilation, and channels come first.
#[derive(Tree, Clone, PartialEq, Eq, Hash, Debug)]
#[must_use]
pub struct PoolOptions {
    strides: Option<PerAxis>,
    padding: ConvPadding,
    dilations: PerAxis,
    layout: Layout,
    count_padding: bool,
}
impl Default for PoolOptions {
    fn default() -> PoolOptions {
        PoolOptions {
            strides: None,
            padding: ConvPadding::Valid,
            dilations: PerAxis::Same(1),
            layout: Layout::ChannelsFirst,
            count_padding: true,
        }
    }
}
impl PoolOptions {
    /// Returns the defaults.
    pub fn new() -> PoolOptions {
        PoolOptions::default()
    }
    /// Sets the strides of the window.
    pub fn strides(self, strides: impl Into<PerAxis>) -> PoolOptions {
        PoolOptions { strides: Some(strides.into()), ..self }
    }
    /// Sets the padding. The maximum and minimum ignore it. The average counts it as zeros.
    pub fn padding(self, padding: impl Into<ConvPadding>) -> PoolOptions {
        PoolOptions { padding: padding.into(), ..self }
    }
    /// Sets the dilations of the window: the distances between its elements.
    pub fn dilations(self, dilations: impl Into<PerAxis>) -> PoolOptions {
        PoolOptions { dilations: dilations.into(), ..self }
    }
    /// Sets the order of the axes.
    pub fn layout(self, layout: Layout) -> PoolOptions {
        PoolOptions { layout, ..self }
    }
    /// Sets whether the average divides by the size of the window (the default), or only by the number of elements that
    /// are not padding.
    pub fn count_padding(self, count_padding: bool) -> PoolOptions {
        PoolOptions { count_padding, ..self }
    }
}

/// Pooling: functions of each window over the spatial axes.
impl Tensor {
    /// Returns the greatest element of each window.
    ///
    /// # Panics
    /// If there are no spatial axes, or the window does not have a size for each of them.
    ///
    /// ```
    /// use rune_trace::{DType, PoolOptions, Tensor};
    /// let x = Tensor::arange(0..16, DType::F32).reshape([1, 1, 4, 4]);
    /// let y = x.max_pool(2, &PoolOptions::new());
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [5.0, 7.0, 13.0, 15.0]);
    /// ```
    #[doc(alias = "max_pool2d")]
    #[track_caller]
    pub fn max_pool(&self, window: impl Into<PerAxis>, options: &PoolOptions) -> Tensor {
        lax::reduce_window(WindowFn::Max, self, window_of("max_pool", self, &window.into(), options))
    }
    /// Returns the least element of each window.
    #[track_caller]
    pub fn min_pool(&self, window: impl Into<PerAxis>, options: &PoolOptions) -> Tensor {
        lax::reduce_window(WindowFn::Min, self, window_of("min_pool", self, &window.into(), options))
    }
    /// Returns the mean of each window, for floats.
    ///
    /// ```
    /// use rune_trace::{PoolOptions, Tensor};
    /// let x = Tensor::from([[[1.0f32, 3.0, 5.0, 7.0]]]);
    /// assert_eq!(x.avg_pool(2, &PoolOptions::new()).to_vec::<f32>().unwrap(), [2.0, 6.0]);
    /// ```
    #[doc(alias = "avg_pool2d")]
    #[track_caller]
    pub fn avg_pool(&self, window: impl Into<PerAxis>, options: &PoolOptions) -> Tensor {
        expect_float("avg_pool", self);
        let window = window_of("avg_pool", self, &window.into(), options);
        let sum = lax::reduce_window(WindowFn::Sum, self, window.clone());
        if options.count_padding {
            return sum / window.dimensions.iter().product::<usize>();
        }
        let counts = lax::reduce_window(WindowFn::Sum, &self.ones_like(), window);
        lax::div(&sum, &counts)
    }
}

#[track_caller]
fn window_of(op: &str, x: &Tensor, window: &PerAxis, options: &PoolOptions) -> Window {
    let spatial = match x.rank().checked_sub(2) {
        Some(n) if n > 0 => n,
        _ => refuse!("{op}: shape {} is not of batch, channels and spatial axes", x.shape()),
    };
    let axes: Dims = options.layout.operand(spatial)[2..].into();
    let dimensions = window.resolve(op, "sizes of the window", spatial);
    let strides = match &options.strides {
        Some(strides) => strides.resolve(op, "strides", spatial),
        None => dimensions.clone(),
    };
    let dilations = options.dilations.resolve(op, "dilations", spatial);
    let sizes: Shape = axes.iter().map(|&a| x.shape()[a]).collect();
    let windows: Dims = dimensions.iter().zip(&dilations).map(|(&n, &d)| (n - 1) * d + 1).collect();
    let padding = options.padding.resolve(op, &sizes, &windows, &strides);
    let all = |list: &[usize]| {
        let mut all: Dims = Dims::from_elem(1, x.rank());
        for (&a, &n) in axes.iter().zip(list) {
            all[a] = n;
        }
        all
    };
    let mut all_padding = vec![(0, 0); x.rank()];
    for (&a, &pair) in axes.iter().zip(&padding) {
        all_padding[a] = pair;
    }
    Window {
        dimensions: all(&dimensions),
        strides: all(&strides),
        padding: all_padding,
        base_dilation: Dims::from_elem(1, x.rank()),
        window_dilation: all(&dilations),
    }
}
