//! Verdicts on modules, stored beside their entries in the cache.

use crate::Error;
use crate::compile::load;
use crate::device::Device;
use crate::lower::{lower_for, options_for};
use crate::runnable::Runnable;
use rune_iree::{CompileCache, CompileError, Verdict};
use rune_lower::LoweredModule;
use rune_trace::Program;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A lowered program and its key in the cache.
#[derive(Clone)]
pub(super) struct Lowering {
    pub lowered: Arc<LoweredModule>,
    /// The time of lowering.
    pub took: Duration,
    identity: Arc<str>,
    device: Device,
}

/// The stored verdict on a module.
pub(super) enum StoredVerdict {
    /// It is correct and faster.
    Iree(Runnable, String),
    /// It is wrong or slower.
    Host(String),
    /// It exists, and has not been tried.
    Untried(Runnable),
}

/// Returns a verdict of this process.
pub(super) fn verdict(times: [Duration; 2], fault: Option<String>) -> Verdict {
    Verdict::new(times, fault, rune_host::threads())
}

/// Returns a verdict as text for the log.
pub(super) fn summary(verdict: &Verdict) -> String {
    let times = format!("the host engine takes {:.1?}, IREE {:.1?}", verdict.host, verdict.compiled);
    match &verdict.fault {
        Some(fault) => rune_iree::excerpt(fault, 4),
        None => times,
    }
}

/// Returns whether the cache can hold modules. If it cannot, programs are not lowered for a lookup.
pub(super) fn may_be_stored() -> bool {
    CompileCache::global().dir().is_some_and(|dir| dir.join("modules").is_dir())
}

impl Lowering {
    pub fn of(program: &Program, device: &Device) -> Result<Lowering, Error> {
        let start = Instant::now();
        let lowered = lower_for(program, device)?;
        let (took, identity) = (start.elapsed(), lowered.identity().into());
        Ok(Lowering { lowered: Arc::new(lowered), took, identity, device: device.clone() })
    }
    /// Looks the module up in the cache.
    pub(super) fn lookup(&self, program: &Program, device: &Device) -> Option<StoredVerdict> {
        let (cache, options) = (CompileCache::global(), options_for(device));
        let verdict = cache.verdict(&self.identity, &options).filter(|verdict| verdict.holds(rune_host::threads()));
        let earlier = |verdict: &Verdict| format!("found earlier: {}", summary(verdict));
        if let Some(verdict) = verdict.as_ref().filter(|verdict| !verdict.compiled_wins()) {
            return Some(StoredVerdict::Host(earlier(verdict)));
        }
        let module = cache.find(&self.identity, &options)?.module;
        let runnable = load(program, device, &module, &self.lowered.signature).ok()?;
        Some(match &verdict {
            Some(verdict) => StoredVerdict::Iree(runnable, earlier(verdict)),
            None => StoredVerdict::Untried(runnable),
        })
    }
    /// Stores a verdict for other processes.
    pub fn store(&self, verdict: &Verdict) {
        CompileCache::global().set_verdict(&self.identity, &options_for(&self.device), verdict);
    }
    /// Stores that the compiler rejects the program. Exceeded limits are not stored, because limits differ between
    /// processes.
    pub fn store_failure(&self, error: &CompileError) {
        if let CompileError::Rejected { .. } = error {
            self.store(&verdict([Duration::ZERO; 2], Some(error.summary())));
        }
    }
}
