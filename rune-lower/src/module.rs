//! Lowering of programs to modules.

use crate::builder::{Builder, Val, tensor_type};
use crate::legalize::views::Producers;
use crate::legalize::{across, chains, destination};
use crate::{Backend, HostCall, LowerError, LowerOptions, Purpose, attr, context, emit, names, overwritten};
use melior::Context;
use melior::ir::attribute::{StringAttribute, TypeAttribute};
use melior::ir::operation::{Operation, OperationBuilder, OperationLike, OperationMutLike, OperationPrintingFlags};
use melior::ir::r#type::FunctionType;
use melior::ir::{Attribute, Identifier, Location};
use rune_ir::op::Literal;
use rune_ir::{Array, DType, ModuleSignature, Op, Origin, Program, Shape, Type};
use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// A program lowered to a StableHLO module.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The module to compile, with its signature and, if requested, the lines of the user's source.
    pub text: String,
    /// The description that the compiled module carries.
    pub signature: ModuleSignature,
    /// The functions that it imports.
    pub host: Vec<HostCall>,
    /// For each argument, whether the compiled function may write to it. The caller must then pass a copy or donate the
    /// buffer. The arguments are the program's inputs, then its constants.
    pub overwritten: Vec<bool>,
    plain: String,
}

impl Lowered {
    /// Returns the module for human readers, without signature and locations.
    pub fn code(&self) -> &str {
        &self.plain
    }
    /// Returns everything that determines the compiled code, which excludes source lines.
    pub fn identity(&self) -> String {
        format!("{}\n// {}\n", self.plain, self.signature.to_json())
    }
}

/// The shared state of a module's functions.
pub(crate) struct Unit<'c> {
    pub context: &'c Context,
    pub options: LowerOptions,
    called: RefCell<Called>,
    hosts: RefCell<Vec<HostCall>>,
    producers: Rc<Producers>,
    /// The token of the last effect.
    token: RefCell<Option<Val<'c>>>,
}

/// The called sub-programs, by what they compute.
#[derive(Default)]
struct Called {
    names: HashMap<Arc<Program>, String>,
    pending: Vec<(Arc<Program>, String)>,
}

impl<'c> Unit<'c> {
    /// Returns whether the device supports `f64`, so that the module may use it on its own account.
    pub fn has_f64(&self) -> bool {
        matches!(self.options.backend, Backend::LlvmCpu | Backend::Cuda | Backend::Rocm)
    }
    /// Whether the module may call functions of the process that runs it.
    pub fn calls_host(&self) -> bool {
        calls_host(&self.options)
    }
    /// Whether other compilers than IREE take the module: it has all of StableHLO's operations, and its constants in the text.
    pub fn is_export(&self) -> bool {
        self.options.purpose == Purpose::Export
    }
    /// Returns the name of the private function that computes `program`. Equal programs share one function.
    pub fn function(&self, program: &Arc<Program>) -> String {
        let called = &mut *self.called.borrow_mut();
        let number = called.names.len();
        match called.names.entry(Arc::clone(program)) {
            Entry::Occupied(entry) => entry.get().clone(),
            Entry::Vacant(entry) => {
                let name = names::identifier(&format!("{}_{number}", program.name()));
                let name = if name == self.options.entry { format!("{name}_") } else { name };
                called.pending.push((Arc::clone(program), name.clone()));
                entry.insert(name).clone()
            }
        }
    }
    /// Returns the token of the last effect, which the next effect takes. IREE orders calls only by data dependence.
    pub fn token(&self, b: &Builder<'c>) -> Val<'c> {
        let first = || b.full(Literal::new(0i32), &Shape::scalar());
        self.token.borrow_mut().get_or_insert_with(first).clone()
    }
    pub fn set_token(&self, token: Val<'c>) {
        self.token.replace(Some(token));
    }
    /// Returns the imported function that computes `op`.
    pub fn host(&self, op: Op<Type>, outputs: &[Type]) -> HostCall {
        let hosts = &mut *self.hosts.borrow_mut();
        if let Some(known) = hosts.iter().find(|h| h.op == op) {
            return known.clone();
        }
        let token = op.has_effects().then(|| Type::scalar(DType::I32));
        let arguments = op.operands().into_iter().map(|ty| ty.with_dtype(ty.dtype.to_signed()));
        let inputs = arguments.chain(token.clone()).collect();
        let outputs = outputs.iter().cloned().chain(token).collect();
        let call = HostCall { name: format!("f{}", hosts.len()), op, inputs, outputs };
        hosts.push(call.clone());
        call
    }
    /// Returns the location of an instruction: its line inside its scope.
    fn location(&self, origin: &Origin) -> Location<'c> {
        let line = match &origin.loc {
            Some(loc) => Location::new(self.context, &loc.file, loc.line as usize, loc.column as usize),
            None => Location::unknown(self.context),
        };
        match origin.name_stack() {
            // An empty name is an assertion failure in IREE (#16005), but `name_stack` never returns one.
            Some(name) => Location::name(self.context, &name, line),
            None => line,
        }
    }
}

