//! What is asked: of each class, by what random assets have.

use model::{Facet, Filter, Order};
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::workspace::{Traits, Workspace, made_at};

const DAY: i64 = 24 * 3_600_000;

/// One list's first page.
pub(crate) struct Query {
    pub(crate) filter: Filter,
    pub(crate) order: Order,
    pub(crate) limit: usize,
}

/// One thing that a list is filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Facet(Facet),
    Tag,
    Approved,
    /// From one day to another.
    Dates,
}

use Part::{Approved, Dates, Tag};

const AGENT: Part = Part::Facet(Facet::Agent);
const CAMPAIGN: Part = Part::Facet(Facet::Campaign);
const CONVERSATION: Part = Part::Facet(Facet::Conversation);
const EXECUTION: Part = Part::Facet(Facet::Execution);
const MODEL: Part = Part::Facet(Facet::Model);
const PROVIDER: Part = Part::Facet(Facet::Provider);
const RUN: Part = Part::Facet(Facet::Run);
const STATUS: Part = Part::Facet(Facet::Status);
const TOOL: Part = Part::Facet(Facet::Tool);
const TYPE: Part = Part::Facet(Facet::Type);

/// Of these, every pair and every three are asked for.
const COMBINED: [Part; 10] =
    [TYPE, PROVIDER, STATUS, AGENT, CAMPAIGN, MODEL, TOOL, Tag, Approved, Dates];

/// More at a time.
const MORE: [&[Part]; 6] = [
    &[TYPE, PROVIDER, STATUS, AGENT],
    &[TYPE, PROVIDER, MODEL, TOOL],
    &[TYPE, STATUS, CAMPAIGN, Tag],
    &[PROVIDER, STATUS, MODEL, Dates],
    &[TYPE, PROVIDER, STATUS, Tag, Dates],
    &[TYPE, PROVIDER, STATUS, AGENT, CAMPAIGN, Tag],
];

/// How often a browsing person filters by what.
const POPULARITY: [(Part, u32); 13] = [
    (TYPE, 20),
    (STATUS, 18),
    (PROVIDER, 10),
    (AGENT, 10),
    (CAMPAIGN, 10),
    (Tag, 10),
    (Dates, 8),
    (CONVERSATION, 4),
    (TOOL, 4),
    (MODEL, 4),
    (RUN, 3),
    (EXECUTION, 3),
    (Approved, 4),
];

/// How often by none, one, two, three and four things, in percent.
const FILTERS: [u32; 5] = [10, 35, 30, 17, 8];

/// What kind of query a class is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Singles,
    Pairs,
    Triples,
    More,
    Mix,
}

impl Group {
    pub(crate) const ALL: [Self; 5] =
        [Self::Singles, Self::Pairs, Self::Triples, Self::More, Self::Mix];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Singles => "one filter or none",
            Self::Pairs => "two filters",
            Self::Triples => "three filters",
            Self::More => "four to six filters",
            Self::Mix => "as people browse",
        }
    }
}

/// Queries of one kind.
pub(crate) struct Class {
    pub(crate) group: Group,
    /// Of all its queries, but those of [`Group::Mix`].
    parts: Vec<Part>,
}

impl Class {
    /// Every class, simpler ones first.
    pub(crate) fn all() -> Vec<Self> {
        let singles = Facet::ALL.map(Part::Facet).into_iter().chain([Tag, Approved, Dates]);
        let singles = std::iter::once(Vec::new()).chain(singles.map(|part| vec![part]));
        let triples = pairs(&COMBINED).flat_map(|pair| {
            let last = COMBINED.iter().position(|part| *part == pair[1]);
            let thirds = COMBINED[last.unwrap() + 1..].iter();
            thirds.map(move |third| [pair.as_slice(), &[*third]].concat())
        });
        let of = |group| move |parts| Self { group, parts };
        singles
            .map(of(Group::Singles))
            .chain(pairs(&COMBINED).map(of(Group::Pairs)))
            .chain(triples.map(of(Group::Triples)))
            .chain(MORE.map(<[Part]>::to_vec).map(of(Group::More)))
            .chain([Self { group: Group::Mix, parts: Vec::new() }])
            .collect()
    }

