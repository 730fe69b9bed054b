//! Explains why a driver finds no device, and advises the user.

use super::kind::DeviceKind;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

impl DeviceKind {
    /// Returns advice on building the driver.
    pub(super) fn advice(self) -> &'static str {
        match self {
            DeviceKind::Cuda => "turn on the Cargo feature `cuda`, for which the CUDA headers are needed",
            DeviceKind::Vulkan => "turn on the Cargo feature `vulkan`",
            DeviceKind::Hip => "IREE's driver needs the HIP headers, which its Rust package leaves out",
            DeviceKind::Metal => "it exists on Macs with Apple's own processors only",
            DeviceKind::LocalSync | DeviceKind::LocalTask => "it is part of every build",
        }
    }
    /// Returns what to install if the operating system lacks the driver.
    pub(super) fn installation(self) -> &'static str {
        match self {
            DeviceKind::Cuda => {
                "install the NVIDIA driver. IREE looks for `libcuda.so`: where there is `libcuda.so.1` only, make a link of that name \
                 in a folder, and set LD_LIBRARY_PATH to it"
            }
            DeviceKind::Vulkan => {
                "install a Vulkan driver and the loader, libvulkan.so.1 (on Debian: libvulkan1 mesa-vulkan-drivers); if VK_DRIVER_FILES \
                 or VK_ICD_FILENAMES is set, it has to name the file of a driver"
            }
            DeviceKind::Hip => "install AMD's ROCm",
            DeviceKind::Metal => "it is part of macOS",
            DeviceKind::LocalSync | DeviceKind::LocalTask => "it needs none",
        }
    }
    /// Returns a device file that this user may not open, if there is one.
    pub(super) fn forbidden(self) -> Option<PathBuf> {
        let (folder, prefixes): (&str, &[&str]) = match self {
            DeviceKind::Cuda => ("/dev", &["nvidiactl", "nvidia0"]),
            DeviceKind::Vulkan => ("/dev/dri", &["renderD"]),
            DeviceKind::Hip => ("/dev", &["kfd"]),
            DeviceKind::Metal | DeviceKind::LocalSync | DeviceKind::LocalTask => return None,
        };
        forbidden_in(Path::new(folder), prefixes)
    }
}

/// Returns a file in a folder, with a name of one of these prefixes, that this user may not open.
fn forbidden_in(folder: &Path, prefixes: &[&str]) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let named = |path: &PathBuf| {
        path.file_name().is_some_and(|name| prefixes.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)))
    };
    let refused = |path: &PathBuf| {
        let opened = std::fs::OpenOptions::new().read(true).write(true).open(path);
        opened.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
    };
    let mut found: Vec<PathBuf> = files.filter(named).filter(refused).collect();
    found.sort();
    found.into_iter().next()
}

/// Returns the end of a message, which names a file that this user may not open, and says how to get access.
pub(super) fn of_forbidden(file: Option<PathBuf>) -> String {
    match file {
        Some(file) => {
            let file = file.display();
            format!("; this user may not open {file}: add the user to the group that owns it (`ls -l {file}` shows it)")
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_may_not_be_opened_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("renderD128");
        assert_eq!(forbidden_in(folder.path(), &["renderD"]), None);
        std::fs::write(&file, "").unwrap();
        assert_eq!(forbidden_in(folder.path(), &["renderD"]), None);
        assert!(of_forbidden(Some(file)).contains("renderD128: add the user to the group"));
        assert_eq!(of_forbidden(None), "");
        assert_eq!(forbidden_in(Path::new("/nowhere"), &["renderD"]), None);
    }
}
