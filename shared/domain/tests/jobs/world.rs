//! All that workers share: the table, the queue, the provider, the store, the books, and the time.

use std::collections::BTreeMap;
use std::fmt::Write;

use domain::budget::{Books, Budget};
use domain::job::{Job, JobStatus, LONG_LEASE, OutputState, Submitted};
use domain::time::{HOUR, MINUTE};
use domain::{AssetId, Reference, Timestamp};

use crate::provider::{End, PRICE, Provider, Task};
use crate::random::Random;
use crate::worker::{Step, Worker};

/// 2026-11-28T00:00:00Z.
const START: Timestamp = Timestamp::from_millis(1_795_824_000_000);
/// The most steps of a history's end, in which nothing is in the way any more.
const MOST_STEPS: usize = 50_000;

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) at: Timestamp,
    pub(crate) generation: usize,
    pub(crate) news: News,
}

#[derive(Debug, Clone)]
pub(crate) enum News {
    Wake,
    Webhook(Option<String>),
    Cancel,
}

pub(crate) struct World {
    seed: u64,
    pub(crate) now: Timestamp,
    pub(crate) random: Random,
    pub(crate) jobs: Vec<Job>,
    pub(crate) provider: Provider,
    /// True while answers are lost.
    pub(crate) trouble: bool,
    messages: Vec<Message>,
    budget: Budget,
    books: Books,
    assets: BTreeMap<(usize, usize), String>,
    /// Who is trusted to be at the fetch of which output, and until when.
    fetching: BTreeMap<(usize, usize), (Reference, Timestamp)>,
    log: String,
}

