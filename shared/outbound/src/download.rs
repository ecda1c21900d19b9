//! A file's bytes, as they come.

use std::fmt;

use bytes::Bytes;
use futures::{Stream, stream};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::check::Check;
use crate::error::FetchError;
use crate::exchange::Exchange;
use crate::fetch::Rules;

/// A file that is being fetched.
pub struct Download {
    content_type: Option<String>,
    length: Option<u64>,
    host: String,
    body: Incoming,
    _driver: JoinSet<()>,
    rules: Rules,
    deadline: Instant,
    received: u64,
    check: Option<Check>,
    /// True once its end, or an error, was told.
    is_over: bool,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Download({} at {})", self.host, self.received)
    }
}

impl Download {
    pub(crate) fn new(
        host: &str,
        exchange: Exchange,
        rules: &Rules,
        deadline: Instant,
    ) -> Result<Self, FetchError> {
        let (head, body) = exchange.answer.into_parts();
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let length = text(CONTENT_LENGTH).and_then(|text| text.parse().ok());
        if length.is_some_and(|length| length > rules.most_bytes) {
            return Err(FetchError::TooLong { most: rules.most_bytes });
        }
        Ok(Self {
            content_type: text(CONTENT_TYPE).map(str::to_owned),
            length,
            host: host.to_owned(),
            body,
            _driver: exchange.driver,
            rules: *rules,
            deadline,
            received: 0,
            check: announced(&head.headers),
            is_over: false,
        })
    }

    /// Its media type, as its host says.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Its length, as its host says.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// True if its host says a checksum, which its bytes are compared with.
    #[must_use]
    pub fn is_checked(&self) -> bool {
        self.check.is_some()
    }

    /// The next bytes; none once all are there, as many as were announced and with the checksum that was.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        if self.is_over {
            return Ok(None);
        }
        let next = self.read().await;
        self.is_over = !matches!(next, Ok(Some(_)));
        next
    }

    /// The bytes as a stream, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, FetchError>> + Send + 'static {
        stream::try_unfold(self, |mut download| async move {
            Ok(download.next().await?.map(|bytes| (bytes, download)))
        })
    }

    async fn read(&mut self) -> Result<Option<Bytes>, FetchError> {
        let silent = Instant::now() + self.rules.silence;
        loop {
            let frame = tokio::select! {
                biased;
                () = sleep_until(self.deadline) => return Err(FetchError::Late(self.rules.within)),
                frame = self.body.frame() => frame,
                () = sleep_until(silent) => return Err(FetchError::Silent(self.rules.silence)),
            };
            let Some(frame) = frame else { return self.end().map(|()| None) };
            let frame = frame.map_err(|error| {
                tracing::info!(host = self.host, %error, "a file broke off");
                FetchError::Cut { host: self.host.clone() }
            })?;
            // Trailers are nothing to us.
            let Ok(bytes) = frame.into_data() else { continue };
            if !bytes.is_empty() {
                return self.take(bytes).map(Some);
            }
        }
    }

    fn take(&mut self, bytes: Bytes) -> Result<Bytes, FetchError> {
        self.received += bytes.len() as u64;
        if let Some(announced) = self.length.filter(|length| self.received > *length) {
            return Err(FetchError::Length { announced });
        }
        if self.received > self.rules.most_bytes {
            return Err(FetchError::TooLong { most: self.rules.most_bytes });
        }
        if let Some(check) = &mut self.check {
            check.update(&bytes);
        }
        Ok(bytes)
    }

    fn end(&mut self) -> Result<(), FetchError> {
        if let Some(announced) = self.length.filter(|length| self.received != *length) {
            return Err(FetchError::Length { announced });
        }
        let holds = self.check.take().is_none_or(Check::holds);
        if holds { Ok(()) } else { Err(FetchError::Checksum) }
    }
}

/// The checksum that came with the file, if it is one of its bytes as they are sent.
fn announced(headers: &HeaderMap) -> Option<Check> {
    // Google's is then that of the compressed bytes, which it keeps.
    let is_unpacked =
        headers.get("x-goog-stored-content-encoding").is_some_and(|kept| kept != "identity");
    if is_unpacked { None } else { Check::announced(headers) }
}
