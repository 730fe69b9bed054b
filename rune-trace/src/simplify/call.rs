//! Simplification of sub-programs, each once however often it is used.

use super::{compact, simplify};
use crate::{Op, Program, Var};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The sub-programs that are simplified already.
#[derive(Default)]
pub(super) struct Calls {
    /// By address; the key holds the original, so that no other comes to lie there.
    simple: FxHashMap<*const Program, (Arc<Program>, Simple)>,
}

/// A simplified sub-program.
#[derive(Clone)]
struct Simple {
    /// The program without the inputs that it does not use.
    program: Arc<Program>,
    /// Which of the inputs it uses.
    used: Arc<[bool]>,
}

impl Calls {
    /// The call of the simplified program, with the arguments that it uses; `None` if it is simple already.
    pub(super) fn rewrite(&mut self, program: &Arc<Program>, args: &[Var]) -> Option<Op> {
        let Simple { program: simple, used } = self.simplified(program);
        if Arc::ptr_eq(&simple, program) {
            return None;
        }
        let args = args.iter().zip(used.iter()).filter(|(_, used)| **used).map(|(&v, _)| v).collect();
        Some(Op::Call { args, program: simple })
    }

    fn simplified(&mut self, program: &Arc<Program>) -> Simple {
        let key = Arc::as_ptr(program);
        if let Some((_, simple)) = self.simple.get(&key) {
            return simple.clone();
        }
        let simplified = simplify(program, self);
        let mut used = compact::live(&simplified).vars;
        used.truncate(program.inputs().len());
        let small = compact::without_dead_inputs(&simplified);
        // What is simple stays the same program, so that it is recognised by address, here and elsewhere.
        let small = if small == **program { program.clone() } else { Arc::new(small) };
        let simple = Simple { program: small.clone(), used: used.into() };
        let all = Simple { program: small.clone(), used: vec![true; small.inputs().len()].into() };
        self.simple.insert(Arc::as_ptr(&small), (small, all));
        self.simple.insert(key, (program.clone(), simple.clone()));
        simple
    }
}
