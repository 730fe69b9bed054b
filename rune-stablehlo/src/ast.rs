//! Parsed modules: operations with names, attributes and regions, without their meaning.

use rune_ir::Type;
use std::borrow::Cow;

/// An operation. Value names lack the `%`.
#[derive(Debug, Clone)]
pub(super) struct Operation<'t> {
    /// The offset of its start in the text.
    pub at: usize,
    pub name: &'t str,
    /// The names of its results, each with its number of values.
    pub results: Vec<(&'t str, usize)>,
    pub operands: Vec<Use<'t>>,
    pub attributes: Vec<(Cow<'t, str>, Attribute<'t>)>,
    pub regions: Vec<Region<'t>>,
    /// The types of the operands, if written.
    pub inputs: Option<Vec<Ty<'t>>>,
    /// The types of the results. A single type may apply to all.
    pub outputs: Vec<Ty<'t>>,
    pub location: Option<Location<'t>>,
}

/// A use of a value: `%name`, or `%name#index`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Use<'t> {
    pub name: &'t str,
    pub index: usize,
}

/// The only block of a region.
#[derive(Debug, Clone, Default)]
pub(super) struct Region<'t> {
    pub arguments: Vec<(&'t str, Ty<'t>)>,
    pub operations: Vec<Operation<'t>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ty<'t> {
    Tensor(Type),
    /// A type that programs do not have, as written.
    Other(&'t str),
}

#[derive(Debug, Clone)]
pub(super) enum Attribute<'t> {
    /// A number as written.
    Number(&'t str),
    /// A keyword or a type.
    Word(&'t str),
    Text(Cow<'t, str>),
    /// The name of a function.
    Symbol(Cow<'t, str>),
    List(Vec<Attribute<'t>>),
    Dict(Vec<(Cow<'t, str>, Attribute<'t>)>),
    Dense(Dense<'t>),
    /// `[…] x […]`.
    Pair(Box<[Attribute<'t>; 2]>),
    /// A dialect attribute, `#name<body>`. The body starts at the offset `at`.
    Opaque {
        body: &'t str,
        at: usize,
    },
}

/// The elements of an array.
#[derive(Debug, Clone)]
pub(super) struct Dense<'t> {
    pub elements: Elements<'t>,
    pub ty: Ty<'t>,
    pub at: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Elements<'t> {
    /// One element for the whole array.
    Splat(&'t str),
    List(Vec<&'t str>),
    /// The bytes, as hexadecimal digits.
    Blob(&'t str),
}

/// The location of an operation, for the kinds that rune uses.
#[derive(Debug, Clone)]
pub(super) enum Location<'t> {
    Unknown,
    File { file: Cow<'t, str>, line: u32, column: u32 },
    Name(Cow<'t, str>, Option<Box<Location<'t>>>),
    Alias(&'t str),
}

impl<'t> Operation<'t> {
    /// Returns the attribute with one of these names. The generic form and StableHLO's own form of an operation may
    /// name an attribute differently.
    pub fn attribute(&self, names: &[&str]) -> Option<&Attribute<'t>> {
        find(&self.attributes, names)
    }
}

/// Returns the entry with one of these names.
pub(super) fn find<'a, 't>(entries: &'a [(Cow<'t, str>, Attribute<'t>)], names: &[&str]) -> Option<&'a Attribute<'t>> {
    entries.iter().find(|(name, _)| names.contains(&&**name)).map(|(_, value)| value)
}

impl<'t> Attribute<'t> {
    /// Returns all numbers in order, or `None` if the attribute contains anything else.
    pub fn ints(&self) -> Option<Vec<i64>> {
        let one = |text: &str| match text {
            "true" => Some(1),
            "false" => Some(0),
            _ => text.parse().ok(),
        };
        match self {
            Attribute::Number(text) | Attribute::Word(text) => Some(vec![one(text)?]),
            Attribute::List(items) => {
                let mut all = Vec::new();
                for item in items {
                    all.extend(item.ints()?);
                }
                Some(all)
            }
            Attribute::Dense(Dense { elements, ty, .. }) => match elements {
                Elements::List(list) => list.iter().map(|text| one(text)).collect(),
                // The file controls the size, but attribute lists are short.
                Elements::Splat(text) => match ty {
                    Ty::Tensor(ty) if ty.size() <= 256 => Some(vec![one(text)?; ty.size()]),
                    Ty::Tensor(_) | Ty::Other(_) => None,
                },
                Elements::Blob(_) => None,
            },
            Attribute::Text(_)
            | Attribute::Symbol(_)
            | Attribute::Dict(_)
            | Attribute::Pair(_)
            | Attribute::Opaque { .. } => None,
        }
    }
    /// Returns the keyword. For `#stablehlo<comparison_direction LT>`, it is the last word.
    pub fn word(&self) -> Option<&'t str> {
        match self {
            Attribute::Word(word) => Some(word),
            Attribute::Opaque { body, .. } => body.split_whitespace().last(),
            Attribute::Number(_)
            | Attribute::Text(_)
            | Attribute::Symbol(_)
            | Attribute::List(_)
            | Attribute::Dict(_)
            | Attribute::Dense(_)
            | Attribute::Pair(_) => None,
        }
    }
}
