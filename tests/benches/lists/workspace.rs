//! A workspace as agents fill it: a few values are everywhere, most are rare, and what belongs
//! together comes together.

use std::ops::Range;

use model::{Facet, Status, TagName, TagValue, Timestamp, WorkspaceId};
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::vocabulary::{KINDS, PROVIDERS, TAGS, TOOLS};

/// 2024-01-01T00:00:00Z, when the workspace began.
const START: i64 = 1_704_067_200_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// How many days the workspace has been in use.
const DAYS: i64 = 730;
/// How busy each hour of the day is, in UTC.
const HOURS: [u32; 24] =
    [1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 18, 16, 12, 16, 18, 17, 14, 9, 6, 5, 4, 3, 2, 1];

/// What sets an asset apart from others; [`Workspace::record`] makes the rest up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traits {
    pub(crate) at: i64,
    pub(crate) kind: usize,
    provider: u8,
    model: u8,
    tool: u8,
    pub(crate) status: Status,
    agent: u32,
    campaign: Option<u32>,
    conversation: u32,
    run: u32,
    execution: u32,
    /// Of each of [`TAGS`], which value.
    tags: Option<[u8; 3]>,
}

impl Traits {
    /// The asset's value of `facet`, if it has one.
    pub(crate) fn value(&self, facet: Facet) -> Option<String> {
        let (provider, models) = PROVIDERS[usize::from(self.provider)];
        Some(match facet {
            Facet::Execution => format!("exec-{:05x}", self.execution),
            Facet::Run => format!("run-{:05x}", self.run),
            Facet::Conversation => format!("conv-{:05x}", self.conversation),
            Facet::Campaign => format!("campaign-{}", self.campaign?),
            Facet::Agent => format!("agent-{}", self.agent),
            Facet::Provider => provider.to_owned(),
            Facet::Type => KINDS[self.kind].name.to_owned(),
            Facet::Status => self.status.as_str().to_owned(),
            Facet::Model => models[usize::from(self.model)].to_owned(),
            Facet::Tool => TOOLS[usize::from(self.tool)].to_owned(),
        })
    }

    /// Whether a version of it was approved.
    pub(crate) fn is_approved(&self) -> bool {
        self.status == Status::Approved
    }

    /// The asset's tags.
    pub(crate) fn tags(&self) -> Vec<(TagName, TagValue)> {
        let values = self.tags.into_iter().flatten();
        let tags = TAGS.iter().zip(values).map(|((name, _), value)| {
            (name.parse().unwrap(), format!("{name}-{value}").parse().unwrap())
        });
        tags.collect()
    }
}

/// One workspace.
pub(crate) struct Workspace {
    pub(crate) id: WorkspaceId,
    /// Oldest first.
    pub(crate) assets: Vec<Traits>,
    pub(crate) seed: u64,
}

impl Workspace {
    /// The workspace of `size` assets that `seed` always gives.
    pub(crate) fn generate(size: usize, seed: u64) -> Self {
        let seed = seed.wrapping_add(size as u64);
        let mut staff = Staff::new(size, StdRng::seed_from_u64(seed));
        while staff.assets.len() < size {
            staff.converse();
        }
        let mut assets = staff.assets;
        assets.truncate(size);
        assets.sort_by_key(|asset| asset.at);
        renumber(&mut assets, |asset| &mut asset.conversation);
        renumber(&mut assets, |asset| &mut asset.run);
        renumber(&mut assets, |asset| &mut asset.execution);
        Self { id: format!("size-{size}").parse().unwrap(), assets, seed }
    }
}

/// Numbers what `field` names in the order in which it first occurs, as the ids of conversations and
/// their like grow with time.
fn renumber(assets: &mut [Traits], field: impl Fn(&mut Traits) -> &mut u32) {
    let mut numbers = std::collections::HashMap::new();
    for asset in assets {
        let next = u32::try_from(numbers.len()).unwrap();
        let number = field(asset);
        *number = *numbers.entry(*number).or_insert(next);
    }
}

/// Numbers from 0, of which each is as likely as one by its place.
fn zipf(count: usize) -> WeightedIndex<f64> {
    WeightedIndex::new((1..=count).map(|place| 1.0 / place as f64)).unwrap()
}

/// A type as those who make it do.
struct Habits {
    providers: Vec<u8>,
    by_provider: WeightedIndex<f64>,
    tools: Vec<u8>,
    by_tool: WeightedIndex<f64>,
}

/// Everyone who works in a workspace.
struct Staff {
    rng: StdRng,
    assets: Vec<Traits>,
    kinds: WeightedIndex<f64>,
    habits: Vec<Habits>,
    agents: WeightedIndex<f64>,
    /// Of each agent, the type that it makes most.
    favourites: Vec<usize>,
    /// Of each campaign, when it runs: the most popular one always.
    seasons: Vec<Range<i64>>,
    by_campaign: WeightedIndex<f64>,
    tags: [WeightedIndex<f64>; 3],
    statuses: WeightedIndex<u32>,
    hours: WeightedIndex<u32>,
    conversations: u32,
    runs: u32,
    executions: u32,
}

