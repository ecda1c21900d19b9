//! Many changes of one asset at the same time.

use std::collections::BTreeMap;

use super::*;

const MANY: usize = 64;

/// How many answers there are of each status and code.
fn counted(answers: &[Response]) -> BTreeMap<(u16, String), usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry((answer.status, answer.code().to_owned())).or_default() += 1;
    }
    counts
}

/// That all have this status and code, but one, which is granted.
fn one_and(status: u16, code: &str) -> BTreeMap<(u16, String), usize> {
    BTreeMap::from([((200, String::new()), 1), ((status, code.to_owned()), MANY - 1)])
}

#[tokio::test]
async fn edits_at_once_are_all_made() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let edit = |n: usize| patch(&acme, &asset, json!({ "title": format!("title {n}") }));
    let answers = join_all((0..MANY).map(edit)).await;
    assert_eq!(counted(&answers), BTreeMap::from([((200, String::new()), MANY)]));
    assert_eq!(events(&acme, &asset).await.len(), MANY + 1);
}

#[tokio::test]
async fn of_steps_at_once_one_is_taken() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let answers = join_all((0..MANY).map(|_| step(&acme, &asset, "submit"))).await;
    assert_eq!(counted(&answers), one_and(409, "not_allowed"));
}

#[tokio::test]
async fn of_steps_at_once_of_what_was_seen_one_is_taken() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &["submit"]).await;
    let etag = read(&acme, &asset).await.1;
    let approve = || {
        let request = acme.request(Method::POST, &format!("{}/approve", path(&asset)));
        acme.send(request.header("If-Match", &etag))
    };
    let answers = join_all((0..MANY).map(|_| approve())).await;
    assert_eq!(counted(&answers), one_and(412, "precondition_failed"));
}

#[tokio::test]
async fn versions_at_once_have_numbers_of_their_own() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let route = format!("{}/versions", path(&asset));
    let add = |n: usize| acme.post(&route, json!({ "content": format!("text {n}") }));
    let mut numbers = Vec::new();
    for answer in join_all((0..MANY).map(add)).await {
        numbers.push(answer.expect(201)["data"]["version"].as_u64().unwrap());
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((numbers.len(), numbers[0]), (MANY, 2));
    let (asset, _) = read(&acme, &asset).await;
    assert_eq!(asset["version"].as_u64(), numbers.last().copied());
    let page = acme.get(&format!("{route}?limit=200")).await.expect(200);
    let found = page["items"].as_array().unwrap();
    assert_eq!(found.len(), MANY + 1);
    assert!(found.iter().all(|version| version["upload_status"] == "complete"));
}

#[tokio::test]
async fn everything_at_once_is_granted_or_refused_in_words() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let etag = read(&acme, &asset).await.1;
    let change = async |n: usize| match n % 4 {
        0 => patch(&acme, &asset, json!({ "tags": { "n": [n.to_string()] } })).await,
        1 => acme.post(&format!("{}/versions", path(&asset)), json!({ "content": "x" })).await,
        2 => step(&acme, &asset, ["submit", "approve", "archive", "restore"][n / 4 % 4]).await,
        _ => {
            let request = acme.request(Method::PATCH, &path(&asset)).header("If-Match", &etag);
            acme.send(request.json(&json!({ "title": n.to_string() }))).await
        }
    };
    for answer in join_all((0..MANY).map(change)).await {
        assert!([200, 201, 409, 412].contains(&answer.status), "{}", answer.json);
    }
}

#[tokio::test]
async fn a_change_without_end_of_others_is_a_conflict_that_changes_nothing() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = text(&acme, &[]).await;
    let before = (read(&acme, &asset).await, events(&acme, &asset).await);
    let route = format!("{}/versions", path(&asset));
    for version in [true, false] {
        world.wire.conflict([true; 100]);
        let answer = if version {
            acme.post(&route, json!({ "content": "second" })).await
        } else {
            patch(&acme, &asset, json!({ "title": "New" })).await
        };
        assert_eq!((answer.status, answer.code()), (409, "contended"));
        world.wire.conflict([]);
        assert_eq!((read(&acme, &asset).await, events(&acme, &asset).await), before);
    }
    world.wire.conflict([true; 5]);
    acme.post(&route, json!({ "content": "second" })).await.expect(201);
    assert_eq!(
        read(&acme, &asset).await.0["version"],
        3,
        "the one that was refused took the number 2"
    );
}
