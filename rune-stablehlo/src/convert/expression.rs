//! Value numbering of scalar regions. Equal expressions have the same number, so a region is recognized in any form.

use super::constants;
use crate::ast::{Operation, Region, Ty, Use};
use rune_ir::op::Literal;
use std::collections::HashMap;

/// The expressions of a region. Its arguments have the lowest numbers.
#[derive(Default)]
pub(super) struct Expressions {
    numbers: HashMap<(String, Vec<u32>), u32>,
    keys: Vec<(String, Vec<u32>)>,
}

impl Expressions {
    /// Returns the expressions of a region, and those that it returns. Returns `None` if the region contains anything
    /// except functions of its arguments and of numbers. `outside` returns the number that a value of the enclosing
    /// scope equals, because MLIR moves constants out of regions.
    pub fn of<'t>(
        region: &Region<'t>,
        outside: impl Fn(Use<'t>) -> Option<Literal>,
    ) -> Option<(Expressions, Vec<u32>)> {
        let mut e = Expressions::default();
        let mut values: HashMap<Use<'t>, u32> = HashMap::new();
        for (i, (name, _)) in region.arguments.iter().enumerate() {
            values.insert(Use { name, index: 0 }, e.number(format!("argument {i}"), &[]));
        }
        for op in &region.operations {
            let operand = |used: &Use<'t>| match values.get(used) {
                Some(&number) => Some(number),
                None => outside(*used).map(|number| e.constant(&number.to_string())),
            };
            let operands = op.operands.iter().map(operand).collect::<Option<Vec<u32>>>()?;
            if op.name == "stablehlo.return" {
                return Some((e, operands));
            }
            let [(name, 1)] = op.results.as_slice() else { return None };
            let number = e.operation(op, &operands)?;
            values.insert(Use { name, index: 0 }, number);
        }
        None
    }

    fn operation(&mut self, op: &Operation, operands: &[u32]) -> Option<u32> {
        if !op.regions.is_empty() {
            return None;
        }
        Some(match op.name {
            "stablehlo.constant" => self.constant(&constants::splat(op)?.to_string()),
            "stablehlo.compare" => {
                let word = |name: &str| op.attribute(&[name]).and_then(|a| a.word());
                let &[x, y] = operands else { return None };
                self.compare(word("comparison_direction")?, word("compare_type").unwrap_or_default(), x, y)
            }
            "stablehlo.convert" => {
                let Ty::Tensor(ty) = op.outputs.last()? else { return None };
                self.number(format!("convert to {ty}"), operands)
            }
            name => self.op(name, operands),
        })
    }

    fn number(&mut self, key: String, operands: &[u32]) -> u32 {
        let key = (key, operands.to_vec());
        let next = self.keys.len() as u32;
        let keys = &mut self.keys;
        *self.numbers.entry(key).or_insert_with_key(|key| {
            keys.push(key.clone());
            next
        })
    }
    pub fn constant(&mut self, literal: &str) -> u32 {
        self.number(format!("constant {literal}"), &[])
    }
    /// Adds a comparison. "Greater" becomes "less" with swapped operands.
    pub fn compare(&mut self, direction: &str, kind: &str, x: u32, y: u32) -> u32 {
        let (direction, x, y) = match direction {
            "GT" => ("LT", y, x),
            "GE" => ("LE", y, x),
            "EQ" | "NE" => (direction, x.min(y), x.max(y)),
            _ => (direction, x, y),
        };
        self.number(format!("compare {direction} {kind}"), &[x, y])
    }
    /// Adds an operation without attributes.
    pub fn op(&mut self, name: &str, operands: &[u32]) -> u32 {
        let mut operands = operands.to_vec();
        if matches!(
            name,
            "stablehlo.add"
                | "stablehlo.multiply"
                | "stablehlo.maximum"
                | "stablehlo.minimum"
                | "stablehlo.and"
                | "stablehlo.or"
        ) {
            operands.sort_unstable();
        }
        self.number(name.to_owned(), &operands)
    }
    /// Returns the operation of an expression if its operands are these two, in any order.
    pub fn pair(&self, root: u32, x: u32, y: u32) -> Option<&str> {
        let (name, operands) = self.keys.get(root as usize)?;
        let here = *operands == [x, y] || *operands == [y, x];
        here.then_some(name.as_str())
    }
}
