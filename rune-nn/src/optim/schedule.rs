//! Schedules of learning rates and other numbers.

use rune_ir::DType;
use rune_trace::{Tensor, at_caller, where_};
use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

/// A number that depends on the step count, such as a learning rate.
///
/// Create one from a number, from a tensor (which may be an argument of the traced function), or from a function of the
/// step count, a float scalar. The count is a tensor in the optimiser's state, so one compiled step serves all counts.
///
/// ```
/// use rune_nn::optim::{self, Schedule};
/// use rune_trace::Tensor;
/// let rate = optim::linear_schedule(1.0, 0.0, 10);
/// assert_eq!(rate.at(&Tensor::scalar(5)).item::<f32>().unwrap(), 0.5);
/// let mine = Schedule::from(|count: &Tensor| 1.0 / (count + 1.0));
/// assert_eq!(mine.at(&Tensor::scalar(3)).item::<f32>().unwrap(), 0.25);
/// ```
#[derive(Clone)]
pub struct Schedule(Arc<dyn Fn(&Tensor) -> Tensor + Send + Sync>);

impl<F: Fn(&Tensor) -> Tensor + Send + Sync + 'static> From<F> for Schedule {
    fn from(f: F) -> Schedule {
        Schedule(Arc::new(f))
    }
}
impl From<f64> for Schedule {
    fn from(value: f64) -> Schedule {
        constant_schedule(value)
    }
}
impl From<Tensor> for Schedule {
    fn from(value: Tensor) -> Schedule {
        Schedule::from(move |count: &Tensor| value.cast(count.dtype()))
    }
}
impl From<&Tensor> for Schedule {
    fn from(value: &Tensor) -> Schedule {
        value.clone().into()
    }
}
impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schedule")
    }
}

impl Schedule {
    /// Returns the value after `count` steps. Its dtype is that of `count` if that is a float, else `f32`.
    #[track_caller]
    pub fn at(&self, count: &Tensor) -> Tensor {
        let count = if count.dtype().is_float() { count.clone() } else { count.cast(DType::F32) };
        at_caller(|| (self.0)(&count))
    }
    /// Returns the schedule delayed by `steps`. During the delay, its value is the first value of this schedule.
    #[must_use]
    pub fn delayed(self, steps: usize) -> Schedule {
        Schedule::from(move |count: &Tensor| self.at(&(count - steps).maximum(0.0)))
    }
    /// Returns the schedule whose value changes only at every `steps`-th step.
    ///
    /// ```
    /// use rune_nn::optim;
    /// use rune_trace::Tensor;
    /// let staircase = optim::exponential_decay(1.0, 10, 0.5).stepwise(10);
    /// assert_eq!(staircase.at(&Tensor::scalar(19)).item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    pub fn stepwise(self, steps: usize) -> Schedule {
        Schedule::from(move |count: &Tensor| self.at(&((count / steps).floor() * steps)))
    }
    /// Returns the schedule with values of at least `value`.
    #[must_use]
    pub fn at_least(self, value: f64) -> Schedule {
        Schedule::from(move |count: &Tensor| self.at(count).maximum(value))
    }
    /// Returns the schedule with values of at most `value`.
    #[must_use]
    pub fn at_most(self, value: f64) -> Schedule {
        Schedule::from(move |count: &Tensor| self.at(count).minimum(value))
    }
}

/// Returns a constant schedule.
pub fn constant_schedule(value: f64) -> Schedule {
    Schedule::from(move |count: &Tensor| count.full_like(value))
}

/// Returns a linear schedule from `init_value` to `end_value` over `transition_steps`.
pub fn linear_schedule(init_value: f64, end_value: f64, transition_steps: usize) -> Schedule {
    polynomial_schedule(init_value, end_value, 1.0, transition_steps)
}

/// Returns a schedule from `init_value` to `end_value` over `transition_steps`. The remaining difference is
/// proportional to the remaining steps to the power of `power`.
///
/// ```
/// use rune_nn::optim;
/// use rune_trace::Tensor;
/// let rate = optim::polynomial_schedule(1.0, 0.0, 2.0, 10);
/// assert_eq!(rate.at(&Tensor::scalar(5)).item::<f32>().unwrap(), 0.25);
/// ```
pub fn polynomial_schedule(init_value: f64, end_value: f64, power: f64, transition_steps: usize) -> Schedule {
    if transition_steps == 0 {
        return constant_schedule(init_value);
    }
    let steps = transition_steps as f64;
    Schedule::from(move |count: &Tensor| {
        let left = 1.0 - count.clamp(0.0, steps) / steps;
        left.pow(power) * (init_value - end_value) + end_value
    })
}

/// Returns a schedule that starts at `init_value`, and decays exponentially by the factor `decay_rate` in every
/// `transition_steps` steps. Use `stepwise` for a staircase, `at_least` for a lower limit, and `delayed` for a later
/// start.
///
/// ```
/// use rune_nn::optim;
/// use rune_trace::Tensor;
/// let rate = optim::exponential_decay(1.0, 10, 0.5).delayed(100).at_least(0.3);
/// let at = |count: i32| rate.at(&Tensor::scalar(count)).item::<f32>().unwrap();
/// assert_eq!((at(100), at(110), at(1000)), (1.0, 0.5, 0.3));
/// ```
pub fn exponential_decay(init_value: f64, transition_steps: usize, decay_rate: f64) -> Schedule {
    if transition_steps == 0 || decay_rate == 0.0 {
        return constant_schedule(init_value);
    }
    Schedule::from(move |count: &Tensor| (count / transition_steps * decay_rate.ln()).exp() * init_value)
}

