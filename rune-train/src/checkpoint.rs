//! Checkpoints: files that hold everything needed to continue.

use crate::data::Position;
use rune_trace::storage::{self, Differences, StorageError};
use rune_trace::{EvalError, Tree, TreePath};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The current point of training: the state, and everything else needed to continue bit for bit.
#[derive(Tree, Clone, Debug)]
pub struct Checkpoint<S> {
    /// The user's state: the model, the optimiser's state, the random key.
    pub state: S,
    /// The number of steps so far.
    pub step: u64,
    /// The position in the data.
    pub position: Position,
    /// The monitored metric so far.
    pub watched: Watched,
}

/// The best value of the monitored metric so far.
#[derive(Tree, Clone, Debug, Default, PartialEq)]
pub struct Watched {
    /// The best value, or `None` before the first evaluation.
    pub best: Option<f64>,
    /// The step of the best value.
    pub best_step: u64,
    /// The number of evaluations since the best one.
    pub waited: u64,
}

/// A checkpoint cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// An input or output error.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("the checkpoint is not written: {0}")]
    Write(#[source] StorageError),
    /// The state cannot be computed.
    #[error("the checkpoint is not written, because the state cannot be computed: {0}")]
    Pending(#[source] EvalError),
    /// The file is damaged or incomplete.
    #[error("the checkpoint {} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// The checkpoint belongs to another model, optimiser or state.
    #[error(
        "the checkpoint {} is not of this model, optimiser and state:{differences}\n  Build what it was saved from, or choose another folder",
        path.display()
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// All differences.
        differences: Differences,
    },
    /// There are checkpoints, and none can be read.
    #[error("no checkpoint in {} can be read:{}", folder.display(), lines(damaged))]
    AllDamaged {
        /// The folder.
        folder: PathBuf,
        /// The errors of the checkpoints, the newest checkpoint first.
        damaged: Vec<CheckpointError>,
    },
    /// A new training would mix its checkpoints with those of an older one.
    #[error(
        "{} already has checkpoints, the last one of step {step}: set `Checkpoints::resume` to continue, or choose another folder",
        folder.display()
    )]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// The step of the newest checkpoint.
        step: u64,
    },
}

fn lines(errors: &[CheckpointError]) -> String {
    errors.iter().map(|error| format!("\n  {error}")).collect()
}

/// Where and how often checkpoints are written.
///
/// A checkpoint is one safetensors file, such as `step-000001000.safetensors`. It holds the arrays of the state, under
/// names that begin with `state`, and a checksum. The file gets its name only when it is complete and on disk, so a
/// crash never replaces a good file with a broken one.
///
/// ```
/// use rune::{prelude::*, random, train::{Checkpoint, Checkpoints, Watched, data::Position}};
/// let folder = std::env::temp_dir().join(format!("rune-checkpoints-{}", std::process::id()));
/// let checkpoints = Checkpoints { keep: 2, ..Checkpoints::new(&folder) };
/// let at = |step: u64| Checkpoint {
///     state: (Tensor::from([step as f32]), random::key(step)),
///     step,
///     position: Position::default(),
///     watched: Watched::default(),
/// };
/// for step in [10, 20, 30] {
///     checkpoints.save(&at(step))?;
/// }
/// assert_eq!(checkpoints.steps()?, [20, 30]);
/// let latest = checkpoints.latest(&at(0).state)?.unwrap();
/// assert_eq!(latest.checkpoint.state.0.item::<f32>()?, 30.0);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoints {
    /// The folder. It is created if it does not exist.
    pub folder: PathBuf,
    /// The number of steps between checkpoints. A checkpoint is also written at the end, and for each new best value.
    pub every: u64,
    /// The number of checkpoints to keep, apart from the best.
    pub keep: usize,
    /// Whether to keep the best checkpoint by the monitored metric, as `best.safetensors`.
    pub best: bool,
    /// Whether to continue from the newest checkpoint. If there is none, training starts from the beginning. Without
    /// `resume`, a folder with checkpoints is an error.
    pub resume: bool,
}

