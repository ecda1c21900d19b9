//! Pages and descriptions say the words and the numbers that the code has.

use std::fmt::Display;

use api::{MAX_BODY, MOST_IDS, MOST_TARGETS, PageSize};
use assets::{MAX_CONTENT, MAX_FILE};
use model::asset::MAX_RECORD;
use model::due::{ABANDON_AFTER, GRACE};
use model::export::{
    ABANDONED, FORGOTTEN, LEASE, LIFE, MOST_ATTEMPTS, MOST_BYTES, MOST_FILES, STALLED,
};
use model::index::Index;
use model::store::DEEPEST;
use model::time::{DAY, HOUR, MINUTE};
use model::{Action, Comment, Filter, IdempotencyKey, Metadata, Prompt, Status, Title};
use objects::Lifetime;
use serde_json::Value;

use crate::openapi::document;

/// The pages that name words and numbers.
const PAGES: [(&str, &str); 8] = [
    ("README.md", include_str!("../../README.md")),
    ("docs/api.md", include_str!("../../docs/api.md")),
    ("docs/exports.md", include_str!("../../docs/exports.md")),
    ("docs/lists.md", include_str!("../../docs/lists.md")),
    ("docs/mcp.md", include_str!("../../docs/mcp.md")),
    ("docs/retention.md", include_str!("../../docs/retention.md")),
    ("docs/review.md", include_str!("../../docs/review.md")),
    ("functions/list/openapi.json", include_str!("../../functions/list/openapi.json")),
];

/// Fails where the page does not say `text`, wherever its lines break.
#[track_caller]
fn says(page: &str, text: impl Display) {
    let (_, content) = PAGES.iter().find(|(name, _)| *name == page).unwrap();
    let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(content.contains(&text.to_string()), "{page} does not say: {text}");
}

/// Fails where the page does not say `text`, or what it says does not hold.
#[track_caller]
fn says_truly(page: &str, text: &str, holds: bool) {
    says(page, text);
    assert!(holds, "{page} says what is not so: {text}");
}

/// `10,000`
fn grouped(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    }
}

#[test]
fn pages_name_every_state_and_what_it_can_become() {
    for status in Status::ALL {
        let steps: Vec<_> =
            Action::allowed(status).map(|action| format!("`{}`", action.as_str())).collect();
        says("docs/review.md", format!("| `{}` | {} |", status.as_str(), steps.join(", ")));
        says("docs/retention.md", format!("`{}`", status.as_str()));
    }
    for action in Action::ALL {
        let action = action.as_str();
        let told = document()["components"]["schemas"]["HistoryEvent"]["properties"]["action"]
            ["description"]
            .to_string();
        assert!(told.contains(&format!("`{action}`")), "HistoryEvent does not name {action}");
    }
}

#[test]
fn pages_name_every_index() {
    for index in Index::all() {
        says("docs/lists.md", format!("`{}`", index.name));
    }
}

#[test]
fn the_page_of_the_api_names_the_limits() {
    let api = |text: String| says("docs/api.md", text);
    api(format!("| a body | {} MiB;", MAX_BODY >> 20));
    api(format!("| `content`, text that comes with a request | {} MiB |", MAX_CONTENT >> 20));
    api(format!("| an upload by link | {} GiB |", MAX_FILE >> 30));
    let metadata = Metadata::MAX >> 10;
    api(format!(
        "| a record | {} KiB as JSON, of which `metadata` {metadata} KiB |",
        MAX_RECORD >> 10
    ));
    says("README.md", format!("a JSON object of at most {metadata} KB"));
    api(format!("| an MCP message | {} KiB |", mcp::MAX_BYTES >> 10));
    api(format!("| ids of a bulk request | {MOST_TARGETS}; of an export {} |", grouped(MOST_IDS)));
    let (cursor, number) = (PageSize::BY_CURSOR.most, PageSize::BY_NUMBER.most);
    api(format!("| a page | {cursor} assets by cursor, {number} by number |"));
    let lives = Lifetime::DEFAULT == 3600 && Lifetime::MAX == 7 * 24 * 3600;
    let link = "| a link | one hour unless asked for otherwise, at most seven days |";
    says_truly("docs/api.md", link, lives);
    api(format!("separate the values by commas. At most {}.", Filter::MAX_VALUES));
    api(format!("harmless for {} hours", IdempotencyKey::LIFE / HOUR));
}

