//! The embedded tables of settlements, regions and countries, and look-up in them.
//!
//! Settlements are searched where they lie, by bisection over the sorted text of the table; nothing is built at start. The
//! small tables of regions and countries are indexed on first use.
//!
//! Data: GeoNames (<https://www.geonames.org>), licence [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/), converted
//! by `.ci/make-gazetteer.py`.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::fold::{fold, skeleton};

static SETTLEMENTS: &str = include_str!("../../../../config/lexicon/places.tsv");
static REGIONS: &str = include_str!("../../../../config/lexicon/regions.tsv");
static REGIONS_MORE: &str = include_str!("../../../../config/lexicon/regions-more.tsv");
static COUNTRIES: &str = include_str!("../../../../config/lexicon/countries.tsv");
static WORDS: &str = include_str!("../../../../config/lexicon/place-words.txt");

/// Latitude and longitude in degrees, WGS 84.
pub type Point = (f64, f64);

/// A settlement, under one of its names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settlement {
    /// Its own name, folded.
    pub name: &'static str,
    /// Country and region, as in `UA.21`.
    pub code: &'static str,
    pub geonames_id: u32,
    pub point: Point,
    /// People, in thousands; 0 for a village or where GeoNames does not know.
    pub thousands: u32,
    /// Found under its own name, not another.
    pub is_own_name: bool,
}

/// A region below a country, or one across borders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// `UA.21`; only `UA` where it is no first-level region; empty for seas and the like.
    pub code: &'static str,
    pub point: Option<Point>,
    /// People, in thousands, as far as they live in settlements that GeoNames counts.
    pub thousands: u32,
    /// With its class where GeoNames has one: "Kyiv Oblast".
    pub name: &'static str,
    /// From the hand-kept table: its name means the region even where a settlement shares it.
    pub is_hand_kept: bool,
}

/// A country or territory.
#[derive(Clone, Debug, PartialEq)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    pub name: &'static str,
    pub capital: &'static str,
    pub point: Point,
}

/// Everything the tables know under one name.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The name, folded.
    pub key: String,
    pub settlements: Vec<Settlement>,
    /// The best known first.
    pub regions: Vec<&'static Region>,
    pub country: Option<&'static Country>,
    /// A longer name starts with this one.
    pub goes_on: bool,
}

impl Known {
    pub fn of(key: &str) -> Self {
        if key.is_empty() {
            return Self::default();
        }
        let (lines, goes_on) = lines_of(key);
        Self {
            key: key.to_owned(),
            settlements: read_settlements(lines),
            regions: regions(key).collect(),
            country: country(key),
            goes_on: goes_on || TABLES.starts.contains(key),
        }
    }

    pub fn is_nothing(&self) -> bool {
        self.settlements.is_empty() && self.regions.is_empty() && self.country.is_none()
    }

    /// A region whose name is also that of a settlement in it.
    pub fn is_namesake(&self) -> bool {
        self.regions.iter().any(|region| self.settlements.iter().any(|settlement| settlement.code == region.code))
    }

    /// A country, a region, or a city of at least `thousands` people.
    pub fn is_well_known(&self, thousands: u32) -> bool {
        self.country.is_some()
            || !self.regions.is_empty()
            || self.settlements.iter().any(|settlement| settlement.thousands >= thousands)
    }
}

/// Where names carry an Arabic article that the table leaves out.
const ARTICLE_COUNTRIES: &str = "AE AF BH DZ EG IL IQ IR JO KW LB LY MA MR OM PK PS QA SA SD SY TN YE";

impl Settlement {
    /// Whether "al-" before its name may be an article.
    pub fn may_have_article(&self) -> bool {
        ARTICLE_COUNTRIES.split(' ').any(|country| country == country_code(self.code))
    }
}

/// The country of a code such as `UA.21`.
pub fn country_code(code: &str) -> &str {
    code.split('.').next().unwrap_or_default()
}

