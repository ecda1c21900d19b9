//! The messages that functions send to a queue, in a quiet world: each waits for its time by the world's clock,
//! until the test delivers it.

use local::functions;
use local::queue::deliver_due;
use model::Timestamp;
use platform::{Declaration, Function, Queue};

use crate::world::World;

/// The most messages of one delivery: more come of a function that sets its alarm for at once, without end.
const MOST: usize = 10_000;

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its text.
    pub body: String,
    /// When it is to be delivered.
    pub due: Timestamp,
}

impl World {
    /// The messages that wait in a queue, in order of their time.
    #[must_use]
    pub fn messages(&self, queue: &str) -> Vec<Message> {
        let waiting = self.engines.s3.waiting(queue).unwrap().into_iter();
        let message = |(due, event): (i64, _)| {
            let local::s3::QueuedEvent { body, .. } = event;
            Message { body, due: Timestamp::from_millis(due) }
        };
        waiting.map(message).collect()
    }

    /// Takes the messages that wait off a queue, in order of their time. What is not put back is lost.
    #[must_use]
    pub fn take_messages(&self, queue: &str) -> Vec<Message> {
        let messages = self.messages(queue);
        let ids = self.engines.s3.waiting(queue).unwrap().into_iter().map(|(_, event)| event.id);
        self.engines.s3.acknowledge(&ids.collect::<Vec<_>>()).unwrap();
        messages
    }

    /// Puts messages on a queue: such as were taken, or one that is there, which then comes twice.
    pub fn put_messages(&self, queue: &str, messages: &[Message]) {
        for Message { body, due } in messages {
            let sent = self.engines.s3.send(queue, body, due.millis()).unwrap();
            assert!(sent.is_some(), "there is no queue {queue}");
        }
    }

    /// Delivers the messages of a queue that are due, each by itself and in order of their time, until none is
    /// left. One that fails becomes due again a while later.
    pub async fn deliver_messages(&self, queue: &str) {
        let source = functions::queues().find(|(_, known)| known.name == queue);
        let source = source.unwrap_or_else(|| panic!("no function has the queue {queue}"));
        self.deliver_messages_to(source, &*self.functions[source.0.name]).await;
    }

    /// [`Self::deliver_messages`], to this function in the place of the one that has the queue.
    pub async fn deliver_messages_to(
        &self,
        (declared, queue): (&Declaration, &Queue),
        function: &dyn Function,
    ) {
        let one = Queue { batch: 1, ..*queue };
        for _ in 0..MOST {
            let messages = self.messages(queue.name);
            let Some(next) = messages.first().filter(|next| next.due <= self.now()) else { return };
            let events = &self.engines.s3;
            let delivery = deliver_due(events, (declared, &one), function, &self.clock, next.due);
            delivery.await.unwrap();
        }
        panic!("after {MOST} messages {} still has some that are due", queue.name);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    use alarms::Alarms;
    use platform::{Grant, Invocation, Resource, Trigger};
    use serde_json::Value;

    use super::*;
    use crate::wire::When;

    const MINUTE: Duration = Duration::from_mins(1);

    /// A queue that the store has, as if functions sent to it.
    static QUEUE: Queue =
        Queue { name: "uploads", notices: &[], batch: 10, max_receives: 2, concurrency: 1 };

    /// A function that sends to it, and gets what is sent.
    static FUNCTION: Declaration = Declaration {
        name: "sender",
        triggers: &[Trigger::Queue(QUEUE), Trigger::Schedule(MINUTE)],
        timeout: Duration::from_mins(15),
        memory: 128,
        variables: &[],
        grants: &[Grant { actions: &["sqs:SendMessage"], on: Resource::Queue("uploads") }],
        start: |_| unreachable!(),
    };

    /// The texts that it was given, in order; it fails for those that begin so.
    #[derive(Default)]
    struct Noting(Mutex<Vec<String>>);

    impl Function for Noting {
        fn invoke(&self, event: Value, _: Instant) -> Invocation<'_> {
            let [record] = &event["Records"].as_array().unwrap()[..] else { panic!("{event}") };
            let body = record["body"].as_str().unwrap().to_owned();
            let fails = body.starts_with("fail");
            self.0.lock().unwrap().push(body);
            Box::pin(async move { if fails { Err("as told".into()) } else { Ok(Value::Null) } })
        }
    }

