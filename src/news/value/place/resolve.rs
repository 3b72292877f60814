//! What a name means: the candidates of the tables, ranked by what the article is about, then by population.

use std::collections::HashSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::fold::fold;
use super::gather::{Gathered, Name, Raw, is_within};
use super::gazetteer::{self, Country, Known, Region, Settlement, country_code};
use super::words::{Class, is_plural_class};
use super::{Cue, Disputed, PlaceMention};
use crate::news::text::Text;
use crate::news::value::{Place, Precision};

/// Votes for a country: named itself, by its region, its adjective, or a large city that no other rivals.
const VOTES_COUNTRY: u32 = 3;
const VOTES_REGION: u32 = 2;
const VOTES_ADJECTIVE: u32 = 1;
const VOTES_CITY: u32 = 1;
/// A city of so many thousands, this many times larger than the next of its name, votes for its country.
const CITY_THOUSANDS_MIN: u32 = 100;
const CITY_RIVAL_TIMES: u32 = 5;
/// What a country with all the votes is worth, against the logarithm of population (natural, of thousands).
const CONTEXT_WEIGHT: f64 = 6.0;
/// A namesake this many times smaller than a large city needs its region named: "in Paris" is no town of Texas, even in an
/// article about the United States.
const DWARFED_TIMES: u32 = 10;
const DWARFED_WEIGHT: f64 = 1.5;
const REGION_WEIGHT: f64 = 3.0;
const OWN_NAME_WEIGHT: f64 = 2.5;
/// A capital letter alone makes no place of a smaller settlement in a country the article names.
const BARE_THOUSANDS_MIN: u32 = 50;
/// The same in a country it does not name.
const BARE_THOUSANDS_FAR_MIN: u32 = 400;
/// The same with a preposition, which leads to persons as well.
const JOINED_THOUSANDS_FAR_MIN: u32 = 100;
/// Nor of a smaller one that is also an English word.
const WORD_THOUSANDS_MIN: u32 = 300;
/// A settlement with this share of the people of its region's name is what the name means without a class noun.
const SEAT_THOUSANDS_MIN: u32 = 50;
/// Or as good as none against the people of the region: "Florida" is a town of Colombia as well.
const REGION_TIMES: u32 = 20;
/// Where towns bear the names of persons, or persons those of towns, so that a capital letter alone makes no place of a small one.
const SURNAME_COUNTRIES: &str =
    "AR AU BO BR CA CL CO CR CU DO EC ES GB GT HN IE IT JM MX NI NZ PA PE PH PR PT PY SV US UY VE ZA";
/// Share of letter pairs that a spelling and the table's name must have in common when only their consonants agree.
const SOUND_LIKENESS_MIN: f64 = 0.45;
/// The same after a preposition that leads to persons as well.
const SOUND_LIKENESS_WEAK_MIN: f64 = 0.6;

/// What an article is about, for telling namesakes apart.
#[derive(Debug, Default)]
pub struct Context<'g> {
    votes: FxHashMap<&'static str, u32>,
    total: u32,
    /// Codes of regions named.
    regions: FxHashSet<&'static str>,
    people: FxHashSet<&'g str>,
    /// Keys of the names that a preposition or a class noun makes places somewhere in the article.
    led: FxHashSet<&'g str>,
}

impl<'g> Context<'g> {
    /// Counts the votes of every sentence of an article.
    pub fn of(parts: impl Iterator<Item = &'g Gathered>) -> Self {
        let mut context = Self::default();
        for part in parts {
            context.people.extend(part.people.iter().map(String::as_str));
            for code in &part.adjectives {
                context.vote(code, VOTES_ADJECTIVE);
            }
            for raw in &part.raws {
                context.read(raw);
            }
        }
        context
    }

    fn vote(&mut self, country: &'static str, votes: u32) {
        if !country.is_empty() {
            *self.votes.entry(country).or_default() += votes;
            self.total += votes;
        }
    }

