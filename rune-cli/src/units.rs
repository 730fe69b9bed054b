//! Human-readable numbers.

use std::time::Duration;

pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Formats `1234567` as `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<&str> = groups.map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}

/// Formats `1 input`, `2 inputs`.
pub fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

pub fn time(time: Duration) -> String {
    format!("{time:.1?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let shown: Vec<String> = [0, 12, 123, 1234, 1_234_567].into_iter().map(count).collect();
        assert_eq!(shown, ["0", "12", "123", "1,234", "1,234,567"]);
        let shown: Vec<String> = [999, 1500, 2_000_000, 3_250_000_000].into_iter().map(bytes).collect();
        assert_eq!(shown, ["999 B", "1.5 kB", "2.0 MB", "3.2 GB"]);
        assert_eq!((plural(1, "input"), plural(0, "output")), ("1 input".to_owned(), "0 outputs".to_owned()));
    }
}
