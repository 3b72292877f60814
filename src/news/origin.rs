//! Articles → where their text comes from: how many newsrooms really stand behind what many outlets print.
//!
//! Three things hide that two articles are one report: a news agency's credit ("(AP)", "Reuters contributed"), a text that
//! is a copy of another's (`copies`), and a publisher who owns both outlets. An [`Origin`] is the newsroom that is left when all
//! three are looked through. What counts origins counts different [`Origin::id`]s.
//!
//! The rule is careful in one direction: where it is in doubt, two articles have one origin, because "two independent
//! origins" makes a figure look better than it may be.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use url::Url;

use super::article::{Article, Published};
use super::lexicon;

mod copies;
mod credit;

pub use credit::{Stands, credited};

const WIRES: &str = include_str!("../../config/lexicon/wires.txt");

/// Where the text of one article comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The newsroom: `wire:AP`, `family:Reach`, `site:courier.example` or `outlet:valley ledger`. The same for the same newsroom
    /// in every digest, whatever else was read.
    pub id: String,
    /// The id of the article that this one is a copy of: the earliest of all that share its text, itself if none does.
    pub story: String,
    pub reason: Reason,
}

/// Why an article has its origin. Displays as a clause about the article: "is credited to AP in its byline".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The outlet is a news agency.
    Agency(String),
    /// It credits an agency with its text.
    Credited { wire: String, stands: Stands },
    /// It says that an agency contributed. What is the agency's in it cannot be told, so all of it counts as such.
    Contributed { wire: String },
    /// It carries a text that another outlet published first, or one that another copy credits to an agency.
    Copy { of: String, wire: Option<String> },
    /// The outlet belongs to a publisher with others.
    Family(String),
    /// The outlet's own report, as far as can be told.
    Own,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agency(wire) => write!(f, "is a report of the agency {wire}"),
            Self::Credited { wire, stands: Stands::Byline } => write!(f, "is credited to {wire} in its byline"),
            Self::Credited { wire, stands: Stands::Dateline } => write!(f, "is credited to {wire} in its dateline"),
            Self::Credited { wire, stands: Stands::Foot } => write!(f, "is credited to {wire} at its foot"),
            Self::Contributed { wire } => write!(f, "says that {wire} contributed"),
            Self::Copy { of, wire: None } => write!(f, "carries the text of {of}"),
            Self::Copy { of, wire: Some(wire) } => write!(f, "carries a text that {of} credits to {wire}"),
            Self::Family(family) => write!(f, "is a report of an outlet of {family}"),
            Self::Own => write!(f, "is the outlet's own report"),
        }
    }
}

/// Which outlets belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Families {
    /// Domain, or outlet's name in lower case → family.
    by_member: FxHashMap<String, String>,
}

/// The shipped families.
pub static FAMILIES: LazyLock<Families> = LazyLock::new(|| {
    let entries = lexicon::entries(FAMILIES_FILE).filter(|entry| entry.section.is_empty());
    let by_member = entries.map(|entry| (entry.phrase.to_owned(), entry.value.to_owned()));
    Families { by_member: by_member.collect() }
});

const FAMILIES_FILE: &str = include_str!("../../config/lexicon/families.txt");

/// Domains on which others publish: see the file.
static PLATFORMS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    lexicon::entries(FAMILIES_FILE).filter(|entry| entry.section == "platforms").map(|entry| entry.phrase).collect()
});

/// Domain of an agency → its name.
static AGENCIES: LazyLock<FxHashMap<&str, &str>> = LazyLock::new(|| {
    let entries = lexicon::entries(WIRES).filter(|entry| entry.section == "domains");
    entries.map(|entry| (entry.phrase, entry.value)).collect()
});

/// Beginnings of host names that say nothing of the newsroom.
const HOST_PREFIXES: &[&str] = &["www.", "m.", "amp.", "mobile.", "edition.", "rss.", "feeds."];

impl Families {
    /// These families and one more; an outlet that is in both belongs to the new one. A member is a domain, or an outlet's name.
    #[must_use]
    pub fn with<'a>(mut self, family: &str, members: impl IntoIterator<Item = &'a str>) -> Self {
        self.by_member.extend(members.into_iter().map(|member| (member.trim().to_lowercase(), family.to_owned())));
        self
    }

    /// The newsroom of an outlet.
    fn newsroom(&self, article: &Article) -> Newsroom {
        let host = article.url.as_deref().and_then(|url| Url::parse(url).ok());
        let host = host.as_ref().and_then(Url::host_str).unwrap_or_default().to_lowercase();
        let host = HOST_PREFIXES.iter().fold(host.as_str(), |host, prefix| host.strip_prefix(prefix).unwrap_or(host));
        let domains = || domains(host);
        let name = article.outlet.trim().to_lowercase();
        let is_platform = domains().any(|domain| PLATFORMS.contains(&domain));
        let agency =
            domains().find_map(|domain| AGENCIES.get(domain).copied()).or_else(|| credit::outlet(&article.outlet));
        if let Some(agency) = agency {
            return Newsroom { id: wire_id(agency), reason: Reason::Agency(agency.to_owned()) };
        }
        let family = self.by_member.get(&name).or_else(|| domains().find_map(|domain| self.by_member.get(domain)));
        if let Some(family) = family {
            return Newsroom { id: format!("family:{family}"), reason: Reason::Family(family.clone()) };
        }
        let by_name = host.is_empty() || is_platform && !name.is_empty();
        let id = if by_name { format!("outlet:{name}") } else { format!("site:{host}") };
        Newsroom { id, reason: Reason::Own }
    }
}

