//! Recipes: all that decides what a generation makes, and one digest of it.
//!
//! The digest is the SHA-256 of [`VERSION`], a line break, and a JSON document in the canonical form of
//! RFC 8785. So the order of names and the spelling of numbers do not count (`1` is `1.0`), and
//! everything else does: the order of the inputs, an empty text against none, and each character. No
//! text is normalized: a provider is sent the prompt as it is, and tells `é` from `e` with an accent.
//!
//! RFC 8785 knows no whole numbers beyond those that a double tells apart. Seeds are such, so the
//! document lists their digits in addition.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::text::Checksum;

/// What the digests of this form begin with: another form has another, so that no two are ever taken
/// for each other.
pub const VERSION: &str = "agent-assets recipe 1";

/// A recipe: all that decides what a generation makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The provider, by its name on the wire.
    pub provider: String,
    /// The tool, by its name on the wire.
    pub tool: String,
    /// The provider's model.
    pub model: String,
    /// The prompt, as it is sent.
    pub prompt: String,
    /// The parameters that all providers share. One that is not given is left out.
    #[serde(default)]
    pub shared: Map<String, Value>,
    /// The parameters that only this provider knows.
    #[serde(default)]
    pub own: Map<String, Value>,
    /// The files that it is made from, in their order.
    #[serde(default)]
    pub inputs: Vec<Ingredient>,
}

/// A file that something is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ingredient {
    /// Its purpose, by its name on the wire.
    pub role: String,
    /// The file.
    #[serde(flatten)]
    pub content: Content,
}

/// The content of an [`Ingredient`], or its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Bytes with this SHA-256, wherever they are.
    ChecksumSha256(Checksum),
    /// Whatever is at a URL: its bytes are unknown.
    Url(String),
}

impl Recipe {
    /// The digest by which the same recipe is found again.
    #[must_use]
    pub fn digest(&self) -> Checksum {
        let (shared, own) = (Value::from(self.shared.clone()), Value::from(self.own.clone()));
        let mut beyond = Vec::new();
        digits(&shared, &mut beyond);
        digits(&own, &mut beyond);
        let inputs = self.inputs.iter().map(|input| match &input.content {
            Content::ChecksumSha256(of) => [input.role.as_str(), "checksum_sha256", of.as_str()],
            Content::Url(url) => [input.role.as_str(), "url", url.as_str()],
        });
        let document = serde_json::json!({
            "provider": self.provider,
            "tool": self.tool,
            "model": self.model,
            "prompt": self.prompt,
            "shared": shared,
            "own": own,
            "inputs": inputs.collect::<Vec<_>>(),
            "digits": beyond,
        });
        // Only a number that is none could fail, which a value cannot hold.
        let canonical =
            serde_jcs::to_vec(&document).unwrap_or_else(|_| document.to_string().into_bytes());
        Checksum::of(&[VERSION.as_bytes(), b"\n", &canonical].concat())
    }
}

