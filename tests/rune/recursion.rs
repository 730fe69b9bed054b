//! Tests of jitted functions that call themselves or each other.

use super::errors::{contains, panic_of};
use crate::engine::jit;
use rune::prelude::*;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Barrier, LazyLock};
use std::time::Duration;

type Jitted = LazyLock<Box<dyn Fn(&Tensor) -> Tensor + Send + Sync>>;

fn jitted(f: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static) -> Box<dyn Fn(&Tensor) -> Tensor + Send + Sync> {
    let f = jit(f);
    Box::new(move |x| f(x))
}

/// Fails if `f` does not end.
fn assert_ends(f: impl FnOnce() + Send + 'static) {
    let (done, ended) = channel();
    let thread = std::thread::spawn(move || {
        f();
        let _ = done.send(());
    });
    match ended.recv_timeout(Duration::from_secs(60)) {
        Ok(()) => {}
        Err(RecvTimeoutError::Timeout) => panic!("a deadlock"),
        Err(RecvTimeoutError::Disconnected) => std::panic::resume_unwind(thread.join().unwrap_err()),
    }
}

#[test]
fn a_function_calls_itself_with_smaller_arguments() {
    static SUM: Jitted = LazyLock::new(|| jitted(sum));
    fn sum(x: &Tensor) -> Tensor {
        match x.size() as i64 {
            1 => x.reshape(()),
            n => SUM(&x.i(..n / 2)) + SUM(&x.i(n / 2..)),
        }
    }
    assert_ends(|| assert_eq!(SUM(&Tensor::arange(0..37, DType::F32)).item::<f32>().unwrap(), 666.0));
}

#[test]
fn a_function_calls_itself_with_values_while_it_is_traced() {
    static F: Jitted = LazyLock::new(|| jitted(f));
    fn f(x: &Tensor) -> Tensor {
        if x.rank() == 0 { x * 2.0 } else { x + F(&Tensor::scalar(4.0f32)) }
    }
    assert_ends(|| assert_eq!(F(&Tensor::from([1.0f32, 2.0])).to_vec::<f32>().unwrap(), [9.0, 10.0]));
}

#[test]
fn two_functions_call_each_other_on_two_threads() {
    static F: Jitted = LazyLock::new(|| jitted(f));
    static G: Jitted = LazyLock::new(|| jitted(g));
    /// Both functions are being traced when they call each other.
    static BOTH: Barrier = Barrier::new(2);
    fn f(x: &Tensor) -> Tensor {
        if x.rank() == 0 {
            return x + 1.0;
        }
        BOTH.wait();
        x * G(&Tensor::scalar(1.0f32))
    }
    fn g(x: &Tensor) -> Tensor {
        if x.rank() == 0 {
            return x + 2.0;
        }
        BOTH.wait();
        x * F(&Tensor::scalar(1.0f32))
    }
    assert_ends(|| {
        let x = Tensor::from([1.0f32, 2.0]);
        let (of_f, of_g) = std::thread::scope(|scope| {
            let (of_f, of_g) = (scope.spawn(|| F(&x)), scope.spawn(|| G(&x)));
            (of_f.join(), of_g.join())
        });
        assert_eq!(of_f.unwrap().to_vec::<f32>().unwrap(), [3.0, 6.0]);
        assert_eq!(of_g.unwrap().to_vec::<f32>().unwrap(), [2.0, 4.0]);
    });
}

#[test]
fn recursion_without_end_is_an_error_at_the_users_line() {
    const LINE: u32 = line!() + 4;
    static TRACED: Jitted = LazyLock::new(|| jitted(traced));
    fn traced(x: &Tensor) -> Tensor {
        // The panic names the operation that the function applies first.
        TRACED(&(x * 0.5)) + 1.0
    }
    static VALUES: Jitted = LazyLock::new(|| jitted(values));
    fn values(x: &Tensor) -> Tensor {
        let y = x + 1.0;
        y * VALUES(&Tensor::scalar(1.0f32))
    }
    static THERE: Jitted = LazyLock::new(|| jitted(there));
    static BACK: Jitted = LazyLock::new(|| jitted(back));
    fn there(x: &Tensor) -> Tensor {
        BACK(&x.sin())
    }
    fn back(x: &Tensor) -> Tensor {
        THERE(&x.cos())
    }
    let x = Tensor::scalar(1.0f32);
    for (f, name, lines) in [(&TRACED, "traced", 0..1), (&VALUES, "values", 4..5), (&THERE, "there", 9..13)] {
        let (message, place) = panic_of(|| drop(f(&x)));
        contains(&message, &[&format!("`{name}`, jitted at "), "calls itself without end", "`while_loop`"]);
        let file = place.split(':').next().unwrap();
        let line: u32 = place.split(':').nth(1).unwrap().parse().unwrap();
        assert!(file.ends_with("recursion.rs") && lines.contains(&(line - LINE)), "{name}: {place}, from line {LINE}");
    }
    // The thread still works.
    assert_eq!(jit(|x: &Tensor| x + 1.0)(&x).item::<f32>().unwrap(), 2.0);
    // Without an own operation, the only line is one in the library. The message names the user's line.
    static NOTHING: Jitted = LazyLock::new(|| jitted(nothing as fn(&Tensor) -> Tensor));
    fn nothing(x: &Tensor) -> Tensor {
        NOTHING(x)
    }
    let (message, _) = panic_of(|| drop(NOTHING(&x)));
    contains(&message, &["`f`, jitted at ", "recursion.rs", "calls itself without end"]);
}
