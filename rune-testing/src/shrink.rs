//! Shrinks programs that show a fault.

use rune_ir::op::Parts;
use rune_ir::{Op, Origin, Program, ProgramBuilder, Type, Value, Var};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Shrinks `program` as long as `fails` returns true: removes outputs and instructions, replaces results and constants
/// by inputs, inlines calls, and shortens axes. Equal programs shrink to equal programs.
///
/// ```
/// use rune_trace::Program;
/// use rune_testing::shrink;
/// let text = "def f(x0): # [4, f32] -> ([4, f32], [4, f32])\n z0 = rune.exp(x0)\n z1 = rune.sin(z0)\n y0 = rune.neg(z1)\n return y0, z0";
/// let program: Program = text.parse().unwrap();
/// let small = shrink(&program, |p| p.to_string().contains("sin"));
/// assert_eq!(small.to_string(), "def f(x0): # [1, f32] -> [1, f32]\n    y0 = rune.sin(x0) # [1, f32] -> [1, f32]\n    return y0\n");
/// ```
pub fn shrink(program: &Program, mut fails: impl FnMut(&Program) -> bool) -> Program {
    let mut best = program.clone();
    while let Some(smaller) = Draft::of(&best).smaller().find(|p| size(p) < size(&best) && fails(p)) {
        best = smaller;
    }
    best
}

/// Returns the size that decreases: instructions including sub-programs, then outputs, constants, inputs and elements.
fn size(program: &Program) -> [usize; 5] {
    let elements = (0..program.num_vars()).map(|i| program.ty(Var(i as u32)).size()).sum();
    [weight(program), program.outputs().len(), program.constants().len(), program.input_types().len(), elements]
}

fn weight(program: &Program) -> usize {
    let below = |op: &Op| op.programs().iter().map(|(_, p)| weight(p)).sum::<usize>();
    program.instructions().iter().map(|i| 1 + below(&i.op)).sum()
}

/// A program being changed. Variables keep their names. Unused variables are removed when the program is built.
#[derive(Clone)]
struct Draft {
    name: String,
    inputs: BTreeMap<usize, Type>,
    constants: BTreeMap<usize, Value>,
    instructions: Vec<Step>,
    outputs: Vec<usize>,
    types: BTreeMap<usize, Type>,
}

#[derive(Clone)]
struct Step {
    op: Op<usize>,
    results: Vec<usize>,
}

impl Draft {
    fn of(program: &Program) -> Draft {
        let name = |v: Var| v.index();
        let constants = program.inputs().len()..;
        let step =
            |i: &rune_ir::Instruction| Step { op: i.op.map(|&v| name(v)), results: i.results().map(name).collect() };
        Draft {
            name: program.name().to_owned(),
            inputs: program.input_types().iter().cloned().enumerate().collect(),
            constants: constants.zip(program.constants().iter().cloned()).collect(),
            instructions: program.instructions().iter().map(step).collect(),
            outputs: program.outputs().iter().map(|&v| name(v)).collect(),
            types: (0..program.num_vars()).map(|i| (i, program.ty(Var(i as u32)).clone())).collect(),
        }
    }

    /// Returns the program, if it type-checks.
    fn build(&self) -> Option<Program> {
        let mut live: BTreeSet<usize> = self.outputs.iter().copied().collect();
        for step in self.instructions.iter().rev() {
            if step.results.iter().any(|r| live.contains(r)) {
                live.extend(step.op.operands().into_iter().copied());
            }
        }
        let inputs = self.inputs.iter().filter(|(v, _)| live.contains(v));
        let constants = self.constants.iter().filter(|(v, _)| live.contains(v));
        let (input_names, types): (Vec<usize>, Vec<Type>) = inputs.map(|(v, ty)| (*v, ty.clone())).unzip();
        let (constant_names, values): (Vec<usize>, Vec<Value>) = constants.map(|(v, c)| (*v, c.clone())).unzip();
        let names = input_names.into_iter().chain(constant_names).enumerate();
        let mut vars: BTreeMap<usize, Var> = names.map(|(i, v)| (v, Var(i as u32))).collect();
        let mut builder = ProgramBuilder::new(self.name.clone(), types, values);
        for step in self.instructions.iter().filter(|s| s.results.iter().any(|r| live.contains(r))) {
            let op = step.op.try_map(|v| vars.get(v).copied().ok_or(())).ok()?;
            let results = builder.push(op, Origin::default()).ok()?;
            vars.extend(step.results.iter().copied().zip(results));
        }
        let outputs: Option<Vec<Var>> = self.outputs.iter().map(|v| vars.get(v).copied()).collect();
        builder.finish(outputs?).ok()
    }

