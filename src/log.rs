//! The log of compilations and their reasons (`LOG_JIT`).

#[cfg(feature = "iree")]
mod compiling;

#[cfg(feature = "iree")]
pub(crate) use compiling::{Compiling, background};
use once_cell::sync::Lazy;
use rune_host::Plan;
use rune_ir::{Program, Type};
use rune_trace::{Static, StaticChange};
use std::time::Duration;

/// The static fields of each argument: everything that is not a tensor.
pub(crate) type Statics = Vec<(&'static str, Static)>;

static LEVEL: Lazy<u8> = Lazy::new(|| {
    std::env::var("LOG_JIT").ok().map_or(0, |v| v.trim().parse().unwrap_or(u8::from(!v.trim().is_empty())))
});

/// Whether the log shows machine code.
pub(crate) fn shows_code() -> bool {
    *LEVEL > 1
}

/// Logs, if `LOG_JIT` is set, that the host engine has a plan for `program`.
pub(crate) fn log_plan(program: &Program, plan: &Plan, took: Duration, why: &str) {
    tracing::debug!(name = program.name(), steps = plan.steps(), ?took, why, "planned");
    if *LEVEL > 0 {
        eprintln!("---- {} plan: ({why})\n\n{program}\n", program.name());
        if shows_code() {
            eprintln!("{plan:#?}\n");
        }
        eprintln!(
            "=============== {}: {} steps of the host engine, planned in {took:.1?}\n",
            program.name(),
            plan.steps()
        );
    }
}

/// Returns the differences of the types of the leaves, such as `arguments[1]: [64, 784, f32] was [128, 784, f32]`, or
/// `None` if there are none.
pub(crate) fn type_changes(paths: &[String], now: &[Type], before: &[Type]) -> Option<String> {
    if now.len() != before.len() {
        return Some(format!("{} tensors in the arguments, and there were {}", now.len(), before.len()));
    }
    let changed = (0..now.len()).filter(|&i| now[i] != before[i]);
    first_few(changed.map(|i| format!("{}: {} was {}", paths[i], now[i], before[i])).collect())
}

/// Returns the differences of the static fields, such as `arguments[0].heads: 8 was 4`, or `None` if there are none.
pub(crate) fn static_changes(now: &Statics, before: &Statics) -> Option<String> {
    first_few(all_static_changes(now, before).iter().map(ToString::to_string).collect())
}

fn all_static_changes(now: &Statics, before: &Statics) -> Vec<StaticChange> {
    now.iter().zip(before).flat_map(|((root, now), (_, before))| now.changes(before, root)).collect()
}

/// Returns the first few differences and the number of the others, or `None` if there are none.
fn first_few(mut parts: Vec<String>) -> Option<String> {
    const SHOWN: usize = 3;
    let more = parts.len().saturating_sub(SHOWN);
    parts.truncate(SHOWN);
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Returns the warning for a function that is compiled again because a static field changed, and that may therefore be
/// compiled at each call. Returns `None` if no field changed, or only fields with few possible values, such as a
/// `bool`.
pub(crate) fn static_recompile_warning(name: &str, now: &Statics, before: &Statics) -> Option<String> {
    let changes = all_static_changes(now, before).into_iter().filter(|change| !change.is_choice);
    let changes = first_few(changes.map(|change| change.to_string()).collect())?;
    Some(format!(
        "`{name}` is compiled again for what is no tensor in its arguments: {changes}; each new value costs a compilation, and what changes \
         from call to call is better a tensor"
    ))
}

/// Returns the warning for a function that was compiled for all of these types and static fields. It names those that
/// change.
pub(crate) fn recompile_warning(name: &str, paths: &[String], all: &[(&[Type], &Statics)]) -> String {
    let (last, statics) = all[all.len() - 1];
    let mut parts = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        let mut types: Vec<String> = all.iter().filter_map(|(types, _)| Some(types.get(i)?.to_string())).collect();
        let newest = types.len().saturating_sub(3);
        if types.iter().any(|ty| *ty != last[i].to_string()) {
            types.drain(..newest);
            parts.push(format!("{path}, last {}", types.join(", ")));
        }
    }
    let mut values: Vec<(String, Vec<String>)> = Vec::new();
    for (_, before) in all.iter().rev().skip(1) {
        for change in all_static_changes(statics, before) {
            match values.iter_mut().find(|(path, _)| *path == change.path) {
                Some((_, values)) if values.len() < 3 => values.insert(0, change.before),
                Some(_) => {}
                None => values.push((change.path, vec![change.before, change.now])),
            }
        }
    }
    parts.extend(values.into_iter().map(|(path, values)| format!("{path}, last {}", values.join(", "))));
    format!(
        "`{name}` was compiled {} times, and what changes is {}; each new one costs a compilation, and padding makes them fewer",
        all.len(),
        parts.join("; "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rune_trace::Tree;

    fn types(texts: &[&str]) -> Vec<Type> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_changed_is_named() {
        let paths = ["arguments[0]".to_owned(), "arguments[1].w".to_owned()];
        let (a, b) = (types(&["[2, f32]", "[64, 784, f32]"]), types(&["[2, f32]", "[128, 784, f32]"]));
        let expected = "arguments[1].w: [64, 784, f32] was [128, 784, f32]";
        assert_eq!(type_changes(&paths, &a, &b).as_deref(), Some(expected));
        assert_eq!(type_changes(&paths, &a, &a), None);
        assert_eq!(type_changes(&paths, &a, &a[..1]).unwrap(), "2 tensors in the arguments, and there were 1");
    }

    #[test]
    fn what_changes_all_the_time_is_named() {
        let paths = ["arguments[0]".to_owned(), "arguments[1]".to_owned()];
        let all: Vec<Vec<Type>> = (1..=11).map(|n| types(&["[f32]", &format!("[{n}, f32]")])).collect();
        let none = Statics::new();
        let message =
            recompile_warning("step", &paths, &all.iter().map(|types| (&types[..], &none)).collect::<Vec<_>>());
        assert!(
            message.starts_with(
                "`step` was compiled 11 times, and what changes is arguments[1], last [9, f32], [10, f32], [11, f32];"
            ),
            "{message}"
        );
        let counted: Vec<Statics> = (1..=11usize).map(|n| vec![("arguments[0]", (n, true).statics())]).collect();
        let all: Vec<(&[Type], &Statics)> = counted.iter().map(|statics| (&all[0][..], statics)).collect();
        let message = recompile_warning("step", &paths, &all);
        assert!(message.contains("what changes is arguments[0][0], last 9, 10, 11;"), "{message}");
    }

    #[test]
    fn what_may_change_at_each_call_is_told_from_a_choice() {
        let statics = |n: usize, b: bool| vec![("arguments[0]", (n, b).statics())];
        assert_eq!(static_recompile_warning("step", &statics(1, true), &statics(1, false)), None);
        assert_eq!(static_recompile_warning("step", &statics(1, true), &statics(1, true)), None);
        let message = static_recompile_warning("step", &statics(2, true), &statics(1, false)).unwrap();
        assert!(message.contains("arguments: arguments[0][0]: 2 was 1;"), "{message}");
        let all = static_changes(&statics(2, true), &statics(1, false)).unwrap();
        assert_eq!(all, "arguments[0][0]: 2 was 1, arguments[0][1]: true was false");
    }
}
