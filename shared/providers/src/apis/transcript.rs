//! Transcripts, as all providers' become.

use serde_json::{Value, json};

use crate::outcome::{Kind, Output, thousandths};

/// The outputs of a transcript: its text, and its words with their times in milliseconds, if there are
/// any. `word` names the field that holds a word.
pub(super) fn outputs(text: &str, words: Option<&Value>, word: &str) -> Vec<Output> {
    let text = Output::bytes(text.as_bytes().to_vec(), "text/plain; charset=utf-8");
    let mut outputs = vec![Output { kind: Kind::Transcript, ..text }];
    let words: Vec<Value> = words
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|entry| entry.get("type").is_none_or(|kind| kind == "word"))
        .filter_map(|entry| {
            let mut timed = json!({
                "text": entry.get(word)?.as_str()?,
                "start_ms": thousandths(entry.get("start")?)?,
                "end_ms": thousandths(entry.get("end")?)?,
            });
            if let Some(speaker) = entry.get("speaker_id").or_else(|| entry.get("speaker")) {
                timed["speaker"] = speaker.clone();
            }
            Some(timed)
        })
        .collect();
    if !words.is_empty() {
        let words = Value::from(words).to_string().into_bytes();
        outputs.push(Output { kind: Kind::Words, ..Output::bytes(words, "application/json") });
    }
    outputs
}