    /// Returns programs that are one step smaller. The largest steps come first.
    fn smaller(&self) -> impl Iterator<Item = Program> {
        let changed = |change: &dyn Fn(&mut Draft)| {
            let mut draft = self.clone();
            change(&mut draft);
            draft
        };
        let mut drafts = Vec::new();
        if self.outputs.len() > 1 {
            drafts.extend(self.outputs.iter().map(|&v| changed(&|d| d.outputs = vec![v])));
        }
        drafts.extend(self.instructions.iter().map(|s| changed(&|d| d.outputs = s.results.clone())));
        for (at, step) in self.instructions.iter().enumerate().rev() {
            drafts.push(changed(&|d| d.replace_with_inputs(at)));
            let same = |v: &&usize| step.results.len() == 1 && self.types[*v] == self.types[&step.results[0]];
            drafts.extend(step.op.operands().into_iter().filter(same).map(|&v| changed(&|d| d.skip(at, v))));
            if let Op::Call { args, program } = &step.op {
                drafts.push(changed(&|d| d.inline(at, args, program)));
            }
        }
        drafts.extend(self.constants.keys().map(|v| {
            changed(&|d| {
                let constant = d.constants.remove(v).expect("it is there");
                d.inputs.insert(*v, constant.ty().clone());
            })
        }));
        let sizes: BTreeSet<usize> = self.inputs.values().flat_map(|ty| ty.shape.iter().copied()).collect();
        for &n in sizes.iter().filter(|&&n| n > 1) {
            drafts.extend([1, n - 1].map(|m| changed(&|d| d.resize(n, m))));
        }
        drafts.into_iter().filter_map(|d| d.build())
    }

    /// Replaces the results of an instruction with inputs.
    fn replace_with_inputs(&mut self, at: usize) {
        for v in self.instructions.remove(at).results {
            self.inputs.insert(v, self.types[&v].clone());
        }
    }

    /// Replaces the only result of an instruction with `instead`.
    fn skip(&mut self, at: usize, instead: usize) {
        let gone = self.instructions.remove(at).results[0];
        self.rename(|v| if *v == gone { instead } else { *v });
    }

    /// Replaces a call with the instructions of the sub-program.
    fn inline(&mut self, at: usize, args: &[usize], program: &Program) {
        let call = self.instructions.remove(at);
        let fresh = self.types.keys().next_back().map_or(0, |v| v + 1);
        let names: Vec<usize> =
            (args.iter().copied()).chain((args.len()..program.num_vars()).map(|i| fresh + i)).collect();
        let steps: Vec<Step> = (program.instructions().iter())
            .map(|i| Step {
                op: i.op.map(|v| names[v.index()]),
                results: i.results().map(|v| names[v.index()]).collect(),
            })
            .collect();
        self.instructions.splice(at..at, steps);
        let outputs = program.outputs().iter().map(|v| names[v.index()]);
        let instead: BTreeMap<usize, usize> = call.results.into_iter().zip(outputs).collect();
        self.rename(|v| *instead.get(v).unwrap_or(v));
    }

    fn rename(&mut self, name: impl Fn(&usize) -> usize) {
        self.instructions.iter_mut().for_each(|s| s.op = s.op.map(&name));
        self.outputs = self.outputs.iter().map(&name).collect();
    }

    /// Changes all axes of size `n` to size `m`, in inputs and attributes.
    fn resize(&mut self, n: usize, m: usize) {
        let changed =
            |ty: &Type| ty.with_shape(ty.shape.iter().map(|&d| if d == n { m } else { d }).collect::<Vec<_>>());
        self.inputs.values_mut().for_each(|ty| *ty = changed(ty));
        for step in &mut self.instructions {
            let attributes = step.op.attributes().into_iter().map(|(name, value)| {
                let of_sizes = ["shape", "limit", "slice_sizes", "k", "length"].contains(&name);
                (name.to_owned(), if of_sizes { replaced(value, n, m) } else { value })
            });
            let programs = step.op.programs().into_iter().map(|(name, p)| (name.to_owned(), p.clone()));
            let parts = Parts {
                name: step.op.name().to_owned(),
                operands: step.op.operands().into_iter().copied().collect(),
                attributes: attributes.collect(),
                programs: programs.collect(),
            };
            if let Ok(op) = Op::from_parts(parts) {
                step.op = op;
            }
        }
    }
}

fn replaced(value: Json, n: usize, m: usize) -> Json {
    match value {
        Json::Array(items) => items.into_iter().map(|v| replaced(v, n, m)).collect(),
        Json::Number(k) if k.as_u64() == Some(n as u64) => Json::from(m),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => value,
    }
}
