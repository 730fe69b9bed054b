//! A position in a line of the text form, and readers of the parts of a line.

use super::names::is_name_char;
use super::parse_error::{ParseError, ParseProblem};
use crate::Type;
use serde_json::Value as Json;

#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    line: usize,
    text: &'a str,
    at: usize,
}

type Result<T> = std::result::Result<T, ParseError>;

impl<'a> Cursor<'a> {
    /// Returns the start of line number `line`, counted from 1.
    pub(super) fn new(line: usize, text: &'a str) -> Cursor<'a> {
        Cursor { line, text, at: 0 }
    }
    /// Returns an error for this problem at this position.
    pub(super) fn error(&self, problem: impl Into<ParseProblem>) -> ParseError {
        let column = self.text[..self.at].chars().count() + 1;
        ParseError { line: self.line, column, problem: problem.into() }
    }
    pub(super) fn expected(&self, what: &'static str) -> ParseError {
        let rest = self.rest();
        let found = if rest.is_empty() { "the end of the line".to_owned() } else { rest.chars().take(20).collect() };
        self.error(ParseProblem::Expected { what, found })
    }
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
    pub(super) fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }
    /// Returns whether the line ends here, or only a comment follows.
    pub(super) fn at_end(&mut self) -> bool {
        self.skip_blanks();
        self.rest().is_empty() || self.rest().starts_with('#')
    }
    /// Skips `token`, and whitespace before it, if it is here. Returns whether it was.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }
    /// Like `eat`, for a word that ends here.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let mut ahead = *self;
        let found = ahead.eat(word) && !ahead.rest().starts_with(is_name_char);
        if found {
            *self = ahead;
        }
        found
    }
    pub(super) fn expect(&mut self, token: &'static str) -> Result<()> {
        if self.eat(token) { Ok(()) } else { Err(self.expected(token)) }
    }
    pub(super) fn name(&mut self) -> Result<&'a str> {
        self.skip_blanks();
        let rest = self.rest();
        let end = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.expected("a name"));
        }
        self.at += end;
        Ok(&rest[..end])
    }
    /// Reads names with commas between them, up to the first part that is not a name.
    pub(super) fn names(&mut self, stop: &str) -> Result<Vec<(Cursor<'a>, &'a str)>> {
        let mut names = Vec::new();
        self.skip_blanks();
        if self.rest().starts_with(stop) && !stop.is_empty() || self.at_end() {
            return Ok(names);
        }
        loop {
            self.skip_blanks();
            names.push((*self, self.name()?));
            if !self.eat(",") {
                return Ok(names);
            }
        }
    }
    /// Reads the symbol of a program, and its name.
    pub(super) fn symbol(&mut self) -> Result<(&'a str, String)> {
        self.skip_blanks();
        let start = self.at;
        let name = if self.rest().starts_with('"') { self.string()? } else { self.name()?.to_owned() };
        if self.rest().starts_with('@') {
            self.at += 1;
            self.name()?;
        }
        Ok((&self.text[start..self.at], name))
    }
    pub(super) fn string(&mut self) -> Result<String> {
        let here = *self;
        match self.json()? {
            Json::String(text) => Ok(text),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
                Err(here.expected("a string in double quotes"))
            }
        }
    }
    /// Reads a JSON value, up to the comma or bracket that is not part of it.
    pub(super) fn json(&mut self) -> Result<Json> {
        self.skip_blanks();
        let (text, here) = (self.value_text(), *self);
        let value = serde_json::from_str(text).map_err(|e| {
            here.error(ParseProblem::Json { text: text.chars().take(40).collect(), reason: e.to_string() })
        })?;
        self.at += text.len();
        Ok(value)
    }
    fn value_text(&self) -> &'a str {
        let rest = self.rest();
        let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
        for (i, c) in rest.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' if in_string => escaped = true,
                '"' => {
                    in_string = !in_string;
                    if !in_string && depth == 0 {
                        return &rest[..=i];
                    }
                }
                _ if in_string => {}
                '[' | '{' => depth += 1,
                ')' | ',' | ']' | '}' if depth == 0 => return &rest[..i],
                ']' | '}' => depth -= 1,
                _ => {}
            }
        }
        rest
    }
    /// Reads the numbers in brackets, as text.
    pub(super) fn numbers(&mut self) -> Result<Vec<(Cursor<'a>, &'a str)>> {
        self.expect("[")?;
        let mut numbers = Vec::new();
        while !self.eat("]") {
            if !numbers.is_empty() {
                self.expect(",")?;
            }
            self.skip_blanks();
            let rest = self.rest();
            let Some(end) = rest.find([',', ']']) else { return Err(self.expected("a number and then , or ]")) };
            numbers.push((*self, rest[..end].trim()));
            self.at += end;
        }
        Ok(numbers)
    }
    pub(super) fn ty(&mut self) -> Result<Type> {
        self.skip_blanks();
        let rest = self.rest();
        let end = rest.find(']').map_or(rest.len(), |i| i + 1);
        let ty: Type = rest[..end].parse().map_err(|_| self.expected("a type, as [2, 3, f32]"))?;
        crate::types::check(&ty).map_err(|problem| self.error(problem))?;
        self.at += end;
        Ok(ty)
    }
    /// Reads one type, or several in parentheses.
    pub(super) fn types(&mut self) -> Result<Vec<Type>> {
        if !self.eat("(") {
            return Ok(vec![self.ty()?]);
        }
        let mut types = Vec::new();
        while !self.eat(")") {
            if !types.is_empty() {
                self.expect(",")?;
            }
            types.push(self.ty()?);
        }
        Ok(types)
    }
    /// Reads up to the next whitespace.
    pub(super) fn word(&mut self) -> &'a str {
        self.skip_blanks();
        let rest = self.rest();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }
}
