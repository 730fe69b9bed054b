//! The tier `auto`. The host engine answers first. IREE compiles expensive programs in the background, in a separate
//! process. It takes over if its results agree and it is faster.

mod agreement;
mod queue;
mod verdicts;

pub(crate) use agreement::{difference, save};

use crate::compile::compile_in_background;
use crate::device::Device;
use crate::runnable::{Run, Runnable, on_host, run_plan};
use crate::{Engine, Error, log};
use once_cell::sync::Lazy;
use queue::Job;
use rune_host::Plan;
use rune_ir::{Program, Value};
use rune_iree::Arg;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use verdicts::{Lowering, StoredVerdict};

/// The total time on the host engine after which a program is compiled: about the duration of a compilation.
/// `RUNE_TIER_AFTER` overrides it, in milliseconds.
static WORTH_COMPILING: Lazy<Duration> = Lazy::new(|| {
    let setting = std::env::var("RUNE_TIER_AFTER").ok().and_then(|ms| ms.trim().parse().ok());
    Duration::from_millis(setting.unwrap_or(2000))
});
/// The total time on the host engine after which the module is looked up in the cache. A lookup takes a few
/// milliseconds, because it needs the lowered program.
const WORTH_LOOKUP: Duration = Duration::from_millis(100);
/// The shortest call that compiled code can speed up by more than its own overhead.
const MIN_CALL_TIME: Duration = Duration::from_micros(20);
/// The number of successive calls shorter than [`MIN_CALL_TIME`] after which calls are no longer timed.
const SHORT_CALLS: u32 = 1000;
/// The number of timed calls that both engines compute.
const TRIALS: usize = 5;

/// The state of a program.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
enum State {
    /// The host engine runs it, and its calls are timed.
    Counted,
    /// It is being compiled, or waits for the compiler.
    Compiling,
    /// Both engines run it, to compare results and times.
    Tried,
    /// The host engine runs it from now on.
    Host,
    /// IREE runs it from now on.
    Iree,
}

/// Makes a program callable on a CPU. The host engine runs it, and IREE takes over once that is worth it.
pub(crate) fn tiered(program: &Arc<Program>, plan: Plan, device: &Device) -> Runnable {
    Box::new(Tiered::new(program.clone(), plan, device.clone()))
}

/// A program that two engines can run.
struct Tiered {
    program: Arc<Program>,
    plan: Plan,
    device: Device,
    state: AtomicU8,
    /// The total time of the calls so far, in nanoseconds.
    spent: AtomicU64,
    /// The number of successive short calls.
    short: AtomicU32,
    /// Whether the module has been looked up in the cache.
    looked_up: AtomicBool,
    /// The lowered program, once it has been needed. `None` if lowering failed.
    lowering: OnceLock<Option<Lowering>>,
    compiled: OnceLock<Runnable>,
    /// The times of both engines.
    times: Mutex<[Vec<Duration>; 2]>,
}

