//! Random inputs, reproducible by a seed.

use rune::ir::op::Literal;

use rune::{Array, Complex64, DType, Program, Type};

/// A SplitMix64 random number generator.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    /// Draws floats between -1 and 1, small nonnegative integers that are likely indices, and booleans.
    fn array(&mut self, ty: &Type) -> Array {
        let size = ty.dtype.size();
        let mut bytes = Vec::with_capacity(ty.bytes());
        for _ in 0..ty.size() {
            let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
            let x = match ty.dtype {
                DType::F8E4M3FN | DType::F8E5M2 | DType::F16 | DType::BF16 | DType::F32 | DType::F64 => {
                    2.0 * unit - 1.0
                }
                DType::Bool => f64::from(unit < 0.5),
                DType::I8 | DType::I16 | DType::I32 | DType::I64 => (4.0 * unit).floor(),
                DType::U8 | DType::U16 | DType::U32 | DType::U64 => (4.0 * unit).floor(),
                DType::C64 | DType::C128 => {
                    let im = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
                    let z = Complex64::new(2.0 * unit - 1.0, 2.0 * im - 1.0);
                    bytes.extend_from_slice(&Literal::from_complex(ty.dtype, z).bits().to_le_bytes()[..size]);
                    continue;
                }
            };
            bytes.extend_from_slice(&Literal::from_f64(ty.dtype, x).bits().to_le_bytes()[..size]);
        }
        Array::from_bytes(ty.clone(), &bytes)
    }
    pub fn inputs(&mut self, types: &[Type]) -> Vec<Array> {
        types.iter().map(|ty| self.array(ty)).collect()
    }
}

/// Checks that the inputs of a program fit in memory, before creating them.
pub fn check_memory(program: &Program) -> anyhow::Result<()> {
    let bytes = program.input_types().iter().fold(0u128, |sum, ty| sum + ty.bytes() as u128);
    let most = 1u128 << 36;
    anyhow::ensure!(bytes <= most, "its inputs are of {bytes} bytes in all, and random ones are made up to {most}");
    Ok(())
}
