//! A cursor that reads text from left to right. There is no list of tokens, because MLIR's tokens depend on what is
//! expected (`2x3xf32`).

use crate::error::Fail;
use std::borrow::Cow;

pub(crate) struct Cursor<'t> {
    pub text: &'t str,
    pub at: usize,
    /// The current nesting depth of lists and regions.
    depth: u32,
}

/// The maximum nesting depth of lists, attributes and regions.
const MAX_DEPTH: u32 = 100;

impl<'t> Cursor<'t> {
    pub fn new(text: &'t str) -> Cursor<'t> {
        Cursor { text, at: 0, depth: 0 }
    }
    /// Returns a cursor on the text from `at` up to `end`.
    pub fn within(text: &'t str, at: usize, end: usize) -> Cursor<'t> {
        Cursor { text: &text[..end], at, depth: 0 }
    }
    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }
    /// Skips white space and comments.
    pub fn skip(&mut self) {
        loop {
            match self.bytes().get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'/') if self.bytes().get(self.at + 1) == Some(&b'/') => {
                    let rest = &self.bytes()[self.at..];
                    self.at += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                }
                Some(_) | None => return,
            }
        }
    }
    /// Returns the next byte that is not white space.
    pub fn peek(&mut self) -> Option<u8> {
        self.skip();
        self.bytes().get(self.at).copied()
    }
    /// Consumes this punctuation if it comes next, and returns whether it did.
    pub fn eat(&mut self, what: &str) -> bool {
        self.skip();
        let found = self.bytes()[self.at..].starts_with(what.as_bytes());
        self.at += if found { what.len() } else { 0 };
        found
    }
    pub fn expect(&mut self, what: &str) -> Result<(), Fail> {
        if self.eat(what) { Ok(()) } else { Err(self.expected(&format!("`{what}`"))) }
    }
    /// Consumes this word if it comes next as a whole word, and returns whether it did.
    pub fn keyword(&mut self, word: &str) -> bool {
        let start = {
            self.skip();
            self.at
        };
        let found = self.word() == Some(word);
        if !found {
            self.at = start;
        }
        found
    }
    pub fn fail<T>(&self, problem: impl Into<String>) -> Result<T, Fail> {
        Err(Fail { at: self.at, problem: problem.into() })
    }
    /// Returns the error that `what` was expected at the cursor.
    pub fn expected(&mut self, what: &str) -> Fail {
        self.skip();
        let rest = &self.text[self.at..];
        let length = |c: char| if c.is_alphanumeric() || c == '_' { None } else { Some(()) };
        let end =
            rest.char_indices().skip(1).find(|&(i, c)| length(c).is_some() || i > 24).map_or(rest.len(), |(i, _)| i);
        let found = match &rest[..end] {
            "" => "the end of the text".to_owned(),
            found => format!("`{found}`"),
        };
        Fail { at: self.at, problem: format!("expected {what}, found {found}") }
    }
    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> &'t str {
        let start = self.at;
        while self.bytes().get(self.at).is_some_and(|&b| belongs(b)) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }
    /// Reads a keyword or the name of an operation: letters, digits, `_`, `$` and `.`, not starting with a digit.
    pub fn word(&mut self) -> Option<&'t str> {
        let first = self.peek()?;
        if !(first.is_ascii_alphabetic() || first == b'_') {
            return None;
        }
        Some(self.run(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.')))
    }
    /// Reads the name after a `%`, `@`, `#` or `^`.
    pub fn suffix(&mut self) -> Result<&'t str, Fail> {
        let name = self.run(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.' | b'-'));
        // The arrow is not part of the name.
        let arrow = name.ends_with('-') && self.bytes().get(self.at) == Some(&b'>');
        self.at -= usize::from(arrow);
        let name = if arrow { &name[..name.len() - 1] } else { name };
        if name.is_empty() { Err(self.expected("a name")) } else { Ok(name) }
    }
    /// Reads `@name` or `@"name"`.
    pub fn symbol(&mut self) -> Result<Cow<'t, str>, Fail> {
        self.expect("@")?;
        if self.bytes().get(self.at) == Some(&b'"') { self.string() } else { self.suffix().map(Cow::Borrowed) }
    }
    /// Reads a number as written: decimal, with a point and an exponent, or hexadecimal.
    pub fn number(&mut self) -> Option<&'t str> {
        self.skip();
        let start = self.at;
        self.at += usize::from(self.bytes().get(start) == Some(&b'-'));
        if self.bytes()[self.at..].starts_with(b"0x") {
            self.at += 2;
            self.run(|b| b.is_ascii_hexdigit());
            return Some(&self.text[start..self.at]);
        }
        if self.run(|b| b.is_ascii_digit()).is_empty() {
            self.at = start;
            return None;
        }
        if self.bytes().get(self.at) == Some(&b'.') {
            self.at += 1;
            self.run(|b| b.is_ascii_digit());
            let mark = self.at;
            if matches!(self.bytes().get(self.at), Some(b'e' | b'E')) {
                self.at += 1;
                self.at += usize::from(matches!(self.bytes().get(self.at), Some(b'+' | b'-')));
                if self.run(|b| b.is_ascii_digit()).is_empty() {
                    self.at = mark;
                }
            }
        }
        Some(&self.text[start..self.at])
    }
    /// Reads a nonnegative number.
    pub fn natural<T: std::str::FromStr>(&mut self) -> Result<T, Fail> {
        let start = {
            self.skip();
            self.at
        };
        let digits = self.run(|b| b.is_ascii_digit());
        digits.parse().map_err(|_| {
            self.at = start;
            self.expected("a number")
        })
    }
    /// Reads a string in quotes. Escapes are `\\`, `\"`, `\n`, `\t` and two hexadecimal digits.
    pub fn string(&mut self) -> Result<Cow<'t, str>, Fail> {
        let start = {
            self.skip();
            self.at
        };
        self.expect("\"")?;
        let plain = self.run(|b| b != b'"' && b != b'\\');
        if self.bytes().get(self.at) == Some(&b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut bytes = plain.as_bytes().to_vec();
        loop {
            match self.bytes()[self.at..] {
                [b'"', ..] => break,
                [b'\\', c @ (b'"' | b'\\'), ..] => (bytes.push(c), self.at += 2).1,
                [b'\\', b'n', ..] => (bytes.push(b'\n'), self.at += 2).1,
                [b'\\', b't', ..] => (bytes.push(b'\t'), self.at += 2).1,
                [b'\\', h, l, ..] if h.is_ascii_hexdigit() && l.is_ascii_hexdigit() => {
                    let digit = |d: u8| (d as char).to_digit(16).unwrap_or_default() as u8;
                    bytes.push(digit(h) * 16 + digit(l));
                    self.at += 3;
                }
                [c, ..] if c != b'\\' => (bytes.push(c), self.at += 1).1,
                [..] => {
                    return Err(Fail {
                        at: start,
                        problem: "this string does not end, or has an unknown escape".into(),
                    });
                }
            }
        }
        self.at += 1;
        Ok(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
    }
    /// Reads everything up to and including the bracket that closes one already read.
    pub fn balanced(&mut self) -> Result<&'t str, Fail> {
        let start = self.at;
        let closer = |b: u8| match b {
            b'<' => b'>',
            b'(' => b')',
            b'[' => b']',
            _ => b'}',
        };
        let mut open: Vec<u8> = self.bytes()[..start].last().map(|&b| closer(b)).into_iter().collect();
        loop {
            match self.bytes().get(self.at) {
                Some(b'"') => _ = self.string()?,
                Some(b'-') if self.bytes().get(self.at + 1) == Some(&b'>') => self.at += 2,
                Some(&b @ (b'<' | b'(' | b'[' | b'{')) => (open.push(closer(b)), self.at += 1).1,
                Some(&b @ (b'>' | b')' | b']' | b'}')) => {
                    if open.pop() != Some(b) {
                        return Err(Fail { at: start, problem: "this bracket is not closed".into() });
                    }
                    self.at += 1;
                    if open.is_empty() {
                        return Ok(&self.text[start..self.at - 1]);
                    }
                }
                Some(_) => self.at += 1,
                None => return Err(Fail { at: start, problem: "this bracket is not closed".into() }),
            }
        }
    }
    /// Runs `read` one level deeper.
    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fail>) -> Result<T, Fail> {
        if self.depth >= MAX_DEPTH {
            return self.fail(format!("nests deeper than {MAX_DEPTH} levels"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
    /// Reads items separated by commas, up to and including `close`.
    pub fn items<T>(
        &mut self,
        close: &str,
        mut item: impl FnMut(&mut Self) -> Result<T, Fail>,
    ) -> Result<Vec<T>, Fail> {
        let mut items = Vec::new();
        while !self.eat(close) {
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }
}
