//! Verification of programs.

use super::{BuildError, Instruction, MAX_DEPTH, Program, names};
use crate::types::{self, TypeProblem};
use crate::{Type, Var};
use std::collections::HashSet;

/// The reason why a program is malformed: a mistake in a transformation, or in the code that created it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("program `{program}`, {place}: {problem}")]
pub struct VerifyError {
    /// The name of the program or sub-program.
    pub program: String,
    /// The variable or instruction.
    pub place: String,
    /// The problem.
    pub problem: Box<VerifyProblem>,
}

/// A problem with a program.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum VerifyProblem {
    /// A variable has a type that is out of range.
    #[error("a variable {0}")]
    Type(#[from] TypeProblem),
    /// An instruction is not well-typed, or uses a variable that is not assigned yet.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The types of the results differ from those of the operation.
    #[error("results have types {stated:?}, but should have types {inferred:?}")]
    Results {
        /// The types of the variables.
        stated: Vec<Type>,
        /// The types that the type rules infer.
        inferred: Vec<Type>,
    },
    /// Variables are not numbered consecutively.
    #[error("the next variable is {expected:?}, but {found:?} is assigned")]
    Order {
        /// The variable that should be next.
        expected: Var,
        /// The variable that is assigned.
        found: Var,
    },
}

impl Program {
    /// Checks the program as if it came from outside: every variable is assigned before it is used, and all types agree
    /// with the type rules. Programs are checked while they are built, so this finds mistakes of this crate.
    ///
    /// # Errors
    /// The first problem.
    pub fn verify(&self) -> Result<(), VerifyError> {
        self.verify_once(&mut HashSet::new(), 1)
    }

    /// Checks shared sub-programs once, because the number of paths to them may be exponential.
    fn verify_once(&self, seen: &mut HashSet<*const Program>, depth: u32) -> Result<(), VerifyError> {
        let fail = |place: String| {
            |problem: VerifyProblem| VerifyError { program: self.name.clone(), place, problem: Box::new(problem) }
        };
        let known = self.inputs as usize + self.constants.len();
        let beyond = |v: Var| fail("its variables".to_owned())(BuildError::Unassigned(v).into());
        if known > self.types.len() {
            return Err(beyond(Var(known as u32)));
        }
        for (i, ty) in self.types[..known].iter().enumerate() {
            types::check(ty).map_err(|e| fail(format!("variable {i}"))(e.into()))?;
        }
        for (value, ty) in self.constants.iter().zip(&self.types[self.inputs as usize..]) {
            let (stated, inferred) = (vec![ty.clone()], vec![value.ty().clone()]);
            if stated != inferred {
                return Err(fail("its constants".to_owned())(VerifyProblem::Results { stated, inferred }));
            }
        }
        let mut next = known;
        for (i, instruction) in self.instructions.iter().enumerate() {
            let place = || self.place(i, instruction);
            next = self.check(instruction, next).map_err(|problem| fail(place())(problem))?;
            for (_, program) in instruction.op.programs() {
                if depth >= MAX_DEPTH {
                    return Err(fail(place())(BuildError::TooDeep(program.name.clone()).into()));
                }
                if seen.insert(std::sync::Arc::as_ptr(program)) {
                    program.verify_once(seen, depth + 1)?;
                }
            }
        }
        if next != self.types.len() {
            return Err(beyond(Var(next as u32)));
        }
        match self.outputs.iter().find(|v| v.index() >= next) {
            Some(&v) => Err(fail("its outputs".to_owned())(BuildError::Unassigned(v).into())),
            None => Ok(()),
        }
    }

    /// Checks an instruction whose first result should be variable number `next`. Returns the number after its last
    /// result.
    fn check(&self, instruction: &Instruction, next: usize) -> Result<usize, VerifyProblem> {
        let Instruction { op, first, results, origin: _ } = instruction;
        let operand = |&v: &Var| match v.index() < next {
            true => Ok(&self.types[v.index()]),
            false => Err(BuildError::Unassigned(v)),
        };
        let typed = op.try_map(operand)?;
        if let Some((_, open)) = op.programs().into_iter().find(|(_, p)| !p.constants.is_empty()) {
            return Err(BuildError::OpenSubProgram(open.name.clone()).into());
        }
        let inferred = types::infer(&typed).map_err(BuildError::from)?;
        if first.index() != next {
            return Err(VerifyProblem::Order { expected: Var(next as u32), found: *first });
        }
        let after = next + *results as usize;
        let stated = self.types.get(next..after).unwrap_or_default();
        if stated != inferred.as_slice() {
            return Err(VerifyProblem::Results { stated: stated.to_vec(), inferred: inferred.into_vec() });
        }
        Ok(after)
    }

    /// Names an instruction in messages: its number, the variable that it assigns, and the user's line.
    fn place(&self, i: usize, instruction: &Instruction) -> String {
        let name = names::variables(self).get(instruction.first.index()).map(|n| format!("{n} = ")).unwrap_or_default();
        let line = instruction.origin.loc.as_ref().map(|l| format!(" from {l}")).unwrap_or_default();
        format!("instruction {i} ({name}{}){line}", instruction.op.name())
    }
}

#[cfg(test)]
mod tests {
    use crate::{DType, Program, Type, Var};

    #[test]
    fn verification_finds_what_the_builder_would_refuse() {
        let program = || {
            Program::parse("def f(x0): # [2, f32] -> [2, f32]\n z0 = rune.sin(x0)\n y0 = rune.cos(z0)\n return y0")
                .unwrap()
        };
        assert_eq!(program().verify(), Ok(()));
        let problem = |change: fn(&mut Program)| {
            let mut broken = program();
            change(&mut broken);
            broken.verify().unwrap_err().to_string()
        };
        assert_eq!(
            problem(|p| p.instructions.swap(0, 1)),
            "program `f`, instruction 0 (y0 = cos): variable Var(1) is used before it is assigned"
        );
        assert!(problem(|p| p.types[2] = Type::scalar(DType::F32)).contains("should have"));
        assert!(problem(|p| p.outputs = vec![Var(3)]).contains("its outputs"));
        assert!(problem(|p| p.types.truncate(2)).contains("should have"));
        assert!(problem(|p| p.instructions[1].first = Var(7)).contains("next variable"));
    }
}
