//! The profile of one program, as tables by operation and by line.

use super::machine::MachineRates;
use crate::Plan;
use rune_ir::interpret::InterpretError;
use rune_ir::profile::{self, Event};
use rune_ir::{Array, Program};
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::time::{Duration, Instant};

/// The total time of all calls, unless the maximum number of calls is reached first.
const TOTAL_TIME: Duration = Duration::from_millis(300);
const MAX_CALLS: u32 = 1000;
const MIN_CALLS: u32 = 3;
/// The maximum number of rows of a printed table.
const SHOWN: usize = 25;

/// The times of the steps of a program on the host engine.
///
/// ```
/// use rune_host::Profile;
/// use rune_trace::{Array, DType, Tensor, make_program};
/// let x = Tensor::ones([64, 64], DType::F32);
/// let program = make_program(|x: &Tensor| x.matmul(x).tanh(), &x).unwrap();
/// let profile = Profile::measure(&program.simplify(), &[x.to_array().unwrap()]).unwrap();
/// assert!(profile.by_operation.iter().any(|row| row.name == "dot_general" && row.flops == 2 * 64 * 64 * 64));
/// println!("{profile}");
/// ```
#[derive(Clone, Debug)]
pub struct Profile {
    /// The name of the program.
    pub name: String,
    /// The number of measured calls.
    pub calls: u32,
    /// The time of a call.
    pub call: Duration,
    /// The time of planning.
    pub planning: Duration,
    /// The floating-point operations per second that this machine reaches in matrix products.
    pub peak_flops: f64,
    /// The bytes per second that this machine reads and writes when it copies.
    pub peak_bandwidth: f64,
    /// One row for each kernel or other operation, the longest first.
    pub by_operation: Vec<Row>,
    /// One row for each line of the source; the longest first.
    pub by_line: Vec<Row>,
}

/// The measurements of an operation or a line, per call.
#[derive(Clone, Debug)]
pub struct Row {
    /// The operation or the line.
    pub name: String,
    /// The number of executions.
    pub times: f64,
    /// The total time.
    pub took: Duration,
    /// The floating-point operations.
    pub flops: u64,
    /// The bytes read and written.
    pub bytes: u64,
}

impl Profile {
    /// Measures a program on these inputs: runs it repeatedly for about 0.3 seconds.
    ///
    /// # Errors
    /// Returns an error where [`Plan::run`] does.
    pub fn measure(program: &Program, inputs: &[Array]) -> Result<Profile, InterpretError> {
        let start = Instant::now();
        let plan = Plan::new(program);
        let planning = start.elapsed();
        // The first call allocates the memory.
        plan.run(inputs.to_vec())?;
        let begin = Instant::now();
        let (mut calls, mut together, mut all) = (0, Duration::ZERO, Vec::new());
        while calls < MIN_CALLS || (begin.elapsed() < TOTAL_TIME && calls < MAX_CALLS) {
            let (result, events) = profile::collect(|| {
                let start = Instant::now();
                plan.run(inputs.to_vec()).map(|_| start.elapsed())
            });
            together += result?;
            all.extend(events);
            calls += 1;
        }
        let machine = MachineRates::measure();
        let own = own_times(&all);
        let line = |event: &Event| event.details.loc.as_ref().map_or("unknown".to_owned(), ToString::to_string);
        Ok(Profile {
            name: program.name().to_owned(),
            calls,
            call: together / calls,
            planning,
            peak_flops: machine.flops,
            peak_bandwidth: machine.bytes,
            by_operation: rows(&all, &own, calls, |event| event.name.clone()),
            by_line: rows(&all, &own, calls, line),
        })
    }
}

/// Returns the own time of each event: without the events inside it, which come earlier in the list.
fn own_times(events: &[Event]) -> Vec<Duration> {
    let mut open: Vec<&Event> = Vec::new();
    let mut own = Vec::with_capacity(events.len());
    for event in events {
        let mut within = Duration::ZERO;
        while let Some(last) = open.pop_if(|last| last.begin >= event.begin) {
            within += last.took;
        }
        open.push(event);
        own.push(event.took.saturating_sub(within));
    }
    own
}

