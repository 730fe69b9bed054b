//! A model of networks: the times of exchanges, and of training steps on many ranks.
//!
//! The costs are those of Thakur, Rabenseifner and Gropp, "Optimization of collective communication operations in
//! MPICH", International Journal of High Performance Computing Applications 19 (2005): a message of `n` bytes takes
//! `α + nβ`, and reducing `n` bytes takes `nγ`.

/// A network and the processors at its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// The latency α of a message, in seconds.
    pub latency: f64,
    /// The time β for each byte of a message, in seconds.
    pub per_byte: f64,
    /// The time γ for reducing each byte, in seconds.
    pub per_reduced_byte: f64,
}

/// An algorithm that reduces an array over all ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllReduce {
    /// Each rank exchanges the whole array ⌈log₂ p⌉ times: few messages, for short arrays.
    RecursiveDoubling,
    /// Rabenseifner's algorithm: a reduce-scatter by recursive halving, then an all-gather by recursive doubling.
    Rabenseifner,
    /// A reduce-scatter and an all-gather around a ring.
    Ring,
    /// The algorithm of this crate: parts go pairwise to the ranks that reduce them, and the results go around a ring.
    Pairwise,
}

impl AllReduce {
    /// All algorithms.
    pub const ALL: [AllReduce; 4] =
        [AllReduce::RecursiveDoubling, AllReduce::Rabenseifner, AllReduce::Ring, AllReduce::Pairwise];

    /// Returns the time to reduce an array of `bytes` on `ranks` ranks, in seconds.
    ///
    /// ```
    /// use rune_distributed::network::{AllReduce, Network};
    /// let network = Network { latency: 1e-6, per_byte: 1e-9, per_reduced_byte: 0.0 };
    /// assert_eq!(AllReduce::Ring.time(1, 1e6, network), 0.0);
    /// let (ring, halving) = (AllReduce::Ring.time(64, 1e6, network), AllReduce::Rabenseifner.time(64, 1e6, network));
    /// assert!(halving < ring); // fewer messages, as many bytes
    /// ```
    pub fn time(self, ranks: usize, bytes: f64, network: Network) -> f64 {
        let Network { latency, per_byte, per_reduced_byte } = network;
        let p = ranks as f64;
        let (steps, share) = (p.log2().ceil(), (p - 1.0) / p);
        match self {
            AllReduce::RecursiveDoubling => steps * (latency + bytes * (per_byte + per_reduced_byte)),
            // Ranks beyond the greatest power of two send their arrays to partners first, and receive the results last.
            AllReduce::Rabenseifner => {
                let rest = if ranks.is_power_of_two() {
                    0.0
                } else {
                    2.0 * latency + bytes * (2.0 * per_byte + per_reduced_byte)
                };
                let p = f64::from(ranks.max(1).ilog2()).exp2();
                let share = (p - 1.0) / p;
                2.0 * p.log2() * latency + share * bytes * (2.0 * per_byte + per_reduced_byte) + rest
            }
            AllReduce::Ring | AllReduce::Pairwise => {
                2.0 * (p - 1.0) * latency + share * bytes * (2.0 * per_byte + per_reduced_byte)
            }
        }
    }
    /// Returns the fastest algorithm other than [`AllReduce::Pairwise`], and its time.
    pub fn fastest(ranks: usize, bytes: f64, network: Network) -> (AllReduce, f64) {
        let ways = [AllReduce::RecursiveDoubling, AllReduce::Rabenseifner, AllReduce::Ring];
        let times = ways.map(|way| (way, way.time(ranks, bytes, network)));
        times.into_iter().fold(times[0], |best, next| if next.1 < best.1 { next } else { best })
    }
}

/// A bucket of gradients: its size, and the time when it is complete.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// The time from the start of the step until all its gradients are computed, in seconds.
    pub ready: f64,
    /// Its size in bytes.
    pub bytes: f64,
}

/// Returns the time of a step that computes for `compute` seconds and exchanges the buckets one after the other.
/// `exchange` returns the time to exchange a number of bytes. With `overlap`, a bucket is exchanged as soon as it is
/// complete and the previous exchange is done. Otherwise, all buckets are exchanged after the computation.
///
/// ```
/// use rune_distributed::network::{Bucket, step_time};
/// let buckets = [Bucket { ready: 0.5, bytes: 1.0 }, Bucket { ready: 1.0, bytes: 1.0 }];
/// assert_eq!(step_time(1.0, &buckets, false, |_| 0.4), 1.8);
/// assert_eq!(step_time(1.0, &buckets, true, |_| 0.4), 1.4);
/// ```
pub fn step_time(compute: f64, buckets: &[Bucket], overlap: bool, exchange: impl Fn(f64) -> f64) -> f64 {
    if !overlap {
        return compute + buckets.iter().map(|bucket| exchange(bucket.bytes)).sum::<f64>();
    }
    let done = buckets.iter().fold(0.0f64, |done, bucket| done.max(bucket.ready) + exchange(bucket.bytes));
    done.max(compute)
}
