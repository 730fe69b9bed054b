//! Extracts parts of the compiler's text.

use std::collections::{BTreeSet, HashMap};

/// Returns the start of a comment in a file of this kind.
pub fn comment(kind: &str) -> &'static str {
    match kind {
        "s" => "#",
        "optimized.ll" | "rocmasm" => ";",
        _ => "//",
    }
}

/// Returns the executables of a module by name, each with the aliases of attributes that it uses.
pub fn executables<'t>(text: &'t str, dialect: &str) -> Vec<(&'t str, String)> {
    let start = format!("  {dialect}.executable private @");
    let mut found = Vec::new();
    let mut lines = text.lines();
    let mut aliases: Vec<&str> = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts_with('#') {
            aliases.push(line);
        }
        let Some(rest) = line.strip_prefix(&start) else { continue };
        let name = rest.split([' ', '{', '(']).next().unwrap_or(rest);
        let mut own = vec![line];
        for line in lines.by_ref() {
            own.push(line);
            if line == "  }" {
                break;
            }
        }
        let body = own.join("\n");
        let used = aliases.iter().filter(|alias| {
            let name = alias.split(' ').next().unwrap_or(alias);
            body.match_indices(name).any(|(i, _)| !body[i + name.len()..].starts_with(|c: char| c.is_alphanumeric()))
        });
        let text = used.map(|alias| format!("{alias}\n")).collect::<String>() + &body + "\n";
        found.push((name, text));
    }
    found
}

/// Returns the dispatches in a byte code module by name, in order. Each has the calls that start it, and the values
/// that these calls need.
pub fn starts(text: &str) -> Vec<(&str, String)> {
    let mut strings: HashMap<&str, (&str, &str)> = HashMap::new();
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut function: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some(symbol) = line.trim_start().strip_prefix("vm.rodata private @")
            && let Some((symbol, rest)) = symbol.split_once(' ')
            && let Some((_, string)) = rest.trim_end_matches('"').rsplit_once('"')
        {
            strings.insert(symbol, (string, line));
        }
        if line.starts_with("    vm.func ") || !function.is_empty() {
            function.push(line);
        }
        if line == "    }" {
            starts_of(&std::mem::take(&mut function), &strings, &mut found);
        }
    }
    found
}

/// Adds the dispatches that a function starts.
fn starts_of<'t>(
    function: &[&'t str],
    strings: &HashMap<&str, (&'t str, &'t str)>,
    found: &mut Vec<(&'t str, String)>,
) {
    let mut made: HashMap<&str, usize> = HashMap::new();
    for (i, line) in function.iter().enumerate().skip(1) {
        made.extend(variables(results(line)).map(|v| (v, i)));
    }
    // The lines that each dispatch needs, by its name.
    let mut needed: Vec<(&str, &str, BTreeSet<usize>)> = Vec::new();
    for i in (0..function.len()).filter(|&i| function[i].contains("@hal.command_buffer.dispatch(")) {
        let mut lines = BTreeSet::from([i]);
        let mut open = vec![i];
        while let Some(line) = open.pop() {
            let before = variables(function[line]).filter_map(|v| made.get(v)).filter(|&&at| at < line);
            open.extend(before.filter(|&&at| lines.insert(at)).copied().collect::<Vec<_>>());
        }
        let mut names =
            lines.iter().filter_map(|&i| strings.get(function[i].split_once("rodata @")?.1.split(' ').next()?));
        let Some(&(name, rodata)) = names.next_back() else { continue };
        match needed.iter_mut().find(|(known, ..)| *known == dispatch(name)) {
            Some((.., of)) => of.extend(lines),
            None => needed.push((dispatch(name), rodata, lines)),
        }
    }
    for (name, rodata, lines) in needed {
        let lines: String = lines.iter().map(|&i| format!("{}\n", function[i])).collect();
        let text = format!("{rodata}\n{}\n{lines}    }}\n", function[0]);
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, existing)) => existing.push_str(&text),
            None => found.push((name, text)),
        }
    }
}