fn rows(events: &[Event], own: &[Duration], calls: u32, name: impl Fn(&Event) -> String) -> Vec<Row> {
    let mut found: BTreeMap<String, (u64, Duration, u64, u64)> = BTreeMap::new();
    for (event, &took) in events.iter().zip(own) {
        let (times, together, flops, bytes) = found.entry(name(event)).or_default();
        *times += 1;
        *together += took;
        *flops += event.details.flops;
        *bytes += event.details.bytes;
    }
    let row = |(name, (times, took, flops, bytes))| Row {
        name,
        times: times as f64 / f64::from(calls),
        took: took / calls,
        flops: flops / u64::from(calls),
        bytes: bytes / u64::from(calls),
    };
    let mut rows: Vec<Row> = found.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.took));
    rows
}

impl Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Profile { name, calls, call, planning, peak_flops, peak_bandwidth, .. } = self;
        writeln!(f, "{name}: {call:.1?} per call over {calls} calls, planned in {planning:.1?}")?;
        writeln!(
            f,
            "this machine: {:.0} GFLOP/s in products, {:.1} GB/s in copies",
            peak_flops / 1e9,
            peak_bandwidth / 1e9
        )?;
        self.table(f, "operation", &self.by_operation)?;
        self.table(f, "line", &self.by_line)
    }
}

impl Profile {
    fn table(&self, f: &mut fmt::Formatter<'_>, what: &str, rows: &[Row]) -> fmt::Result {
        let all: Duration = rows.iter().map(|row| row.took).sum();
        writeln!(
            f,
            "\n{:>9} {:>6} {:>7} {:>9} {:>5} {:>8} {:>5}  {what}",
            "µs", "share", "times", "GFLOP/s", "peak", "GB/s", "peak"
        )?;
        for row in rows.iter().take(SHOWN) {
            let seconds = row.took.as_secs_f64().max(1e-9);
            let (flops, bytes) = (row.flops as f64 / seconds, row.bytes as f64 / seconds);
            let percent = |part: f64, whole: f64| format!("{:.0}%", 100.0 * part / whole);
            writeln!(
                f,
                "{:>9.1} {:>6} {:>7.1} {:>9.2} {:>5} {:>8.2} {:>5}  {}",
                seconds * 1e6,
                percent(seconds, all.as_secs_f64().max(1e-9)),
                row.times,
                flops / 1e9,
                percent(flops, self.peak_flops),
                bytes / 1e9,
                percent(bytes, self.peak_bandwidth),
                row.name
            )?;
        }
        if rows.len() > SHOWN {
            writeln!(f, "{} more rows", rows.len() - SHOWN)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rune_ir::profile::Details;

    #[test]
    fn the_time_of_a_loop_is_without_that_of_its_steps() {
        let event = |begin: u64, took: u64| Event {
            category: "step",
            name: String::new(),
            begin: Duration::from_micros(begin),
            took: Duration::from_micros(took),
            thread: 1,
            details: Details::default(),
        };
        // Two steps of an inner loop, the inner loop, another step, the outer loop, and a step after it.
        let events = [event(2, 3), event(5, 1), event(1, 6), event(8, 2), event(0, 12), event(12, 4)];
        let own: Vec<u128> = own_times(&events).iter().map(Duration::as_micros).collect();
        assert_eq!(own, [3, 1, 2, 2, 4, 4]);
    }

    #[test]
    fn steps_of_loops_have_their_operations_and_lines() {
        let profile = Profile::measure(&loop_program(), &[Array::from_slice([2], &[1.0f32, 2.0])]).unwrap();
        let tanh = profile.by_operation.iter().find(|row| row.name == "tanh").expect("a row of the step");
        assert_eq!((tanh.times, tanh.flops, tanh.bytes), (3.0, 6, 48));
        assert!(profile.to_string().contains("tanh"), "{profile}");
    }

    fn loop_program() -> Program {
        use rune_ir::{Op, Origin, ProgramBuilder, Type, Var, op::UnaryFn};
        let ty = Type::new(rune_ir::DType::F32, [2]);
        let mut body = ProgramBuilder::new("step", vec![ty.clone()], vec![]);
        let y = body.push(Op::Unary { f: UnaryFn::Tanh, x: Var(0) }, Origin::default()).unwrap()[0];
        let body = std::sync::Arc::new(body.finish(vec![y]).unwrap());
        let mut program = ProgramBuilder::new("f", vec![ty], vec![]);
        let scan = Op::Scan { args: vec![Var(0)], consts: 0, carry: 1, length: 3, reverse: false, unroll: 0, body };
        let y = program.push(scan, Origin::default()).unwrap()[0];
        program.finish(vec![y]).unwrap()
    }
}