impl Tiered {
    fn new(program: Arc<Program>, plan: Plan, device: Device) -> Arc<Tiered> {
        // Effects happen once per call, so two engines cannot both run them.
        let state = if program.has_effects() || program.callback().is_some() { State::Host } else { State::Counted };
        Arc::new(Tiered {
            program,
            plan,
            device,
            state: AtomicU8::new(state as u8),
            spent: AtomicU64::new(0),
            short: AtomicU32::new(0),
            looked_up: AtomicBool::new(false),
            lowering: OnceLock::new(),
            compiled: OnceLock::new(),
            times: Mutex::default(),
        })
    }
    fn state(&self) -> State {
        const STATES: [State; 5] = [State::Counted, State::Compiling, State::Tried, State::Host, State::Iree];
        STATES[usize::from(self.state.load(Ordering::Acquire))]
    }
    fn set(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
    }
    /// Sets the state if it is `from`, and returns whether it was.
    fn transition(&self, from: State, to: State) -> bool {
        self.state.compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
    /// Runs the program on its current engine, or on both.
    fn call(self: &Arc<Tiered>, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        match (self.state(), self.compiled.get()) {
            (State::Counted, _) => {
                let start = Instant::now();
                let results = self.on_host(inputs)?;
                self.add_call_time(start.elapsed());
                Ok(results)
            }
            (State::Tried, Some(compiled)) => self.on_both(&**compiled, inputs),
            (State::Iree, Some(compiled)) => compiled.run_with(inputs),
            (State::Compiling | State::Host | State::Tried | State::Iree, _) => self.on_host(inputs),
        }
    }

    fn on_host(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        on_host(inputs, |arrays| self.plan.run(arrays))
    }

    /// Adds the time of a call. At the first threshold, it looks the module up in the cache. At the second one, it
    /// queues the program for compilation.
    fn add_call_time(self: &Arc<Tiered>, took: Duration) {
        let spent = self.spent.fetch_add(took.as_nanos() as u64, Ordering::Relaxed) + took.as_nanos() as u64;
        if took < MIN_CALL_TIME {
            if self.short.fetch_add(1, Ordering::Relaxed) + 1 == SHORT_CALLS {
                let why = format!("{SHORT_CALLS} calls in a row took less than {MIN_CALL_TIME:?}");
                if self.transition(State::Counted, State::Host) {
                    log::background(&self.program, "the host engine keeps it", &why);
                }
            }
            return;
        }
        self.short.store(0, Ordering::Relaxed);
        let spent = Duration::from_nanos(spent);
        if spent >= WORTH_LOOKUP.min(*WORTH_COMPILING) && !self.looked_up.swap(true, Ordering::Relaxed) {
            self.look_up();
        }
        if spent < *WORTH_COMPILING || !self.transition(State::Counted, State::Compiling) {
            return;
        }
        // This thread lowers the program: with the feature `melior`, MLIR verifies the module, and the process must not
        // end while another thread is in MLIR.
        if let Some(lowering) = self.lowering() {
            let why = format!("the host engine took {:.1} s", spent.as_secs_f64());
            queue::add(self.job(lowering.clone(), spent, why));
        }
    }

    /// Returns the job that compiles this program. The job does nothing if the function can no longer be called when
    /// the job runs.
    fn job(self: &Arc<Tiered>, lowering: Lowering, spent: Duration, why: String) -> Job {
        let (program, device, tiered) = (self.program.clone(), self.device.clone(), Arc::downgrade(self));
        let refused = tiered.clone();
        let compile = move || {
            let wanted = || tiered.strong_count() > 0;
            if !wanted() {
                return;
            }
            let lowered = (&*lowering.lowered, lowering.took);
            let compiled = compile_in_background(&program, &device, lowered, &why, &wanted);
            if let Some(tiered) = tiered.upgrade() {
                tiered.finish(compiled);
            }
        };
        let refuse = move || refused.upgrade().iter().for_each(|tiered| tiered.set(State::Host));
        Job { spent, compile: Box::new(compile), refuse: Box::new(refuse) }
    }

    /// Returns the lowered program. If lowering fails, the host engine runs the program from now on.
    fn lowering(&self) -> Option<&Lowering> {
        let lower = || match Lowering::of(&self.program, &self.device) {
            Ok(lowering) => Some(lowering),
            Err(error) => {
                self.keep_on_host(&format!("it cannot be lowered: {error}"));
                None
            }
        };
        self.lowering.get_or_init(lower).as_ref()
    }

    /// Looks up the module and its verdict in the cache.
    fn look_up(&self) {
        if !verdicts::may_be_stored() {
            return;
        }
        let Some(stored) = self.lowering().and_then(|lowering| lowering.lookup(&self.program, &self.device)) else {
            return;
        };
        match stored {
            StoredVerdict::Iree(runnable, why) => {
                let _ = self.compiled.set(runnable);
                if self.transition(State::Counted, State::Iree) {
                    log::background(&self.program, "IREE takes over", &why);
                }
            }
            StoredVerdict::Host(why) => {
                if self.transition(State::Counted, State::Host) {
                    log::background(&self.program, "the host engine keeps it", &why);
                }
            }
            StoredVerdict::Untried(runnable) => {
                let _ = self.compiled.set(runnable);
                if self.transition(State::Counted, State::Tried) {
                    log::background(&self.program, "both engines are timed", "the compiled code is in the cache");
                }
            }
        }
    }

    fn keep_on_host(&self, why: &str) {
        log::background(&self.program, "the host engine keeps it", why);
        self.set(State::Host);
    }

    /// Receives the result of the compilation.
    fn finish(&self, compiled: Result<Runnable, Error>) {
        match compiled {
            Ok(runnable) => {
                let _ = self.compiled.set(runnable);
                self.set(State::Tried);
            }
            Err(error) => {
                let Error::Compile(error) = error else { return self.keep_on_host(&error.to_string()) };
                if let Some(Some(lowering)) = self.lowering.get() {
                    lowering.store_failure(&error);
                }
                self.keep_on_host(&error.summary());
            }
        }
    }

    /// Runs a call on both engines and compares the results. Decides after enough timed calls.
    fn on_both(&self, compiled: &dyn Run, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        let values = || inputs.iter().map(Arg::borrowed);
        let timed = |run: &dyn Fn() -> Result<Vec<Value>, Error>| {
            let start = Instant::now();
            run().map(|results| (results, start.elapsed()))
        };
        let on_host = || timed(&|| self.on_host(values().collect()));
        let on_iree = || timed(&|| compiled.run_with(values().collect()));
        // The engine that runs second finds the inputs in the processor's cache, so the engines take turns.
        let trials = self.times.lock().unwrap_or_else(PoisonError::into_inner)[0].len();
        let (host, iree) = if trials.is_multiple_of(2) {
            let host = on_host();
            (host, on_iree())
        } else {
            let iree = on_iree();
            (on_host(), iree)
        };
        let (expected, host_time) = host?;
        let (found, iree_time) = match iree {
            Ok(ran) => ran,
            Err(error) => {
                self.apply_verdict([host_time, Duration::MAX], Some(format!("compiled code failed: {error}")));
                return Ok(expected);
            }
        };
        let (inputs, rerun) = (values().collect::<Vec<_>>(), |arrays| self.plan.run(arrays).ok());
        if let Some(difference) = difference(&self.program, &inputs, &expected, &found, &rerun) {
            self.report_fault([host_time, iree_time], &difference, &inputs);
            return Ok(expected);
        }
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times[0].push(host_time);
        times[1].push(iree_time);
        if times[0].len() == TRIALS {
            let fastest = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
            self.apply_verdict([fastest(&times[0]), fastest(&times[1])], None);
        }
        Ok(expected)
    }

    /// Chooses the faster engine, or the host engine if there is a fault, and stores the verdict for other processes.
    fn apply_verdict(&self, times: [Duration; 2], fault: Option<String>) {
        let verdict = verdicts::verdict(times, fault);
        let wins = verdict.compiled_wins();
        // Another thread may have found a fault in the meantime. If so, the host engine stays.
        let decided = match verdict.fault.is_some() {
            true => {
                self.set(State::Host);
                true
            }
            false => self.transition(State::Tried, if wins { State::Iree } else { State::Host }),
        };
        if !decided {
            return;
        }
        let winner = if wins { "IREE takes over" } else { "the host engine keeps it" };
        log::background(&self.program, winner, &verdicts::summary(&verdict));
        if let Some(Some(lowering)) = self.lowering.get() {
            lowering.store(&verdict);
        }
    }

    /// Warns once that compiled code is wrong, and lets the host engine run the program.
    fn report_fault(&self, times: [Duration; 2], difference: &str, inputs: &[Arg<'_>]) {
        self.apply_verdict(times, Some(difference.to_owned()));
        let saved = save(&self.program, inputs);
        let saved = saved.map(|path| format!("; the program and its inputs are in {}", path.display()));
        tracing::warn!(
            "what IREE compiled for `{}` computes other results than the host engine ({difference}); the host engine keeps the \
             function{}",
            self.program.name(),
            saved.unwrap_or_default()
        );
    }
}

impl Run for Arc<Tiered> {
    fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        self.call(inputs)
    }
    fn run(&self, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
        match self.state() {
            State::Counted => {
                let start = Instant::now();
                let results = run_plan(&self.plan, inputs)?;
                self.add_call_time(start.elapsed());
                Ok(results)
            }
            State::Compiling | State::Host => run_plan(&self.plan, inputs),
            State::Tried | State::Iree => self.call(inputs.iter().map(|v| Arg::Borrow(v)).collect()),
        }
    }
    fn engine(&self) -> Engine {
        if self.state() == State::Iree { Engine::Iree } else { Engine::Host }
    }
    fn is_settled(&self) -> bool {
        matches!(self.state(), State::Host | State::Iree)
    }
}

#[cfg(test)]
mod faults;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runnable::Planned;
    use rune_ir::Array;
    use rune_trace::{Tensor, make_program};

