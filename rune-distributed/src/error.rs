//! Errors of distributed runs.

/// A distributed run cannot begin, or an exchange between its ranks failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The process was started by `mpirun`, but the program cannot use MPI.
    #[error(
        "this process is one of {size} that `mpirun` started, but the program was built without MPI; build it with the feature `mpi`"
    )]
    WithoutMpi {
        /// The number of ranks.
        size: String,
    },
    /// No run has begun.
    #[error("no distributed run has begun; call `rune::distributed::init` first")]
    NotBegun,
    /// MPI cannot be used.
    #[error("MPI cannot start: {0}")]
    Mpi(String),
    /// An exchange failed.
    #[error("`{what}` failed: {reason}")]
    Exchange {
        /// The operation.
        what: &'static str,
        /// The message of the communicator.
        reason: String,
    },
    /// The trees of two ranks have different leaves.
    #[error(
        "rank {rank} has a tree with other leaves than rank 0: {found} instead of {expected}; all ranks must build the same model"
    )]
    Structure {
        /// The rank.
        rank: usize,
        /// The leaf of rank 0.
        expected: String,
        /// The leaf of the rank.
        found: String,
    },
    /// A leaf differs between ranks.
    #[error(
        "`{leaf}` of rank {rank} differs from that of rank 0 ({differing} of {leaves} leaves differ); start from `broadcast_parameters`, and give all ranks the same averaged gradients"
    )]
    Differs {
        /// The path of the first leaf that differs.
        leaf: String,
        /// The first rank on which it differs.
        rank: usize,
        /// The number of leaves that differ on that rank.
        differing: usize,
        /// The number of leaves.
        leaves: usize,
    },
    /// A tensor cannot be read.
    #[error("a leaf cannot be read: {0}")]
    Read(String),
}

impl From<rune_trace::EvalError> for Error {
    fn from(error: rune_trace::EvalError) -> Error {
        Error::Read(error.to_string())
    }
}
