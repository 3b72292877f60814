//! A locator map: where the places of an edition lie.
//!
//! Plate carrée with the scale kept along the middle latitude, which is as true as a locator needs to be. The closest view is
//! `SPAN_MIN` across, so that a dot never claims to know the street; a place known only by its region gets a hollow dot.

use serde::{Deserialize, Serialize};

use super::canvas::{Anchor, Canvas, DIM, INK, Ink, Png, Style, Weight, can_write, width_of};
use super::outline::{Bounds, Position, outlines};
use crate::news::value::place;

/// In points of the page. Narrower than the column of a mail at its widest, so that a phone, which shows it at some
/// 340 points, does not make its letters unreadable.
const WIDTH: f32 = 420.0;
const HEIGHT_MIN: f32 = 200.0;
const HEIGHT_MAX: f32 = 320.0;
/// Room around the outermost dots, as a part of the span.
const MARGIN: f64 = 0.22;
/// Degrees of latitude that a map shows at least, from its lower to its upper edge.
const SPAN_MIN: f64 = 4.5;
const DOT_RADIUS: f32 = 4.5;
/// More dots make a map that nobody reads.
pub const SPOTS_MAX: usize = 24;

const SEA: Ink = [0xd9, 0xe2, 0xea];
const LAND: Ink = [0xf6, 0xf3, 0xec];
const COAST: Ink = [0xa3, 0xb1, 0xbd];
const BORDER: Ink = [0x8f, 0x8a, 0x80];
const DOT: Ink = [0x8a, 0x2f, 0x2a];
/// Corners of an outline that are nearer than this to the one before, in points, are not seen and not drawn.
const CORNER_MIN: f32 = 0.7;
/// Marks and gaps of a disputed border.
const DASH: (f32, f32) = (3.5, 3.0);

const PLACE: Style = Style { size: 13.0, weight: Weight::Bold, ink: INK, anchor: Anchor::Start };
const COUNTRY: Style = Style { size: 11.0, weight: Weight::Regular, ink: DIM, anchor: Anchor::Middle };
const KM_PER_DEGREE: f64 = 111.195;

/// How the map draws borders that are disputed (`config/map/disputed.txt`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Borders {
    #[default]
    Dashed,
    /// As any other.
    Solid,
    /// Not at all.
    Hidden,
}

/// A place on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    pub name: String,
    /// Longitude and latitude in degrees.
    pub position: Position,
    /// Whether the position is that of a settlement, and not the middle of a region.
    pub is_exact: bool,
}

/// What the map shows of the world, and how it lies on the sheet.
struct View {
    /// Degrees; `east` may lie beyond 180.
    bounds: Bounds,
    points_per_degree: f64,
    /// How much shorter a degree of longitude is than one of latitude.
    narrowing: f64,
    height: f32,
}

/// Draws a map of these places; `None` when there is none.
pub fn draw(spots: &[Spot], borders: Borders) -> Option<Png> {
    let is_earthly = |spot: &&Spot| spot.position.0.abs() <= 180.0 && spot.position.1.abs() <= 85.0;
    let mut spots: Vec<Spot> = spots.iter().filter(is_earthly).take(SPOTS_MAX).cloned().collect();
    let view = View::of(&mut spots)?;
    let mut canvas = Canvas::new(WIDTH as u32, view.height as u32)?;
    canvas.rectangle(0.0, 0.0, WIDTH, view.height, SEA);
    let mut edges = Vec::new();
    for shift in [-360.0, 0.0, 360.0] {
        let rings = outlines().land.iter().filter(|ring| ring.bounds.meets(shift, &view.bounds));
        let rings: Vec<Vec<(f32, f32)>> =
            rings.map(|ring| view.line(&ring.positions, shift)).filter(|ring| ring.len() > 3).collect();
        canvas.fill(rings.iter().map(Vec::as_slice), LAND);
        for ring in &rings {
            canvas.line(ring, COAST, 0.7, None);
        }
        for border in outlines().borders.iter().filter(|border| border.bounds.meets(shift, &view.bounds)) {
            if border.is_disputed && borders == Borders::Hidden {
                continue;
            }
            let dash = (border.is_disputed && borders == Borders::Dashed).then_some(DASH);
            let line = view.line(&border.positions, shift);
            canvas.line(&line, BORDER, 1.0, dash);
            edges.push(line);
        }
        edges.extend(rings);
    }
    let mut taken: Vec<Area> = spots.iter().map(|spot| Area::of_dot(view.point(spot.position))).collect();
    let scale = scale_bar(&mut canvas, &view);
    taken.push(scale);
    for spot in &spots {
        let (x, y) = view.point(spot.position);
        canvas.dot(x, y, DOT_RADIUS, DOT, LAND);
        if !spot.is_exact {
            canvas.dot(x, y, DOT_RADIUS - 3.5, LAND, LAND);
        }
    }
    for spot in &spots {
        write_name(&mut canvas, &view, spot, &mut taken);
    }
    for country in place::countries() {
        write_country(&mut canvas, &view, country, &edges, &mut taken);
    }
    canvas.finish()
}

