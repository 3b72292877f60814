//! The pictures of an edition: tolls over days, and where they were.
//!
//! What they show is taken into the digest when it is composed ([`Pictures`]), so that a stored digest always gives the same
//! drawings; they are drawn once per edition, offline. Whatever a picture says stands in words beside it.

mod canvas;
pub mod chart;
pub mod map;
mod outline;

use std::collections::BTreeMap;

use jiff::civil;
use serde::{Deserialize, Serialize};

pub use canvas::Png;

use super::article::Published;
use super::digest::tolls::{TollItem, TollLine};
use super::digest::{Digest, News};
use super::incident::{Incident, IncidentKey};
use super::kinds::{Group, Measure};
use super::value::{Count, Precision};

/// Rows of the chart that one incident may take: the dead and the injured.
const ROWS_PER_INCIDENT_MAX: usize = 2;

const STEPS_PER_DEGREE: f64 = 1_000.0;

/// What the pictures of one edition show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pictures {
    pub series: Vec<Series>,
    pub spots: Vec<Spot>,
}

/// One measure of one incident, as this edition and earlier ones printed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    pub key: IncidentKey,
    pub measure: Measure,
    /// One figure a day, in order of days; the day is that of the report.
    pub figures: Vec<(civil::Date, Count)>,
}

/// Where an incident was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    pub key: IncidentKey,
    /// In thousandths of a degree, WGS 84: whole numbers are read back as they were stored.
    latitude_millidegrees: i32,
    longitude_millidegrees: i32,
    /// A settlement, and not the middle of a region.
    pub is_exact: bool,
}

impl Spot {
    /// Longitude and latitude in degrees.
    pub fn position(&self) -> (f64, f64) {
        let degrees = |steps: i32| f64::from(steps) / STEPS_PER_DEGREE;
        (degrees(self.longitude_millidegrees), degrees(self.latitude_millidegrees))
    }
}

impl Pictures {
    /// What the pictures of an edition with these items show. `earlier` holds what was printed before, newest first.
    pub fn of(tolls: &[TollItem], incidents: &[Incident], earlier: &[Digest]) -> Self {
        let mut series: Vec<(News, Series)> = tolls.iter().flat_map(|item| series_of(item, earlier)).collect();
        // What moved comes before what did not; otherwise the order of the items.
        series.sort_by_key(|(news, _)| *news);
        let series = series.into_iter().map(|(_, series)| series).take(chart::ROWS_MAX).collect();
        let spots = tolls.iter().filter_map(|item| spot_of(item, incidents)).take(map::SPOTS_MAX).collect();
        Self { series, spots }
    }
}

/// How an item's totals moved, where they did. `earlier` holds what was printed before, newest first.
pub fn series(item: &TollItem, earlier: &[Digest]) -> Vec<Series> {
    series_of(item, earlier).into_iter().map(|(_, series)| series).collect()
}

/// The developments of an item's totals that have one.
fn series_of(item: &TollItem, earlier: &[Digest]) -> Vec<(News, Series)> {
    let is_total = |line: &&TollLine| !line.part && line.group == Group::People;
    let lines = item.lines.iter().filter(is_total).filter_map(|line| {
        let figures = figures(line, &item.key, earlier);
        let moved = figures.windows(2).any(|pair| pair[0].1 != pair[1].1);
        moved.then(|| (line.news, Series { key: item.key.clone(), measure: line.measure, figures }))
    });
    lines.take(ROWS_PER_INCIDENT_MAX).collect()
}

/// A line's figures by day since it was last corrected: what was wrong is no development.
fn figures(line: &TollLine, key: &IncidentKey, earlier: &[Digest]) -> Vec<(civil::Date, Count)> {
    let same = |old: &&TollLine| (old.measure, old.group, old.part) == (line.measure, line.group, line.part);
    let before = earlier.iter().filter_map(|digest| {
        let item = digest.tolls.iter().find(|item| item.key == *key || item.key.is_like(key))?;
        item.lines.iter().find(same)
    });
    let mut by_day = BTreeMap::new();
    for line in std::iter::once(line).chain(before) {
        let figure = line.figure.value();
        if let Some(day) = figure.as_of.map(Published::date) {
            // The newest word on a day stands.
            by_day.entry(day).or_insert_with(|| figure.count.clone());
        }
        if line.news == News::Corrected {
            break;
        }
    }
    by_day.into_iter().collect()
}

fn spot_of(item: &TollItem, incidents: &[Incident]) -> Option<Spot> {
    let place = incidents.iter().find(|incident| incident.key == item.key)?.place?;
    let is_exact = match place.precision {
        Precision::Settlement => true,
        Precision::Region => false,
        // The middle of a country is no place where anything happened.
        Precision::Country | Precision::Unresolved => return None,
    };
    // Saturates, and a coordinate that is none becomes 0: the gazetteer has no such.
    let steps = |degrees: f64| (degrees * STEPS_PER_DEGREE).round() as i32;
    Some(Spot {
        key: item.key.clone(),
        latitude_millidegrees: steps(place.lat?),
        longitude_millidegrees: steps(place.lon?),
        is_exact,
    })
}
