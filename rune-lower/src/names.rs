//! Names in the printed module.

/// Returns the text of a function with its arguments named as in the program: `%x#` for inputs and `%c#` for constants,
/// where MLIR writes `%arg#`. Arguments of nested regions keep their names.
pub(crate) fn rename_arguments(function: &str, inputs: usize, constants: usize) -> String {
    let mut out = String::with_capacity(function.len());
    let mut rest = function;
    while let Some(at) = rest.find("%arg") {
        let (before, after) = rest.split_at(at + "%arg".len());
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(&before[..at]);
        match after[..digits].parse::<usize>() {
            Ok(i) if i < inputs => out.push_str(&format!("%x{i}")),
            Ok(i) if i < inputs + constants => out.push_str(&format!("%c{}", i - inputs)),
            _ => out.push_str(&before[at..]),
        }
        let known = after[..digits].parse::<usize>().is_ok_and(|i| i < inputs + constants);
        rest = if known { &after[digits..] } else { after };
    }
    out.push_str(rest);
    out
}

/// Returns a name of letters, digits and underscores that does not start with a digit; others would need quotes.
pub(crate) fn identifier(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    if name.starts_with(|c: char| !c.is_ascii_alphabetic() && c != '_') || name.is_empty() {
        return format!("f_{name}");
    }
    name
}
