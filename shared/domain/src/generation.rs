//! The outcome of the step that made an asset, as its producer tells it.

use serde::{Deserialize, Serialize};

use crate::id::GenerationId;
use crate::invalid::Invalid;
use crate::job::JobStatus;
use crate::text::{Prompt, ShortText};
use crate::time::Timestamp;

/// The outcome of the step that made an asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// The generation of the store's own that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<GenerationId>,
    /// Its state. A step that its producer tells of has ended.
    pub status: JobStatus,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Prompt>,
    /// US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Amount>,
    /// The amount that the provider counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The time that it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// The trace it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<ShortText>,
    /// The span it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_id: Option<ShortText>,
    /// The kind of span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_kind: Option<SpanKind>,
    /// Where the provider put the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_url: Option<Prompt>,
}

/// The most that a single step is counted as having cost, in US dollars: whatever a producer tells, sums stay within
/// what is counted exactly.
const MOST_COST: f64 = 1e6;

impl Generation {
    /// Its cost in millionths of a US dollar, as it is counted.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.cost_usd.map_or(0, |cost| micro_usd(cost.into()))
    }

    /// Checks what is asked of a step that is told of now, and not of one that is on record: the field
    /// that is not as it must be, and what would be right.
    pub fn check(&self) -> std::result::Result<(), (&'static str, Invalid)> {
        let negative = |amount: Amount| f64::from(amount) < 0.0;
        let web = |url: &Prompt| {
            let (scheme, rest) = url.as_str().split_once("://").unwrap_or_default();
            ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
                && rest.starts_with(|c: char| c.is_alphanumeric() || c == '[')
                && !rest.contains(char::is_whitespace)
        };
        if !matches!(self.status, JobStatus::Succeeded | JobStatus::Failed) {
            return Err(("status", Invalid::new("succeeded or failed")));
        }
        if self.id.is_some() {
            return Err(("id", Invalid::new("none: only the store's own generations have one")));
        }
        if self.cost_usd.is_some_and(negative) {
            return Err(("cost_usd", Invalid::new("a number of US dollars from 0 on")));
        }
        if self.usage.as_ref().is_some_and(|usage| negative(usage.quantity)) {
            return Err(("usage.quantity", Invalid::new("a number from 0 on")));
        }
        match &self.output_url {
            Some(url) if !web(url) => {
                Err(("output_url", Invalid::new("a URL that begins with https:// or http://")))
            }
            _ => Ok(()),
        }
    }
}

/// US dollars in millionths of one, as they are counted.
#[must_use]
pub fn micro_usd(dollars: f64) -> u64 {
    let micro = (dollars.clamp(0.0, MOST_COST) * 1e6).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is within 0 and 1e12"
    )]
    let micro = micro as u64;
    micro
}

/// The amount that a provider counted for a generation step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// `characters`, `images`, `seconds`, …
    pub unit: ShortText,
    /// The number of units.
    pub quantity: Amount,
}

/// A number that DynamoDB can hold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Amount(f64);

impl TryFrom<f64> for Amount {
    type Error = Invalid;

    fn try_from(number: f64) -> std::result::Result<Self, Invalid> {
        const EXPECTED: Invalid = Invalid::new("0, or a number from 1e-130 to below 1e126");
        let fits = number == 0.0 || (1e-130..1e126).contains(&number.abs());
        fits.then_some(Self(number)).ok_or(EXPECTED)
    }
}

impl From<Amount> for f64 {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

crate::words! {
    /// The kind of a generation's span.
    SpanKind {
        /// Text to speech, speech to text.
        Speech = "speech",
        /// Image generation and editing.
        Image = "image",
        /// Video generation.
        Video = "video",
    }
}
