//! The smallest program with a gradient. docs/performance.md gives its size.

fn main() {
    println!("hello, grad: {}", outside::derivative(2.0));
}