/// Lowers a program to a module with one public function, whose arguments are the program's inputs, then its constants.
///
/// # Errors
/// Returns an error if the backend cannot compute an operation, or if the function's name is not an identifier.
pub fn lower(program: &Program, options: &LowerOptions) -> Result<Lowered, LowerError> {
    let entry = &options.entry;
    if entry.is_empty()
        || entry.starts_with(|c: char| c.is_ascii_digit())
        || !entry.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        return Err(LowerError::Name(entry.clone()));
    }
    context::with(|context| lower_in(context, program, options))
}

fn calls_host(options: &LowerOptions) -> bool {
    match options.backend {
        Backend::LlvmCpu | Backend::Vmvx => options.purpose == Purpose::Run,
        Backend::Cuda | Backend::Rocm | Backend::Metal | Backend::Vulkan => false,
    }
}

/// Exports a program as a StableHLO module for other tools, such as XLA. The module contains only StableHLO and CHLO
/// operations, with the constants in the text. [`import`](crate::import) can read it.
///
/// # Errors
/// Returns an error if an operation cannot be lowered, such as one over an unbound named axis, or if a constant cannot
/// be read from its device.
pub fn export(program: &Program) -> Result<String, LowerError> {
    let options = LowerOptions { purpose: Purpose::Export, locations: false, ..LowerOptions::default() };
    Ok(lower(program, &options)?.plain)
}

fn lower_in(context: &Context, program: &Program, options: &LowerOptions) -> Result<Lowered, LowerError> {
    let mut fenced = BTreeSet::new();
    loop {
        let producers = Rc::new(Producers::fenced(fenced.clone()));
        let lowered = emitted(context, program, options, &producers)?;
        let read_twice = producers.read_twice();
        // Other compilers compile these correctly.
        if options.purpose == Purpose::Export || read_twice.is_empty() {
            return Ok(lowered);
        }
        fenced.extend(read_twice);
    }
}

fn emitted(
    context: &Context,
    program: &Program,
    options: &LowerOptions,
    producers: &Rc<Producers>,
) -> Result<Lowered, LowerError> {
    let unit = Unit {
        context,
        options: options.clone(),
        called: RefCell::default(),
        hosts: RefCell::default(),
        producers: Rc::clone(producers),
        token: RefCell::default(),
    };
    let mut entry = function(&unit, program, &options.entry, true)?;
    let mut printed = Vec::new();
    loop {
        let next = unit.called.borrow_mut().pending.pop();
        let Some((callee, name)) = next else { break };
        let inner = function(&unit, &callee, &name, false)?;
        let plain = print_function(&unit, &inner, &callee, false)?;
        let located = if options.locations { print_function(&unit, &inner, &callee, true)? } else { plain.clone() };
        printed.push((plain, located));
    }
    let host = unit.hosts.take();
    let overwritten = overwritten::overwritten(program, !calls_host(options));
    let signature = ModuleSignature {
        inputs: program.input_types().to_vec(),
        constants: program.constants().iter().map(|c| c.ty().clone()).collect(),
        outputs: program.output_types(),
        overwritten: (0..overwritten.len()).filter(|&i| overwritten[i]).collect(),
        host: host.iter().map(HostCall::described).collect(),
    };
    let plain = print_function(&unit, &entry, program, false)?;
    entry.set_attribute("iree.reflection", attr::strings(context, &[(ModuleSignature::KEY, &signature.to_json())]));
    printed.insert(0, (plain, print_function(&unit, &entry, program, options.locations)?));
    let declarations = host.iter().map(|h| h.declaration(context, Location::unknown(context)));
    let declarations = declarations.map(|d| print(&d, false)).collect::<Result<Vec<_>, _>>()?;
    let assemble = |functions: Vec<&String>| {
        // Other tools need a module name.
        let mut text = match unit.is_export() {
            true => format!("module @{} {{\n", names::identifier(program.name())),
            false => String::from("module {\n"),
        };
        for line in declarations.iter().flat_map(|d| d.lines()).chain(functions.iter().flat_map(|f| f.lines())) {
            text.extend(["  ", line, "\n"]);
        }
        text + "}\n"
    };
    let plain = assemble(printed.iter().map(|(plain, _)| plain).collect());
    let text = assemble(printed.iter().map(|(_, text)| text).collect());
    Ok(Lowered { text, signature, host, overwritten, plain })
}

fn print_function(unit: &Unit, function: &Operation, program: &Program, locations: bool) -> Result<String, LowerError> {
    let constants = if unit.is_export() { 0 } else { program.constants().len() };
    let inputs = program.inputs().len();
    Ok(names::rename_arguments(&print(function, locations)?, inputs, constants))
}

fn print(operation: &Operation, locations: bool) -> Result<String, LowerError> {
    // Locations are printed inline: functions are printed one by one, without a module that could hold aliases.
    let flags = OperationPrintingFlags::new().enable_debug_info(locations, false).use_local_scope();
    operation.to_string_with_flags(flags).map_err(|e| LowerError::Malformed(e.to_string()))
}

