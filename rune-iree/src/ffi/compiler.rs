//! The embedding interface of `libIREECompiler`: one session and one invocation for each compilation.

use eerie_sys::compiler as sys;
use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::sync::Mutex;

/// The compiler library, loaded into this process for good.
pub(crate) struct Library {
    api: sys::IreeCompiler,
    revision: String,
}

impl Library {
    /// Loads and initializes the library. To be done once in a process.
    pub(crate) fn load(path: &Path) -> Result<Library, String> {
        // SAFETY: the path is that of an IREE compiler library, by the user's word or by where it was found; the table
        // of its functions lives as long as `Library`, which is never dropped (see `crate::compile`).
        let api = unsafe { sys::IreeCompiler::open(path) }.map_err(|e| e.to_string())?;
        // SAFETY: the first call into the library, made once.
        unsafe { api.ireeCompilerGlobalInitialize() };
        // SAFETY: the library is initialized; the string it returns is static and ends in a NUL.
        let revision = unsafe { text(api.ireeCompilerGetRevision()) };
        Ok(Library { api, revision })
    }
    /// The compiler's own name for its version.
    pub(crate) fn revision(&self) -> &str {
        &self.revision
    }
    /// The error's message; frees the error.
    fn check(&self, error: *mut sys::iree_compiler_error_t) -> Result<(), String> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: `error` is a live error that this process owns, freed here and not used after.
        unsafe {
            let message = text(self.api.ireeCompilerErrorGetMessage(error));
            self.api.ireeCompilerErrorDestroy(error);
            Err(message)
        }
    }
}

/// # Safety
/// `s` is null or a string that ends in a NUL.
unsafe fn text(s: *const c_char) -> String {
    if s.is_null() {
        return String::new();
    }
    // SAFETY: by the contract of this function.
    unsafe { CStr::from_ptr(s) }.to_string_lossy().into_owned()
}

/// A message of the compiler, as it came.
pub(crate) struct Message {
    pub(crate) severity: u32,
    pub(crate) text: String,
}

/// Why nothing was compiled.
pub(crate) enum Failure {
    /// The flags were refused.
    Flags(String),
    /// The text is no valid module.
    Parse(Vec<Message>),
    /// The module was refused by some pass.
    Passes(Vec<Message>),
    /// The result could not be written.
    Output(String),
}

/// What to compile.
pub(crate) struct Request<'a> {
    pub(crate) mlir: &'a str,
    pub(crate) name: &'a str,
    pub(crate) flags: &'a [String],
    /// All phases in order.
    pub(crate) phases: &'a [&'static str],
    /// Stop after this phase and write text; without it compile to a module.
    pub(crate) phase: Option<&'a str>,
    /// Told of each phase as it begins. The phases are then run one by one.
    pub(crate) watch: Option<&'a dyn Fn(&'static str)>,
}

/// Memory that the compiler filled. Page-aligned.
pub(crate) struct Output {
    library: &'static Library,
    raw: *mut sys::iree_compiler_output_t,
    data: *const u8,
    len: usize,
}
// SAFETY: the memory is not written after it was mapped, and freeing it is not tied to a thread.
unsafe impl Send for Output {}
// SAFETY: as above.
unsafe impl Sync for Output {}

impl AsRef<[u8]> for Output {
    fn as_ref(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: the compiler mapped `len` bytes at `data`, which stay until the output is destroyed.
        unsafe { std::slice::from_raw_parts(self.data, self.len) }
    }
}
impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: `raw` is live, and this is its only owner.
        unsafe { self.library.api.ireeCompilerOutputDestroy(self.raw) }
    }
}

/// Runs its closure when dropped.
struct Finally<F: FnMut()>(F);
impl<F: FnMut()> Drop for Finally<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Takes a diagnostic. Called from any thread of the compiler.
unsafe extern "C" fn take_message(severity: u32, message: *const c_char, len: usize, user_data: *mut c_void) {
    // SAFETY: `user_data` is the `Mutex<Vec<Message>>` that `compile` keeps alive as long as the invocation; `message`
    // is `len` bytes that live during this call.
    let (messages, bytes) = unsafe {
        let bytes: &[u8] =
            if message.is_null() || len == 0 { &[] } else { std::slice::from_raw_parts(message.cast(), len) };
        (&*user_data.cast::<Mutex<Vec<Message>>>(), bytes)
    };
    let text = String::from_utf8_lossy(bytes).into_owned();
    messages.lock().unwrap_or_else(|e| e.into_inner()).push(Message { severity, text });
}

