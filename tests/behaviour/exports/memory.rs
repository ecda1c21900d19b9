//! How much memory an export takes.

use std::fs::File;
use std::io::{BufReader, Write};

use super::*;

/// How many MiB are exported, unless `EXPORT_MIB` says otherwise.
const MIB: usize = 96;
/// What a process that makes exports may hold, whatever their size.
const MOST: u64 = 80 << 20;

#[tokio::test]
async fn memory_does_not_grow_with_the_archive() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let mib = std::env::var("EXPORT_MIB").ok().map_or(MIB, |mib| mib.parse().unwrap());
    for n in 0..8_u8 {
        let asset = acme.upload("film.bin", vec![n; (mib << 20) / 8]).await;
        approve(&acme, &asset).await;
    }
    let begun = std::time::Instant::now();
    let path = ask(&acme, json!({ "filter": {} })).await;
    let mut export = read(&acme, &path).await;
    while export.get("expires_at").is_none() {
        export = read(&acme, &path).await;
    }
    let took = begun.elapsed();
    let key: PublicKey = export["public_key"].as_str().unwrap().parse().unwrap();
    let archive = fetched(&world, &export).await;
    let open = || BufReader::new(File::open(&archive).unwrap());
    assert_eq!(verify(open(), open(), &key).unwrap().differences, []);
    // Where the function runs in this process, its memory is the engines' as well.
    if let Some(peak) = world.peak_memory("export") {
        println!("{mib} MiB in {took:?}, and at most {} MiB of memory", peak >> 20);
        assert!(peak < MOST, "{} MiB", peak >> 20);
    }
}

/// The archive as a file, which goes when it is dropped.
async fn fetched(world: &World, export: &Value) -> tempfile::TempPath {
    let key = format!("exports/acme/{}/export.zip", export["id"].as_str().unwrap());
    let mut download = world.objects().download(&key, None).await.unwrap().unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    while let Some(chunk) = download.next().await.unwrap() {
        file.write_all(&chunk).unwrap();
    }
    file.into_temp_path()
}
