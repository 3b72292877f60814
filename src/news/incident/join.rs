//! Reports of many articles → incidents: which reports tell of the same happening.
//!
//! Two reports join by what they are typed to: scope, kind of event, place, days, means, time of day and whose doing. Words
//! are never compared. One settlement on one day is one incident unless something tells two apart; a region, or a second
//! settlement close by, joins only where a figure of some size agrees; a country never does. A report that could belong to
//! two incidents which exclude each other belongs to neither.
//!
//! The result is a function of the set of reports: they are sorted first, ties between joins are broken by content, and each
//! join is checked against all that its two sides hold, so that no chain of likenesses brings together what does not belong
//! together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::report::{Days, Mark, Report, Where, are_one, is_generic, may_be_one};
use super::traits::{PartOfDay, Traits};
use crate::news::kinds::{Event, Group, Scope};
use crate::news::value::Place;

/// An agreeing figure of this size joins across places: smaller ones ("two injured") agree by chance every day.
const AGREEING_COUNT_MIN: u64 = 5;
/// An agreeing figure of this size outweighs that two reports name other weapons.
const SAME_COUNT_MIN: u64 = 3;
/// Where an article tells of several happenings, a single agreeing figure below this is chance as well.
const BUSY_COUNT_MIN: u64 = 10;
/// One agreeing figure of this size does not agree by chance on two days in a row.
const SURE_COUNT_MIN: u64 = 20;
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
    /// Some of its reports goes on from an earlier figure.
    is_update: bool,
    /// Some of its articles tells of more than this there.
    is_one_of_several: bool,
    /// Articles that tell several happenings of this place and day apart, and which of them this is.
    parts: BTreeSet<(&'a str, usize)>,
    reports: Vec<Report<'a>>,
}

/// How sure it is that two nodes are one, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    SettlementAndFigure,
    Settlement,
    SettlementLoosely,
    FigureOnly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    tie: Tie,
    gap: i32,
    /// Fewer agreeing figures come later.
    agreeing: std::cmp::Reverse<usize>,
    nodes: (usize, usize),
}

/// Joins reports. Each group is in the order of [`sort`]; groups are in the order of their first reports.
pub fn join(mut reports: Vec<Report<'_>>) -> Vec<Vec<Report<'_>>> {
    sort(&mut reports);
    let nodes = nodes(reports);
    let edges = edges(&nodes);
    let mut clusters = Clusters::new(&nodes);
    let split = edges.partition_point(|edge| edge.tie == Tie::SettlementAndFigure);
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
type Key<'a> = (Scope, Event, Where, Option<Days>, Traits, Option<(&'a str, Option<usize>)>);

fn nodes(reports: Vec<Report<'_>>) -> Vec<Node<'_>> {
    let mut index: HashMap<Key, usize> = HashMap::new();
    let mut nodes: Vec<Node> = Vec::new();
    for report in reports {
        let article = report.reading.article.id.as_str();
        let by_key = report.place.is_fine() || report.scope != Scope::Event;
        // What is loose, or told apart, or a region's, has to be compared one by one.
        let alone = report.part.is_some() || !by_key || report.days.is_none_or(|days| days.loose);
        let own = alone.then_some((article, report.part));
        let key = (report.scope, report.event, report.place.clone(), report.days, report.traits.clone(), own);
        let at = *index.entry(key).or_insert_with(|| {
            nodes.push(Node {
                scope: report.scope,
                event: report.event,
                place: report.place.clone(),
                site: report.site(),
                days: report.days,
                traits: report.traits.clone(),
                marks: BTreeSet::new(),
                is_update: false,
                is_one_of_several: false,
                parts: report.part.map(|part| (article, part)).into_iter().collect(),
                reports: Vec::new(),
            });
            nodes.len() - 1
        });
        nodes[at].marks.extend(report.marks());
        nodes[at].is_update |= report.is_update();
        nodes[at].is_one_of_several |= report.is_one_of_several;
        nodes[at].reports.push(report);
    }
    nodes
}

/// Every pair that may be one, the surest first. Only pairs of one settlement, or of one region and figure, are looked at.
fn edges(nodes: &[Node]) -> Vec<Edge> {
    let mut by_place: BTreeMap<&Where, Vec<usize>> = BTreeMap::new();
    let mut by_figure: BTreeMap<(&str, Option<&str>, Mark), Vec<usize>> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.scope == Scope::Event) {
        by_place.entry(&node.place).or_default().push(index);
        let Some(country) = node.site.and_then(|site| site.country.as_deref()) else { continue };
        if matches!(node.place, Where::Own(_)) {
            continue;
        }
        let admin1 = node.site.and_then(|site| site.admin1.as_deref());
        for mark in node.marks.iter().filter(|mark| mark.3 >= AGREEING_COUNT_MIN) {
            by_figure.entry((country, admin1, *mark)).or_default().push(index);
        }
    }
    let mut edges: BTreeSet<Edge> = BTreeSet::new();
    let groups = by_place.into_iter().filter(|(place, _)| place.is_fine() || matches!(place, Where::Own(_)));
    for group in groups.map(|(_, group)| group).chain(by_figure.into_values()) {
        let busy: Vec<bool> = group.iter().map(|node| is_busy(nodes, *node, &group)).collect();
        for (place, one) in group.iter().enumerate() {
            for (next, other) in group[place + 1..].iter().enumerate() {
                edges.extend(edge(nodes, *one, *other, busy[place] || busy[place + 1 + next]));
            }
        }
    }
    edges.into_iter().collect()
}

