//! Texts with rules: each type can hold only what the contract allows.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fold::{fold, trim};
use crate::time::DAY;

pub use crate::invalid::Invalid;
pub use crate::visible::without_invisible;

/// Defines a string type that only [`TryFrom`] makes, by `parse: fn(String) -> Option<String>`. A number in
/// the midst of what it takes is its greatest length, `MAX`.
macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident, $before:literal $max:literal $after:literal, $parse:expr) => {
        $crate::text::text_type!($(#[$meta])* $name, concat!($before, $max, $after), $parse);

        impl $name {
            /// The most characters that it may have.
            pub const MAX: usize = $max;
        }
    };
    ($(#[$meta:meta])* $name:ident, $expected:expr, $parse:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The rule that a text of this type obeys.
            pub const EXPECTED: $crate::invalid::Invalid = $crate::invalid::Invalid::new($expected);

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::invalid::Invalid;

            fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
                let parse: fn(String) -> Option<String> = $parse;
                parse(text).map(Self).ok_or(Self::EXPECTED)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::invalid::Invalid;

            fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text_type;

/// `text` without the blanks around it, if it can be the value of a filter.
fn value(text: &str) -> Option<String> {
    plain(trim(text).to_owned(), 1, Label::MAX, &[]).filter(|text| !text.contains(','))
}

/// `text`, if it has between `min` and `max` characters, none of them a control character other
/// than those in `also`.
fn plain(text: String, min: usize, max: usize, also: &[char]) -> Option<String> {
    let length = text.chars().count();
    let clean = text.chars().all(|c| !c.is_control() || also.contains(&c));
    ((min..=max).contains(&length) && clean).then_some(text)
}

text_type!(
    /// The kind of thing that an asset is: `image`, `audio`, `copy`, … `speech` becomes `audio`.
    AssetType,
    "1 to " 32 " characters: a lower-case letter, then lower-case letters, digits or _",
    |text| {
        let fits = text.len() <= Self::MAX
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        fits.then(|| if text == "speech" { "audio".to_owned() } else { text })
    }
);

impl AssetType {
    /// The type of what a producer did not name, by its content type: `image`, `audio`, `video`,
    /// `copy` for text, else `file`.
    #[must_use]
    pub fn of(content_type: &ContentType) -> Self {
        let name = content_type.as_str();
        let main = name.split('/').next().unwrap_or_default();
        Self(match main {
            "image" | "audio" | "video" => main.to_owned(),
            // Films whose registered name does not say so.
            _ if name == "application/mxf" => "video".to_owned(),
            "text" => "copy".to_owned(),
            _ => "file".to_owned(),
        })
    }

    /// The type that an asset of this type has once its file, which was `from`, is `to`.
    ///
    /// A type that `is_derived`, since nobody said one, is always what the file is. One that was said
    /// stays, with an exception: where it names the kind of file that was there, or was announced
    /// (image, audio, video or text), and the new one is of another of these kinds, it names that.
    #[must_use]
    pub fn following(
        &self,
        is_derived: bool,
        from: Option<&ContentType>,
        to: &ContentType,
    ) -> Self {
        const KINDS: [&str; 4] = ["image", "audio", "video", "copy"];
        let told = Self::of(to);
        let named = from.is_none_or(|from| Self::of(from) == *self);
        let both = [self, &told].iter().all(|kind| KINDS.contains(&kind.as_str()));
        if is_derived || (named && both) { told } else { self.clone() }
    }
}

text_type!(
    /// A provider, model or tool, without the blanks around it. No comma, by which filters tell values
    /// apart.
    Label,
    "1 to " 128 " characters without control characters or commas",
    |text| value(&text)
);

impl Label {
    /// As it is compared (see [`fold`]).
    #[must_use]
    pub fn folded(&self) -> Cow<'_, str> {
        fold(&self.0)
    }
}

text_type!(
    /// A short text that is kept as it came: a trace's id, a unit, a key's name.
    ShortText,
    "1 to " 128 " characters without control characters or commas",
    |text| plain(text, 1, Self::MAX, &[]).filter(|text| !text.contains(','))
);

impl ShortText {
    /// The name of the store itself, where it does something of its own accord.
    pub(crate) fn store() -> Self {
        Self("store".to_owned())
    }
}

text_type!(
    /// A title for people.
    Title,
    "at most " 100 " characters without control characters",
    |text| plain(text, 0, Self::MAX, &[])
);

text_type!(
    /// The prompt that an asset was made from.
    Prompt,
    "at most " 4000 " characters; no control characters but tab and line breaks",
    |text| plain(text, 0, Self::MAX, &['\t', '\n', '\r'])
);

impl Prompt {
    /// The beginning of a text that may be longer, with blanks for what it may not hold; none of an empty one.
    #[must_use]
    pub fn cut(text: &str) -> Option<Self> {
        let kept = |c: char| if c.is_control() && !"\t\n\r".contains(c) { ' ' } else { c };
        let text: String = text.chars().map(kept).take(Self::MAX).collect();
        (!text.trim().is_empty()).then(|| text.parse().ok()).flatten()
    }
}

text_type!(
    /// The text that a media tool is given: what is to be said, or seen.
    Wording,
    "at most " 32000 " characters; no control characters but tab and line breaks",
    |text| plain(text, 0, Self::MAX, &['\t', '\n', '\r'])
);

text_type!(
    /// The name of a file, without a folder.
    FileName,
    "1 to " 255 " bytes of UTF-8 without /, \\ or control characters; not . or ..",
    |text| {
        let plain = plain(text, 1, Self::MAX, &[])?;
        let fits = plain.len() <= Self::MAX && !plain.contains(['/', '\\']) && plain != "." && plain != "..";
        fits.then_some(plain)
    }
);

impl FileName {
    /// The name that a file is shown and saved under: [`without_invisible`], or `file` where no name
    /// is left.
    #[must_use]
    pub fn visible(&self) -> Self {
        let visible = without_invisible(&self.0).try_into();
        visible.unwrap_or_else(|_| Self("file".to_owned()))
    }
}

text_type!(
    /// A MIME type, with parameters; type and subtype in lower case.
    ContentType,
    "a MIME type such as image/png, at most " 255 " characters",
    |text| {
        let (essence, parameters) = text.split_at(text.find(';').unwrap_or(text.len()));
        let (main, sub) = essence.trim_end().split_once('/')?;
        let token = |s: &str| {
            !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        let printable = parameters.bytes().all(|b| (b' '..=b'~').contains(&b));
        (text.len() <= Self::MAX && token(main) && token(sub) && printable)
            .then(|| format!("{}/{}{parameters}", main.to_ascii_lowercase(), sub.to_ascii_lowercase()))
    }
);

impl ContentType {
    /// Type and subtype, without parameters.
    #[must_use]
    pub fn essence(&self) -> &str {
        self.0.split(';').next().unwrap_or_default().trim_end()
    }
}

text_type!(
    /// The SHA-256 of some bytes, in 64 lower-case hexadecimal digits.
    Checksum,
    "a SHA-256 in 64 hexadecimal digits",
    |text| {
        let hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        hex.then(|| text.to_ascii_lowercase())
    }
);

impl Checksum {
    /// The SHA-256 of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest;
        Self::from_digest(sha2::Sha256::digest(bytes).into())
    }

    /// The SHA-256 that was computed elsewhere.
    #[must_use]
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(hex::encode(digest))
    }

    /// The digest's 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        hex::decode(&self.0).unwrap_or_default()
    }
}

text_type!(
    /// The caller's name for one attempt at creating something (`Idempotency-Key`).
    IdempotencyKey,
    "1 to " 255 " printable ASCII characters",
    |text| {
        let fits = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b));
        fits.then_some(text)
    }
);

