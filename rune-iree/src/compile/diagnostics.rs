//! Diagnostics of the compiler, with their places in the user's source.

use super::excerpt::excerpt;
use std::fmt;
use std::path::PathBuf;

/// The severity of a diagnostic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// A note on the previous diagnostic.
    Note,
    /// A remark on an optimization.
    Remark,
    /// A possible mistake in a program that was compiled.
    Warning,
    /// The reason why the program was not compiled.
    Error,
}

/// One message of the compiler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The severity.
    pub severity: Severity,
    /// The message, without its place.
    pub message: String,
    /// The user's file, if the program names it.
    pub file: Option<PathBuf>,
    /// The line, from 1. 0 if there is no file.
    pub line: u32,
    /// The column, from 1. 0 if there is no file.
    pub column: u32,
    /// The notes: `called from` with the place of each caller, and the operation.
    pub notes: Vec<Diagnostic>,
}

impl Diagnostic {
    /// Creates a diagnostic without a place.
    pub(crate) fn without_place(severity: Severity, message: String) -> Diagnostic {
        Diagnostic { severity, message, file: None, line: 0, column: 0, notes: Vec::new() }
    }
    /// Parses a message of the compiler, `file:line:column: error: text`. The text can have several lines.
    pub(crate) fn parse_one(text: &str) -> Diagnostic {
        let text = text.trim();
        let (place, message) = match Diagnostic::split_place(text) {
            Some((file, line, column, message)) => (Some((file, line, column)), message),
            None => (None, text.strip_prefix("<unknown>:0: ").unwrap_or(text)),
        };
        let word = message.split(':').next().unwrap_or_default();
        let (severity, message) = match word {
            "warning" => (Severity::Warning, &message[word.len() + 1..]),
            "note" => (Severity::Note, &message[word.len() + 1..]),
            "remark" => (Severity::Remark, &message[word.len() + 1..]),
            "error" => (Severity::Error, &message[word.len() + 1..]),
            _ => (Severity::Error, message),
        };
        let (file, line, column) = place.map_or((None, 0, 0), |(f, l, c)| (Some(PathBuf::from(f)), l, c));
        Diagnostic { severity, message: message.trim_start().to_owned(), file, line, column, notes: Vec::new() }
    }
    /// Returns the operation in the message, such as `stablehlo.cholesky`.
    pub fn operation(&self) -> Option<&str> {
        let is_word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let is_operation = |quoted: &&str| {
            quoted.split_once('.').is_some_and(|(dialect, op)| is_word(&dialect) && op.split('.').all(|w| is_word(&w)))
        };
        self.message.split('\'').skip(1).find(is_operation)
    }
    /// Returns the source line of the diagnostic, if its file can be read.
    pub fn source_line(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.file.as_ref()?).ok()?;
        text.lines().nth(usize::try_from(self.line).ok()?.checked_sub(1)?).map(str::to_owned)
    }
}

impl Diagnostic {
    /// Splits `file:line:column: rest`. Only the place may precede the first `: `.
    pub(crate) fn split_place(text: &str) -> Option<(&str, u32, u32, &str)> {
        let first_line = text.lines().next()?;
        let mut from = 0;
        while let Some(at) = first_line[from..].find(": ").map(|i| i + from) {
            let mut parts = first_line[..at].rsplitn(3, ':');
            let column = parts.next().and_then(|p| p.parse().ok());
            let line = parts.next().and_then(|p| p.parse().ok());
            if let (Some(column), Some(line), Some(file)) = (column, line, parts.next()) {
                return Some((file.trim_matches('"'), line, column, text[at + 2..].trim_start()));
            }
            from = at + 2;
        }
        None
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Remark => "remark",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

impl Diagnostic {
    /// Writes the source line with a mark below the column.
    fn write_source(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(source) = self.source_line() else { return Ok(()) };
        /// The number of characters of a line to show around the place. A constant can be a line of megabytes.
        const WIDTH: usize = 140;
        let number = self.line.to_string();
        let indent = source.len() - source.trim_start().len();
        let column = usize::try_from(self.column).unwrap_or(0).saturating_sub(1 + indent);
        let from = if column < WIDTH { 0 } else { column - WIDTH / 2 };
        let shown: String = source.trim().chars().skip(from).take(WIDTH).collect();
        write!(f, "\n  {number} | {shown}\n  {:w$} | {:at$}^", "", "", w = number.len(), at = column - from)
    }
    fn place(&self) -> String {
        self.file.as_ref().map_or(String::new(), |file| format!("{}:{}:{}", file.display(), self.line, self.column))
    }
}

/// Truncates long messages, such as operations with large bodies. [`Diagnostic::message`] holds the whole text.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LINES: usize = 6;
        const NOTES: usize = 5;
        if self.file.is_some() {
            write!(f, "{}: ", self.place())?;
        }
        write!(f, "{}: {}", self.severity, excerpt(&self.message, LINES))?;
        self.write_source(f)?;
        for note in self.notes.iter().take(NOTES) {
            let message = excerpt(&note.message, 1);
            match note.file {
                Some(_) => write!(f, "\n  {message} {}", note.place())?,
                None => write!(f, "\n  {message}")?,
            }
            note.write_source(f)?;
        }
        match self.notes.len().saturating_sub(NOTES) {
            0 => Ok(()),
            more => write!(f, "\n  … and {more} more"),
        }
    }
}

