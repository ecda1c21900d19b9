//! The tools that change something.

use api::revision::seen;
use model::{Action, Asset, Error, Record, Tags};

use crate::answers::{Answer, AssetAnswer, DeletedAnswer};
use crate::arguments::{DeleteArguments, ReviewArguments, TagArguments, TagValues};
use crate::context::Context;
use crate::refusal::Refusal;
use crate::shown::Shown;

/// The tools by which the current version goes through review.
pub(crate) async fn review(
    context: &Context,
    action: Action,
    arguments: ReviewArguments,
) -> Result<Answer, Refusal> {
    let note = context.caller.note(arguments.comment, context.deps.clock.now());
    let (workspace, store) = (&context.caller.workspace, &context.deps.store);
    let ReviewArguments { id, version, etag, .. } = arguments;
    let seen = seen(version, etag.as_deref());
    changed(store.review(workspace, id, action, &seen, &note).await?)
}

pub(crate) async fn tag_asset(
    context: &Context,
    arguments: TagArguments,
) -> Result<Answer, Refusal> {
    let TagArguments { id, add, remove, set, etag } = arguments;
    if add.is_empty() && remove.is_empty() && set.is_empty() {
        return Err(Refusal::argument("arguments", "expected at least one of add, remove and set"));
    }
    let note = context.caller.note(None, context.deps.clock.now());
    let (workspace, store) = (&context.caller.workspace, &context.deps.store);
    let edit = |asset: &mut Asset| {
        asset.tags = tagged(&asset.tags, &set, &remove, &add)?;
        Ok(())
    };
    let seen = seen(None, etag.as_deref());
    changed(store.edit(workspace, id, &seen, &note, edit).await?)
}

/// The tags after a change.
fn tagged(
    tags: &Tags,
    set: &TagValues,
    remove: &TagValues,
    add: &TagValues,
) -> model::Result<Tags> {
    let mut next = TagValues::new();
    for (name, value) in tags.pairs() {
        next.entry(name.clone()).or_default().push(value.clone());
    }
    next.extend(set.clone());
    for (name, values) in remove {
        if let Some(left) = next.get_mut(name) {
            left.retain(|value| !values.is_empty() && !values.contains(value));
        }
    }
    for (name, values) in add {
        next.entry(name.clone()).or_default().extend(values.iter().cloned());
    }
    Tags::try_from(next).map_err(|expected| Error::Conflict {
        code: "too_many_tags",
        detail: format!("the asset would have too many tags: {expected}; remove some"),
    })
}

pub(crate) async fn delete_asset(
    context: &Context,
    arguments: DeleteArguments,
) -> Result<Answer, Refusal> {
    let DeleteArguments { id, version, etag, force } = arguments;
    let seen = seen(version, etag.as_deref());
    context.assets().delete(&context.caller.workspace, id, &seen, force).await?;
    Ok(Answer::new(&DeletedAnswer { id, deleted: true })?)
}

/// A tool's answer about the asset that it changed.
fn changed(record: Record) -> Result<Answer, Refusal> {
    Ok(AssetAnswer::answer(Shown::brief(record.asset), record.revision)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_are_set_then_removed_then_added() {
        let values = |json| serde_json::from_value::<TagValues>(json).unwrap();
        let tags: Tags = serde_json::from_value(json!({ "a": ["1", "2"], "b": ["1"] })).unwrap();
        let change = |set, remove, add| {
            let tags = tagged(&tags, &values(set), &values(remove), &values(add)).unwrap();
            serde_json::to_value(tags).unwrap()
        };
        let none = || json!({});
        assert_eq!(
            change(none(), none(), json!({ "a": ["2", "3"] })),
            json!({ "a": ["1", "2", "3"], "b": ["1"] })
        );
        assert_eq!(
            change(json!({ "a": ["3"] }), none(), none()),
            json!({ "a": ["3"], "b": ["1"] })
        );
        assert_eq!(change(json!({ "a": [] }), json!({ "b": [] }), none()), none());
        let all = change(
            json!({ "a": ["3", "4"] }),
            json!({ "a": ["4"], "c": ["1"] }),
            json!({ "b": ["2"] }),
        );
        assert_eq!(all, json!({ "a": ["3"], "b": ["1", "2"] }));
    }
}
