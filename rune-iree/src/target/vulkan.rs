//! The properties of Vulkan devices that the code generator must know.
//!
//! IREE's own profiles name a GPU family. Code for the wrong family is silently wrong: it reduces over subgroups of the
//! wrong size.

use std::fmt;
use std::str::FromStr;

/// The properties of a Vulkan device that determine the code for it.
///
/// ```
/// use rune_iree::VulkanFeatures;
/// let features: VulkanFeatures = "subgroup=8,threads=1024,f64,i64".parse().unwrap();
/// assert!(features.f64 && !features.f16);
/// assert_eq!(features.to_string().parse(), Ok(features));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct VulkanFeatures {
    /// The number of invocations in a subgroup.
    pub subgroup: u32,
    /// The maximum number of invocations in a workgroup.
    pub threads: u32,
    /// The maximum sizes of a workgroup.
    pub size: [u32; 3],
    /// The maximum numbers of workgroups.
    pub count: [u32; 3],
    /// Whether invocations of a subgroup can exchange and reduce values.
    pub arithmetic: bool,
    /// Whether shaders compute with 16-bit floats.
    pub f16: bool,
    /// Whether shaders compute with 64-bit floats.
    pub f64: bool,
    /// Whether shaders compute with 8-bit integers.
    pub i8: bool,
    /// Whether shaders compute with 16-bit integers.
    pub i16: bool,
    /// Whether shaders compute with 64-bit integers.
    pub i64: bool,
}

/// The minimum properties of every device that runs compute shaders, by the Vulkan specification ("Required Limits").
impl Default for VulkanFeatures {
    fn default() -> VulkanFeatures {
        VulkanFeatures {
            subgroup: 32,
            threads: 128,
            size: [128, 128, 64],
            count: [65_535; 3],
            arithmetic: false,
            f16: false,
            f64: false,
            i8: false,
            i16: false,
            i64: false,
        }
    }
}

/// The minimum shared memory of every workgroup in bytes, by the Vulkan specification. IREE does not report the actual
/// size.
const SHARED_MEMORY: u32 = 16_384;

impl VulkanFeatures {
    /// Returns the optional features with their names.
    fn flags(&mut self) -> [(&'static str, &mut bool); 6] {
        [
            ("arithmetic", &mut self.arithmetic),
            ("f16", &mut self.f16),
            ("f64", &mut self.f64),
            ("i8", &mut self.i8),
            ("i16", &mut self.i16),
            ("i64", &mut self.i64),
        ]
    }
    /// Returns IREE's attribute for a device with these features.
    pub(super) fn device_target(&self) -> String {
        let mut capabilities = vec!["Shader"];
        let mut compute = Vec::new();
        let mut storage = Vec::new();
        for (has, capability, kind) in [
            (self.f64, "Float64", "fp64"),
            (true, "", "fp32"),
            (self.f16, "Float16", "fp16"),
            (self.i64, "Int64", "int64"),
            (true, "", "int32"),
            (self.i16, "Int16", "int16"),
            (self.i8, "Int8", "int8"),
        ] {
            if has {
                compute.push(kind);
                capabilities.extend((!capability.is_empty()).then_some(capability));
            }
        }
        for (has, bits) in [(self.f64 || self.i64, "b64"), (true, "b32"), (self.i16, "b16"), (self.i8, "b8")] {
            storage.extend(has.then_some(bits));
        }
        if self.arithmetic {
            capabilities.extend(["GroupNonUniform", "GroupNonUniformArithmetic", "GroupNonUniformShuffle"]);
        }
        let capabilities: Vec<String> = capabilities.iter().map(|c| format!("cap:{c}")).collect();
        let subgroup = if self.arithmetic { "shuffle|arithmetic" } else { "none" };
        format!(
            "#hal.device.target<\"vulkan\", [#hal.executable.target<\"vulkan-spirv\", \"vulkan-spirv-fb\", \
             {{iree_codegen.target_info = #iree_gpu.target<arch = \"\", features = \"spirv:v1.6,{}\", wgp = \
             <compute = {}, storage = {}, subgroup = {subgroup}, subgroup_size_choices = [{}], \
             max_workgroup_sizes = {:?}, max_thread_count_per_workgroup = {}, max_workgroup_memory_bytes = \
             {SHARED_MEMORY}, max_workgroup_counts = {:?}>>}}>]>",
            capabilities.join(","),
            compute.join("|"),
            storage.join("|"),
            self.subgroup,
            self.size,
            self.threads,
            self.count,
        )
    }
}

impl fmt::Display for VulkanFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let triple = |[x, y, z]: [u32; 3]| format!("{x}x{y}x{z}");
        write!(f, "subgroup={},threads={}", self.subgroup, self.threads)?;
        write!(f, ",size={},count={}", triple(self.size), triple(self.count))?;
        for (name, has) in self.clone().flags() {
            if *has {
                write!(f, ",{name}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for VulkanFeatures {
    type Err = String;
    /// Reads the text form. An error message names the wrong part.
    fn from_str(text: &str) -> Result<VulkanFeatures, String> {
        let mut features = VulkanFeatures::default();
        for part in text.split(',') {
            let wrong = || format!("`{part}` is no property of a Vulkan device");
            let (name, value) = part.split_once('=').map_or((part, None), |(name, value)| (name, Some(value)));
            let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 0).ok_or_else(wrong);
            let triple = |text: &str| {
                let numbers = text.split('x').map(number).collect::<Result<Vec<u32>, String>>()?;
                <[u32; 3]>::try_from(numbers).map_err(|_| wrong())
            };
            match (name, value) {
                ("subgroup", Some(value)) => features.subgroup = number(value)?,
                ("threads", Some(value)) => features.threads = number(value)?,
                ("size", Some(value)) => features.size = triple(value)?,
                ("count", Some(value)) => features.count = triple(value)?,
                (name, None) => {
                    let flag = features.flags().into_iter().find(|(flag, _)| *flag == name);
                    *flag.ok_or_else(wrong)?.1 = true;
                }
                _ => return Err(wrong()),
            }
        }
        Ok(features)
    }
}
