//! The figures as Markdown.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::measure::Samples;

/// A table whose columns line up.
pub(crate) struct Report {
    rows: Vec<Vec<String>>,
}

impl Report {
    /// What `label` names, and what was measured of it.
    pub(crate) fn new(label: &str) -> Self {
        let columns = [
            label,
            "queries",
            "RCU",
            "max",
            "trips",
            "max",
            "read/returned",
            "p50 ms",
            "p99 ms",
            "in one request",
            "empty first",
        ];
        Self { rows: vec![columns.map(str::to_owned).to_vec()] }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, name: &str, samples: &Samples) {
        let ms = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1000.0);
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        self.rows.push(vec![
            name.to_owned(),
            samples.count().to_string(),
            format!("{:.1}", samples.mean_rcu()),
            format!("{:.1}", samples.max_rcu()),
            format!("{:.2}", samples.mean_trips()),
            samples.max_trips().to_string(),
            format!("{:.1}", samples.read_per_returned()),
            ms(samples.time(0.5)),
            ms(samples.time(0.99)),
            percent(samples.share_complete()),
            percent(samples.share_empty()),
        ]);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        for (place, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(line, "| {cell:width$} |")?,
                    _ => write!(line, " {cell:>width$} |")?,
                }
            }
            writeln!(f, "{line}")?;
            if place == 0 {
                let rules = widths.iter().enumerate().map(|(column, width)| {
                    let end = if column == 0 { "-" } else { ":" };
                    format!("{}{end}|", "-".repeat(width + 1))
                });
                writeln!(f, "|{}", rules.collect::<String>())?;
            }
        }
        Ok(())
    }
}
