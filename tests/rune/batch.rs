//! Many functions compiled as one module, since a module of its own costs 200 ms.
//!
//! What was compiled is kept in the target folder, so that only what changed is compiled again.

use rune_iree::{CompileCache, CompileOptions, CompiledModule, Device, Executable, Signature};
use rune_lower::{LowerOptions, lower};
use rune_trace::{Array, Program, Value};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// How many functions go into one module.
const BATCH: usize = 60;

/// A program, lowered to a part of a module.
pub struct Function {
    pub program: Program,
    entry: String,
    text: String,
    overwrites: Vec<usize>,
}

impl Function {
    /// `entry` is its name in the module.
    pub fn lower(program: Program, entry: String) -> Result<Function, String> {
        let options = LowerOptions { entry: entry.clone(), locations: false, ..LowerOptions::default() };
        let lowered = lower(&program, &options).map_err(|e| e.to_string())?;
        let body = lowered.text.trim().strip_prefix("module {").and_then(|t| t.strip_suffix('}'));
        let text = body.expect("a module is printed as such").to_owned();
        let overwrites = (0..program.input_types().len()).filter(|&i| lowered.overwritten[i]).collect();
        Ok(Function { program, entry, text, overwrites })
    }

    fn load(&self, module: &CompiledModule) -> Result<Executable, String> {
        let device = Device::open("local-sync").expect("the processor is a device");
        let types = self.program.input_types().to_vec();
        let mut signature = Signature::new(types, self.program.output_types());
        signature.overwrites = self.overwrites.clone();
        Executable::load(module, &device, &self.entry, signature, None).map_err(|e| e.to_string())
    }
}

/// The results of compiled code on host arrays.
pub fn call(executable: &Executable, inputs: &[Array]) -> Result<Vec<Array>, String> {
    let inputs: Vec<Value> = inputs.iter().cloned().map(Value::from).collect();
    let results = executable.call(&inputs.iter().collect::<Vec<_>>()).map_err(|e| e.to_string())?;
    Ok(results.iter().map(|x| x.to_host().expect("a result is in host memory")).collect())
}

/// Compiles one function, which is not kept.
pub fn one(function: &Function) -> Result<Executable, String> {
    let text = format!("module {{{}}}\n", function.text);
    let cache = CompileCache::in_memory();
    let (module, ..) =
        (cache.get_or_compile(&text, "one", &CompileOptions::default(), || text.clone())).map_err(|e| e.to_string())?;
    function.load(&module)
}

/// Compiles the functions of all items, in as many threads as there are processors, and has `check` say what fails of each.
pub fn for_all<T: Sync>(
    items: &[T],
    name: &str,
    function: impl Fn(&T) -> &Function + Sync,
    check: impl Fn(&T, Result<Executable, String>) -> Vec<String> + Sync,
) -> Vec<String> {
    let start = Instant::now();
    let cache = CompileCache::in_dir(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), 1 << 30);
    let batches: Vec<&[T]> = items.chunks(BATCH).collect();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut mine = Vec::new();
                    compile(&cache, name, batch, &function, &mut |items, module| {
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

/// Compiles functions to one module; where that fails, halves of them, down to those that fail.
fn compile<T>(
    cache: &CompileCache,
    name: &str,
    items: &[T],
    function: &impl Fn(&T) -> &Function,
    done: &mut impl FnMut(&[T], Result<CompiledModule, String>),
) {
    let bodies: String = items.iter().map(|item| function(item).text.as_str()).collect();
    let text = format!("module {{{bodies}}}\n");
    let compiled = cache.get_or_compile(&text, name, &CompileOptions::default(), || text.clone());
    match compiled {
        Ok((module, ..)) => done(items, Ok(module)),
        Err(e) if items.len() == 1 => done(items, Err(e.to_string())),
        Err(_) => {
            let (first, second) = items.split_at(items.len() / 2);
            compile(cache, name, first, function, done);
            compile(cache, name, second, function, done);
        }
    }
}
