//! Words as they are compared: whatever their case, their normal form, and the blanks around them.

use std::borrow::Cow;

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// `text` as values are compared: two texts name the same value where this gives the same. It is
/// Unicode's canonical caseless matching (D145), so that ẞ is ss, a final ς is σ, and é is e with
/// an accent; and İ is i, whose dot says no more than the i's own.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    folded(text, |text| composed(text.nfd().default_case_fold().nfd()))
}

/// `text` as it is searched: as [`fold`] has it, and whatever its width or style besides (compatibility
/// caseless matching, D146).
#[must_use]
pub fn fold_for_search(text: &str) -> Cow<'_, str> {
    folded(text, |text| {
        let once = text.nfd().default_case_fold().nfkd();
        composed(once.default_case_fold().nfkd())
    })
}

/// `text` without the blanks around it, seen or unseen.
#[must_use]
pub fn trim(text: &str) -> &str {
    const UNSEEN: [char; 2] = ['\u{200b}', '\u{feff}'];
    text.trim_matches(|c: char| c.is_whitespace() || UNSEEN.contains(&c))
}

fn folded(text: &str, fold: impl Fn(&str) -> String) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(fold(text));
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// Composes what is folded and decomposed, and drops the dot that İ leaves above its i.
fn composed(decomposed: impl Iterator<Item = char>) -> String {
    const DOT_ABOVE: char = '\u{307}';
    let mut before = None;
    let kept = decomposed.filter(|c| {
        let dot_of_i = *c == DOT_ABOVE && before == Some('i');
        before = Some(*c);
        !dot_of_i
    });
    kept.nfc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_the_same_in_any_case_and_normal_form() {
        for (one, other) in [
            ("Acme", "ACME"),
            ("Straße", "STRASSE"),
            ("STRAẞE", "strasse"),
            ("ΟΔΟΣ", "οδος"),
            ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
            ("İstanbul", "istanbul"),
            ("I\u{307}stanbul", "İSTANBUL"),
            ("Café", "CAFE\u{301}"),
            ("ﬁlm", "FILM"),
            ("ᾳ", "ΑΙ"),
            ("한", "\u{1112}\u{1161}\u{11ab}"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        for (one, other) in [("Café", "Cafe"), ("ı", "i"), ("m²", "m2"), ("ö", "oe")] {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
        assert_eq!(fold_for_search("ＡＣＭＥ m²"), fold_for_search("acme m2"));
        assert_eq!(trim("\u{a0}\u{feff} Acme\u{3000}\t\n"), "Acme");
    }

    proptest! {
        /// What is compared is the same however it is written, and does not change by being compared.
        #[test]
        fn folding_is_of_all_spellings_and_final(text in "\\PC{0,20}") {
            let folded = fold(&text).into_owned();
            prop_assert_eq!(&fold(&folded), &folded);
            for other in [text.nfd().collect::<String>(), text.nfc().collect()] {
                prop_assert_eq!(&fold(&other), &folded);
            }
            let sought = fold_for_search(&text).into_owned();
            prop_assert_eq!(&fold_for_search(&sought), &sought);
        }
    }
}
