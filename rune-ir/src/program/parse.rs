//! The parser of the text form, which `format.md` describes.

use super::cursor::Cursor;
use super::parse_error::{ParseError, ParseProblem};
use super::print::{Types, content_hash};
use super::{BuildError, Loc, MAX_DEPTH, Origin, Program, ProgramBuilder, Transform, Transforms};
use crate::op::{Literal, Parts};
use crate::{Array, Op, Type, Value, Var};
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

type Result<T> = std::result::Result<T, ParseError>;

impl FromStr for Program {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Program> {
        Program::parse(text)
    }
}

impl Program {
    /// Parses the text of a program that contains all its constants.
    ///
    /// ```
    /// use rune_ir::Program;
    /// let text = "\
    /// def f(x0): # [1, f32] -> [1, f32]
    ///     y0 = rune.mul(x0, x0) # ([1, f32], [1, f32]) -> [1, f32]
    ///     return y0
    /// ";
    /// assert_eq!(Program::parse(text).unwrap().to_string(), text);
    /// ```
    ///
    /// Blank lines, and lines that start with `#`, are skipped. Comments after instructions are optional; types in them
    /// are checked.
    ///
    /// # Errors
    /// If the text is not a program, or a constant is too large to be in it.
    pub fn parse(text: &str) -> Result<Program> {
        Program::parse_with(text, &[])
    }

    /// Like [`Program::parse`]. `constants` supplies the constants that are not in the text.
    ///
    /// # Errors
    /// If the text is not a program, or a constant is neither in it nor supplied, or is supplied with another type or
    /// content.
    pub fn parse_with(text: &str, constants: &[Value]) -> Result<Program> {
        let mut parser = Parser { constants, programs: HashMap::new(), frames: Vec::new() };
        let mut whole = None;
        let mut last = 0;
        for (i, line) in text.lines().enumerate() {
            let mut at = Cursor::new(i + 1, line);
            last = i + 1;
            if at.at_end() {
                continue;
            }
            if whole.is_some() {
                return Err(at.expected("nothing after the program"));
            }
            whole = parser.line(at)?;
        }
        whole.ok_or_else(|| {
            let what = if parser.frames.is_empty() { "a program, `def f(x0): # …`" } else { "`return …`" };
            Cursor::new(last + 1, "").expected(what)
        })
    }
}

/// A program whose `return` has not been read yet.
struct Frame<'a> {
    symbol: &'a str,
    name: String,
    inputs: Vec<Type>,
    constants: Vec<Value>,
    outputs: Vec<Type>,
    vars: HashMap<&'a str, Var>,
    /// `None` until the first line that is not a constant.
    builder: Option<ProgramBuilder>,
}

impl<'a> Frame<'a> {
    fn builder(&mut self) -> &mut ProgramBuilder {
        self.builder.get_or_insert_with(|| {
            ProgramBuilder::new(
                std::mem::take(&mut self.name),
                std::mem::take(&mut self.inputs),
                std::mem::take(&mut self.constants),
            )
        })
    }
    fn assign(&mut self, at: Cursor<'a>, name: &'a str, var: Var) -> Result<()> {
        match self.vars.insert(name, var) {
            None => Ok(()),
            Some(_) => Err(at.error(ParseProblem::Reassigned(name.to_owned()))),
        }
    }
    fn var(&self, at: Cursor<'a>, name: &str) -> Result<Var> {
        self.vars.get(name).copied().ok_or_else(|| at.error(ParseProblem::UnknownVariable(name.to_owned())))
    }
}

struct Parser<'a, 'c> {
    constants: &'c [Value],
    /// All complete programs, by symbol.
    programs: HashMap<&'a str, Arc<Program>>,
    frames: Vec<Frame<'a>>,
}

