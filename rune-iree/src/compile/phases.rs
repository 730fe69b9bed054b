//! The phases of the compiler, and their times.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The phases of [`compile_to_phase`](crate::compile_to_phase), in their order.
pub const PHASES: [&str; 13] = [
    "input",
    "abi",
    "preprocessing",
    "global-optimization",
    "dispatch-creation",
    "flow",
    "stream",
    "executable-sources",
    "executable-configurations",
    "executable-targets",
    "hal",
    "vm",
    "end",
];

/// Measures the phases of a run by the files that the compiler writes at the end of each phase
/// (`--dump-compilation-phases-to`): `module.1.input.mlir` and so on. Writing them takes less than a twentieth of the
/// time of a run.
pub(super) struct PhaseClock<'a> {
    folder: PathBuf,
    watch: Option<&'a dyn Fn(&'static str)>,
    start: SystemTime,
    /// The number of phases that `watch` has received.
    reported: usize,
}

impl<'a> PhaseClock<'a> {
    pub fn start(folder: &Path, watch: Option<&'a dyn Fn(&'static str)>) -> PhaseClock<'a> {
        let mut clock = PhaseClock { folder: folder.to_owned(), watch, start: SystemTime::now(), reported: 0 };
        clock.tell(1);
        clock
    }
    /// Looks for phases that have ended.
    pub fn look(&mut self) {
        if self.watch.is_some() {
            self.tell(1 + self.ends().len());
        }
    }
    fn tell(&mut self, begun: usize) {
        let begun = begun.min(PHASES.len());
        if let (Some(watch), true) = (self.watch, begun > self.reported) {
            PHASES[self.reported..begun].iter().for_each(|phase| watch(phase));
            self.reported = begun;
        }
    }
    /// Returns the end of each phase, by its index in [`PHASES`].
    fn ends(&self) -> BTreeMap<usize, SystemTime> {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let end = |file: std::fs::DirEntry| {
            let name = file.file_name();
            let phase = name.to_str()?.strip_suffix(".mlir")?.rsplit('.').next()?.to_owned();
            let place = PHASES.iter().position(|known| *known == phase)?;
            Some((place, file.metadata().ok()?.modified().ok()?))
        };
        files.filter_map(end).collect()
    }
    /// Returns the durations of the phases of a run that has just ended. The first phase includes the start of the
    /// compiler.
    pub fn finish(mut self) -> Vec<(&'static str, Duration)> {
        self.tell(PHASES.len());
        let (mut ends, mut before) = (self.ends(), self.start);
        // The last phase writes the module instead of a file.
        ends.insert(PHASES.len() - 1, SystemTime::now());
        let time = |(place, end): (usize, SystemTime)| {
            let took = end.duration_since(before).unwrap_or_default();
            before = before.max(end);
            (PHASES[place], took)
        };
        ends.into_iter().map(time).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn phases_are_told_and_timed_by_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let seen = RefCell::new(Vec::new());
        let watch = |phase| seen.borrow_mut().push(phase);
        let mut clock = PhaseClock::start(folder.path(), Some(&watch));
        assert_eq!(*seen.borrow(), ["input"]);
        let write = |name: &str| std::fs::write(folder.path().join(name), "module").unwrap();
        write("module.1.input.mlir");
        clock.look();
        clock.look();
        assert_eq!(*seen.borrow(), ["input", "abi"]);
        write("module.2.abi.mlir");
        write("module.6.flow.mlir");
        let times = clock.finish();
        assert_eq!(*seen.borrow(), PHASES);
        assert_eq!(times.iter().map(|(phase, _)| *phase).collect::<Vec<_>>(), ["input", "abi", "flow", "end"]);
    }
}