/// The table of settlements is marked once in so many bytes, so that most of a search does not touch it.
const FENCE_BYTES: usize = 1024;

/// The first eight bytes of some lines of the table of settlements, and where those lines start.
static FENCES: LazyLock<Vec<(u64, usize)>> = LazyLock::new(|| {
    let bytes = SETTLEMENTS.as_bytes();
    let starts = (0..bytes.len()).step_by(FENCE_BYTES).filter_map(|from| {
        let start = from + bytes[from..].iter().position(|&byte| byte == b'\n')? + 1;
        (start < bytes.len()).then(|| (prefix(&bytes[start..]), start))
    });
    starts.collect()
});

/// The first eight bytes as a number that sorts as they do.
fn prefix(bytes: &[u8]) -> u64 {
    bytes.iter().chain(std::iter::repeat(&0)).take(8).fold(0, |prefix, &byte| prefix << 8 | u64::from(byte))
}

/// The offset in the table of settlements of the first line that does not sort before `probe`.
fn find_settlement(probe: &str) -> usize {
    let wanted = prefix(probe.as_bytes());
    let first = FENCES.partition_point(|(prefix, _)| *prefix < wanted);
    let after = first + FENCES[first..].partition_point(|(prefix, _)| *prefix <= wanted);
    let start = first.checked_sub(1).map_or(0, |fence| FENCES[fence].1);
    let end = FENCES.get(after).map_or(SETTLEMENTS.len(), |fence| fence.1);
    lower_bound(SETTLEMENTS, start..end, probe)
}

/// The offset of the first line in `range`, which starts a line, that does not sort before `probe`. Lines of comment sort
/// before every name.
fn lower_bound(table: &str, range: std::ops::Range<usize>, probe: &str) -> usize {
    let bytes = table.as_bytes();
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[low..middle].iter().rposition(|&byte| byte == b'\n').map_or(low, |at| low + at + 1);
        let end = bytes[middle..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |at| middle + at);
        if bytes[start..end] < *probe.as_bytes() {
            low = (end + 1).min(bytes.len());
        } else {
            high = start;
        }
    }
    low
}

/// A line of the table of settlements, cut at tabs: the fields behind the name.
type Fields = std::str::Split<'static, char>;