/// Whether figures agree beyond chance.
fn is_sure(one: &BTreeSet<Mark>, other: &BTreeSet<Mark>) -> bool {
    let mut agreeing = one.intersection(other).map(|mark| mark.3);
    let count = agreeing.clone().filter(|number| *number >= SAME_COUNT_MIN).count();
    count > 1 || agreeing.any(|number| number >= SURE_COUNT_MIN)
}

/// Whether some article tells of several happenings there at that time: then place and day alone join nothing.
fn is_busy(nodes: &[Node], node: usize, group: &[usize]) -> bool {
    let days = |node: usize| nodes[node].days;
    let same = |other: usize| days(node).zip(days(other)).is_some_and(|(one, other)| one.gap(&other) == 0);
    group.iter().any(|other| nodes[*other].is_one_of_several && same(*other))
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
    let likely = agreeing > 1 || !a.traits.conflicts(&b.traits) && (large || a.traits.agree(&b.traits));
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
    Some(Edge { tie, gap, agreeing: std::cmp::Reverse(agreeing), nodes: (one.min(other), one.max(other)) })
}

/// Whether two reports of one settlement that agree in no figure may be one all the same: one goes on from an earlier
/// figure, or gives none at all, or they name one weapon (accidents and disasters, of which a town seldom has two a day,
/// need none). Where a day is only supposed, other figures are another happening.
fn may_be_one_without_figure(a: &Node, b: &Node, loose: bool) -> bool {
    let groups = |node: &Node| node.marks.iter().map(|mark| mark.1).collect::<BTreeSet<Group>>();
    let silent = a.marks.is_empty() || b.marks.is_empty();
    let update = a.is_update || b.is_update;
    let contradict = a.marks.iter().any(|one| {
        b.marks.iter().any(|other| (one.0, one.1, one.2) == (other.0, other.1, other.2) && one.3 != other.3)
    });
    let rare = matches!(a.event, Event::Accident | Event::Disaster | Event::Bombing | Event::Disease);
    let alike = rare || !a.traits.means.is_disjoint(&b.traits.means);
    match (silent, loose) {
        (true, _) => !loose,
        _ if groups(a).is_disjoint(&groups(b)) => false,
        (false, true) => update || !contradict && alike,
        (false, false) => update || alike,
    }
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
        }
    }

    /// Whether the two cannot be one incident, whatever likeness brought them together.
    fn excludes(&self, other: &Self) -> bool {
        let agreeing = self.marks.intersection(&other.marks).filter(|mark| mark.3 >= SAME_COUNT_MIN).count();
        let parted = self.parts.iter().any(|(article, part)| {
            other.parts.iter().any(|(article_too, part_too)| article == article_too && part != part_too)
        });
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
        parted || far || days || differ(&self.traits, &other.traits, agreeing) || !self.events.iter().all(events)
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
