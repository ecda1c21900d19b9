//! The same step for many assets.

use super::*;

const BULK: &str = "/api/v1/assets/review";

async fn review(caller: &Client, ids: &[Value], action: &str) -> Vec<Value> {
    let answer = caller.post(BULK, json!({ "ids": ids, "action": action })).await.expect(200);
    answer["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_is_told_of_in_the_order_of_the_ids() {
    let (world, acme) = start().await;
    let other = world.workspace("other").await;
    let foreign = text(&other, &["submit"]).await["id"].clone();
    let pending = text(&acme, &["submit"]).await["id"].clone();
    let draft = text(&acme, &[]).await["id"].clone();
    let ids = [foreign.clone(), draft, pending, json!("0ujtsYcgvSTl8PAuAdqWYSMnLOv")];
    let outcomes = review(&acme, &ids, "approve").await;
    assert!(outcomes.iter().zip(&ids).all(|(outcome, id)| outcome["id"] == *id));
    let codes: Vec<_> = outcomes.iter().map(|o| o["error"]["code"].as_str()).collect();
    let not_found = Some("not_found");
    assert_eq!(codes, [not_found, Some("not_allowed"), None, not_found]);
    let statuses: Vec<_> = outcomes.iter().map(|o| o["status"].as_str()).collect();
    assert_eq!(statuses, [None, None, Some("approved"), None]);
    let details = json!({ "status": "draft", "allowed": ["submit", "archive"] });
    assert_eq!(outcomes[1]["error"]["details"], details);
    assert_eq!(outcomes[0]["error"], outcomes[3]["error"]);
    assert_eq!(other.list("status=pending_review").await, [id(&foreign)]);
}

#[tokio::test]
async fn a_hundred_go_through_every_state() {
    let (_world, acme) = start().await;
    let created = join_all((0..100).map(|_| acme.write("text", json!({})))).await;
    let ids: Vec<_> = created.iter().map(|asset| asset["id"].clone()).collect();
    for (action, status) in [
        ("submit", "pending_review"),
        ("approve", "approved"),
        ("request_changes", "draft"),
        ("submit", "pending_review"),
        ("request-changes", "draft"),
        ("archive", "archived"),
        ("restore", "draft"),
    ] {
        let outcomes = review(&acme, &ids, action).await;
        assert!(outcomes.iter().all(|outcome| outcome["status"] == status), "{action}");
        assert_eq!(acme.list(&format!("status={status}")).await.len(), 100, "{action}");
    }
}

#[tokio::test]
async fn an_id_that_is_there_twice_is_taken_once() {
    let (_world, acme) = start().await;
    let id = text(&acme, &[]).await["id"].clone();
    let outcomes = review(&acme, &[id.clone(), id], "submit").await;
    let taken = outcomes.iter().filter(|outcome| outcome["status"] == "pending_review").count();
    let refused = outcomes.iter().filter(|o| o["error"]["code"] == "not_allowed").count();
    assert_eq!((taken, refused), (1, 1));
}

#[tokio::test]
async fn the_comment_goes_on_record_with_each() {
    let (_world, acme) = start().await;
    let assets = [text(&acme, &[]).await, text(&acme, &[]).await];
    let ids = assets.each_ref().map(|asset| asset["id"].clone());
    let body = json!({ "ids": ids, "action": "archive", "comment": "Campaign is over" });
    let answer = acme.post(BULK, body).await;
    for asset in &assets {
        let event = &events(&acme, asset).await[0];
        assert_eq!(event["comment"], "Campaign is over");
        assert_eq!(event["request_id"], answer.header("x-request-id"));
    }
}
