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
use super::traits::Traits;
use crate::news::kinds::{Event, Scope};
use crate::news::value::Place;

/// An agreeing figure of this size joins across places: smaller ones ("two injured") agree by chance every day.
const AGREEING_COUNT_MIN: u64 = 5;
/// An agreeing figure of this size outweighs that two reports name other weapons.
const SAME_COUNT_MIN: u64 = 3;
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
                parts: report.part.map(|part| (article, part)).into_iter().collect(),
                reports: Vec::new(),
            });
            nodes.len() - 1
        });
        nodes[at].marks.extend(report.marks());
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
        for (place, one) in group.iter().enumerate() {
            for other in &group[place + 1..] {
                edges.extend(edge(nodes, *one, *other));
            }
        }
    }
    edges.into_iter().collect()
}

fn edge(nodes: &[Node], one: usize, other: usize) -> Option<Edge> {
    let (a, b) = (&nodes[one], &nodes[other]);
    let gap = a.days?.gap(&b.days?);
    let agreeing = a.marks.intersection(&b.marks).filter(|mark| mark.3 >= SAME_COUNT_MIN).count();
    let loose = a.days.is_some_and(|days| days.loose) || b.days.is_some_and(|days| days.loose);
    let events = are_one(a.event, b.event) || agreeing > 0 && may_be_one(a.event, b.event);
    let days = gap == 0 || gap <= NIGHT_DAYS_MAX && agreeing > 0 && !loose;
    if !events || !days || differ(&a.traits, &b.traits, agreeing) {
        return None;
    }
    let tie = if a.place == b.place {
        match agreeing {
            0 if loose || a.event != b.event || is_generic(a.event) => Tie::SettlementLoosely,
            0 => Tie::Settlement,
            _ => Tie::SettlementAndFigure,
        }
    } else if gap == 0 && is_near(a, b) {
        Tie::FigureOnly
    } else {
        return None;
    };
    Some(Edge { tie, gap, agreeing: std::cmp::Reverse(agreeing), nodes: (one.min(other), one.max(other)) })
}

/// Whether weapon, time of day or doer tell two apart. One agreeing figure outweighs a weapon, which outlets name loosely;
/// two outweigh everything.
fn differ(one: &Traits, other: &Traits, agreeing: usize) -> bool {
    match agreeing {
        0 => one.conflicts(other),
        1 => {
            let when = |traits: &Traits| Traits { when: traits.when.clone(), ..Traits::default() };
            when(one).conflicts(&when(other))
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
                hull.len() > long.max(long_too) + NIGHT_DAYS_MAX
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
