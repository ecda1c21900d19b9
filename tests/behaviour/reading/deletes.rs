//! Deletes, one and many.

use super::*;

#[tokio::test]
async fn what_is_deleted_is_gone_everywhere_at_once() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.upload("a.png", fixture("sample.png")).await;
    let (url, _) = sign(&acme, &asset, "").await;
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    let deleted = acme.delete(&path(&asset)).await;
    assert_eq!((deleted.status, deleted.bytes.len()), (204, 0));
    assert_eq!(acme.get(&path(&asset)).await.code(), "not_found");
    assert_eq!(acme.get(&format!("{}/signed-url", path(&asset))).await.code(), "not_found");
    assert_eq!(acme.delete(&path(&asset)).await.code(), "not_found");
    let ids = json!({ "ids": [asset["id"]] });
    for bulk in ["/api/v1/assets/signed-urls", "/api/v1/assets/delete"] {
        let answer = acme.post(bulk, ids.clone()).await.expect(200);
        assert_eq!(answer["data"][0]["error"]["code"], "not_found", "{bulk}");
    }
    assert!(acme.list("").await.is_empty() && world.object_keys().await.is_empty());
    assert_eq!(list(&acme, "page=1").await["meta"]["total"], 0);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 404);
}

#[tokio::test]
async fn of_many_deletes_at_once_one_is_the_one() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for _ in 0..5 {
        let asset = acme.upload("a.png", fixture("sample.png")).await;
        let asset = path(&asset);
        let answers = join_all((0..10).map(|_| acme.delete(&asset))).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![204], vec![404; 9]].concat());
    }
    assert!(world.object_keys().await.is_empty());
}

#[tokio::test]
async fn many_deletes_tell_of_each() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let foreign = other.write("text", json!({})).await["id"].clone();
    let mut ids = vec![foreign.clone(), unused_id()];
    for _ in 0..30 {
        ids.push(acme.write("text", json!({})).await["id"].clone());
    }
    let twice = ids[2].clone();
    ids.push(twice.clone());
    let answer = acme.post("/api/v1/assets/delete", json!({ "ids": ids })).await.expect(200);
    let outcomes = answer["data"].as_array().unwrap();
    assert_eq!(outcomes.iter().map(|outcome| outcome["id"].clone()).collect::<Vec<_>>(), ids);
    let gone = |outcome: &&Value| outcome["deleted"] == true && outcome.get("error").is_none();
    assert_eq!(outcomes.iter().filter(gone).count(), 30);
    assert_eq!(outcomes.iter().filter(|o| o["id"] == twice).filter(gone).count(), 1);
    for kept in outcomes.iter().filter(|outcome| !gone(outcome)) {
        assert_eq!(
            (&kept["deleted"], &kept["error"]["code"]),
            (&json!(false), &json!("not_found"))
        );
    }
    assert!(acme.list("").await.is_empty());
    assert_eq!(other.list("").await, [id(&foreign)]);
    assert_eq!(world.object_keys().await.len(), 1);
}