    fn alarms(world: &World) -> Alarms {
        let url = format!("{}/000000000000/uploads", world.engines.dynamodb_url);
        let environment = world.environment_as(&FUNCTION).with(alarms::QUEUE_URL, url);
        Alarms::of(&environment).unwrap()
    }

    /// Delivers what is due; all that was given to the function until now.
    async fn delivered(world: &World, function: &Noting) -> Vec<String> {
        world.deliver_messages_to((&FUNCTION, &QUEUE), function).await;
        function.0.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn messages_come_in_order_once_the_world_s_time_has_come() {
        let (world, function) = (World::quiet().await, Noting::default());
        let alarms = alarms(&world);
        alarms.send("late", 12 * MINUTE).await.unwrap();
        alarms.send("early", 6 * MINUTE).await.unwrap();
        alarms.send("at once", Duration::ZERO).await.unwrap();
        assert_eq!(delivered(&world, &function).await, ["at once"]);
        world.pass(6 * MINUTE);
        assert_eq!(delivered(&world, &function).await, ["at once", "early"]);
        alarms.send("last", 7 * MINUTE).await.unwrap();
        world.pass(60 * MINUTE);
        assert_eq!(delivered(&world, &function).await, ["at once", "early", "late", "last"]);
        // An alarm that is left is no fault.
        alarms.send("left", MINUTE).await.unwrap();
    }

    #[tokio::test]
    async fn messages_can_be_lost_and_come_twice() {
        let (world, function) = (World::quiet().await, Noting::default());
        alarms(&world).send("one", MINUTE).await.unwrap();
        let taken = world.take_messages("uploads");
        assert!(taken[0].due > world.now());
        world.pass(MINUTE);
        assert_eq!(delivered(&world, &function).await, [""; 0], "it is lost");
        world.put_messages("uploads", &[taken.clone(), taken].concat());
        assert_eq!(delivered(&world, &function).await, ["one", "one"]);
    }

    #[tokio::test]
    async fn a_message_that_fails_comes_again_later_and_is_given_up() {
        let (world, function) = (World::quiet().await.leaving_events(), Noting::default());
        alarms(&world).send("fails", Duration::ZERO).await.unwrap();
        assert_eq!(delivered(&world, &function).await, ["fails"]);
        world.pass(MINUTE);
        assert_eq!(delivered(&world, &function).await, ["fails", "fails"]);
        assert!(world.messages("uploads").is_empty());
        assert_eq!(world.engines.s3.dead_letters().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn sending_goes_over_the_wire() {
        let world = World::quiet().await;
        let alarms = alarms(&world);
        alarms.send("counted", MINUTE).await.unwrap();
        let usage = world.wire.take_usage();
        assert_eq!((usage.sqs, usage.dynamodb, usage.s3), (1, 0, 0));
        assert_eq!(usage.operations, ["SendMessage"]);
        for (when, sent) in [(When::Before, 1), (When::After, 2)] {
            let died = world.wire.crash_at(0, when, alarms.send("crashed", MINUTE)).await;
            assert!(died.is_none());
            assert_eq!(world.messages("uploads").len(), sent, "{when:?}");
        }
    }

    #[tokio::test]
    #[should_panic(expected = "the role of create denies sqs:SendMessage")]
    async fn a_function_sends_where_its_role_allows_it() {
        let world = World::quiet().await;
        let environment = world.environment_of("create").with(alarms::QUEUE_URL, "http://a/0/jobs");
        let alarms = Alarms::of(&environment).unwrap();
        alarms.send("denied", Duration::ZERO).await.unwrap();
    }
}
