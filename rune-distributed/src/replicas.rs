//! Trees that are equal on all ranks.

use crate::world::current;
use crate::{Error, World};
use rune_ir::{Array, Type};
use rune_trace::{Tensor, Tree};

/// The number of bytes of a hash.
const HASH: usize = blake3::OUT_LEN;

/// Returns the tree of rank 0 on all ranks, such as the initial parameters of a model. Checks by hashes that all ranks
/// have received it. The tree of this rank provides the structure and the types, which must be the same on all ranks.
///
/// ```
/// use rune_distributed::{broadcast_parameters, check_equal, run_threads};
/// use rune_trace::Tensor;
/// let values = run_threads(2, |world| {
///     let own = (Tensor::scalar(world.rank() as f32), Tensor::from([1, 2]));
///     let shared = broadcast_parameters(&own).unwrap();
///     check_equal(&shared).unwrap();
///     shared.0.item::<f32>().unwrap()
/// });
/// assert_eq!(values, [0.0, 0.0]);
/// ```
///
/// # Errors
/// If a leaf cannot be read, if the trees of the ranks have different leaves, if an exchange fails, or if a rank
/// received other bytes than rank 0 sent.
pub fn broadcast_parameters<T: Tree>(tree: &T) -> Result<T, Error> {
    let world = &current().ok_or(Error::NotBegun)?;
    let leaves = arrays(tree)?;
    check_structure(world, &leaves)?;
    let own: Vec<u8> = leaves.iter().flat_map(|(_, array)| array.bytes().iter().copied()).collect();
    let bytes = world.broadcast("broadcast_parameters", own)?;
    let mut rest = bytes.bytes();
    let mut received = Vec::with_capacity(leaves.len());
    for (_, array) in &leaves {
        let (own, others) = rest.split_at(array.bytes().len());
        rest = others;
        received.push(Tensor::from(Array::from_bytes(array.ty().clone(), own)));
    }
    let tree = tree.with_leaves(received);
    check_equal(&tree)?;
    Ok(tree)
}

/// Checks by hashes of the leaves that a tree is the same on all ranks, bit for bit. All ranks must call this function.
///
/// # Errors
/// On all ranks, the error names the first leaf that differs. Also returns an error if a leaf cannot be read, if the
/// trees have different leaves, or if an exchange fails.
pub fn check_equal<T: Tree>(tree: &T) -> Result<(), Error> {
    let world = &current().ok_or(Error::NotBegun)?;
    let leaves = arrays(tree)?;
    check_structure(world, &leaves)?;
    let own: Vec<u8> = leaves.iter().flat_map(|(_, array)| *blake3::hash(array.bytes()).as_bytes()).collect();
    if own.is_empty() {
        return Ok(());
    }
    let all = world.gather("check_equal", own)?;
    let of_ranks: Vec<&[u8]> = all.bytes().chunks_exact(leaves.len() * HASH).collect();
    for (rank, of_rank) in of_ranks.iter().enumerate() {
        let pairs = of_rank.chunks_exact(HASH).zip(of_ranks[0].chunks_exact(HASH));
        let differing: Vec<usize> = pairs.enumerate().filter(|(_, (x, y))| x != y).map(|(i, _)| i).collect();
        if let Some(&first) = differing.first() {
            let leaf = leaves[first].0.clone();
            return Err(Error::Differs { leaf, rank, differing: differing.len(), leaves: leaves.len() });
        }
    }
    Ok(())
}

fn arrays<T: Tree>(tree: &T) -> Result<Vec<(String, Array)>, Error> {
    Tensor::realize_all(&tree.leaves())?;
    let leaves = tree.leaves_with_paths("tree").into_iter();
    leaves.map(|(path, leaf)| Ok((path, leaf.to_array()?))).collect()
}

/// Checks that the leaves of all ranks have the same paths and types.
fn check_structure(world: &World, leaves: &[(String, Array)]) -> Result<(), Error> {
    /// The number of bytes of a leaf's description in an error.
    const SHOWN: usize = 160;
    let line = |(path, ty): (&String, &Type)| format!("`{path}` of type {ty}");
    let lines: Vec<String> = leaves.iter().map(|(path, array)| line((path, array.ty()))).collect();
    let lists = world.gather("check_structure", {
        let mut own = blake3::hash(lines.join("\n").as_bytes()).as_bytes().to_vec();
        own.extend((lines.len() as u64).to_le_bytes());
        own
    })?;
    let entry = HASH + 8;
    let of_ranks: Vec<&[u8]> = lists.bytes().chunks_exact(entry).collect();
    let Some(rank) = of_ranks.iter().position(|of_rank| of_rank != &of_ranks[0]) else { return Ok(()) };
    // All ranks reach this point. They exchange descriptions of their leaves, one by one, until one differs.
    let count = |rank: usize| {
        let bytes: [u8; 8] = of_ranks[rank][HASH..].try_into().unwrap_or_default();
        u64::from_le_bytes(bytes) as usize
    };
    for index in 0..count(0).max(count(rank)) {
        let mut own = lines.get(index).map_or_else(|| "nothing".to_owned(), String::clone).into_bytes();
        own.resize(SHOWN, 0);
        let all = world.gather("check_structure", own)?;
        let shown = |rank: usize| {
            let text = &all.bytes()[rank * SHOWN..(rank + 1) * SHOWN];
            String::from_utf8_lossy(text).trim_end_matches('\0').to_owned()
        };
        if shown(0) != shown(rank) {
            return Err(Error::Structure { rank, expected: shown(0), found: shown(rank) });
        }
    }
    let number = |rank: usize| format!("{} leaves", count(rank));
    Err(Error::Structure { rank, expected: number(0), found: number(rank) })
}
