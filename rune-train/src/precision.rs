//! Mixed precision: computing in half precision, with parameters in full precision.

use rune_trace::{DType, Tensor, Tree, where_};

/// Converts all floating-point leaves to a dtype. Integers, booleans and complex numbers stay unchanged.
///
/// ```
/// use rune::{prelude::*, train::cast_floats};
/// let (x, n) = cast_floats(&(Tensor::scalar(1.5f32), Tensor::scalar(7i32)), DType::BF16);
/// assert_eq!((x.dtype(), n.dtype()), (DType::BF16, DType::I32));
/// ```
#[track_caller]
pub fn cast_floats<T: Tree>(tree: &T, dtype: DType) -> T {
    tree.map(&mut |leaf| if leaf.dtype().is_float() { leaf.cast(dtype) } else { leaf.clone() })
}

/// Returns a function that computes the loss in `dtype`: it converts parameters and batch to `dtype`, and the loss to
/// `f32`. Gradients have the dtypes of the parameters, which therefore stay in full precision ("master weights").
///
/// `bf16` has the range of `f32` and needs nothing else. For `f16`, scale the loss: see [`LossScaling`]. A reduction
/// over many elements in half precision loses digits. Where that matters, compute the loss from logits of dtype `f32`.
///
/// ```
/// use rune::{prelude::*, train::mixed};
/// let loss = |w: &Tensor, x: &Tensor| {
///     assert_eq!((w.dtype(), x.dtype()), (DType::BF16, DType::BF16));
///     (w * x).square().mean()
/// };
/// let step = value_and_grad(mixed(DType::BF16, loss));
/// let (value, dw) = step(&Tensor::scalar(3.0f32), &Tensor::from([1.0f32, 2.0]));
/// assert_eq!((value.item::<f32>()?, dw.item::<f32>()?), (22.5, 15.0));
/// # Ok::<(), rune::EvalError>(())
/// ```
pub fn mixed<P, B, F>(dtype: DType, loss: F) -> impl Fn(&P, &B) -> Tensor + Send + Sync
where
    P: Tree,
    B: Tree,
    F: Fn(&P, &B) -> Tensor + Send + Sync,
{
    move |params: &P, batch: &B| loss(&cast_floats(params, dtype), &cast_floats(batch, dtype)).cast(DType::F32)
}

/// Dynamic loss scaling for `f16`, after Micikevicius et al., "Mixed Precision Training" (2018). Small gradients would
/// become 0 in `f16`, so the loss is multiplied by a scale, and gradients are divided by it. If a gradient is not
/// finite, the step is skipped and the scale is reduced. After `period` steps with finite gradients, the scale grows.
///
/// The scale is a tensor in the state of training, so all of this happens inside the compiled step:
///
/// ```
/// use rune::{optim::{self, Sgd}, prelude::*, train::{LossScale, LossScaling, mixed, select}};
///
/// #[derive(Tree, Clone)]
/// struct Training { w: Tensor, optimizer: optim::State<Sgd, Tensor>, scale: LossScale }
///
/// let (sgd, scaling) = (optim::sgd(0.1), LossScaling { period: 10, ..LossScaling::default() });
/// let step = jit(|t: &Training, x: &Tensor| {
///     let loss = mixed(DType::F16, |w: &Tensor, x: &Tensor| (w * x - 1.0).square().mean());
///     let (loss, gradient, finite) = t.scale.value_and_grad(loss)(&t.w, x);
///     let (updates, optimizer) = sgd.update(&gradient, &t.optimizer, &t.w);
///     let w = optim::apply_updates(&t.w, &updates);
///     // Where a gradient is not finite, parameters and optimiser stay.
///     let (w, optimizer) = select(&finite, &(w, optimizer), &(t.w.clone(), t.optimizer.clone()));
///     (Training { w, optimizer, scale: scaling.next(&t.scale, &finite) }, loss)
/// });
/// let w = Tensor::scalar(0.0f32);
/// let mut training = Training { optimizer: sgd.init(&w), w, scale: scaling.start() };
/// for _ in 0..40 {
///     (training, _) = step(&training, &Tensor::from([1.0f32, 1.0]));
/// }
/// assert!((training.w.item::<f32>()? - 1.0).abs() < 1e-2);
/// # Ok::<(), rune::EvalError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossScaling {
    /// The scale at the start.
    pub initial: f64,
    /// The factor that multiplies the scale after `period` finite steps.
    pub growth: f64,
    /// The factor that multiplies the scale after a step that is not finite.
    pub backoff: f64,
    /// The number of finite steps before the scale grows.
    pub period: i32,
    /// The greatest scale.
    pub max: f64,
}

