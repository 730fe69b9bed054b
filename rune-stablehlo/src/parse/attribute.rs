//! Attributes and types.

use super::cursor::Cursor;
use crate::ast::{Attribute, Dense, Elements, Ty};
use crate::error::Fail;
use rune_ir::{DType, Shape, Type, types};
use std::borrow::Cow;

pub(crate) type Entries<'t> = Vec<(Cow<'t, str>, Attribute<'t>)>;

pub(crate) fn attribute<'t>(c: &mut Cursor<'t>) -> Result<Attribute<'t>, Fail> {
    c.deeper(|c| {
        let read = plain(c)?;
        // A number or a string may have a type: `1 : i32`.
        let typed = matches!(read, Attribute::Number(_) | Attribute::Text(_));
        if typed && c.peek() == Some(b':') && !c.text[c.at..].starts_with("::") {
            c.expect(":")?;
            ty(c)?;
        }
        Ok(read)
    })
}

/// Parses an attribute without a type. A following colon belongs to the operation.
pub(crate) fn untyped<'t>(c: &mut Cursor<'t>) -> Result<Attribute<'t>, Fail> {
    c.deeper(plain)
}

fn plain<'t>(c: &mut Cursor<'t>) -> Result<Attribute<'t>, Fail> {
    match c.peek() {
        Some(b'[') => {
            c.expect("[")?;
            Ok(Attribute::List(c.items("]", attribute)?))
        }
        Some(b'{') => {
            c.expect("{")?;
            Ok(Attribute::Dict(c.items("}", entry)?))
        }
        Some(b'"') => c.string().map(Attribute::Text),
        Some(b'@') => {
            let name = c.symbol()?;
            while c.eat("::") {
                c.symbol()?;
            }
            Ok(Attribute::Symbol(name))
        }
        Some(b'#') => {
            c.expect("#")?;
            let name = c.suffix()?;
            if c.text[c.at..].starts_with('<') {
                c.expect("<")?;
                let at = c.at;
                return Ok(Attribute::Opaque { body: c.balanced()?, at });
            }
            Ok(Attribute::Word(name))
        }
        Some(b'<') => {
            c.expect("<")?;
            let at = c.at;
            Ok(Attribute::Opaque { body: c.balanced()?, at })
        }
        Some(b'(') => {
            // A function type.
            let start = c.at;
            c.expect("(")?;
            c.balanced()?;
            c.expect("->")?;
            types_of_results(c)?;
            Ok(Attribute::Word(&c.text[start..c.at]))
        }
        Some(b'-' | b'0'..=b'9') => match c.number() {
            Some(number) => Ok(Attribute::Number(number)),
            None => Err(c.expected("a number")),
        },
        _ if c.keyword("dense") => dense(c).map(Attribute::Dense),
        _ if c.keyword("array") => {
            c.expect("<")?;
            ty(c)?;
            let items = if c.eat(":") { c.items(">", attribute)? } else { c.items(">", |c| Err(c.expected("`>`")))? };
            Ok(Attribute::List(items))
        }
        _ if c.keyword("loc") => {
            c.expect("(")?;
            c.balanced()?;
            Ok(Attribute::Word("loc"))
        }
        _ => {
            let start = c.at;
            let Some(word) = c.word() else { return Err(c.expected("an attribute")) };
            if c.text[c.at..].starts_with('<') {
                c.expect("<")?;
                c.balanced()?;
                return Ok(Attribute::Word(&c.text[start..c.at]));
            }
            Ok(Attribute::Word(word))
        }
    }
}

/// Parses `name = value`, or only a name.
pub(crate) fn entry<'t>(c: &mut Cursor<'t>) -> Result<(Cow<'t, str>, Attribute<'t>), Fail> {
    let name = match c.peek() {
        Some(b'"') => c.string()?,
        _ => Cow::Borrowed(c.word().ok_or_else(|| c.expected("the name of an attribute"))?),
    };
    let value = if c.eat("=") { attribute(c)? } else { Attribute::Word("unit") };
    Ok((name, value))
}