impl View {
    /// A view of all the spots, whose longitudes are moved so that the widest gap between them is outside.
    fn of(spots: &mut [Spot]) -> Option<Self> {
        let mut longitudes: Vec<f64> = spots.iter().map(|spot| spot.position.0).collect();
        longitudes.sort_by(f64::total_cmp);
        let first = *longitudes.first()?;
        let gaps = longitudes.windows(2).map(|pair| (pair[1] - pair[0], pair[1]));
        let around = (first + 360.0 - longitudes.last()?, first);
        let (_, west) = gaps.fold(around, |widest, gap| if gap.0 > widest.0 { gap } else { widest });
        for spot in &mut *spots {
            if spot.position.0 < west {
                spot.position.0 += 360.0;
            }
        }
        let bounds = Bounds::of(&spots.iter().map(|spot| spot.position).collect::<Vec<_>>());
        let (lon, lat) = ((bounds.west + bounds.east) / 2.0, (bounds.south + bounds.north) / 2.0);
        let narrowing = lat.to_radians().cos().max(0.2);
        // In degrees of latitude.
        let wide = (bounds.east - bounds.west) * narrowing * (1.0 + 2.0 * MARGIN);
        let high = (bounds.north - bounds.south) * (1.0 + 2.0 * MARGIN);
        let ratio = if wide > 0.0 { f64::from(WIDTH) * high.max(SPAN_MIN) / wide.max(SPAN_MIN) } else { 0.0 };
        let height = (ratio as f32).clamp(HEIGHT_MIN, HEIGHT_MAX).round();
        let high = high.max(SPAN_MIN).max(wide * f64::from(height / WIDTH));
        let wide = high * f64::from(WIDTH / height) / narrowing;
        let bounds =
            Bounds { west: lon - wide / 2.0, east: lon + wide / 2.0, south: lat - high / 2.0, north: lat + high / 2.0 };
        Some(Self { bounds, points_per_degree: f64::from(height) / high, narrowing, height })
    }

    fn point(&self, (lon, lat): Position) -> (f32, f32) {
        let x = (lon - self.bounds.west) * self.points_per_degree * self.narrowing;
        let y = (self.bounds.north - lat) * self.points_per_degree;
        (x as f32, y as f32)
    }

    fn line(&self, positions: &[Position], shift: f64) -> Vec<(f32, f32)> {
        let mut line: Vec<(f32, f32)> = Vec::with_capacity(positions.len());
        for (index, &(lon, lat)) in positions.iter().enumerate() {
            let (x, y) = self.point((lon + shift, lat));
            let is_end = index == 0 || index + 1 == positions.len();
            let is_near = |&(before_x, before_y): &(f32, f32)| (x - before_x).hypot(y - before_y) < CORNER_MIN;
            if is_end || !line.last().is_some_and(is_near) {
                line.push((x, y));
            }
        }
        line
    }
}

/// A rectangle that something takes: left, top, right, bottom.
#[derive(Clone, Copy)]
struct Area(f32, f32, f32, f32);

impl Area {
    fn of_dot((x, y): (f32, f32)) -> Self {
        let reach = DOT_RADIUS + 1.5;
        Self(x - reach, y - reach, x + reach, y + reach)
    }

    fn of_text(text: &str, x: f32, y: f32, style: Style) -> Self {
        let width = width_of(text, style.size, style.weight);
        let left = match style.anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        Self(left - 1.0, y - style.size * 0.8, left + width + 1.0, y + style.size * 0.25)
    }

    fn meets(&self, other: &Self) -> bool {
        self.0 < other.2 && self.2 > other.0 && self.1 < other.3 && self.3 > other.1
    }

    /// Whether a line runs through it.
    fn is_crossed(&self, line: &[(f32, f32)]) -> bool {
        line.windows(2).any(|pair| {
            let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
            let apart = x1.min(x2) > self.2 || x1.max(x2) < self.0 || y1.min(y2) > self.3 || y1.max(y2) < self.1;
            // On which side of the stretch the corners lie; it runs between them when they differ.
            let side = |x: f32, y: f32| (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) > 0.0;
            let corners = [side(self.0, self.1), side(self.2, self.1), side(self.2, self.3), side(self.0, self.3)];
            !apart && corners.iter().any(|corner| *corner != corners[0])
        })
    }