/// Compiles in this process. May be called from several threads at once.
pub(crate) fn compile(library: &'static Library, request: &Request<'_>) -> Result<Output, Failure> {
    let api = &library.api;
    let c_string = |s: &str| CString::new(s).map_err(|_| Failure::Flags(format!("a NUL character in `{s:?}`")));
    let flags = request.flags.iter().map(|f| c_string(f)).collect::<Result<Vec<_>, _>>()?;
    let flag_pointers: Vec<*const c_char> = flags.iter().map(|f| f.as_ptr()).collect();
    let name = c_string(request.name)?;
    let phase = request.phase.map(c_string).transpose()?;
    let source_text = CString::new(request.mlir)
        .map_err(|_| Failure::Parse(vec![Message { severity: 2, text: "a NUL character in the module".to_owned() }]))?;
    let messages: Mutex<Vec<Message>> = Mutex::default();
    let taken = || std::mem::take(&mut *messages.lock().unwrap_or_else(|e| e.into_inner()));

    // SAFETY: the calls are made in the order the interface asks for (`embedding_api.h`): a session, its flags,
    // an invocation with its callback, a source, parsing, the pipeline, an output. Each object is destroyed once, by its
    // guard, in the reverse order: locals are dropped last made first, so that the text, the names and `messages`
    // outlive all of them. Every pointer passed is to a live local.
    unsafe {
        let session = api.ireeCompilerSessionCreate();
        let _session = Finally(|| api.ireeCompilerSessionDestroy(session));
        library
            .check(api.ireeCompilerSessionSetFlags(
                session,
                i32::try_from(flags.len()).unwrap_or(i32::MAX),
                flag_pointers.as_ptr(),
            ))
            .map_err(Failure::Flags)?;

        let mut source = std::ptr::null_mut();
        library
            .check(api.ireeCompilerSourceWrapBuffer(
                session,
                name.as_ptr(),
                source_text.as_ptr(),
                source_text.as_bytes_with_nul().len(),
                true,
                &mut source,
            ))
            .map_err(Failure::Output)?;
        let _source = Finally(|| api.ireeCompilerSourceDestroy(source));

        let invocation = api.ireeCompilerInvocationCreate(session);
        let _invocation = Finally(|| api.ireeCompilerInvocationDestroy(invocation));
        api.ireeCompilerInvocationEnableCallbackDiagnostics(
            invocation,
            0,
            Some(take_message),
            (&raw const messages).cast_mut().cast(),
        );
        // A fifth of the time, and what stops some wrong code: windows of one position and masks beside tiled products fail here.
        api.ireeCompilerInvocationSetVerifyIR(invocation, true);
        if !api.ireeCompilerInvocationParseSource(invocation, source) {
            return Err(Failure::Parse(taken()));
        }
        let run = |from: Option<&CStr>, to: Option<&CStr>| {
            if let Some(from) = from {
                api.ireeCompilerInvocationSetCompileFromPhase(invocation, from.as_ptr());
            }
            if let Some(to) = to {
                api.ireeCompilerInvocationSetCompileToPhase(invocation, to.as_ptr());
            }
            let standard = sys::iree_compiler_pipeline_t_IREE_COMPILER_PIPELINE_STD;
            match api.ireeCompilerInvocationPipeline(invocation, standard) {
                true => Ok(()),
                false => Err(Failure::Passes(taken())),
            }
        };
        match request.watch {
            None => run(None, phase.as_deref())?,
            Some(watch) => {
                let mut from: Option<CString> = None;
                for &next in request.phases {
                    watch(next);
                    let to = c_string(next)?;
                    run(from.as_deref(), Some(&to))?;
                    if request.phase == Some(next) {
                        break;
                    }
                    from = Some(to);
                }
            }
        }

        let mut raw = std::ptr::null_mut();
        library.check(api.ireeCompilerOutputOpenMembuffer(&mut raw)).map_err(Failure::Output)?;
        let mut output = Output { library, raw, data: std::ptr::null(), len: 0 };
        let written = match request.phase {
            None => api.ireeCompilerInvocationOutputVMBytecode(invocation, raw),
            Some(_) => api.ireeCompilerInvocationOutputIR(invocation, raw),
        };
        library.check(written).map_err(Failure::Output)?;
        let (mut data, mut len) = (std::ptr::null_mut::<c_void>(), 0u64);
        library.check(api.ireeCompilerOutputMapMemory(raw, &mut data, &mut len)).map_err(Failure::Output)?;
        output.data = data.cast();
        output.len = usize::try_from(len).unwrap_or(0);
        Ok(output)
    }
}
