//! Parses text into operations, without their meaning. A few common rules parse StableHLO's own forms. `pretty` has
//! rules for five operations that follow none of them.

mod attribute;
mod cursor;
mod location;
mod pretty;

pub(super) use attribute::entry;
pub(super) use cursor::Cursor;

use super::ast::{Attribute, Location, Operation, Region, Ty, Use};
use super::error::Fail;
use attribute::{attribute, ty, types_of_results};
use std::borrow::Cow;
use std::collections::HashMap;

/// A file: its operations, and its named locations.
pub(super) struct Module<'t> {
    /// The name of the module.
    pub name: Option<Cow<'t, str>>,
    /// All operations. Functions are operations `func.func` with a region.
    pub operations: Vec<Operation<'t>>,
    pub locations: HashMap<&'t str, Location<'t>>,
}

pub(super) fn module(text: &str) -> Result<Module<'_>, Fail> {
    let c = &mut Cursor::new(text);
    let mut module = Module { name: None, operations: Vec::new(), locations: HashMap::new() };
    while c.peek().is_some() {
        if c.eat("{-#") {
            return c.fail("resources beside the text are not read; write constants in place");
        }
        if c.eat("#") {
            let name = c.suffix()?;
            c.expect("=")?;
            if c.keyword("loc") {
                let location = location::body(c)?;
                module.locations.insert(name, location);
            } else {
                attribute(c)?;
            }
        } else if c.eat("!") {
            return c.fail("types with names of their own are not read; write them in place");
        } else {
            let operation = operation(c)?;
            if operation.name == "builtin.module" && operation.regions.len() == 1 {
                if let Some(Attribute::Text(name) | Attribute::Symbol(name)) = operation.attribute(&["sym_name"]) {
                    module.name = Some(name.clone());
                }
                let inner = operation.regions.into_iter().flat_map(|r| r.operations);
                module.operations.extend(inner);
            } else {
                module.operations.push(operation);
            }
        }
    }
    Ok(module)
}

/// Parses an operation in any form.
fn operation<'t>(c: &mut Cursor<'t>) -> Result<Operation<'t>, Fail> {
    let mut results = Vec::new();
    if c.peek() == Some(b'%') {
        loop {
            c.expect("%")?;
            let name = c.suffix()?;
            results.push((name, if c.eat(":") { c.natural()? } else { 1 }));
            if !c.eat(",") {
                break;
            }
        }
        c.expect("=")?;
    }
    c.skip();
    let mut op = Operation {
        at: c.at,
        name: "",
        results,
        operands: Vec::new(),
        attributes: Vec::new(),
        regions: Vec::new(),
        inputs: None,
        outputs: Vec::new(),
        location: None,
    };
    if c.peek() == Some(b'"') {
        let Cow::Borrowed(name) = c.string()? else { return c.fail("the name of an operation has no escapes") };
        op.name = name;
        generic(c, &mut op)?;
    } else {
        let Some(name) = c.word() else { return Err(c.expected("an operation")) };
        op.name = match name {
            "module" => "builtin.module",
            "call" => "func.call",
            "return" => "func.return",
            name => name,
        };
        pretty::operation(c, &mut op)?;
    }
    op.location = location(c)?;
    Ok(op)
}

/// Parses the rest of an operation after its quoted name.
fn generic<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    c.expect("(")?;
    op.operands = c.items(")", operand)?;
    if c.eat("<") {
        c.expect("{")?;
        op.attributes = c.items("}", entry)?;
        c.expect(">")?;
    }
    if c.eat("(") {
        op.regions = c.items(")", region)?;
    }
    if c.eat("{") {
        op.attributes.extend(c.items("}", entry)?);
    }
    c.expect(":")?;
    signature(c, op)
}

/// Parses `%name` or `%name#index`.
fn operand<'t>(c: &mut Cursor<'t>) -> Result<Use<'t>, Fail> {
    c.expect("%")?;
    let name = c.suffix()?;
    // A `#` after a space begins an attribute instead.
    let index = if c.text[c.at..].starts_with('#') {
        c.expect("#")?;
        c.natural()?
    } else {
        0
    };
    Ok(Use { name, index })
}

/// Parses the types after the colon: those of operands and results, only those of the results, or one for all.
fn signature<'t>(c: &mut Cursor<'t>, op: &mut Operation<'t>) -> Result<(), Fail> {
    let list = if c.eat("(") {
        c.items(")", ty)?
    } else {
        let mut list = vec![ty(c)?];
        while c.eat(",") {
            list.push(ty(c)?);
        }
        list
    };
    if c.eat("->") {
        op.outputs = types_of_results(c)?;
        op.inputs = Some(list);
    } else {
        op.outputs = list;
    }
    Ok(())
}

/// Parses `{ operations }`, with the arguments of the block if any.
fn region<'t>(c: &mut Cursor<'t>) -> Result<Region<'t>, Fail> {
    c.expect("{")?;
    let mut region = Region::default();
    if c.eat("^") {
        c.suffix()?;
        if c.eat("(") {
            region.arguments = arguments(c)?;
        }
        c.expect(":")?;
    }
    region.operations = operations(c)?;
    Ok(region)
}

/// Parses names with types, attributes and locations after `(`, up to `)`.
fn arguments<'t>(c: &mut Cursor<'t>) -> Result<Vec<(&'t str, Ty<'t>)>, Fail> {
    c.items(")", |c| {
        c.expect("%")?;
        let name = c.suffix()?;
        c.expect(":")?;
        let ty = ty(c)?;
        if c.peek() == Some(b'{') {
            attribute(c)?;
        }
        location(c)?;
        Ok((name, ty))
    })
}

/// Parses operations up to and including `}`.
fn operations<'t>(c: &mut Cursor<'t>) -> Result<Vec<Operation<'t>>, Fail> {
    c.deeper(|c| {
        let mut operations = Vec::new();
        while !c.eat("}") {
            if c.peek() == Some(b'^') {
                return c.fail("a region of several blocks; only structured control flow is read");
            }
            operations.push(operation(c)?);
        }
        Ok(operations)
    })
}

fn location<'t>(c: &mut Cursor<'t>) -> Result<Option<Location<'t>>, Fail> {
    if c.keyword("loc") { location::body(c).map(Some) } else { Ok(None) }
}