    fn is_free(&self, height: f32, taken: &[Self]) -> bool {
        let inside = self.0 >= 3.0 && self.1 >= 3.0 && self.2 <= WIDTH - 3.0 && self.3 <= height - 3.0;
        inside && !taken.iter().any(|other| self.meets(other))
    }
}

/// Beside its dot where there is room; a name without room, or that the font cannot write, stands in the caption only.
fn write_name(canvas: &mut Canvas, view: &View, spot: &Spot, taken: &mut Vec<Area>) {
    if !can_write(&spot.name) {
        return;
    }
    let (x, y) = view.point(spot.position);
    let side = DOT_RADIUS + 5.0;
    let tries = [
        (x + side, y + 4.5, Anchor::Start),
        (x - side, y + 4.5, Anchor::End),
        (x, y - side - 1.0, Anchor::Middle),
        (x, y + side + 9.0, Anchor::Middle),
    ];
    for (x, y, anchor) in tries {
        let style = Style { anchor, ..PLACE };
        let area = Area::of_text(&spot.name, x, y, style);
        if area.is_free(view.height, taken) {
            canvas.text_with_rim(&spot.name, x, y, style, LAND);
            taken.push(area);
            return;
        }
    }
}

/// The gazetteer's countries, not the outlines', name the land, where a name has room between borders and coasts.
fn write_country(
    canvas: &mut Canvas,
    view: &View,
    (name, lat, lon): (&str, f64, f64),
    edges: &[Vec<(f32, f32)>],
    taken: &mut Vec<Area>,
) {
    for shift in [0.0, 360.0] {
        let (x, y) = view.point((lon + shift, lat));
        let name = name.to_uppercase();
        let area = Area::of_text(&name, x, y, COUNTRY);
        let is_clear = || !edges.iter().any(|line| area.is_crossed(line));
        if can_write(&name) && area.is_free(view.height, taken) && is_clear() {
            canvas.text_with_rim(&name, x, y, COUNTRY, LAND);
            taken.push(area);
        }
    }
}

/// A bar of a round number of kilometres, at most a quarter of the width, in the lower left corner.
fn scale_bar(canvas: &mut Canvas, view: &View) -> Area {
    let points_per_km = view.points_per_degree / KM_PER_DEGREE;
    let most = f64::from(WIDTH) / 4.0 / points_per_km;
    let round = [5000.0, 2000.0, 1000.0, 500.0, 200.0, 100.0, 50.0, 20.0, 10.0];
    let km = round.into_iter().find(|km| *km <= most).unwrap_or(10.0);
    let (left, y) = (12.0, view.height - 12.0);
    let right = left + (km * points_per_km) as f32;
    canvas.line(&[(left, y - 4.0), (left, y), (right, y), (right, y - 4.0)], DIM, 1.2, None);
    let label = format!("{km} km");
    let style = Style { anchor: Anchor::Start, ..COUNTRY };
    canvas.text_with_rim(&label, left + 4.0, y - 5.0, style, SEA);
    Area(left - 2.0, y - 18.0, right + 4.0, y + 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one picture may add to each message, in bytes.
    const PNG_BYTES_MAX: usize = 60_000;

    fn spot(name: &str, lon: f64, lat: f64) -> Spot {
        Spot { name: name.to_owned(), position: (lon, lat), is_exact: true }
    }

    #[track_caller]
    fn check(spots: &[Spot]) {
        let png = draw(spots, Borders::Dashed).unwrap();
        assert!(png.bytes.len() < PNG_BYTES_MAX, "{} bytes", png.bytes.len());
        assert_eq!(png, draw(spots, Borders::Dashed).unwrap());
    }

    #[test]
    fn any_set_of_places_gives_a_small_map() {
        check(&[spot("Mykolaiv", 31.99, 46.97)]);
        check(&[spot("Sumy", 34.8, 50.91), spot("Odesa", 30.73, 46.48), spot("Simferopol", 34.1, 44.96)]);
        check(&[spot("Caracas", -66.9, 10.5), spot("Tokyo", 139.7, 35.7), spot("Sumy", 34.8, 50.91)]);
        check(&[spot("Suva", 178.4, -18.1), spot("Apia", -171.8, -13.8)]);
        check(&[spot("غزة", 34.45, 31.5), spot("\u{202e}x", 34.5, 31.6)]);
        check(&[spot("Alert", -62.3, 82.5), spot("Vostok", 106.8, -78.5)]);
        let many: Vec<Spot> = (0..60).map(|n| spot("Place", 30.0 + f64::from(n) * 0.1, 48.0)).collect();
        check(&many);
    }

    #[test]
    fn no_place_no_map() {
        assert_eq!(draw(&[], Borders::Dashed), None);
        assert_eq!(draw(&[spot("nowhere", f64::NAN, 0.0)], Borders::Dashed), None);
    }
}
