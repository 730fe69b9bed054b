//! Adds to SPIR-V that NaN, infinities and the sign of 0 are kept (the extension
//! [`SPV_KHR_float_controls`](https://github.khronos.org/SPIRV-Registry/extensions/KHR/SPV_KHR_float_controls.html)).
//!
//! IREE does not say so, and then a driver may assume that there is no NaN. Mesa's takes √x · √x for x, and x - x for 0.

/// Instructions of SPIR-V, by their number.
mod op {
    pub const EXTENSION: u32 = 10;
    pub const ENTRY_POINT: u32 = 15;
    pub const EXECUTION_MODE: u32 = 16;
    pub const CAPABILITY: u32 = 17;
    pub const TYPE_FLOAT: u32 = 22;
}
const MAGIC: u32 = 0x0723_0203;
const HEADER: usize = 5;
const VERSION_1_4: u32 = 0x0001_0400;
const SIGNED_ZERO_INF_NAN_PRESERVE_MODE: u32 = 4461;
const SIGNED_ZERO_INF_NAN_PRESERVE_CAPABILITY: u32 = 4466;
const EXTENSION: &str = "SPV_KHR_float_controls";

/// Returns the module, with NaN, infinities and the sign of 0 kept in floats of those widths in `widths` that it uses.
/// Returns `None` if there is nothing to add, or the module is malformed.
pub(super) fn preserving(module: &[u32], widths: &[u32]) -> Option<Vec<u32>> {
    if module.len() < HEADER || module[0] != MAGIC {
        return None;
    }
    let (mut entries, mut used) = (Vec::new(), Vec::new());
    // Where the new capability, the extension and the modes belong.
    let [mut after_capabilities, mut after_entries] = [HEADER; 2];
    let mut at = HEADER;
    while at < module.len() {
        let (length, code) = ((module[at] >> 16) as usize, module[at] & 0xffff);
        let words = module.get(at..at + length).filter(|words| !words.is_empty())?;
        at += length;
        match (code, &words[1..]) {
            (op::CAPABILITY, _) => after_capabilities = at,
            (op::ENTRY_POINT, [_, id, ..]) => {
                entries.push(*id);
                after_entries = at;
            }
            (op::EXECUTION_MODE, [_, SIGNED_ZERO_INF_NAN_PRESERVE_MODE, ..]) => return None,
            // A third operand names another encoding.
            (op::TYPE_FLOAT, [_, width]) if widths.contains(width) => used.push(*width),
            _ => {}
        }
    }
    if entries.is_empty() || used.is_empty() {
        return None;
    }
    let instruction = |code: u32, operands: &[u32]| -> Vec<u32> {
        let length = operands.len() as u32 + 1;
        [&[length << 16 | code], operands].concat()
    };
    let mut added = instruction(op::CAPABILITY, &[SIGNED_ZERO_INF_NAN_PRESERVE_CAPABILITY]);
    if module[1] < VERSION_1_4 {
        added.extend(instruction(op::EXTENSION, &text(EXTENSION)));
    }
    let mut modes = Vec::new();
    for &entry in &entries {
        for &width in &used {
            modes.extend(instruction(op::EXECUTION_MODE, &[entry, SIGNED_ZERO_INF_NAN_PRESERVE_MODE, width]));
        }
    }
    let (first, rest) = module.split_at(after_capabilities);
    let (second, third) = rest.split_at(after_entries.checked_sub(after_capabilities)?);
    Some([first, &added, second, &modes, third].concat())
}

/// Returns a text as SPIR-V has it: in words, with a 0 at the end.
fn text(text: &str) -> Vec<u32> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.chunks(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with a capability, an extension, one entry point and types of 32 and 64 bits.
    fn module(version: u32) -> Vec<u32> {
        let header = [MAGIC, version, 0, 9, 0];
        let shader = [2 << 16 | op::CAPABILITY, 1];
        let extension = [&[3 << 16 | op::EXTENSION], &text("SPV_X")[..]].concat();
        let model = [3 << 16 | 14, 0, 1];
        let entry = [&[5 << 16 | op::ENTRY_POINT, 5, 7], &text("main")[..]].concat();
        let size = [6 << 16 | op::EXECUTION_MODE, 7, 17, 8, 1, 1];
        let types =
            [3 << 16 | op::TYPE_FLOAT, 1, 32, 3 << 16 | op::TYPE_FLOAT, 2, 64, 4 << 16 | op::TYPE_FLOAT, 3, 16, 0];
        [&header[..], &shader, &extension, &model, &entry, &size, &types].concat()
    }

    #[test]
    fn declarations_are_where_they_belong() {
        let old = module(0x0001_0300);
        let new = preserving(&old, &[16, 32]).unwrap();
        let capability = [2 << 16 | op::CAPABILITY, SIGNED_ZERO_INF_NAN_PRESERVE_CAPABILITY];
        let name = text(EXTENSION);
        let extension = [&[(name.len() as u32 + 1) << 16 | op::EXTENSION], &name[..]].concat();
        let mode = [4 << 16 | op::EXECUTION_MODE, 7, SIGNED_ZERO_INF_NAN_PRESERVE_MODE, 32];
        let entry_end = HEADER + 2 + 3 + 3 + 5;
        let expected = [&old[..7], &capability, &extension, &old[7..entry_end], &mode, &old[entry_end..]].concat();
        assert_eq!(new, expected);
        assert_eq!(preserving(&new, &[32]), None, "it says so already");
        // The extension became a part of version 1.4.
        assert_eq!(preserving(&module(VERSION_1_4), &[32]).unwrap().len(), old.len() + 2 + 4);
        assert_eq!(preserving(&module(VERSION_1_4), &[32, 64]).unwrap().len(), old.len() + 2 + 8);
    }

    #[test]
    fn other_modules_stay_as_they_are() {
        let old = module(0x0001_0300);
        assert_eq!(preserving(&old, &[]), None);
        assert_eq!(preserving(&old, &[16]), None, "bf16 has 16 bits, but is no f16");
        assert_eq!(preserving(&old[..old.len() - 1], &[32]), None);
        assert_eq!(preserving(&[&old[..HEADER], &[0]].concat(), &[32]), None);
        assert_eq!(preserving(&[MAGIC], &[32]), None);
    }
}
