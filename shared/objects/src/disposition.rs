//! The disposition of a download: how a browser may show it.

use model::{ContentType, FileName};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

model::words! {
    /// The way that a browser takes a download: shown, or saved.
    #[derive(Default)]
    Disposition {
        /// Shown, where that is safe.
        #[default]
        Inline = "inline",
        /// Saved.
        Attachment = "attachment",
    }
}

/// The characters that RFC 8187 leaves as they are in an extended parameter.
const EXTENDED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'!');

impl Disposition {
    /// The `Content-Disposition` (RFC 6266) of a download. Whatever could run in a browser, or is
    /// not known to be safe, is saved, whatever was asked for. The name is [`FileName::visible`].
    #[must_use]
    pub fn header(self, content_type: &ContentType, file_name: Option<&FileName>) -> String {
        let safe = is_safe(content_type.essence());
        let kind = if safe { self } else { Self::Attachment }.as_str();
        let Some(name) = file_name.map(FileName::visible) else { return kind.to_owned() };
        let name = name.as_str();
        let ascii: String = name
            .chars()
            .map(|c| if c.is_ascii() && c != '"' && c != '%' { c } else { '_' })
            .collect();
        if ascii == name {
            format!("{kind}; filename=\"{name}\"")
        } else {
            let extended = utf8_percent_encode(name, EXTENDED);
            format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{extended}")
        }
    }
}

/// True if a browser that shows this type runs nothing of it.
fn is_safe(essence: &str) -> bool {
    match essence.split_once('/') {
        Some(("image", sub)) => !sub.contains("svg") && !sub.contains("xml"),
        Some(("audio" | "video", sub)) => !sub.contains("xml"),
        Some(("text", sub)) => matches!(sub, "plain" | "markdown" | "csv"),
        Some(("application", sub)) => matches!(sub, "json" | "pdf"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(content_type: &str, name: &str) -> String {
        let name = name.parse().unwrap();
        Disposition::Inline.header(&content_type.parse().unwrap(), Some(&name))
    }

    #[test]
    fn what_could_run_is_saved() {
        assert_eq!(inline("image/png", "hero.png"), "inline; filename=\"hero.png\"");
        for active in [
            "image/svg+xml",
            "text/html",
            "application/xml",
            "application/octet-stream",
            "text/xml; charset=utf-8",
        ] {
            assert!(inline(active, "x").starts_with("attachment;"), "{active}");
        }
    }

    #[test]
    fn names_beyond_ascii_are_extended() {
        assert_eq!(
            inline("image/png", "é \"x\".png"),
            "inline; filename=\"_ _x_.png\"; filename*=UTF-8''%C3%A9%20%22x%22.png"
        );
    }

    #[test]
    fn names_say_what_they_are() {
        assert_eq!(
            inline("image/png", "a\u{202e}gpj.exe"),
            "inline; filename=\"agpj.exe\"",
            "without what turns them around"
        );
        let hebrew = inline("image/png", "\u{2067}ש\u{2069}.png");
        assert_eq!(hebrew, "inline; filename=\"_.png\"; filename*=UTF-8''%D7%A9.png");
    }
}
