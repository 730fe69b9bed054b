//! The metrics over time, in memory and in a file of JSON lines.

use crate::error::TrainError;
use crate::metrics::Metrics;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What the metrics were measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Training steps.
    Train,
    /// The user's evaluation.
    Evaluation,
}

/// Metrics at a step. It is one line of the file of metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The number of steps so far.
    pub step: u64,
    /// The epoch of the data, counted from 0.
    pub epoch: u64,
    /// What the metrics were measured on.
    pub phase: Phase,
    /// Seconds since this run started.
    pub seconds: f64,
    /// Means over the steps since the previous record, or the result of the evaluation.
    pub metrics: Metrics,
}

/// The records of training, in order.
#[derive(Debug, Default)]
pub struct History {
    records: Vec<Record>,
    file: Option<(PathBuf, File)>,
}

impl History {
    /// Returns the records in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }
    /// Returns the steps and values of a metric.
    pub fn series(&self, phase: Phase, name: &str) -> Vec<(u64, f64)> {
        let records = self.records.iter().filter(|record| record.phase == phase);
        records.filter_map(|record| Some((record.step, record.metrics.get(name)?))).collect()
    }
    /// Reads the records of a file of metrics.
    ///
    /// # Errors
    /// If the file cannot be read, or a line is not a record. An incomplete last line is ignored.
    pub fn read(path: impl AsRef<Path>) -> Result<History, TrainError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(io(path))?;
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut records = Vec::new();
        for (i, line) in complete.lines().enumerate() {
            records.push(serde_json::from_str(line).map_err(|error| TrainError::Record {
                path: path.to_owned(),
                line: i + 1,
                reason: error.to_string(),
            })?);
        }
        Ok(History { records, file: None })
    }
    /// Returns a history that also writes to a file. It keeps the records of an earlier run up to `step`, and drops
    /// later ones, because their steps are taken again.
    pub(crate) fn resume(path: Option<&Path>, step: u64) -> Result<History, TrainError> {
        let Some(path) = path else { return Ok(History::default()) };
        let mut records = if step > 0 && path.exists() { History::read(path)?.records } else { Vec::new() };
        records.retain(|record| record.step <= step);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io(folder))?;
        }
        let text: String = records.iter().map(line).collect();
        rune_trace::storage::replace(path, |temporary| std::fs::write(temporary, &text)).map_err(|error| {
            TrainError::Io { path: path.to_owned(), source: std::io::Error::other(error.to_string()) }
        })?;
        let file = OpenOptions::new().append(true).open(path).map_err(io(path))?;
        Ok(History { records, file: Some((path.to_owned(), file)) })
    }
    pub(crate) fn push(&mut self, record: Record) -> Result<(), TrainError> {
        if let Some((path, file)) = &mut self.file {
            file.write_all(line(&record).as_bytes()).map_err(io(path))?;
        }
        self.records.push(record);
        Ok(())
    }
}

fn line(record: &Record) -> String {
    // The record has no maps with keys other than strings, so this cannot fail.
    serde_json::to_string(record).map_or_else(|_| String::new(), |text| text + "\n")
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> TrainError {
    let path = path.to_owned();
    move |source| TrainError::Io { path, source }
}
