//! Closed lists of words, each said once.

/// Defines an enum of words: the list of them, how each is written and read, and how a sentence names them.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// All of them, as a sentence lists them.
            pub const LISTED: &str = $crate::either!($($word)+);

            /// As it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::invalid::Invalid;

            fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
                let known = Self::ALL.into_iter().find(|known| known.as_str() == text);
                known.ok_or($crate::invalid::Invalid::new(Self::LISTED))
            }
        }
    };
}

/// Lists words in a sentence: `a, b or c`.
#[doc(hidden)]
#[macro_export]
macro_rules! either {
    ($one:literal) => { $one };
    ($one:literal $last:literal) => { concat!($one, " or ", $last) };
    ($one:literal $($rest:literal)+) => { concat!($one, ", ", $crate::either!($($rest)+)) };
}

#[cfg(test)]
mod tests {
    use crate::filter::Order;
    use crate::status::Status;

    #[test]
    fn a_word_is_read_as_it_is_written_and_what_is_none_names_all() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert_eq!(Status::LISTED, "draft, pending_review, approved or archived");
        let refused = "up".parse::<Order>().unwrap_err();
        assert_eq!(refused.to_string(), "expected desc or asc");
    }
}