    /// What its queries have in common.
    pub(crate) fn name(&self) -> String {
        if self.group == Group::Mix {
            return "mix".to_owned();
        }
        let names: Vec<_> = self.parts.iter().map(|part| part.name()).collect();
        if names.is_empty() { "no filter".to_owned() } else { names.join(" + ") }
    }

    /// `count` queries of the class, always the same.
    pub(crate) fn draw(&self, workspace: &Workspace, count: usize) -> Vec<Query> {
        let seed = self.name().bytes().fold(workspace.seed, |seed, byte| {
            seed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
        });
        let mut draw = Draw { workspace, rng: StdRng::seed_from_u64(seed) };
        let query = |_| match self.group {
            Group::Mix => draw.any(),
            _ => draw.of(&self.parts),
        };
        (0..count).map(query).collect()
    }
}

fn pairs(parts: &[Part]) -> impl Iterator<Item = Vec<Part>> {
    let tails = parts.iter().enumerate().map(|(at, part)| (*part, &parts[at + 1..]));
    tails.flat_map(|(first, rest)| rest.iter().map(move |second| vec![first, *second]))
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Facet(facet) => facet.as_str(),
            Self::Tag => "tag",
            Self::Approved => "approved",
            Self::Dates => "dates",
        }
    }

    /// Whether a list so filtered can show the asset.
    fn is_of(self, asset: &Traits) -> bool {
        match self {
            Self::Facet(facet) => asset.value(facet).is_some(),
            Self::Tag => !asset.tags().is_empty(),
            Self::Approved => asset.is_approved(),
            Self::Dates => true,
        }
    }
}

/// Draws queries from a workspace.
struct Draw<'a> {
    workspace: &'a Workspace,
    rng: StdRng,
}

impl Draw<'_> {
    /// The newest 50 of what shares the parts with a random asset.
    fn of(&mut self, parts: &[Part]) -> Query {
        let mut filter = Filter::default();
        let asset = self.asset_with(parts);
        for part in parts {
            self.add(&mut filter, *part, &asset);
        }
        Query { filter, order: Order::Desc, limit: 50 }
    }

    /// What a browsing person may ask for.
    fn any(&mut self) -> Query {
        let parts = self.popular_parts();
        let mut filter = Filter::default();
        let asset = self.asset_with(&parts);
        for part in parts {
            self.add(&mut filter, part, &asset);
            if matches!(part, Part::Facet(_)) && self.rng.random_bool(0.15) {
                for _ in 0..self.rng.random_range(1..=2) {
                    let other = self.asset_with(&[part]);
                    self.add(&mut filter, part, &other);
                }
            }
        }
        let order = if self.rng.random_bool(0.8) { Order::Desc } else { Order::Asc };
        let limit = *[20, 50, 50, 100].choose(&mut self.rng).unwrap();
        Query { filter, order, limit }
    }

    fn popular_parts(&mut self) -> Vec<Part> {
        let count = WeightedIndex::new(FILTERS).unwrap().sample(&mut self.rng);
        let popular = WeightedIndex::new(POPULARITY.map(|(_, weight)| weight)).unwrap();
        let mut parts = Vec::new();
        while parts.len() < count {
            let (part, _) = POPULARITY[popular.sample(&mut self.rng)];
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts
    }

    fn asset_with(&mut self, parts: &[Part]) -> Traits {
        loop {
            let asset = *self.workspace.assets.choose(&mut self.rng).unwrap();
            if parts.iter().all(|part| part.is_of(&asset)) {
                return asset;
            }
        }
    }

    /// Also filters by what `asset` has.
    fn add(&mut self, filter: &mut Filter, part: Part, asset: &Traits) {
        match part {
            Part::Facet(facet) => {
                assert!(filter.allow(facet, &asset.value(facet).unwrap()));
            }
            Part::Tag => {
                let (name, value) = asset.tags().choose(&mut self.rng).cloned().unwrap();
                assert!(filter.allow_tag(name, &value));
            }
            Part::Approved => filter.approved = true,
            Part::Dates => {
                let days = *[1, 7, 30, 90].choose(&mut self.rng).unwrap();
                let midnight = made_at(asset).plus(-(asset.at % DAY));
                let from = midnight.plus(-self.rng.random_range(0..days) * DAY);
                filter.created_from = Some(from);
                filter.created_to = Some(from.plus(days * DAY));
            }
        }
    }
}