    fn read(&mut self, raw: &'g Raw) {
        for code in &raw.within {
            self.vote(country_code(code), VOTES_REGION);
            self.regions.insert(code);
        }
        let known = match &raw.what {
            Name::Known(known) => known,
            Name::CapitalOf(country) => return self.vote(country.code, VOTES_COUNTRY),
            Name::Unknown(_) => return,
        };
        if is_led(raw) {
            self.led.insert(&known.key);
        }
        if let Some(country) = known.country {
            return self.vote(country.code, VOTES_COUNTRY);
        }
        let means_region = raw.class == Some(Class::Region) || known.settlements.is_empty();
        if let Some(region) = known.regions.first()
            && (region.is_hand_kept || means_region && known.regions.len() == 1)
        {
            self.vote(country_code(region.code), VOTES_REGION);
            self.regions.insert(region.code);
            return;
        }
        if !is_led(raw) {
            return;
        }
        let mut largest: [Option<Settlement>; 2] = [None, None];
        for settlement in &known.settlements {
            if largest[0].is_none_or(|it| it.thousands < settlement.thousands) {
                largest = [Some(*settlement), largest[0]];
            } else if largest[1].is_none_or(|it| it.thousands < settlement.thousands) {
                largest[1] = Some(*settlement);
            }
        }
        if let Some(city) = largest[0]
            && city.thousands >= CITY_THOUSANDS_MIN
            && largest[1]
                .is_none_or(|rival| rival.thousands < CITY_THOUSANDS_MIN.min(city.thousands / CITY_RIVAL_TIMES))
        {
            self.vote(country_code(city.code), VOTES_CITY);
        }
    }

    /// The country's share of the votes, 0 to 1.
    fn share(&self, code: &str) -> f64 {
        match self.votes.get(country_code(code)) {
            Some(&votes) if self.total > 0 => f64::from(votes) / f64::from(self.total),
            _ => 0.0,
        }
    }

    fn names(&self, code: &str) -> bool {
        self.votes.contains_key(country_code(code))
    }

    fn score(&self, settlement: &Settlement, largest: u32) -> f64 {
        let is_named = self.regions.contains(settlement.code);
        let is_dwarfed =
            !is_named && largest >= BARE_THOUSANDS_FAR_MIN && largest >= DWARFED_TIMES * settlement.thousands;
        let weight = if is_dwarfed { DWARFED_WEIGHT } else { CONTEXT_WEIGHT };
        f64::from(settlement.thousands + 1).ln()
            + if settlement.is_own_name { OWN_NAME_WEIGHT } else { 0.0 }
            + if is_named { REGION_WEIGHT } else { 0.0 }
            + weight * self.share(settlement.code).sqrt()
    }

