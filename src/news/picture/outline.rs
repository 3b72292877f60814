//! Land and borders of the world, from the embedded file that `.ci/make-outlines.py` makes of Natural Earth.
//!
//! Natural Earth draws who holds a place. Whose a place is, is never taken from here.

use std::sync::LazyLock;

static BYTES: &[u8] = include_bytes!("../../../config/map/outlines.bin");
static DISPUTED: &str = include_str!("../../../config/map/disputed.txt");
const MAGIC: &[u8] = b"DBO1";
const STEPS_PER_DEGREE: f64 = 100.0;

/// Longitude and latitude in degrees, WGS 84.
pub type Position = (f64, f64);

/// West, south, east, north, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl Bounds {
    pub fn of(positions: &[Position]) -> Self {
        let start = Self { west: f64::MAX, south: f64::MAX, east: f64::MIN, north: f64::MIN };
        positions.iter().fold(start, |it, &(lon, lat)| Self {
            west: it.west.min(lon),
            south: it.south.min(lat),
            east: it.east.max(lon),
            north: it.north.max(lat),
        })
    }

    fn holds(&self, (lon, lat): Position) -> bool {
        self.west <= lon && lon <= self.east && self.south <= lat && lat <= self.north
    }

    /// Whether they share an area when this one is moved east by `shift` degrees.
    pub fn meets(&self, shift: f64, other: &Self) -> bool {
        self.west + shift <= other.east
            && self.east + shift >= other.west
            && self.south <= other.north
            && self.north >= other.south
    }
}

/// A closed ring of coast.
#[derive(Clone, Debug)]
pub struct Ring {
    pub bounds: Bounds,
    pub positions: Vec<Position>,
}

/// A stretch of border between two countries or territories.
#[derive(Clone, Debug)]
pub struct Border {
    /// ISO 3166-1 alpha-2 or user-assigned, in alphabetical order.
    pub codes: [String; 2],
    pub bounds: Bounds,
    pub positions: Vec<Position>,
    pub is_disputed: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Outlines {
    pub land: Vec<Ring>,
    pub borders: Vec<Border>,
}

static OUTLINES: LazyLock<Outlines> = LazyLock::new(|| {
    let Outlines { land, borders } = read(BYTES).unwrap_or_default();
    let rules: Vec<Disputed> = DISPUTED.lines().filter_map(Disputed::read).collect();
    Outlines { land, borders: borders.into_iter().flat_map(|border| split(border, &rules)).collect() }
});

/// Cuts a border where it begins or ceases to be disputed.
fn split(border: Border, rules: &[Disputed]) -> Vec<Border> {
    let rules: Vec<&Disputed> = rules.iter().filter(|rule| rule.codes == border.codes).collect();
    let is_disputed = |pair: &[Position]| {
        let middle = ((pair[0].0 + pair[1].0) / 2.0, (pair[0].1 + pair[1].1) / 2.0);
        rules.iter().any(|rule| rule.within.as_ref().is_none_or(|within| within.holds(middle)))
    };
    let mut stretches: Vec<Border> = Vec::new();
    for pair in border.positions.windows(2) {
        let is_disputed = is_disputed(pair);
        match stretches.last_mut() {
            Some(stretch) if stretch.is_disputed == is_disputed => stretch.positions.push(pair[1]),
            _ => stretches.push(Border { positions: pair.to_vec(), is_disputed, ..border.clone() }),
        }
    }
    for stretch in &mut stretches {
        stretch.bounds = Bounds::of(&stretch.positions);
    }
    stretches
}

pub fn outlines() -> &'static Outlines {
    &OUTLINES
}

/// A line of `config/map/disputed.txt`.
struct Disputed {
    codes: [String; 2],
    /// Where the whole border is not.
    within: Option<Bounds>,
}

impl Disputed {
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.split('#').next()?.split_whitespace();
        let mut codes = [fields.next()?.to_owned(), fields.next()?.to_owned()];
        codes.sort();
        let numbers: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
        let within = match numbers.as_slice() {
            &[west, south, east, north] => Some(Bounds { west, south, east, north }),
            _ => None,
        };
        Some(Self { codes, within })
    }
}

fn read(bytes: &[u8]) -> Option<Outlines> {
    let mut reader = Reader(bytes.strip_prefix(MAGIC)?);
    let mut outlines = Outlines::default();
    for _ in 0..reader.number()? {
        let positions = reader.positions()?;
        outlines.land.push(Ring { bounds: Bounds::of(&positions), positions });
    }
    for _ in 0..reader.number()? {
        let codes = [reader.code()?, reader.code()?];
        let positions = reader.positions()?;
        outlines.borders.push(Border { codes, bounds: Bounds::of(&positions), positions, is_disputed: false });
    }
    reader.0.is_empty().then_some(outlines)
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// LEB128.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn code(&mut self) -> Option<String> {
        String::from_utf8(vec![self.byte()?, self.byte()?]).ok()
    }

    fn positions(&mut self) -> Option<Vec<Position>> {
        let (mut lon, mut lat) = (0i64, 0i64);
        let mut positions = Vec::new();
        for _ in 0..self.number()? {
            lon = lon.checked_add(self.difference()?)?;
            lat = lat.checked_add(self.difference()?)?;
            positions.push((lon as f64 / STEPS_PER_DEGREE, lat as f64 / STEPS_PER_DEGREE));
        }
        Some(positions)
    }

    /// Zigzag: the lowest bit is the sign.
    fn difference(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_outlines_are_whole() {
        let outlines = outlines();
        assert!(outlines.land.len() > 1_000 && outlines.borders.len() > 300);
        for ring in &outlines.land {
            assert!(ring.positions.len() > 3 && ring.bounds.west >= -180.01 && ring.bounds.east <= 180.01);
        }
    }

    #[test]
    fn crimeas_line_to_the_mainland_is_disputed_and_the_rest_of_that_border_is_not() {
        let border = |inside: bool| {
            let is_perekop = |border: &&Border| (border.bounds.north < 46.6) == inside;
            let of = |border: &&Border| border.codes == ["RU", "UA"];
            outlines().borders.iter().filter(of).filter(is_perekop).collect::<Vec<_>>()
        };
        assert!(!border(true).is_empty() && border(true).iter().all(|border| border.is_disputed));
        assert!(!border(false).is_empty() && border(false).iter().all(|border| !border.is_disputed));
    }

    #[test]
    fn every_line_of_disputed_borders_names_a_border_there_is() {
        for line in DISPUTED.lines() {
            let Some(rule) = Disputed::read(line) else { continue };
            let is_meant = |border: &Border| {
                border.is_disputed
                    && border.codes == rule.codes
                    && rule.within.is_none_or(|within| border.positions.iter().any(|at| within.holds(*at)))
            };
            assert!(outlines().borders.iter().any(is_meant), "no border is meant by {line:?}");
        }
    }

    #[test]
    fn a_broken_file_is_no_outlines() {
        for cut in [0, 3, 4, 100, BYTES.len() - 1] {
            assert!(read(&BYTES[..cut]).is_none());
        }
        assert!(read(b"DBO1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").is_none());
    }
}
