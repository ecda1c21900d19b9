//! What an operation must do to an asset, in the words of the contract.

use serde_json::Value;
use tests::Response;

/// The steps, as their routes name them.
pub(super) const STEPS: [&str; 5] = ["submit", "approve", "request-changes", "archive", "restore"];

/// What is asked for of one asset.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Step {
        step: &'static str,
        comment: Option<String>,
        guard: Guard,
    },
    /// An empty title stands for none.
    Edit {
        title: Option<String>,
        brands: Option<Vec<&'static str>>,
        guard: Guard,
    },
    Delete {
        force: bool,
        guard: Guard,
    },
}

/// What is expected of the asset.
#[derive(Debug, Clone, Copy)]
pub(super) enum Guard {
    None,
    /// That it is as it was when the operations began.
    Current,
    /// That it is as it was before that.
    Old,
    Revision(u64),
    /// That this is its current version.
    Version(u32),
}

impl Guard {
    fn holds(self, asset: &Asset) -> bool {
        match self {
            Self::Revision(expected) => expected == asset.revision,
            // There is never another.
            Self::Version(expected) => expected == 1,
            Self::None | Self::Current | Self::Old => true,
        }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The error's code, or `ok`.
    code: String,
    /// As the `ETag` has it, with 412 too.
    revision: Option<u64>,
}

impl Answer {
    pub(super) fn of_one(response: &Response) -> Self {
        let code = if response.status < 300 { "ok" } else { response.code() };
        Self { code: code.to_owned(), revision: revision(response) }
    }

    pub(super) fn of_many(outcome: &Value) -> Self {
        let code = outcome["error"]["code"].as_str().unwrap_or("ok").to_owned();
        Self { code, revision: None }
    }

    fn is(&self, code: &str, state: &State) -> bool {
        self.code == code && self.revision.is_none_or(|revision| revision == state.revision())
    }
}

fn revision(response: &Response) -> Option<u64> {
    response.header("etag").trim_matches('"').parse().ok()
}

/// A change on record.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recorded {
    revision: u64,
    action: String,
    key: Option<String>,
    comment: Option<String>,
}

impl Recorded {
    pub(super) fn of(event: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            revision: event["revision"].as_u64().unwrap(),
            action: text(&event["action"]).unwrap(),
            key: text(&event["actor"]["key"]),
            comment: text(&event["comment"]),
        }
    }
}

/// An asset, and how it came to be so.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    Gone,
    There(Asset),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asset {
    has_file: bool,
    status: String,
    approved: bool,
    title: Option<String>,
    brands: Vec<String>,
    revision: u64,
    /// Oldest first.
    recorded: Vec<Recorded>,
}

impl State {
    pub(super) fn created(has_file: bool, revision: u64, key: &str) -> Self {
        let (action, key) = ("created".to_owned(), Some(key.to_owned()));
        let created = Recorded { revision: 1, action, key, comment: None };
        Self::There(Asset {
            has_file,
            status: "draft".to_owned(),
            approved: false,
            title: None,
            brands: Vec::new(),
            revision,
            recorded: vec![created],
        })
    }

    pub(super) fn of(answer: &Response, recorded: Vec<Recorded>) -> Self {
        let asset = &answer.json["data"];
        let brands = asset["tags"]["brand"].as_array().into_iter().flatten();
        Self::There(Asset {
            has_file: asset["storage_key"].is_string(),
            status: asset["status"].as_str().unwrap().to_owned(),
            approved: asset["approved_version"] == 1,
            title: asset["title"].as_str().map(str::to_owned),
            brands: brands.map(|brand| brand.as_str().unwrap().to_owned()).collect(),
            revision: revision(answer).unwrap(),
            recorded,
        })
    }

    /// 0 where there is no asset.
    pub(super) fn revision(&self) -> u64 {
        match self {
            Self::Gone => 0,
            Self::There(asset) => asset.revision,
        }
    }

    pub(super) fn status(&self) -> Option<&str> {
        match self {
            Self::Gone => None,
            Self::There(asset) => Some(&asset.status),
        }
    }

    pub(super) fn is_approved(&self) -> bool {
        matches!(self, Self::There(asset) if asset.approved)
    }

    /// The state after `op` by the actor with this key, and the code of the answer.
    fn after(&self, op: &Op, key: &str) -> (Self, &'static str) {
        let Self::There(asset) = self else { return (Self::Gone, "not_found") };
        let (Op::Step { guard, .. } | Op::Edit { guard, .. } | Op::Delete { guard, .. }) = op;
        if !guard.holds(asset) {
            return (self.clone(), "precondition_failed");
        }
        let mut next = asset.clone();
        let (action, comment) = match op {
            Op::Delete { force: false, .. } if asset.approved => return (self.clone(), "approved"),
            Op::Delete { .. } => return (Self::Gone, "ok"),
            Op::Step { step, comment, .. } => {
                if ["submit", "approve"].contains(step) && !asset.has_file {
                    return (self.clone(), "no_object");
                }
                let Some(status) = leads_to(&asset.status, step) else {
                    return (self.clone(), "not_allowed");
                };
                status.clone_into(&mut next.status);
                // With one version, what is approved is the current one.
                next.approved = status == "approved";
                (step.replace('-', "_"), comment.clone())
            }
            Op::Edit { title, brands, .. } => {
                if let Some(title) = title {
                    next.title = Some(title.clone()).filter(|title| !title.is_empty());
                }
                if let Some(brands) = brands {
                    next.brands = brands.iter().map(|brand| (*brand).to_owned()).collect();
                }
                if next == *asset {
                    return (self.clone(), "ok");
                }
                ("update".to_owned(), None)
            }
        };
        next.revision += 1;
        let key = Some(key.to_owned());
        next.recorded.push(Recorded { revision: next.revision, action, key, comment });
        (Self::There(next), "ok")
    }
}

fn leads_to(status: &str, step: &str) -> Option<&'static str> {
    match (status, step) {
        ("draft", "submit") => Some("pending_review"),
        ("pending_review", "approve") => Some("approved"),
        ("pending_review" | "approved", "request-changes") | ("archived", "restore") => {
            Some("draft")
        }
        ("draft" | "pending_review" | "approved", "archive") => Some("archived"),
        _ => None,
    }
}

/// Whether some order of `taken` leads from `from` to `to`, with these answers.
pub(super) fn explain(from: &State, taken: &[(Op, &str, Answer)], to: &State) -> bool {
    if taken.is_empty() {
        return from == to;
    }
    (0..taken.len()).any(|first| {
        let mut rest = taken.to_vec();
        let (op, key, answer) = rest.remove(first);
        let (next, code) = from.after(&op, key);
        answer.is(code, &next) && explain(&next, &rest, to)
    })
}
