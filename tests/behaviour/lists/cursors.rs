//! Cursors that were tampered with.

use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::json;
use tests::{World, id};

/// What is done to a cursor's text.
#[derive(Debug, Clone)]
enum Tampering {
    Replace(usize, char),
    Truncate(usize),
    Append(String),
    Instead(String),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let letter = prop::sample::select(
        ('a'..='z').chain('A'..='Z').chain("-_09".chars()).collect::<Vec<_>>(),
    );
    prop_oneof![
        4 => (any::<usize>(), letter).prop_map(|(at, letter)| Tampering::Replace(at, letter)),
        1 => any::<usize>().prop_map(Tampering::Truncate),
        1 => "[A-Za-z0-9_-]{1,9}".prop_map(Tampering::Append),
        1 => "[A-Za-z0-9_=.-]{0,60}".prop_map(Tampering::Instead),
        1 => Just(Tampering::Append("A".repeat(6000))),
    ]
}

fn tampered(cursor: &str, tampering: Tampering) -> String {
    match tampering {
        Tampering::Replace(at, letter) => {
            let at = at % cursor.len();
            format!("{}{letter}{}", &cursor[..at], &cursor[at + 1..])
        }
        Tampering::Truncate(at) => cursor[..at % cursor.len()].to_owned(),
        Tampering::Append(more) => format!("{cursor}{more}"),
        Tampering::Instead(text) => text,
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(4) })]

    #[test]
    fn a_tampered_cursor_is_refused_or_another_place_in_the_callers_own_list(
        attempts in prop::collection::vec(tampering(), 100),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(async {
            let world = World::quiet().await;
            let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
            let mut own = Vec::new();
            for n in 0..4 {
                own.push(id(&acme.write(&format!("text {n}"), json!({})).await["id"]));
                other.write(&format!("text {n}"), json!({})).await;
            }
            let page = acme.get("/api/v1/assets?limit=2&type=copy").await.expect(200);
            let cursor = page["next_cursor"].as_str().unwrap();
            for attempt in attempts {
                let cursor = tampered(cursor, attempt);
                let path = format!("/api/v1/assets?limit=2&type=copy&cursor={cursor}");
                let answer = acme.get(&path).await;
                if answer.status == 200 {
                    let items = answer.json["items"].as_array().unwrap();
                    assert!(items.iter().all(|item| own.contains(&id(&item["id"]))), "{path}");
                } else {
                    assert_eq!((answer.status, answer.code()), (400, "invalid_parameter"), "{path}");
                }
            }
        });
    }
}
