//! A suite of programs that IREE compiles together, and whose results are compared with the interpreter's.

use crate::batch::{self, Function};
use rune_testing::Generator;
use rune_testing::tolerance::{Tolerance, parts};
use rune_trace::interpret::interpret;
use rune_trace::{Array, Program};

struct Tested {
    label: String,
    program: Program,
    inputs: Vec<Array>,
    function: Function,
}

/// Lowered programs with inputs, and the messages of those that cannot be lowered.
#[derive(Default)]
pub struct Suite {
    tested: Vec<Tested>,
    failures: Vec<String>,
}

impl Suite {
    /// Returns the number of programs.
    pub fn len(&self) -> usize {
        self.tested.len()
    }
    /// Adds a program. Messages name it by `label`. The number of programs before it determines its inputs.
    pub fn add(&mut self, label: String, program: Program) {
        let inputs = Generator::new(self.len() as u64).inputs(&program);
        match Function::lower(program.simplify(), format!("f{}", self.len())) {
            Ok(function) => self.tested.push(Tested { label, program, inputs, function }),
            Err(e) => self.failures.push(format!("{label}: {e}")),
        }
    }
    /// Compiles the programs as modules with this name, and compares their results with the interpreter's. Integers are
    /// equal.
    #[track_caller]
    pub fn assert_agree(self, name: &str, tolerance: Tolerance) {
        let Suite { tested, mut failures } = self;
        println!("{} functions", tested.len());
        failures.extend(batch::for_all(
            &tested,
            name,
            |t| &t.function,
            |t, code| {
                let expected = interpret(&t.program, &t.inputs).expect("the interpreter knows every operation");
                let found = match code.and_then(|code| batch::call(&code, &t.inputs)) {
                    Ok(found) => found,
                    Err(e) => return vec![format!("{}: {}", t.label, e.chars().take(300).collect::<String>())],
                };
                let of = |y: &Array| if y.dtype().is_inexact() { tolerance } else { Tolerance::Exact };
                let wrong = found.iter().zip(&expected).filter_map(|(x, y)| of(y).check(&parts(x), &parts(y)).err());
                wrong.map(|e| format!("{}: {e}", t.label)).collect()
            },
        ));
        let shown = failures[..failures.len().min(12)].join("\n");
        assert!(failures.is_empty(), "{} of {} fail\n{shown}", failures.len(), tested.len());
    }
}
