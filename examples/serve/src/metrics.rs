//! The metrics of the server, for Prometheus.

use prometheus::{
    Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
    exponential_buckets,
};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The number of seconds over which `serve_texts_per_second` is the mean.
const WINDOW: u64 = 10;

pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: Histogram,
    batch_texts: Histogram,
    batch_seconds: Histogram,
    texts: IntCounter,
    texts_per_second: Gauge,
    queue_depth: IntGauge,
    resident_memory: IntGauge,
    begin: Instant,
    rate: Rate,
}

impl Metrics {
    /// # Errors
    /// If a metric has an unusable name.
    pub fn new() -> Result<Metrics, prometheus::Error> {
        let histogram = |name: &str, about: &str, buckets: Vec<f64>| {
            Histogram::with_opts(HistogramOpts::new(name, about).buckets(buckets))
        };
        // From 1 ms to 16 s.
        let seconds = || exponential_buckets(1e-3, 2.0, 15);
        let metrics = Metrics {
            registry: Registry::new(),
            requests: IntCounterVec::new(Opts::new("serve_requests_total", "Requests of embeddings"), &["status"])?,
            request_seconds: histogram("serve_request_seconds", "Time from a request to its answer", seconds()?)?,
            batch_texts: histogram("serve_batch_texts", "Texts in a batch", exponential_buckets(1.0, 2.0, 8)?)?,
            batch_seconds: histogram("serve_batch_seconds", "Time to compute a batch", seconds()?)?,
            texts: IntCounter::new("serve_texts_total", "Texts whose embedding is computed")?,
            texts_per_second: Gauge::new("serve_texts_per_second", "Computed texts, over the last ten seconds")?,
            queue_depth: IntGauge::new("serve_queue_depth", "Texts that wait")?,
            resident_memory: IntGauge::new("process_resident_memory_bytes", "Resident memory")?,
            begin: Instant::now(),
            rate: Rate::default(),
        };
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.request_seconds.clone()))?;
        metrics.registry.register(Box::new(metrics.batch_texts.clone()))?;
        metrics.registry.register(Box::new(metrics.batch_seconds.clone()))?;
        metrics.registry.register(Box::new(metrics.texts.clone()))?;
        metrics.registry.register(Box::new(metrics.texts_per_second.clone()))?;
        metrics.registry.register(Box::new(metrics.queue_depth.clone()))?;
        metrics.registry.register(Box::new(metrics.resident_memory.clone()))?;
        Ok(metrics)
    }
    /// Counts a request that is answered, or whose client has disconnected.
    pub fn request(&self, status: &str, took: Duration) {
        self.requests.with_label_values(&[status]).inc();
        self.request_seconds.observe(took.as_secs_f64());
    }
    /// Counts a batch.
    pub fn batch(&self, texts: usize, took: Duration, succeeds: bool) {
        self.batch_texts.observe(texts as f64);
        self.batch_seconds.observe(took.as_secs_f64());
        if succeeds {
            self.texts.inc_by(texts as u64);
            self.rate.add(self.begin.elapsed(), texts as u64);
        }
    }
    /// Returns the computed texts per second.
    pub fn texts_per_second(&self) -> f64 {
        self.rate.per_second(self.begin.elapsed())
    }
    /// Returns all metrics in Prometheus' text form.
    ///
    /// # Errors
    /// If a metric cannot be written.
    pub fn text(&self, queue_depth: usize) -> Result<String, prometheus::Error> {
        self.queue_depth.set(i64::try_from(queue_depth).unwrap_or(i64::MAX));
        self.texts_per_second.set(self.texts_per_second());
        if let Some(bytes) = resident_memory() {
            self.resident_memory.set(bytes);
        }
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// Returns the resident memory of this process in bytes, where the system has `/proc`.
fn resident_memory() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Counts over the last seconds.
#[derive(Default)]
struct Rate {
    /// The counts by second.
    counts: Mutex<VecDeque<(u64, u64)>>,
}

impl Rate {
    fn add(&self, now: Duration, count: u64) {
        let second = now.as_secs();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.back_mut() {
            Some((last, sum)) if *last == second => *sum += count,
            _ => counts.push_back((second, count)),
        }
        counts.retain(|(at, _)| at + WINDOW >= second);
    }
    fn per_second(&self, now: Duration) -> f64 {
        let now = now.as_secs_f64();
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let from = now - WINDOW as f64;
        let sum: u64 = counts.iter().filter(|(at, _)| *at as f64 >= from).map(|(_, count)| count).sum();
        // If the server is younger than the window, divide by its age.
        sum as f64 / now.clamp(1.0, WINDOW as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::{Rate, resident_memory};
    use std::time::Duration;

    #[test]
    fn the_rate_is_that_of_the_last_ten_seconds() {
        let rate = Rate::default();
        let seconds = Duration::from_secs_f64;
        assert_eq!(rate.per_second(seconds(0.5)), 0.0);
        rate.add(seconds(0.2), 6);
        rate.add(seconds(0.7), 2);
        assert_eq!(rate.per_second(seconds(0.9)), 8.0);
        assert_eq!(rate.per_second(seconds(4.0)), 2.0);
        for second in 1..100 {
            rate.add(seconds(f64::from(second) + 0.5), 30);
        }
        assert_eq!(rate.per_second(seconds(100.0)), 30.0);
        assert_eq!(rate.per_second(seconds(105.0)), 15.0);
        assert_eq!(rate.per_second(seconds(200.0)), 0.0);
        // Old counts are removed.
        assert!(rate.counts.lock().unwrap().len() <= 11);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn resident_memory_grows_with_use() {
        let before = resident_memory().unwrap();
        let used = vec![1u8; 64 << 20];
        let after = resident_memory().unwrap();
        assert!(after - before > 60 << 20, "{before} and {after} bytes, with {} more", used.len());
    }
}