#[test]
fn other_pages_name_their_limits() {
    says("docs/lists.md", format!("in pages of up to {}", PageSize::BY_CURSOR.most));
    says("docs/lists.md", format!("goes {} assets deep", grouped(DEEPEST)));
    says("docs/mcp.md", format!("a page of at most {}", mcp::MOST));
    says("docs/mcp.md", format!("a text of at most {} MiB", MAX_CONTENT >> 20));
    says("docs/mcp.md", format!("in base 64, up to {} MiB", mcp::MAX_FILE >> 20));
    says_truly("docs/mcp.md", "for a day", IdempotencyKey::LIFE == DAY);
    says("docs/retention.md", format!("given up {} hours after", ABANDON_AFTER / HOUR));
    says_truly("docs/retention.md", "is removed after eight days", GRACE == 8 * DAY);
    let exports = |text: String| says("docs/exports.md", text);
    exports(format!("by up to {} ids", grouped(MOST_IDS)));
    exports(format!("the same export for {} hours", IdempotencyKey::LIFE / HOUR));
    let PageSize { most, default, .. } = PageSize::BY_CURSOR;
    exports(format!("`limit` (1 to {most}, default {default})"));
    exports(format!("at most {} files and {} GiB", grouped(MOST_FILES), MOST_BYTES >> 30));
    exports(format!("after {} minutes `cleanup` does", FORGOTTEN / MINUTE));
    exports(format!("The lease is {} seconds", LEASE / 1000));
    exports(format!("parts of {} MiB", objects::PART >> 20));
    for (text, holds) in [
        ("After a minute of silence", ABANDONED == MINUTE),
        ("After ten attempts, or six hours", MOST_ATTEMPTS == 10 && STALLED == 6 * HOUR),
        ("is kept for a week", LIFE == 7 * DAY),
        ("a link to the archive that works for an hour", Lifetime::DEFAULT == 3600),
    ] {
        says_truly("docs/exports.md", text, holds);
    }
}

#[test]
fn the_description_names_the_limits() {
    let says = |text: String| says("functions/list/openapi.json", text);
    says(format!("mean any of them, at most {}.", Filter::MAX_VALUES));
    says(format!("Up to {DEEPEST} assets deep"));
    says(format!("Signs download links for up to {MOST_TARGETS} assets"));
    says(format!("Deletes up to {MOST_TARGETS} assets"));
    says(format!("Takes up to {MOST_TARGETS} assets"));
    says(format!("One JSON-RPC 2.0 message, of at most {} KiB", mcp::MAX_BYTES >> 10));
    let document = document();
    for (field, most) in [
        ("Asset/properties/title", Title::MAX),
        ("Asset/properties/prompt", Prompt::MAX),
        ("HistoryEvent/properties/comment", Comment::MAX),
    ] {
        let schema = document.pointer(&format!("/components/schemas/{field}")).unwrap();
        assert_eq!(schema["maxLength"], most, "{field}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        let parameters = item
            .as_object()
            .unwrap()
            .values()
            .filter_map(|operation| operation["parameters"].as_array());
        for parameter in parameters.flatten() {
            let name = parameter["name"].as_str().unwrap();
            if let Some(text) = description(path, name) {
                assert_eq!(parameter["description"], *text, "{name} of {path}");
            }
            if name == "limit" {
                let most = size(path).most;
                assert_eq!(parameter["schema"]["maximum"], Value::from(most), "limit of {path}");
            }
        }
    }
}

/// The size of a page of the route by default.
fn size(path: &str) -> PageSize {
    if path == "/api/assets" { PageSize::OF_TEAM } else { PageSize::BY_CURSOR }
}

/// The description of a parameter whose number the code has.
fn description(path: &str, name: &str) -> Option<String> {
    let told = |size: PageSize| format!("1 to {}, default {}", size.most, size.default);
    Some(match (name, path) {
        ("limit", "/api/v1/assets") => {
            format!("{}; with page {}", told(PageSize::BY_CURSOR), told(PageSize::BY_NUMBER))
        }
        ("limit", _) => told(size(path)),
        ("Idempotency-Key", _) => format!("Honoured for {} hours", IdempotencyKey::LIFE / HOUR),
        ("expires_in", _) => {
            let default = Lifetime::DEFAULT;
            format!("Seconds, default {default}; capped by the signing credentials' life")
        }
        _ => return None,
    })
}