impl<'a> Parser<'a, '_> {
    /// Parses a line. Returns the whole program after its last line.
    fn line(&mut self, mut at: Cursor<'a>) -> Result<Option<Program>> {
        at.skip_blanks();
        let start = at;
        if at.eat_word("def") {
            if self.frames.len() >= MAX_DEPTH as usize {
                return Err(start.error(BuildError::TooDeep(at.symbol()?.1)));
            }
            let frame = self.definition(at)?;
            self.frames.push(frame);
            return Ok(None);
        }
        let Some(frame) = self.frames.last_mut() else { return Err(start.expected("`def`")) };
        if at.eat_word("return") {
            let names = at.names("")?;
            let outputs = names.into_iter().map(|(at, name)| frame.var(at, name)).collect::<Result<Vec<_>>>()?;
            return self.finish(start, outputs);
        }
        let results = if at.eat("()") { Vec::new() } else { at.names("=")? };
        at.expect("=")?;
        if at.eat_word("constant") {
            let index = frame.constants.len();
            let &[(here, name)] = &results[..] else { return Err(start.expected("one name for a constant")) };
            if self.frames.len() > 1 || self.frames[0].builder.is_some() {
                return Err(start.error(ParseProblem::LateConstant));
            }
            let value = self.constant(at, index)?;
            let frame = &mut self.frames[0];
            frame.constants.push(value);
            let var = Var((frame.inputs.len() + index) as u32);
            frame.assign(here, name, var)?;
        } else {
            at.expect("rune.")?;
            self.instruction(at, results)?;
        }
        Ok(None)
    }

    fn definition(&mut self, mut at: Cursor<'a>) -> Result<Frame<'a>> {
        at.skip_blanks();
        let start = at;
        let (symbol, name) = at.symbol()?;
        if self.programs.contains_key(symbol) || self.frames.iter().any(|f| f.symbol == symbol) {
            return Err(start.error(ParseProblem::Redefined(symbol.to_owned())));
        }
        at.expect("(")?;
        let names = at.names(")")?;
        at.expect(")")?;
        at.expect(":")?;
        at.expect("#")?;
        let inputs = at.types()?;
        if inputs.len() != names.len() {
            let (expected, found) = (names.len(), inputs.len());
            return Err(at.error(ParseProblem::Count { what: "types of inputs", expected, found }));
        }
        at.expect("->")?;
        let outputs = at.types()?;
        let (constants, vars) = (Vec::new(), HashMap::new());
        let mut frame = Frame { symbol, name, inputs, constants, outputs, vars, builder: None };
        for (i, (at, name)) in names.into_iter().enumerate() {
            frame.assign(at, name, Var(i as u32))?;
        }
        Ok(frame)
    }

    fn finish(&mut self, start: Cursor<'a>, outputs: Vec<Var>) -> Result<Option<Program>> {
        let mut frame = self.frames.pop().expect("a line is read within a program");
        frame.builder();
        let builder = frame.builder.take().expect("the builder was begun above");
        let program = builder.finish(outputs).map_err(|e| start.error(e))?;
        agree(start, &frame.outputs, &program.output_types())?;
        if self.frames.is_empty() {
            return Ok(Some(program));
        }
        self.programs.insert(frame.symbol, Arc::new(program));
        Ok(None)
    }

    /// Parses the rest of a line after `constant`: its elements, a hash of them, or nothing; then its type.
    fn constant(&self, mut at: Cursor<'a>, index: usize) -> Result<Value> {
        let (mut numbers, mut hash) = (None, None);
        if at.eat("(") {
            if at.eat("hash") {
                at.expect("=")?;
                hash = Some(at.string()?);
            } else {
                numbers = Some(at.numbers()?);
            }
            at.expect(")")?;
        }
        at.expect("#")?;
        let ty = at.ty()?;
        if let Some(numbers) = numbers {
            if numbers.len() != ty.size() {
                let (expected, found) = (ty.size(), numbers.len());
                return Err(at.error(ParseProblem::Count { what: "elements", expected, found }));
            }
            let mut bytes = Vec::with_capacity(ty.bytes());
            for (at, number) in numbers {
                let literal = Literal::parse_number(ty.dtype, number).ok_or_else(|| at.expected("an element"))?;
                bytes.extend_from_slice(&literal.bits().to_le_bytes()[..ty.dtype.size()]);
            }
            return Ok(Value::Host(Array::from_bytes(ty, &bytes)));
        }
        let problem = |found: String| at.error(ParseProblem::Constant { index, ty: ty.clone(), found });
        let value = self
            .constants
            .get(index)
            .ok_or_else(|| problem("is not given; give it to `Program::parse_with`".to_owned()))?;
        if *value.ty() != ty {
            return Err(problem(format!("one of type {} is given", value.ty())));
        }
        if let Some(hash) = hash {
            let array = value.to_host().map_err(|e| problem(format!("the one given cannot be read: {e}")))?;
            if content_hash(&array) != hash {
                return Err(problem("one with other elements is given".to_owned()));
            }
        }
        Ok(value.clone())
    }

    fn instruction(&mut self, mut at: Cursor<'a>, results: Vec<(Cursor<'a>, &'a str)>) -> Result<()> {
        let start = at;
        let frame = self.frames.last_mut().expect("a line is read within a program");
        let mut parts = Parts {
            name: at.name()?.to_owned(),
            operands: Vec::new(),
            attributes: serde_json::Map::new(),
            programs: Vec::new(),
        };
        at.expect("(")?;
        let mut first = true;
        while !at.eat(")") {
            if !first {
                at.expect(",")?;
            }
            first = false;
            at.skip_blanks();
            let (here, name) = (at, at.name()?);
            if !at.eat("=") {
                parts.operands.push(frame.var(here, name)?);
            } else if at.eat("@") {
                let (symbol, _) = at.symbol()?;
                let program = self.programs.get(symbol);
                let unknown = || here.error(ParseProblem::UnknownProgram(symbol.to_owned()));
                parts.programs.push((name.to_owned(), program.ok_or_else(unknown)?.clone()));
            } else if parts.attributes.insert(name.to_owned(), at.json()?).is_some() {
                return Err(here.error(ParseProblem::Reassigned(name.to_owned())));
            }
        }
        let op: Op = Op::from_parts(parts).map_err(|e| start.error(e))?;
        let operands: Vec<Var> = op.operands().into_iter().copied().collect();
        let types = remark(&mut at)?;
        let origin = origin(&mut at)?;
        let builder = frame.builder();
        let vars = builder.push(op, origin).map_err(|e| start.error(e))?;
        if vars.len() != results.len() {
            let (expected, found) = (vars.len(), results.len());
            return Err(start.error(ParseProblem::Count { what: "names of results", expected, found }));
        }
        if let Some((here, from, to)) = types {
            let found = |vars: &[Var]| vars.iter().filter_map(|&v| builder.ty(v).cloned()).collect::<Vec<_>>();
            agree(here, &from, &found(&operands))?;
            agree(here, &to, &found(&vars))?;
        }
        for ((at, name), var) in results.into_iter().zip(vars) {
            frame.assign(at, name, var)?;
        }
        Ok(())
    }
}

