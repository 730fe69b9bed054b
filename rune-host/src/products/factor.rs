//! Operands of products.

use crate::view::View;

/// An operand of a product in a buffer, with its axes in three groups.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    pub buffer: usize,
    pub offset: usize,
    /// Sizes and strides of the batch axes.
    pub batch: Vec<(usize, usize)>,
    /// Size and stride of the free axes, merged into one.
    pub free: (usize, usize),
    /// Size and stride of the contracted axes, merged into one.
    pub contracted: (usize, usize),
}

impl Factor {
    /// Returns a view as an operand. Returns `None` if the axes of a group cannot be merged, or if some are reversed.
    pub(crate) fn new(buffer: usize, view: &View, batch: &[usize], contract: &[usize]) -> Option<Factor> {
        let free: Vec<usize> = (0..view.shape.rank()).filter(|a| !batch.contains(a) && !contract.contains(a)).collect();
        let axes = |axes: &[usize]| -> Option<Vec<(usize, usize)>> {
            let step = |a: usize| if view.shape[a] == 1 { Some(0) } else { usize::try_from(view.strides[a]).ok() };
            axes.iter().map(|&a| Some((view.shape[a], step(a)?))).collect()
        };
        let (free, contracted) = (as_one(&axes(&free)?)?, as_one(&axes(contract)?)?);
        Some(Factor { buffer, offset: usize::try_from(view.offset).ok()?, batch: axes(batch)?, free, contracted })
    }
    /// Returns the offset of the first element of a matrix of the batch.
    pub(crate) fn at(&self, mut index: usize) -> usize {
        let mut offset = self.offset;
        for &(size, step) in self.batch.iter().rev() {
            offset += index % size * step;
            index /= size;
        }
        offset
    }
}

/// Merges axes, if each is contiguous within the one before it.
pub(crate) fn as_one(axes: &[(usize, usize)]) -> Option<(usize, usize)> {
    let mut axes = axes.iter().copied().filter(|&(size, _)| size != 1);
    let Some(first) = axes.next() else { return Some((1, 1)) };
    axes.try_fold(first, |(size, step), (next, inner)| (step == next * inner).then_some((size * next, inner)))
}
