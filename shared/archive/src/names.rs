//! Names of files in an archive: safe wherever it is unpacked, each there once.

use std::collections::HashSet;

use domain::text::without_invisible;
use sanitize_filename::{
    Options, OptionsForCheck, is_sanitized_with_options, sanitize_with_options,
};
use unicode_normalization::UnicodeNormalization;

/// The folder of all files.
const FOLDER: &str = "files/";
/// The most bytes of a name, so that there is room for a number and a folder on every system.
const LONGEST: usize = 180;

/// Gives names.
#[derive(Debug, Default)]
pub struct Names {
    /// As file systems compare them that ignore case.
    given: HashSet<String>,
}

impl Names {
    /// A path for a file that likes to be called `wanted`: that name as far as every system allows it,
    /// with a number where it was given before, in any case.
    pub fn give(&mut self, wanted: &str) -> String {
        let name = safe(wanted);
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
            _ => (name.as_str(), String::new()),
        };
        let mut numbered = name.clone();
        for number in 2_u32.. {
            if self.given.insert(folded(&numbered)) {
                break;
            }
            numbered = format!("{stem} ({number}){extension}");
        }
        format!("{FOLDER}{numbered}")
    }

    /// Lets a path be given again whose file is not in the archive after all.
    pub fn take_back(&mut self, path: &str) {
        self.given.remove(&folded(path.strip_prefix(FOLDER).unwrap_or(path)));
    }
}

/// The name in Unicode's composed form, without what Windows, macOS or a shell could not hold.
fn safe(wanted: &str) -> String {
    let composed = without_invisible(&wanted.nfc().collect::<String>());
    let composed = composed.replace(char::is_control, "_");
    let options = Options { windows: false, truncate: false, replacement: "_" };
    let clean = sanitize_with_options(&composed, options);
    // A leading dot hides a file, a leading dash makes it an option.
    let clean = clean.trim_start_matches(['.', '-', ' ', '~']).trim_end_matches(['.', ' ']);
    let (stem, extension) = match clean.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => (stem, format!(".{extension}")),
        _ => (clean, String::new()),
    };
    let most = LONGEST - extension.len();
    let end = (0..=stem.len().min(most)).rev().find(|end| stem.is_char_boundary(*end));
    let stem = stem[..end.unwrap_or_default()].trim_end_matches(['.', ' ']);
    let stem = if stem.is_empty() { "file" } else { stem };
    let name = format!("{stem}{extension}");
    // Windows reserves some names, with any extension.
    let free = is_sanitized_with_options(&name, OptionsForCheck { windows: true, truncate: true });
    if free { name } else { format!("_{name}") }
}

fn folded(name: &str) -> String {
    name.to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_kept_where_they_are_safe() {
        let mut names = Names::default();
        for (wanted, given) in [
            ("hero.png", "files/hero.png"),
            ("Hero.PNG", "files/Hero (2).PNG"),
            ("hero.png", "files/hero (3).png"),
            ("hero (2).png", "files/hero (2) (2).png"),
            ("über 50% + ✨.png", "files/über 50% + ✨.png"),
            ("cafe\u{301}.md", "files/café.md"),
            ("café.md", "files/café (2).md"),
            ("CON.txt", "files/_CON.txt"),
            ("nul", "files/_nul"),
            ("a:b?.txt ", "files/a_b_.txt"),
            ("...", "files/_"),
            ("~ ", "files/file"),
            (".env", "files/env"),
            ("-rf", "files/rf"),
            ("a\u{202e}gpj.exe", "files/agpj.exe"),
        ] {
            assert_eq!(names.give(wanted), given, "{wanted:?}");
        }
    }

    #[test]
    fn a_name_that_was_taken_back_is_given_again() {
        let mut names = Names::default();
        let first = names.give("Hero.png");
        names.take_back(&first);
        assert_eq!(names.give("hero.png"), "files/hero.png");
    }

    proptest! {
        #[test]
        fn every_name_is_safe_and_there_once(wanted in prop::collection::vec("(?s).{0,300}", 1..8)) {
            let (mut names, mut seen) = (Names::default(), HashSet::new());
            for wanted in wanted.iter().chain(&wanted) {
                let given = names.give(wanted);
                let name = given.strip_prefix("files/").unwrap();
                let bad = |c: char| c.is_control() || "/\\<>:\"|?*".contains(c);
                prop_assert!(!name.is_empty() && name.len() <= 200 && !name.contains(bad), "{:?}", name);
                prop_assert!(!name.starts_with(['.', '-']) && !name.ends_with(['.', ' ']), "{:?}", name);
                prop_assert!(seen.insert(folded(name)), "{:?} twice", name);
            }
        }
    }
}
