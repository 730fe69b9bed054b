//! What the functions of one module share, and why an operation cannot be lowered.

use crate::builder::{Builder, Val};
use crate::{Backend, HostCall, LowerError, LowerOptions, names};
use melior::Context;
use melior::ir::Location;
use rune_ir::op::Literal;
use rune_ir::{DType, Op, Origin, Program, Shape, Type};
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// What the functions of one module share.
pub(crate) struct Unit<'c> {
    pub context: &'c Context,
    pub options: LowerOptions,
    /// Whether constants stand in the text; else they are arguments.
    pub inline: bool,
    called: RefCell<Called>,
    hosts: RefCell<Vec<HostCall>>,
    /// What the last effect gave.
    token: RefCell<Option<Val<'c>>>,
}

/// The sub-programs that are called, by what they compute.
#[derive(Default)]
struct Called {
    names: HashMap<Arc<Program>, String>,
    pending: Vec<(Arc<Program>, String)>,
}

impl<'c> Unit<'c> {
    pub fn new(context: &'c Context, options: LowerOptions, inline: bool) -> Unit<'c> {
        let (called, hosts, token) = Default::default();
        Unit { context, options, inline, called, hosts, token }
    }
    /// A sub-program that is called and has no function yet, and the name of that.
    pub fn next_called(&self) -> Option<(Arc<Program>, String)> {
        self.called.borrow_mut().pending.pop()
    }
    /// The imported functions, in order.
    pub fn take_hosts(&self) -> Vec<HostCall> {
        self.hosts.take()
    }
    /// Whether the device computes in `f64`, which the module may then do without being asked.
    pub fn has_f64(&self) -> bool {
        matches!(self.options.backend, Backend::LlvmCpu | Backend::Cuda | Backend::Rocm)
    }
    /// The name of the private function that computes `program`; equal programs share one.
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
    /// What the last effect gave, and the next one takes. IREE keeps calls in order only where one needs what another gives.
    pub fn token(&self, b: &Builder<'c>) -> Val<'c> {
        let first = || b.full(Literal::new(0i32), &Shape::scalar());
        self.token.borrow_mut().get_or_insert_with(first).clone()
    }
    pub fn set_token(&self, token: Val<'c>) {
        self.token.replace(Some(token));
    }
    /// The imported function that computes `op`.
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
    /// The location of an instruction: its scope around the line.
    pub fn location(&self, origin: &Origin) -> Location<'c> {
        let line = match &origin.loc {
            Some(loc) => Location::new(self.context, &loc.file, loc.line as usize, loc.column as usize),
            None => Location::unknown(self.context),
        };
        match origin.name_stack() {
            // An empty name is an assertion failure in IREE (#16005), and `name_stack` gives none.
            Some(name) => Location::name(self.context, &name, line),
            None => line,
        }
    }
}

/// Why an operation cannot be lowered.
pub(crate) enum EmitError {
    /// The backend has no form of it.
    Unsupported(String),
    /// Something in a sub-program of it cannot be lowered.
    Within(LowerError),
}

impl EmitError {
    pub fn at(self, unit: &Unit, op: &Op<Val>, place: String) -> LowerError {
        let backend: Backend = unit.options.backend;
        match self {
            EmitError::Unsupported(reason) => {
                LowerError::Unsupported { op: op.name().to_owned(), backend: backend.name(), reason, place }
            }
            EmitError::Within(error) => error,
        }
    }
}
