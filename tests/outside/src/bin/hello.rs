//! The smallest program with a gradient, whose size docs/performance.md gives.

fn main() {
    println!("hello, grad: {}", outside::derivative(2.0));
}
