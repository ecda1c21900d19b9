//! A crash at any request leaves an asset as it was, or changed and on record as changed.

use tests::When;

use super::*;

/// The asset and its history, as callers see them.
async fn observe(caller: &Client, asset: &Value) -> (Value, Vec<Value>) {
    (read(caller, asset).await.0, events(caller, asset).await)
}

/// Has `change` crash at each of its requests in turn, and then be tried again, which must answer as
/// `repeated` where the first attempt did take effect.
async fn crash(steps: &[&str], repeated: u16, change: impl AsyncFn(&Client, &Value) -> Response) {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let (mut old, mut new) = (0, 0);
    for when in [When::Before, When::After] {
        for nth in 0.. {
            let asset = text(&acme, steps).await;
            let before = observe(&acme, &asset).await;
            let answer = world.wire.crash_at(nth, when, change(&acme, &asset)).await;
            let after = observe(&acme, &asset).await;
            let changed = after.0 != before.0;
            let place = format!("{when:?} request {nth}");
            assert_eq!(after.1.len(), before.1.len() + usize::from(changed), "{place}");
            if let Some(answer) = answer {
                assert!(answer.status == 200 && changed, "{place}");
                break;
            }
            let again = change(&acme, &asset).await.status;
            assert_eq!(again, if changed { repeated } else { 200 }, "{place}");
            assert_eq!(events(&acme, &asset).await.len(), before.1.len() + 1, "{place}");
            if changed { new += 1 } else { old += 1 }
        }
    }
    assert!(old > 0 && new > 0, "crashes left {old} as they were and {new} changed");
}

#[tokio::test]
async fn of_a_step() {
    crash(&["submit"], 409, async |acme, asset| step(acme, asset, "approve").await).await;
}

#[tokio::test]
async fn of_an_archiving() {
    crash(&["submit", "approve"], 409, async |acme, asset| step(acme, asset, "archive").await)
        .await;
}

#[tokio::test]
async fn of_an_edit() {
    let body = json!({ "title": "New", "tags": { "brand": ["acme", "bolt"] } });
    crash(&[], 200, async |acme, asset| patch(acme, asset, body.clone()).await).await;
}
