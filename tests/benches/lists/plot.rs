//! The figures as a picture.

use std::error::Error;
use std::path::Path;

use plotters::coord::combinators::IntoLogRange;
use plotters::prelude::*;

use crate::queries::Group;

/// What one group of queries takes, by the size of the workspace.
pub(crate) struct Line {
    pub(crate) group: Group,
    /// Assets, and mean read capacity units.
    pub(crate) points: Vec<(usize, f64)>,
}

/// Of the lines, which are told apart without their colours too.
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(40, 40, 40),
];

/// Draws the lines into the SVG file `path`.
pub(crate) fn draw(path: &Path, lines: &[Line]) -> Result<(), Box<dyn Error>> {
    let points = || lines.iter().flat_map(|line| line.points.iter());
    let smallest = points().map(|(assets, _)| *assets).min().unwrap_or(1) as f64;
    let largest = points().map(|(assets, _)| *assets).max().unwrap_or(10) as f64;
    let highest = points().map(|(_, rcu)| *rcu).fold(1.0, f64::max);
    // Above the lines, the legend has its place.
    let area = SVGBackend::new(path, (900, 540)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("What a list's first page reads", ("sans-serif", 24))
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(60)
        .build_cartesian_2d((smallest * 0.8..largest * 1.25).log_scale(), 0.0..highest * 1.4)?;
    chart
        .configure_mesh()
        .x_desc("assets in the workspace")
        .y_desc("mean read capacity units")
        .x_label_formatter(&|assets| label(*assets))
        .y_label_formatter(&|rcu| format!("{rcu:.0}"))
        .label_style(("sans-serif", 15))
        .axis_desc_style(("sans-serif", 17))
        .light_line_style(WHITE)
        .disable_x_mesh()
        .draw()?;
    for (line, colour) in lines.iter().zip(COLOURS) {
        let points: Vec<_> =
            line.points.iter().map(|(assets, rcu)| (*assets as f64, *rcu)).collect();
        let dots = points.clone().into_iter().map(|point| Circle::new(point, 4, colour.filled()));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(line.group.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], colour.stroke_width(2)));
        chart.draw_series(dots)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .margin(12)
        .legend_area_size(32)
        .label_font(("sans-serif", 16))
        .background_style(WHITE.mix(0.9))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    area.present()?;
    Ok(())
}

/// `1,000,000`, of powers of ten alone, since others stand too close.
fn label(number: f64) -> String {
    let digits = format!("{number:.0}");
    if digits.trim_end_matches('0') != "1" {
        return String::new();
    }
    let from_end = |place: usize| digits.len() - place;
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && from_end(place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