impl IdempotencyKey {
    /// The time that a request is known by its key, in milliseconds.
    pub const LIFE: i64 = DAY;
}

text_type!(
    /// The name of a tag, such as `brand`.
    TagName,
    "1 to " 64 " characters of a-z 0-9 _ -",
    |text| {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        ((1..=Self::MAX).contains(&text.len()) && text.bytes().all(allowed)).then_some(text)
    }
);

text_type!(
    /// One value of a tag, without the blanks around it.
    TagValue,
    "1 to " 128 " characters without control characters or commas",
    |text| value(&text)
);

impl TagValue {
    /// As it is compared (see [`fold`]).
    #[must_use]
    pub fn folded(&self) -> Cow<'_, str> {
        fold(&self.0)
    }
}

/// An asset's tags: each value once, as it was first written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<TagName, Vec<TagValue>>")]
pub struct Tags(BTreeMap<TagName, Vec<TagValue>>);

impl Tags {
    /// The most names.
    pub const MAX: usize = 20;
    /// The most values of a name.
    pub const MAX_VALUES: usize = 10;
    /// The most values in all: each is an item of its own, and those of one change are written in one
    /// transaction.
    pub const MAX_IN_ALL: usize = 40;

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values of one tag.
    #[must_use]
    pub fn values(&self, name: &TagName) -> &[TagValue] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The rule that tags obey.
    pub const EXPECTED: Invalid =
        Invalid::new("at most 20 tags of at most 10 values each, and 40 values in all");

