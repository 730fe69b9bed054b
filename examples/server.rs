//! A server with four threads that share one jitted model: `cargo run --release --example server`.
//!
//! A request is a line of numbers, and the answer is a line of probabilities. A `Jit` is shared by reference: all
//! threads together trace and plan each shape once, and calls run concurrently.

use rune::{nn::Mlp, prelude::*, random};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const FEATURES: usize = 16;
const THREADS: usize = 4;

/// Returns the model, with random weights.
pub fn model() -> Mlp {
    Mlp::new(&random::key(0), &[FEATURES, 64, 3], Tensor::relu)
}

/// Returns the probabilities of the three classes.
pub fn probabilities(model: &Mlp, x: &Tensor) -> Tensor {
    model.forward(x).softmax(-1)
}

/// Answers one line. Errors become answers, too: a bad request must not end the server.
fn respond(line: &str, predict: &impl Fn(&Tensor) -> Tensor) -> String {
    let numbers: Result<Vec<f32>, _> = line.split_whitespace().map(str::parse).collect();
    match numbers {
        Ok(numbers) if numbers.len() == FEATURES => match predict(&numbers.into()).to_vec::<f32>() {
            Ok(p) => p.iter().map(|p| format!("{p:.6}")).collect::<Vec<_>>().join(" "),
            Err(error) => format!("error: {error}"),
        },
        Ok(numbers) => format!("error: {FEATURES} numbers are needed, and the line has {}", numbers.len()),
        Err(error) => format!("error: {error}"),
    }
}

/// Answers the lines of one client until it closes the connection.
fn serve(client: TcpStream, predict: &impl Fn(&Tensor) -> Tensor) -> std::io::Result<usize> {
    let mut out = client.try_clone()?;
    let mut count = 0;
    for line in BufReader::new(client).lines() {
        writeln!(out, "{}", respond(&line?, predict))?;
        count += 1;
    }
    Ok(count)
}

/// Serves `connections` clients on four threads. Returns the number of requests.
pub fn run(listener: &TcpListener, connections: usize) -> usize {
    let model = model();
    let jitted = jit(probabilities);
    let predict = |x: &Tensor| jitted(&model, x);
    let (left, requests) = (AtomicUsize::new(connections), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                // Each thread takes clients until none are left.
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let served = listener.accept().and_then(|(client, _)| serve(client, &predict));
                    match served {
                        Ok(count) => requests.fetch_add(count, Ordering::Relaxed),
                        Err(error) => {
                            eprintln!("a client is gone: {error}");
                            0
                        }
                    };
                }
            });
        }
    });
    requests.into_inner()
}

/// Sends lines, and returns the answers.
pub fn send_lines(server: SocketAddr, lines: &[String]) -> std::io::Result<Vec<String>> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?).lines();
    let mut all = Vec::new();
    for line in lines {
        writeln!(stream, "{line}")?;
        all.extend(answers.next().transpose()?);
    }
    Ok(all)
}

fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let server = listener.local_addr()?;
    let (clients, each) = (8, 500);
    let lines: Vec<String> =
        (0..each).map(|i| (0..FEATURES).map(|j| format!("{}", (i * j) % 7)).collect::<Vec<_>>().join(" ")).collect();
    let begin = Instant::now();
    let requests = std::thread::scope(|scope| -> anyhow::Result<usize> {
        let serving = scope.spawn(|| run(&listener, clients + 1));
        println!("the first answer is {}", send_lines(server, &lines[..1])?[0]);
        let asking: Vec<_> = (0..clients).map(|_| scope.spawn(|| send_lines(server, &lines))).collect();
        for client in asking {
            let answers = client.join().expect("a client does not panic")?;
            println!("client: {} answers, the last is {}", answers.len(), answers[each - 1]);
        }
        Ok(serving.join().expect("the server does not panic"))
    })?;
    println!("{requests} requests, {:.0} per second", requests as f64 / begin.elapsed().as_secs_f64());
    Ok(())
}
