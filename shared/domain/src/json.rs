//! JSON as callers send it, read strictly and told plainly: bodies, the arguments of tools, and the
//! metadata of producers.
//!
//! What is stored must come back as it was sent, and must be readable by everybody. So a text may be at
//! most [`DEPTH`] deep, gives no name twice in an object, and has no number that would be changed by being
//! kept. An error names the place, what is there, and what would be right, in words of JSON alone.

mod number;
mod typed;
mod whole;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use struson::reader::json_path::JsonPathPiece;
use struson::reader::{JsonReader, JsonStreamReader, ReaderError, ReaderSettings, ValueType};

pub use number::whole;
pub use whole::Whole;

/// The most objects and arrays within each other.
pub const DEPTH: u32 = 32;

/// The fault of a text that is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It is no JSON.
    Syntax(String),
    /// The value at `path` (`tags.brand[0]`; empty for the whole text) is not what it may be.
    Value {
        /// Where.
        path: String,
        /// The fault, and what would be right.
        problem: String,
    },
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(problem) => write!(f, "not valid JSON: {problem}"),
            Self::Value { path, problem } if path.is_empty() => f.write_str(problem),
            Self::Value { path, problem } => write!(f, "{path}: {problem}"),
        }
    }
}

/// Reads a text as `T`.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    from_value(value(text)?)
}

/// Reads a value that [`value`] made as `T`. A whole number may be written `5.0`.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    typed::read(value)
}

/// Reads a text.
pub fn value(text: &[u8]) -> Result<Value, Problem> {
    if let Err(error) = std::str::from_utf8(text) {
        return Err(Problem::Syntax(format!("not UTF-8 from byte {}", error.valid_up_to())));
    }
    let settings = ReaderSettings {
        max_nesting_depth: Some(DEPTH),
        restrict_number_values: false,
        ..ReaderSettings::default()
    };
    let mut reader = JsonStreamReader::new_custom(text, settings);
    let value = next(&mut reader)?;
    reader.consume_trailing_whitespace()?;
    Ok(value)
}

/// Reads the value that comes next; the reader's limit bounds how deep this goes.
fn next(reader: &mut impl JsonReader) -> Result<Value, Problem> {
    Ok(match reader.peek()? {
        ValueType::Null => {
            reader.next_null()?;
            Value::Null
        }
        ValueType::Boolean => reader.next_bool()?.into(),
        ValueType::String => reader.next_string()?.into(),
        ValueType::Number => {
            let place = place(reader);
            let text = reader.next_number_as_str()?;
            let kept = number::parse(text);
            kept.ok_or_else(|| Problem::Value { path: place, problem: number::not_kept(text) })?
                .into()
        }
        ValueType::Array => {
            let mut items = Vec::new();
            reader.begin_array()?;
            while reader.has_next()? {
                items.push(next(reader)?);
            }
            reader.end_array()?;
            items.into()
        }
        ValueType::Object => {
            let mut members = Map::new();
            reader.begin_object()?;
            while reader.has_next()? {
                let name = reader.next_name_owned()?;
                if members.contains_key(&name) {
                    let problem = "this name is given twice; give it once".to_owned();
                    return Err(Problem::Value { path: place(reader), problem });
                }
                let value = next(reader)?;
                members.insert(name, value);
            }
            reader.end_object()?;
            members.into()
        }
    })
}

/// The path of what is being read.
fn place(reader: &impl JsonReader) -> String {
    path(reader.current_position(true).path.as_deref().unwrap_or_default())
}

fn path(pieces: &[JsonPathPiece]) -> String {
    pieces.iter().fold(String::new(), |path, piece| match piece {
        JsonPathPiece::ArrayItem(index) => format!("{path}[{index}]"),
        JsonPathPiece::ObjectMember(name) if path.is_empty() => name.clone(),
        JsonPathPiece::ObjectMember(name) => format!("{path}.{name}"),
    })
}

impl From<ReaderError> for Problem {
    fn from(error: ReaderError) -> Self {
        match error {
            ReaderError::MaxNestingDepthExceeded { location, .. } => Self::Value {
                path: path(location.path.as_deref().unwrap_or_default()),
                problem: format!("expected at most {DEPTH} objects and arrays within each other"),
            },
            ReaderError::SyntaxError(error) => {
                let place = error
                    .location
                    .line_pos
                    .map(|at| format!(" at line {} column {}", at.line + 1, at.column + 1));
                let kind = words(&error.kind.to_string()).replace(" not enabled", "");
                Self::Syntax(format!("{kind}{}", place.unwrap_or_default()))
            }
            other => Self::Syntax(other.to_string()),
        }
    }
}

/// `MissingComma` as `missing comma`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refused(text: &str) -> String {
        value(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_name_is_given_once() {
        assert_eq!(
            refused(r#"{"a":[{"b":1,"b":1}]}"#),
            "a[0].b: this name is given twice; give it once"
        );
        assert_eq!(refused(r#"{"a":1,"\u0061":2}"#), "a: this name is given twice; give it once");
    }

    #[test]
    fn a_text_is_at_most_so_deep() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(value(nested(32).as_bytes()).is_ok());
        assert!(refused(&nested(33)).ends_with("at most 32 objects and arrays within each other"));
        assert!(refused(&nested(1_000_000)).contains("at most 32"));
        assert!(refused(&r#"{"a":"#.repeat(33)).starts_with("a.a.a"));
    }

    #[test]
    fn what_is_no_json_is_told_where() {
        for (text, says) in [
            ("", "incomplete document at line 1 column 1"),
            ("{\"a\":1,}", "trailing comma at line 1 column 7"),
            ("{\"a\" 1}", "missing colon at line 1 column 6"),
            ("[1\n2]", "missing comma at line 2 column 1"),
            ("{} x", "trailing data at line 1 column 4"),
            ("content=x", "malformed json at line 1 column 1"),
            ("\"\u{1}\"", "not escaped control character at line 1 column 2"),
        ] {
            assert_eq!(refused(text), format!("not valid JSON: {says}"));
        }
        let no_text = value(b"\"\xff\"").unwrap_err().to_string();
        assert_eq!(no_text, "not valid JSON: not UTF-8 from byte 1");
    }

    /// Values that JSON can hold, with whole numbers of 64 bits and doubles.
    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(written in any_value()) {
            prop_assert_eq!(value(written.to_string().as_bytes()), Ok(written));
        }

        #[test]
        fn what_is_read_is_what_another_reader_reads(text in r#"[\[\]{}:,0-9.eE+\-" atrufalsenl\\]{0,30}"#) {
            if let Ok(read) = value(text.as_bytes()) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(read));
            }
        }

        #[test]
        fn any_bytes_are_a_value_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = value(&bytes);
        }
    }

    #[test]
    fn another_reader_takes_no_less() {
        assert_eq!(
            value(br#" {"a": [1, 2.5, null, true, "\ud83d\ude00"]} "#),
            Ok(json!({ "a": [1, 2.5, null, true, "😀"] }))
        );
    }
}
