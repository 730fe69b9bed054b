//! Checks derivatives against finite differences.

mod finite;

pub use finite::{Difference, finite_diff, finite_diff_jacobian};

use crate::autodiff::{DerivativeKind, float_leaves, forward, gradients, linearize_at};
use crate::call_site::CallSite;
use crate::function::{ArgRefs, Arguments, Function};
use crate::tensor::{at_caller, with_user_locations};
use crate::{Tensor, Tree, lax, random};
use finite::{numbers, scalar, slopes};
use std::fmt;

/// Options of the checks.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// The step.
    pub eps: f64,
    /// The maximum error relative to the greater of the two numbers.
    pub rtol: f64,
    /// The maximum absolute error.
    pub atol: f64,
    /// Whether to print each comparison.
    pub verbose: bool,
    /// The elements to check, by their index in row-major order (in each leaf). `None` checks all.
    pub indices: Option<Vec<usize>>,
    /// The points of the differences.
    pub method: Difference,
    /// The number of random directions that [`check_jvp`] and [`check_vjp`] try.
    pub directions: usize,
    /// The seed of the random directions.
    pub seed: u64,
}

impl Default for CheckOptions {
    fn default() -> CheckOptions {
        CheckOptions {
            eps: 1e-4,
            rtol: 2e-3,
            atol: 2e-3,
            verbose: false,
            indices: None,
            method: Difference::Central,
            directions: 3,
            seed: 0,
        }
    }
}

/// An element with two different derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// Its index in row-major order.
    pub index: usize,
    /// The derivative by automatic differentiation.
    pub autodiff: f64,
    /// The derivative by finite differences.
    pub finite_difference: f64,
    /// The absolute difference.
    pub absolute_error: f64,
}

/// The result of a check. An element passes if its absolute or its relative error is within the tolerance.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientCheck {
    /// The checked part: the path of a leaf, or a direction.
    pub path: String,
    /// The greatest absolute error.
    pub max_abs_error: f64,
    /// The greatest relative error.
    pub max_rel_error: f64,
    /// The mean of the absolute errors.
    pub mean_abs_error: f64,
    /// The mean of the relative errors.
    pub mean_rel_error: f64,
    /// The elements that failed.
    pub failed_indices: Vec<Mismatch>,
    /// Whether all elements passed.
    pub passed: bool,
    /// The number of compared elements.
    pub num_checked: usize,
    /// The number of failed elements.
    pub num_failed: usize,
}

impl GradientCheck {
    fn compare(path: &str, found: impl IntoIterator<Item = (usize, f64, f64)>, options: &CheckOptions) -> Self {
        let mut check = GradientCheck {
            path: path.to_owned(),
            max_abs_error: 0.0,
            max_rel_error: 0.0,
            mean_abs_error: 0.0,
            mean_rel_error: 0.0,
            failed_indices: Vec::new(),
            passed: true,
            num_checked: 0,
            num_failed: 0,
        };
        for (index, autodiff, finite_difference) in found {
            let same = autodiff == finite_difference;
            let absolute_error = if same { 0.0 } else { (autodiff - finite_difference).abs() };
            let relative = if same { 0.0 } else { absolute_error / autodiff.abs().max(finite_difference.abs()) };
            check.num_checked += 1;
            check.mean_abs_error += absolute_error;
            check.mean_rel_error += relative;
            check.max_abs_error = max_or_nan(check.max_abs_error, absolute_error);
            check.max_rel_error = max_or_nan(check.max_rel_error, relative);
            let passes = absolute_error <= options.atol || relative <= options.rtol;
            if options.verbose {
                let verdict = if passes { "passes" } else { "FAILS" };
                println!("{path} {index}: autodiff {autodiff:e}, finite difference {finite_difference:e}: {verdict}");
            }
            if !passes {
                check.failed_indices.push(Mismatch { index, autodiff, finite_difference, absolute_error });
            }
        }
        let n = check.num_checked.max(1) as f64;
        (check.mean_abs_error, check.mean_rel_error) = (check.mean_abs_error / n, check.mean_rel_error / n);
        check.num_failed = check.failed_indices.len();
        check.passed = check.num_failed == 0;
        check
    }
}

/// Returns the greater of two numbers, or NaN if one is NaN.
fn max_or_nan(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

impl fmt::Display for GradientCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} of {} derivatives differ; greatest error {:e}, relative {:e}",
            self.path, self.num_failed, self.num_checked, self.max_abs_error, self.max_rel_error
        )?;
        for m in self.failed_indices.iter().take(10) {
            write!(f, "\n  {}: autodiff {}, finite difference {}", m.index, m.autodiff, m.finite_difference)?;
        }
        Ok(())
    }
}

impl std::error::Error for GradientCheck {}

