//! Measures the phases from the start to the first answer: `start digits.vmfb` prints microseconds.

use rune::{CompiledProgram, Device, Tensor};
use std::time::{Duration, Instant};

/// The number of later calls.
const CALLS: u32 = 1000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let module = std::env::args_os().nth(1).ok_or("name the module: start digits.vmfb")?;
    let picture = Tensor::from(vec![8u8; 64]);
    let mut start = Instant::now();
    let mut lap = |what: &str, times: u32| {
        let took: Duration = start.elapsed() / times;
        println!("{what}\t{:.1}", took.as_secs_f64() * 1e6);
        start = Instant::now();
    };
    let device = Device::open("cpu")?;
    lap("opening the device", 1);
    let network = CompiledProgram::load_on(module, &device)?;
    lap("loading the module and the weights", 1);
    let answer = || -> Result<i32, Box<dyn std::error::Error>> {
        Ok(network.call(std::slice::from_ref(&picture))?[0].item()?)
    };
    answer()?;
    lap("the first answer", 1);
    for _ in 0..CALLS {
        answer()?;
    }
    lap("a later answer", CALLS);
    Ok(())
}