    fn best<'s>(&self, settlements: impl IntoIterator<Item = &'s Settlement> + Clone) -> Option<&'s Settlement> {
        let largest = settlements.clone().into_iter().map(|it| it.thousands).max().unwrap_or(0);
        settlements.into_iter().max_by(|a, b| {
            let order = self.score(a, largest).total_cmp(&self.score(b, largest));
            order.then(b.geonames_id.cmp(&a.geonames_id))
        })
    }

    fn best_region(&self, regions: &[&'static Region]) -> Option<&'static Region> {
        let score = |region: &Region| {
            CONTEXT_WEIGHT * self.share(region.code).sqrt() + f64::from(region.thousands + 1).ln() / 2.0
        };
        regions.iter().copied().reduce(|best, next| if score(next) > score(best) { next } else { best })
    }
}

/// What was found for a name.
enum Found {
    Settlement(Settlement),
    Region(&'static Region),
    Country(&'static Country),
    /// The region around a settlement that gives it its name: "the Obukhiv district".
    Around(Settlement),
    /// A part of a country: "southern Lebanon".
    PartOf(&'static Country),
    Unresolved(Option<&'static str>),
}

/// The mention with its meaning, or `None` if it is no place.
pub fn resolve(text: &Text, raw: &Raw, context: &Context, disputed: &Disputed) -> Option<PlaceMention> {
    let span = text.span_of(raw.tokens.clone())?;
    let found = match &raw.what {
        Name::CapitalOf(country) => capital(country)?,
        Name::Unknown(key) => unknown(key, raw, context)?,
        Name::Known(known) => meaning(known, raw, context)?,
    };
    let name = match &raw.what {
        Name::CapitalOf(country) => country.capital.to_owned(),
        _ => display(text, raw),
    };
    let place = place(name, &found, disputed);
    Some(PlaceMention { span, tokens: raw.tokens.clone(), sentence: raw.sentence, place, cue: raw.cue })
}

fn capital(country: &'static Country) -> Option<Found> {
    let named = gazetteer::settlements(&fold(country.capital));
    let of_country = named.into_iter().filter(|it| country_code(it.code) == country.code);
    of_country.max_by_key(|it| it.thousands).map(Found::Settlement)
}

/// A name that is not in the tables: perhaps in another spelling.
fn unknown(key: &str, raw: &Raw, context: &Context) -> Option<Found> {
    let is_led = is_led(raw);
    let likeness_min = if is_led { SOUND_LIKENESS_MIN } else { SOUND_LIKENESS_WEAK_MIN };
    let like: Vec<_> = gazetteer::settlements_sounding_like(key)
        .into_iter()
        .filter(|it| {
            // Without the country in the article, a name of several words must be much alike.
            let is_far = !context.names(it.code);
            let likeness_min = if is_far { SOUND_LIKENESS_WEAK_MIN } else { likeness_min };
            likeness(it.name, key) >= likeness_min && (!is_far || is_led && key.contains(' '))
        })
        .filter(|it| raw.within.is_empty() || raw.within.iter().any(|code| is_within(it.code, code)))
        .collect();
    let best = like.iter().max_by(|a, b| {
        let score = |it: &Settlement| {
            10.0 * likeness(it.name, key) + f64::from(it.thousands + 1).ln() + CONTEXT_WEIGHT * context.share(it.code)
        };
        score(a).total_cmp(&score(b))
    });
    Some(match best {
        Some(settlement) if raw.class == Some(Class::Region) => Found::Around(*settlement),
        Some(settlement) => Found::Settlement(*settlement),
        None if !is_led => return None,
        None => Found::Unresolved(raw.within.first().map(|code| country_code(code))),
    })
}

/// Share of letter pairs in common (Dice's coefficient), 0 to 1.
fn likeness(a: &str, b: &str) -> f64 {
    let pairs = |text: &str| -> HashSet<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (a, b) = (pairs(a), pairs(b));
    let common = a.intersection(&b).count();
    2.0 * common as f64 / (a.len() + b.len()).max(1) as f64
}

/// What a name in the tables means here.
fn meaning(known: &Known, raw: &Raw, context: &Context) -> Option<Found> {
    let inside: Vec<Settlement> = known
        .settlements
        .iter()
        .filter(|it| raw.within.is_empty() || raw.within.iter().any(|code| is_within(it.code, code)))
        .copied()
        .collect();
    if !raw.within.is_empty() && !inside.is_empty() {
        return context.best(&inside).copied().map(Found::Settlement);
    }
    match raw.class {
        Some(Class::Region) => return region(known, raw, context),
        Some(Class::Settlement | Class::Capital) if !inside.is_empty() => {
            return context.best(&inside).copied().map(Found::Settlement);
        }
        _ => {}
    }
    let best = context.best(&known.settlements).copied();
    if let Some(country) = known.country
        && !is_state_rather(country, known, context)
    {
        return Some(if raw.has_direction { Found::PartOf(country) } else { Found::Country(country) });
    }
    let hand_kept = known.regions.iter().copied().find(|region| region.is_hand_kept);
    let region = hand_kept.or_else(|| context.best_region(&known.regions));
    match (best, region) {
        (_, Some(region)) if is_region_rather(best.as_ref(), region) => accept_region(region, known, raw, context),
        (Some(settlement), _) => is_meant(&settlement, known, raw, context).then_some(Found::Settlement(settlement)),
        (None, Some(region)) => accept_region(region, known, raw, context),
        (None, None) => None,
    }
}

/// "Georgia" where the article is about the United States.
fn is_state_rather(country: &Country, known: &Known, context: &Context) -> bool {
    let votes = |code: &str| context.votes.get(code).copied().unwrap_or(0);
    known.regions.iter().any(|region| {
        let rival = country_code(region.code);
        rival != country.code && region.thousands > 1000 && votes(rival) > votes(country.code)
    })
}

/// Without a class noun a name means the settlement if that is large or the seat of the region of its name.
fn is_region_rather(settlement: Option<&Settlement>, region: &Region) -> bool {
    region.is_hand_kept
        || settlement.is_none_or(|settlement| {
            let is_seat = settlement.code == region.code || country_code(settlement.code) == region.code;
            !region.code.contains('.') && !is_seat
                || !is_seat && settlement.thousands < SEAT_THOUSANDS_MIN && region.thousands > settlement.thousands
                || !is_seat && region.thousands > REGION_TIMES * settlement.thousands
        })
}

fn accept_region(region: &'static Region, known: &Known, raw: &Raw, context: &Context) -> Option<Found> {
    let is_plain = raw.cue == Cue::Bare || raw.cue == Cue::Actor;
    let is_person = is_plain && context.people.contains(known.key.as_str());
    if gazetteer::is_english_word(&known.key) && raw.class != Some(Class::Region) && !region.is_hand_kept {
        return None;
    }
    (!is_person && (!is_plain || region.thousands > 1000 || context.names(region.code) || region.code.is_empty()))
        .then_some(Found::Region(region))
}

/// "the Kharkiv region": a region of that name, else the region of the settlement, else the surroundings of the settlement.
fn region(known: &Known, raw: &Raw, context: &Context) -> Option<Found> {
    let inside = |code: &str| raw.within.is_empty() || raw.within.iter().any(|outer| is_within(code, outer));
    let regions: Vec<_> =
        known.regions.iter().copied().filter(|it| inside(it.code) && !it.name.ends_with(" City")).collect();
    let regions = if regions.is_empty() { known.regions.clone() } else { regions };
    if let Some(region) = context.best_region(&regions) {
        return Some(Found::Region(region));
    }
    if let Some(settlement) = context.best(known.settlements.iter().filter(|it| inside(it.code))) {
        let of_its_name = gazetteer::regions(settlement.name).find(|region| region.code == settlement.code);
        return Some(of_its_name.map_or(Found::Around(*settlement), Found::Region));
    }
    known.country.map(Found::Country)
}

/// Whether something before or after the name says that it is a place.
fn is_led(raw: &Raw) -> bool {
    matches!(raw.cue, Cue::In | Cue::Near | Cue::Named | Cue::Dateline) && !raw.is_carried || raw.class.is_some()
}

/// Whether a settlement of this name is meant at all: the weaker the cue, the better known it must be.
fn is_meant(settlement: &Settlement, known: &Known, raw: &Raw, context: &Context) -> bool {
    let is_led = is_led(raw);
    let is_near = context.names(settlement.code);
    let is_word = gazetteer::is_english_word(&known.key);
    if !is_led && context.people.contains(known.key.as_str()) {
        return false;
    }
    let is_surname = SURNAME_COUNTRIES.split(' ').any(|country| country == country_code(settlement.code));
    let is_named = settlement.is_own_name && !is_surname || context.led.contains(known.key.as_str());
    let is_joined = !matches!(raw.cue, Cue::Bare | Cue::Actor);
    let is_large = settlement.thousands
        >= match (is_near, is_joined || is_led) {
            (true, _) => BARE_THOUSANDS_MIN,
            (false, true) => JOINED_THOUSANDS_FAR_MIN,
            (false, false) => BARE_THOUSANDS_FAR_MIN,
        };
    // "Shelling of Kherson": a city that gives a first-level region its name is known beyond its size.
    let is_seat = is_joined
        && gazetteer::region_of(settlement.code)
            .is_some_and(|region| known.regions.iter().any(|named| named.code == region.code));
    let is_large = is_large || is_seat;
    let is_long = known.key.contains(' ');
    match (is_led, is_word) {
        _ if is_word && (raw.is_caseless || !is_led) => {
            settlement.thousands >= WORD_THOUSANDS_MIN && (is_led || !raw.is_first && !raw.is_caseless)
        }
        (true, true) => raw.class.is_some() || settlement.thousands >= WORD_THOUSANDS_MIN || is_near,
        (true, false) => {
            is_near
                || is_large && (!raw.is_caseless || settlement.is_own_name)
                || !raw.is_caseless && known.key.chars().count() > 3
        }
        (false, _) if raw.is_caseless => {
            is_near && (is_large || is_joined && settlement.is_own_name)
                || settlement.is_own_name && settlement.thousands >= BARE_THOUSANDS_FAR_MIN
        }
        (false, _) => is_large || is_near && (is_joined || is_named) || is_joined && is_long,
    }
}

/// The name as the article uses it, on one line; in title case where the article has capitals only.
fn display(text: &Text, raw: &Raw) -> String {
    let last = text.tokens.get(raw.name.clone()).and_then(<[_]>::last);
    let slice = text.slice(raw.name.clone());
    let ending = last.map_or(0, |token| token.text.len() - token.base().len());
    let slice = &slice[..slice.len() - ending];
    let mut name = slice.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Name::Known(Known { country: Some(_), key, .. }) = &raw.what
        && fold(&name).strip_suffix('s') == Some(key)
    {
        name.truncate(name.len() - 1);
    }
    // "the Sumy and Poltava regions": one region each.
    if raw.class == Some(Class::Region) && last.is_some_and(|token| is_plural_class(token)) {
        name.truncate(name.trim_end_matches("ies").len());
        name = match name.strip_suffix('s') {
            Some(singular) => singular.to_owned(),
            None => format!("{name}y"),
        };
    }
    if !text.is_capitals {
        return name;
    }
    let mut starts = true;
    let titled = name.chars().flat_map(|char| {
        let cased: Vec<char> = if starts { vec![char] } else { char.to_lowercase().collect() };
        starts = !char.is_alphanumeric();
        cased
    });
    titled.collect()
}

/// The place that someone means who writes nothing but its name: as a sentence would be read that says "in" it, else the
/// largest settlement of that name.
pub fn named(name: &str) -> Option<Place> {
    let disputed = Disputed::default();
    let sentence = format!("Fires burned in {name}.");
    let mentions = super::find_in(&sentence, &disputed).into_iter().map(|mention| mention.place);
    let known = mentions.into_iter().find(|place| place.precision != Precision::Unresolved && place.lat.is_some());
    known.or_else(|| {
        let largest = gazetteer::settlements(&fold(name)).into_iter().max_by_key(|it| it.thousands)?;
        Some(place(name.to_owned(), &Found::Settlement(largest), &disputed))
    })
}

fn place(name: String, found: &Found, disputed: &Disputed) -> Place {
    let admin1 = |code: &str| gazetteer::region_of(first_level(code)).map(|region| region.name.to_owned());
    let (code, geonames_id, point, precision) = match found {
        Found::Settlement(it) => (it.code, Some(it.geonames_id), Some(it.point), Precision::Settlement),
        Found::Around(it) => (it.code, None, Some(it.point), Precision::Region),
        Found::Region(it) => (it.code, None, it.point, Precision::Region),
        Found::Country(it) => (it.code, None, Some(it.point), Precision::Country),
        Found::PartOf(it) => (it.code, None, None, Precision::Region),
        Found::Unresolved(code) => (code.unwrap_or_default(), None, None, Precision::Unresolved),
    };
    Place {
        name,
        country: disputed.country_of(first_level(code), geonames_id),
        admin1: code.contains('.').then(|| admin1(code)).flatten(),
        geonames_id,
        lat: point.map(|(lat, _)| lat),
        lon: point.map(|(_, lon)| lon),
        precision,
    }
}

/// The code of the first-level region: a county of the United States lies in its state.
fn first_level(code: &str) -> &str {
    code.match_indices('.').nth(1).map_or(code, |(at, _)| &code[..at])
}
