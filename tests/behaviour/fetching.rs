//! A file that is fetched and stored, in a process of its own, so that its memory can be told.

use std::time::{Duration, Instant};

use local::functions::declared;
use objects::Objects;
use outbound::{Outbound, Reach, Rules};
use platform::Environment;
use tests::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;

const KEY: &str = "workspaces/acme/film";
/// How many MiB are fetched, unless `FETCH_MIB` says otherwise.
const MIB: u64 = 96;
/// What a process may hold for a fetch, beside what it is itself, whatever the size.
const MOST: u64 = 64 << 20;

#[tokio::test]
async fn memory_does_not_grow_with_the_file() {
    let world = World::quiet().await.leaving_events();
    let mib = std::env::var("FETCH_MIB").ok().map_or(MIB, |mib| mib.parse().unwrap());
    let begun = Instant::now();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["fetching::the_process_that_fetches", "--exact", "--ignored", "--nocapture"])
        .envs(world.engines.variables(declared("export")))
        .env("FETCH_URL", film(mib).await)
        .output();
    let output = child.await.unwrap();
    let took = begun.elapsed();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let head = world.objects().head(KEY).await.unwrap().unwrap();
    assert_eq!(head.size, mib << 20);
    // Linux alone tells it.
    let peaks = told
        .lines()
        .filter_map(|line| line.split_once("VmHWM:"))
        .map(|(_, peak)| peak.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024);
    if let [before, peak] = peaks.collect::<Vec<_>>()[..] {
        let growth = peak - before;
        println!("{mib} MiB in {took:?}, and at most {} MiB of memory for it", growth >> 20);
        assert!(growth < MOST, "{} MiB: {told}", growth >> 20);
    }
}

#[tokio::test]
#[ignore = "it is the process that the test above starts"]
async fn the_process_that_fetches() {
    let memory = || std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", memory());
    let environment = Environment::of_process();
    let url = environment.variable("FETCH_URL").unwrap();
    let long = Duration::from_hours(1);
    let rules = Rules { within: long, silence: long, ..Rules::new(Reach::Laptop, u64::MAX) };
    let film = Outbound::default().open(&url, &[], &rules).await.unwrap();
    let objects = Objects::of(&environment).unwrap();
    objects.store(KEY, "video/mp4", film.into_stream()).await.unwrap();
    println!("{}", memory());
}

/// The URL of a film of so many MiB.
async fn film(mib: u64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/film.mp4", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // All of the request: what is left unread breaks the connection at its end.
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", mib << 20);
        stream.write_all(head.as_bytes()).await.unwrap();
        let bytes = vec![7; 1 << 20];
        for _ in 0..mib {
            stream.write_all(&bytes).await.unwrap();
        }
    });
    url
}
