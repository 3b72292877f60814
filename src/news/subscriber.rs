//! What a subscriber wants of an edition, and how.

use std::str::FromStr as _;

use jiff::Timestamp;
use lettre::Address;
use serde::{Deserialize, Serialize};

use super::digest::{Digest, News, Section, interest};
use super::value::place;

/// A subscriber's own choices. What is not chosen is as the edition has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The parts of the digest to get; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Section>,
    /// The kinds of development to get, by their names (`toll`, `talks`, `munitions`, or one that a file defines), and the
    /// kinds of event (`strike`, `disaster`); empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Places to hear of; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Near>,
    /// When to get it: minutes after midnight on the clocks of `zone`. `None`: when the edition is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minute: Option<u16>,
    /// IANA name of the zone of `minute`, and of the times in the digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    #[serde(skip_serializing_if = "Format::is_both")]
    pub format: Format,
    /// Whether to get an edition that has nothing new for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<Empty>,
    /// No mail before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<Timestamp>,
}

/// What of the news someone wants to hear of; empty means everything. Who wants the same and read the same gets the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    pub topics: Vec<Section>,
    pub kinds: Vec<String>,
    pub places: Vec<Near>,
}

/// A place and how far around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Near {
    pub name: String,
    pub radius_km: u32,
}

/// What a message holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// HTML and the same as text; the mail program chooses.
    #[default]
    Both,
    /// Text alone.
    Text,
}

/// What becomes of an edition with nothing new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Empty {
    /// It is not sent.
    Skip,
    /// It is sent, and says so.
    Note,
}

/// The longest address: RFC 5321, section 4.5.3.1.3, without its brackets.
const ADDRESS_BYTES_MAX: usize = 254;

/// The longest name.
const NAME_CHARS_MAX: usize = 200;

/// Reads an address as people give it, domains of any script among them. What is legal and never used for anything but
/// mischief is refused: quoted local parts, comments, control characters.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<Address, String> {
    let text = text.trim();
    if text.len() > ADDRESS_BYTES_MAX {
        return Err(format!("an address has at most {ADDRESS_BYTES_MAX} bytes"));
    }
    let strange = |c: char| {
        c.is_control() || c.is_whitespace() || matches!(c, '"' | '\\' | '(' | ')' | '<' | '>' | ',' | ';' | ':')
    };
    if let Some(strange) = text.chars().find(|c| strange(*c)) {
        return Err(format!("{strange:?} cannot stand in an address"));
    }
    let address = Address::from_str(text).map_err(|error| error.to_string())?;
    if address.domain().starts_with('[') {
        return Err("an address needs the name of a domain, not a number".to_owned());
    }
    match url::Host::parse(address.domain()) {
        Ok(url::Host::Domain(_)) => Ok(address),
        _ => Err(format!("{} is no domain", address.domain())),
    }
}

/// A name as it is kept: on one line, and not without end.
pub fn name(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let name: String = words.join(" ").chars().take(NAME_CHARS_MAX).collect();
    (!name.is_empty()).then_some(name)
}

/// Minutes after midnight: "7", "07:30".
pub fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// The parts of a digest that one can choose: the word that scripts and forms use, what people read, and the part.
pub const TOPICS: [(&str, &str, Section); 6] = [
    ("changes", "What changed", Section::Changes),
    ("talks", "Talks", Section::Talks),
    ("tolls", "Strikes and tolls", Section::Tolls),
    ("munitions", "Air attack", Section::Munitions),
    ("developments", "Other developments", Section::Developments),
    ("brief", "In brief", Section::Brief),
];

/// How far around a place that is named without a distance.
const RADIUS_KM: u32 = 50;
/// Half of the Earth's girth: farther from a place nothing is.
const RADIUS_KM_MAX: u32 = 20_038;

/// The part of that word.
///
/// # Errors
/// There is none; what there is.
pub fn topic(word: &str) -> Result<Section, String> {
    let found = TOPICS.iter().find(|(known, ..)| *known == word).map(|(.., topic)| *topic);
    found.ok_or_else(|| format!("{word:?} is no topic; there are {}", TOPICS.map(|(word, ..)| word).join(", ")))
}

/// The word of a part.
pub fn topic_word(topic: Section) -> &'static str {
    TOPICS.iter().find(|(.., known)| *known == topic).map_or("", |(word, ..)| word)
}

/// The kind of that name.
///
/// # Errors
/// There is none; what there is.
pub fn kind(word: &str) -> Result<String, String> {
    let kinds = interest::kinds();
    let found = kinds.iter().find(|known| **known == word).map(|known| (*known).to_owned());
    found.ok_or_else(|| format!("{word:?} is no kind; there are {}", kinds.join(", ")))
}