/// The first few of several diagnostics, each on separate, indented lines.
pub(crate) struct Diagnostics<'a>(pub(crate) &'a [Diagnostic]);
impl fmt::Display for Diagnostics<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(" it gave no reason");
        }
        const LINES: usize = 22;
        let all: Vec<String> = self.0.iter().map(Diagnostic::to_string).collect();
        for line in excerpt(&all.join("\n"), LINES).lines() {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests messages, notes and lines that hold the text of a program, and thousands of messages.
    #[test]
    fn no_message_is_long() {
        let program: String = (0..5000).map(|i| format!("  %{i} = stablehlo.add %a, %a : tensor<4xf32>\n")).collect();
        let line = format!("dense<\"0x{}\">", "0".repeat(300_000));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("m.mlir");
        std::fs::write(&file, format!("{line} here {line}\n")).unwrap();
        let column = u32::try_from(line.chars().count() + 2).unwrap();
        let error = |message: &str| Diagnostic::without_place(Severity::Error, message.to_owned());
        let in_file = Diagnostic { file: Some(file), line: 1, column, ..error("wrong") };
        let noted = Diagnostic { notes: vec![error(&program); 100], ..error("wrong") };
        for all in
            [vec![error(&program)], vec![noted], vec![error("one"); 4000], vec![error(&line)], vec![in_file.clone()]]
        {
            let shown = Diagnostics(&all).to_string();
            assert!(shown.lines().count() <= 25 && shown.len() < 8000, "{} bytes: {shown}", shown.len());
        }
        let shown = in_file.to_string();
        let lines: Vec<&str> = shown.lines().collect();
        let at = lines[2].find('^').unwrap();
        assert_eq!(&lines[1][at..at + 4], "here", "{shown}");
    }

    #[test]
    fn places_are_taken_from_messages() {
        let d = Diagnostic::parse_one("src/model.rs:42:9: warning: failed to legalize: x\nmore");
        assert_eq!((d.severity, d.file), (Severity::Warning, Some("src/model.rs".into())));
        assert_eq!((d.line, d.column, d.message.as_str()), (42, 9, "failed to legalize: x\nmore"));
        let d = Diagnostic::parse_one("c:\\a.rs:1:2: oh: no");
        assert_eq!((d.file, d.message.as_str()), (Some("c:\\a.rs".into()), "oh: no"));
        let d = Diagnostic::parse_one("no place: here");
        assert_eq!((d.file, d.line, d.message.as_str()), (None, 0, "no place: here"));
    }

    #[test]
    fn the_operation_is_found_in_the_usual_messages() {
        let operation = |message: &str| {
            Diagnostic::without_place(Severity::Error, message.to_owned()).operation().map(str::to_owned)
        };
        let legalize = "failed to legalize operation 'stablehlo.cholesky' that was explicitly marked illegal";
        assert_eq!(operation(legalize).as_deref(), Some("stablehlo.cholesky"));
        assert_eq!(operation("'scf.while' op along control flow edge").as_deref(), Some("scf.while"));
        assert_eq!(operation("'foo' is not a CPU"), None);
        assert_eq!(operation("it's 'no.' operation"), None);
    }
}
