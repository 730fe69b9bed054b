//! Verdicts on modules: which engine is faster, and whether the results agree.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The verdict on a compiled module after real calls: the times on the module and on the host engine, and whether the
/// results agree.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The time of the fastest call on the host engine.
    pub host: Duration,
    /// The time of the fastest call of the module.
    pub compiled: Duration,
    /// The fault of the module, if any: how its results differ, or why the program does not compile.
    pub fault: Option<String>,
    /// The number of threads of the host engine.
    pub threads: usize,
    /// The version of rune.
    pub version: String,
}

impl Verdict {
    /// Returns a verdict of this version.
    ///
    /// ```
    /// use rune_iree::Verdict;
    /// use std::time::Duration;
    /// let verdict = Verdict::new([Duration::from_millis(5), Duration::from_millis(2)], None, 8);
    /// assert!(verdict.compiled_wins() && verdict.holds(8) && !verdict.holds(2));
    /// ```
    pub fn new([host, compiled]: [Duration; 2], fault: Option<String>, threads: usize) -> Verdict {
        Verdict { host, compiled, fault, threads, version: env!("CARGO_PKG_VERSION").to_owned() }
    }
    /// Returns whether the module is correct, and faster than the host engine by at least a twentieth. A smaller
    /// difference is noise.
    pub fn compiled_wins(&self) -> bool {
        self.fault.is_none() && self.compiled < self.host.mul_f64(0.95)
    }
    /// Returns whether the verdict is valid for this number of threads of the host engine. A fault is valid for any
    /// number.
    pub fn holds(&self, threads: usize) -> bool {
        self.version == env!("CARGO_PKG_VERSION") && (self.threads == threads || self.fault.is_some())
    }
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
    pub(super) fn from_json(text: &str) -> Option<Verdict> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_read_as_they_are_written() {
        let times = [Duration::from_micros(1500), Duration::from_millis(1)];
        let wrong = Verdict::new(times, Some("output 0: 1 of 2 elements".to_owned()), 2);
        assert!(!wrong.compiled_wins() && wrong.holds(16));
        assert_eq!(Verdict::from_json(&wrong.to_json()), Some(wrong.clone()));
        assert!(!Verdict { version: "0.0.0".to_owned(), ..wrong }.holds(2));
        assert!(Verdict::new(times, None, 2).compiled_wins());
        assert_eq!(Verdict::from_json("{"), None);
    }
}
