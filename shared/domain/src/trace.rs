//! A span's place in a trace, as W3C Trace Context passes it on: <https://www.w3.org/TR/trace-context-1/>.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::invalid::Invalid;

/// Defines an id of so many bytes, of which one at least is not 0: lower-case hexadecimal digits as text.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $bytes:literal, $expected:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The id of these bytes, which are random. Zeros, which no id may be, become another.
            #[must_use]
            pub fn new(mut random: [u8; $bytes]) -> Self {
                if random == [0; $bytes] {
                    random[$bytes - 1] = 1;
                }
                Self(random)
            }

            /// The id that these parts always give, for what belongs together though nobody has said
            /// so: a run's name, say, after its workspace's.
            #[must_use]
            pub fn derived(parts: &[&str]) -> Self {
                let mut hash = Sha256::new_with_prefix(stringify!($name));
                for part in parts {
                    // An end that no text has, so that parts cannot run into each other.
                    hash.update(part);
                    hash.update([0xff]);
                }
                let mut bytes = [0; $bytes];
                bytes.copy_from_slice(&hash.finalize()[..$bytes]);
                Self::new(bytes)
            }

            /// The bytes.
            #[must_use]
            pub fn bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                let is_lower = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                let mut bytes = [0; $bytes];
                let is_read = is_lower && hex::decode_to_slice(text, &mut bytes).is_ok();
                (is_read && bytes != [0; $bytes]).then_some(Self(bytes)).ok_or(Invalid::new($expected))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }
    };
}

id!(
    /// The id of a trace.
    TraceId,
    16,
    "32 lower-case hexadecimal digits, not all 0"
);

id!(
    /// The id of a span within its trace.
    SpanId,
    8,
    "16 lower-case hexadecimal digits, not all 0"
);

/// The header `traceparent`: the trace that a request belongs to, and the span that it is made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traceparent {
    /// The trace.
    pub trace_id: TraceId,
    /// The span that the request is made in.
    pub parent_id: SpanId,
    /// True if who sends it may have recorded that span.
    pub is_sampled: bool,
}

impl Traceparent {
    /// The header's name.
    pub const NAME: &str = "traceparent";
    /// The rule that its value obeys.
    pub const EXPECTED: Invalid = Invalid::new(
        "a traceparent such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    );

    /// What is passed on to others by the span `id`.
    #[must_use]
    pub fn within(self, id: SpanId) -> Self {
        Self { parent_id: id, ..self }
    }
}

impl FromStr for Traceparent {
    type Err = Invalid;

    /// Reads version 00, and of a later one the part that every later one has to begin with.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        parse(text).ok_or(Self::EXPECTED)
    }
}

fn parse(text: &str) -> Option<Traceparent> {
    const LENGTH: usize = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".len();
    let (known, more) = text.split_at_checked(LENGTH)?;
    let mut fields = known.split('-');
    let (version, trace_id) = (byte(fields.next()?)?, fields.next()?.parse().ok()?);
    let (parent_id, flags) = (fields.next()?.parse().ok()?, byte(fields.next()?)?);
    let fits = match version {
        0 => more.is_empty(),
        0xff => false,
        _ => more.is_empty() || more.starts_with('-'),
    };
    (fits && fields.next().is_none()).then_some(Traceparent {
        trace_id,
        parent_id,
        is_sampled: flags & 1 == 1,
    })
}

/// Two lower-case hexadecimal digits.
fn byte(text: &str) -> Option<u8> {
    let fits =
        text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    fits.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

impl fmt::Display for Traceparent {
    /// By version 00, whose other flags are 0.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace_id, self.parent_id, u8::from(self.is_sampled))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GIVEN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_request_is_placed_in_its_trace() {
        let parent: Traceparent = GIVEN.parse().unwrap();
        assert_eq!(parent.trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(parent.parent_id.to_string(), "b7ad6b7169203331");
        assert!(parent.is_sampled);
        let ours = parent.within(SpanId::new([1; 8]));
        assert_eq!(ours.to_string(), "00-0af7651916cd43dd8448eb211c80319c-0101010101010101-01");
    }

    #[test]
    fn flags_that_are_not_known_are_not_passed_on() {
        let passed = |flags: &str| {
            GIVEN.replace("-01", flags).parse().map(|read: Traceparent| read.to_string())
        };
        for (flags, told) in [("-00", "-00"), ("-fe", "-00"), ("-03", "-01"), ("-ff", "-01")] {
            assert_eq!(passed(flags), Ok(GIVEN.replace("-01", told)));
        }
    }

    #[test]
    fn a_later_version_may_say_more() {
        for later in
            [GIVEN.replace("00-", "01-"), GIVEN.replace("00-", "fe-") + "-what-the-future-holds"]
        {
            assert_eq!(later.parse::<Traceparent>().unwrap().to_string(), GIVEN, "{later}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for bad in [
            String::new(),
            "00".to_owned(),
            GIVEN.to_uppercase(),
            GIVEN.replace("00-", "ff-"),
            GIVEN.replace("00-", "0g-"),
            GIVEN.replace("00-", "+0-"),
            GIVEN.replace("-01", "-0"),
            GIVEN.replace("-01", "-+1"),
            GIVEN.replace("-01", "-0A"),
            GIVEN.replace('-', "_"),
            format!("{GIVEN}-00"),
            format!("{GIVEN} "),
            format!("{}0", GIVEN.replace("00-", "01-")),
            GIVEN.replace("b7ad6b7169203331", "0000000000000000"),
            GIVEN.replace("0af7651916cd43dd8448eb211c80319c", "00000000000000000000000000000000"),
            GIVEN.replace("0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319é"),
        ] {
            assert_eq!(bad.parse::<Traceparent>(), Err(Traceparent::EXPECTED), "{bad}");
        }
    }

    #[test]
    fn what_belongs_together_has_one_trace() {
        let of = |parts: &[&str]| TraceId::derived(parts).to_string();
        assert_eq!(of(&["acme", "run-7"]), of(&["acme", "run-7"]));
        assert_ne!(of(&["acme", "run-7"]), of(&["acmer", "un-7"]));
        assert_ne!(of(&["acme", "run-7"]), of(&["acme", "run-7", ""]));
        assert_eq!(SpanId::new([0; 8]).to_string(), "0000000000000001");
    }

    proptest! {
        #[test]
        fn what_is_passed_on_is_read(trace: [u8; 16], parent: [u8; 8], is_sampled: bool) {
            let (trace_id, parent_id) = (TraceId::new(trace), SpanId::new(parent));
            let passed = Traceparent { trace_id, parent_id, is_sampled };
            prop_assert_eq!(passed.to_string().parse(), Ok(passed));
        }

        #[test]
        fn any_text_is_read_or_not(text in "\\PC{0,80}|[0-9a-f]{2}-[0-9a-f]{31,33}-[0-9a-fé]{15,17}-[0-9a-f]{2}-?.{0,4}") {
            if let Ok(read) = text.parse::<Traceparent>() {
                prop_assert_eq!(&text[2..52], &read.to_string()[2..52]);
            }
        }
    }
}
