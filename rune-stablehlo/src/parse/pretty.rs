//! Parses StableHLO's own forms of operations.
//!
//! Nearly all of them are a sequence of items (operands, keywords, `name = value`), then attributes in braces, then
//! types.

use super::attribute::{Entries, attribute, entry, ty, types_of_results, untyped};
use super::cursor::Cursor;
use super::{arguments, location, operand, operations, region, signature};
use crate::ast::{Attribute, Operation, Region};
use crate::error::Fail;
use std::borrow::Cow;

/// Parses the rest of an operation after its name.
pub(super) fn operation<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    match op.name {
        "builtin.module" => module(c, op),
        "func.func" => function(c, op),
        "stablehlo.reduce" => reduce(c, op),
        "stablehlo.while" => while_loop(c, op),
        "stablehlo.constant" => constant(c, op),
        "func.call" | "stablehlo.composite" | "stablehlo.custom_call" => {
            let name = match c.peek() {
                Some(b'"') => c.string()?,
                _ => c.symbol()?,
            };
            let key = if op.name == "func.call" { "callee" } else { "name" };
            op.attributes.push((Cow::Borrowed(key), Attribute::Symbol(name)));
            common(c, op)
        }
        // `@mesh = <["x"=2]>` only distributes work over devices.
        "sdy.mesh" => {
            op.attributes.push(named("sym_name", Attribute::Symbol(c.symbol()?)));
            c.expect("=")?;
            c.expect("<")?;
            c.balanced()?;
            common(c, op)
        }
        "stablehlo.compare" => {
            comparison(c, op)?;
            common(c, op)
        }
        _ => common(c, op),
    }
}

fn named<'t>(name: &'static str, value: Attribute<'t>) -> (Cow<'t, str>, Attribute<'t>) {
    (Cow::Borrowed(name), value)
}

/// Parses items, attributes in braces, and types.
fn common<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    items(c, op)?;
    if c.eat("{") {
        op.attributes.extend(c.items("}", entry)?);
    }
    if c.eat(":") { signature(c, op) } else { Ok(()) }
}

/// Parses `%x, %y, name = value, [0:2, 0:3:2], (%a, k = 1)` in any combination.
fn items<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    loop {
        match c.peek() {
            Some(b'%') => op.operands.push(operand(c)?),
            Some(b',') => c.expect(",")?,
            Some(b'(') => {
                c.expect("(")?;
                c.deeper(|c| items(c, op))?;
                c.expect(")")?;
            }
            Some(b'[') => ranges(c, op)?,
            Some(b'@') => op.attributes.push(named("symbol", Attribute::Symbol(c.symbol()?))),
            Some(b) if b.is_ascii_alphabetic() => {
                let start = c.at;
                let Some(word) = c.word() else { return Err(c.expected("an item")) };
                if word == "loc" {
                    c.at = start;
                    return Ok(());
                }
                if !c.eat("=") {
                    return Err(Fail { at: start, problem: format!("unexpected `{word}` in `{}`", op.name) });
                }
                let value = value(c, word)?;
                op.attributes.push((Cow::Borrowed(word), value));
            }
            _ => return Ok(()),
        }
    }
}

/// Parses the value after `name =`.
fn value<'t>(c: &mut Cursor<'t>, name: &str) -> Result<Attribute<'t>, Fail> {
    if name == "dim_numbers" {
        // `[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]` is kept as text, as in the generic form.
        c.skip();
        let at = c.at;
        for between in ["x", "->", ""] {
            c.expect("[")?;
            c.balanced()?;
            c.expect(between)?;
        }
        return Ok(Attribute::Opaque { body: &c.text[at..c.at], at });
    }
    let first = untyped(c)?;
    if matches!(first, Attribute::List(_)) && c.keyword("x") {
        return Ok(Attribute::Pair(Box::new([first, untyped(c)?])));
    }
    Ok(first)
}

/// Parses `[start:limit, start:limit:stride, …]`.
fn ranges<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    let mut lists: [Vec<Attribute<'t>>; 3] = Default::default();
    c.expect("[")?;
    c.items("]", |c| {
        let number = |c: &mut Cursor<'t>| c.number().map(Attribute::Number).ok_or_else(|| c.expected("a number"));
        lists[0].push(number(c)?);
        if c.eat(":") {
            lists[1].push(number(c)?);
            lists[2].push(if c.eat(":") { number(c)? } else { Attribute::Number("1") });
        }
        Ok(())
    })?;
    for (name, list) in ["start_indices", "limit_indices", "strides"].into_iter().zip(lists) {
        op.attributes.push(named(name, Attribute::List(list)));
    }
    Ok(())
}

