//! HTTP requests, as values.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::access::Secret;

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `DELETE`.
    Delete,
}

impl Method {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A header to send.
pub type Header = (Cow<'static, str>, Secret);

/// The header of those who take a key as a bearer's token.
pub(crate) fn bearer(key: &Secret) -> Header {
    ("authorization".into(), format!("Bearer {}", key.expose()).into())
}

/// A request to send, without following redirects.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its URL.
    pub url: String,
    /// Its headers, without those that the body brings along.
    pub headers: Vec<Header>,
    /// Its body.
    pub body: Body,
}

impl Request {
    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self { method: Method::Get, url: url.into(), headers: Vec::new(), body: Body::None }
    }

    /// A `POST` of a body.
    #[must_use]
    pub fn post(url: impl Into<String>, body: Body) -> Self {
        Self { method: Method::Post, url: url.into(), headers: Vec::new(), body }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Secret>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl fmt::Debug for Request {
    /// Shows nothing of its query, which may carry a webhook's token, nor of its body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.split('?').next().unwrap_or_default();
        write!(f, "{} {url}", self.method.as_str())
    }
}

/// The body of a request.
#[derive(Clone, PartialEq)]
pub enum Body {
    /// Nothing.
    None,
    /// A JSON document.
    Json(Value),
    /// A `multipart/form-data` form.
    Form(Vec<Part>),
    /// Bytes as they are.
    Bytes {
        /// Their media type.
        media_type: String,
        /// The bytes.
        data: Vec<u8>,
    },
}

/// A part of a form.
#[derive(Clone, PartialEq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The media type of a file; without it, the part is a text.
    pub file: Option<String>,
    /// Its content.
    pub data: Vec<u8>,
}

impl Part {
    pub(crate) fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), file: None, data: text.into().into_bytes() }
    }

    pub(crate) fn file(name: impl Into<String>, media_type: &str, data: Vec<u8>) -> Self {
        Self { name: name.into(), file: Some(media_type.to_owned()), data }
    }

    fn head(&self) -> String {
        let disposition = format!("form-data; name=\"{}\"", quoted(&self.name));
        match &self.file {
            None => format!("Content-Disposition: {disposition}\r\n\r\n"),
            Some(media_type) => {
                let main = media_type.split(';').next().unwrap_or_default();
                let extension: String = main
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .chars()
                    .filter(char::is_ascii_alphanumeric)
                    .collect();
                let plain: String = media_type.chars().filter(|c| !c.is_control()).collect();
                format!(
                    "Content-Disposition: {disposition}; filename=\"input.{extension}\"\r\n\
                     Content-Type: {plain}\r\n\r\n"
                )
            }
        }
    }
}

/// A field's name within quotes, as HTML's forms write it.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

impl Body {
    /// The content type and the bytes on the wire. `boundary` separates the parts of a form; it has to
    /// be random letters and digits, so that no part can hold it.
    #[must_use]
    pub fn encode(self, boundary: &str) -> Option<(String, Vec<u8>)> {
        match self {
            Self::None => None,
            Self::Json(value) => {
                Some(("application/json".to_owned(), value.to_string().into_bytes()))
            }
            Self::Bytes { media_type, data } => Some((media_type, data)),
            Self::Form(parts) => {
                let mut out = Vec::new();
                for part in parts {
                    out.extend_from_slice(format!("--{boundary}\r\n{}", part.head()).as_bytes());
                    out.extend_from_slice(&part.data);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
                Some((format!("multipart/form-data; boundary={boundary}"), out))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_part_by_part() {
        let parts = vec![Part::text("a\"\r\nb", "1"), Part::file("image", "image/png", vec![0, 1])];
        let (kind, bytes) = Body::Form(parts).encode("xyz").unwrap();
        assert_eq!(kind, "multipart/form-data; boundary=xyz");
        let expected: &[u8] =
            b"--xyz\r\nContent-Disposition: form-data; name=\"a%22%0D%0Ab\"\r\n\r\n1\r\n\
            --xyz\r\nContent-Disposition: form-data; name=\"image\"; filename=\"input.png\"\r\n\
            Content-Type: image/png\r\n\r\n\x00\x01\r\n--xyz--\r\n";
        assert_eq!(bytes, expected);
    }

    #[test]
    fn secrets_are_not_shown() {
        let request =
            Request::get("https://a.example/b?token=hidden").header("authorization", "Key hidden");
        assert_eq!(format!("{request:?}"), "GET https://a.example/b");
    }
}
