//! Mutations that know what programs look like, among libFuzzer's own.

use libfuzzer_sys::fuzzer_mutate;
use rune_testing::Mutator;

/// Changes the first `size` bytes in one place, to at most `most`; gives how many they are then.
pub fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    let changed = match std::str::from_utf8(&data[..size]) {
        Ok(text) if seed % 2 == 0 && !text.is_empty() => mutate_text(text, u64::from(seed)),
        Ok(_) | Err(_) => None,
    };
    match changed {
        Some(text) if text.len() <= most => {
            data[..text.len()].copy_from_slice(text.as_bytes());
            text.len()
        }
        Some(_) | None => fuzzer_mutate(data, size, most),
    }
}

fn mutate_text(text: &str, seed: u64) -> Option<String> {
    let mut mutator = Mutator::new(seed);
    if seed % 4 == 0 && text.starts_with('{') {
        let mut json = serde_json::from_str(text).ok()?;
        mutator.change_json(&mut json);
        return Some(json.to_string());
    }
    Some(mutator.change(text))
}
