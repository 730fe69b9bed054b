//! Reports of compilations.

use super::phases::PHASES;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The times of a compilation, and the statistics of its result.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CompileReport {
    /// The phases in order, with their durations.
    pub phases: Vec<(&'static str, Duration)>,
    /// The statistics of a call of the module.
    pub statistics: Statistics,
}

impl CompileReport {
    /// Returns the form of the report in the cache.
    pub(crate) fn to_json(&self) -> String {
        let phases: Vec<(&str, f64)> = self.phases.iter().map(|(phase, took)| (*phase, took.as_secs_f64())).collect();
        serde_json::json!({ "statistics": self.statistics, "phases": phases }).to_string()
    }
    pub(crate) fn from_json(text: &str) -> Option<CompileReport> {
        let StoredReport { statistics, phases } = serde_json::from_str(text).ok()?;
        let phase = |(name, seconds): (String, f64)| {
            let name = PHASES.into_iter().find(|phase| *phase == name)?;
            Some((name, Duration::try_from_secs_f64(seconds).ok()?))
        };
        Some(CompileReport { statistics, phases: phases.into_iter().map(phase).collect::<Option<_>>()? })
    }
}

#[derive(Deserialize)]
struct StoredReport {
    statistics: Statistics,
    phases: Vec<(String, f64)>,
}

/// The scheduling statistics of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Statistics {
    /// The number of kernels that a call starts.
    pub dispatches: u64,
    /// The number of different kernels.
    pub executables: u64,
    /// The number of fills and copies of memory in a call.
    pub transfers: u64,
    /// The bytes of intermediate values in a call.
    pub transient_bytes: u64,
    /// The bytes of constants in the module.
    pub constant_bytes: u64,
}

impl Statistics {
    /// Parses the output of IREE for `--iree-scheduling-dump-statistics-format=json`.
    pub(crate) fn parse(text: &str) -> Option<Statistics> {
        let File { aggregate: Aggregate { global, execution, executable } } = serde_json::from_str(text).ok()?;
        Some(Statistics {
            dispatches: execution.dispatches,
            executables: executable.count,
            transfers: execution.fills + execution.copies,
            transient_bytes: execution.transient,
            constant_bytes: global.constants,
        })
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "stream-aggregate")]
    aggregate: Aggregate,
}
#[derive(Deserialize)]
struct Aggregate {
    global: Global,
    execution: Execution,
    executable: ExecutableStatistics,
}
#[derive(Deserialize)]
struct Global {
    #[serde(rename = "constant-size")]
    constants: u64,
}
#[derive(Deserialize)]
struct Execution {
    #[serde(rename = "transient-memory-size")]
    transient: u64,
    #[serde(rename = "fill-count")]
    fills: u64,
    #[serde(rename = "copy-count")]
    copies: u64,
    #[serde(rename = "dispatch-count")]
    dispatches: u64,
}
#[derive(Deserialize)]
struct ExecutableStatistics {
    #[serde(rename = "executable-count")]
    count: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_read() {
        let text = r#"{ "stream-aggregate": {
            "global": { "constant-count": 1, "constant-size": 8, "variable-count": 0, "variable-size": 0 },
            "synchronization": { "await-count": 1 },
            "execution": { "submission-count": 1, "transient-memory-size": 635136, "fill-count": 1, "copy-count": 2,
              "dispatch-count": 4, "call-count": 0 },
            "executable": { "executable-count": 3 } } }"#;
        let expected =
            Statistics { dispatches: 4, executables: 3, transfers: 3, transient_bytes: 635_136, constant_bytes: 8 };
        assert_eq!(Statistics::parse(text), Some(expected));
        assert_eq!(Statistics::parse("{}"), None);
        let report = CompileReport { statistics: expected, phases: vec![("flow", Duration::from_millis(1500))] };
        assert_eq!(CompileReport::from_json(&report.to_json()), Some(report));
        assert_eq!(CompileReport::from_json("{}"), None);
    }
}