/// Parses `<elements> : type` after `dense`.
fn dense<'t>(c: &mut Cursor<'t>) -> Result<Dense<'t>, Fail> {
    let at = c.at;
    c.expect("<")?;
    let elements = match c.peek() {
        Some(b'>') => Elements::List(Vec::new()),
        Some(b'[') => {
            let mut all = Vec::new();
            nested(c, &mut all)?;
            Elements::List(all)
        }
        Some(b'"') => {
            let start = c.at;
            let Cow::Borrowed(text) = c.string()? else { return c.fail("expected hexadecimal digits") };
            let Some(digits) = text.strip_prefix("0x") else {
                return Err(Fail { at: start, problem: "bytes of elements are written \"0x…\"".to_owned() });
            };
            Elements::Blob(digits)
        }
        _ => Elements::Splat(element(c)?),
    };
    c.expect(">")?;
    c.expect(":")?;
    Ok(Dense { elements, ty: ty(c)?, at })
}

fn nested<'t>(c: &mut Cursor<'t>, all: &mut Vec<&'t str>) -> Result<(), Fail> {
    c.deeper(|c| {
        c.expect("[")?;
        c.items("]", |c| {
            if c.peek() == Some(b'[') {
                return nested(c, all);
            }
            all.push(element(c)?);
            Ok(())
        })?;
        Ok(())
    })
}

fn element<'t>(c: &mut Cursor<'t>) -> Result<&'t str, Fail> {
    if c.peek() == Some(b'(') {
        // A complex number consists of its parts.
        c.expect("(")?;
        return c.balanced();
    }
    match c.number() {
        Some(number) => Ok(number),
        None if c.keyword("true") => Ok("true"),
        None if c.keyword("false") => Ok("false"),
        None => Err(c.expected("an element")),
    }
}

/// Parses a type. Types that programs do not have are parsed too, and reported at their use.
pub(crate) fn ty<'t>(c: &mut Cursor<'t>) -> Result<Ty<'t>, Fail> {
    let start = {
        c.skip();
        c.at
    };
    if c.keyword("tensor") {
        c.expect("<")?;
        let inner = c.at;
        let body = c.balanced()?;
        return match tensor(body) {
            Some(Ok(ty)) => Ok(Ty::Tensor(ty)),
            Some(Err(problem)) => Err(Fail { at: inner, problem }),
            None => Ok(Ty::Other(&c.text[start..c.at])),
        };
    }
    if c.eat("!") {
        c.suffix()?;
    } else if c.word().is_none() {
        return Err(c.expected("a type"));
    }
    if c.text[c.at..].starts_with('<') {
        c.expect("<")?;
        c.balanced()?;
    }
    Ok(Ty::Other(&c.text[start..c.at]))
}

/// Parses the type in the brackets of `tensor<2x3xf32>`. Returns `None` if programs have no such type.
fn tensor(body: &str) -> Option<Result<Type, String>> {
    let body = body.split(',').next().unwrap_or_default().trim();
    // The `x` of `complex` does not separate sizes.
    let (sizes, element) = match body.find("complex") {
        Some(at) => (&body[..at], &body[at..]),
        None => body.split_at(body.rfind('x').map_or(0, |at| at + 1)),
    };
    let mut parts: Vec<&str> = sizes.split('x').map(str::trim).collect();
    parts.pop();
    let dtype = match element.trim() {
        "i1" => DType::Bool,
        "i8" => DType::I8,
        "i16" => DType::I16,
        "i32" => DType::I32,
        "i64" => DType::I64,
        "ui8" => DType::U8,
        "ui16" => DType::U16,
        "ui32" => DType::U32,
        "ui64" => DType::U64,
        "f16" => DType::F16,
        "f8E4M3FN" => DType::F8E4M3FN,
        "f8E5M2" => DType::F8E5M2,
        "bf16" => DType::BF16,
        "f32" => DType::F32,
        "f64" => DType::F64,
        "complex<f32>" => DType::C64,
        "complex<f64>" => DType::C128,
        _ => return None,
    };
    let digits = |d: &&str| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit());
    if !parts.iter().all(digits) {
        return None;
    }
    let Ok(shape) = parts.iter().map(|d| d.parse()).collect::<Result<Shape, _>>() else {
        return Some(Err(format!("tensor<{body}> is too large for any memory")));
    };
    let ty = Type::new(dtype, shape);
    Some(types::check(&ty).map_err(|problem| format!("{ty} {problem}")).map(|()| ty))
}

/// Parses `type`, or `(type, …)`, each with optional attributes and location.
pub(crate) fn types_of_results<'t>(c: &mut Cursor<'t>) -> Result<Vec<Ty<'t>>, Fail> {
    if !c.eat("(") {
        return Ok(vec![ty(c)?]);
    }
    c.items(")", |c| {
        let ty = ty(c)?;
        if c.peek() == Some(b'{') {
            attribute(c)?;
        }
        Ok(ty)
    })
}
