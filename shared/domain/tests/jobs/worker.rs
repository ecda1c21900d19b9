//! A worker: it does one request or one write at a time, and can crash between any two.

use domain::job::{
    Fetched, Job, LookedUp, Made, Output, OutputState, Sight, Submitted, Todo, Turn,
};
use domain::{Reference, Timestamp};

use crate::provider::why;
use crate::world::{Message, News, World};

/// The state of a worker between two steps.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Idle,
    Read(Message),
    /// A turn was decided on then, and is to be written.
    Claim {
        generation: usize,
        read: u64,
        turn: Turn,
        since: Timestamp,
    },
    /// It is written: the request is to be sent.
    Send {
        generation: usize,
        todo: Todo,
        since: Timestamp,
    },
    /// The provider has acted, and its answer is on its way.
    Answer {
        generation: usize,
        fact: Fact,
    },
    /// The fact is known, and the record is to be read.
    Report {
        generation: usize,
        fact: Fact,
    },
    /// The record was read, and the next one is to be written.
    Write {
        generation: usize,
        fact: Fact,
        read: u64,
        next: Option<Box<Job>>,
    },
    /// The alarm is to be set for when the job is due.
    Ring {
        generation: usize,
    },
}

/// A thing that happened, to be told to the job.
#[derive(Debug, Clone)]
pub(crate) enum Fact {
    Answered(u32, Submitted),
    Looked(Sight),
    LookedUp(LookedUp),
    CancelTold(bool),
    Fetched { output: usize, content: Option<String> },
    Woken(Option<String>),
    CancelWished,
}

impl Fact {
    fn tell(self, job: &Job, generation: usize, holder: &Reference, at: Timestamp) -> Option<Job> {
        match self {
            Self::Answered(number, answer) => job.answered(number, answer, at),
            Self::Looked(sight) => job.looked(holder, sight, at),
            Self::LookedUp(found) => job.looked_up(holder, found, at),
            Self::CancelTold(is_told) => job.cancel_told(holder, is_told, at),
            Self::Fetched { output, content } => {
                let fetched = match content {
                    Some(content) => {
                        let (asset, size) =
                            (World::asset(generation, output), content.len() as u64);
                        Fetched::Stored { asset, size }
                    }
                    None => Fetched::Failed(why("unreachable")),
                };
                job.fetched(holder, output, &fetched, at)
            }
            Self::Woken(handle) => job.woken(handle, at),
            Self::CancelWished => job.cancel_wished(at),
        }
    }
}

pub(crate) struct Worker {
    pub(crate) name: usize,
    turns: u32,
    pub(crate) step: Step,
}

impl Worker {
    pub(crate) fn new(name: usize) -> Self {
        Self { name, turns: 0, step: Step::Idle }
    }

    pub(crate) fn holder(&self) -> Reference {
        format!("w{}.{}", self.name, self.turns).parse().unwrap()
    }

    /// The worker one step later.
    pub(crate) fn go(&mut self, world: &mut World) {
        self.step = match std::mem::replace(&mut self.step, Step::Idle) {
            Step::Idle => match world.take() {
                Some(message) => Step::Read(message),
                None => Step::Idle,
            },
            Step::Read(message) => self.read(message, world),
            Step::Claim { generation, read, turn, since } => {
                let (job, next) = match turn {
                    Turn::Do(job, todo) => (job, Step::Send { generation, todo, since }),
                    Turn::Write(job) => (job, Step::Ring { generation }),
                    turn => panic!("{turn:?} is not to be written"),
                };
                let is_written = world.write(generation, read, &job) && world.is_heard();
                if is_written { next } else { Step::Idle }
            }
            Step::Send { generation, todo, since } => {
                if let Todo::Fetch { output } = todo {
                    world.begin((generation, output), self.holder(), since);
                }
                Step::Answer { generation, fact: self.send(generation, todo, world) }
            }
            Step::Answer { generation, fact } => {
                Step::Report { generation, fact: self.heard(generation, fact, world) }
            }
            Step::Report { generation, fact } => {
                let job = &world.jobs[generation];
                let next = fact.clone().tell(job, generation, &self.holder(), world.now);
                Step::Write { generation, fact, read: job.revision, next: next.map(Box::new) }
            }
            Step::Write { generation, fact, read, next } => {
                let is_written = next.is_none_or(|next| world.write(generation, read, &next));
                if is_written {
                    world.done(&self.holder());
                }
                let is_over = is_written && world.is_heard();
                if is_over { Step::Ring { generation } } else { Step::Report { generation, fact } }
            }
            Step::Ring { generation } => {
                if let Some(at) = world.jobs[generation].due_at {
                    world.send(Message { at, generation, news: News::Wake });
                }
                Step::Idle
            }
        };
    }

    fn read(&mut self, message: Message, world: &World) -> Step {
        self.turns += 1;
        let generation = message.generation;
        let job = &world.jobs[generation];
        match message.news {
            News::Webhook(handle) => Step::Report { generation, fact: Fact::Woken(handle) },
            News::Cancel => Step::Report { generation, fact: Fact::CancelWished },
            News::Wake => match job.take_up(&self.holder(), world.now) {
                Turn::Rest => Step::Idle,
                Turn::Wait(_) => Step::Ring { generation },
                turn => Step::Claim { generation, read: job.revision, turn, since: world.now },
            },
        }
    }

    fn send(&self, generation: usize, todo: Todo, world: &mut World) -> Fact {
        world.note(&format!("w{} sends {todo:?} of {generation}", self.name));
        let (now, trouble) = (world.now, world.trouble);
        let handle = world.jobs[generation].handle.clone();
        let (provider, random) = (&mut world.provider, &mut world.random);
        match todo {
            Todo::Submit { number } => Fact::Answered(number, world.submit(generation)),
            Todo::Look => Fact::Looked(provider.look(&handle.unwrap(), now, random, trouble)),
            Todo::LookUp => Fact::LookedUp(provider.look_up(generation, random)),
            Todo::Cancel => {
                Fact::CancelTold(provider.cancel(&handle.unwrap(), now, random, trouble))
            }
            Todo::Fetch { output } => {
                let content = match &world.jobs[generation].outputs[output].state {
                    OutputState::Pending { source, .. } => {
                        world.provider.fetch(source, now, &mut world.random, trouble)
                    }
                    OutputState::Stored { .. } | OutputState::Lost { .. } => None,
                };
                Fact::Fetched { output, content }
            }
        }
    }

    /// The fact as it is reported, once what it brings is in the store.
    fn heard(&self, generation: usize, fact: Fact, world: &mut World) -> Fact {
        world.note(&format!("w{} hears {fact:?}", self.name));
        match &fact {
            Fact::Answered(number, Submitted::Done(made)) => {
                let outputs = made.outputs.iter().enumerate();
                let outputs = outputs.map(|(index, output)| match &output.state {
                    OutputState::Pending { source, .. }
                        if !(world.trouble && world.random.chance(5)) =>
                    {
                        world.put(generation, index, source, &self.holder());
                        let asset = World::asset(generation, index);
                        Output::stored(asset, source.len() as u64)
                    }
                    _ => Output::lost(why("no_room")),
                });
                let made = Made { outputs: outputs.collect(), cost: made.cost };
                return Fact::Answered(*number, Submitted::Done(made));
            }
            Fact::Answered(_, Submitted::NotMade { .. }) => world.void(generation),
            Fact::Fetched { output, content: Some(content) } => {
                world.put(generation, *output, content, &self.holder());
            }
            _ => {}
        }
        fact
    }
}
