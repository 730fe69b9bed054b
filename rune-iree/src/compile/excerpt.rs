//! Shortens long texts.

/// Returns the first `lines` lines of a text, each truncated, and a note on the omitted lines.
///
/// ```
/// use rune_iree::excerpt;
/// assert_eq!(excerpt("a\nb", 3), "a\nb");
/// assert_eq!(excerpt("a\nb\nc\nd\n", 2), "a\nb\n… and 2 lines more");
/// ```
pub fn excerpt(text: &str, lines: usize) -> String {
    /// A constant in a program can be a line of megabytes.
    const WIDTH: usize = 240;
    let cut = |line: &str| match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}… and {} bytes more", &line[..end], line.len() - end),
        None => line.to_owned(),
    };
    let mut shown: Vec<String> = text.lines().take(lines).map(cut).collect();
    match text.lines().count().saturating_sub(lines) {
        0 => {}
        1 => shown.push("… and 1 line more".to_owned()),
        more => shown.push(format!("… and {more} lines more")),
    }
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut() {
        let shown = excerpt(&"é".repeat(10_000), 5);
        assert!(shown.len() < 600 && shown.ends_with("… and 19520 bytes more"), "{shown}");
    }
}
