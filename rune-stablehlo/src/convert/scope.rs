//! The conversion of a function or a region to a program.

use super::converter::{ConvertError, Converter, invalid, refused, tensor};
use super::expression::Expressions;
use super::idioms::Kinks;
use super::{constants, free, origin};
use crate::ast::{Operation, Region, Use};
use crate::error::ImportError;
use rune_ir::op::Literal;
use rune_ir::{Op, Origin, Program, ProgramBuilder, Type, Value, Var};
use rune_trace::{Tensor, make_program};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

/// The captures of regions, and the programs of the regions.
type Regions = (Vec<Var>, Vec<Program>);

/// The operations of a block by the values that they use, and the values that nested operations use.
#[derive(Default)]
struct Uses<'m, 't> {
    operations: HashMap<Use<'t>, Vec<&'m Operation<'t>>>,
    inside: HashSet<Use<'t>>,
}

pub(crate) struct Scope<'c, 'm, 't> {
    pub cx: &'c mut Converter<'m, 't>,
    builder: ProgramBuilder,
    values: HashMap<Use<'t>, Var>,
    /// Names of values that depend on something that rune does not support.
    lost: HashSet<&'t str>,
    /// The variables of arrays, by their positions in the text.
    pub arrays: HashMap<usize, Var>,
    /// Variables whose elements all equal one number.
    known: HashMap<Var, Literal>,
    /// Variables that hold the position along an axis.
    pub iotas: HashMap<Var, usize>,
    /// The known bounds of integers.
    pub ranges: HashMap<Var, (i64, i64)>,
    /// The factors `τ` of reflections whose product is known.
    pub reflections: HashMap<Var, Var>,
    /// Operations that may be parts of idioms, by their results.
    pub made: HashMap<Var, Op>,
    /// Whether this is a function of JAX whose derivatives at kinks are known.
    pub kinks: Kinks,
    /// The block under conversion, its operations by their results, and their uses, which are computed on demand.
    block: Option<&'m Region<'t>>,
    definitions: HashMap<&'t str, &'m Operation<'t>>,
    uses: OnceCell<Uses<'m, 't>>,
    origin: Origin,
}

