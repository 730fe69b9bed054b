//! Parses the standard error of the compiler into diagnostics.
//!
//! A message is `file:line:column: error: text`, and can have several lines. A source line with a mark below it
//! follows. Notes have the same form. The linker, a separate process, writes `iree-lld: error: text` before the
//! messages of the compiler.

use super::diagnostics::{Diagnostic, Severity};

/// The prefix of a note that names an operation.
const OPERATION: &str = "see current operation: ";
/// The prefix of the linker's messages.
const LINKER: &str = "iree-lld: ";
/// The text that follows the linker's messages: its command line.
const LINKING: &str = "Linking failed;";

/// The names of standard input: in the parser's messages, and in others.
const INPUT: [&str; 2] = ["<stdin>", "-"];

/// Returns the diagnostics in `stderr`. Standard input holds the program, which messages call `name`.
pub(super) fn diagnostics(stderr: &str, name: &str) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for message in messages(stderr) {
        let mut diagnostic = Diagnostic::parse_one(&message.text);
        if diagnostic.file.as_deref().is_some_and(|file| file.to_str().is_some_and(|file| INPUT.contains(&file))) {
            diagnostic.file = Some(name.into());
        }
        match (diagnostic.severity, found.last_mut()) {
            (Severity::Note, Some(last)) => add_note(last, diagnostic),
            _ => found.push(diagnostic),
        }
    }
    let linker = linker_messages(stderr);
    if linker.is_empty() {
        return found;
    }
    // If the linker fails, the compiler reports the failure, with the linker's command line, at the place of the
    // operation.
    let place = found.into_iter().find(|d| d.severity == Severity::Error);
    let at_place = |message: String| {
        let (file, line, column) = place.as_ref().map_or((None, 0, 0), |d| (d.file.clone(), d.line, d.column));
        let severity = Severity::Error;
        Diagnostic { file, line, column, ..Diagnostic::without_place(severity, format!("linker: {message}")) }
    };
    linker.into_iter().map(at_place).collect()
}

/// Adds a note, unless it repeats the operation, which most messages show.
fn add_note(diagnostic: &mut Diagnostic, note: Diagnostic) {
    match note.message.strip_prefix(OPERATION.trim_end()) {
        Some(operation) => {
            let operation = operation.trim();
            if !diagnostic.message.contains(operation) {
                diagnostic.notes.push(Diagnostic::without_place(Severity::Note, format!("in {operation}")));
            }
        }
        None => diagnostic.notes.push(note),
    }
}

struct Message {
    text: String,
}

/// Returns the messages with a place or a severity, without the source lines that they show.
fn messages(stderr: &str) -> Vec<Message> {
    let mut found: Vec<Message> = Vec::new();
    let mut lines = stderr.lines().peekable();
    // Whether the next lines belong to the last message.
    let mut within = false;
    while let Some(line) = lines.next() {
        let is_source = lines.peek().is_some_and(|next| next.trim_matches([' ', '\t', '~']) == "^");
        if begins(line) {
            found.push(Message { text: line.to_owned() });
            within = true;
        } else if line.starts_with(LINKER) || line.starts_with(LINKING) || is_crash(line) {
            within = false;
        } else if is_source {
            lines.next();
            within = false;
        } else if let (true, Some(last)) = (within, found.last_mut()) {
            last.text.push('\n');
            last.text.push_str(line);
        }
    }
    found
}

/// Returns whether a line begins a message: it has a severity after a place, or as its first word.
fn begins(line: &str) -> bool {
    const SEVERITIES: [&str; 4] = ["error: ", "warning: ", "remark: ", "note: "];
    let message = Diagnostic::split_place(line).map_or(line, |(_, _, _, rest)| rest);
    let message = message.strip_prefix("<unknown>:0: ").unwrap_or(message);
    SEVERITIES.iter().any(|severity| message.starts_with(severity))
}

/// Returns whether a line belongs to LLVM's crash report.
fn is_crash(line: &str) -> bool {
    ["LLVM ERROR:", "PLEASE submit", "Stack dump:", "Stack dump without", "iree-compile: "]
        .iter()
        .any(|start| line.starts_with(start))
}

/// Returns the messages of the linker, each with its following lines.
fn linker_messages(stderr: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in stderr.lines() {
        if let Some(message) = line.strip_prefix(LINKER) {
            found.push(message.trim_start_matches("error: ").to_owned());
        } else if let (true, Some(last)) = (line.starts_with(">>> "), found.last_mut()) {
            last.push('\n');
            last.push_str(line);
        }
    }
    found
}

