//! The tier `auto`: the host engine answers at once. IREE compiles what costs enough behind it, in a process of its own, and takes over
//! where it computes the same and is faster.

mod agreement;

use crate::compile::compile_in_child;
use crate::device::Device;
use crate::lower::lower_for;
use crate::runnable::{Run, Runnable, on_host, run_plan};
use crate::{Engine, Error, log};
use agreement::difference;
use once_cell::sync::Lazy;
use rune_host::Plan;
use rune_ir::{Program, Value};
use rune_iree::Arg;
use rune_lower::Lowered;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The time on the host engine from which on a program is compiled: about what the compiler takes. `RUNE_TIER_AFTER` overrides it, in
/// milliseconds.
static WORTH_COMPILING: Lazy<Duration> = Lazy::new(|| {
    let said = std::env::var("RUNE_TIER_AFTER").ok().and_then(|ms| ms.trim().parse().ok());
    Duration::from_millis(said.unwrap_or(2000))
});
/// The shortest call that compiled code can shorten by more than its own overhead.
const SHORTEST_CALL: Duration = Duration::from_micros(20);
/// The calls that both engines compute and are timed on.
const TRIALS: usize = 5;

/// Where a program is on its way.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
enum State {
    /// The host engine runs it, and the time is counted.
    Counted,
    /// It is being compiled, or waits for that.
    Compiling,
    /// Both engines run it.
    Tried,
    /// The host engine keeps it.
    Host,
    /// IREE keeps it.
    Iree,
}

/// A program that two engines can run.
pub(crate) struct Tiered {
    program: Arc<Program>,
    plan: Plan,
    device: Device,
    state: AtomicU8,
    /// Nanoseconds of calls so far.
    spent: AtomicU64,
    compiled: OnceLock<Runnable>,
    /// The times of both engines.
    times: Mutex<[Vec<Duration>; 2]>,
}

impl Tiered {
    pub fn new(program: Arc<Program>, plan: Plan, device: Device) -> Arc<Tiered> {
        // Effects happen once for each call, so that only one engine can run them.
        let state = if program.has_effects() || program.callback().is_some() { State::Host } else { State::Counted };
        Arc::new(Tiered {
            program,
            plan,
            device,
            state: AtomicU8::new(state as u8),
            spent: AtomicU64::new(0),
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
    fn change(&self, from: State, to: State) -> bool {
        self.state.compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
    /// Runs the program on the engine that has it now, or on both.
    fn call(self: &Arc<Tiered>, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        match (self.state(), self.compiled.get()) {
            (State::Counted, _) => {
                let start = Instant::now();
                let results = self.on_host(inputs)?;
                self.count(start.elapsed());
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

    /// Counts the time of a call, and has the program compiled once that is worth it.
    fn count(self: &Arc<Tiered>, took: Duration) {
        let spent = self.spent.fetch_add(took.as_nanos() as u64, Ordering::Relaxed) + took.as_nanos() as u64;
        if took < SHORTEST_CALL || Duration::from_nanos(spent) < *WORTH_COMPILING {
            return;
        }
        if !self.change(State::Counted, State::Compiling) {
            return;
        }
        // On this thread: the process may end at any time, and MLIR must not be at work in another thread then.
        match lower_for(&self.program, &self.device) {
            Ok(lowered) => {
                log::background(
                    &self.program,
                    "compiling",
                    &format!("the host engine took {:.1} s", spent as f64 / 1e9),
                );
                let queue = QUEUE.lock().unwrap_or_else(PoisonError::into_inner);
                // The worker never ends.
                let _ = queue.send((Arc::downgrade(self), lowered));
            }
            Err(error) => self.keep_on_host(&format!("it cannot be lowered: {error}")),
        }
    }

    fn keep_on_host(&self, why: &str) {
        log::background(&self.program, "the host engine keeps it", why);
        self.set(State::Host);
    }

    /// Runs a call on both engines, compares the results, and decides once there are enough times.
    fn on_both(&self, compiled: &dyn Run, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        let values = || {
            inputs.iter().map(|arg| match arg {
                Arg::Borrow(value) => Arg::Borrow(value),
                Arg::Donate(value) => Arg::Borrow(value),
            })
        };
        let timed = |run: &dyn Fn() -> Result<Vec<Value>, Error>| {
            let start = Instant::now();
            run().map(|results| (results, start.elapsed()))
        };
        let (expected, host_time) = timed(&|| self.on_host(values().collect()))?;
        let (found, iree_time) = match timed(&|| compiled.run_with(values().collect())) {
            Ok(ran) => ran,
            Err(error) => {
                self.keep_on_host(&format!("compiled code failed: {error}"));
                return Ok(expected);
            }
        };
        if let Some(difference) = difference(&self.program, &expected, &found) {
            self.disagree(&difference, &values().collect::<Vec<_>>());
            return Ok(expected);
        }
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times[0].push(host_time);
        times[1].push(iree_time);
        if times[0].len() == TRIALS {
            let fastest = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
            let (host, iree) = (fastest(&times[0]), fastest(&times[1]));
            log::background(
                &self.program,
                if iree < host { "IREE takes over" } else { "the host engine keeps it" },
                &format!("the host engine takes {host:.1?}, IREE {iree:.1?}"),
            );
            // Another thread may have found that the code is wrong meanwhile: then the host engine keeps the program.
            let winner = if iree < host { State::Iree } else { State::Host };
            self.change(State::Tried, winner);
        }
        Ok(expected)
    }

    /// Says once that compiled code is wrong, and leaves the program to the host engine.
    fn disagree(&self, difference: &str, inputs: &[Arg<'_>]) {
        self.set(State::Host);
        let saved = agreement::save(&self.program, inputs);
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
                self.count(start.elapsed());
                Ok(results)
            }
            State::Compiling | State::Host => run_plan(&self.plan, inputs),
            State::Tried | State::Iree => self.call(inputs.iter().map(|v| Arg::Borrow(v)).collect()),
        }
    }
    fn engine(&self) -> Engine {
        if self.state() == State::Iree { Engine::Iree } else { Engine::Host }
    }
}

type Job = (Weak<Tiered>, Lowered);

/// Programs that wait for the compiler. One is compiled at a time.
static QUEUE: Lazy<Mutex<Sender<Job>>> = Lazy::new(|| {
    let (sender, receiver) = channel::<Job>();
    let work = move || {
        for (tiered, lowered) in receiver {
            // Nobody can call the function any more.
            let Some(tiered) = tiered.upgrade() else { continue };
            let compiled = compile_in_child(&tiered.program, &tiered.device, &lowered);
            match compiled {
                Ok(runnable) => {
                    let _ = tiered.compiled.set(runnable);
                    tiered.set(State::Tried);
                }
                Err(error) => tiered.keep_on_host(&error.to_string()),
            }
        }
    };
    let started = std::thread::Builder::new().name("rune-compile".to_owned()).spawn(work);
    if let Err(error) = started {
        tracing::warn!("programs stay on the host engine: no thread for the compiler can be started: {error}");
    }
    Mutex::new(sender)
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runnable::Planned;
    use rune_ir::Array;
    use rune_trace::{Tensor, make_program};

    fn program(f: impl Fn(&Tensor) -> Tensor + Send + Sync) -> Arc<Program> {
        Arc::new(make_program(f, &Tensor::from([1.0f32, 2.0])).unwrap().simplify())
    }

    /// The program `f` once `compiled` is there, which may be of another program.
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
        // As if a call in another thread ended while this one runs on both engines.
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