impl Staff {
    fn new(size: usize, mut rng: StdRng) -> Self {
        let (agents, campaigns) = ((size / 2000).max(10), (size / 5000).max(10));
        let kinds = zipf(KINDS.len());
        let place = |all: &[&str], name: &str| {
            u8::try_from(all.iter().position(|one| *one == name).unwrap()).unwrap()
        };
        let names = PROVIDERS.map(|(name, _)| name);
        let habits = KINDS.iter().map(|kind| Habits {
            providers: kind.providers.iter().map(|name| place(&names, name)).collect(),
            by_provider: zipf(kind.providers.len()),
            tools: kind.tools.iter().map(|name| place(&TOOLS, name)).collect(),
            by_tool: zipf(kind.tools.len()),
        });
        let seasons = (0..campaigns).map(|place| {
            if place == 0 {
                return START..START + DAYS * DAY;
            }
            let begin = START + rng.random_range(-90..DAYS - 30) * DAY;
            begin..begin + rng.random_range(60..240) * DAY
        });
        let seasons = seasons.collect();
        Self {
            assets: Vec::new(),
            habits: habits.collect(),
            agents: zipf(agents),
            favourites: (0..agents).map(|_| kinds.sample(&mut rng)).collect(),
            seasons,
            by_campaign: zipf(campaigns),
            tags: TAGS.map(|(_, values)| zipf(values)),
            // Of drafts, approved, archived and pending.
            statuses: WeightedIndex::new([70, 20, 7, 3]).unwrap(),
            hours: WeightedIndex::new(HOURS).unwrap(),
            conversations: 0,
            runs: 0,
            executions: 0,
            kinds,
            rng,
        }
    }

    /// One conversation: about two runs, 40 assets.
    fn converse(&mut self) {
        let mut at = self.moment();
        let agent = self.agents.sample(&mut self.rng);
        for _ in 0..self.rng.random_range(1..=3) {
            self.run(&mut at, agent);
            at += self.rng.random_range(HOUR / 6..6 * HOUR);
            self.runs += 1;
        }
        self.conversations += 1;
    }

    /// One run: two or three executions, about 20 assets, for one campaign and one brand, if any.
    fn run(&mut self, at: &mut i64, agent: usize) {
        let campaign = self.rng.random_bool(0.5).then(|| self.campaign(*at));
        let brand = self.tags[0].sample(&mut self.rng);
        for _ in 0..self.rng.random_range(1..=4) {
            let agent = if self.often(0.7) { agent } else { self.agents.sample(&mut self.rng) };
            let kind = if self.often(0.7) {
                self.favourites[agent]
            } else {
                self.kinds.sample(&mut self.rng)
            };
            for _ in 0..self.rng.random_range(2..=14) {
                *at += self.rng.random_range(1_000..60_000);
                let asset = self.asset(*at, agent, kind, campaign, brand);
                self.assets.push(asset);
            }
            *at += self.rng.random_range(60_000..HOUR / 4);
            self.executions += 1;
        }
    }

    fn asset(
        &mut self,
        at: i64,
        agent: usize,
        kind: usize,
        campaign: Option<usize>,
        brand: usize,
    ) -> Traits {
        const STATUSES: [Status; 4] =
            [Status::Draft, Status::Approved, Status::Archived, Status::PendingReview];
        let small = |number: usize| u8::try_from(number).unwrap();
        let large = |number: usize| u32::try_from(number).unwrap();
        let kind = if self.often(0.8) { kind } else { self.kinds.sample(&mut self.rng) };
        let rng = &mut self.rng;
        let habits = &self.habits[kind];
        let provider = if rng.random_bool(0.96) {
            habits.providers[habits.by_provider.sample(rng)]
        } else {
            small(rng.random_range(0..PROVIDERS.len()))
        };
        let tool = if rng.random_bool(0.97) {
            habits.tools[habits.by_tool.sample(rng)]
        } else {
            small(rng.random_range(0..TOOLS.len()))
        };
        let tags = rng
            .random_bool(0.6)
            .then(|| [brand, self.tags[1].sample(rng), self.tags[2].sample(rng)].map(small));
        Traits {
            at,
            kind,
            provider,
            model: model_at(at, rng),
            tool,
            status: STATUSES[self.statuses.sample(rng)],
            agent: large(agent),
            campaign: campaign.map(large),
            conversation: self.conversations,
            run: self.runs,
            execution: self.executions,
            tags,
        }
    }

    fn often(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    /// When someone starts to work: more often lately, on weekdays and by day.
    fn moment(&mut self) -> i64 {
        loop {
            let passed = self.rng.random::<f64>().sqrt();
            #[expect(clippy::cast_possible_truncation, reason = "less than 730")]
            let day = (passed * DAYS as f64) as i64;
            // The workspace began on a Monday.
            if day % 7 >= 5 && self.often(0.7) {
                continue;
            }
            let hour = i64::try_from(self.hours.sample(&mut self.rng)).unwrap();
            return START + day * DAY + hour * HOUR + self.rng.random_range(0..HOUR);
        }
    }

    /// A campaign that runs at `at`.
    fn campaign(&mut self, at: i64) -> usize {
        loop {
            let place = self.by_campaign.sample(&mut self.rng);
            if self.seasons[place].contains(&at) || place == 0 {
                return place;
            }
        }
    }
}

/// Which of a provider's three models is used at `at`: mostly the newest of then.
fn model_at(at: i64, rng: &mut StdRng) -> u8 {
    let newest = u8::try_from((at - START) * 3 / (DAYS * DAY)).unwrap().min(2);
    match rng.random_range(0..10) {
        0..7 => newest,
        7..9 => newest.saturating_sub(1),
        _ => rng.random_range(0..3),
    }
}

/// The instant that `traits` say.
pub(crate) fn made_at(traits: &Traits) -> Timestamp {
    Timestamp::from_millis(traits.at)
}
