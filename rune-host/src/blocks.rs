//! Products and kernels that run together, block by block, so that intermediate results stay in the cache.

use crate::kernel::{Kernel, Parts, Source};
use crate::products::Product;
use rayon::prelude::*;
use rune_ir::{AlignedBytes, array_memory};
use smallvec::SmallVec;

/// A group of steps that runs once for each block. The blocks divide the rows of all products into equal parts. A block
/// of a buffer that a step writes is contiguous.
#[derive(Debug)]
pub(crate) struct Blocks {
    pub count: usize,
    pub steps: Vec<Blocked>,
    /// The buffers that the group reads and does not write, once for each operand.
    pub reads: Vec<usize>,
    /// The number of bytes of one block of each buffer that only the group reads.
    pub locals: Vec<usize>,
    /// The other buffers that the group writes.
    pub results: Vec<usize>,
}

/// A step of a group, with the places of its operands and results.
#[derive(Debug)]
pub(crate) enum Blocked {
    Product {
        product: Product,
        lhs: Place,
        rhs: Place,
        /// The number of rows of the product in a block.
        rows: usize,
        out: usize,
    },
    Kernel {
        kernel: Kernel,
        inputs: Vec<Place>,
        /// The number of elements of the index space in a block.
        size: usize,
        outputs: Vec<usize>,
    },
}

/// A buffer of a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// An element of [`Blocks::reads`].
    Read(usize),
    /// A buffer that the group writes. The locals come first, then the results.
    Written(usize),
}

impl Blocks {
    /// Returns the number of bytes of the locals of one block.
    pub(crate) fn local_bytes(&self) -> usize {
        self.locals.iter().sum()
    }

    /// Computes the results. `reads` is the memory of the buffers that are read.
    pub(crate) fn run(&self, reads: &[&[u8]], results: &mut [AlignedBytes]) {
        let mut blocks: Vec<Parts<'_>> = (0..self.count).map(|_| Parts::with_capacity(results.len())).collect();
        for result in results {
            let each = result.len() / self.count;
            blocks.iter_mut().zip(result.chunks_exact_mut(each)).for_each(|(parts, part)| parts.push(part));
        }
        let locals = || self.locals.iter().map(|&bytes| array_memory(bytes)).collect::<SmallVec<[AlignedBytes; 4]>>();
        blocks.into_par_iter().enumerate().for_each_init(locals, |locals, (index, mut results)| {
            let mut written: Parts<'_> = locals.iter_mut().map(|local| local.as_mut_slice()).collect();
            written.extend(results.iter_mut().map(|part| &mut **part));
            self.steps.iter().for_each(|step| step.run(index, reads, &mut written));
        });
    }
}

impl Blocked {
    /// Computes a block.
    fn run(&self, index: usize, reads: &[&[u8]], written: &mut Parts<'_>) {
        match self {
            Blocked::Product { product, lhs, rhs, rows, out } => {
                let memory = std::mem::take(&mut written[*out]);
                let [lhs, rhs] = [lhs, rhs].map(|place| place.source(index, reads, written));
                product.run_rows(index * rows..(index + 1) * rows, lhs, rhs, memory);
                written[*out] = memory;
            }
            Blocked::Kernel { kernel, inputs, size, outputs } => {
                let mut memories: Parts<'_> = outputs.iter().map(|&out| std::mem::take(&mut written[out])).collect();
                let sources: SmallVec<[Source<'_>; 8]> =
                    inputs.iter().map(|place| place.source(index, reads, written)).collect();
                let parts = memories.iter_mut().map(|memory| &mut **memory).collect();
                kernel.run_range(&sources, index * size..(index + 1) * size, parts);
                drop(sources);
                outputs.iter().zip(memories).for_each(|(&out, memory)| written[out] = memory);
            }
        }
    }
}

impl Place {
    /// Returns the memory that a step reads in a block.
    fn source<'a>(self, index: usize, reads: &[&'a [u8]], written: &'a Parts<'_>) -> Source<'a> {
        match self {
            Place::Read(read) => Source::whole(reads[read]),
            Place::Written(buffer) => Source { bytes: written[buffer], start: index * written[buffer].len() },
        }
    }
}