/// Checks the stated types.
fn agree(at: Cursor, stated: &[Type], found: &[Type]) -> Result<()> {
    if stated == found {
        return Ok(());
    }
    let text = |types: &[Type]| Types(&types.iter().collect::<Vec<_>>()).to_string();
    Err(at.error(ParseProblem::Types { stated: text(stated), found: text(found) }))
}

/// The types of operands and results in a comment, and its position.
type StatedTypes<'a> = (Cursor<'a>, Vec<Type>, Vec<Type>);

/// Parses the types in the comment after an instruction, if there is one.
fn remark<'a>(at: &mut Cursor<'a>) -> Result<Option<StatedTypes<'a>>> {
    if !at.at_end() {
        return Err(at.expected("the end of the line, or # and the types"));
    }
    let mut ahead = *at;
    ahead.eat("#");
    if !ahead.eat("(") && !ahead.eat("[") {
        return Ok(None);
    }
    at.eat("#");
    at.skip_blanks();
    let here = *at;
    let from = at.types()?;
    at.expect("->")?;
    Ok(Some((here, from, at.types()?)))
}

/// Parses the origin in the comment after an instruction, if there is one.
fn origin(at: &mut Cursor) -> Result<Origin> {
    let mut origin = Origin::default();
    if !at.eat("@") {
        return Ok(origin);
    }
    let here = *at;
    if !at.eat_word("?") {
        let malformed = || here.expected("a place, as src/model.rs:3:5");
        let mut ahead = *at;
        let quoted = if ahead.eat("\"") { Some(at.string()?) } else { None };
        let mut parts = at.word().rsplitn(3, ':');
        let mut number = || parts.next().and_then(|n| n.parse::<u32>().ok()).ok_or_else(malformed);
        let (column, line) = (number()?, number()?);
        let file = parts.next().ok_or_else(malformed)?;
        let file = quoted.unwrap_or_else(|| file.to_owned()).into();
        origin.loc = Some(Loc { file, line, column });
    }
    if at.eat_word("in") {
        origin.scope = Some(at.string()?.into());
    }
    if at.eat_word("by") {
        origin.transforms = transforms(at)?;
    }
    Ok(origin)
}

/// Parses names of transformations, each within the one before: `transpose(jvp)`.
fn transforms(at: &mut Cursor) -> Result<Transforms> {
    let mut names = Vec::new();
    loop {
        at.skip_blanks();
        let here = *at;
        let name = at.name()?;
        let transform = Transform::ALL.into_iter().find(|t| t.name() == name);
        names.push(transform.ok_or_else(|| here.expected("jvp, transpose or vmap"))?);
        if !at.eat("(") {
            break;
        }
    }
    (1..names.len()).try_for_each(|_| at.expect(")"))?;
    Ok(names.into_iter().rev().fold(Transforms::NONE, Transforms::then))
}