/// The history of a seed: its log, and the states that its jobs ended in.
pub(crate) fn history(seed: u64) -> (String, Vec<JobStatus>) {
    let mut world = World::new(seed);
    let mut workers: Vec<Worker> = (0..3).map(Worker::new).collect();
    world.ask();
    for _ in 0..40 + world.random.below::<usize>(160) {
        world.chaos(&mut workers);
    }
    world.trouble = false;
    world.settle(&mut workers);
    world.check();
    let statuses = world.jobs.iter().map(|job| job.status).collect();
    (world.log, statuses)
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let provider = Provider::new(&mut random);
        Self {
            seed,
            now: START,
            provider,
            random,
            jobs: Vec::new(),
            trouble: true,
            messages: Vec::new(),
            budget: Budget { day: Some(3 * PRICE), month: Some(4 * PRICE) },
            books: Books::default(),
            assets: BTreeMap::new(),
            fetching: BTreeMap::new(),
            log: String::new(),
        }
    }

    /// Generations are asked for, of which the budget allows some.
    fn ask(&mut self) {
        for _ in 0..=self.random.below::<usize>(4) {
            let [day, _] = self.budget.reserve(PRICE).unwrap();
            let Ok(books) = day.on(self.books) else { continue };
            self.books = books;
            let deadline = self.now.plus(self.random.pick(&[10 * MINUTE, HOUR, 4 * HOUR]));
            self.jobs.push(Job::new(PRICE, deadline, self.now));
            let generation = self.jobs.len() - 1;
            self.send(Message { at: self.now, generation, news: News::Wake });
        }
    }

    /// One event of the time in which all goes wrong.
    fn chaos(&mut self, workers: &mut [Worker]) {
        let worker = self.random.below::<usize>(workers.len() as u64);
        match self.random.below::<u32>(100) {
            0..70 => workers[worker].go(self),
            70..82 => {
                let most = self.random.pick(&[100, 2_000, 30_000, 3 * MINUTE.unsigned_abs()]);
                self.now = self.now.plus(self.random.below(most));
            }
            82..84 => self.now = self.now.plus(self.random.below(HOUR.unsigned_abs())),
            84..88 => {
                self.note(&format!("w{worker} crashes at {:?}", workers[worker].step));
                workers[worker].step = Step::Idle;
            }
            88..92 => self.schedule(),
            92..94 => {
                let generation = self.random.below::<usize>(self.jobs.len() as u64);
                self.send(Message { at: self.now, generation, news: News::Cancel });
            }
            other if !self.messages.is_empty() => {
                let index = self.random.below::<usize>(self.messages.len() as u64);
                match other {
                    94..97 => self.messages.push(self.messages[index].clone()),
                    _ => drop(self.messages.swap_remove(index)),
                }
            }
            _ => {}
        }
    }

    /// All that is left to do, with time going on and the schedule as the alarm.
    fn settle(&mut self, workers: &mut [Worker]) {
        for _ in 0..MOST_STEPS {
            for worker in &mut *workers {
                worker.go(self);
            }
            let is_idle = workers.iter().all(|worker| matches!(worker.step, Step::Idle));
            if !is_idle || self.messages.iter().any(|message| message.at <= self.now) {
                continue;
            }
            self.messages.retain(|message| !matches!(message.news, News::Wake));
            let due = self.jobs.iter().filter_map(|job| job.due_at);
            match due.chain(self.messages.iter().map(|message| message.at)).min() {
                None => return,
                Some(at) => self.now = self.now.max(at),
            }
            self.schedule();
        }
        self.fail("the history has no end");
    }

    /// The schedule: an alarm for each job that is due.
    fn schedule(&mut self) {
        for generation in 0..self.jobs.len() {
            if self.jobs[generation].due_at.is_some_and(|at| at <= self.now) {
                self.send(Message { at: self.now, generation, news: News::Wake });
            }
        }
    }

    pub(crate) fn send(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// A message that is there, in any order.
    pub(crate) fn take(&mut self) -> Option<Message> {
        let there = self.messages.iter().enumerate().filter(|(_, message)| message.at <= self.now);
        let there: Vec<usize> = there.map(|(index, _)| index).collect();
        (!there.is_empty()).then(|| {
            let index = self.random.pick(&there);
            self.messages.swap_remove(index)
        })
    }

    /// Writes a job and the books, on condition that the job is the one read.
    pub(crate) fn write(&mut self, generation: usize, read: u64, next: &Job) -> bool {
        let before = self.jobs[generation].clone();
        if before.revision != read {
            self.note(&format!("{generation} has changed since {read}"));
            return false;
        }
        let next = Job { revision: read + 1, ..next.clone() };
        self.note(&format!("{generation} is {next:?}"));
        if before.status.has_ended() {
            self.fail("what has ended is written again");
        }
        if let (Some(was), Some(is)) = (before.progress, next.progress)
            && (is.phase < was.phase
                || is.percent < was.percent
                || is.position.is_some_and(|at| was.position.is_some_and(|was| at > was)))
        {
            self.fail("progress runs backwards");
        }
        self.books = self.books.with(next.entry(&before));
        self.jobs[generation] = next;
        true
    }

    /// True if the answer to a write arrives.
    pub(crate) fn is_heard(&mut self) -> bool {
        !(self.trouble && self.random.chance(10))
    }

    /// Submits a generation, of which no submission may have been one before.
    pub(crate) fn submit(&mut self, generation: usize) -> Submitted {
        let mut sent = self.provider.sent.iter().filter(|sent| sent.generation == generation);
        if sent.any(|sent| !sent.is_void) {
            self.fail("a generation is submitted that may have been made");
        }
        let made = self.provider.tasks.len();
        let answer = self.provider.submit(generation, self.now, &mut self.random, self.trouble);
        if self.provider.tasks.len() > made && self.provider.calls_back {
            let ends_at = self.provider.tasks[made].ends_at.unwrap_or(self.now);
            for _ in 0..self.random.below::<usize>(4) {
                let at = self.random.pick(&[self.now, ends_at]);
                let at = at.plus(self.random.pick(&[0, 500, MINUTE]));
                let handle = self.random.chance(80).then(|| made.to_string());
                self.send(Message { at, generation, news: News::Webhook(handle) });
            }
        }
        answer
    }

    /// Notes that the generation's last submission made nothing, as we know by now.
    pub(crate) fn void(&mut self, generation: usize) {
        let mut sent = self.provider.sent.iter_mut().rev();
        sent.find(|sent| sent.generation == generation).unwrap().is_void = true;
    }

    /// Notes that `holder`, whose turn is `since` then, begins to fetch an output.
    pub(crate) fn begin(&mut self, key: (usize, usize), holder: Reference, since: Timestamp) {
        let until = since.plus(LONG_LEASE);
        if until <= self.now {
            return;
        }
        if self.fetching.get(&key).is_some_and(|(_, until)| *until > self.now) {
            self.fail("an output is fetched by two at once");
        }
        self.fetching.insert(key, (holder, until));
    }

    /// Notes that `holder`'s turn is over.
    pub(crate) fn done(&mut self, holder: &Reference) {
        self.fetching.retain(|_, (other, _)| other != holder);
    }

    /// Stores an output under the key that is its own.
    pub(crate) fn put(
        &mut self,
        generation: usize,
        output: usize,
        content: &str,
        holder: &Reference,
    ) {
        self.note(&format!("{holder} stores {content} as {generation}/{output}"));
        let known = self.assets.insert((generation, output), content.to_owned());
        if known.is_some_and(|known| known != content) {
            self.fail("an output is stored over another");
        }
    }

    pub(crate) fn asset(generation: usize, output: usize) -> AssetId {
        AssetId::derived(START, format!("{generation}/{output}").as_bytes())
    }

    pub(crate) fn note(&mut self, what: &str) {
        let _ = writeln!(self.log, "{} {what}", self.now);
    }

    fn fail(&self, what: &str) -> ! {
        let Self { log, seed, .. } = self;
        panic!("{log}\n{what}; again by JOBS_SEED={seed} JOBS_HISTORIES=1");
    }

    /// What must be true once nothing is left to do.
    fn check(&mut self) {
        let reserved: u64 = self.jobs.iter().map(|job| job.reserved).sum();
        let spent = self.jobs.iter().filter_map(|job| job.cost).sum();
        if self.books != (Books { taken: reserved + spent, spent }) {
            self.fail("the books do not balance");
        }
        for (generation, job) in self.jobs.iter().enumerate() {
            let tasks = self.provider.tasks.iter().filter(|task| task.generation == generation);
            let tasks: Vec<&Task> = tasks.collect();
            if tasks.len() > 1 {
                self.fail("a generation was made twice");
            }
            self.check_job(generation, job, tasks.first().copied());
        }
    }

    fn check_job(&self, generation: usize, job: &Job, task: Option<&Task>) {
        let is_unresolved = job.status == JobStatus::Unresolved;
        if !is_unresolved && (!job.status.has_ended() || job.reserved > 0 || job.cost.is_none()) {
            self.fail("a job is forgotten, or keeps its reserve");
        }
        if is_unresolved && job.reserved != PRICE {
            self.fail("an unresolved job does not keep its reserve");
        }
        let charged = task.map_or(0, |task| task.cost);
        if charged > job.reserved + job.cost.unwrap_or_default() {
            self.fail("the books hold less than what the provider charges");
        }
        let has_made = task.is_some_and(|task| task.end == End::Made && task.has_ended(self.now));
        let is_gone = task.is_some_and(|task| task.gone_at.is_some_and(|at| at <= self.now));
        // Of what the provider removed as it was asked to, nobody can tell whether it was made.
        let is_removed = is_gone && job.cancel.is_some_and(|wish| wish.is_told);
        let can_be_found = task.is_some() && (job.handle.is_some() || self.provider.finds());
        match job.status {
            JobStatus::Unresolved if !can_be_found || task.is_some_and(Task::never_ends) => {}
            JobStatus::Lost if is_gone || !job.outputs.is_empty() => {}
            JobStatus::Succeeded if has_made => {}
            JobStatus::Canceled if is_removed => {}
            JobStatus::Failed | JobStatus::Refused | JobStatus::Canceled if !has_made => {}
            _ => self.fail("the job's end is not the provider's"),
        }
        let outputs = task.map_or(0, |task| task.lives.len());
        if ![0, outputs].contains(&job.outputs.len()) {
            self.fail("an output is forgotten");
        }
        for (index, output) in job.outputs.iter().enumerate() {
            let is_stored = self.assets.contains_key(&(generation, index));
            match &output.state {
                OutputState::Stored { asset, .. }
                    if is_stored && *asset == Self::asset(generation, index) => {}
                OutputState::Lost { .. }
                    if job.status == JobStatus::Lost
                        && job.error.is_some()
                        && task
                            .is_some_and(|task| self.provider.is_lost(task, index, self.now)) => {}
                _ => self.fail("an output is neither stored nor lost"),
            }
        }
    }
}