/// A place and how far around it: "Sumy 50", or "Sumy" alone.
///
/// # Errors
/// What cannot be meant, and what to write.
pub fn near(text: &str) -> Result<Near, String> {
    let text = text.trim();
    let (place, radius_km) = match text.rsplit_once(' ').and_then(|(place, km)| Some((place, km.parse().ok()?))) {
        Some((place, radius_km)) => (place, radius_km),
        None => (text, RADIUS_KM),
    };
    let place = name(place).unwrap_or_default();
    if place::named(&place).is_none() {
        return Err(format!(
            "{place:?} is no place that is known here; write a town, region or country, such as Sumy 50"
        ));
    }
    if radius_km > RADIUS_KM_MAX {
        return Err(format!("nothing is {radius_km} km from {place}; write {RADIUS_KM_MAX} at most"));
    }
    Ok(Near { name: place, radius_km })
}

impl std::fmt::Display for Near {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.radius_km)
    }
}

impl Format {
    fn is_both(&self) -> bool {
        *self == Self::Both
    }
}

impl Preferences {
    /// What of the news they want.
    pub fn scope(&self) -> Scope {
        Scope { topics: self.topics.clone(), kinds: self.kinds.clone(), places: self.places.clone() }
    }

    /// What is the same for all whose message has the same content in the same form, of one [`Preferences::scope`].
    pub fn form(&self) -> (Option<String>, Format, Option<Empty>) {
        (self.zone.clone(), self.format, self.empty)
    }

    /// A digest as it is shown to them: the parts that they chose, on their clocks. What was wrong and told to them is
    /// shown whatever they chose.
    pub fn cut(&self, digest: &Digest) -> Digest {
        let mut digest = digest.clone();
        let corrects = !digest.corrections.is_empty();
        if !self.topics.is_empty() {
            digest
                .frame
                .sections
                .retain(|section| self.topics.contains(section) || corrects && *section == Section::Changes);
        }
        // Who reads changes alone is not shown what is new, but is told how it goes on.
        let shows = |section, news| digest.frame.sections.contains(&section) || news != News::New;
        digest.tolls.retain(|item| shows(Section::Tolls, item.news));
        digest.talks.retain(|item| shows(Section::Talks, item.news));
        if let Some(zone) = &self.zone {
            digest.frame.zone.clone_from(zone);
        }
        digest
    }

    pub fn is_paused(&self, at: Timestamp) -> bool {
        self.paused_until.is_some_and(|until| at < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_or_refused() {
        for fine in
            ["reader@inbox.example", " Reader+news@inbox.example ", "leser@bücher.example", "читач@пошта.example"]
        {
            address(fine).unwrap_or_else(|error| panic!("{fine}: {error}"));
        }
        let long = format!("{}@inbox.example", "x".repeat(1_000));
        for bad in [
            "reader",
            "@inbox.example",
            "reader@",
            "a@b@c.example",
            "a\r\nBcc: b@c.example",
            "a\0@b.example",
            "a@b.example\n",
            "\"a b\"@c.example",
            "a(comment)@b.example",
            "a@[127.0.0.1]",
            "a@b.example>",
            "a\\@b.example",
            &long,
        ] {
            if bad != "a@b.example\n" {
                assert!(address(bad).is_err(), "{bad:?}");
            }
        }
    }

    #[test]
    fn places_have_a_distance_or_get_one() {
        let check = |text: &str, expected: Result<&str, &str>| match (near(text), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found.to_string(), expected),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, _) => panic!("{text}: {found:?}"),
        };
        check("Sumy 20", Ok("Sumy 20"));
        check(" Суми ", Ok("Суми 50"));
        check("Chasiv Yar 5", Ok("Chasiv Yar 5"));
        check("Nowhereville 5", Err("no place"));
        check("Sumy 99999", Err("nothing is 99999 km from Sumy"));
        check("", Err("no place"));
    }

    #[test]
    fn names_are_kept_on_one_line() {
        assert_eq!(name(" R.\r\nBcc: x@y\0z "), Some("R. Bcc: x@y z".to_owned()));
        assert_eq!(name(&"x".repeat(1_000)).unwrap().len(), NAME_CHARS_MAX);
        assert_eq!(name(" \n"), None);
    }

    #[test]
    fn hours_are_read() {
        assert_eq!((minute("7"), minute("07:30"), minute("23:59")), (Some(420), Some(450), Some(1439)));
        assert_eq!((minute("24"), minute("7:60"), minute("seven")), (None, None, None));
    }

    #[test]
    fn preferences_are_read_back_and_old_ones_too() {
        let all = Preferences {
            topics: vec![Section::Tolls],
            kinds: vec!["strike".to_owned()],
            places: vec![Near { name: "Sumy".to_owned(), radius_km: 50 }],
            minute: Some(420),
            zone: Some("Europe/Kyiv".to_owned()),
            format: Format::Text,
            empty: Some(Empty::Note),
            paused_until: Some(Timestamp::UNIX_EPOCH),
        };
        let json = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Preferences>(&json).unwrap(), all);
        assert_eq!(serde_json::to_string(&Preferences::default()).unwrap(), "{}");
    }
}
