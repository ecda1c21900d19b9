//! A provider: it makes jobs or not, answers or not, and knows what it charges.

use domain::Timestamp;
use domain::export::Failure;
use domain::job::{Ended, LookedUp, Made, Output, Phase, Progress, Sight, Submitted};
use domain::time::{DAY, HOUR, MINUTE};

use crate::random::Random;

/// The most that a job costs: what is reserved for it.
pub(crate) const PRICE: u64 = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Made,
    Failed,
    Refused,
    Canceled,
}

/// A job that the provider made.
pub(crate) struct Task {
    pub(crate) generation: usize,
    pub(crate) end: End,
    /// None where it never ends.
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) cost: u64,
    /// How long each output lives, in milliseconds; 0 where it cannot be fetched at all.
    pub(crate) lives: Vec<i64>,
    /// True if the lives are told.
    tells: bool,
    made_at: Timestamp,
    /// When the provider no longer knows it.
    pub(crate) gone_at: Option<Timestamp>,
}

impl Task {
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|at| at <= now)
    }

    pub(crate) fn never_ends(&self) -> bool {
        self.ends_at.is_none()
    }
}

/// A submission as it left us.
pub(crate) struct Sent {
    pub(crate) generation: usize,
    /// True once we were told that no job was made of it.
    pub(crate) is_void: bool,
}

pub(crate) struct Provider {
    pub(crate) tasks: Vec<Task>,
    pub(crate) sent: Vec<Sent>,
    /// True if answers hold the outputs.
    pub(crate) at_once: bool,
    lists: bool,
    pub(crate) calls_back: bool,
    cancels: Cancels,
    /// How often it takes no more jobs, in percent.
    busy: u64,
}

/// What a provider does that is asked to cancel a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cancels {
    Nothing,
    Stops,
    /// It stops the job, and removes it with all that it made.
    Removes,
}

