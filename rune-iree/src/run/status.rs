//! Failures of IREE's runtime, in the form `FILE:LINE: CODE; REASON; while …`, with lines of IREE's own stack below.

/// A failure of IREE's runtime.
pub(crate) struct Status<'a> {
    /// The code, such as `RESOURCE_EXHAUSTED`. Empty if the message is not IREE's.
    code: &'a str,
    /// The message, without files, lines and stack.
    reason: String,
    message: &'a str,
}

/// Driver messages after which a device is useless in this process.
const LOST: &[&str] = &[
    "VK_ERROR_DEVICE_LOST",
    "CUDA_ERROR_ASSERT",
    "CUDA_ERROR_CONTEXT_IS_DESTROYED",
    "CUDA_ERROR_ECC_UNCORRECTABLE",
    "CUDA_ERROR_HARDWARE_STACK_ERROR",
    "CUDA_ERROR_ILLEGAL_ADDRESS",
    "CUDA_ERROR_ILLEGAL_INSTRUCTION",
    "CUDA_ERROR_INVALID_ADDRESS_SPACE",
    "CUDA_ERROR_INVALID_PC",
    "CUDA_ERROR_LAUNCH_FAILED",
    "CUDA_ERROR_LAUNCH_TIMEOUT",
    "CUDA_ERROR_MISALIGNED_ADDRESS",
];

impl<'a> Status<'a> {
    pub(crate) fn parse(message: &'a str) -> Status<'a> {
        let line = message.lines().next().unwrap_or_default();
        let (head, rest) = line.split_once(';').unwrap_or((line, ""));
        let code = head.rsplit(": ").next().unwrap_or_default();
        if code.is_empty() || !code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
            return Status { code: "", reason: line.to_owned(), message };
        }
        let parts: Vec<&str> =
            rest.split(';').map(str::trim).filter(|part| !part.is_empty() && !part.starts_with("while ")).collect();
        let reason = match parts.is_empty() {
            true => code.to_ascii_lowercase().replace('_', " "),
            false => parts.join("; "),
        };
        Status { code, reason, message }
    }
    pub(crate) fn reason(self) -> String {
        self.reason
    }
    /// Returns whether a library or a device of the operating system is missing.
    pub(crate) fn is_unavailable(&self) -> bool {
        matches!(self.code, "UNAVAILABLE" | "NOT_FOUND")
    }
    /// Returns whether there is too little memory.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        self.code == "RESOURCE_EXHAUSTED"
    }
    /// Returns whether the device is useless in this process.
    pub(crate) fn is_device_lost(&self) -> bool {
        LOST.iter().any(|said| self.message.contains(said))
    }
    /// Returns the kind of device that a module was compiled for, if it is loaded on another kind.
    pub(crate) fn target(&self) -> Option<&'a str> {
        let (_, device) = self.message.split_once("not found or unavailable: #hal.device.target<\"")?;
        device.split_once('"').map(|(kind, _)| kind)
    }
    /// Returns the module format versions of the runtime and of the module, if they differ.
    pub(crate) fn versions(&self) -> Option<(String, String)> {
        let (_, versions) = self.message.split_once("bytecode version mismatch; runtime supports ")?;
        let (expected, found) = versions.split_once(", module has ")?;
        let found: String = found.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        Some((expected.to_owned(), found))
    }
}

/// Returns what is wrong with a module that IREE cannot read, and advice.
pub(crate) fn unreadable(message: &str) -> String {
    let status = Status::parse(message);
    match status.versions() {
        Some((expected, found)) => {
            format!("another version of IREE compiled it (format {found}, this one reads {expected}); compile it again")
        }
        None if status.code == "NOT_FOUND" => format!("{}; rune did not compile it", status.reason()),
        None => format!("it is damaged or incomplete: {}; copy or compile it again", status.reason()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_without_files_lines_and_stack() {
        let said =
            "runtime/src/iree/vm/context.c:12: NOT_FOUND; no such module; while resolving `f`;\n[ 0] bytecode x.y";
        let status = Status::parse(said);
        assert!(status.is_unavailable() && !status.is_out_of_memory());
        assert_eq!(status.reason(), "no such module");
        assert_eq!(Status::parse("RESOURCE_EXHAUSTED").reason(), "resource exhausted");
        // Messages of our own stay unchanged.
        assert_eq!(Status::parse("result 0: no array; none").reason(), "result 0: no array; none");
        assert_eq!(Status::parse("").reason(), "");
    }

    #[test]
    fn what_is_wrong_with_a_module_is_found_in_the_message() {
        let status = Status::parse(
            "a.c:1: INCOMPATIBLE; HAL device `__device_0` not found or unavailable: #hal.device.target<\"cuda\", [",
        );
        assert_eq!(status.target(), Some("cuda"));
        let said =
            "a.c:1: INVALID_ARGUMENT; bytecode version mismatch; runtime supports 17.0, module has 18.3; while loading";
        assert_eq!(Status::parse(said).versions(), Some(("17.0".to_owned(), "18.3".to_owned())));
        assert!(unreadable(said).contains("format 18.3, this one reads 17.0"));
        assert!(Status::parse("q.c:7: DATA_LOSS; [vkQueueSubmit2] VK_ERROR_DEVICE_LOST").is_device_lost());
    }
}