/// The newest checkpoint that can be read.
#[derive(Debug)]
pub struct Latest<S> {
    /// The checkpoint.
    pub checkpoint: Checkpoint<S>,
    /// The errors of the newer checkpoints, which cannot be read.
    pub damaged: Vec<CheckpointError>,
}

const PREFIX: &str = "step-";
const SUFFIX: &str = ".safetensors";

/// The contents of a file: a checkpoint and its checksum. The fields of this struct have the same names in the file.
#[derive(Tree)]
struct Stored<S> {
    state: S,
    step: u64,
    position: Position,
    watched: Watched,
    checksum: String,
}

impl<S: Tree> Stored<S> {
    /// Returns the contents of the file for a checkpoint. Shares the tensors of the checkpoint.
    fn of(at: &Checkpoint<S>, checksum: String) -> Stored<S> {
        let Checkpoint { state, step, position, watched } = at.map(&mut rune_trace::Tensor::clone);
        Stored { state, step, position, watched, checksum }
    }
}

impl Checkpoints {
    /// Returns the settings for checkpoints in a folder: every 1,000 steps, the last three and the best, without
    /// resuming.
    pub fn new(folder: impl Into<PathBuf>) -> Checkpoints {
        Checkpoints { folder: folder.into(), every: 1000, keep: 3, best: true, resume: false }
    }
    /// Returns the path of the checkpoint of a step.
    pub fn file(&self, step: u64) -> PathBuf {
        self.folder.join(format!("{PREFIX}{step:09}{SUFFIX}"))
    }
    /// Returns the path of the best checkpoint.
    pub fn best_file(&self) -> PathBuf {
        self.folder.join(format!("best{SUFFIX}"))
    }
    /// Returns the steps of the checkpoints in the folder, in order.
    ///
    /// # Errors
    /// If the folder exists and cannot be read.
    pub fn steps(&self) -> Result<Vec<u64>, CheckpointError> {
        let failed = |source| CheckpointError::Io { path: self.folder.clone(), source };
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut steps = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let step: Option<u64> =
                name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok());
            steps.extend(step);
        }
        steps.sort_unstable();
        Ok(steps)
    }
    /// Writes a checkpoint, and deletes those older than the last `keep`. Returns its path.
    ///
    /// # Errors
    /// If the state cannot be computed, or the file cannot be written.
    pub fn save<S: Tree>(&self, at: &Checkpoint<S>) -> Result<PathBuf, CheckpointError> {
        let path = self.file(at.step);
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| CheckpointError::Io { path, source }
        };
        std::fs::create_dir_all(&self.folder).map_err(io(&self.folder))?;
        let partial = self.folder.join("partial");
        let checksum = checksum(at).map_err(CheckpointError::Pending)?;
        storage::save(&partial, &Stored::of(at, checksum)).map_err(CheckpointError::Write)?;
        File::open(&partial).and_then(|file| file.sync_all()).map_err(io(&partial))?;
        std::fs::rename(&partial, &path).map_err(io(&path))?;
        self.sync_folder()?;
        let steps = self.steps()?;
        for &step in steps.iter().rev().filter(|&&step| step != at.step).skip(self.keep.max(1) - 1) {
            let old = self.file(step);
            std::fs::remove_file(&old).map_err(io(&old))?;
        }
        Ok(path)
    }
    /// Makes the checkpoint of this step the best one.
    ///
    /// # Errors
    /// If the file cannot be linked or copied.
    pub fn mark_best(&self, step: u64) -> Result<(), CheckpointError> {
        let (from, partial, best) = (self.file(step), self.folder.join("partial"), self.best_file());
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| CheckpointError::Io { path, source }
        };
        drop(std::fs::remove_file(&partial));
        // Not all file systems have hard links.
        if std::fs::hard_link(&from, &partial).is_err() {
            std::fs::copy(&from, &partial).map_err(failed(&partial))?;
            File::open(&partial).and_then(|file| file.sync_all()).map_err(failed(&partial))?;
        }
        std::fs::rename(&partial, &best).map_err(failed(&best))?;
        self.sync_folder()
    }
    /// Loads the newest checkpoint that is not damaged, or returns `None` if the folder has no checkpoints. Only the
    /// structure and the types of `like` matter.
    ///
    /// # Errors
    /// If all checkpoints are damaged, or one belongs to another model. The error lists the differences.
    pub fn latest<S: Tree>(&self, like: &S) -> Result<Option<Latest<S>>, CheckpointError> {
        let mut damaged = Vec::new();
        for step in self.steps()?.into_iter().rev() {
            match load(&self.file(step), like) {
                Ok(checkpoint) => return Ok(Some(Latest { checkpoint, damaged })),
                Err(error @ (CheckpointError::Damaged { .. } | CheckpointError::Io { .. })) => damaged.push(error),
                Err(error) => return Err(error),
            }
        }
        match damaged.is_empty() {
            true => Ok(None),
            false => Err(CheckpointError::AllDamaged { folder: self.folder.clone(), damaged }),
        }
    }
    /// Loads the best checkpoint. Only the structure and the types of `like` matter.
    ///
    /// # Errors
    /// If there is none, or it is damaged or belongs to another model.
    pub fn load_best<S: Tree>(&self, like: &S) -> Result<Checkpoint<S>, CheckpointError> {
        load(&self.best_file(), like)
    }
    /// Waits until new names are on disk, on systems that can open folders.
    fn sync_folder(&self) -> Result<(), CheckpointError> {
        if cfg!(unix) {
            let synced = File::open(&self.folder).and_then(|folder| folder.sync_all());
            synced.map_err(|source| CheckpointError::Io { path: self.folder.clone(), source })?;
        }
        Ok(())
    }
}