    fn program(f: impl Fn(&Tensor) -> Tensor + Send + Sync) -> Arc<Program> {
        Arc::new(make_program(f, &Tensor::from([1.0f32, 2.0])).unwrap().simplify())
    }

    /// Returns the program `f` in trial, with the code of `compiled`, which may be another program.
    fn tried(f: &Arc<Program>, compiled: &Program) -> Arc<Tiered> {
        let tiered = Tiered::new(f.clone(), Plan::new(f), Device::open("cpu").unwrap());
        let _ = tiered.compiled.set(Box::new(Planned(Plan::new(compiled))));
        tiered.set(State::Tried);
        tiered
    }

    fn call(tiered: &Arc<Tiered>) -> Vec<f32> {
        let x = Value::Host(Array::from_slice([2], &[3.0f32, 4.0]));
        let results = tiered.run_with(vec![Arg::Borrow(&x)]).unwrap();
        results[0].to_host().unwrap().as_slice::<f32>().to_vec()
    }

    #[test]
    fn wrong_code_is_found_and_never_answers() {
        let right = program(|x| x * 2.0);
        for wrong in [program(|x| x * 2.1), program(|x| x * f32::NAN), program(|x| x.max() * x)] {
            let tiered = tried(&right, &wrong);
            for _ in 0..TRIALS + 1 {
                assert_eq!(call(&tiered), [6.0, 8.0]);
                assert_eq!(tiered.state(), State::Host);
            }
        }
    }

