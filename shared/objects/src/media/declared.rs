//! The content type that an uploader declares, parsed.

use encoding_rs::Encoding;

/// Longer ones are not taken over.
const MAX_LEN: usize = 255;

/// A syntactically valid MIME type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    /// `type/subtype`, in lower case.
    pub(super) essence: String,
    /// The essence and the parameters as declared.
    pub(super) full: String,
    /// Names in lower case, and values as they are written.
    parameters: Vec<(String, String)>,
}

/// Parses a declared type; nothing if it is not one (RFC 9110, section 8.3.1).
pub(super) fn parse(value: &str) -> Option<Declared> {
    let value = value.trim_matches(OWS);
    let (essence, parameters) = value.split_at(value.find(';').unwrap_or(value.len()));
    let essence = essence.trim_end_matches(OWS).to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/')?;
    if !is_token(kind) || !is_token(subtype) {
        return None;
    }
    let declared = Declared::of(essence, read_parameters(parameters)?);
    (declared.full.len() <= MAX_LEN).then_some(declared)
}

const OWS: [char; 2] = [' ', '\t'];

/// The parameters, as in `;a=b ; c="d"`.
fn read_parameters(mut rest: &str) -> Option<Vec<(String, String)>> {
    let mut parameters = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.strip_prefix(';')?.trim_start_matches(OWS).split_once('=')?;
        let end = if after.starts_with('"') {
            quoted_end(after)?
        } else {
            after.find([';', ' ', '\t']).unwrap_or(after.len())
        };
        let (value, after) = after.split_at(end);
        if !is_token(name) || !(value.starts_with('"') || is_token(value)) {
            return None;
        }
        parameters.push((name.to_ascii_lowercase(), value.to_owned()));
        rest = after.trim_start_matches(OWS);
    }
    Some(parameters)
}

/// The end of a quoted string that starts `text`.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if !(c == '\t' || c == ' ' || c.is_ascii_graphic()) => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

impl Declared {
    fn of(essence: String, parameters: Vec<(String, String)>) -> Self {
        let written = parameters.iter().map(|(name, value)| format!("; {name}={value}"));
        let full = essence.clone() + &written.collect::<String>();
        Self { essence, full, parameters }
    }

    /// True if text bytes may bear this type.
    pub(super) fn is_text(&self) -> bool {
        let essence = self.essence.as_str();
        essence.starts_with("text/")
            || MODELS.contains(&essence)
            || ["+json", "+xml", "+yaml", "+json-seq"].iter().any(|s| essence.ends_with(s))
            || essence.strip_prefix("application/").is_some_and(|name| TEXT.contains(&name))
    }

    /// The encoding that its `charset` names.
    fn charset(&self) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(name, _)| name == "charset")?;
        Some(value.trim_matches('"'))
    }

    /// The encoding that its `charset` names, if it is one that browsers know.
    pub(super) fn encoding(&self) -> Option<&'static Encoding> {
        Encoding::for_label(self.charset()?.as_bytes())
    }

    /// True if its `charset` names ASCII, which browsers read as another.
    pub(super) fn is_ascii(&self) -> bool {
        self.charset().is_some_and(|own| ASCII.contains(&&*own.to_ascii_lowercase()))
    }

    /// The same with this in the place of a `charset` that it has; without one where that is none, or the
    /// whole is too long then.
    pub(super) fn with_charset(&self, charset: Option<&str>) -> Self {
        let mut parameters = self.parameters.clone();
        match charset {
            Some(charset) => {
                let own = parameters.iter_mut().filter(|(name, _)| name == "charset");
                own.for_each(|(_, value)| charset.clone_into(value));
            }
            None => parameters.retain(|(name, _)| name != "charset"),
        }
        let declared = Self::of(self.essence.clone(), parameters);
        if declared.full.len() <= MAX_LEN { declared } else { self.with_charset(None) }
    }

    /// True if the declared type is an XML one.
    pub(super) fn is_xml(&self) -> bool {
        self.essence.ends_with("+xml") || self.essence.ends_with("/xml")
    }

    /// True if binary bytes without a known signature may bear this type: formats that have no
    /// signature, or one that `infer` does not know, and that nothing opens by itself. Never an image,
    /// audio, video, font or document: those have signatures, and the bytes have refuted them.
    pub(super) fn is_inert_binary(&self) -> bool {
        BINARY.contains(&self.essence.as_str())
    }
}

/// Names of ASCII (IANA) that browsers know, and those that they do not.
const ASCII: &[&str] = &[
    "ansi_x3.4-1968",
    "ascii",
    "cp367",
    "csascii",
    "ibm367",
    "iso-ir-6",
    "iso646-us",
    "us",
    "us-ascii",
];

/// `application/…` types whose content is text.
const TEXT: &[&str] = &[
    "ecmascript",
    "graphql",
    "javascript",
    "json",
    "json-seq",
    "json5",
    "jsonl",
    "ndjson",
    "sql",
    "toml",
    "typescript",
    "x-javascript",
    "x-json",
    "x-jsonlines",
    "x-latex",
    "x-ndjson",
    "x-sh",
    "x-subrip",
    "x-tex",
    "x-toml",
    "x-typescript",
    "x-yaml",
    "xml",
    "xml-dtd",
    "yaml",
];

/// Models whose content is text that starts with no signature.
const MODELS: &[&str] = &["model/iges", "model/mtl", "model/obj"];

const BINARY: &[&str] = &[
    "application/cbor",
    "application/cbor-seq",
    "application/msgpack",
    "application/protobuf",
    "application/vnd.apache.arrow.file",
    "application/vnd.apache.arrow.stream",
    "application/vnd.apache.avro",
    "application/vnd.apache.parquet",
    "application/vnd.google.protobuf",
    "application/vnd.msgpack",
    "application/x-msgpack",
    "application/x-npy",
    "application/x-parquet",
    "application/x-protobuf",
    "application/x-safetensors",
    "model/gltf-binary",
    "model/stl",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::parse;

    fn full(value: &str) -> Option<String> {
        parse(value).map(|declared| declared.full)
    }

    #[test]
    fn types_are_normalised() {
        assert_eq!(full("Text/Markdown").unwrap(), "text/markdown");
        assert_eq!(
            full(" text/csv ;Charset=UTF-8;header=present ").unwrap(),
            "text/csv; charset=UTF-8; header=present"
        );
        assert_eq!(full("text/x; a=\"b; \\\"c\"").unwrap(), "text/x; a=\"b; \\\"c\"");
    }

    #[test]
    fn what_is_no_type_is_refused() {
        let long = format!("text/{}", "x".repeat(300));
        for value in [
            "",
            "text",
            "text/",
            "/plain",
            "text/pl ain",
            "text/plain;",
            "text/plain; a",
            "text/plain; a=",
            "text/plain; a=\"b",
            "text/plain\r\nX: y",
            "text/plain; a=\"\n\"",
            "text/plain, text/html",
            "téxt/plain",
            "text/plain; a=b c",
            "a/b/c",
            &long,
        ] {
            assert_eq!(full(value), None, "{value:?}");
        }
    }
}
