//! Tests a CPU and a GPU at once in one process. `RUNE_SOAK_SECONDS=600` runs for ten minutes, and prints the memory
//! every thirty seconds.

use super::devices::is_separate_process;
use super::gpu::gpu;
use rune::Device;
use rune::prelude::*;
use std::time::{Duration, Instant};

/// The number of threads of a round, and the number of steps of each thread.
const THREADS: usize = 4;
const STEPS: usize = 25;
/// The number of rounds before the first measurement. One-time allocations are finished by then.
const WARM_UP: usize = 3;
/// The allowed growth of the process's memory in bytes. Allocators keep freed memory.
const TOLERANCE: u64 = 24 << 20;

/// Returns the memory of this process in bytes, if the system reports it.
fn resident_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

/// Programs of the two devices. All threads call them.
struct Work<'a> {
    gpu: &'a Device,
    cpu: &'a Device,
    on_cpu: &'a (dyn Fn(&Tensor) -> (Tensor, Tensor) + Sync),
    on_gpu: &'a (dyn Fn(&Tensor) -> (Tensor, Tensor) + Sync),
    update: &'a (dyn Fn(Tensor, &Tensor) -> Tensor + Sync),
}

impl Work<'_> {
    /// Runs one thread of one round. Each device computes from the other's results.
    fn run(&self, thread: usize) {
        let values: Vec<f32> = (0..1000).map(|i| ((i * 7 + thread * 13) % 101) as f32).collect();
        let total: f32 = values.iter().sum();
        let x = Tensor::from_slice([10, 100], &values);
        let mut table = x.to(self.gpu).unwrap();
        for step in 0..STEPS {
            let there = x.to(self.gpu).unwrap();
            let ((doubled, of_cpu), (there_doubled, of_gpu)) = ((self.on_cpu)(&x), (self.on_gpu)(&there));
            assert_eq!(
                (there_doubled.device().unwrap(), doubled.device().unwrap()),
                (self.gpu.clone(), Device::host())
            );
            assert_eq!(
                (of_cpu.item::<f32>().unwrap(), of_gpu.item::<f32>().unwrap()),
                (total, total),
                "thread {thread}"
            );
            // Each device doubles the other's results.
            let (fourfold, _) = (self.on_cpu)(&there_doubled.to(self.cpu).unwrap());
            let (there_fourfold, of_doubled) = (self.on_gpu)(&doubled.to(self.gpu).unwrap());
            assert_eq!(of_doubled.item::<f32>().unwrap(), 2.0 * total);
            assert_eq!(fourfold.to_vec::<f32>().unwrap(), there_fourfold.to_vec::<f32>().unwrap());
            assert_eq!(fourfold.i((3, 4)).item::<f32>().unwrap(), 4.0 * values[304]);
            // An expression outside functions, and an update in place.
            assert_eq!((&there_fourfold - &there).i((0, 1)).item::<f32>().unwrap(), 3.0 * values[1]);
            table = (self.update)(table, &Tensor::scalar((step % 10) as i32));
        }
        assert_eq!(table.i((2, 5)).item::<f32>().unwrap(), 1.0);
    }
}

#[test]
fn four_threads_use_two_devices_and_memory_stays_flat() {
    let Some(gpu) = gpu() else { return };
    if !is_separate_process("two_devices::four_threads_use_two_devices_and_memory_stays_flat", &[]) {
        return;
    }
    let seconds =
        std::env::var("RUNE_SOAK_SECONDS").ok().map(|text| text.parse().expect("RUNE_SOAK_SECONDS is a number"));
    let lasts = Duration::from_secs(seconds.unwrap_or(4));
    let cpu = Device::cpu();
    let f = |x: &Tensor| (x * 2.0, x.sum());
    let (on_cpu, on_gpu) = (jit(f).tier(rune::Tier::Iree).on(&cpu), jit(f).on(&gpu));
    let write = jit(|table: &Tensor, row: &Tensor| table.at(row).set(1.0)).donate();
    let work = Work {
        gpu: &gpu,
        cpu: &cpu,
        on_cpu: &|x| on_cpu(x),
        on_gpu: &|x| on_gpu(x),
        update: &|table, row| write(table, row),
    };
    let round = || {
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let work = &work;
                scope.spawn(move || work.run(thread));
            }
        });
        (resident_memory().unwrap_or_default(), gpu.memory().unwrap().in_use, cpu.memory().unwrap().in_use)
    };
    for _ in 0..WARM_UP {
        round();
    }
    let (first, begun) = (round(), Instant::now());
    let (mut last, mut rounds, mut reported) = (first, 1, begun);
    while begun.elapsed() < lasts {
        (last, rounds) = (round(), rounds + 1);
        if seconds.is_some() && reported.elapsed() > Duration::from_secs(30) {
            reported = Instant::now();
            println!(
                "{:?}: {rounds} rounds, {last:?} bytes in the process, on {} and on the CPU",
                begun.elapsed(),
                gpu.name()
            );
        }
    }
    println!(
        "{rounds} rounds of {THREADS} threads and {STEPS} steps in {:?}: {first:?}, then {last:?}",
        begun.elapsed()
    );
    println!("peak on {}: {} bytes", gpu.name(), gpu.memory().unwrap().peak);
    assert_eq!((last.1, last.2), (first.1, first.2), "bytes of the devices, once all tensors are dropped");
    assert!(last.0 < first.0 + TOLERANCE, "the process grew from {} to {} bytes in {rounds} rounds", first.0, last.0);
}