fn function<'c>(unit: &Unit<'c>, program: &Program, name: &str, public: bool) -> Result<Operation<'c>, LowerError> {
    let context = unit.context;
    let unknown = Location::unknown(context);
    let constants = program.constants().iter().filter(|_| !unit.is_export()).map(|c| c.ty().clone());
    let arguments: Vec<Type> = program.input_types().iter().cloned().chain(constants).collect();
    let (builder, mut values) = Builder::new(context, unknown, &arguments, Rc::clone(&unit.producers));
    if !public {
        // The function is inlined where it is called.
        values = values.into_iter().flat_map(|x| builder.produced(vec![x])).collect();
    }
    for constant in program.constants().iter().filter(|_| unit.is_export()) {
        let array = constant.to_host().map_err(LowerError::Constant)?;
        // Versions of MLIR differ in the number of bytes per boolean.
        let bytes = (array.dtype() == DType::Bool).then(|| array.ty().with_dtype(DType::U8));
        values.push(match bytes {
            Some(ty) => builder.convert(&builder.dense(&Array::from_bytes(ty, array.bytes())), DType::Bool),
            None => builder.dense(&array),
        });
    }
    let outputs = instructions(&builder, unit, program, values)?;
    builder.set_location(unknown);
    let outputs: Vec<_> = outputs.iter().map(|v| v.raw).collect();
    builder.raw_op("func.return", &outputs, &[], Vec::new(), &[]);
    let types = |ts: &[Type]| ts.iter().map(|t| tensor_type(context, t)).collect::<Vec<_>>();
    let signature = FunctionType::new(context, &types(&arguments), &types(&program.output_types()));
    let mut attributes: Vec<(&str, Attribute)> = vec![
        ("sym_name", StringAttribute::new(context, name).into()),
        ("function_type", TypeAttribute::new(signature.into()).into()),
    ];
    if !public {
        attributes.push(("sym_visibility", StringAttribute::new(context, "private").into()));
    }
    let attributes: Vec<_> = attributes.into_iter().map(|(n, a)| (Identifier::new(context, n), a)).collect();
    OperationBuilder::new("func.func", unknown)
        .add_attributes(&attributes)
        .add_regions([builder.into_region()])
        .build()
        .map_err(|e| LowerError::Malformed(e.to_string()))
}

/// Appends a program's instructions to a block and returns the program's outputs; `values` are its inputs and
/// constants.
pub(crate) fn instructions<'c>(
    builder: &Builder<'c>,
    unit: &Unit<'c>,
    program: &Program,
    mut values: Vec<Val<'c>>,
) -> Result<Vec<Val<'c>>, LowerError> {
    values.reserve(program.num_vars() - values.len());
    let contested = destination::contested(program);
    let overlapping = destination::overlapping(program);
    let last_uses = across::last_uses(program);
    let (mut with_loops, mut fence) = (HashMap::new(), across::Fence::default());
    fence.push(values.len(), false);
    for (i, instruction) in program.instructions().iter().enumerate() {
        builder.set_location(unit.location(&instruction.origin));
        let has_loop = across::has_loop(&instruction.op, &mut with_loops);
        if has_loop {
            fence.before_loop(builder, &mut values, |v| last_uses[v] > i);
        }
        let updated = destination::start(&instruction.op).filter(|v| contested[v.index()]);
        let source = destination::source(&instruction.op).filter(|v| overlapping[v.index()]);
        let op = instruction.op.map(|&v| match updated == Some(v) || source == Some(v) {
            true => destination::computed(builder, &values[v.index()]),
            false => values[v.index()].clone(),
        });
        let types: Vec<&Type> = instruction.results().map(|v| program.ty(v)).collect();
        let place = || instruction.origin.loc.as_ref().map_or_else(|| program.name().to_owned(), ToString::to_string);
        let results = emit::emit(builder, unit, &op, &types).map_err(|e| e.at(unit, &op, place()))?;
        debug_assert!(
            results.len() == types.len() && results.iter().zip(&types).all(|(r, &t)| r.ty == *t),
            "{} was lowered to {:?}, not {types:?}",
            op.name(),
            results.iter().map(|r| &r.ty).collect::<Vec<_>>()
        );
        fence.push(results.len(), !has_loop);
        values.extend(chains::cut(builder, results));
    }
    Ok(program.outputs().iter().map(|v| values[v.index()].clone()).collect())
}

/// The reason why an operation cannot be lowered.
pub(crate) enum EmitError {
    /// The backend has no form of it.
    Unsupported(String),
    /// A sub-program of it cannot be lowered.
    Within(LowerError),
}

impl EmitError {
    fn at(self, unit: &Unit, op: &Op<Val>, place: String) -> LowerError {
        let backend: Backend = unit.options.backend;
        match self {
            EmitError::Unsupported(reason) => {
                LowerError::Unsupported { op: op.name().to_owned(), backend: backend.name(), reason, place }
            }
            EmitError::Within(error) => error,
        }
    }
}
