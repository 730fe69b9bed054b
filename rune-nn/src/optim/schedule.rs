//! Numbers that change from step to step.

use rune_trace::{DType, Tensor, at_caller, where_};
use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

/// A number that depends on how many steps were taken, as a learning rate does.
///
/// It is made of a number, of a tensor (which may be an argument of the function being traced), or of a function of the count of
/// steps, which is a float of rank 0. Since the count is a tensor in the state of the optimiser, a step is compiled once for all counts.
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
    /// The value after `count` steps, of the dtype of `count` if that is a float, else `f32`.
    #[track_caller]
    pub fn at(&self, count: &Tensor) -> Tensor {
        let count = if count.dtype().is_float() { count.clone() } else { count.cast(DType::F32) };
        at_caller(|| (self.0)(&count))
    }
    /// The schedule that begins so many steps later, with its first value until then.
    #[must_use]
    pub fn delayed(self, steps: usize) -> Schedule {
        Schedule::from(move |count: &Tensor| self.at(&(count - steps).maximum(0.0)))
    }
    /// The schedule that changes at every `steps`-th step only.
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
    /// Where the schedule is below `value`, that.
    #[must_use]
    pub fn at_least(self, value: f64) -> Schedule {
        Schedule::from(move |count: &Tensor| self.at(count).maximum(value))
    }
    /// Where the schedule is above `value`, that.
    #[must_use]
    pub fn at_most(self, value: f64) -> Schedule {
        Schedule::from(move |count: &Tensor| self.at(count).minimum(value))
    }
}

/// Always the same.
pub fn constant_schedule(value: f64) -> Schedule {
    Schedule::from(move |count: &Tensor| count.full_like(value))
}

/// From `init_value` to `end_value` within `transition_steps`, on a line.
pub fn linear_schedule(init_value: f64, end_value: f64, transition_steps: usize) -> Schedule {
    polynomial_schedule(init_value, end_value, 1.0, transition_steps)
}

/// From `init_value` to `end_value` within `transition_steps`; what is left of the way falls with the power `power` of the steps left.
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

/// `init_value`, multiplied by `decay_rate` within each `transition_steps`. `stepwise` makes a staircase of it, `at_least` ends it, `delayed`
/// begins it later.
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

/// From `init_value` to `alpha` times it within `decay_steps`, along half a wave of the cosine (Loshchilov and Hutter, 2017).
///
/// # Panics
/// If `decay_steps` is 0.
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
        refuse!("cosine_decay_schedule: decays within 1 step or more, and 0 are given");
    }
    let steps = decay_steps as f64;
    Schedule::from(move |count: &Tensor| {
        let wave = ((count.minimum(steps) * PI / steps).cos() + 1.0) * 0.5;
        (wave * (1.0 - alpha) + alpha) * init_value
    })
}

/// First linear from `init_value` to `peak_value` within `warmup_steps`, then along the cosine to `end_value`, where it is after
/// `decay_steps` steps, counted from the start.
///
/// # Panics
/// If `decay_steps` is not greater than `warmup_steps`.
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
            "warmup_cosine_decay_schedule: the {decay_steps} steps are those of the whole schedule, and {warmup_steps} are warm-up"
        );
    }
    let alpha = if peak_value == 0.0 { 0.0 } else { end_value / peak_value };
    let up = linear_schedule(init_value, peak_value, warmup_steps);
    join_schedules([up, cosine_decay_schedule(peak_value, decay_steps - warmup_steps, alpha)], &[warmup_steps])
}

/// `init_value`, multiplied by each of the scales from its step on.
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

/// One schedule after the other: each from its boundary on, from which its count begins.
///
/// # Panics
/// If there is not one boundary less than there are schedules.
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
    let Some(first) = schedules.next() else { refuse!("join_schedules: there is no schedule") };
    let later: Vec<Schedule> = schedules.collect();
    if later.len() != boundaries.len() {
        refuse!(
            "join_schedules: {} schedules have {} boundaries between them, and {} are given",
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
