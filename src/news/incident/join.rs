//! Reports of many articles → incidents: which reports tell of the same happening.
//!
//! Two reports join by what they are typed to: scope, kind of event, place, days, means, time of day, whose doing and who
//! was harmed. Words are never compared. One settlement on one day is one incident unless something tells two apart: a
//! weapon, a quarter, other people harmed, a multiple of the figure. A region, or a second settlement close by, joins only
//! where a figure of some size agrees; a country only where several figures do, or a large one that is not round. Copies of
//! one text join where a figure agrees. A report that could belong to two incidents which exclude each other belongs to
//! neither.
//!
//! The result is a function of the set of reports: they are sorted first, ties between joins are broken by content, and each
//! join is checked against all that its two sides hold, so that no chain of likenesses brings together what does not belong
//! together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::report::{Days, Mark, Report, Where, are_one, is_generic, may_be_one};
use super::traits::{PartOfDay, Traits};
use crate::news::kinds::{Event, Group, Measure, Scope};
use crate::news::value::Place;

/// An agreeing figure of this size joins across places: smaller ones ("two injured") agree by chance every day.
const AGREEING_COUNT_MIN: u64 = 5;
/// An agreeing figure of this size outweighs that two reports name other weapons.
const SAME_COUNT_MIN: u64 = 3;
/// Where an article tells of several happenings, a single agreeing figure below this is chance as well.
const BUSY_COUNT_MIN: u64 = 10;
/// One agreeing figure of this size does not agree by chance on two days in a row.
const SURE_COUNT_MIN: u64 = 20;
/// A multiple of this is often a guess, and two guesses agree by chance.
const ROUND_COUNT: u64 = 10;
/// By how much two tolls of one happening and day differ at most where neither says that it rose.
const GROWTH_MAX: u64 = 4;
/// Two totals this close are of one happening even where several are told: "at least 26", the next day 31. In percent of
/// the smaller.
const CLOSE_PERCENT: u64 = 25;
/// Settlements this close can be two names for one site: a suburb and its city.
const NEAR_KM_MAX: f64 = 15.0;
/// Days by which two dated reports may differ when a figure agrees: a night attack is dated by either day.
const NIGHT_DAYS_MAX: i32 = 1;

/// Reports that agree in all keys, joined before anything is compared.
#[derive(Debug)]
struct Node<'a> {
    scope: Scope,
    event: Event,
    place: Where,
    site: Option<&'a Place>,
    days: Option<Days>,
    traits: Traits,
    marks: BTreeSet<Mark>,
    /// The marks, and what is only estimated.
    counts: BTreeSet<Mark>,
    /// Some of its reports goes on from an earlier figure.
    is_update: bool,
    /// Of whom it tells, with a figure or without.
    groups: BTreeSet<Group>,
    /// It tells of fighters alone.
    is_of_fighters: bool,
    /// Some of its articles tells of more than this there.
    is_one_of_several: bool,
    /// Articles that tell several happenings of this place and day apart, and which of them this is.
    parts: BTreeSet<(&'a str, usize)>,
    articles: BTreeSet<&'a str>,
    /// The texts that its articles are, or are copies of.
    stories: BTreeSet<&'a str>,
    reports: Vec<Report<'a>>,
}

/// How sure it is that two nodes are one, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    /// Copies of one text, with a figure.
    Copy,
    SettlementAndFigure,
    Settlement,
    SettlementLoosely,
    FigureOnly,
    CountryAndFigures,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    tie: Tie,
    gap: i32,
    /// Fewer agreeing figures come later.
    agreeing: std::cmp::Reverse<usize>,
    nodes: (usize, usize),
}

impl<'a> Node<'a> {
    /// The totals that each article gives, and those that it says they were before.
    fn told(&self) -> BTreeMap<(&'a str, Measure, Group), BTreeSet<u64>> {
        let mut told: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
        for report in &self.reports {
            let article = report.reading.article.id.as_str();
            for (measure, group, _, number) in report.marks().into_iter().filter(|mark| !mark.2) {
                told.entry((article, measure, group)).or_default().insert(number);
            }
        }
        told
    }

    /// Some article tells of both, and as of two.
    fn is_told_apart(&self, other: &Self) -> bool {
        !self.articles.is_disjoint(&other.articles)
    }

    fn country(&self) -> Option<&str> {
        self.site.and_then(|site| site.country.as_deref())
    }

