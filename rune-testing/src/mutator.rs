//! Damages programs.

use super::Generator;
use serde_json::{Value as Json, json};

/// Damages the text and the JSON of programs. Equal seeds cause equal damage.
///
/// ```
/// use rune_testing::Mutator;
/// let text = Mutator::new(7).text();
/// assert_eq!(text, Mutator::new(7).text());
/// let _refused_or_sound = rune_trace::Program::parse(&text);
/// ```
#[derive(Clone, Debug)]
pub struct Mutator(Generator);

impl Mutator {
    /// Returns a mutator with this seed.
    pub fn new(seed: u64) -> Mutator {
        Mutator(Generator::new(seed))
    }

    /// Returns the text of a random program with a few changes.
    pub fn text(&mut self) -> String {
        let size = 1 + self.0.below(12);
        let mut text = self.0.program(size).to_string();
        for _ in 0..1 + self.0.below(3) {
            text = self.change(&text);
        }
        text
    }

    /// Returns a text with one change.
    pub fn change(&mut self, text: &str) -> String {
        const NUMBERS: [&str; 14] = [
            "0",
            "1",
            "-1",
            "2",
            "3",
            "65",
            "2147483647",
            "4294967296",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "1e999",
            "nan",
            "0.5",
        ];
        const SPECIAL_CHARS: [char; 13] = ['(', ')', '[', ',', '"', '\\', '\0', '\u{2028}', 'é', '=', '#', ' ', '\t'];
        let random = &mut self.0;
        if !text.contains(char::is_alphanumeric) {
            return text.to_owned();
        }
        match random.below(5) {
            0 => {
                // Replaces a number.
                let digits: Vec<usize> =
                    text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
                if digits.is_empty() {
                    return text.to_owned();
                }
                let at = random.pick(&digits);
                let end = text[at..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |n| at + n);
                format!("{}{}{}", &text[..at], random.pick(&NUMBERS), &text[end..])
            }
            1 => {
                // Exchanges two lines, repeats one, or removes one.
                let mut lines: Vec<&str> = text.lines().collect();
                let (i, j) = (random.below(lines.len()), random.below(lines.len()));
                match random.below(3) {
                    0 => lines.swap(i, j),
                    1 => lines.insert(i, lines[j]),
                    _ => drop(lines.remove(i)),
                }
                lines.join("\n") + "\n"
            }
            2 => {
                // Replaces a word with another word.
                let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
                let (from, to) = (random.pick(&words), random.pick(&words));
                text.replacen(from, to, 1 + random.below(2))
            }
            3 => text.chars().take(random.below(text.len())).collect(),
            _ => {
                let at = random.below(text.chars().count());
                let odd = random.pick(&SPECIAL_CHARS);
                text.chars().enumerate().map(|(i, c)| if i == at { odd } else { c }).collect()
            }
        }
    }

    /// Returns the JSON of a random program with a few changes.
    pub fn json(&mut self) -> String {
        let size = 1 + self.0.below(8);
        let mut json = serde_json::to_value(self.0.program(size)).expect("its constants are on the host");
        for _ in 0..1 + self.0.below(3) {
            self.change_json(&mut json);
        }
        json.to_string()
    }

    /// Makes one change in a document.
    pub fn change_json(&mut self, json: &mut Json) {
        let mut steps = self.0.below(200);
        self.change_value(json, &mut steps);
    }

    /// Changes the value that is `steps` steps into the document.
    fn change_value(&mut self, json: &mut Json, steps: &mut usize) {
        if *steps == 0 {
            let numbers =
                [json!(0), json!(-1), json!(u64::MAX), json!(i64::MIN), json!(1e300), json!(1u64 << 40), json!(2)];
            let others =
                [json!(null), json!(true), json!("x0"), json!("[9999999999, f32]"), json!([]), json!({}), json!("nan")];
            *json =
                if self.0.below(2) == 0 { numbers[self.0.below(7)].clone() } else { others[self.0.below(7)].clone() };
            *steps = usize::MAX;
            return;
        }
        if *steps == usize::MAX {
            return;
        }
        *steps -= 1;
        match json {
            Json::Array(items) => {
                if *steps == 0 && !items.is_empty() {
                    let at = self.0.below(items.len());
                    let copy = items[at].clone();
                    if self.0.below(2) == 0 {
                        items.push(copy)
                    } else {
                        drop(items.remove(at))
                    }
                    *steps = usize::MAX;
                }
                items.iter_mut().for_each(|item| self.change_value(item, steps));
            }
            Json::Object(fields) => {
                if *steps == 0 && !fields.is_empty() {
                    let key = fields.keys().nth(self.0.below(fields.len())).expect("there are some").clone();
                    fields.remove(&key);
                    *steps = usize::MAX;
                }
                fields.values_mut().for_each(|item| self.change_value(item, steps));
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
}
