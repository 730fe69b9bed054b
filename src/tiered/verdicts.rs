//! What is known of a program's module: in the cache, beside its entry.

use crate::Error;
use crate::compile::load;
use crate::device::Device;
use crate::lower::{lower_for, options_for};
use crate::runnable::Runnable;
use once_cell::sync::Lazy;
use rune_iree::{CompileCache, CompileError, Verdict};
use rune_lower::Lowered;
use rune_trace::Program;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A lowered program, and what the cache knows it by.
#[derive(Clone)]
pub(crate) struct Lowering {
    pub lowered: Arc<Lowered>,
    /// The time that lowering took.
    pub took: Duration,
    identity: Arc<str>,
    device: Device,
}

/// What is known of a module.
pub(super) enum Said {
    /// It is right and faster.
    Iree(Runnable, String),
    /// It is not.
    Host(String),
    /// It is there, and was not tried.
    Untried(Runnable),
}

/// The threads of the host engine, on whose number verdicts depend.
static THREADS: Lazy<usize> = Lazy::new(|| {
    let said = std::env::var("RAYON_NUM_THREADS").ok().and_then(|n| n.trim().parse().ok()).filter(|n| *n > 0);
    said.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
});

/// A verdict of this process.
pub(super) fn verdict(times: [Duration; 2], fault: Option<String>) -> Verdict {
    Verdict::new(times, fault, *THREADS)
}

/// A verdict for the log.
pub(super) fn shown(verdict: &Verdict) -> String {
    let times = format!("the host engine takes {:.1?}, IREE {:.1?}", verdict.host, verdict.compiled);
    match &verdict.fault {
        Some(fault) => rune_iree::excerpt(fault, 4),
        None => times,
    }
}

/// Whether the cache can know of modules at all. If not, nothing is lowered for asking it.
pub(super) fn may_be_known() -> bool {
    CompileCache::global().dir().is_some_and(|dir| dir.join("modules").is_dir())
}

impl Lowering {
    pub fn of(program: &Program, device: &Device) -> Result<Lowering, Error> {
        let start = Instant::now();
        let lowered = lower_for(program, device)?;
        let (took, identity) = (start.elapsed(), lowered.identity().into());
        Ok(Lowering { lowered: Arc::new(lowered), took, identity, device: device.clone() })
    }
    /// What the cache knows of the module.
    pub(super) fn known(&self, program: &Program, device: &Device) -> Option<Said> {
        let (cache, options) = (CompileCache::global(), options_for(device));
        let verdict = cache.verdict(&self.identity, &options).filter(|verdict| verdict.holds(*THREADS));
        let earlier = |verdict: &Verdict| format!("found earlier: {}", shown(verdict));
        if let Some(verdict) = verdict.as_ref().filter(|verdict| !verdict.compiled_wins()) {
            return Some(Said::Host(earlier(verdict)));
        }
        let module = cache.find(&self.identity, &options)?.module;
        let runnable = load(program, device, &module, &self.lowered.signature).ok()?;
        Some(match &verdict {
            Some(verdict) => Said::Iree(runnable, earlier(verdict)),
            None => Said::Untried(runnable),
        })
    }
    /// Keeps a verdict for other processes.
    pub fn keep(&self, verdict: &Verdict) {
        CompileCache::global().set_verdict(&self.identity, &options_for(&self.device), verdict);
    }
    /// Keeps that the compiler rejects the program. Limits differ between processes.
    pub fn keep_failure(&self, error: &CompileError) {
        if let CompileError::Rejected { .. } = error {
            self.keep(&verdict([Duration::ZERO; 2], Some(error.shortly())));
        }
    }
}