/// Returns the definitions in a line of bytecode: before `=`, or the parameters of a block.
fn results(line: &str) -> &str {
    match line.trim_start() {
        block if block.starts_with('^') => block,
        line => line.split_once(" = ").map_or("", |(results, _)| results),
    }
}

/// Returns the variables in a text.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| !(c.is_alphanumeric() || ['_', '-', '.', '$'].contains(&c));
    text.split('%').skip(1).map(move |rest| rest.split(ends).next().unwrap_or(rest))
}

/// Returns the name of a dispatch, such as `main_dispatch_0` for the function `main_dispatch_0_matmul_64x32x48_f32`.
fn dispatch(function: &str) -> &str {
    let number = ["_dispatch_", "_encoding_"].iter().find_map(|mark| Some(function.find(mark)? + mark.len()));
    let Some(number) = number else { return function };
    let end = function[number..].find(|c: char| !c.is_ascii_digit()).map_or(function.len(), |end| number + end);
    &function[..end]
}

/// Shortens the binary code in a text.
pub fn shorten_binaries(text: &str) -> String {
    /// The number of hexadecimal digits to keep.
    const MAX_DIGITS: usize = 32;
    let mut short = String::with_capacity(text.len().min(1 << 20));
    let mut rest = text;
    while let Some(at) = rest.find("\"0x") {
        let (before, digits) = rest.split_at(at + 3);
        let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        short.push_str(before);
        short.push_str(&digits[..end.min(MAX_DIGITS)]);
        if end > MAX_DIGITS {
            short.push_str(&format!("... {} bytes", end / 2));
        }
        rest = &digits[end..];
    }
    short.push_str(rest);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_code_is_shortened() {
        let code = format!("a = dense<\"0x{}\"> : b, c = \"0x12\"", "AB".repeat(500));
        assert_eq!(
            shorten_binaries(&code),
            format!("a = dense<\"0x{}... 500 bytes\"> : b, c = \"0x12\"", "AB".repeat(16))
        );
    }

    #[test]
    fn executables_come_with_their_aliases() {
        let text = "#map = one\n#map1 = two\nmodule {\n  flow.executable private @main_dispatch_0 {\n    #map1\n  }\n  flow.executable private @b {\n  }\n}\n";
        let found = executables(text, "flow");
        let first = "#map1 = two\n  flow.executable private @main_dispatch_0 {\n    #map1\n  }\n";
        assert_eq!(found[0], ("main_dispatch_0", first.to_owned()));
        assert_eq!(found[1].0, "b");
    }

    #[test]
    fn calls_of_dispatches_come_with_what_they_need() {
        let text = "  vm.module {\n    vm.rodata private @_utf8_a <alignment = 1> \"main_dispatch_3_sum_4\"\n    \
                    vm.rodata private @_utf8_b <alignment = 1> \"main_dispatch_12_mul\"\n    vm.func private @main() {\n      \
                    %c1 = one\n      %c2 = two\n    ^bb1(%0: i32):  // pred\n      %1 = rodata @_utf8_a : b\n      %2:2 = vm.call @lookup(%1)\n      \
                    vm.call @hal.command_buffer.dispatch(%2#0, %c1)\n      %3 = rodata @_utf8_b : b\n      \
                    vm.call @hal.command_buffer.dispatch(%3, %0)\n      vm.return\n    }\n  }\n";
        let found = starts(text);
        let first = "    vm.rodata private @_utf8_a <alignment = 1> \"main_dispatch_3_sum_4\"\n    vm.func private @main() {\n      \
                     %c1 = one\n      %1 = rodata @_utf8_a : b\n      %2:2 = vm.call @lookup(%1)\n      \
                     vm.call @hal.command_buffer.dispatch(%2#0, %c1)\n    }\n";
        let second = "    vm.rodata private @_utf8_b <alignment = 1> \"main_dispatch_12_mul\"\n    vm.func private @main() {\n    \
                      ^bb1(%0: i32):  // pred\n      %3 = rodata @_utf8_b : b\n      vm.call @hal.command_buffer.dispatch(%3, %0)\n    }\n";
        assert_eq!(found, [("main_dispatch_3", first.to_owned()), ("main_dispatch_12", second.to_owned())]);
    }
}