impl Provider {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            tasks: Vec::new(),
            sent: Vec::new(),
            at_once: random.chance(20),
            lists: random.chance(50),
            calls_back: random.chance(60),
            cancels: random.pick(&[Cancels::Nothing, Cancels::Stops, Cancels::Removes]),
            busy: random.pick(&[0, 0, 60]),
        }
    }

    /// The answer to a submission, which may be lost on its way where there is `trouble`.
    pub(crate) fn submit(
        &mut self,
        generation: usize,
        now: Timestamp,
        random: &mut Random,
        trouble: bool,
    ) -> Submitted {
        self.sent.push(Sent { generation, is_void: false });
        let fault: u32 = random.below(if trouble { 16 } else { 40 });
        match fault {
            _ if random.chance(self.busy) => {
                return Submitted::NotMade { after: 1_000, why: why("busy") };
            }
            0 => return Submitted::NotMade { after: random.below(30_000), why: why("busy") },
            1 => return Submitted::NotMade { after: 10_000, why: why("unreachable") },
            2 => return Submitted::Failed(Ended { why: why("bad_request"), cost: 0 }),
            3 => return Submitted::Refused(Ended { why: why("moderation"), cost: 0 }),
            4 if trouble => return Submitted::Unresolved(why("not_made_unheard")),
            _ => {}
        }
        self.make(generation, now, random);
        if fault == 5 && trouble {
            return Submitted::Unresolved(why("made_unheard"));
        }
        let number = self.tasks.len() - 1;
        if self.at_once {
            return Submitted::Done(self.made(number, now));
        }
        Submitted::Made { handle: number.to_string(), after: random.below(5_000) }
    }

    fn make(&mut self, generation: usize, now: Timestamp, random: &mut Random) {
        let end = match random.below::<u32>(10) {
            _ if self.at_once => End::Made,
            0 => End::Failed,
            1 => End::Refused,
            _ => End::Made,
        };
        let length = match random.below::<u32>(8) {
            _ if self.at_once => Some(0),
            0 => None,
            1 => Some(random.below(3 * HOUR.unsigned_abs())),
            _ => Some(random.below(5 * MINUTE.unsigned_abs())),
        };
        let count = 1 + random.below::<usize>(3);
        let life = |random: &mut Random| random.pick(&[0, MINUTE, 30 * MINUTE, HOUR, 7 * DAY]);
        let lives = (0..count).map(|_| life(random)).collect();
        let cost = if end == End::Made || random.chance(20) { random.below(PRICE + 1) } else { 0 };
        let ends_at = length.map(|ms| now.plus(ms));
        let keeps = if random.chance(80) { 30 * DAY } else { HOUR };
        let gone_at = ends_at.map(|at| at.plus(keeps));
        let tells = random.chance(60);
        let made_at = now;
        let task = Task { generation, end, ends_at, cost, lives, tells, made_at, gone_at };
        self.tasks.push(task);
    }

    /// The outputs of a task, by their places.
    fn made(&self, number: usize, now: Timestamp) -> Made {
        let task = &self.tasks[number];
        let ended = task.ends_at.unwrap_or(now);
        let output = |(index, life): (usize, &i64)| {
            let gone_at = Some(ended.plus(*life)).filter(|_| task.tells);
            Output::pending(format!("{number}/{index}"), gone_at, now)
        };
        Made { outputs: task.lives.iter().enumerate().map(output).collect(), cost: task.cost }
    }

    pub(crate) fn look(
        &self,
        handle: &str,
        now: Timestamp,
        random: &mut Random,
        trouble: bool,
    ) -> Sight {
        let number: usize = handle.parse().unwrap();
        let task = &self.tasks[number];
        if trouble && random.chance(15) {
            return Sight::Again { after: random.below(20_000) };
        }
        let is_new = now < task.made_at.plus(2_000);
        if task.gone_at.is_some_and(|at| at <= now) || is_new && random.chance(20) {
            return Sight::Gone;
        }
        let end = |code| Ended { why: why(code), cost: task.cost };
        match task.end {
            _ if !task.has_ended(now) => {
                let phase = random.pick(&Phase::ALL);
                let position = random.chance(50).then(|| random.below(9));
                let percent = random.chance(50).then(|| random.below(100));
                let progress = Progress { phase, position, percent };
                Sight::Going { progress, after: 1_000 + random.below::<i64>(20_000) }
            }
            End::Made => Sight::Succeeded(self.made(number, now)),
            End::Failed => Sight::Failed(end("failed")),
            End::Refused => Sight::Refused(end("moderation")),
            End::Canceled => Sight::Canceled(end("canceled")),
        }
    }

    /// True if it lists its jobs.
    pub(crate) fn finds(&self) -> bool {
        self.lists && !self.at_once
    }

    pub(crate) fn look_up(&self, generation: usize, random: &mut Random) -> LookedUp {
        if !self.finds() {
            return LookedUp::Impossible;
        }
        let found = self.tasks.iter().position(|task| task.generation == generation);
        match found.filter(|_| random.chance(80)) {
            Some(number) => LookedUp::Found(number.to_string()),
            None => LookedUp::Nothing,
        }
    }

    /// Asks for a cancel; true if that is all that can be asked, as far as we hear.
    pub(crate) fn cancel(
        &mut self,
        handle: &str,
        now: Timestamp,
        random: &mut Random,
        trouble: bool,
    ) -> bool {
        let task = &mut self.tasks[handle.parse::<usize>().unwrap()];
        if self.cancels == Cancels::Nothing {
            return true;
        }
        let is_heard = !(trouble && random.chance(20));
        if is_heard && self.cancels == Cancels::Removes {
            task.gone_at = Some(now);
        }
        if is_heard && !task.has_ended(now) && random.chance(70) {
            task.end = End::Canceled;
            task.ends_at = Some(now);
        }
        is_heard && !(trouble && random.chance(20))
    }

    /// True if an output cannot be had any more: answers that hold outputs hold them once.
    pub(crate) fn is_lost(&self, task: &Task, output: usize, now: Timestamp) -> bool {
        self.at_once || task.ends_at.is_some_and(|at| at.plus(task.lives[output]) <= now)
    }

    /// The content of an output, by its place.
    pub(crate) fn fetch(
        &self,
        source: &str,
        now: Timestamp,
        random: &mut Random,
        trouble: bool,
    ) -> Option<String> {
        let (number, index) = source.split_once('/').unwrap();
        let task = &self.tasks[number.parse::<usize>().unwrap()];
        let gone_at = task.ends_at.unwrap().plus(task.lives[index.parse::<usize>().unwrap()]);
        (now < gone_at && !(trouble && random.chance(25))).then(|| source.to_owned())
    }
}

pub(crate) fn why(code: &str) -> Failure {
    Failure::new(code, code)
}
