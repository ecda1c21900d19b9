//! What writing an asset with every facet costs.

use serde_json::json;
use tests::{World, fixture};

/// Write capacity units of registering an asset and of completing its upload, with and without three
/// tags.
pub(crate) async fn cost(tagged: bool) -> (f64, f64) {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let mut body = json!({
        "execution_id": "exec-1", "agent_id": "painter", "conversation_id": "conv-1",
        "run_id": "42", "campaign_id": "spring", "type": "image", "provider": "fal",
        "model": "flux", "tool": "image_gen", "title": "A hero image",
        "prompt": "a lighthouse at dawn, oil on canvas", "metadata": { "seed": 7 },
        "upload": { "file_name": "hero.png", "content_type": "image/png" },
    });
    if tagged {
        body["tags"] = json!({ "brand": ["north"], "audience": ["new"], "channel": ["web"] });
    }
    world.wire.take_usage();
    let created = acme.create(body).await.expect(201);
    let registered = world.wire.take_usage().wcu;
    assert_eq!(acme.put(&created["upload"], fixture("sample.png")).await.status, 200);
    world.deliver().await;
    (registered, world.wire.take_usage().wcu)
}
