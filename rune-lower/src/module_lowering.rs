//! The shared state of a module's functions, and the reasons why an operation cannot be lowered.

use crate::builder::{Builder, Val};
use crate::error::LowerError;
use crate::host::HostCall;
use crate::legalize::views::Producers;
use crate::names;
use crate::options::{Backend, LowerOptions, Purpose};
use crate::tree::{Context, Location};
use rune_ir::op::Literal;
use rune_ir::{DType, Op, Origin, Program, Shape, Type};
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;
use std::sync::Arc;

/// The shared state of a module's functions.
pub(crate) struct ModuleLowering<'c> {
    pub context: &'c Context,
    pub options: LowerOptions,
    called: RefCell<Called>,
    hosts: RefCell<Vec<HostCall>>,
    pub producers: Rc<Producers>,
    /// The token of the last effect, if any.
    token: RefCell<Option<Val<'c>>>,
}

/// The called sub-programs, identified by what they compute.
#[derive(Default)]
struct Called {
    names: HashMap<Arc<Program>, String>,
    pending: Vec<(Arc<Program>, String)>,
}

impl<'c> ModuleLowering<'c> {
    pub fn new(context: &'c Context, options: LowerOptions, producers: Rc<Producers>) -> ModuleLowering<'c> {
        let (called, hosts, token) = Default::default();
        ModuleLowering { context, options, called, hosts, producers, token }
    }
    /// Returns a called sub-program whose function has not been emitted yet, with the name of that function.
    pub fn next_called(&self) -> Option<(Arc<Program>, String)> {
        self.called.borrow_mut().pending.pop()
    }
    /// Returns the imported functions, in order.
    pub fn take_hosts(&self) -> Vec<HostCall> {
        self.hosts.take()
    }
    /// Returns whether the device supports `f64`, so that the module may use it for its own computations.
    pub fn has_f64(&self) -> bool {
        self.options.has_f64()
    }
    /// Returns whether the module runs on the CPU, in the process's memory.
    pub fn is_on_cpu(&self) -> bool {
        matches!(self.options.backend, Backend::LlvmCpu | Backend::Vmvx)
    }
    /// Returns whether functions of `f64` are emitted as arithmetic, because the code generator lacks them: IREE links
    /// no libm on CPUs, and the extended instructions of SPIR-V have none.
    pub fn expands_f64(&self) -> bool {
        match self.options.backend {
            Backend::LlvmCpu => true,
            Backend::Vulkan => self.has_f64(),
            Backend::Cuda | Backend::Rocm | Backend::Metal | Backend::Vmvx => false,
        }
    }
    /// Returns whether sine, cosine and tangent are emitted as arithmetic. The approximations of all code generators
    /// are wrong in the fourth digit for arguments near 100. The arithmetic needs `f64`.
    pub fn expands_trigonometry(&self) -> bool {
        self.has_f64() && self.options.backend != Backend::Vmvx
    }
    /// Returns whether the module may make host calls.
    pub fn calls_host(&self) -> bool {
        self.options.purpose == Purpose::Run
    }
    /// Returns whether the module is for compilers other than IREE. It may then use all operations of StableHLO, and
    /// holds its constants in the text.
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
    /// Returns the token of the last effect. The next effect takes it, because IREE orders calls only by data
    /// dependence.
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
    pub fn location(&self, origin: &Origin) -> Location {
        let line = match &origin.loc {
            Some(loc) => {
                Location::Line { file: loc.file.to_string(), line: loc.line as usize, column: loc.column as usize }
            }
            None => Location::Unknown,
        };
        match origin.name_stack() {
            // An empty name would be an assertion failure in IREE (#16005), but `name_stack` never returns one.
            Some(name) => Location::Name(name.to_string(), Box::new(line)),
            None => line,
        }
    }
}

/// The reason why an operation cannot be lowered.
pub(crate) enum EmitError {
    /// The backend cannot express it.
    Unsupported(String),
    /// One of its sub-programs cannot be lowered.
    Within(LowerError),
}

impl EmitError {
    pub fn at(self, lowering: &ModuleLowering, op: &Op<Val>, place: String) -> LowerError {
        let backend: Backend = lowering.options.backend;
        match self {
            EmitError::Unsupported(reason) => {
                LowerError::Unsupported { op: op.name().to_owned(), backend: backend.name(), reason, place }
            }
            EmitError::Within(error) => error,
        }
    }
}
