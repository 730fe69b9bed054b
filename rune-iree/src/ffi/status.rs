//! Statuses and texts of IREE's runtime.

use super::libc_allocator::allocator;
use eerie_sys::runtime as sys;
use std::ffi::c_char;
use std::ptr::null_mut;

/// Returns a text for IREE, which borrows `s`.
pub(super) fn string_view(s: &str) -> sys::iree_string_view_t {
    sys::iree_string_view_t { data: s.as_ptr().cast(), size: s.len() }
}

/// Returns the message of a status that is not OK. Frees the status.
pub(super) fn check(status: sys::iree_status_t) -> Result<(), String> {
    if status.is_null() { Ok(()) } else { Err(message(status)) }
}

#[cold]
fn message(status: sys::iree_status_t) -> String {
    let (mut text, mut len): (*mut c_char, usize) = (null_mut(), 0);
    let allocator = allocator();
    // SAFETY: `status` is live, owned here and freed once. The text that IREE allocates is copied, then freed with its
    // allocator.
    unsafe {
        let message = if sys::iree_status_to_string(status, &allocator, &mut text, &mut len) {
            let message = String::from_utf8_lossy(std::slice::from_raw_parts(text.cast(), len)).into_owned();
            sys::iree_allocator_free(allocator, text.cast());
            message
        } else {
            "an unknown error".to_owned()
        };
        sys::iree_status_free(status);
        message
    }
}

/// Returns a copy of an IREE text.
///
/// # Safety
/// The text is live.
pub(super) unsafe fn text(view: sys::iree_string_view_t) -> String {
    if view.data.is_null() {
        return String::new();
    }
    // SAFETY: by the contract of this function.
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(view.data.cast(), view.size) }).into_owned()
}