/// Whose report something is, and why that is thought.
#[derive(Clone)]
struct Newsroom {
    id: String,
    reason: Reason,
}

fn wire_id(wire: &str) -> String {
    format!("wire:{wire}")
}

/// `a.b.example` → `a.b.example`, `b.example`, `example`.
fn domains(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host).filter(|host| !host.is_empty()), |host| host.split_once('.').map(|(_, rest)| rest))
}

/// The origin of each article, in the order given. The same set of articles in any order gives each the same origin.
pub fn origins(articles: &[&Article], families: &Families) -> Vec<Origin> {
    let mut order: Vec<usize> = (0..articles.len()).collect();
    order.sort_by(|&a, &b| age(articles[a]).cmp(&age(articles[b])));
    let texts: Vec<&str> = order.iter().map(|&at| articles[at].text.as_str()).collect();
    // Oldest first, so that the oldest text of a story stands for it.
    let mut stories: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, first) in copies::groups(&texts).into_iter().enumerate() {
        stories.entry(first).or_default().push(order[at]);
    }
    let mut origins: Vec<(usize, Origin)> = Vec::with_capacity(articles.len());
    for story in stories.into_values() {
        let tellers: Vec<Teller> = story.iter().map(|&at| Teller::of(articles[at], families)).collect();
        origins.extend(story.into_iter().zip(story_origins(&tellers)));
    }
    origins.sort_by_key(|(at, _)| *at);
    origins.into_iter().map(|(_, origin)| origin).collect()
}

/// Oldest first; what has no date is taken for young. Then by id, so that the order of arrival never shows.
fn age(article: &Article) -> (bool, Option<jiff::Timestamp>, &str) {
    let published = article.published.and_then(Published::instant);
    (published.is_none(), published, &article.id)
}

/// One article as it stands alone.
struct Teller<'a> {
    article: &'a Article,
    newsroom: Newsroom,
    credit: Option<credit::Credit>,
}

impl<'a> Teller<'a> {
    fn of(article: &'a Article, families: &Families) -> Self {
        Self { article, newsroom: families.newsroom(article), credit: credit::of(article) }
    }

    /// The agency whose text it is, by what the outlet is or what the article says.
    fn agency(&self) -> Option<&str> {
        let credited = || self.credit.filter(|credit| !credit.part).map(|credit| credit.wire);
        if let Reason::Agency(agency) = &self.newsroom.reason { Some(agency) } else { credited() }
    }

    /// The newsroom that it shows by itself.
    fn shown(&self) -> Newsroom {
        let wire = |wire: &str, reason| Newsroom { id: wire_id(wire), reason };
        match (&self.newsroom.reason, self.credit) {
            (Reason::Agency(_), _) | (_, None) => self.newsroom.clone(),
            (_, Some(credit)) if credit.part => wire(credit.wire, Reason::Contributed { wire: credit.wire.to_owned() }),
            (_, Some(credit)) => {
                wire(credit.wire, Reason::Credited { wire: credit.wire.to_owned(), stands: credit.stands })
            }
        }
    }
}

