//! Values as what they stand for, with errors in words of JSON.
//!
//! The words of serde's own readers are those of Rust ("u32", "a sequence"), and they take `5.0` for no
//! whole number.

use std::fmt::Display;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeOwned, Deserializer, Error, Expected, IntoDeserializer, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::{Problem, number};

pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Json(value)).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        match error.into_inner() {
            Wrong::Value(problem) => Problem::Value { path, problem },
            Wrong::Missing(field) => {
                let path =
                    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
                Problem::Value { path, problem: "this field must be given".to_owned() }
            }
        }
    })
}

/// The fault of a value that is not what was asked for.
#[derive(Debug)]
enum Wrong {
    Value(String),
    Missing(&'static str),
}

impl Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(problem) => f.write_str(problem),
            Self::Missing(field) => write!(f, "{field} must be given"),
        }
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let got = match unexpected {
            Unexpected::Bool(_) => "true or false",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Str(_) | Unexpected::Char(_) => "a string",
            Unexpected::Seq => "an array",
            Unexpected::Map => "an object",
            _ => "null",
        };
        Self::Value(format!("expected {expected}, not {got}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::Value(format!("expected {}", list(expected, "or")))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::Value(match expected {
            [] => "there is no such field".to_owned(),
            known => format!("there is no such field; this takes {}", list(known, "and")),
        })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

/// `a, b or c`
fn list(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

/// A value to be read as something.
struct Json(Value);

impl Json {
    fn wrong(&self, expected: &str) -> Wrong {
        let got = match &self.0 {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        Wrong::Value(format!("expected {expected}, not {got}"))
    }
}

impl IntoDeserializer<'_, Wrong> for Json {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Reads whole numbers of one size.
macro_rules! whole_numbers {
    ($($method:ident $visit:ident $number:ty, $expected:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let Value::Number(number) = &self.0 else { return Err(self.wrong($expected)) };
            let whole = number::whole(number).and_then(|whole| <$number>::try_from(whole).ok());
            let whole = whole.ok_or_else(|| Wrong::Value(format!("expected {}", $expected)))?;
            visitor.$visit(whole)
        }
    )*};
}

impl<'de> Deserializer<'de> for Json {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (_, _, number) => visitor.visit_f64(number.unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Json));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, value)| (name, Json(value)));
                let mut members = MapDeserializer::new(members);
                let value = visitor.visit_map(&mut members)?;
                members.end()?;
                Ok(value)
            }
        }
    }

    whole_numbers! {
        deserialize_u8 visit_u8 u8, "a whole number from 0 to 255";
        deserialize_u16 visit_u16 u16, "a whole number from 0 to 65535";
        deserialize_u32 visit_u32 u32, "a whole number from 0 to 4294967295";
        deserialize_u64 visit_u64 u64, "a whole number from 0 on";
        deserialize_i8 visit_i8 i8, "a whole number from -128 to 127";
        deserialize_i16 visit_i16 i16, "a whole number from -32768 to 32767";
        deserialize_i32 visit_i32 i32, "a whole number from -2147483648 to 2147483647";
        deserialize_i64 visit_i64 i64, "a whole number of 64 bits";
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_f64(visitor)
    }

    /// A whole number that a double would change is refused.
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Value::Number(number) = &self.0 else { return Err(self.wrong("a number")) };
        let double = number.as_f64().unwrap_or_default();
        let kept = number.is_f64() || number::parse(&format!("{number}.0")).is_some();
        if kept {
            visitor.visit_f64(double)
        } else {
            Err(Wrong::Value(number::not_kept(&number.to_string())))
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.wrong("true or false")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            _ => Err(self.wrong("a string")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_array() { self.deserialize_any(visitor) } else { Err(self.wrong("an array")) }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_object() {
            self.deserialize_any(visitor)
        } else {
            Err(self.wrong("an object"))
        }
    }

    /// From an object alone: a derived reader would take an array for the fields in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_map(visitor)
    }

    /// Of names alone.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(name.into_deserializer()),
            _ => Err(self.wrong(&list(names, "or"))),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Order {
        count: u32,
        #[serde(default)]
        price: Option<f64>,
        #[serde(default)]
        names: Vec<String>,
        #[serde(default)]
        size: Option<Size>,
        #[serde(default)]
        gift: bool,
        #[serde(default)]
        part: Option<Box<Order>>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Size {
        Small,
        VeryLarge,
    }

    fn refused(value: Value) -> String {
        read::<Order>(value).unwrap_err().to_string()
    }

    #[test]
    fn whole_numbers_may_have_a_point() {
        for count in [json!(5), json!(5.0), json!(5e0)] {
            assert_eq!(read::<Order>(json!({ "count": count })).unwrap().count, 5);
        }
        assert_eq!(read::<Order>(json!({ "count": 1, "price": 2 })).unwrap().price, Some(2.0));
    }

    #[test]
    fn errors_are_told_in_words_of_json() {
        for (value, says) in [
            (json!({}), "count: this field must be given"),
            (json!({ "count": 5.5 }), "count: expected a whole number from 0 to 4294967295"),
            (json!({ "count": -1 }), "count: expected a whole number from 0 to 4294967295"),
            (
                json!({ "count": "5" }),
                "count: expected a whole number from 0 to 4294967295, not a string",
            ),
            (json!({ "count": 1, "names": "x" }), "names: expected an array, not a string"),
            (json!({ "count": 1, "names": ["x", 7] }), "names[1]: expected a string, not a number"),
            (json!({ "count": 1, "size": "large" }), "size: expected small or very_large"),
            (json!({ "count": 1, "size": 1 }), "size: expected small or very_large, not a number"),
            (json!({ "count": 1, "gift": null }), "gift: expected true or false, not null"),
            (json!({ "count": 1, "part": {} }), "part.count: this field must be given"),
            (json!({ "count": 1, "part": [] }), "part: expected an object, not an array"),
            (json!([1]), "expected an object, not an array"),
            (
                json!({ "count": 1, "colour": 1 }),
                "colour: there is no such field; this takes count, price, names, size, gift and part",
            ),
            (
                json!({ "count": 1, "price": 18_446_744_073_709_551_615_u64 }),
                "price: the number 18446744073709551615 would not be kept as it is; expected a whole number of 64 bits, or one of at most 17 digits from 1e-307 to 1e308; send more as a string",
            ),
        ] {
            assert_eq!(refused(value), says);
        }
    }
}