impl Default for LossScaling {
    /// Returns the usual settings: start at 2^15, double after 2,000 steps up to 2^24, halve after an overflow.
    fn default() -> LossScaling {
        LossScaling { initial: 32_768.0, growth: 2.0, backoff: 0.5, period: 2000, max: 16_777_216.0 }
    }
}

impl LossScaling {
    /// Returns the scale before the first step.
    pub fn start(&self) -> LossScale {
        LossScale { scale: Tensor::scalar(self.initial as f32), finite_steps: Tensor::scalar(0i32) }
    }
    /// Returns the scale for the next step. `finite` is a boolean scalar: whether all gradients of this step were
    /// finite.
    #[track_caller]
    pub fn next(&self, scale: &LossScale, finite: &Tensor) -> LossScale {
        let steps = &scale.finite_steps + 1;
        let grows = steps.ge(self.period);
        let grown = where_(&grows, (&scale.scale * self.growth).minimum(self.max), &scale.scale);
        // A scale below 1 would only make gradients smaller.
        let reduced = (&scale.scale * self.backoff).maximum(1.0);
        LossScale {
            scale: where_(finite, grown, reduced),
            finite_steps: where_(finite, where_(grows, 0, steps), scale.finite_steps.zeros_like()),
        }
    }
}

/// The state of [`LossScaling`].
#[derive(Tree, Clone, Debug)]
pub struct LossScale {
    /// The scale, of type `[f32]`.
    pub scale: Tensor,
    /// The number of finite steps since the scale changed, of type `[i32]`.
    pub finite_steps: Tensor,
}

impl LossScale {
    /// Returns a function that computes the loss, its gradient with respect to the first argument, and whether all
    /// gradients are finite. The loss is multiplied by the scale before it is differentiated, and the gradients are
    /// divided by it.
    pub fn value_and_grad<P, B, F>(&self, loss: F) -> impl Fn(&P, &B) -> (Tensor, P, Tensor) + Send + Sync
    where
        P: Tree + Send + Sync,
        B: Tree + Send + Sync,
        F: Fn(&P, &B) -> Tensor + Send + Sync,
    {
        let scale = self.scale.clone();
        move |params: &P, batch: &B| {
            let scaled = |params: &P, batch: &B| {
                let loss = loss(params, batch);
                (&loss * scale.cast(loss.dtype()), loss)
            };
            let ((_, loss), gradient) = rune_trace::value_and_grad_aux(scaled)(params, batch);
            let gradient = gradient.map(&mut |g| g / scale.cast(g.dtype()));
            let finite = all_finite(&gradient);
            (loss, gradient, finite)
        }
    }
}

/// Returns whether all floating-point leaves are finite, as a boolean scalar.
///
/// ```
/// use rune::{prelude::*, train::all_finite};
/// let tree = (Tensor::from([1.0f32, f32::INFINITY]), Tensor::scalar(1i32));
/// assert!(!all_finite(&tree).item::<bool>()?);
/// # Ok::<(), rune::EvalError>(())
/// ```
#[track_caller]
pub fn all_finite<T: Tree>(tree: &T) -> Tensor {
    let mut all = Tensor::scalar(true);
    for leaf in tree.leaves().into_iter().filter(|leaf| leaf.dtype().is_inexact()) {
        all &= leaf.isfinite().all();
    }
    all
}

/// Returns the tree `on_true` where the boolean scalar `condition` holds, else `on_false`. Both are computed.
///
/// # Panics
/// Panics if the trees have different structures or types.
#[track_caller]
pub fn select<T: Tree>(condition: &Tensor, on_true: &T, on_false: &T) -> T {
    on_true.map2(on_false, &mut |yes, no| where_(condition, yes, no))
}