/// Checks the gradient of a function of one tensor, with a scalar result, against finite differences.
///
/// ```
/// use rune_trace::{CheckOptions, Tensor, check_gradient};
/// let x = Tensor::from([0.5f64, 1.0, 2.0]);
/// let check = check_gradient(|x: &Tensor| (x * x.sin()).sum(), &x, &CheckOptions::default()).unwrap();
/// assert_eq!((check.num_checked, check.num_failed), (3, 0));
/// // `floor` steps; its derivative is 0 where the difference is not.
/// let failed = check_gradient(|x: &Tensor| x.floor().sum(), &x, &CheckOptions::default()).unwrap_err();
/// assert_eq!(failed.failed_indices[0].index, 1);
/// ```
///
/// # Errors
/// The result of the check, if an element does not pass.
///
/// # Panics
/// Like [`grad`](crate::grad) and [`finite_diff`](crate::finite_diff).
#[track_caller]
pub fn check_gradient(
    f: impl Fn(&Tensor) -> Tensor + Send + Sync,
    x: &Tensor,
    options: &CheckOptions,
) -> Result<GradientCheck, GradientCheck> {
    let place = CallSite::here("check_gradient");
    if !x.dtype().is_float() {
        place.fail(&format!("the argument is of type {}, and only floats have derivatives", x.ty()));
    }
    let checks = at_caller(|| each_leaf::<(Tensor,)>(&|x| with_user_locations(|| f(&x.0)), (x,), options, place));
    let check = checks.into_iter().next().expect("one check for the one leaf");
    if check.passed { Ok(check) } else { Err(check) }
}

/// Like [`check_gradient`], for a function of any arguments: returns one result for each float leaf.
///
/// ```
/// use rune_trace::{CheckOptions, Tensor, check_gradients};
/// let (x, y) = (Tensor::from([0.5f64, 1.0]), Tensor::scalar(2.0f64));
/// let checks = check_gradients(|x: &Tensor, y: &Tensor| (x * y).sum(), (&x, &y), &CheckOptions::default()).unwrap();
/// assert_eq!(checks[1].path, "arguments[1]");
/// ```
///
/// # Errors
/// The results of all leaves, if an element of one does not pass.
///
/// # Panics
/// Like [`check_gradient`].
#[track_caller]
pub fn check_gradients<'a, X, F>(
    f: F,
    args: impl ArgRefs<'a, X>,
    options: &CheckOptions,
) -> Result<Vec<GradientCheck>, Vec<GradientCheck>>
where
    X: Arguments,
    F: Function<X, Output = Tensor>,
{
    let place = CallSite::here("check_gradients");
    all_passed(at_caller(|| each_leaf::<X>(&|x| f.call(x), args.refs(), options, place)))
}

fn all_passed(checks: Vec<GradientCheck>) -> Result<Vec<GradientCheck>, Vec<GradientCheck>> {
    if checks.iter().all(|check| check.passed) { Ok(checks) } else { Err(checks) }
}

fn each_leaf<X: Arguments>(
    f: &dyn Fn(&X) -> Tensor,
    args: X::Refs<'_>,
    options: &CheckOptions,
    place: CallSite,
) -> Vec<GradientCheck> {
    let by = float_leaves::<X>(args);
    let (_, (), gradients) = gradients::<X, ()>(args, &by, DerivativeKind::RealResults, place, |x| (f(x), ()));
    let (mut gradients, mut checks, mut leaf) = (gradients.into_iter(), Vec::new(), 0);
    X::visit(args, &mut |_, path, x| {
        if by[leaf] {
            if x.dtype().is_complex() {
                place.fail(&format!(
                    "`{path}` is of type {}, and finite differences are of real numbers; check the function of the real and the \
                     imaginary part, which `complex` joins",
                    x.ty()
                ));
            }
            let gradient = numbers(&gradients.next().expect("one gradient for each leaf marked"), place);
            let chosen = options.indices.clone().unwrap_or_else(|| (0..x.size()).collect());
            if let Some(i) = chosen.iter().find(|i| **i >= x.size()) {
                place.fail(&format!("element {i} is to be checked, and `{path}` is of type {}", x.ty()));
            }
            let step = (options.eps, options.method);
            let slopes = slopes::<X>(&|x| vec![scalar(&f(x), place)], args, leaf, &chosen, step, place);
            let found = chosen.iter().zip(slopes).map(|(&i, slope)| (i, gradient[i], slope[0]));
            checks.push(GradientCheck::compare(&path.to_string(), found, options));
        }
        leaf += 1;
    });
    checks
}

/// Checks forward mode in random directions: compares the tangent of each element of the results with its finite
/// difference.
///
/// ```
/// use rune_trace::{CheckOptions, Tensor, check_jvp};
/// let x = Tensor::from([0.5f64, 1.0]);
/// assert_eq!(check_jvp(|x: &Tensor| x.exp(), &x, &CheckOptions::default()).unwrap().num_checked, 6);
/// ```
///
/// # Errors
/// The result of the check, if an element does not pass. Elements are numbered across all directions.
///
/// # Panics
/// If a value cannot be read.
#[track_caller]
pub fn check_jvp<'a, X, F>(
    f: F,
    args: impl ArgRefs<'a, X>,
    options: &CheckOptions,
) -> Result<GradientCheck, GradientCheck>
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let (args, place) = (args.refs(), CallSite::here("check_jvp"));
    let mut pairs = Vec::new();
    at_caller(|| {
        for line in lines::<X>(args, options) {
            let (_, tangent, ()) = forward::<X, _, _>(args, line.direction.refs(), place, |x| (f.call(x), ()));
            let slope = line.slope(&f.call(&line.up), &f.call(&line.down), place);
            pairs.extend(elements(&tangent, place).into_iter().zip(slope));
        }
    });
    verdict("tangents in random directions", pairs, options)
}

