//! Pictures of the figures.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use plotters::prelude::*;

use super::figures::{Guest, Measured, Took};

/// Pixels.
const SIZE: (u32, u32) = (720, 440);
const FONT: (&str, i32) = ("sans-serif", 15);
const CAPTION: (&str, i32) = ("sans-serif", 18);

/// The workloads that there is a picture of.
const WORKLOADS: &[&str] = &["getppid", "statx", "open-read-close"];

const ALONE: RGBColor = RGBColor(90, 90, 90);
const USER: RGBColor = RGBColor(214, 126, 44);
const MODULE: RGBColor = RGBColor(46, 110, 176);

/// Draws all of them into a folder: of each kernel the cost of a call over the
/// size of the batch, and what walking a tree takes.
///
/// # Errors
/// When a file can't be written.
pub(super) fn draw(measured: &Measured, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    for guest in &measured.guests {
        for workload in WORKLOADS {
            let file = folder.join(format!("{workload}-{}.svg", guest.series));
            sizes(guest, workload, &file)
                .with_context(|| format!("can't draw {}", file.display()))?;
        }
        let file = folder.join(format!("tree-{}.svg", guest.series));
        tree(guest, &file).with_context(|| format!("can't draw {}", file.display()))?;
    }
    Ok(())
}

/// A line: its label, its colour, and the cost of a unit in batches of each size.
type Drawn = (&'static str, RGBColor, Vec<(u32, f64)>);

/// The cost of a unit of a workload over the size of its batch.
fn sizes(guest: &Guest, name: &str, file: &Path) -> Result<()> {
    let workload = guest.bench.workload(name).map_err(|why| anyhow!(why))?;
    let alone = workload.alone.context("it makes no calls")?;
    let lines: Vec<Drawn> = [("module", "kernel", MODULE), ("user space", "user", USER)]
        .into_iter()
        .filter_map(|(label, backend, color)| {
            let batches = guest.bench.batches(name, backend, "native").ok()?;
            let points = batches.sizes.iter().map(|size| (size.n, size.per_unit));
            Some((label, color, points.collect()))
        })
        .collect();
    let all = lines.iter().flat_map(|(_, _, points)| points);
    let highest = all.clone().map(|&(_, each)| each).fold(alone, f64::max);
    let longest = all.map(|&(n, _)| n).max().unwrap_or(1);
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let caption = format!(
        "{name}: instructions in batches of n, Linux {}",
        guest.kernel_release
    );
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, CAPTION)
        .margin(12)
        .margin_right(30)
        .x_label_area_size(42)
        .y_label_area_size(76)
        .build_cartesian_2d((1..longest).log_scale().base(2.0), 0.0..highest * 1.05)?;
    let ticks = |n: &u32| n.to_string();
    chart
        .configure_mesh()
        .x_desc("n, the size of the batch")
        .y_desc("instructions for each of n")
        .x_label_formatter(&ticks)
        .x_labels(11)
        .y_label_formatter(&whole)
        .label_style(FONT)
        .max_light_lines(1)
        .light_line_style(WHITE)
        .draw()?;
    let constant = [(1, alone), (longest, alone)];
    chart
        .draw_series(LineSeries::new(constant, ALONE.stroke_width(2)))?
        .label("alone")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], ALONE.stroke_width(2)));
    for (label, color, points) in lines {
        let dots = points
            .iter()
            .map(|&point| Circle::new(point, 3, color.filled()));
        chart.draw_series(dots)?;
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .background_style(WHITE)
        .border_style(ALONE)
        .label_font(FONT)
        .draw()?;
    root.present()?;
    Ok(())
}

/// A figure on an axis.
fn whole(value: &f64) -> String {
    format!("{value:.0}")
}

/// What programs take to add up a tree.
fn tree(guest: &Guest, file: &Path) -> Result<()> {
    let walks: &[Took] = &guest.trees;
    let longest = walks.iter().map(|took| took.median).fold(0.0, f64::max) / 1e6;
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let caption = format!(
        "20,000 files in 500 directories, million instructions, Linux {}",
        guest.kernel_release
    );
    let rows = walks.len() as i32;
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, CAPTION)
        .margin(12)
        .margin_right(30)
        .x_label_area_size(42)
        .y_label_area_size(150)
        .build_cartesian_2d(0.0..longest * 1.15, (0..rows - 1).into_segmented())?;
    // The first on top.
    let name = |place: &SegmentValue<i32>| match place {
        SegmentValue::CenterOf(row) => {
            let walk = usize::try_from(rows - 1 - row)
                .ok()
                .and_then(|index| walks.get(index));
            walk.map_or_else(String::new, |took| took.name.clone())
        }
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .x_label_formatter(&whole)
        .y_label_formatter(&name)
        .y_labels(walks.len())
        .label_style(FONT)
        .max_light_lines(1)
        .light_line_style(WHITE)
        .draw()?;
    for (index, took) in walks.iter().enumerate() {
        let row = rows - 1 - index as i32;
        let color = match took.name.as_str() {
            "sysbatch du, module" => MODULE,
            "sysbatch du, user" => USER,
            _ => ALONE,
        };
        let millions = took.median / 1e6;
        let corners = [
            (0.0, SegmentValue::Exact(row)),
            (millions, SegmentValue::Exact(row + 1)),
        ];
        let mut bar = Rectangle::new(corners, color.filled());
        bar.set_margin(8, 8, 0, 0);
        chart.draw_series([bar])?;
        let place = (millions, SegmentValue::CenterOf(row));
        let label = EmptyElement::at(place) + Text::new(format!("{millions:.1}"), (6, -8), FONT);
        chart.draw_series([label])?;
    }
    root.present()?;
    Ok(())
}
