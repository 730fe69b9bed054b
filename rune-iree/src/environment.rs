//! Settings from environment variables.

#[cfg(feature = "compile")]
use std::path::PathBuf;

/// Returns the path that an environment variable names, unless it is empty. The path is absolute, because it is passed
/// to other programs, and the working directory may change.
#[cfg(feature = "compile")]
pub(crate) fn path_from(variable: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).filter(|path| !path.is_empty())?;
    Some(std::path::absolute(&named).unwrap_or_else(|_| named.into()))
}

/// Returns whether a variable is set, and is neither empty nor `0`.
#[cfg(feature = "run")]
pub(crate) fn is_on(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|text| !text.is_empty() && text != "0")
}

/// Returns the number of bytes in a variable, such as `500MB` or `2GiB`. Returns `default` if the variable is unset or
/// empty, or, with a warning, if it is malformed.
pub(crate) fn bytes_from(variable: &str, default: u64) -> u64 {
    let Some(text) = std::env::var_os(variable).filter(|text| !text.is_empty()) else { return default };
    text.to_str().and_then(parse_bytes).unwrap_or_else(|| {
        let text = text.display();
        tracing::warn!(
            "{variable} is `{text}`, which is not a number of bytes such as 500MB or 2GiB; using {default} bytes"
        );
        default
    })
}

fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(parse_bytes("123"), Some(123));
        assert_eq!(parse_bytes("2 GiB"), Some(2 << 30));
        assert_eq!(parse_bytes("500MB"), Some(500_000_000));
        assert_eq!(parse_bytes("much"), None);
        assert_eq!(parse_bytes(""), None);
    }
}
