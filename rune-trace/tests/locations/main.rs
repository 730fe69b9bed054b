//! Every panic is at the user's line, and every instruction comes from one.

mod arrays;
mod functions;
mod origins;
#[path = "../../../tests/support/locations.rs"]
mod support;
mod values;

/// Notes that a function, called in this line, has to panic in this line.
macro_rules! at_fault {
    ($seen:ident, $name:literal, $f:expr) => {
        $seen.check($name, file!(), line!(), || {
            let _ = $f;
        })
    };
}
use at_fault;
