//! Tests of the contents of modules for other machines.

use super::*;
use object::elf::EF_RISCV_FLOAT_ABI_DOUBLE;
use object::read::elf::{ElfFile64, FileHeader};
use object::{Architecture, Endianness, Object, ObjectKind, ObjectSection, ObjectSymbol, SectionKind};

/// A product and a function. IREE's code for them differs between architectures.
const TEXT: &str = "func.func @main(%a: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %0 = stablehlo.dot_general %a, %a, contracting_dims = [1] x [0] : (tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<16x16xf32>
  %1 = stablehlo.tanh %0 : tensor<16x16xf32>
  return %1 : tensor<16x16xf32>
}";

/// A machine, and the expected contents of a module for it.
struct Machine {
    cpu: &'static str,
    triple: &'static str,
    /// The architecture that the module states, and IREE's name of the format, which the runtime compares with its own.
    states: (&'static str, &'static str),
    architecture: Architecture,
    /// Extensions that the code may use.
    features: &'static [&'static str],
}

const MACHINES: [Machine; 6] = [
    Machine {
        cpu: "generic",
        triple: "aarch64-unknown-linux-gnu",
        states: ("aarch64", "embedded-elf-arm_64"),
        architecture: Architecture::Aarch64,
        features: &[],
    },
    Machine {
        cpu: "apple-m1",
        triple: "arm64-apple-darwin",
        states: ("aarch64", "embedded-elf-arm_64"),
        architecture: Architecture::Aarch64,
        features: &["dotprod", "fullfp16"],
    },
    Machine {
        cpu: "generic-rv64",
        triple: "riscv64-unknown-linux-gnu",
        states: ("riscv64", "embedded-elf-riscv_64"),
        architecture: Architecture::Riscv64,
        features: &["d"],
    },
    Machine {
        cpu: "x86-64-v3",
        triple: "x86_64-pc-windows-msvc",
        states: ("x86_64", "embedded-elf-x86_64"),
        architecture: Architecture::X86_64,
        features: &["avx2", "fma"],
    },
    Machine {
        cpu: "generic",
        triple: "aarch64-pc-windows-msvc",
        states: ("aarch64", "embedded-elf-arm_64"),
        architecture: Architecture::Aarch64,
        features: &[],
    },
    Machine {
        cpu: "x86-64-v4",
        triple: "x86_64-unknown-linux-gnu",
        states: ("x86_64", "embedded-elf-x86_64"),
        architecture: Architecture::X86_64,
        features: &["avx512f"],
    },
];

fn module_for(cpu: &str, triple: &str) -> CompiledModule {
    let options = CompileOptions::for_target(Target::llvm_cpu_cross(cpu, triple).unwrap());
    compile(TEXT, "cross", &options).unwrap_or_else(|e| panic!("{triple}: {e}"))
}

/// Returns the executable in a module. It is stored uncompressed, so that it can run in place.
fn executable<'m>(module: &'m [u8], triple: &str) -> ElfFile64<'m, Endianness> {
    let is_elf = |&at: &usize| module[at..].starts_with(&object::elf::ELFMAG);
    let starts: Vec<usize> = (0..module.len()).filter(is_elf).collect();
    let [start] = starts[..] else { panic!("{triple}: {} executables", starts.len()) };
    ElfFile64::parse(&module[start..]).unwrap_or_else(|e| panic!("{triple}: {e}"))
}

#[test]
fn each_module_holds_code_for_its_machine() {
    let contains =
        |module: &CompiledModule, text: &str| module.bytes().windows(text.len()).any(|w| w == text.as_bytes());
    for machine in &MACHINES {
        let (triple, (architecture, format)) = (machine.triple, machine.states);
        let module = module_for(machine.cpu, triple);
        let elf = executable(module.bytes(), triple);
        assert_eq!((elf.architecture(), elf.kind()), (machine.architecture, ObjectKind::Dynamic), "{triple}");
        assert!(elf.is_64() && elf.is_little_endian(), "{triple}");
        let code: Vec<_> = elf.sections().filter(|s| s.kind() == SectionKind::Text && s.size() > 0).collect();
        assert!(!code.is_empty(), "{triple} has no code");
        // The code needs neither a library nor the operating system, so it is the same for all systems.
        let names = |undefined: bool| {
            let symbols = elf.dynamic_symbols().filter(move |s| s.is_undefined() == undefined);
            symbols.map(|s| s.name().unwrap().to_owned()).filter(|name| !name.is_empty()).collect::<Vec<_>>()
        };
        assert_eq!(names(true), [""; 0], "{triple} needs a library");
        assert_eq!(names(false), ["iree_hal_executable_library_query"], "{triple}");

        assert!(contains(&module, format), "{triple} is not of the format {format}");
        let cpu = module.cpu().unwrap();
        assert_eq!((cpu.architecture.as_str(), cpu.name.as_str()), (architecture, machine.cpu), "{triple}");
        let missing: Vec<_> = machine.features.iter().filter(|name| !cpu.features.iter().any(|f| f == *name)).collect();
        assert!(missing.is_empty(), "{triple} lacks {missing:?}, and has {:?}", cpu.features);
        if machine.architecture == Architecture::Aarch64 {
            // Apple's systems and Windows reserve the register.
            assert!(cpu.features.iter().any(|f| f == "reserve-x18"), "{triple}: {:?}", cpu.features);
        }
        if machine.architecture == Architecture::Riscv64 {
            let flags = elf.elf_header().e_flags(Endianness::Little);
            assert_eq!(flags.riscv_float_abi(), EF_RISCV_FLOAT_ABI_DOUBLE, "{triple}");
        }
    }
}

/// The name of the operating system changes only itself in the module.
#[test]
fn the_code_is_the_same_for_all_systems() {
    let triples = ["aarch64-unknown-linux-gnu", "arm64-apple-darwin", "aarch64-pc-windows-msvc"];
    let code = triples.map(|triple| {
        let module = module_for("generic", triple);
        let elf = executable(module.bytes(), triple);
        let code = elf.sections().filter(|s| s.kind() == SectionKind::Text).map(|s| s.data().unwrap().to_vec());
        code.collect::<Vec<_>>()
    });
    assert_eq!(code[0], code[1]);
    assert_eq!(code[0], code[2]);
    assert_ne!(code[0], [[0u8; 0]; 0]);
}

/// The runtime checks the format too.
#[test]
fn code_for_another_architecture_is_not_loaded() {
    let (cpu, triple) = match std::env::consts::ARCH {
        "aarch64" => ("generic", "x86_64-unknown-linux-gnu"),
        _ => ("generic", "aarch64-unknown-linux-gnu"),
    };
    let module = module_for(cpu, triple);
    let ty = Type::new(DType::F32, [16, 16]);
    let signature = Signature::new(vec![ty.clone()], vec![ty]);
    let error = Executable::load(&module, &Device::open("cpu").unwrap(), "main", signature, None).unwrap_err();
    assert!(matches!(error, RunError::OtherTarget { .. }), "{error}");
    assert!(error.to_string().contains("it was compiled for a CPU of another architecture"), "{error}");
    let mismatch = module.cpu().unwrap().check_this_machine().unwrap_err();
    assert!(matches!(mismatch, CpuMismatch::Architecture { .. }), "{mismatch}");
}
