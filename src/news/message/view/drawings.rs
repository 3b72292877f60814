//! The pictures of an edition: drawn once for all readers, and told in words.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use lettre::message::Body;
use lettre::message::header::ContentTransferEncoding;

use super::words::Words;
use super::{Picture, Setting, clean};
use crate::news::digest::Digest;
use crate::news::digest::tolls::TollItem;
use crate::news::incident::IncidentKey;
use crate::news::picture::{self, Png};
use crate::news::wording;

/// The drawings of an edition, made once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawings {
    pub chart: Option<Arc<Drawn>>,
    pub map: Option<Arc<Drawn>>,
}

/// A picture, and as the body of a part of a mail.
#[derive(Debug, PartialEq, Eq)]
pub struct Drawn {
    pub png: Png,
    /// In base64, encoded once for all messages.
    pub body: Vec<u8>,
}

impl Drawn {
    fn of(png: Png) -> Arc<Self> {
        let body = Body::new_with_encoding(png.bytes.clone(), ContentTransferEncoding::Base64);
        Arc::new(Self { body: body.map(Body::into_vec).unwrap_or_default(), png })
    }
}

/// Draws each picture once, however many readers see it: readers of one edition differ in what they get of it, and most of
/// them get the same pictures.
#[derive(Debug, Default)]
pub struct Studio {
    charts: HashMap<String, Option<Arc<Drawn>>>,
    maps: HashMap<String, Option<Arc<Drawn>>>,
}

impl Studio {
    pub fn drawings(&mut self, digest: &Digest) -> Drawings {
        // Pictures show days only.
        let utc = TimeZone::UTC;
        let words = Words::of(digest, &utc);
        let (rows, spots, borders) = (words.rows(), words.spots(), digest.frame.look.borders);
        let chart =
            self.charts.entry(format!("{rows:?}")).or_insert_with(|| picture::chart::draw(&rows).map(Drawn::of));
        let map = self.maps.entry(format!("{borders:?} {spots:?}"));
        let map = map.or_insert_with(|| picture::map::draw(&spots, borders).map(Drawn::of));
        Drawings { chart: chart.clone(), map: map.clone() }
    }

    /// How many pictures were drawn.
    pub fn drawn(&self) -> usize {
        self.charts.values().chain(self.maps.values()).flatten().count()
    }
}

impl Drawings {
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Png)> {
        self.drawn().map(|(name, drawn)| (name, &drawn.png))
    }

    pub fn drawn(&self) -> impl Iterator<Item = (&'static str, &Drawn)> {
        let both = [("chart", &self.chart), ("map", &self.map)];
        both.into_iter().filter_map(|(name, drawn)| Some((name, drawn.as_deref()?)))
    }
}

impl Words<'_> {
    fn toll(&self, key: &IncidentKey) -> Option<&TollItem> {
        self.digest.tolls.iter().find(|item| item.key == *key)
    }

    fn rows(&self) -> Vec<picture::chart::Row> {
        let rows = self.digest.pictures.series.iter().filter_map(|series| {
            let title = wording::incident_title(self.toll(&series.key)?, self.today, self.language);
            let bars = series.figures.iter().map(|(day, count)| picture::chart::Bar {
                day: *day,
                day_label: self.language.day(*day, self.today),
                low: count.low,
                high: count.high,
                label: wording::count(count, self.language),
            });
            let label = clean(&format!("{title} · {}", wording::measure(series.measure, self.language)));
            Some(picture::chart::Row { label, bars: bars.collect() })
        });
        rows.collect()
    }

    fn spots(&self) -> Vec<picture::map::Spot> {
        let spots = self.digest.pictures.spots.iter().filter_map(|spot| {
            let name = clean(self.toll(&spot.key)?.place.as_deref()?);
            Some(picture::map::Spot { name, position: spot.position(), is_exact: spot.is_exact })
        });
        // One dot for a place where several things happened.
        let mut seen = HashSet::new();
        spots.filter(|spot| seen.insert(spot.name.clone())).collect()
    }

    pub(super) fn pictures(&self, drawings: &Drawings, setting: Setting) -> Vec<Picture> {
        let pictures = drawings.named().map(|(name, png)| {
            let (alt, caption, lines) = if name == "chart" { self.chart_in_words() } else { self.map_in_words() };
            let src = format!("{}{name}{}", setting.picture_src.0, setting.picture_src.1);
            Picture { name, src, width: png.width, height: png.height, alt, caption, lines }
        });
        pictures.collect()
    }

    fn chart_in_words(&self) -> (String, String, Vec<String>) {
        let rows: Vec<picture::chart::Row> = self.rows().into_iter().filter(|row| row.bars.len() > 1).collect();
        let row_in_words = |row: &picture::chart::Row| {
            let bars = row.bars.iter().map(|bar| format!("{}: {}", bar.day_label, bar.label));
            format!("{}: {}", row.label, bars.collect::<Vec<_>>().join("; "))
        };
        let alt = format!(
            "{}. {}.",
            self.language.pick("Chart of tolls by day", "Графік жертв за днями"),
            rows.iter().map(row_in_words).collect::<Vec<_>>().join(". ")
        );
        let line = |row: &picture::chart::Row| {
            let labels: Vec<&str> = row.bars.iter().map(|bar| bar.label.as_str()).collect();
            let days = row.bars.first().zip(row.bars.last());
            let days = days.map_or_else(String::new, |(a, b)| {
                format!("{} {} {}", a.day_label, self.language.pick("to", "–"), b.day_label)
            });
            format!("{} {} ({days}: {})", row.label, wording::sparkline(&row.bars), labels.join(" → "))
        };
        let caption = self
            .language
            .pick("Figures as they were reported on each day.", "Цифри, як їх повідомляли того дня.")
            .to_owned();
        let lines = rows.iter().map(line).chain([caption.clone()]).collect();
        (alt, caption, lines)
    }

    fn map_in_words(&self) -> (String, String, Vec<String>) {
        let names: Vec<String> = self.spots().into_iter().map(|spot| spot.name).collect();
        let caption = format!(
            "{}. {}",
            names.join(", "),
            self.language
                .pick("Boundaries shown do not imply endorsement.", "Показані кордони не означають їх визнання.")
        );
        (format!("{}: {}.", self.language.pick("Locator map", "Карта місць"), names.join(", ")), caption, Vec::new())
    }
}