/// Adds the digits of each whole number that a double may not tell from its neighbours, in an order
/// that does not depend on the order of names.
fn digits(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Number(number) => found.extend(beyond_doubles(number)),
        Value::Array(items) => {
            for item in items {
                digits(item, found);
            }
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            for (_, member) in members {
                digits(member, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn beyond_doubles(number: &Number) -> Option<String> {
    const FIRST: f64 = 9_007_199_254_740_992.0;
    let is_beyond = number.as_f64().is_some_and(|double| double.abs() >= FIRST);
    // Such a double is whole, and all of its digits are written.
    let all = || number.as_f64().map(|double| format!("{double:.0}"));
    let whole = number.as_u64().map(|whole| whole.to_string());
    let whole = whole.or_else(|| number.as_i64().map(|whole| whole.to_string()));
    is_beyond.then(|| whole.or_else(all)).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn recipe() -> Recipe {
        let value = json!({
            "provider": "openai", "tool": "image_edit", "model": "gpt-image-1", "prompt": "a café at dawn",
            "shared": { "size": "1024x1024", "seed": 7, "count": 1 },
            "own": { "quality": "high", "strength": 0.5, "nested": { "b": [1, null], "a": true } },
            "inputs": [
                { "role": "image", "checksum_sha256": Checksum::of(b"image") },
                { "role": "mask", "url": "https://a.example/mask.png" },
            ],
        });
        serde_json::from_value(value).unwrap()
    }

    fn with(change: impl FnOnce(&mut Recipe)) -> Checksum {
        let mut recipe = recipe();
        change(&mut recipe);
        recipe.digest()
    }

    fn own(text: &str) -> Checksum {
        with(|recipe| recipe.own = serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_digest_is_for_good() {
        // Recipes are found by it for years: another form has another version.
        let known = "5b9570553e34191b87c71f6f837eab720a9c68eb7b38c78ce93fb6e764a46da8";
        assert_eq!(recipe().digest().as_str(), known);
    }

    #[test]
    fn the_order_of_names_and_the_spelling_of_numbers_do_not_count() {
        assert_eq!(
            own(r#"{"a": 1, "b": {"c": 2, "d": 3}}"#),
            own(r#"{"b":{"d":3.0,"c":2e0},"a":1.0}"#)
        );
        assert_eq!(own(r#"{"a": 0}"#), own(r#"{"a": -0.0}"#));
        assert_eq!(own(r#"{"a": 9223372036854775808}"#), own(r#"{"a": 9223372036854775808.0}"#));
    }

    #[test]
    fn everything_else_counts() {
        let digests = [
            recipe().digest(),
            with(|recipe| recipe.provider = "fal".to_owned()),
            with(|recipe| recipe.tool = "image_gen".to_owned()),
            with(|recipe| recipe.model.push('5')),
            with(|recipe| recipe.prompt.push(' ')),
            // Composed and decomposed: two prompts to a provider.
            with(|recipe| recipe.prompt = recipe.prompt.replace('é', "e\u{301}")),
            with(|recipe| recipe.shared = Map::new()),
            with(|recipe| recipe.own.append(&mut recipe.shared)),
            with(|recipe| recipe.inputs.reverse()),
            with(|recipe| recipe.inputs.truncate(1)),
            with(|recipe| {
                recipe.inputs[0].content = Content::ChecksumSha256(Checksum::of(b"other"));
            }),
            with(|recipe| {
                recipe.inputs[0].content = Content::Url(Checksum::of(b"image").to_string());
            }),
            with(|recipe| recipe.inputs[0].role = "mask".to_owned()),
            own("{}"),
            own(r#"{"a": null}"#),
            own(r#"{"a": 1}"#),
            own(r#"{"a": "1"}"#),
            own(r#"{"a": true}"#),
            own(r#"{"a": [1]}"#),
            own(r#"{"a": 9007199254740992}"#),
            own(r#"{"a": 9007199254740993}"#),
            own(r#"{"a": "9007199254740993"}"#),
            own(r#"{"a": [9007199254740992, 9007199254740993]}"#),
            own(r#"{"a": [9007199254740993, 9007199254740992]}"#),
        ];
        for (at, digest) in digests.iter().enumerate() {
            assert!(!digests[..at].contains(digest), "the {at}th is one before");
        }
    }

    /// Values that JSON can hold.
    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-9_i64..9).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c]{0,2}|\u{fb33}|\u{1f600}", inner, 0..4)
                    .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    /// A value as another writer may spell it: names the other way round, numbers as doubles.
    fn respelled(value: &Value) -> String {
        match value {
            Value::Array(items) => {
                format!("[ {} ]", items.iter().map(respelled).collect::<Vec<_>>().join(" , "))
            }
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| {
                    format!("{} : {}", json!(name), respelled(value))
                };
                format!(
                    "{{ {} }}",
                    members.iter().rev().map(member).collect::<Vec<_>>().join(" , ")
                )
            }
            Value::Number(number) if number.is_f64() => {
                number.as_f64().map_or_else(String::new, |double| format!("{double:e}"))
            }
            Value::Number(number)
                if number.as_i64().is_some_and(|whole| whole.unsigned_abs() < 1 << 53) =>
            {
                format!("{number}.0")
            }
            other => other.to_string(),
        }
    }

    proptest! {
        #[test]
        fn only_spelling_does_not_count(one in any_value(), other in any_value()) {
            let digest = |value: &Value| with(|recipe| {
                recipe.own.insert("x".to_owned(), value.clone());
            });
            let again: Value = serde_json::from_str(&respelled(&one)).unwrap();
            prop_assert_eq!(digest(&one), digest(&again));
            // Equal as numbers, however they are kept.
            let same = again == serde_json::from_str::<Value>(&respelled(&other)).unwrap();
            prop_assert_eq!(digest(&one) == digest(&other), same);
        }

        #[test]
        fn every_text_counts(one in any::<String>(), other in any::<String>()) {
            let digest = |prompt: &str| with(|recipe| prompt.clone_into(&mut recipe.prompt));
            prop_assert_eq!(digest(&one) == digest(&other), one == other);
        }
    }
}
