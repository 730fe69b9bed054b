//! Compiles many functions as one module, because each module takes 200 ms.
//!
//! Modules are kept in the target folder, so that only changed ones are compiled again.

use super::{engine, guarded};
use rune::{CompiledProgram, Precompiled};
use rune_iree::{CompileCache, CompileOptions, CompiledModule, Executable, Opt, Signature};
use rune_lower::{LowerOptions, lower};
use rune_trace::op::ScatterMode;
use rune_trace::{Array, Op, Program, Var};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The number of functions in one module.
const BATCH: usize = 60;

/// A program, lowered as part of a module.
pub struct Function {
    pub program: Program,
    entry: String,
    /// The lowered function. `None` if it has a separate module.
    text: Option<String>,
}

/// A compiled function.
pub enum Code {
    /// A part of a module.
    Part(Executable),
    /// A separate module. It calls kernels of the interpreter for operations that IREE lacks.
    Whole(CompiledProgram),
    /// Code for another machine (`RUNE_TEST_TARGET`).
    NotLoaded,
}

impl Function {
    /// Lowers a program. `entry` is its name in the module.
    pub fn lower(program: Program, entry: String) -> Result<Function, String> {
        if calls_kernels(&program) {
            return Ok(Function { program, entry, text: None });
        }
        let options = LowerOptions { entry: entry.clone(), ..engine::lower_options() };
        let lowered = lower(&program, &options).map_err(|e| e.to_string())?;
        let body = lowered.text.trim().strip_prefix("module {").and_then(|t| t.strip_suffix('}'));
        let text = body.expect("a module is printed as such").to_owned();
        Ok(Function { program, entry, text: Some(text) })
    }

    /// Returns whether it makes host calls.
    pub fn calls_host(&self) -> bool {
        self.text.is_none()
    }
    fn compile_program(&self, opt: Opt) -> Result<Code, String> {
        let options = CompileOptions { opt, ..engine::compile_options() };
        let compiled = Precompiled::new(&self.program, &options).map_err(|e| e.to_string())?;
        if engine::only_compiles() {
            return Ok(Code::NotLoaded);
        }
        let device = rune::Device::Iree(engine::device());
        Ok(Code::Whole(compiled.load_on(&device).map_err(|e| e.to_string())?))
    }

    fn load(&self, module: &CompiledModule) -> Result<Code, String> {
        if engine::only_compiles() {
            return Ok(Code::NotLoaded);
        }
        let types = self.program.input_types().to_vec();
        let signature = Signature::new(types, self.program.output_types());
        let executable = Executable::load(module, &engine::device(), &self.entry, signature, None);
        Ok(Code::Part(executable.map_err(|e| e.to_string())?))
    }
}

/// Returns whether a program has an operation that is always a host call.
fn calls_kernels(program: &Program) -> bool {
    let is_complex = |v: Var| program.ty(v).dtype.is_complex();
    program.instructions().iter().any(|instruction| {
        matches!(instruction.op, Op::Factor { .. } | Op::TriangularSolve { .. } | Op::LuSolve { .. })
            || matches!(instruction.op, Op::Scatter { x, mode: ScatterMode::Mul, .. } if is_complex(x))
            || instruction.op.programs().iter().any(|(_, inner)| calls_kernels(inner))
    })
}

/// Returns the results of compiled code on host arrays. Fails if the call changes an array, or if the results depend on
/// the memory around the arrays.
pub fn call(code: &Code, inputs: &[Array]) -> Result<Vec<Array>, String> {
    guarded::call(inputs, |inputs| {
        let results = match code {
            Code::Part(executable) => executable.call(&inputs.iter().collect::<Vec<_>>()).map_err(|e| e.to_string())?,
            Code::Whole(program) => program.call_values(inputs).map_err(|e| e.to_string())?,
            Code::NotLoaded => return Err("the function is for another machine".to_owned()),
        };
        results.iter().map(|x| x.to_host()).collect()
    })
}

/// Compiles one function without keeping it.
pub fn compile_one(function: &Function) -> Result<Code, String> {
    let Some(text) = &function.text else { return function.compile_program(Opt::default()) };
    let text = format!("module {{{text}}}\n");
    let cache = CompileCache::in_memory();
    let (module, ..) =
        (cache.get_or_compile(&text, "one", &engine::compile_options(), || text.clone())).map_err(|e| e.to_string())?;
    function.load(&module)
}

/// Compiles the functions of all items, on one thread per processor, and collects what `check` reports for each.
pub fn for_all<T: Sync>(
    items: &[T],
    name: &str,
    function: impl Fn(&T) -> &Function + Sync,
    check: impl Fn(&T, Result<Code, String>) -> Vec<String> + Sync,
) -> Vec<String> {
    for_all_with(Opt::default(), items, name, function, check)
}

/// Like [`for_all`], with this set of flags.
pub fn for_all_with<T: Sync>(
    opt: Opt,
    items: &[T],
    name: &str,
    function: impl Fn(&T) -> &Function + Sync,
    check: impl Fn(&T, Result<Code, String>) -> Vec<String> + Sync,
) -> Vec<String> {
    let start = Instant::now();
    let cache = CompileCache::in_dir(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), 1 << 30);
    let items: Vec<&T> = items.iter().step_by(engine::one_in()).collect();
    let batches: Vec<&[&T]> = items.chunks(BATCH).collect();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut mine = Vec::new();
                    let (parts, wholes): (Vec<&T>, Vec<&T>) =
                        batch.iter().copied().partition(|item| function(item).text.is_some());
                    let check = |item: &T, code: Result<Code, String>| match code {
                        Ok(Code::NotLoaded) => Vec::new(),
                        code => check(item, code),
                    };
                    for item in wholes {
                        mine.extend(check(item, function(item).compile_program(opt)));
                    }
                    compile(&cache, (name, opt), &parts, &function, &mut |items, module| {
                        for item in items {
                            let module = module.as_ref().map_err(String::clone);
                            mine.extend(check(item, module.and_then(|m| function(item).load(m))));
                        }
                    });
                    println!("{} functions in {:?}", next.load(Ordering::Relaxed) * BATCH, start.elapsed());
                    for failure in &mine {
                        println!("  {failure}");
                    }
                    failures.lock().expect("no thread panics with it").extend(mine);
                }
            });
        }
    });
    failures.into_inner().expect("no thread panics with it")
}

/// Compiles functions as one module. If that fails, compiles halves of them, down to single functions.
fn compile<T>(
    cache: &CompileCache,
    (name, opt): (&str, Opt),
    items: &[&T],
    function: &impl Fn(&T) -> &Function,
    done: &mut impl FnMut(&[&T], Result<CompiledModule, String>),
) {
    if items.is_empty() {
        return;
    }
    let bodies: String = items.iter().filter_map(|item| function(item).text.as_deref()).collect();
    let text = format!("module {{{bodies}}}\n");
    let options = CompileOptions { opt, ..engine::compile_options() };
    let compiled = cache.get_or_compile(&text, name, &options, || text.clone());
    match compiled {
        Ok((module, ..)) => done(items, Ok(module)),
        Err(e) if items.len() == 1 => done(items, Err(e.to_string())),
        Err(_) => {
            let (first, second) = items.split_at(items.len() / 2);
            compile(cache, (name, opt), first, function, done);
            compile(cache, (name, opt), second, function, done);
        }
    }
}
