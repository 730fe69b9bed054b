//! Ctrl-C: the first asks training to stop after the current step, the second ends the process.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_default};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The signal handlers. They stay for the rest of the process: if a handler were removed, its signal would be ignored.
struct Handlers {
    /// Whether no training is listening. Then signals end the process, as they do without handlers.
    idle: Arc<AtomicBool>,
    requested: Arc<AtomicBool>,
    listeners: AtomicUsize,
}

static HANDLERS: OnceLock<Handlers> = OnceLock::new();
static INSTALLING: Mutex<()> = Mutex::new(());

/// Listens to Ctrl-C and to the signal of `kill`, until it is dropped.
pub(crate) struct Interrupt(&'static Handlers);

fn handlers() -> std::io::Result<&'static Handlers> {
    if let Some(handlers) = HANDLERS.get() {
        return Ok(handlers);
    }
    let (idle, requested) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the last handler sets the flag, so the others see it only at the next signal.
        register_conditional_default(signal, idle.clone())?;
        register_conditional_default(signal, requested.clone())?;
        register(signal, requested.clone())?;
    }
    Ok(HANDLERS.get_or_init(|| Handlers { idle, requested, listeners: AtomicUsize::new(0) }))
}

impl Interrupt {
    pub fn listen() -> std::io::Result<Interrupt> {
        let _installing = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        let handlers = handlers()?;
        if handlers.listeners.fetch_add(1, Ordering::SeqCst) == 0 {
            handlers.requested.store(false, Ordering::SeqCst);
            handlers.idle.store(false, Ordering::SeqCst);
        }
        Ok(Interrupt(handlers))
    }
    pub fn is_requested(&self) -> bool {
        self.0.requested.load(Ordering::SeqCst)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        let _installing = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.listeners.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.store(true, Ordering::SeqCst);
            self.0.requested.store(false, Ordering::SeqCst);
        }
    }
}