/// The lines of the table of settlements with the name `key`, and whether a longer name starts with `key` and a space.
fn lines_of(key: &str) -> (Vec<(&'static str, Fields)>, bool) {
    let rest = SETTLEMENTS.get(find_settlement(key)..).unwrap_or_default();
    let mut found = Vec::new();
    // A name that is the start of another sorts before it, for tab sorts before space and letters.
    for line in rest.lines() {
        match line.strip_prefix(key).map(|rest| rest.as_bytes().first()) {
            Some(Some(b'\t')) => found.push((&line[..key.len()], line[key.len() + 1..].split('\t'))),
            Some(Some(b' ')) => return (found, true),
            _ => break,
        }
    }
    (found, false)
}

/// The settlements that are called `key`, in the order of the table.
pub fn settlements(key: &str) -> Vec<Settlement> {
    if key.is_empty() { Vec::new() } else { read_settlements(lines_of(key).0) }
}

fn read_settlements(lines: Vec<(&'static str, Fields)>) -> Vec<Settlement> {
    let mut found: Vec<Settlement> = Vec::new();
    for (name, fields) in lines {
        if let Some(settlement) = read_settlement(name, fields)
            && found.iter().all(|other| other.geonames_id != settlement.geonames_id)
        {
            found.push(settlement);
        }
    }
    found
}

/// The settlements whose names share the consonants of `key`; only Arabic, Persian and Pashto names are in the table.
pub fn settlements_sounding_like(key: &str) -> Vec<Settlement> {
    skeleton(key).map(|skeleton| settlements(&skeleton)).unwrap_or_default()
}

fn read_settlement(name: &'static str, mut fields: Fields) -> Option<Settlement> {
    let first = fields.next()?;
    if let Some(own) = first.strip_prefix('=') {
        let id: u32 = fields.next()?.parse().ok()?;
        return lines_of(own)
            .0
            .into_iter()
            .filter(|(_, fields)| fields.clone().next().is_some_and(|code| !code.starts_with('=')))
            .filter_map(|(name, fields)| read_settlement(name, fields))
            .find(|settlement| settlement.geonames_id == id)
            .map(|settlement| Settlement { is_own_name: false, ..settlement });
    }
    Some(Settlement {
        name,
        code: first,
        geonames_id: fields.next()?.parse().ok()?,
        point: (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?),
        thousands: fields.next()?.parse().ok()?,
        is_own_name: true,
    })
}

#[derive(Default)]
struct Tables {
    regions: Vec<Region>,
    regions_by_name: FxHashMap<String, Vec<usize>>,
    regions_by_code: FxHashMap<&'static str, usize>,
    /// States of the United States as wire copy abbreviates them.
    abbreviations: FxHashMap<String, &'static str>,
    /// First words of the regions and countries whose names have several.
    starts: FxHashSet<String>,
    countries: Vec<Country>,
    countries_by_name: FxHashMap<String, usize>,
    countries_by_adjective: FxHashMap<String, usize>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::read);

impl Tables {
    fn read() -> Self {
        let mut tables = Self::default();
        tables.read_regions();
        tables.read_more_regions();
        tables.read_countries();
        tables
    }

    fn add_start(&mut self, key: &str) {
        for (at, _) in key.match_indices(' ') {
            self.starts.insert(key[..at].to_owned());
        }
    }

    fn read_regions(&mut self) {
        for line in data_lines(REGIONS) {
            let [key, code, lat, lon, thousands, name] = fields(line);
            let index = self.regions.len();
            let thousands = thousands.parse().unwrap_or(0);
            self.regions.push(Region { code, point: point(lat, lon), thousands, name, is_hand_kept: false });
            self.regions_by_name.entry(key.to_owned()).or_default().push(index);
            self.regions_by_code.entry(code).or_insert(index);
            self.add_start(key);
        }
    }

    fn read_more_regions(&mut self) {
        for line in data_lines(REGIONS_MORE) {
            let [names, code, lat, lon] = fields(line);
            if lat.is_empty() {
                self.abbreviations.insert(fold(names), code);
                continue;
            }
            let known = self.regions_by_code.get(code).map(|&index| self.regions[index]);
            let name = names.split('|').next().unwrap_or_default();
            let index = self.regions.len();
            self.regions.push(Region {
                code,
                point: point(lat, lon).or_else(|| known.and_then(|region| region.point)),
                thousands: known.map_or(0, |region| region.thousands),
                name: known.map_or(name, |region| region.name),
                is_hand_kept: true,
            });
            for key in names.split('|').map(fold) {
                self.add_start(&key);
                // The hand-kept table decides what a name means.
                self.regions_by_name.entry(key).or_default().insert(0, index);
            }
        }
    }

    fn read_countries(&mut self) {
        for line in data_lines(COUNTRIES) {
            let [code, name, capital, lat, lon, names, adjectives] = fields(line);
            let index = self.countries.len();
            let Some(point) = point(lat, lon) else { continue };
            self.countries.push(Country { code, name, capital, point });
            for key in std::iter::once(name).chain(names.split('|')).map(fold).filter(|key| !key.is_empty()) {
                self.add_start(&key);
                self.countries_by_name.entry(key).or_insert(index);
            }
            for key in adjectives.split('|').map(fold).filter(|key| !key.is_empty()) {
                self.add_start(&key);
                self.countries_by_adjective.entry(key).or_insert(index);
            }
        }
    }
}

fn data_lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn fields<const N: usize>(line: &'static str) -> [&'static str; N] {
    let mut fields = line.split('\t');
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}

fn point(lat: &str, lon: &str) -> Option<Point> {
    Some((lat.parse().ok()?, lon.parse().ok()?))
}

/// The regions that are called `key`, the best known first.
pub fn regions(key: &str) -> impl Iterator<Item = &'static Region> {
    TABLES.regions_by_name.get(key).into_iter().flatten().filter_map(|&index| TABLES.regions.get(index))
}

/// The first-level region of a code such as `UA.21`.
pub fn region_of(code: &str) -> Option<&'static Region> {
    TABLES.regions.get(*TABLES.regions_by_code.get(code)?)
}