    /// Every tag with each of its values.
    pub fn pairs(&self) -> impl Iterator<Item = (&TagName, &TagValue)> {
        self.0.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
    }
}

impl TryFrom<BTreeMap<TagName, Vec<TagValue>>> for Tags {
    type Error = Invalid;

    fn try_from(mut tags: BTreeMap<TagName, Vec<TagValue>>) -> Result<Self, Invalid> {
        for values in tags.values_mut() {
            let mut known = BTreeSet::new();
            values.retain(|value| known.insert(value.folded().into_owned()));
            values.sort();
        }
        tags.retain(|_, values| !values.is_empty());
        let all: usize = tags.values().map(Vec::len).sum();
        let fits = tags.len() <= Self::MAX
            && all <= Self::MAX_IN_ALL
            && tags.values().all(|values| values.len() <= Self::MAX_VALUES);
        fits.then_some(Self(tags)).ok_or(Self::EXPECTED)
    }
}

/// Free data about an asset: a JSON object of at most [`Metadata::MAX`] bytes when serialized.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Map<String, serde_json::Value>")]
pub struct Metadata(serde_json::Map<String, serde_json::Value>);

impl Metadata {
    /// The most bytes of JSON.
    pub const MAX: usize = 4096;

    /// The rule that metadata obeys.
    pub const EXPECTED: Invalid = Invalid::new("an object of at most 4096 bytes of JSON");

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same with `value` under `name`, unless that would be too much.
    #[must_use]
    pub fn with(self, name: &str, value: serde_json::Value) -> Self {
        let mut more = self.0.clone();
        more.insert(name.to_owned(), value);
        Self::try_from(more).unwrap_or(self)
    }
}

impl TryFrom<serde_json::Map<String, serde_json::Value>> for Metadata {
    type Error = Invalid;

    fn try_from(map: serde_json::Map<String, serde_json::Value>) -> Result<Self, Invalid> {
        let metadata = Self(map);
        if metadata.to_string().len() <= Self::MAX { Ok(metadata) } else { Err(Self::EXPECTED) }
    }
}