    #[test]
    fn after_some_calls_on_both_engines_one_keeps_the_program() {
        let f = program(|x| x * 2.0);
        let tiered = tried(&f, &f);
        for _ in 0..TRIALS {
            assert_eq!(tiered.state(), State::Tried);
            assert_eq!(call(&tiered), [6.0, 8.0]);
        }
        assert!(matches!(tiered.state(), State::Host | State::Iree));
        assert_eq!(call(&tiered), [6.0, 8.0]);
    }

    #[test]
    fn code_that_was_found_wrong_does_not_win_in_another_thread() {
        let f = program(|x| x * 2.0);
        let tiered = tried(&f, &f);
        *tiered.times.lock().unwrap() = [vec![Duration::MAX; TRIALS - 1], vec![Duration::ZERO; TRIALS - 1]];
        // This simulates a call in another thread that ends while this one runs on both engines.
        tiered.set(State::Host);
        let x = Value::Host(Array::from_slice([2], &[3.0f32, 4.0]));
        tiered.on_both(&**tiered.compiled.get().unwrap(), vec![Arg::Borrow(&x)]).unwrap();
        assert_eq!(tiered.times.lock().unwrap()[0].len(), TRIALS);
        assert_eq!(tiered.state(), State::Host);
    }

    #[test]
    fn programs_with_effects_stay_on_the_host_engine() {
        let f = program(|x| {
            rune_trace::debug_print!("x is {}", x);
            x * 2.0
        });
        assert_eq!(Tiered::new(f.clone(), Plan::new(&f), Device::open("cpu").unwrap()).state(), State::Host);
    }
}