/// Returns a schedule from `init_value` to `alpha` · `init_value` over `decay_steps`, along half a cosine wave
/// (Loshchilov and Hutter, 2017).
///
/// # Panics
/// Panics if `decay_steps` is 0.
///
/// ```
/// use rune_nn::optim;
/// use rune_trace::Tensor;
/// let rate = optim::cosine_decay_schedule(2.0, 100, 0.0);
/// let at = |count: i32| rate.at(&Tensor::scalar(count)).item::<f32>().unwrap();
/// assert_eq!((at(0), at(100), at(1000)), (2.0, 0.0, 0.0));
/// ```
#[track_caller]
pub fn cosine_decay_schedule(init_value: f64, decay_steps: usize, alpha: f64) -> Schedule {
    if decay_steps == 0 {
        refuse!("cosine_decay_schedule: `decay_steps` is 0, and has to be at least 1");
    }
    let steps = decay_steps as f64;
    Schedule::from(move |count: &Tensor| {
        let wave = ((count.minimum(steps) * PI / steps).cos() + 1.0) * 0.5;
        (wave * (1.0 - alpha) + alpha) * init_value
    })
}

/// Returns a schedule that rises linearly from `init_value` to `peak_value` over `warmup_steps`, then follows a cosine
/// to `end_value`. It reaches `end_value` `decay_steps` steps after the start.
///
/// # Panics
/// Panics if `decay_steps` is not greater than `warmup_steps`.
#[track_caller]
pub fn warmup_cosine_decay_schedule(
    init_value: f64,
    peak_value: f64,
    warmup_steps: usize,
    decay_steps: usize,
    end_value: f64,
) -> Schedule {
    if decay_steps <= warmup_steps {
        refuse!(
            "warmup_cosine_decay_schedule: `decay_steps` ({decay_steps}) includes the warm-up, and has to exceed `warmup_steps` ({warmup_steps})"
        );
    }
    let alpha = if peak_value == 0.0 { 0.0 } else { end_value / peak_value };
    let up = linear_schedule(init_value, peak_value, warmup_steps);
    join_schedules([up, cosine_decay_schedule(peak_value, decay_steps - warmup_steps, alpha)], &[warmup_steps])
}

/// Returns a schedule that starts at `init_value`. At each boundary, its value is multiplied by the scale of this
/// boundary.
///
/// ```
/// use rune_nn::optim;
/// use rune_trace::Tensor;
/// let rate = optim::piecewise_constant_schedule(1.0, &[(10, 0.5), (20, 0.5)]);
/// let at = |count: i32| rate.at(&Tensor::scalar(count)).item::<f32>().unwrap();
/// assert_eq!((at(9), at(10), at(20)), (1.0, 0.5, 0.25));
/// ```
pub fn piecewise_constant_schedule(init_value: f64, boundaries_and_scales: &[(usize, f64)]) -> Schedule {
    let scales = boundaries_and_scales.to_vec();
    Schedule::from(move |count: &Tensor| {
        let scaled = |value: Tensor, &(at, scale): &(usize, f64)| where_(count.lt(at as f64), &value, &value * scale);
        scales.iter().fold(count.full_like(init_value), scaled)
    })
}

/// Returns a schedule that runs `schedules` one after the other. Each later schedule starts at its boundary, and counts
/// its steps from there.
///
/// # Panics
/// Panics unless there is one boundary fewer than schedules.
///
/// ```
/// use rune_nn::optim;
/// use rune_trace::Tensor;
/// let rate = optim::join_schedules([optim::linear_schedule(0.0, 1.0, 10), optim::exponential_decay(1.0, 5, 0.5)], &[10]);
/// let at = |count: i32| rate.at(&Tensor::scalar(count)).item::<f32>().unwrap();
/// assert_eq!((at(5), at(10), at(15)), (0.5, 1.0, 0.5));
/// ```
#[track_caller]
pub fn join_schedules(schedules: impl IntoIterator<Item = Schedule>, boundaries: &[usize]) -> Schedule {
    let mut schedules = schedules.into_iter();
    let Some(first) = schedules.next() else { refuse!("join_schedules: needs at least one schedule") };
    let later: Vec<Schedule> = schedules.collect();
    if later.len() != boundaries.len() {
        refuse!(
            "join_schedules: {} schedules need {} boundaries, but {} are given",
            later.len() + 1,
            later.len(),
            boundaries.len()
        );
    }
    let later: Vec<(f64, Schedule)> = boundaries.iter().map(|&at| at as f64).zip(later).collect();
    Schedule::from(move |count: &Tensor| {
        let next =
            |value: Tensor, (at, schedule): &(f64, Schedule)| where_(count.lt(*at), value, schedule.at(&(count - *at)));
        later.iter().fold(first.at(count), next)
    })
}
