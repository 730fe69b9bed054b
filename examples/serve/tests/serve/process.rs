//! Tests of the programs `serve` and `serve-load`.

use crate::small::{self, MAX_TOKENS, assert_right, metric, text, wait_until};
use rune_serve::client::Client;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that is killed on drop, so that a failing test leaves none behind.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts a server for the model in a folder. Also returns its address.
fn serve(model: &Path, arguments: &[&str]) -> (Process, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_serve"));
    command.arg("--model").arg(model).args(["--address", "127.0.0.1:0", "--log", "json"]).args(arguments);
    command.env_remove("RUST_LOG");
    let mut process = Process(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(process.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let base = line.trim().strip_prefix("listening at ").unwrap().to_owned();
    (process, base)
}

async fn wait_until_ready(client: &Client) {
    wait_until("the server is ready", async || client.get("/health").await.is_ok_and(|health| health.status == 200))
        .await;
}

fn signal(process: &Process, name: &str) {
    let sent = Command::new("kill").args([name, &process.0.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_stop_the_server_after_the_last_answer() {
    let folder = tempfile::tempdir().unwrap();
    small::write(folder.path());
    for name in ["-TERM", "-INT"] {
        let (mut process, base) = serve(
            folder.path(),
            &[
                "--batch-wait-ms",
                "100000",
                "--timeout-ms",
                "300000",
                "--stop-ms",
                "300000",
                "--longest",
                &MAX_TOKENS.to_string(),
            ],
        );
        let client = Client::new(base);
        wait_until_ready(&client).await;
        let begin = Instant::now();
        let asked: Vec<_> = (0..5)
            .map(|i| {
                let client = client.clone();
                tokio::spawn(async move { client.embed(&[text(i, i)], None).await.unwrap() })
            })
            .collect();
        let waiting = async || metric(&client.get("/metrics").await.unwrap().text(), "serve_queue_depth") == 5.0;
        wait_until("requests wait", waiting).await;
        signal(&process, name);
        for (i, answer) in asked.into_iter().enumerate() {
            assert_right(&answer.await.unwrap(), &[text(i, i)]);
        }
        let status = process.0.wait().unwrap();
        assert!(begin.elapsed() < Duration::from_secs(100), "the batch waits to fill");
        let mut log = String::new();
        process.0.stderr.as_mut().unwrap().read_to_string(&mut log).unwrap();
        assert!(status.success(), "{status}: {log}");
        // Each line of the log is a JSON object.
        let messages: Vec<String> = log
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            // Other crates may log, too.
            .filter(|line| ["serve", "rune_serve"].contains(&line["target"].as_str().unwrap()))
            .map(|line| line["fields"]["message"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(messages, ["listening", "ready", name.replace('-', "SIG").as_str(), "stopping", "stopped"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_is_answered_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    small::write(folder.path());
    let longest = MAX_TOKENS.to_string();
    let (_process, base) = serve(folder.path(), &["--longest", &longest, "--timeout-ms", "300000"]);
    wait_until_ready(&Client::new(&base[..])).await;
    let texts: Vec<String> = (0..40).map(|i| text(i, i + 1)).collect();
    let lines = folder.path().join("texts");
    std::fs::write(&lines, texts.join("\n")).unwrap();
    let mut load = Command::new(env!("CARGO_BIN_EXE_serve-load"));
    load.args(["--url", &base, "--longest", &longest, "--rate", "200", "--seconds", "1", "--json", "--model"]);
    let output = load.arg(folder.path()).arg("--from").arg(lines).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["sent"].as_u64().unwrap() > 100, "{report}");
    assert_eq!(report["answered"], report["sent"], "{report}");
    assert!(report["p50_ms"].as_f64().unwrap() <= report["p99_ms"].as_f64().unwrap(), "{report}");
}

#[test]
fn a_folder_without_a_model_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_serve")).arg("--model").arg(folder.path()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("has no model; run scripts/fetch-minilm"), "{error}");
}