/// Returns the flags that the compiler rejects, if it rejects any.
pub(super) fn refused_flags(stderr: &str) -> Option<String> {
    let is_of_flags = |line: &&str| {
        line.contains("Unknown command line argument")
            || line.contains("for the --") && line.contains(" option")
            || line.contains("for the -") && line.contains("argument:")
    };
    let line = stderr.lines().filter(|line| line.starts_with("iree-compile: ")).find(is_of_flags)?;
    let line = line.trim_start_matches("iree-compile: ");
    Some(line.split("  Try: ").next().unwrap_or(line).to_owned())
}

/// Returns the first line of LLVM's fatal error, such as `out of memory`.
pub(super) fn last_words(stderr: &str) -> Option<&str> {
    stderr.lines().find_map(|line| line.strip_prefix("LLVM ERROR: "))
}

/// Returns whether the compiler reports that it ran out of memory, also for the stack of a thread.
pub(super) fn is_out_of_memory(stderr: &str) -> bool {
    ["out of memory", "std::bad_alloc", "Cannot allocate memory", "Allocation failed", "pthread_create failed"]
        .iter()
        .any(|s| stderr.contains(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_with_their_places_and_notes() {
        let stderr = "/src/model.rs:2:13: error: failed to legalize operation 'stablehlo.cholesky': %0 = \"stablehlo.cholesky\"(%arg0)\n    \
                    let l = cholesky(x);\n            ^\n/src/model.rs:4:13: note: called from\nfn main() { f(&a) }\n            ^\n\
                    /src/model.rs:2:13: note: see current operation: %0 = \"stablehlo.cholesky\"(%arg0)\n    let l = cholesky(x);\n            ^\n\
                    -:6:10: error: another, over\ntwo lines\n  %r:2 = stablehlo.while(%a)\n         ^\n\
                    -:6:10: note: see current operation: \n%15:4 = \"scf.while\"(%7, %5) ({\n}) : () -> ()\n  %r\n  ^\n\
                    <unknown>:0: error: of no place\n";
        let all = diagnostics(stderr, "step");
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!(all[0].file.as_deref(), Some(std::path::Path::new("/src/model.rs")));
        assert_eq!((all[0].line, all[0].column, all[0].notes.len()), (2, 13, 1));
        assert_eq!((all[0].notes[0].message.as_str(), all[0].notes[0].line), ("called from", 4));
        assert_eq!(all[1].message, "another, over\ntwo lines");
        assert_eq!(all[1].file.as_deref(), Some(std::path::Path::new("step")));
        assert_eq!(all[1].notes[0].message, "in %15:4 = \"scf.while\"(%7, %5) ({\n}) : () -> ()");
        assert_eq!((all[2].message.as_str(), &all[2].file), ("of no place", &None));
    }

    #[test]
    fn of_a_failed_link_the_linkers_messages_stay() {
        let stderr = "iree-lld: error: undefined symbol: sin\n>>> referenced by -:1\n>>> referenced 1 more times\n\
                    Linking failed; escaped command line returned exit code 256:\n\nLLD_VERSION=IREE /opt/iree-lld -o /tmp/a.so\n\n\
                    -:2:7: error: failed to link executable\n %0 = sine\n      ^\n-:1:1: note: called from\nfunc\n^\n\
                    -:2:7: error: failed to serialize executables\n %0 = sine\n      ^\n";
        let all = diagnostics(stderr, "f");
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].message, "linker: undefined symbol: sin\n>>> referenced by -:1\n>>> referenced 1 more times");
        assert_eq!((all[0].file.as_deref(), all[0].line), (Some(std::path::Path::new("f")), 2));
    }

    #[test]
    fn crashes_and_flags_are_recognised() {
        let stderr =
            "LLVM ERROR: out of memory\nPLEASE submit a bug report\nStack dump:\n0.\tProgram arguments: iree-compile\n";
        assert!(diagnostics(stderr, "f").is_empty());
        assert_eq!(last_words(stderr), Some("out of memory"));
        assert!(is_out_of_memory(stderr));
        assert!(is_out_of_memory("LLVM ERROR: pthread_create failed: Resource temporarily unavailable\n"));
        let stderr = "iree-compile: Unknown command line argument '--no'.  Try: '/opt/iree-compile --help'\n\
                    iree-compile: Did you mean '--rng-seed'?\n";
        assert_eq!(refused_flags(stderr).as_deref(), Some("Unknown command line argument '--no'."));
        assert_eq!(refused_flags("m.mlir:1:1: error: no"), None);
        let stderr = "iree-compile: for the --iree-opt-level option: Cannot find option named 'x'!\n";
        assert!(refused_flags(stderr).is_some());
    }
}
