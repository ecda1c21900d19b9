//! What pages by number take, near the beginning and deep.

use std::fmt::{self, Write};

use model::{Facet, Filter, Order};

use crate::table::Table;
use crate::workspace::Workspace;

const LIMIT: usize = 20;
const PAGES: [usize; 3] = [1, 20, 200];
/// Of how many values of each kind of list the pages are read.
const DRAWS: usize = 20;

/// What pages took, by list and by page.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<(String, [Option<Cost>; 3])>,
}

/// The mean and the most read units, and the most round trips.
#[derive(Clone, Copy)]
struct Cost {
    mean: f64,
    most: f64,
    trips: usize,
}

impl Report {
    /// Reads the pages of some lists of the workspace.
    pub(crate) async fn measure(&mut self, table: &Table, workspace: &Workspace) {
        let size = workspace.assets.len();
        let everything = vec![Filter::default()];
        self.add(table, workspace, format!("{size}, no filter"), &everything).await;
        for facet in [Facet::Type, Facet::Status, Facet::Agent, Facet::Model] {
            let filters: Vec<_> = drawn(workspace, &[facet]).collect();
            self.add(table, workspace, format!("{size}, {}", facet.as_str()), &filters).await;
        }
        let both: Vec<_> = drawn(workspace, &[Facet::Type, Facet::Status]).collect();
        self.add(table, workspace, format!("{size}, type + status"), &both).await;
    }

    async fn add(
        &mut self,
        table: &Table,
        workspace: &Workspace,
        name: String,
        filters: &[Filter],
    ) {
        let mut costs = [None; 3];
        for (cost, page) in costs.iter_mut().zip(PAGES) {
            let mut usages = Vec::new();
            for filter in filters {
                table.wire.take_usage();
                let skip = (page - 1) * LIMIT;
                let pages =
                    table.store.list_numbered(&workspace.id, filter, Order::Desc, skip, LIMIT);
                let found = pages.await.unwrap();
                let usage = table.wire.take_usage();
                // A page past the end tells nothing.
                if !found.items.is_empty() {
                    usages.push(usage);
                }
            }
            let units = usages.iter().map(|usage| usage.rcu);
            let most = units.clone().fold(0.0, f64::max);
            assert!(most <= 64.0, "{name}, page {page}: {most}");
            let trips = usages.iter().map(|usage| usage.trips).max();
            let mean = units.sum::<f64>() / usages.len() as f64;
            *cost = trips.map(|trips| Cost { mean, most, trips });
        }
        self.rows.push((name, costs));
    }
}

/// Filters by these facets of assets drawn evenly.
fn drawn(workspace: &Workspace, facets: &[Facet]) -> impl Iterator<Item = Filter> {
    let assets = workspace.assets.iter().step_by(workspace.assets.len().div_ceil(DRAWS));
    assets.map(move |asset| {
        let mut filter = Filter::default();
        for facet in facets {
            let value = asset.value(*facet);
            assert!(value.is_none_or(|value| filter.allow(*facet, &value)));
        }
        filter
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = PAGES.map(|page| format!(" page {page}, units | most | trips |"));
        writeln!(f, "| assets, and list |{}", heads.concat())?;
        writeln!(f, "|---|{}", "---:|".repeat(3 * PAGES.len()))?;
        for (name, costs) in &self.rows {
            let mut line = format!("| {name} |");
            for cost in costs {
                match cost {
                    Some(Cost { mean, most, trips }) => {
                        write!(line, " {mean:.1} | {most:.1} | {trips} |")?;
                    }
                    None => line.push_str(" | | |"),
                }
            }
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}
