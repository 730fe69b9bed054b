//! Calls that a device still computes, and the memory that they use.
//!
//! A call on a device with its own memory returns before its results are computed. Each piece of memory records the call
//! that writes it and the calls that read it. A new call starts after the writers of its inputs. If it overwrites an
//! input, it also starts after the readers of that input.

use super::device::Device;
use super::error::RunError;
use crate::ffi::device::DeviceHandle;
use crate::ffi::handle::{Fence, View};
use crate::ffi::invoke::Function;
use rune_ir::{Array, Loc};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of calls that a device may still have to end when a new call returns. Each holds memory for its results.
/// JAX has the same limit.
const LIMIT: usize = 32;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of a function, for messages.
pub(super) struct Name {
    pub name: String,
    /// The user's line.
    pub loc: Option<Loc>,
}

/// A call, or a copy before a call, that the device may not have ended.
pub(super) struct InFlight {
    function: Arc<Name>,
    pub done: Fence,
}

impl InFlight {
    pub fn new(device: &DeviceHandle, function: &Arc<Name>) -> Result<InFlight, String> {
        Ok(InFlight { function: Arc::clone(function), done: Fence::new(device)? })
    }
    /// Starts the copy of an array to the memory of a device.
    pub fn send(device: &DeviceHandle, array: &Array, function: &Arc<Name>) -> Result<(View, Arc<InFlight>), String> {
        let copy = InFlight::new(device, function)?;
        let view = View::send(device, array, &copy.done)?;
        Ok((view, Arc::new(copy)))
    }
    /// Returns whether the call has ended. A call that failed has ended.
    fn has_ended(&self) -> bool {
        !matches!(self.done.is_reached(), Ok(false))
    }
}

/// Why the elements of an array are not there: a call that should have computed them failed.
pub(super) struct Lost {
    function: Arc<Name>,
    /// IREE's message.
    message: String,
}

impl Lost {
    /// Returns what failed, and why.
    pub fn reason(&self, device: &Device) -> String {
        let Name { name, loc } = &*self.function;
        let place = loc.as_ref().map(|loc| format!(", and `{name}` is at {loc}")).unwrap_or_default();
        format!("{} (the call had already returned{place})", RunError::of_call(name, device, &self.message))
    }
}

/// The calls that a call has to wait for.
pub(super) type Waits = SmallVec<[Arc<InFlight>; 4]>;

/// Returns a fence that is reached when all of `calls` have ended.
pub(super) fn after(calls: &Waits) -> Result<Fence, String> {
    Fence::join(calls.iter().map(|call| &call.done))
}

/// A piece of a device's memory. Arrays with bytes in common share it.
#[derive(Default)]
pub(super) struct Memory(Mutex<Uses>);

#[derive(Default)]
struct Uses {
    /// The call that writes the elements. `None` if they are there.
    written: Option<Arc<InFlight>>,
    /// The calls that read the elements.
    read: Vec<Arc<InFlight>>,
}

impl Uses {
    /// Forgets the call that writes the elements if it has ended. Returns its error.
    fn settle(&mut self) -> Result<(), Lost> {
        let Some(call) = &self.written else { return Ok(()) };
        match call.done.is_reached() {
            Ok(false) => Ok(()),
            Ok(true) => {
                self.written = None;
                Ok(())
            }
            Err(message) => Err(Lost { function: call.function.clone(), message }),
        }
    }
}

impl Memory {
    /// Returns memory whose elements `call` writes.
    pub fn written_by(call: &Arc<InFlight>) -> Memory {
        Memory(Mutex::new(Uses { written: Some(call.clone()), read: Vec::new() }))
    }
    /// Adds what a call that reads the elements has to wait for.
    pub fn before_read(&self, waits: &mut Waits) -> Result<(), Lost> {
        let mut uses = lock(&self.0);
        uses.settle()?;
        waits.extend(uses.written.iter().cloned());
        Ok(())
    }
    /// Adds what a call that writes to the memory has to wait for.
    pub fn before_write(&self, waits: &mut Waits) -> Result<(), Lost> {
        self.before_read(waits)?;
        waits.extend(lock(&self.0).read.iter().filter(|call| !call.has_ended()).cloned());
        Ok(())
    }
    /// Notes a call that reads the elements.
    pub fn set_read_by(&self, call: &Arc<InFlight>) {
        let mut uses = lock(&self.0);
        uses.read.retain(|call| !call.has_ended());
        uses.read.push(call.clone());
    }
    /// Notes a call that writes to the memory, after all earlier calls that use it.
    pub fn set_written_by(&self, call: &Arc<InFlight>) {
        *lock(&self.0) = Uses { written: Some(call.clone()), read: Vec::new() };
    }
    /// Returns whether the elements are there, or will never be.
    pub fn is_ready(&self) -> bool {
        let mut uses = lock(&self.0);
        uses.settle().is_err() || uses.written.is_none()
    }
    /// Waits until the elements are there.
    pub fn wait(&self) -> Result<(), Lost> {
        // Other threads may ask about the memory in the meantime.
        let call = lock(&self.0).written.clone();
        let Some(call) = call else { return Ok(()) };
        call.done.wait().map_err(|message| Lost { function: call.function.clone(), message })
    }
}

/// A call, and the code that the device may still run.
type Running = (Arc<InFlight>, Option<Arc<Function>>);

/// The calls that a device may not have ended, the oldest first.
#[derive(Default)]
pub(super) struct Calls(Mutex<VecDeque<Running>>);

impl Calls {
    /// Adds a call of `code`, or a copy. Waits for the oldest one if there are too many.
    pub fn push(&self, call: &Arc<InFlight>, code: Option<&Arc<Function>>) {
        self.forget_ended();
        let oldest = {
            let mut calls = lock(&self.0);
            calls.push_back((call.clone(), code.cloned()));
            if calls.len() > LIMIT { calls.pop_front() } else { None }
        };
        if let Some((oldest, _)) = oldest {
            // Whoever reads its results gets the error.
            let _ = oldest.done.wait();
        }
    }
    /// Removes the oldest calls that have ended, and releases their code.
    pub fn forget_ended(&self) {
        let mut ended = Vec::new();
        {
            let mut calls = lock(&self.0);
            while calls.front().is_some_and(|(call, _)| call.has_ended()) {
                ended.extend(calls.pop_front());
            }
        }
        // Dropping the code of a function may drop what the user gave it, so no lock is held.
        drop(ended);
    }
}