impl<'c, 'm, 't> Scope<'c, 'm, 't> {
    fn new(cx: &'c mut Converter<'m, 't>, builder: ProgramBuilder) -> Scope<'c, 'm, 't> {
        Scope {
            cx,
            builder,
            values: HashMap::new(),
            lost: HashSet::new(),
            arrays: HashMap::new(),
            known: HashMap::new(),
            iotas: HashMap::new(),
            ranges: HashMap::new(),
            reflections: HashMap::new(),
            made: HashMap::new(),
            kinks: Kinks::None,
            block: None,
            definitions: HashMap::new(),
            uses: OnceCell::new(),
            origin: Origin::default(),
        }
    }

    /// Converts a function to a program. The arrays are constants of the main program, and additional inputs of other
    /// functions. Returns `None` if the function needs something that rune does not support.
    pub fn function(
        cx: &'c mut Converter<'m, 't>,
        function: &'m Operation<'t>,
        name: &str,
        arrays: &[usize],
        whole: bool,
    ) -> Result<Option<Program>, ImportError> {
        let [body] = function.regions.as_slice() else {
            cx.refuse(function, "is declared only, and has to be there".to_owned());
            return Ok(None);
        };
        let arguments: Vec<_> = body.arguments.iter().map(|(name, ty)| (Use { name, index: 0 }, ty)).collect();
        let mut lost = Vec::new();
        let mut inputs = Vec::new();
        for (used, ty) in &arguments {
            match tensor(ty) {
                Ok(ty) => inputs.push((*used, ty.clone())),
                Err(ConvertError::Refused(reason) | ConvertError::Invalid(reason)) => {
                    cx.refuse(function, format!("has an argument that {reason}"));
                    lost.push(used.name);
                }
                Err(ConvertError::Within(error)) => return Err(error),
            }
        }
        let values = arrays.iter().map(|at| cx.arrays.get(at).cloned());
        let loaded: Option<Vec<_>> = values.collect();
        let arrays_of = match loaded {
            Some(all) => all,
            None => constants::load(cx, function, arrays)?,
        };
        let mut types: Vec<Type> = inputs.iter().map(|(_, ty)| ty.clone()).collect();
        let count = types.len();
        let values = match whole {
            true => arrays_of.into_iter().map(Value::from).collect(),
            false => {
                types.extend(arrays_of.iter().map(|a| a.ty().clone()));
                Vec::new()
            }
        };
        let kinks = if whole { Kinks::None } else { Kinks::of(name) };
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let name: String = name.chars().map(plain).collect();
        let mut scope = Scope::new(cx, ProgramBuilder::new(name, types, values));
        scope.arrays = arrays.iter().enumerate().map(|(i, &at)| (at, Var((count + i) as u32))).collect();
        scope.values = inputs.iter().enumerate().map(|(i, (used, _))| (*used, Var(i as u32))).collect();
        scope.lost.extend(lost);
        scope.kinks = kinks;
        let outputs = scope.block(function, body)?;
        match outputs {
            Some(outputs) => {
                let builder = scope.builder;
                builder.finish(outputs).map(Some).map_err(|e| scope.cx.invalid(function, e.to_string()))
            }
            None => Ok(None),
        }
    }

    /// Converts the regions of an operation to programs with the same inputs: first the captures, which are also
    /// returned, then the arguments. Returns `None` if a region needs something that rune does not support.
    pub fn regions(&mut self, op: &'m Operation<'t>, names: &[&str]) -> Result<Option<Regions>, ConvertError> {
        let regions: Vec<&'m Region<'t>> = op.regions.iter().collect();
        let uses = free::values(&regions);
        let arrays = free::of_regions(self.cx, &regions)?;
        self.cx.hand(uses.len())?;
        let mut captured = Vec::new();
        let mut lost = HashSet::new();
        for used in uses {
            match self.lookup(used)? {
                Some(var) => captured.push((used, var)),
                None => _ = lost.insert(used.name),
            }
        }
        let mut vars: Vec<Var> = captured.iter().map(|&(_, var)| var).collect();
        for at in &arrays {
            let Some(&var) = self.arrays.get(at) else { return invalid("an array is not available") };
            vars.push(var);
        }
        let outside: Vec<Type> = vars.iter().map(|&v| self.ty(v).clone()).collect();
        let mut programs = Vec::new();
        let mut whole = true;
        for (region, name) in regions.into_iter().zip(names) {
            let mut types = outside.clone();
            for (_, ty) in &region.arguments {
                types.push(tensor(ty)?.clone());
            }
            let known = vars.iter().enumerate().filter_map(|(i, v)| Some((Var(i as u32), *self.known.get(v)?)));
            let known = known.collect();
            let mut scope = Scope::new(self.cx, ProgramBuilder::new(*name, types, Vec::new()));
            scope.known = known;
            scope.lost = lost.clone();
            scope.values = captured.iter().enumerate().map(|(i, (used, _))| (*used, Var(i as u32))).collect();
            scope.arrays = arrays.iter().enumerate().map(|(i, &at)| (at, Var((captured.len() + i) as u32))).collect();
            let own = region.arguments.iter().enumerate();
            scope.values.extend(own.map(|(i, (name, _))| (Use { name, index: 0 }, Var((outside.len() + i) as u32))));
            match scope.block(op, region).map_err(ConvertError::Within)? {
                Some(outputs) => programs.push(scope.builder.finish(outputs)?),
                None => whole = false,
            }
        }
        Ok(whole.then_some((vars, programs)))
    }

    /// Converts the operations of a block up to its return. Returns the returned values, or `None` if one of them is
    /// lost.
    fn block(&mut self, around: &Operation, region: &'m Region<'t>) -> Result<Option<Vec<Var>>, ImportError> {
        self.block = Some(region);
        for op in &region.operations {
            self.definitions.extend(op.results.iter().map(|(name, _)| (*name, op)));
        }
        for op in &region.operations {
            if matches!(op.name, "func.return" | "stablehlo.return") {
                return self.operands(op).map_err(|problem| self.error(op, problem));
            }
            self.operation(op)?;
        }
        Err(self.cx.invalid(around, "one of its blocks has no return"))
    }

    /// Records that the results of an operation are lost.
    fn lose(&mut self, op: &Operation<'t>) {
        self.lost.extend(op.results.iter().map(|(name, _)| *name));
    }

    fn error(&self, op: &Operation, problem: ConvertError) -> ImportError {
        match problem {
            ConvertError::Within(error) => error,
            ConvertError::Refused(problem) | ConvertError::Invalid(problem) => self.cx.invalid(op, problem),
        }
    }

    fn operation(&mut self, op: &'m Operation<'t>) -> Result<(), ImportError> {
        self.origin = origin::of(self.cx, op);
        let emitted = match self.operands(op) {
            Ok(Some(operands)) => self.checked(op, &operands),
            // An operand already has a reported error.
            Ok(None) => Ok(None),
            Err(problem) => Err(problem),
        };
        let vars = match emitted {
            Ok(Some(vars)) => vars,
            Ok(None) => {
                self.lose(op);
                return Ok(());
            }
            Err(ConvertError::Refused(reason)) => {
                self.cx.refuse(op, reason);
                self.lose(op);
                return Ok(());
            }
            Err(problem) => return Err(self.error(op, problem)),
        };
        let vars = if self.cx.stops(op) {
            let stopped = vars.iter().map(|&x| self.one(Op::StopGradient { x })).collect::<Result<Vec<Var>, _>>();
            stopped.map_err(|problem| self.error(op, problem))?
        } else {
            self.suspect(op);
            vars
        };
        let named: Option<usize> = op.results.iter().try_fold(0usize, |sum, (_, count)| sum.checked_add(*count));
        if named != Some(vars.len()) && !op.results.is_empty() {
            return Err(self.cx.invalid(op, format!("it has {} results, but a different number of names", vars.len())));
        }
        let mut vars = vars.into_iter();
        for &(name, count) in &op.results {
            for (index, var) in vars.by_ref().take(count).enumerate() {
                if self.values.insert(Use { name, index }, var).is_some() {
                    return Err(self.cx.invalid(op, format!("`%{name}` is already defined")));
                }
            }
        }
        Ok(())
    }

    /// Returns the results, after checking that they have the written types.
    fn checked(&mut self, op: &'m Operation<'t>, operands: &[Var]) -> Result<Option<Vec<Var>>, ConvertError> {
        if let Some(types) = &op.inputs {
            let written = types.iter().map(tensor).collect::<Result<Vec<_>, _>>()?;
            if !written.iter().copied().eq(operands.iter().map(|&v| self.ty(v))) {
                return invalid("its operands do not have the written types");
            }
        }
        let Some(vars) = self.emit(op, operands)? else { return Ok(None) };
        for (i, &var) in vars.iter().enumerate() {
            let (written, found) = (self.output(op, i, vars.len())?, self.ty(var));
            if written != found {
                return invalid(format!("its result type is {found}, but {written} is written"));
            }
        }
        Ok(Some(vars))
    }

    /// Returns the written type of a result.
    pub fn output<'a>(&self, op: &'a Operation<'t>, i: usize, count: usize) -> Result<&'a Type, ConvertError> {
        // Without an arrow, one type may apply to all results, and types of operands may precede it.
        let first = op.outputs.len().saturating_sub(count);
        match op.outputs.get(first + i).or(op.outputs.last()) {
            Some(ty) => tensor(ty),
            None => invalid("the type of its result is missing"),
        }
    }

    /// Returns the operands of an operation, or `None` if one of them is lost.
    fn operands(&self, op: &Operation<'t>) -> Result<Option<Vec<Var>>, ConvertError> {
        op.operands.iter().map(|&used| self.lookup(used)).collect()
    }
    fn lookup(&self, used: Use<'t>) -> Result<Option<Var>, ConvertError> {
        match self.values.get(&used) {
            Some(&var) => Ok(Some(var)),
            None if self.lost.contains(used.name) => Ok(None),
            None if used.index == 0 => invalid(format!("`%{}` is not defined before its use", used.name)),
            None => invalid(format!("`%{}#{}` is not defined before its use", used.name, used.index)),
        }
    }

    /// Returns the name of a result of an operation.
    pub fn result(&self, op: &Operation<'t>, mut index: usize) -> Option<Use<'t>> {
        for &(name, count) in &op.results {
            if index < count {
                return Some(Use { name, index });
            }
            index -= count;
        }
        None
    }
    /// Returns the operation of the block that defines a value.
    pub fn definition(&self, value: Use<'t>) -> Option<&'m Operation<'t>> {
        self.definitions.get(value.name).copied()
    }
    /// Returns the operations of the block that use a value, or `None` if a nested operation uses it.
    pub fn users(&self, value: Use<'t>) -> Option<&[&'m Operation<'t>]> {
        let all = self.uses.get_or_init(|| {
            let mut all = Uses::default();
            for op in self.block.iter().flat_map(|block| &block.operations) {
                let mut seen = HashSet::new();
                for &used in op.operands.iter().filter(|used| seen.insert(**used)) {
                    all.operations.entry(used).or_default().push(op);
                }
                all.inside.extend(free::values(&op.regions.iter().collect::<Vec<_>>()));
            }
            all
        });
        match all.inside.contains(&value) {
            true => None,
            false => Some(all.operations.get(&value).map_or(&[], Vec::as_slice)),
        }
    }
    /// Returns whether a result of an operation is used.
    pub fn used(&self, op: &Operation<'t>, index: usize) -> bool {
        self.result(op, index).is_some_and(|value| self.users(value).is_none_or(|users| !users.is_empty()))
    }

    /// Returns the type of a variable.
    pub fn ty(&self, var: Var) -> &Type {
        self.builder.ty(var).expect("a variable of this scope")
    }
    /// Returns the expressions of a region on scalars, and those that it returns.
    pub fn expressions(&self, region: &Region<'t>) -> Option<(Expressions, Vec<u32>)> {
        let scalar = |used: Use<'t>| {
            let var = *self.values.get(&used)?;
            self.known(var).filter(|_| self.ty(var).rank() == 0)
        };
        Expressions::of(region, scalar)
    }
    /// Returns the number that all elements of a variable equal, if known.
    pub fn known(&self, var: Var) -> Option<Literal> {
        self.known.get(&var).copied()
    }
    /// Adds an instruction.
    pub fn push(&mut self, op: Op) -> Result<Vec<Var>, ConvertError> {
        let known = if let Op::Constant { value } = &op {
            Some(*value)
        } else if let Op::BroadcastInDim { x, .. } | Op::Reshape { x, .. } | Op::Transpose { x, .. } = &op {
            self.known(*x)
        } else {
            None
        };
        let made = Self::is_part(&op).then(|| op.clone());
        let iota = if let Op::Iota { dimension, .. } = &op { Some(*dimension) } else { None };
        let vars = self.builder.push(op, self.origin.clone())?;
        self.iotas.extend(iota.map(|dimension| (vars[0], dimension)));
        if let (Some(known), [var]) = (known, vars.as_slice()) {
            self.known.insert(*var, known);
        }
        if let (Some(made), [var]) = (made, vars.as_slice()) {
            self.made.insert(*var, made);
        }
        Ok(vars.to_vec())
    }
    /// Adds an instruction with one result.
    pub fn one(&mut self, op: Op) -> Result<Var, ConvertError> {
        match self.push(op)?.as_slice() {
            [var] => Ok(*var),
            _ => invalid("it needs exactly one result"),
        }
    }
    /// Adds an array whose elements all equal one number.
    pub fn full(&mut self, value: Literal, ty: &Type) -> Result<Var, ConvertError> {
        let scalar = self.one(Op::Constant { value })?;
        if ty.rank() == 0 {
            return Ok(scalar);
        }
        self.one(Op::BroadcastInDim { x: scalar, shape: ty.shape.clone(), dims: Default::default() })
    }
    /// Adds the instructions of a function of tensors with these types. `f` must not fail for them.
    pub fn expand(
        &mut self,
        operands: &[Var],
        f: impl Fn(&[Tensor]) -> Vec<Tensor> + Send + Sync,
    ) -> Result<Vec<Var>, ConvertError> {
        let like: Vec<Tensor> =
            operands.iter().map(|&v| self.ty(v)).map(|ty| Tensor::zeros(&ty.shape, ty.dtype)).collect();
        let program = match make_program(|xs: &Vec<Tensor>| f(xs), &like) {
            Ok(program) if program.constants().is_empty() => program,
            Ok(_) => return refused("contains constants, which is a bug in rune"),
            Err(error) => return refused(error.to_string()),
        };
        let mut vars = operands.to_vec();
        for instruction in program.instructions() {
            let op = instruction.op.map(|v| vars[v.index()]);
            vars.extend(self.push(op)?);
        }
        Ok(program.outputs().iter().map(|v| vars[v.index()]).collect())
    }
}
