//! Transports, which move bytes from rank to rank.

/// Moves bytes between the ranks of a run. All ranks call the same functions in the same order. Errors are messages.
pub(crate) trait Transport {
    /// Returns the number of ranks.
    fn size(&self) -> usize;
    /// Sends the `part` of each rank to all ranks. `all` receives the parts in order of the ranks.
    fn all_gather(&mut self, part: &[u8], all: &mut [u8]) -> Result<(), String>;
    /// Sends part `i` of `parts` to rank `i`. `received` receives the parts for this rank, in order of the ranks.
    fn all_to_all(&mut self, parts: &[u8], received: &mut [u8]) -> Result<(), String>;
    /// Sends bytes to one rank, and receives bytes from another.
    fn send_receive(&mut self, to: Option<(usize, &[u8])>, from: Option<(usize, &mut [u8])>) -> Result<(), String>;
    /// Sends the bytes of rank `root` to all ranks.
    fn broadcast(&mut self, root: usize, bytes: &mut [u8]) -> Result<(), String>;
}

/// The transport of a run with one rank.
pub(crate) struct SingleRank;

impl Transport for SingleRank {
    fn size(&self) -> usize {
        1
    }
    fn all_gather(&mut self, part: &[u8], all: &mut [u8]) -> Result<(), String> {
        all.copy_from_slice(part);
        Ok(())
    }
    fn all_to_all(&mut self, parts: &[u8], received: &mut [u8]) -> Result<(), String> {
        received.copy_from_slice(parts);
        Ok(())
    }
    fn send_receive(&mut self, to: Option<(usize, &[u8])>, from: Option<(usize, &mut [u8])>) -> Result<(), String> {
        if let (Some((_, sent)), Some((_, received))) = (to, from) {
            received.copy_from_slice(sent);
        }
        Ok(())
    }
    fn broadcast(&mut self, _root: usize, _bytes: &mut [u8]) -> Result<(), String> {
        Ok(())
    }
}