/// Checks reverse mode in random directions: pulls back random cotangents of the results, and compares them with finite
/// differences along the directions.
///
/// ```
/// use rune_trace::{CheckOptions, Tensor, check_vjp};
/// let x = Tensor::from([0.5f64, 1.0]);
/// assert_eq!(check_vjp(|x: &Tensor| x.exp(), &x, &CheckOptions::default()).unwrap().num_checked, 3);
/// ```
///
/// # Errors
/// The result of the check, if a direction does not pass.
///
/// # Panics
/// If a value cannot be read.
#[track_caller]
pub fn check_vjp<'a, X, F>(
    f: F,
    args: impl ArgRefs<'a, X>,
    options: &CheckOptions,
) -> Result<GradientCheck, GradientCheck>
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let (args, place) = (args.refs(), CallSite::here("check_vjp"));
    let mut pairs = Vec::new();
    at_caller(|| {
        let (value, (), linear) = linearize_at::<X, _, _>(args, place, |x| (f.call(x), ()));
        for (line, seed) in lines::<X>(args, options).zip(options.seed..) {
            let mut draw = Draw { seed: !seed, drawn: 0 };
            let ct = value.map(&mut |y| draw.random_like(y));
            let slope = line.slope(&f.call(&line.up), &f.call(&line.down), place);
            let along = elements(&linear.transpose(&ct), place);
            let mut direction = Vec::new();
            X::visit(line.direction.refs(), &mut |_, _, v| {
                if v.dtype().is_float() {
                    direction.extend(numbers(v, place));
                }
            });
            pairs.push((dot(&along, &direction), dot(&elements(&ct, place), &slope)));
        }
    });
    verdict("cotangents along random directions", pairs, options)
}

fn verdict(path: &str, pairs: Vec<(f64, f64)>, options: &CheckOptions) -> Result<GradientCheck, GradientCheck> {
    let found = pairs.into_iter().enumerate().map(|(i, (autodiff, finite))| (i, autodiff, finite));
    let check = GradientCheck::compare(path, found, options);
    if check.passed { Ok(check) } else { Err(check) }
}

/// Two points close to the arguments, and the direction between them, for a step of 1.
struct Line<X> {
    up: X,
    down: X,
    direction: X,
    step: f64,
}

impl<X> Line<X> {
    /// Returns the differences of the float results along this line, from the results at its ends.
    fn slope<Y: Tree>(&self, up: &Y, down: &Y, place: CallSite) -> Vec<f64> {
        elements(up, place).iter().zip(elements(down, place)).map(|(up, down)| (up - down) / self.step).collect()
    }
}

/// Returns lines through the arguments in random directions. A direction is exact after rounding in the dtype.
fn lines<'a, X: Arguments>(args: X::Refs<'a>, options: &CheckOptions) -> impl Iterator<Item = Line<X>> + use<'a, X> {
    let ((high, low), eps, seed) = (options.method.offsets(), options.eps, options.seed);
    (0..options.directions as u64).map(move |n| {
        let at = |end: f64| {
            let mut draw = Draw { seed: seed + n, drawn: 0 };
            X::map(args, &mut |x| match x.dtype().is_float() {
                true => lax::add(x, &lax::mul(&draw.random_like(x), &lax::full_like(x, end * eps))),
                false => x.clone(),
            })
        };
        let (up, down, step) = (at(high), at(low), (high - low) * eps);
        let mut starts = Vec::new();
        X::visit(down.refs(), &mut |_, _, x| starts.push(x.clone()));
        let mut starts = starts.iter();
        let direction = X::map(up.refs(), &mut |to| {
            let from = starts.next().expect("as many leaves at both ends");
            let float = to.dtype().is_float();
            if float { lax::div(&lax::sub(to, from), &lax::full_like(to, step)) } else { to.clone() }
        });
        Line { up, down, direction, step }
    })
}

/// Draws random tensors.
struct Draw {
    seed: u64,
    drawn: u32,
}

impl Draw {
    /// Returns a random tensor of this type, or the same tensor if it is not a float.
    fn random_like(&mut self, x: &Tensor) -> Tensor {
        self.drawn += 1;
        if !x.dtype().is_float() {
            return x.clone();
        }
        random::normal(&random::fold_in(&random::key(self.seed), self.drawn), x.shape().clone(), x.dtype())
    }
}

/// Returns the elements of all float leaves.
fn elements<Y: Tree>(tree: &Y, place: CallSite) -> Vec<f64> {
    tree.leaves().iter().filter(|y| y.dtype().is_float()).flat_map(|y| numbers(y, place)).collect()
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}
