//! The part of a text that can be seen.

use std::ops::RangeInclusive;

use unicode_general_category::{GeneralCategory, get_general_category};

/// `text` without what shows nothing and makes it look like another: controls of its direction, joiners,
/// tags and other format characters, separators of lines and paragraphs, letters that are blank, and
/// selectors of a variation, but for one that has a symbol shown as text or in colours.
#[must_use]
pub fn without_invisible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        let stays = match c {
            '\u{fe0e}' | '\u{fe0f}' => has_presentations(visible.chars().next_back(), next),
            _ => !is_invisible(c),
        };
        if stays {
            visible.push(c);
        }
    }
    visible
}

fn is_invisible(c: char) -> bool {
    use GeneralCategory::{Format, LineSeparator, ParagraphSeparator};
    const BLANK: [char; 7] =
        ['\u{34f}', '\u{115f}', '\u{1160}', '\u{17b4}', '\u{17b5}', '\u{3164}', '\u{ffa0}'];
    const VARIATIONS: [RangeInclusive<char>; 4] = [
        '\u{180b}'..='\u{180d}',
        '\u{180f}'..='\u{180f}',
        '\u{fe00}'..='\u{fe0f}',
        '\u{e0100}'..='\u{e01ef}',
    ];
    let category = get_general_category(c);
    matches!(category, Format | LineSeparator | ParagraphSeparator)
        || BLANK.contains(&c)
        || VARIATIONS.iter().any(|range| range.contains(&c))
}

/// True if a character may be shown as text or in colours: a symbol, or what is about to be a keycap.
fn has_presentations(c: Option<char>, next: Option<char>) -> bool {
    use GeneralCategory::{MathSymbol, OtherSymbol};
    match c {
        Some('0'..='9' | '#' | '*') => next == Some('\u{20e3}'),
        // Those that are no symbols by their category.
        Some('‼' | '⁉' | 'ℹ' | '〰' | '〽') => true,
        Some(c) if !c.is_ascii() => {
            matches!(get_general_category(c), MathSymbol | OtherSymbol)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_dropped() {
        for (text, visible) in [
            ("re\u{fe0f}p\u{fe00}o\u{e0100}r\u{180b}t\u{180f}.txt", "report.txt"),
            ("葛\u{e0100}飾\u{fe01}", "葛飾"),
            (
                "❤\u{fe0f} ↔\u{fe0e} ‼\u{fe0f} 1\u{fe0f}\u{20e3}",
                "❤\u{fe0f} ↔\u{fe0e} ‼\u{fe0f} 1\u{fe0f}\u{20e3}",
            ),
            ("❤\u{fe0f}\u{fe0f}\u{fe0e}", "❤\u{fe0f}"),
            ("1\u{fe0f}2+\u{fe0f}", "12+"),
            ("\u{fe0f}a\u{202e}b\u{200d}\u{3164}", "ab"),
        ] {
            assert_eq!(without_invisible(text), visible);
        }
    }
}