impl fmt::Display for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok<T: TryFrom<String>>(text: &str) -> bool {
        T::try_from(text.to_owned()).is_ok()
    }

    #[test]
    fn limits_are_exact() {
        assert!(ok::<Title>(&"é".repeat(100)) && !ok::<Title>(&"é".repeat(101)));
        assert!(ok::<Prompt>(&"p".repeat(4000)) && !ok::<Prompt>(&"p".repeat(4001)));
        assert!(
            ok::<AssetType>(&format!("a{}", "_".repeat(31))) && !ok::<AssetType>(&"a".repeat(33))
        );
        assert!(!ok::<AssetType>("Image") && !ok::<AssetType>("1st") && !ok::<AssetType>(""));
        assert!(
            ok::<FileName>("über 50% + ✨.png") && !ok::<FileName>("../x") && !ok::<FileName>("..")
        );
        assert!(!ok::<FileName>("a\0b") && !ok::<FileName>(&"é".repeat(128)));
    }

    #[test]
    fn names_are_shown_as_they_are_read() {
        let visible = |name: &str| String::from(name.parse::<FileName>().unwrap().visible());
        assert_eq!(visible("über 50% + ✨ שלום.png"), "über 50% + ✨ שלום.png");
        for invisible in [
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200f}',
            '\u{2028}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{206f}',
            '\u{3164}',
            '\u{feff}',
            '\u{fffb}',
            '\u{e0041}',
        ] {
            assert_eq!(visible(&format!("a{invisible}gpj.exe")), "agpj.exe", "{invisible:?}");
        }
        assert_eq!([visible("\u{202e}"), visible(".\u{200b}.")], ["file", "file"]);
    }

    #[test]
    fn a_value_is_one_however_it_is_spelled_and_shown_as_first_written() {
        let tags = |json: &str| serde_json::from_str::<Tags>(json).unwrap();
        let brand = tags(r#"{"brand": ["Acme", "acme", " acme", "ACME ", "Bolt"]}"#);
        let shown: Vec<_> = brand.pairs().map(|(_, value)| value.as_str().to_owned()).collect();
        assert_eq!(shown, ["Acme", "Bolt"]);
        assert_eq!("OpenAI ".parse::<Label>().unwrap().as_str(), "OpenAI");
        assert!(!ok::<Label>(" ") && !ok::<TagValue>("\u{a0}") && !ok::<Label>("a\nb"));
    }

    #[test]
    fn speech_is_audio() {
        assert_eq!("speech".parse::<AssetType>().unwrap().as_str(), "audio");
    }

    #[test]
    fn content_types_are_normalized() {
        let markdown: ContentType = "Text/Markdown; charset=utf-8".parse().unwrap();
        assert_eq!(markdown.as_str(), "text/markdown; charset=utf-8");
        assert_eq!(markdown.essence(), "text/markdown");
        assert!(!ok::<ContentType>("png") && !ok::<ContentType>("image/png\r\nx: y"));
    }

    #[test]
    fn a_type_follows_the_file_where_nobody_said_otherwise() {
        let follow = |kind: &str, is_derived, from: Option<&str>, to: &str| {
            let from = from.map(|from| from.parse::<ContentType>().unwrap());
            let kind = kind.parse::<AssetType>().unwrap();
            kind.following(is_derived, from.as_ref(), &to.parse().unwrap()).to_string()
        };
        let (octets, png, text) = ("application/octet-stream", "image/png", "text/markdown");
        for (kind, is_derived, from, to, expected) in [
            ("file", true, Some(octets), png, "image"),
            ("image", true, Some(png), octets, "file"),
            ("image", true, Some(png), "video/mp4", "video"),
            ("file", false, Some(octets), png, "file"),
            ("image", false, Some(png), text, "copy"),
            ("image", false, Some(png), octets, "image"),
            ("image", false, Some(text), text, "image"),
            ("image", false, None, text, "copy"),
            ("copy", false, Some(octets), png, "copy"),
            ("slide", false, Some(png), text, "slide"),
        ] {
            assert_eq!(follow(kind, is_derived, from, to), expected, "{kind}: {from:?} to {to}");
        }
    }

    #[test]
    fn messages_name_the_limits() {
        let (names, values, all) = (Tags::MAX, Tags::MAX_VALUES, Tags::MAX_IN_ALL);
        let tags = format!(
            "at most {names} tags of at most {values} values each, and {all} values in all"
        );
        assert_eq!(Tags::EXPECTED.expected, tags);
        let metadata = format!("an object of at most {} bytes of JSON", Metadata::MAX);
        assert_eq!(Metadata::EXPECTED.expected, metadata);
        assert_eq!(Title::EXPECTED.expected, "at most 100 characters without control characters");
    }

    #[test]
    fn metadata_ends_at_four_kibibytes() {
        let of = |n: usize| {
            serde_json::from_value::<Metadata>(serde_json::json!({ "k": "x".repeat(n) }))
        };
        assert!(of(Metadata::MAX - r#"{"k":""}"#.len()).is_ok());
        assert!(of(4097 - r#"{"k":""}"#.len()).is_err());
    }
}
