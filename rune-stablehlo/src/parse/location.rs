//! Locations.

use super::attribute::attribute;
use super::cursor::Cursor;
use crate::ast::Location;
use crate::error::Fail;

/// Reads `(…)` after `loc`.
pub(super) fn body<'t>(c: &mut Cursor<'t>) -> Result<Location<'t>, Fail> {
    c.expect("(")?;
    let location = location(c)?;
    c.expect(")")?;
    Ok(location)
}

fn location<'t>(c: &mut Cursor<'t>) -> Result<Location<'t>, Fail> {
    c.deeper(|c| {
        if c.eat("#") {
            return Ok(Location::Alias(c.suffix()?));
        }
        if c.peek() == Some(b'"') {
            let name = c.string()?;
            if c.eat(":") {
                let line = c.natural()?;
                c.expect(":")?;
                let column = c.natural()?;
                // The end of the range is ignored.
                if c.keyword("to") {
                    if c.peek() != Some(b':') {
                        c.natural::<u32>()?;
                    }
                    c.expect(":")?;
                    c.natural::<u32>()?;
                }
                return Ok(Location::File { file: name, line, column });
            }
            let inner = if c.eat("(") {
                let inner = location(c)?;
                c.expect(")")?;
                Some(Box::new(inner))
            } else {
                None
            };
            return Ok(Location::Name(name, inner));
        }
        if c.keyword("callsite") {
            // The location itself counts, not that of its caller.
            c.expect("(")?;
            let callee = location(c)?;
            if !c.keyword("at") {
                return Err(c.expected("`at`"));
            }
            location(c)?;
            c.expect(")")?;
            return Ok(callee);
        }
        if c.keyword("fused") {
            if c.eat("<") {
                attribute(c)?;
                c.expect(">")?;
            }
            c.expect("[")?;
            let parts = c.items("]", location)?;
            return Ok(parts.into_iter().next().unwrap_or(Location::Unknown));
        }
        if c.keyword("unknown") { Ok(Location::Unknown) } else { Err(c.expected("a location")) }
    })
}
