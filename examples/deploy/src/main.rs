//! Prints the digit that each picture shows: `read-digits digits.vmfb < pictures.csv`.
//!
//! A line of the standard input is a picture: 8×8 pixels from 0 to 16, separated by commas.
//! `examples/compile_digits.rs` trains the network and compiles it.

use rune::{CompiledProgram, Tensor};
use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    match read_digits() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("read-digits: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read_digits() -> Result<(), Box<dyn Error>> {
    let module = std::env::args_os().nth(1).ok_or("name the module: read-digits digits.vmfb < pictures.csv")?;
    let network = CompiledProgram::load(module)?;
    for (number, line) in (1..).zip(std::io::stdin().lines()) {
        let pixels = line?.split(',').map(|pixel| pixel.trim().parse()).collect::<Result<Vec<u8>, _>>();
        let picture = Tensor::from(pixels.map_err(|error| format!("line {number} of the pictures: {error}"))?);
        let digits = network.call(&[picture])?;
        println!("{}", digits[0].item::<i32>()?);
    }
    Ok(())
}