/// The origins of the copies of one text, oldest first: the agency that one of them credits, or who had it first.
fn story_origins(tellers: &[Teller]) -> Vec<Origin> {
    let Some(oldest) = tellers.first() else { return Vec::new() };
    let credits = tellers.iter().find_map(|teller| Some((teller, teller.agency()?)));
    let source = credits.map_or(oldest, |(teller, _)| teller);
    let id = source.shown().id;
    let origin = |teller: &Teller| {
        let shown = teller.shown();
        let wire = credits.map(|(_, wire)| wire.to_owned());
        let copy = || Reason::Copy { of: source.article.outlet.clone(), wire };
        let reason = if shown.id == id { shown.reason } else { copy() };
        Origin { id: id.clone(), story: oldest.article.id.clone(), reason }
    };
    tellers.iter().map(origin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = "The ferry Santa Rosa ran onto rocks off the island of Maro early on Tuesday with ninety people on board. \
        The coastguard said that all passengers had been brought ashore by fishing boats before the ship broke in two. \
        Its captain told the harbour office that a buoy had drifted from its place during the storm of the weekend.";

    const OTHER: &str = "Ninety people were saved from a stranded ferry near Maro, says the mayor of the island, who watched from the \
        lighthouse as boats of all sizes went out before dawn and came back with passengers wrapped in blankets.";

    fn article(id: &str, outlet: &str, hour: i8, text: &str) -> Article {
        let at = jiff::civil::date(2031, 3, 4).at(hour, 0, 0, 0).to_zoned_datetime(jiff::tz::TimeZone::UTC).unwrap();
        Article {
            id: id.to_owned(),
            outlet: outlet.to_owned(),
            url: Some(format!("https://www.{}.example/{id}", outlet.to_lowercase().replace(' ', "-"))),
            published: Some(Published::from(at.timestamp())),
            text: text.to_owned(),
            ..Article::default()
        }
    }

    /// The origins in words, whatever the order of the articles.
    #[track_caller]
    fn check(articles: &[Article], families: &Families, expected: &[&str]) {
        let forward: Vec<&Article> = articles.iter().collect();
        let backward: Vec<&Article> = articles.iter().rev().collect();
        let found = origins(&forward, families);
        let mut reversed = origins(&backward, families);
        reversed.reverse();
        assert_eq!(found, reversed);
        let words: Vec<String> = found.iter().map(|origin| format!("{}: {}", origin.id, origin.reason)).collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn copies_are_of_who_had_the_text_first() {
        let articles = [
            article("a", "Valley Ledger", 9, STORY),
            article("b", "Harbour Courier", 8, STORY),
            article("c", "Island Post", 7, OTHER),
        ];
        check(
            &articles,
            &FAMILIES,
            &[
                "site:harbour-courier.example: carries the text of Harbour Courier",
                "site:harbour-courier.example: is the outlet's own report",
                "site:island-post.example: is the outlet's own report",
            ],
        );
        let stories: Vec<String> =
            origins(&[&articles[0], &articles[2]], &FAMILIES).into_iter().map(|origin| origin.story).collect();
        assert_eq!(stories, ["a", "c"]);
    }

    #[test]
    fn one_credit_speaks_for_all_copies() {
        let articles = [
            article("a", "Valley Ledger", 8, STORY),
            article("b", "Harbour Courier", 9, &format!("MARO (AP) — {STORY}")),
            article("c", "Island Post", 9, &format!("{OTHER}\n\nThe Associated Press contributed to this report.")),
            article("d", "The Associated Press", 9, OTHER),
        ];
        check(
            &articles,
            &FAMILIES,
            &[
                "wire:AP: carries a text that Harbour Courier credits to AP",
                "wire:AP: is credited to AP in its dateline",
                "wire:AP: says that AP contributed",
                "wire:AP: is a report of the agency AP",
            ],
        );
    }

    #[test]
    fn outlets_of_one_house_are_one_origin() {
        let families = FAMILIES.clone().with("Lissia Media", ["valley-ledger.example", "Harbour Courier"]);
        let articles = [article("a", "Valley Ledger", 8, STORY), article("b", "Harbour Courier", 9, OTHER)];
        check(
            &articles,
            &families,
            &[
                "family:Lissia Media: is a report of an outlet of Lissia Media",
                "family:Lissia Media: is a report of an outlet of Lissia Media",
            ],
        );
    }

    #[test]
    fn a_platform_is_no_newsroom() {
        let on_platform = |id: &str, outlet: &str, text: &str| Article {
            url: Some(format!("https://uk.news.yahoo.com/{id}")),
            ..article(id, outlet, 8, text)
        };
        check(
            &[on_platform("a", "Valley Ledger", STORY), on_platform("b", "Island Post", OTHER)],
            &FAMILIES,
            &["outlet:valley ledger: is the outlet's own report", "outlet:island post: is the outlet's own report"],
        );
    }

    #[test]
    fn nothing_has_no_origin() {
        check(&[], &FAMILIES, &[]);
        check(&[Article::default()], &FAMILIES, &["outlet:: is the outlet's own report"]);
    }

    #[test]
    fn the_shipped_files_are_in_order() {
        for entry in lexicon::entries(WIRES).filter(|entry| matches!(entry.section, "names" | "domains")) {
            assert!(!entry.value.is_empty(), "{}", entry.phrase);
        }
        for entry in lexicon::entries(FAMILIES_FILE) {
            assert_eq!(entry.value.is_empty(), entry.section == "platforms", "{}", entry.phrase);
            assert_eq!(entry.phrase, entry.phrase.to_lowercase());
        }
    }
}
