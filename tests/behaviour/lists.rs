//! Lists in every dialect: whatever is asked for, in pages of whatever size, while assets come,
//! change and go, the pages together are what a look at every asset finds.
//!
//! The oracle keeps its own account of each asset and compares field by field; it shares nothing
//! with the store.

mod assets;
mod budget;
mod cursors;
mod dates;
mod deep;
mod queries;
mod tags;
mod unreadable;
mod words;

use std::collections::BTreeSet;

use model::AssetId;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::Value;
use tests::{Client, World, id};

use self::assets::{Change, Shelf, change, looks};
use self::queries::{Dialect, Query, query};

/// How many lists are read in each library.
const LISTS: usize = 20;

/// A list read to its end, and what happens between its pages.
#[derive(Debug, Clone)]
struct Walk {
    query: Query,
    between: Vec<Vec<Change>>,
}

fn walks() -> impl Strategy<Value = Vec<Walk>> {
    let between = prop::collection::vec(prop::collection::vec(change(), 0..3), 0..6);
    let walk = (query(), between).prop_map(|(query, between)| Walk { query, between });
    prop::collection::vec(walk, LISTS)
}

struct Library {
    world: World,
    acme: Client,
    shelf: Shelf,
}

impl Library {
    async fn new(stock: Vec<assets::Looks>) -> Self {
        let world = World::quiet().await;
        let acme = world.workspace("acme").await;
        let mut shelf = Shelf::default();
        for looks in stock {
            shelf.apply(world.store(), Change::Insert(looks)).await;
        }
        Self { world, acme, shelf }
    }

    async fn page(&self, path: &str) -> Value {
        self.acme.get(path).await.expect(200)
    }

    async fn walk(&mut self, walk: &Walk) {
        match walk.query.dialect {
            Dialect::Cursor => self.walk_by_cursor(walk).await,
            Dialect::Page | Dialect::Team => self.walk_by_number(walk).await,
        }
    }

    /// Nothing that stayed is missing or comes twice, nothing comes that never matched.
    async fn walk_by_cursor(&mut self, walk: &Walk) {
        let before: BTreeSet<_> = self.shelf.matching(&walk.query).into_iter().collect();
        let (mut found, mut touched) = (Vec::new(), BTreeSet::new());
        let mut between = walk.between.iter();
        let mut cursor = None;
        loop {
            let page = self.page(&walk.query.by_cursor(cursor.as_deref())).await;
            let items: Vec<_> =
                page["items"].as_array().unwrap().iter().map(|item| id(&item["id"])).collect();
            assert!(items.len() <= walk.query.limit, "{walk:?}");
            found.extend(items);
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = Some(next.to_owned());
            for change in between.next().into_iter().flatten() {
                touched.extend(self.shelf.apply(self.world.store(), change.clone()).await);
            }
        }
        assert!(in_order(&found, walk.query.desc), "{walk:?}: {found:?}");
        let stayed = |id: &&AssetId| !touched.contains(*id);
        let found: BTreeSet<_> = found.into_iter().collect();
        let found_of_stayed: Vec<_> = found.iter().filter(stayed).collect();
        assert_eq!(found_of_stayed, before.iter().filter(stayed).collect::<Vec<_>>(), "{walk:?}");
        assert!(found.iter().all(|id| before.contains(id) || touched.contains(id)), "{walk:?}");
    }

    /// Each page is its slice of what matches then, and the total is right, or no more than right.
    async fn walk_by_number(&mut self, walk: &Walk) {
        let mut between = walk.between.iter();
        for page in 0..40 {
            // Totals, and what leads to deep pages, are of what is counted by then.
            self.world.tally().await;
            let expected = self.shelf.matching(&walk.query);
            let skip = page * walk.query.limit;
            let slice: Vec<_> =
                expected.iter().skip(skip).take(walk.query.limit).copied().collect();
            let ended = slice.is_empty();
            let answer = self.page(&walk.query.by_number(page)).await;
            if walk.query.dialect == Dialect::Team {
                let numbers = answer.as_array().unwrap().iter().map(|asset| asset["id"].as_u64());
                let slice: Vec<_> = slice.iter().map(|id| Some(id.number())).collect();
                assert_eq!(numbers.collect::<Vec<_>>(), slice, "{walk:?}");
            } else {
                let items = answer["data"].as_array().unwrap().iter();
                let items: Vec<_> = items.map(|item| id(&item["id"])).collect();
                assert_eq!(items, slice, "{walk:?} page {page}");
                let total = answer["meta"]["total"].as_u64().unwrap();
                let exact = answer["meta"].get("total_relation").is_none();
                let right = expected.len() as u64;
                assert!(total == right || !exact && total <= right, "{walk:?} page {page}");
                let pages = right.div_ceil(walk.query.limit as u64);
                assert_eq!(answer["meta"]["pages"], pages, "so few are all within reach: {walk:?}");
            }
            if ended {
                break;
            }
            for change in between.next().into_iter().flatten() {
                self.shelf.apply(self.world.store(), change.clone()).await;
            }
        }
    }
}

fn in_order(ids: &[AssetId], desc: bool) -> bool {
    ids.windows(2).all(|pair| if desc { pair[0] > pair[1] } else { pair[0] < pair[1] })
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, max_shrink_iters: 300, ..Config::with_cases(cases()) })]

    #[test]
    fn pages_together_are_what_a_look_at_every_asset_finds(
        stock in prop::collection::vec(looks(), 0..40),
        walks in walks(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(async {
            let mut library = Library::new(stock).await;
            for walk in &walks {
                library.walk(walk).await;
            }
        });
    }
}

/// How many libraries are tried: 16, or as many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(16)
}