/// The code of a state of the United States from its abbreviation: `calif` → `US.CA`.
pub fn state_of_abbreviation(key: &str) -> Option<&'static str> {
    TABLES.abbreviations.get(key).copied()
}

/// Every country and territory, in order of codes.
pub fn countries() -> &'static [Country] {
    &TABLES.countries
}

/// The country that is called `key`.
pub fn country(key: &str) -> Option<&'static Country> {
    TABLES.countries.get(*TABLES.countries_by_name.get(key)?)
}

/// The country of an adjective or a people: `ukrainian`.
pub fn country_of_adjective(key: &str) -> Option<&'static Country> {
    TABLES.countries.get(*TABLES.countries_by_adjective.get(key)?)
}

/// Whether the name of a settlement is also an English word, so that a capital letter does not make it a place.
pub fn is_english_word(key: &str) -> bool {
    WORDS
        .get(lower_bound(WORDS, 0..WORDS.len(), key)..)
        .and_then(|rest| rest.lines().next())
        .is_some_and(|word| word == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_folded_and_sorted() {
        let mut last = "";
        for line in data_lines(SETTLEMENTS) {
            assert!(last < line, "{last} {line}");
            last = line;
            let key = line.split('\t').next().unwrap_or_default();
            assert!(key.starts_with('~') || fold(key) == key, "{key} folds to {}", fold(key));
        }
        for line in data_lines(REGIONS) {
            let key = line.split('\t').next().unwrap_or_default();
            assert_eq!(fold(key), key);
        }
    }

    #[test]
    fn every_line_reads() {
        for line in data_lines(SETTLEMENTS) {
            let (key, rest) = line.split_once('\t').unwrap();
            assert!(read_settlement(key, rest.split('\t')).is_some(), "{line}");
        }
    }

    #[test]
    fn every_key_is_found() {
        for line in data_lines(SETTLEMENTS).step_by(97) {
            let key = line.split('\t').next().unwrap_or_default();
            assert!(!settlements(key).is_empty(), "{key}");
        }
        assert!(settlements("zzzz").is_empty() && settlements("").is_empty() && settlements("\u{10ffff}").is_empty());
    }

    #[test]
    fn every_capital_is_a_settlement_of_its_country() {
        let lost: Vec<_> = TABLES
            .countries
            .iter()
            .filter(|country| !country.capital.is_empty())
            .filter(|country| {
                !settlements(&fold(country.capital)).iter().any(|it| country_code(it.code) == country.code)
            })
            .map(|country| (country.code, country.capital))
            .collect();
        assert_eq!(lost, []);
    }

    #[test]
    fn more_regions_point_to_known_ones() {
        for line in data_lines(REGIONS_MORE) {
            let [names, code, lat, lon] = fields(line);
            assert!(code.is_empty() || TABLES.countries.iter().any(|it| it.code == country_code(code)), "{names}");
            assert!(!code.contains('.') || region_of(code).is_some(), "{names}: {code}");
            assert!(point(lat, lon).is_some() || code.contains('.'), "{names}");
        }
    }

    #[test]
    fn words_are_known() {
        assert!(is_english_word("nice") && is_english_word("of") == settlements("of").iter().any(|_| true));
        assert!(!is_english_word("kyiv"));
    }
}