    /// It names a country, or no place at all.
    fn is_broad(&self) -> bool {
        matches!(self.place, Where::Own(_))
    }
}

impl Edge {
    fn new(tie: Tie, gap: i32, agreeing: usize, one: usize, other: usize) -> Self {
        Self { tie, gap, agreeing: std::cmp::Reverse(agreeing), nodes: (one.min(other), one.max(other)) }
    }
}

/// Joins reports. Each group is in the order of [`sort`]; groups are in the order of their first reports.
pub fn join(mut reports: Vec<Report<'_>>) -> Vec<Vec<Report<'_>>> {
    sort(&mut reports);
    let nodes = nodes(reports);
    let edges = edges(&nodes);
    let mut clusters = Clusters::new(&nodes);
    let split = edges.partition_point(|edge| edge.tie <= Tie::SettlementAndFigure);
    let (sure, others) = edges.split_at(split);
    for edge in sure {
        clusters.join(*edge);
    }
    // A report that fits two incidents which exclude each other fits neither.
    let torn = clusters.torn(others);
    for edge in others.iter().filter(|edge| !torn.contains(&edge.nodes.0) && !torn.contains(&edge.nodes.1)) {
        clusters.join(*edge);
    }
    let roots: Vec<usize> = (0..nodes.len()).map(|node| clusters.root(node)).collect();
    drop(clusters);
    let mut joined: BTreeMap<usize, Vec<Report>> = BTreeMap::new();
    for (node, root) in nodes.into_iter().zip(roots) {
        joined.entry(root).or_default().extend(node.reports);
    }
    let mut groups: Vec<Vec<Report>> = joined.into_values().collect();
    groups.iter_mut().for_each(|group| sort(group));
    groups
}

/// By content, so that the order of arrival never shows.
fn sort(reports: &mut [Report]) {
    reports.sort_by(|a, b| {
        let key = |report: &Report| (report.scope, report.place.clone(), report.days, report.event);
        let whose = |report: &Report| (report.part, report.tellings.first().map(super::Telling::start));
        (key(a), &a.traits, &a.reading.article.id, whose(a)).cmp(&(key(b), &b.traits, &b.reading.article.id, whose(b)))
    });
}

/// What a node's reports have in common.
type Key<'a> =
    (Scope, Event, Where, Option<Days>, Traits, BTreeSet<Group>, BTreeSet<Mark>, Option<(&'a str, Option<usize>)>);

fn nodes(reports: Vec<Report<'_>>) -> Vec<Node<'_>> {
    let mut index: HashMap<Key, usize> = HashMap::new();
    let mut nodes: Vec<Node> = Vec::new();
    for report in reports {
        let article = report.reading.article.id.as_str();
        let by_key = report.place.is_fine() || report.scope != Scope::Event;
        // What is loose, or told apart, or a region's, has to be compared one by one.
        let alone = report.part.is_some() || !by_key || report.days.is_none_or(|days| days.loose);
        let own = alone.then_some((article, report.part));
        let (traits, groups, marks) =
            (report.traits.clone(), report.groups().collect::<BTreeSet<Group>>(), report.marks());
        let key =
            (report.scope, report.event, report.place.clone(), report.days, traits, groups.clone(), marks.clone(), own);
        let at = *index.entry(key).or_insert_with(|| {
            nodes.push(Node {
                scope: report.scope,
                event: report.event,
                place: report.place.clone(),
                site: report.site(),
                days: report.days,
                traits: report.traits.clone(),
                marks,
                counts: report.counts(),
                is_update: false,
                groups,
                is_of_fighters: report.is_of_fighters(),
                is_one_of_several: false,
                parts: report.part.map(|part| (article, part)).into_iter().collect(),
                articles: BTreeSet::new(),
                stories: BTreeSet::new(),
                reports: Vec::new(),
            });
            nodes.len() - 1
        });
        nodes[at].articles.insert(article);
        nodes[at].stories.insert(&report.reading.story);
        nodes[at].is_update |= report.is_update();
        nodes[at].is_one_of_several |= report.is_one_of_several;
        nodes[at].reports.push(report);
    }
    nodes
}

/// Every pair that may be one, the surest first. Only pairs of one settlement, of one region or country and figure, or of
/// one text are looked at.
fn edges(nodes: &[Node]) -> Vec<Edge> {
    let mut by_place: BTreeMap<&Where, Vec<usize>> = BTreeMap::new();
    let mut by_figure: BTreeMap<(&str, Option<&str>, Mark), Vec<usize>> = BTreeMap::new();
    let mut by_country: BTreeMap<(&str, Mark), Vec<usize>> = BTreeMap::new();
    let mut by_story: BTreeMap<(Scope, &str), Vec<usize>> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        node.stories.iter().for_each(|story| by_story.entry((node.scope, story)).or_default().push(index));
        if node.scope != Scope::Event {
            continue;
        }
        by_place.entry(&node.place).or_default().push(index);
        let Some(country) = node.country() else { continue };
        let admin1 = node.site.and_then(|site| site.admin1.as_deref());
        for mark in node.marks.iter().filter(|mark| mark.3 >= AGREEING_COUNT_MIN) {
            by_country.entry((country, *mark)).or_default().push(index);
            if !node.is_broad() {
                by_figure.entry((country, admin1, *mark)).or_default().push(index);
            }
        }
    }
    let mut edges: BTreeSet<Edge> = BTreeSet::new();
    let groups = by_place.into_iter().filter(|(place, _)| place.is_fine() || matches!(place, Where::Own(_)));
    for group in groups.map(|(_, group)| group).chain(by_figure.into_values()) {
        let pairs = neighbours(nodes, &group);
        let busy = busy(nodes, &pairs);
        let is_busy = |node: usize| nodes[node].is_one_of_several || busy.contains(&node);
        let edge = |(one, other)| edge(nodes, one, other, is_busy(one) || is_busy(other));
        edges.extend(pairs.into_iter().filter_map(edge));
    }
    let by_story = by_story.into_values().flat_map(|group| neighbours(nodes, &group));
    edges.extend(by_story.filter_map(|(one, other)| copied(nodes, one, other)));
    let by_country = by_country.into_values().filter(|group| group.iter().any(|node| nodes[*node].is_broad()));
    let by_country = by_country.flat_map(|group| neighbours(nodes, &group));
    edges.extend(by_country.filter_map(|(one, other)| within_country(nodes, one, other)));
    edges.into_iter().collect()
}

/// Two papers' copies of one text tell of one happening where a figure agrees and nothing of place and kind is against it:
/// a short copy names the country only.
fn copied(nodes: &[Node], one: usize, other: usize) -> Option<Edge> {
    let (a, b) = (&nodes[one], &nodes[other]);
    let gap = a.days?.gap(&b.days?);
    let agreeing = a.marks.intersection(&b.marks).count();
    let broad = (a.is_broad() || b.is_broad()) && a.country().zip(b.country()).is_none_or(|(one, other)| one == other);
    let fits = a.place == b.place || broad || is_near(a, b);
    (agreeing > 0 && fits && !a.is_told_apart(b) && may_be_one(a.event, b.event))
        .then(|| Edge::new(Tie::Copy, gap, agreeing, one, other))
}

/// A report that names only a country is the one of a place in it, or another such, which tells of the same kind of
/// happening on the same day with the same figures: two, or one that is too large and too odd for chance.
fn within_country(nodes: &[Node], one: usize, other: usize) -> Option<Edge> {
    let (a, b) = (&nodes[one], &nodes[other]);
    let same_end = a.days?.end == b.days?.end;
    let gap = a.days?.gap(&b.days?);
    let loose = a.days?.loose || b.days?.loose;
    let agreeing = a.marks.intersection(&b.marks).filter(|mark| mark.3 >= SAME_COUNT_MIN);
    let odd = agreeing.clone().any(|mark| mark.3 >= SURE_COUNT_MIN && mark.3 % ROUND_COUNT != 0);
    let agreeing = agreeing.count();
    let same = (agreeing > 1 || odd) && are_one(a.event, b.event) && !a.traits.conflicts(&b.traits);
    let days = gap == 0 && (!loose || same_end);
    let broad = a.is_broad() || b.is_broad();
    (broad && same && days && !a.is_told_apart(b)).then(|| Edge::new(Tie::CountryAndFigures, gap, agreeing, one, other))
}

/// The pairs of a group whose days are close enough to be one. They are found along the days, so that a city of which
/// something is told every day costs no more than as many places.
fn neighbours(nodes: &[Node], group: &[usize]) -> Vec<(usize, usize)> {
    let mut dated: Vec<(Days, usize)> = group.iter().filter_map(|node| Some((nodes[*node].days?, *node))).collect();
    dated.sort_by_key(|(days, node)| (days.start, *node));
    let mut pairs = Vec::new();
    for (at, (days, one)) in dated.iter().enumerate() {
        let close = dated[at + 1..].iter().take_while(|(later, _)| days.gap(later) <= NIGHT_DAYS_MAX);
        pairs.extend(close.map(|(_, other)| (*one.min(other), *one.max(other))));
    }
    pairs
}

/// Whether figures agree beyond chance.
fn is_sure(one: &BTreeSet<Mark>, other: &BTreeSet<Mark>) -> bool {
    let mut agreeing = one.intersection(other).map(|mark| mark.3);
    let count = agreeing.clone().filter(|number| *number >= SAME_COUNT_MIN).count();
    count > 1 || agreeing.any(|number| number >= SURE_COUNT_MIN)
}

/// The nodes of whose place and days another article tells several happenings: then place and day alone join nothing.
fn busy(nodes: &[Node], pairs: &[(usize, usize)]) -> BTreeSet<usize> {
    let several = |(one, other): (usize, usize)| nodes[one].is_one_of_several || nodes[other].is_one_of_several;
    let days = |(one, other): (usize, usize)| nodes[one].days.zip(nodes[other].days);
    let same =
        |pair: &&(usize, usize)| several(**pair) && days(**pair).is_some_and(|(one, other)| one.gap(&other) == 0);
    pairs.iter().filter(same).flat_map(|(one, other)| [*one, *other]).collect()
}

fn edge(nodes: &[Node], one: usize, other: usize, busy: bool) -> Option<Edge> {
    let (a, b) = (&nodes[one], &nodes[other]);
    let gap = a.days?.gap(&b.days?);
    let agreeing = a.marks.intersection(&b.marks).filter(|mark| mark.3 >= SAME_COUNT_MIN).count();
    let loose = a.days.is_some_and(|days| days.loose) || b.days.is_some_and(|days| days.loose);
    let events = are_one(a.event, b.event) || agreeing > 0 && may_be_one(a.event, b.event);
    let night = [a, b].iter().any(|node| node.traits.when.contains(&PartOfDay::Night));
    let days = gap == 0 || gap <= NIGHT_DAYS_MAX && !loose && (is_sure(&a.marks, &b.marks) || agreeing == 1 && night);
    if !events || !days || differ(&a.traits, &b.traits, agreeing) {
        return None;
    }
    let large = a.marks.intersection(&b.marks).any(|mark| mark.3 >= BUSY_COUNT_MIN);
    let likely = agreeing > 1
        || !a.traits.conflicts(&b.traits)
            && (large
                || are_close(&a.counts, &b.counts)
                || a.traits.agree(&b.traits)
                || a.traits == b.traits && !a.traits.is_empty());
    if busy && !likely
        || agreeing == 0 && !may_be_one_without_figure(a, b, loose)
        || loose && is_chance(a, b, agreeing, large)
    {
        return None;
    }
    let tie = if a.place == b.place {
        match agreeing {
            0 if loose || a.event != b.event || is_generic(a.event) => Tie::SettlementLoosely,
            0 => Tie::Settlement,
            _ => Tie::SettlementAndFigure,
        }
    } else if gap == 0 && are_one(a.event, b.event) && is_near(a, b) {
        Tie::FigureOnly
    } else {
        return None;
    };
    Some(Edge::new(tie, gap, agreeing, one, other))
}

/// Whether two reports of one settlement that agree in no figure may be one all the same: one goes on from an earlier
/// figure, or gives none at all, or nothing tells them apart, or they name one weapon and count the same people (accidents
/// and disasters, of which a town seldom has two a day, need none). Medics who died in a clinic are no attackers who were
/// beaten off. Where a day is only supposed, other figures are another happening.
fn may_be_one_without_figure(a: &Node, b: &Node, loose: bool) -> bool {
    let silent = a.counts.is_empty() || b.counts.is_empty();
    let update = a.is_update || b.is_update;
    let contradict = a.marks.iter().any(|one| {
        b.marks.iter().any(|other| (one.0, one.1, one.2) == (other.0, other.1, other.2) && one.3 != other.3)
    });
    let rare = matches!(a.event, Event::Accident | Event::Disaster | Event::Bombing | Event::Disease);
    let alike = rare || !a.traits.means.is_disjoint(&b.traits.means);
    match (silent, loose) {
        _ if a.is_of_fighters != b.is_of_fighters => false,
        (true, _) => !loose,
        _ if a.groups.is_disjoint(&b.groups) => false,
        (false, true) => update || !contradict && alike && !are_of_two_days(a, b),
        (false, false) => update || rare || (alike || a.traits == b.traits) && are_comparable(&a.counts, &b.counts),
    }
}

/// Whether both give a total of some size for the same people, one not much above the other.
fn are_close(one: &BTreeSet<Mark>, other: &BTreeSet<Mark>) -> bool {
    totals(one, other).any(|(least, most)| {
        least >= BUSY_COUNT_MIN && (most - least).saturating_mul(100) <= least.saturating_mul(CLOSE_PERCENT)
    })
}

/// The smaller and the larger number, where both count the same.
fn totals(one: &BTreeSet<Mark>, other: &BTreeSet<Mark>) -> impl Iterator<Item = (u64, u64)> {
    let pairs = one.iter().flat_map(move |mark| other.iter().map(move |two| (mark, two)));
    let same = pairs.filter(|(mark, two)| (mark.0, mark.1, mark.2) == (two.0, two.1, two.2));
    same.map(|(mark, two)| (mark.3.min(two.3), mark.3.max(two.3)))
}

/// Whether both count the same people, and neither counts a multiple of the other: a toll grows through a day, but three
/// dead and 84 dead are two happenings. A zero too many is a slip, and for the plausibility gate to see.
fn are_comparable(one: &BTreeSet<Mark>, other: &BTreeSet<Mark>) -> bool {
    totals(one, other).any(|(least, most)| most <= least.saturating_mul(GROWTH_MAX) || most == least.saturating_mul(10))
}

/// Both days are only supposed, from papers of two days.
fn are_of_two_days(a: &Node, b: &Node) -> bool {
    a.days.zip(b.days).is_some_and(|(one, other)| one.loose && other.loose && one.end != other.end)
}

/// A day that is only supposed, and a single small figure, which agrees by chance: then the day has to be that of
/// publication.
fn is_chance(a: &Node, b: &Node, agreeing: usize, large: bool) -> bool {
    let same_end = a.days.zip(b.days).is_some_and(|(one, other)| one.end == other.end);
    agreeing == 1 && !large && !same_end && !a.is_update && !b.is_update
}

/// Whether weapon, time of day or doer tell two apart. One agreeing figure outweighs a weapon and a quarter, which outlets name loosely;
/// two outweigh everything.
fn differ(one: &Traits, other: &Traits, agreeing: usize) -> bool {
    match agreeing {
        0 => one.conflicts(other),
        1 => {
            let when = |traits: &Traits| Traits { when: traits.when.clone(), ..Traits::default() };
            when(one).conflicts(&when(other)) || one.is_of_others(other)
        }
        _ => false,
    }
}

/// A region and a settlement in it, one region, or two settlements close by.
fn is_near(a: &Node, b: &Node) -> bool {
    let (Some(one), Some(other)) = (a.site, b.site) else { return false };
    match (&a.place, &b.place) {
        (Where::Settlement(_), Where::Settlement(_)) => one.distance_km(other).is_some_and(|km| km <= NEAR_KM_MAX),
        (Where::Region(..), Where::Region(..)) => a.place == b.place,
        (Where::Region(..), _) => one.contains(other),
        (_, Where::Region(..)) => other.contains(one),
        _ => false,
    }
}

/// What a cluster of nodes holds in all, for checking a join against it.
#[derive(Clone, Debug)]
struct Profile<'a> {
    events: BTreeSet<Event>,
    sites: BTreeMap<&'a Where, Option<&'a Place>>,
    /// The days of its dated reports, and the longest of them.
    dated: Option<(Days, i32)>,
    traits: Traits,
    marks: BTreeSet<Mark>,
    parts: BTreeSet<(&'a str, usize)>,
    /// What each article counts, by article and whom it counts.
    told: BTreeMap<(&'a str, Measure, Group), BTreeSet<u64>>,
}

impl<'a> Profile<'a> {
    fn of(node: &'a Node<'a>) -> Self {
        let fine = node.place.is_fine();
        Self {
            events: [node.event].into(),
            sites: fine.then_some((&node.place, node.site)).into_iter().collect(),
            dated: node.days.filter(|days| !days.loose).map(|days| (days, days.len())),
            traits: node.traits.clone(),
            marks: node.marks.clone(),
            parts: node.parts.clone(),
            told: node.told(),
        }
    }

    /// Whether the two cannot be one incident, whatever likeness brought them together.
    fn excludes(&self, other: &Self) -> bool {
        let agreeing = self.marks.intersection(&other.marks).filter(|mark| mark.3 >= SAME_COUNT_MIN).count();
        let parted = self.parts.iter().any(|(article, part)| {
            other.parts.iter().any(|(article_too, part_too)| article == article_too && part != part_too)
        });
        // An article that counts otherwise elsewhere tells of another happening there.
        let recounted =
            self.told.iter().any(|(whom, one)| other.told.get(whom).is_some_and(|two| one.is_disjoint(two)));
        let events = |one: &Event| other.events.iter().all(|other| are_one(*one, *other) || may_be_one(*one, *other));
        let km = |one: &Option<&Place>, two: &Option<&Place>| one.zip(*two).and_then(|(one, two)| one.distance_km(two));
        let far = self.sites.iter().any(|(place, one)| {
            other
                .sites
                .iter()
                .any(|(place_too, two)| place != place_too && km(one, two).is_none_or(|km| km > NEAR_KM_MAX))
        });
        let days = match (self.dated, other.dated) {
            (Some((one, long)), Some((two, long_too))) => {
                let hull = Days { start: one.start.min(two.start), end: one.end.max(two.end), loose: false };
                let night = [self, other].iter().any(|profile| profile.traits.when.contains(&PartOfDay::Night));
                let over = if night || is_sure(&self.marks, &other.marks) { NIGHT_DAYS_MAX } else { 0 };
                hull.len() > long.max(long_too) + over
            }
            _ => false,
        };
        parted
            || recounted
            || far
            || days
            || differ(&self.traits, &other.traits, agreeing)
            || !self.events.iter().all(events)
    }

    fn add(&mut self, other: &Self) {
        self.events.extend(&other.events);
        self.sites.extend(&other.sites);
        self.dated = match (self.dated, other.dated) {
            (Some((one, long)), Some((two, long_too))) => {
                let hull = Days { start: one.start.min(two.start), end: one.end.max(two.end), loose: false };
                Some((hull, long.max(long_too)))
            }
            (one, two) => one.or(two),
        };
        self.traits.add(&other.traits);
        self.marks.extend(&other.marks);
        self.parts.extend(&other.parts);
        for (whom, counts) in &other.told {
            self.told.entry(*whom).or_default().extend(counts);
        }
    }
}

/// Disjoint sets of nodes, each with its profile.
struct Clusters<'a> {
    parent: Vec<usize>,
    profiles: Vec<Profile<'a>>,
}

impl<'a> Clusters<'a> {
    fn new(nodes: &'a [Node<'a>]) -> Self {
        Self { parent: (0..nodes.len()).collect(), profiles: nodes.iter().map(Profile::of).collect() }
    }

    fn root(&self, mut node: usize) -> usize {
        while self.parent[node] != node {
            node = self.parent[node];
        }
        node
    }

    /// Joins the clusters of an edge's nodes, unless what they hold excludes it.
    fn join(&mut self, edge: Edge) {
        let (one, other) = (self.root(edge.nodes.0), self.root(edge.nodes.1));
        if one == other || self.profiles[one].excludes(&self.profiles[other]) {
            return;
        }
        // The lower number stays the root, so that groups keep the order of their first reports.
        let (root, child) = (one.min(other), one.max(other));
        let added = self.profiles[child].clone();
        self.profiles[root].add(&added);
        self.parent[child] = root;
    }

    /// The nodes with edges to two clusters that exclude each other.
    fn torn(&self, edges: &[Edge]) -> BTreeSet<usize> {
        let mut reach: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for edge in edges {
            let (one, other) = edge.nodes;
            reach.entry(one).or_default().insert(self.root(other));
            reach.entry(other).or_default().insert(self.root(one));
        }
        let is_torn = |(node, roots): &(usize, BTreeSet<usize>)| {
            let own = self.root(*node);
            let roots: Vec<usize> = roots.iter().copied().filter(|root| *root != own).collect();
            roots.iter().enumerate().any(|(index, one)| {
                roots[index + 1..].iter().any(|other| self.profiles[*one].excludes(&self.profiles[*other]))
            })
        };
        reach.into_iter().filter(is_torn).map(|(node, _)| node).collect()
    }
}
