//! The state that outlives the process, and that an interrupted one leaves behind.

use super::server::{BUCKET, LATER, QUEUE, Server, record};
use crate::s3::{Error, Store};

#[tokio::test]
async fn restart_keeps_objects_and_events() {
    let server = Server::on_disk().await;
    let etag = server.put("a", b"one").await;
    server.put("b", b"two").await;
    let events = server.store.receive(QUEUE.name, 10, LATER, LATER).unwrap();
    server.store.acknowledge(&[events[0].id]).unwrap();
    let id = server
        .client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("c")
        .send()
        .await
        .unwrap()
        .upload_id
        .unwrap();

    let server = server.restart().await;
    assert_eq!(server.keys().await, ["a", "b"]);
    assert_eq!(server.get("a").await, b"one");
    let head = server.client.head_object().bucket(BUCKET).key("a").send().await.unwrap();
    assert_eq!(head.e_tag, Some(etag));
    server.store.event_added(QUEUE.name).await;
    let [kept] = server.take_events().try_into().unwrap();
    assert_eq!((kept.id, kept.receive_count, &kept.body), (events[1].id, 2, &events[1].body));
    server.client.list_parts().bucket(BUCKET).key("c").upload_id(id).send().await.unwrap();
}

#[tokio::test]
async fn a_restart_makes_received_events_due() {
    let server = Server::on_disk().await;
    server.put("a", b"one").await;
    assert_eq!(server.store.receive(QUEUE.name, 10, LATER, LATER + 1).unwrap().len(), 1);
    assert_eq!(server.store.receive(QUEUE.name, 10, LATER, LATER + 1).unwrap().len(), 0);
    let server = server.restart().await;
    assert_eq!(server.store.receive(QUEUE.name, 10, LATER, LATER + 1).unwrap().len(), 1);
}

#[tokio::test]
async fn sequencers_grow_across_restarts() {
    let server = Server::on_disk().await;
    server.put("a", b"one").await;
    let [before] = server.take_events().try_into().unwrap();
    let server = server.restart().await;
    server.put("a", b"two").await;
    let [after] = server.take_events().try_into().unwrap();
    let sequencer = |event| record(event)["s3"]["object"]["sequencer"].as_str().unwrap().to_owned();
    assert!(sequencer(&before) < sequencer(&after));
}

#[tokio::test]
async fn leftovers_are_swept() {
    let server = Server::on_disk().await;
    server.put("a", b"one").await;
    let directory = server.stop().await;
    // As a process leaves them that was killed before its transaction, and while bytes arrived.
    std::fs::write(directory.path().join("blobs/orphan"), b"x").unwrap();
    std::fs::write(directory.path().join("incoming/half"), b"x").unwrap();
    let _store = Store::open(directory.path(), vec![&QUEUE]).unwrap();
    assert_eq!(std::fs::read_dir(directory.path().join("blobs")).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(directory.path().join("incoming")).unwrap().count(), 0);
}

#[tokio::test]
async fn one_process_at_a_time() {
    let directory = tempfile::TempDir::new().unwrap();
    let store = Store::open(directory.path(), vec![&QUEUE]).unwrap();
    assert!(matches!(Store::open(directory.path(), vec![&QUEUE]), Err(Error::InUse(_))));
    drop(store);
    assert!(Store::open(directory.path(), vec![&QUEUE]).is_ok());
}
