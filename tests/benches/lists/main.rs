//! What lists of a large, skewed workspace take: `cargo bench -p tests --bench lists`.
//!
//! Fills an embedded DynamoDB with workspaces of a thousand, ten thousand, … assets, asks for the
//! first pages of many filters through the SDK and `model::Store`, and reports what they took.
//! `-- --assets 10000` takes minutes; a million take 30 GB of disk meanwhile, and half an hour.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench prints, fails by panicking, and counts far below 2^53"
)]

mod measure;
mod numbered;
mod plot;
mod queries;
mod record;
mod report;
mod table;
mod vocabulary;
mod workspace;
mod writes;

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;

use crate::measure::Samples;
use crate::plot::Line;
use crate::queries::{Class, Group};
use crate::report::Report;
use crate::table::Table;
use crate::workspace::Workspace;

/// How many classes are shown of those that most often need another request.
const WORST: usize = 30;

#[derive(Parser)]
struct Options {
    /// How many assets the largest workspace has; there is one of each smaller power of ten from a
    /// thousand, too.
    #[arg(long, default_value_t = 1_000_000)]
    assets: usize,
    /// How many queries are asked as a browsing person would.
    #[arg(long, default_value_t = 2_000)]
    queries: usize,
    /// How many queries are asked of each other class.
    #[arg(long, default_value_t = 40)]
    draws: usize,
    /// What is random follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where `lists.md` and `lists.svg` are written; from `tests/`, where cargo runs benches.
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_TARGET_TMPDIR"))]
    out: PathBuf,
    /// Leaves the table there, and takes it again if it was made of the same.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// What cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    let sizes = sizes(options.assets);
    let workspaces = sizes.into_iter().map(|size| Workspace::generate(size, options.seed));
    let workspaces: Vec<_> = workspaces.collect();
    let table = Table::open(&workspaces, options.keep.as_deref()).await;
    let mut text = table.loading.as_ref().map(ToString::to_string).unwrap_or_default();

    let mut by_size = Report::new("assets, and kind of list");
    let mut lines: Vec<_> =
        Group::ALL.map(|group| Line { group, points: Vec::new() }).into_iter().collect();
    let mut largest = Vec::new();
    let mut by_number = numbered::Report::default();
    for workspace in &workspaces {
        by_number.measure(&table, workspace).await;
        let measured = measure(&table, workspace, &options).await;
        let size = workspace.assets.len();
        for line in &mut lines {
            let of_group = measured.iter().filter(|(class, _)| class.group == line.group);
            let samples = Samples::join(of_group.map(|(_, samples)| samples));
            by_size.add(&format!("{size}, {}", line.group.name()), &samples);
            line.points.push((size, samples.mean_rcu()));
        }
        largest = measured;
    }
    let mut every = Report::new("filters");
    for (class, samples) in &largest {
        every.add(&class.name(), samples);
    }
    largest.sort_by(|(_, a), (_, b)| a.share_complete().total_cmp(&b.share_complete()));
    let mut worst = Report::new("filters");
    let incomplete = largest.iter().filter(|(_, samples)| samples.share_complete() < 1.0);
    for (class, samples) in incomplete.take(WORST) {
        worst.add(&class.name(), samples);
    }

    let most = options.assets;
    let sections = [
        ("First pages, by size".to_owned(), by_size.to_string()),
        ("Numbered pages of 20".to_owned(), by_number.to_string()),
        (format!("Every class, {most} assets"), every.to_string()),
        (format!("Least often in one request, {most} assets"), worst.to_string()),
        ("Writing an asset with every facet".to_owned(), writes().await),
    ];
    for (title, section) in sections {
        write!(text, "\n## {title}\n\n{section}").unwrap();
    }
    println!("{text}");
    std::fs::create_dir_all(&options.out).unwrap();
    std::fs::write(options.out.join("lists.md"), text).unwrap();
    plot::draw(&options.out.join("lists.svg"), &lines).unwrap();
    println!("lists.md and lists.svg are in {}", options.out.display());
}

/// A thousand, ten thousand, …, and at last `most`.
fn sizes(most: usize) -> Vec<usize> {
    let powers = std::iter::successors(Some(1_000), |size| Some(size * 10));
    powers.take_while(|size| *size < most).chain([most]).collect()
}

async fn measure(table: &Table, workspace: &Workspace, options: &Options) -> Vec<(Class, Samples)> {
    let start = Instant::now();
    let mut measured = Vec::new();
    for class in Class::all() {
        let count = if class.group == Group::Mix { options.queries } else { options.draws };
        let queries = class.draw(workspace, count);
        let samples = Samples::take(table, workspace, &queries).await;
        measured.push((class, samples));
    }
    eprintln!("{} measured in {:.0?}", workspace.id, start.elapsed());
    measured
}

async fn writes() -> String {
    let mut text = String::new();
    for (tagged, name) in [(false, "without tags"), (true, "with three tags")] {
        let (registered, completed) = writes::cost(tagged).await;
        writeln!(text, "- {name}: {registered} WCU to register, {completed} to complete").unwrap();
    }
    text
}