/// Parses `LT, %x, %y, SIGNED`. The direction and the kind become attributes.
fn comparison<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    let Some(direction) = c.word() else { return Err(c.expected("a direction, as `LT`")) };
    op.attributes.push(named("comparison_direction", Attribute::Word(direction)));
    c.expect(",")?;
    for _ in 0..2 {
        op.operands.push(operand(c)?);
        c.eat(",");
    }
    if let Some(kind) = c.word() {
        op.attributes.push(named("compare_type", Attribute::Word(kind)));
    }
    Ok(())
}

fn constant<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    if c.eat("{") {
        op.attributes = c.items("}", entry)?;
    }
    if op.attribute(&["value"]).is_some() {
        return if c.eat(":") { signature(c, op) } else { Ok(()) };
    }
    let value = attribute(c)?;
    if let Attribute::Dense(dense) = &value {
        op.outputs = vec![dense.ty.clone()];
    } else if c.eat(":") {
        signature(c, op)?;
    }
    op.attributes.push(named("value", value));
    Ok(())
}

fn module<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    if c.peek() == Some(b'@') {
        op.attributes.push(named("sym_name", Attribute::Symbol(c.symbol()?)));
    }
    if c.keyword("attributes") {
        op.attributes.extend(braces(c)?);
    }
    op.regions.push(region(c)?);
    Ok(())
}

fn braces<'t>(c: &mut Cursor<'t>) -> Result<Entries<'t>, Fail> {
    c.expect("{")?;
    c.items("}", entry)
}

/// Parses `[public|private] @name(arguments) -> results attributes {…} {…}`.
fn function<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    for visibility in ["public", "private", "nested"] {
        if c.keyword(visibility) {
            op.attributes.push(named("sym_visibility", Attribute::Text(Cow::Borrowed(visibility))));
        }
    }
    op.attributes.push(named("sym_name", Attribute::Symbol(c.symbol()?)));
    c.expect("(")?;
    // A declaration has only types.
    let declared = !matches!(c.peek(), Some(b'%' | b')'));
    let arguments = if declared { c.items(")", |c| ty(c).map(|t| ("", t)))? } else { arguments(c)? };
    if c.eat("->") {
        op.outputs = types_of_results(c)?;
    }
    if c.keyword("attributes") {
        op.attributes.extend(braces(c)?);
    }
    if c.peek() == Some(b'{') {
        let mut body = region(c)?;
        body.arguments = arguments;
        op.regions.push(body);
    }
    Ok(())
}

/// Parses `(%x init: %a), (%y init: %b) applies stablehlo.add across dimensions = [0] : types`. The other form has no
/// `applies`, and ends with `reducer(%a: type, %x: type) (%b: type, %y: type) {…}`.
fn reduce<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    let mut inits = Vec::new();
    loop {
        c.expect("(")?;
        op.operands.push(operand(c)?);
        if !c.keyword("init") {
            return Err(c.expected("`init:`"));
        }
        c.expect(":")?;
        inits.push(operand(c)?);
        c.expect(")")?;
        if !c.eat(",") {
            break;
        }
    }
    op.operands.extend(inits);
    let applied = if c.keyword("applies") { Some(c.word().ok_or_else(|| c.expected("an operation"))?) } else { None };
    if !c.keyword("across") || !c.keyword("dimensions") {
        return Err(c.expected("`across dimensions = […]`"));
    }
    c.expect("=")?;
    op.attributes.push(named("dimensions", attribute(c)?));
    if c.eat("{") {
        op.attributes.extend(c.items("}", entry)?);
    }
    c.expect(":")?;
    signature(c, op)?;
    if let Some(name) = applied {
        op.attributes.push(named("applies", Attribute::Word(name)));
        return Ok(());
    }
    if !c.keyword("reducer") {
        return Err(c.expected("`applies` or `reducer`"));
    }
    // Each operand has an accumulator and a next element. The block takes all accumulators first, then all elements.
    let (mut first, mut second) = (Vec::new(), Vec::new());
    while c.eat("(") {
        let mut pair = arguments(c)?.into_iter();
        first.extend(pair.next());
        second.extend(pair.next());
    }
    c.expect("{")?;
    let operations = operations(c)?;
    op.regions.push(Region { arguments: first.into_iter().chain(second).collect(), operations });
    Ok(())
}

/// Parses `(%i = %x, …) : types cond {…} do {…}`.
fn while_loop<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    c.expect("(")?;
    let names = c.items(")", |c| {
        let name = operand(c)?.name;
        c.expect("=")?;
        op.operands.push(operand(c)?);
        Ok(name)
    })?;
    if c.eat(":") {
        signature(c, op)?;
    }
    if c.keyword("attributes") {
        op.attributes = braces(c)?;
    }
    location(c)?;
    for word in ["cond", "do"] {
        if !c.keyword(word) {
            return Err(c.expected(&format!("`{word}`")));
        }
        let mut body = region(c)?;
        body.arguments = names.iter().copied().zip(op.outputs.iter().cloned()).collect();
        op.regions.push(body);
    }
    Ok(())
}