fn load<S: Tree>(path: &Path, like: &S) -> Result<Checkpoint<S>, CheckpointError> {
    let damaged = |reason| CheckpointError::Damaged { path: path.to_owned(), reason };
    let state = like.map(&mut rune_trace::Tensor::clone);
    let (position, watched, checksum) = (Position::default(), Watched::default(), String::new());
    let stored = storage::load(path, &Stored { state, step: 0, position, watched, checksum });
    let stored = stored.map_err(|error| match error {
        StorageError::Io { path, source } => CheckpointError::Io { path, source },
        StorageError::Differs { path, differences } => CheckpointError::Differs { path, differences },
        StorageError::Malformed { reason, .. } => damaged(reason),
        error @ (StorageError::Numpy { .. }
        | StorageError::Pending { .. }
        | StorageError::SameName { .. }
        | StorageError::Static { .. }
        | StorageError::Nested { .. }) => damaged(error.to_string()),
    })?;
    let Stored { state, step, position, watched, checksum } = stored;
    let at = Checkpoint { state, step, position, watched };
    let found = self::checksum(&at).map_err(|error| damaged(error.to_string()))?;
    if found != checksum {
        return Err(damaged("its checksum is not that of its contents".to_owned()));
    }
    Ok(at)
}

/// Returns the hash of all leaves, with their names and types, and of the step, the position and the monitored metric.
fn checksum<S: Tree>(at: &Checkpoint<S>) -> Result<String, EvalError> {
    let pending: Vec<_> = at.leaves().into_iter().filter(|leaf| leaf.is_pending()).collect();
    if !pending.is_empty() {
        rune_trace::Tensor::realize_all(&pending)?;
    }
    let mut hasher = blake3::Hasher::new();
    let mut result = Ok(());
    at.visit(&mut TreePath::default(), &mut |path, leaf| {
        let Ok(()) = result else { return };
        match leaf.to_array() {
            Ok(array) => {
                hasher.update(format!("{}:{}\n", path.name(), array.ty()).as_bytes());
                hasher.update(array.bytes());
            }
            Err(error) => result = Err(error),
        }
    });
    result?;
    let Checkpoint { step, position, watched, .. } = at;
    hasher.update(format!("{step} {position:?} {watched:?}").as_bytes());
    Ok(hasher.finalize().to_hex().to_string())
}
