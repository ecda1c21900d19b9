//! Jobs, one rule at a time. All of them at once are in `tests/jobs`.

use super::*;
use crate::id::AssetId;
use crate::time::{HOUR, MINUTE};

const NOW: Timestamp = Timestamp::from_millis(1_795_824_000_000);

fn why() -> Failure {
    Failure::new("a_reason", "a reason")
}

fn me() -> Reference {
    "me".parse().unwrap()
}

/// The job as it is written when it is taken up, and what is to be done.
fn taken(job: &Job, at: Timestamp) -> (Job, Option<Todo>) {
    match job.take_up(&me(), at) {
        Turn::Do(job, todo) => (*job, Some(todo)),
        Turn::Write(job) => (*job, None),
        turn => panic!("{turn:?}"),
    }
}

fn submitted() -> Job {
    let (job, todo) = taken(&Job::new(7, NOW.plus(HOUR), NOW), NOW);
    assert_eq!(todo, Some(Todo::Submit { number: 1 }));
    job
}

fn running() -> Job {
    let made = Submitted::Made { handle: "{}".to_owned(), after: 0 };
    submitted().answered(1, made, NOW).unwrap()
}

fn fetching(outputs: Vec<Output>) -> Job {
    let looked = taken(&running(), NOW).0;
    looked.looked(&me(), Sight::Succeeded(Made { outputs, cost: 5 }), NOW).unwrap()
}

#[test]
fn a_crash_after_sending_is_unresolved_until_an_answer_comes_late() {
    let sent = submitted();
    let expiry = sent.lease.as_ref().unwrap().until;
    assert_eq!(sent.take_up(&me(), expiry.plus(-1)), Turn::Wait(expiry));
    let (unresolved, todo) = taken(&sent, expiry);
    assert_eq!((unresolved.status, todo, unresolved.reserved), (JobStatus::Unresolved, None, 7));
    assert_eq!(taken(&unresolved, expiry).1, Some(Todo::LookUp));
    let not_made = Submitted::NotMade { after: 0, why: why() };
    let again = unresolved.answered(1, not_made.clone(), expiry).unwrap();
    assert_eq!(again.status, JobStatus::Queued);
    let second = taken(&again, again.due_at.unwrap()).0;
    assert_eq!(second.answered(1, not_made, expiry), None, "an answer to another submission");
}

#[test]
fn a_job_that_is_not_taken_is_sent_a_few_times() {
    let (mut job, mut at) = (Job::new(7, NOW.plus(24 * HOUR), NOW), NOW);
    let mut sent = 0;
    while job.status == JobStatus::Queued {
        job = taken(&job, at).0;
        sent = job.submissions;
        job = job.answered(sent, Submitted::NotMade { after: MINUTE, why: why() }, at).unwrap();
        at = job.due_at.unwrap_or(at);
    }
    assert_eq!((sent, job.status, job.reserved), (MOST_SUBMISSIONS, JobStatus::Failed, 0));
    assert_eq!(job.cost, Some(0));
}

#[test]
fn a_webhook_before_the_answer_is_as_good_as_the_answer() {
    let woken = submitted().woken(Some("{}".to_owned()), NOW).unwrap();
    assert_eq!((woken.status, woken.due_at), (JobStatus::Running, Some(NOW)));
    let made = Submitted::Made { handle: "{}".to_owned(), after: 0 };
    assert_eq!(woken.answered(1, made, NOW), None);
    assert_eq!(submitted().woken(None, NOW), None);
}

#[test]
fn a_cancel_is_asked_for_once_and_what_comes_all_the_same_is_kept() {
    let wished = running().cancel_wished(NOW).unwrap();
    assert_eq!(wished.cancel_wished(NOW), None);
    let (asking, todo) = taken(&wished, NOW);
    assert_eq!(todo, Some(Todo::Cancel));
    let told = asking.cancel_told(&me(), true, NOW).unwrap();
    let (looking, todo) = taken(&told, told.due_at.unwrap());
    assert_eq!(todo, Some(Todo::Look));
    let outputs = vec![Output::pending("{}".to_owned(), None, NOW)];
    let kept = looking.looked(&me(), Sight::Succeeded(Made { outputs, cost: 5 }), NOW).unwrap();
    assert_eq!((kept.status, kept.cost), (JobStatus::Fetching, Some(5)));
    let unsent = Job::new(7, NOW.plus(HOUR), NOW).cancel_wished(NOW).unwrap();
    assert_eq!((unsent.status, unsent.reserved), (JobStatus::Canceled, 0));
}

#[test]
fn outputs_are_fetched_in_the_order_in_which_they_go() {
    let lives = [Some(7 * HOUR), Some(HOUR), None];
    let output =
        |life: Option<i64>| Output::pending("{}".to_owned(), life.map(|ms| NOW.plus(ms)), NOW);
    let mut job = fetching(lives.into_iter().map(output).collect());
    assert_eq!(job.at_risk(), Some(NOW.plus(HOUR)));
    for expected in [1, 0, 2] {
        let (claimed, todo) = taken(&job, NOW);
        assert_eq!(todo, Some(Todo::Fetch { output: expected }));
        let asset = AssetId::first_at(NOW);
        let stored = Fetched::Stored { asset, size: 1 };
        job = claimed.fetched(&me(), expected, &stored, NOW).unwrap();
    }
    assert_eq!((job.status, job.due_at), (JobStatus::Succeeded, None));
    let read: Job = serde_json::from_value(serde_json::to_value(&job).unwrap()).unwrap();
    assert_eq!(read, job);
}

#[test]
fn an_output_is_tried_until_it_is_gone_and_then_lost() {
    let gone_at = NOW.plus(HOUR);
    let mut job = fetching(vec![Output::pending("{}".to_owned(), Some(gone_at), NOW)]);
    let mut at = NOW;
    while job.status == JobStatus::Fetching {
        at = job.due_at.unwrap();
        let claimed = taken(&job, at).0;
        job = claimed.fetched(&me(), 0, &Fetched::Failed(why()), at).unwrap_or(claimed);
    }
    assert!(gone_at <= at && at <= gone_at.plus(2 * SECOND));
    assert_eq!((job.status, &job.error), (JobStatus::Lost, &Some(why())));
    assert!(matches!(job.outputs[0].state, OutputState::Lost { .. }));
}

#[test]
fn a_report_counts_once_and_from_the_holder_of_the_lease() {
    let outputs = (0..2).map(|_| Output::pending("{}".to_owned(), None, NOW)).collect();
    let claimed = taken(&fetching(outputs), NOW).0;
    let failed = Fetched::Failed(why());
    assert_eq!(claimed.fetched(&"another".parse().unwrap(), 0, &failed, NOW), None);
    let after = claimed.fetched(&me(), 0, &failed, NOW).unwrap();
    assert_eq!((after.lease.clone(), after.due_at), (None, Some(NOW)));
    assert_eq!(after.fetched(&me(), 0, &failed, NOW), None);
}
