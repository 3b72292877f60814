//! Our own words for typed values. Every phrase that the digest prints is made here, so that no template decides on style.
//!
//! House style: total before part, dead before injured, *said* by default, *claims* for an interested party, bounds kept
//! ("at least 12", "dozens"), the event's date and not the report's.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use super::article::Published;
use super::digest::corrections::{Correction, How};
use super::digest::developments::DevelopmentItem;
use super::digest::rank::Rules;
use super::digest::tolls::{ClaimedLine, HeldItem, TollItem, TollLine};
use super::digest::{Account, Digest, Figure, IssueItem, MunitionsLine, News, PromiseItem, RoundItem, TalksItem};
use super::extract::Stance;
use super::incident;
use super::incident::claimant::Class;
use super::incident::grade::{Attested, Grade};
use super::incident::plausibility::Reason;
use super::incident::reconcile::Choice;
use super::kinds::{Change, Event, Form, Group, Measure, MunitionAction, MunitionType, Outcome, Scope, Status};
use super::picture::chart::Bar;
use super::track::Position;
use super::track::promise::Fate;
use super::value::Count;

/// How many changes a subject line names before it would be cut by a phone.
const SUBJECT_CHANGES_MAX: usize = 3;

/// The length of a subject line, in characters, after which no further change is added.
const SUBJECT_CHARS_MAX: usize = 90;

/// `1234567` → `1,234,567`.
fn digits(number: u64) -> String {
    let plain = number.to_string();
    let mut out = String::new();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its bound: "101", "at least 12", "up to 40", "12 to 15", "about 50", "dozens".
pub fn count(count: &Count) -> String {
    let about = if count.approx { "about " } else { "" };
    match (count.low, count.high) {
        (Some(low), Some(high)) if low == high => format!("{about}{}", digits(low)),
        (Some(low), Some(high)) => format!("{} to {}", digits(low), digits(high)),
        (Some(low), None) => format!("at least {}", digits(low)),
        (None, Some(high)) => format!("up to {}", digits(high)),
        (None, None) => count.words.clone().unwrap_or_else(|| "some".to_owned()),
    }
}

pub fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Killed => "killed",
        Measure::Injured => "injured",
        Measure::Missing => "missing",
        Measure::Trapped => "trapped",
        Measure::Displaced => "displaced",
        Measure::Evacuated => "evacuated",
        Measure::Detained => "detained",
        Measure::Captured => "captured",
        Measure::Abducted => "abducted",
        Measure::Released => "released",
        Measure::Rescued => "rescued",
        Measure::Affected => "affected (killed, injured or otherwise)",
    }
}

/// The group after a number, empty for people in general.
fn group(group: Group, number: Option<u64>) -> &'static str {
    let one = number == Some(1);
    match group {
        Group::People => "",
        Group::Children if one => " child",
        Group::Children => " children",
        Group::Women if one => " woman",
        Group::Women => " women",
        Group::Civilians if one => " civilian",
        Group::Civilians => " civilians",
        Group::Military => " military",
        Group::Police => " police",
        Group::Militants if one => " militant",
        Group::Militants => " militants",
        Group::Responders if one => " rescuer or medic",
        Group::Responders => " rescuers and medics",
        Group::Journalists if one => " journalist",
        Group::Journalists => " journalists",
        Group::Officials if one => " official",
        Group::Officials => " officials",
    }
}

pub fn event(event: Event) -> &'static str {
    match event {
        Event::Strike => "strike",
        Event::Bombing => "bombing",
        Event::Shooting => "shooting",
        Event::Clash => "fighting",
        Event::Attack => "attack",
        Event::Accident => "accident",
        Event::Disaster => "disaster",
        Event::Disease => "disease",
        Event::Unrest => "unrest",
        Event::Exchange => "exchange",
        Event::War => "war",
        Event::Other => "incident",
    }
}

fn scope(scope: Scope) -> Option<&'static str> {
    match scope {
        Scope::Event => None,
        Scope::Period => Some("over a period"),
        Scope::Campaign => Some("so far"),
    }
}

/// "24 Mar"; the year only where it is not that of the edition.
pub fn day(date: civil::Date, edition: civil::Date) -> String {
    let form = if date.year() == edition.year() { "%-d %b" } else { "%-d %b %Y" };
    date.strftime(form).to_string()
}

/// "Tuesday 25 March 2025, 07:00".
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%A %-d %B %Y, %H:%M").to_string()
}

/// "25 Mar 07:00".
pub fn short_moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%-d %b %H:%M").to_string()
}

/// When an article was published, as exactly as it says, in UTC.
pub fn published(published: &Published) -> String {
    match *published {
        Published::At(at, _) => at.to_zoned_datetime(TimeZone::UTC).strftime("%-d %b %Y %H:%M UTC").to_string(),
        Published::On(date) => date.strftime("%-d %b %Y").to_string(),
    }
}

/// "Sumy · strike · 24 Mar".
pub fn incident_title(item: &TollItem, edition: civil::Date) -> String {
    let place = item.place.as_deref().unwrap_or("Place not given");
    let parts = [Some(place), Some(event(item.event)), scope(item.scope)];
    heading(parts, item.day, edition)
}

/// "Sumy · strike · 24 Mar", of the incident whose figure was corrected.
pub fn correction_title(correction: &Correction, edition: civil::Date) -> String {
    heading([correction.place.as_deref(), Some(event(correction.event)), None], correction.day, edition)
}

fn heading(parts: [Option<&str>; 3], date: Option<civil::Date>, edition: civil::Date) -> String {
    let mut parts: Vec<String> = parts.into_iter().flatten().map(str::to_owned).collect();
    parts.extend(date.map(|date| day(date, edition)));
    parts.join(" · ")
}

/// "Sumy strike"
pub fn incident_name(item: &TollItem) -> String {
    titled(item.place.as_deref(), item.event)
}

fn titled(place: Option<&str>, of: Event) -> String {
    place.map_or_else(|| event(of).to_owned(), |place| format!("{place} {}", event(of)))
}

/// "injured 88 → 101 (+13)", "including 23 children (was 17)", "killed at least 4".
pub fn toll(line: &TollLine) -> String {
    let now = &line.figure.value().count;
    let who = group(line.group, now.low.filter(|low| now.high == Some(*low)));
    let mut out = String::new();
    if line.part {
        write!(out, "including {}{who}", count(now)).unwrap_or_default();
    } else if now.high == Some(0) {
        write!(out, "no one {}", measure(line.measure)).unwrap_or_default();
    } else {
        write!(out, "{} {}{who}", measure(line.measure), count(now)).unwrap_or_default();
    }
    if let Some(was) = &line.was {
        write!(out, " ({})", movement(was, now, line)).unwrap_or_default();
    }
    out
}

/// "was 88, +13", "corrected from 12", "revised down from 50".
fn movement(was: &Count, now: &Count, line: &TollLine) -> String {
    let before = count(was);
    if line.news == News::Corrected {
        return format!("corrected from {before}");
    }
    match (incident::number(was), incident::number(now)) {
        (Some(old), Some(new)) if new < old && line.figure.value().change == Some(Change::Fell) => {
            format!("revised down from {before}")
        }
        (Some(old), Some(new)) if new > old && !was.approx && !now.approx => {
            format!("was {before}, +{}", digits(new - old))
        }
        _ => format!("was {before}"),
    }
}

/// How a line moved, for the list of changes: "injured 88 → 101 (+13)", "injured 12 → 2 (corrected)".
pub fn moved(line: &TollLine) -> String {
    let now = &line.figure.value().count;
    let Some(was) = &line.was else { return toll(line) };
    let who = group(line.group, now.low.filter(|low| now.high == Some(*low)));
    let what = if line.part { "including".to_owned() } else { measure(line.measure).to_owned() };
    let note = match (incident::number(was), incident::number(now)) {
        _ if line.news == News::Corrected => " (corrected)".to_owned(),
        (Some(old), Some(new)) if new < old && line.figure.value().change == Some(Change::Fell) => {
            " (revised down)".to_owned()
        }
        (Some(old), Some(new)) if new > old && !was.approx && !now.approx => format!(" (+{})", digits(new - old)),
        _ => String::new(),
    };
    format!("{what} {} → {}{who}{note}", count(was), count(now))
}

/// A row of figures as blocks of eight heights: "▃▅█". A figure without a number is a dot.
pub fn sparkline(bars: &[Bar]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let number = |bar: &Bar| bar.low.or(bar.high);
    let most = bars.iter().filter_map(number).max().unwrap_or(0).max(1);
    let block = |number: u64| BLOCKS[usize::try_from(u128::from(number) * 7 / u128::from(most)).unwrap_or(7).min(7)];
    bars.iter().map(|bar| number(bar).map_or('·', block)).collect()
}

/// A figure that differs from the one that heads its line: "95 injured".
pub fn other(line: &TollLine, figure: &Figure) -> String {
    let who = group(line.group, figure.count.low);
    format!("{}{who} {}", count(&figure.count), measure(line.measure))
}

/// Whose word a round's state is: "says Kremlin spokesman …", or the outlet's own report.
pub fn says(round: &RoundItem) -> String {
    match (&round.claimant, round.stance) {
        (Some(who), Stance::Denied) => format!("denied by {who}"),
        (Some(who), _) => format!("{who} says, in {}", round.outlet),
        (None, _) => format!("reported by {}", round.outlet),
    }
}

/// "scheduled for 5 Mar": a state of a round, with the day it was for.
pub fn state_for(of: &super::track::State, date: Option<civil::Date>, edition: civil::Date) -> String {
    let planned = matches!(of.status, Status::Scheduled | Status::Proposed);
    let date = date.filter(|_| planned).map_or_else(String::new, |date| format!(" for {}", day(date, edition)));
    format!("{}{date}", state(of))
}

/// How a round moved since it was last told: "scheduled for 5 Mar → postponed".
pub fn round_moved(round: &RoundItem, edition: civil::Date) -> String {
    let now = state_for(round.state.value(), round.day, edition);
    round.was.map_or_else(|| now.clone(), |(was, date)| format!("{} → {now}", state_for(&was, date, edition)))
}

/// The way that a round went before it came to where it stands: "scheduled for 5 Mar, postponed"; empty for a first state.
pub fn round_steps(round: &RoundItem, edition: civil::Date) -> String {
    let before = &round.steps[..round.steps.len().saturating_sub(1)];
    let steps: Vec<String> = before.iter().map(|it| state_for(it.state.value(), it.day, edition)).collect();
    steps.join(", ")
}

/// One voice beside the telling that heads: "Azerbaijani foreign ministry (Azerbaijan): ended, in Summit Post".
pub fn account(account: &Account) -> String {
    let side = account.side.as_ref().map_or_else(String::new, |side| format!(" ({side})"));
    let denied = if account.stance == Stance::Denied { "denies: " } else { "" };
    format!("{}{side}: {denied}{}, in {}", account.claimant, state(account.state.value()), account.outlet)
}

/// "prisoner exchange: Armenia says; Azerbaijan does not mention it".
pub fn issue(issue: &IssueItem) -> String {
    let positions = issue.positions.iter().map(|it| match it.position {
        Position::Says => format!("{} says", it.side),
        Position::Conditions => format!("{} says, with conditions", it.side),
        Position::Denies => format!("{} denies", it.side),
        Position::NotMentioned => format!("{} does not mention it", it.side),
    });
    format!("{}: {}", issue.topic, positions.collect::<Vec<_>>().join("; "))
}

/// What became of a promise: "due 5 Mar, missed".
pub fn promise(promise: &PromiseItem, edition: civil::Date) -> String {
    let fate = match promise.fate {
        Fate::Open => "open",
        Fate::Kept => "kept",
        Fate::Missed => "missed",
        Fate::NotReported => "not reported",
    };
    format!("due {}: {fate}", day(promise.due, edition))
}

/// "Ceasefires and agreements · Gaza · 3 Mar".
pub fn development_title(item: &DevelopmentItem, edition: civil::Date) -> String {
    heading([Some(&item.title), item.place.as_deref(), None], item.day, edition)
}

/// The fields of a development as its kind names them, and how it is put: "planned: duration 30 days; side Northmark".
pub fn development(item: &DevelopmentItem) -> String {
    let fields = item.development.fields.iter().map(|(name, value)| format!("{} {value}", name.replace('_', " ")));
    let fields = fields.collect::<Vec<_>>().join("; ");
    let stance = match item.stance {
        Stance::Reported => return fields,
        Stance::Claimed => "claimed",
        Stance::Denied => "denied",
        Stance::Alleged => "alleged",
        Stance::Planned => "planned",
    };
    if fields.is_empty() { stance.to_owned() } else { format!("{stance}: {fields}") }
}

/// Who says so, and who carried it: "the army, in Northern Wire; 2 outlets, 1 origin".
pub fn development_source(item: &DevelopmentItem) -> String {
    let who = item.claimant.as_ref().map_or_else(|| item.outlet.clone(), |who| format!("{who}, in {}", item.outlet));
    match (item.outlets.len(), item.origins) {
        (0 | 1, _) => who,
        (outlets, 1) => format!("{who}; {outlets} outlets, one origin"),
        (outlets, origins) => format!("{who}; {outlets} outlets, {origins} origins"),
    }
}

/// Who says so: the claimant where the article names one, else the outlet. An interested party *claims*.
pub fn attribution(figure: &Figure) -> String {
    let who = figure.claimant.as_deref().unwrap_or(&figure.outlet);
    match figure.stance {
        Stance::Claimed => format!("claimed by {who}"),
        Stance::Alleged => format!("alleged, {who}"),
        _ => who.to_owned(),
    }
}

pub fn status(form: Form, status: Status) -> &'static str {
    match (status, form) {
        (Status::Proposed, _) => "proposed",
        (Status::Scheduled, _) => "scheduled",
        (Status::UnderWay, _) => "under way",
        (Status::Concluded, Form::Call) => "held",
        (Status::Concluded, _) => "ended",
        (Status::Postponed, _) => "postponed",
        (Status::Cancelled, _) => "cancelled",
        (Status::Rejected, _) => "ruled out",
        (Status::Stalled, _) => "stalled",
    }
}

pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Agreement => "with an agreement",
        Outcome::Partial => "with a partial agreement",
        Outcome::Continue => "contacts to go on",
        Outcome::NoAgreement => "without agreement",
        Outcome::Collapsed => "collapsed",
        Outcome::Undisclosed => "outcome not disclosed",
    }
}

/// "ended, contacts to go on"; an ended round without a reported outcome says so.
pub fn state(state: &super::track::State) -> String {
    let base = status(state.form, state.status);
    match (state.outcome, state.status) {
        (Some(known), _) => format!("{base}, {}", outcome(known)),
        (None, Status::Concluded) => format!("{base}, outcome not reported"),
        (None, _) => base.to_owned(),
    }
}

pub fn form(form: Form) -> &'static str {
    match form {
        Form::Talks => "talks",
        Form::Meeting => "meeting",
        Form::Summit => "summit",
        Form::Call => "call",
        Form::Contacts => "contacts",
    }
}

/// "United States – Russia".
pub fn parties(item: &TalksItem) -> String {
    item.parties.join(" – ")
}

/// "talks · Riyadh · 24 Mar".
pub fn round(round: &RoundItem, edition: civil::Date) -> String {
    let mut parts = vec![form(round.state.value().form).to_owned()];
    parts.extend(round.place.clone());
    parts.extend(round.day.map(|date| day(date, edition)));
    parts.join(" · ")
}

/// "launched 139 drones", with who launched them and where.
pub fn munitions(line: &MunitionsLine) -> String {
    let counted = &line.figure.value().count;
    let one = counted.low == Some(1) && counted.high == Some(1);
    let (single, plural) = match line.munition {
        MunitionType::Drone => ("drone", "drones"),
        MunitionType::Missile => ("missile", "missiles"),
        MunitionType::BallisticMissile => ("ballistic missile", "ballistic missiles"),
        MunitionType::CruiseMissile => ("cruise missile", "cruise missiles"),
        MunitionType::Rocket => ("rocket", "rockets"),
        MunitionType::Shell => ("shell", "shells"),
        MunitionType::Bomb => ("bomb", "bombs"),
        MunitionType::AirStrike => ("air strike", "air strikes"),
        MunitionType::Other => ("munition", "munitions"),
    };
    let action = match line.action {
        MunitionAction::Launched => "launched",
        MunitionAction::Intercepted => "intercepted",
        MunitionAction::Hit => "hit",
        MunitionAction::Lost => "lost from radar",
    };
    let mut out = format!("{action} {} {}", count(counted), if one { single } else { plural });
    if let Some(by) = &line.by {
        write!(out, ", by {by}").unwrap_or_default();
    }
    if let Some(place) = &line.place {
        write!(out, " · {place}").unwrap_or_default();
    }
    out
}

/// The mark before a changed item; text, so that colour is never the only signal.
pub fn mark(news: News) -> &'static str {
    match news {
        News::Corrected => "corrected",
        News::Changed => "changed",
        News::New => "new",
        News::Unchanged => "no change",
    }
}

/// The strongest line of an incident: "Sumy strike: 101 injured (was 88)".
fn headline(item: &TollItem) -> Option<String> {
    let line = item.lines.iter().filter(|line| !line.part).min_by_key(|line| (line.news, line.measure))?;
    let now = &line.figure.value().count;
    let who = group(line.group, now.low);
    let place = item.place.as_deref().map_or_else(String::new, |place| format!("{place} "));
    let was = line.was.as_ref().map_or_else(String::new, |was| format!(" (was {})", count(was)));
    Some(format!("{place}{}: {}{who} {}{was}", event(item.event), count(now), measure(line.measure)))
}

fn talks_headline(item: &TalksItem) -> Option<String> {
    let round = item.rounds.first()?;
    let place = round.place.as_deref().map_or_else(String::new, |place| format!(" in {place}"));
    Some(format!("{} {}{place}: {}", parties(item), form(round.state.value().form), state(round.state.value())))
}

/// What changed, strongest first: the subject takes the first few, the preheader goes on from there.
pub fn headlines(digest: &Digest) -> Vec<String> {
    let tolls = digest.tolls.iter().filter(|item| item.news != News::Unchanged).map(|item| (item.news, headline(item)));
    let talks =
        digest.talks.iter().filter(|item| item.news != News::Unchanged).map(|item| (item.news, talks_headline(item)));
    // One of each in turn, so that a night of many strikes does not hide the talks.
    let (mut tolls, mut talks): (Vec<_>, Vec<_>) = (tolls.collect(), talks.collect());
    tolls.reverse();
    talks.reverse();
    let mut out = Vec::new();
    while !(tolls.is_empty() && talks.is_empty()) {
        out.extend(tolls.pop().and_then(|(_, line)| line));
        out.extend(talks.pop().and_then(|(_, line)| line));
    }
    if out.is_empty() {
        out.extend(digest.brief.iter().map(|item| item.headline.clone()).filter(|headline| !headline.is_empty()));
    }
    out
}

/// The subject line: facts first, never cut in the middle of one.
pub fn subject(digest: &Digest) -> String {
    let mut out = String::new();
    for line in headlines(digest).into_iter().take(SUBJECT_CHANGES_MAX) {
        if !out.is_empty() && out.chars().count() + line.chars().count() > SUBJECT_CHARS_MAX {
            break;
        }
        if !out.is_empty() {
            out.push_str(" · ");
        }
        out.push_str(&line);
    }
    if out.is_empty() { format!("{}: nothing new", digest.frame.title) } else { out }
}

/// The preheader's length in characters; mail programs show about this much beside the subject.
const PREHEADER_CHARS_MAX: usize = 140;

/// What changed and did not fit the subject; coverage when nothing is left.
pub fn preheader(digest: &Digest, subject: &str) -> String {
    let rest: Vec<String> = headlines(digest).into_iter().filter(|line| !subject.contains(line.as_str())).collect();
    let mut out = String::new();
    // Whole changes only: half of one may say something else.
    for line in rest {
        if !out.is_empty() && out.chars().count() + line.chars().count() > PREHEADER_CHARS_MAX {
            break;
        }
        let joint = if out.is_empty() { "" } else { " · " };
        out = format!("{out}{joint}{line}");
    }
    if out.is_empty() { coverage(digest) } else { out }
}

/// "9 of 9 sources answered".
pub fn coverage(digest: &Digest) -> String {
    let coverage = &digest.frame.coverage;
    let answered = coverage.asked.saturating_sub(coverage.silent.len());
    format!("{answered} of {} {} answered", coverage.asked, if coverage.asked == 1 { "source" } else { "sources" })
}

/// "between 85 and 101, by who counts".
pub fn range(line: &TollLine) -> Option<String> {
    line.range.map(|(least, most)| format!("reports range from {} to {}", digits(least), digits(most)))
}

/// A side's claim of the other's losses: "300 military killed".
pub fn claimed(line: &ClaimedLine) -> String {
    let figure = line.figure.value();
    format!("{}{} {}", count(&figure.count), group(line.group, figure.count.low), measure(line.measure))
}

/// "Confirmed: regional administration; 3 independent origins".
pub fn grade(attested: &Attested) -> String {
    let origins = match attested.origins {
        1 => "one origin".to_owned(),
        many => format!("{many} independent origins"),
    };
    let carried =
        if attested.outlets > attested.origins { format!("{} outlets, {origins}", attested.outlets) } else { origins };
    match (attested.grade, &attested.authority, attested.conflict) {
        (Grade::Confirmed, Some(authority), _) => format!("Confirmed: {authority}; {carried}"),
        (Grade::Confirmed, None, _) => format!("Confirmed: {carried}"),
        (Grade::Fair, _, _) => format!("Fair: {carried}, no counting authority named"),
        (Grade::Weak, _, _) => format!("Weak: {carried}"),
        (Grade::Contested, _, Some((of, least, most))) => {
            format!("Contested: {} from {} to {}; {carried}", measure(of), digits(least), digits(most))
        }
        (Grade::Contested, _, None) => format!("Contested: {carried}"),
        (Grade::Withdrawn, _, _) => "Withdrawn by those who reported it".to_owned(),
    }
}

/// Why a figure heads its line; empty where nobody gives another.
pub fn choice(line: &TollLine) -> &'static str {
    match line.choice {
        Choice::Only => "",
        Choice::Authority => "heads by who counted",
        Choice::Newest => "heads as the newest",
        Choice::Lower => "heads as the lower of equally new ones",
        Choice::Revised => "heads as a revision",
    }
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Authority => "authorities on the ground",
        Class::Emergency => "emergency services",
        Class::Ministry => "ministries",
        Class::UnitedNations => "the UN",
        Class::Hospital => "hospitals",
        Class::Mayor => "mayors",
        Class::Media => "media and monitors",
        Class::Belligerent => "fighting sides",
    }
}

/// The rule by which figures head, as the digest prints it.
pub fn headline_rule(rules: &Rules) -> String {
    let order: Vec<&str> = rules.claimants.classes().iter().map(|it| class(*it)).collect();
    format!(
        "of the last 24 hours' reports the claimant first in this order: {}; then the newest; of equally new ones the \
         lower; a lower later figure only when it says it is a revision; a fighting side's claim of the other's losses never",
        order.join(", ")
    )
}

/// "1 figure is held until a person has looked at it", or nothing.
pub fn held(held: &[HeldItem]) -> Option<String> {
    match held.len() {
        0 => None,
        1 => Some("1 figure is held until a person has looked at it".to_owned()),
        many => Some(format!("{many} figures are held until a person has looked at them")),
    }
}

/// "Sumy strike, injured: a part is larger than its total". The number itself is not printed.
pub fn held_item(item: &HeldItem) -> String {
    let who = group(item.group, None);
    format!(
        "{}, {}{who}: {} ({})",
        titled(item.place.as_deref(), item.event),
        measure(item.measure),
        reason(item.reason),
        item.claim.outlet
    )
}

/// Why a figure is held, in words and without the number.
pub fn reason(reason: Reason) -> String {
    match reason {
        Reason::PartOverTotal { .. } => "the part is larger than its total".to_owned(),
        Reason::FallWithoutRevision { .. } => {
            "lower than the same outlet had it, without a word of revision".to_owned()
        }
        Reason::Jump { .. } => "ten times what others give, or a zero more".to_owned(),
        Reason::Swapped { .. } => "killed and injured look swapped".to_owned(),
        Reason::EqualMeasures { other } => format!("the same number as {}", measure(other)),
        Reason::MixedScope => "the article gives the same number for a longer time".to_owned(),
        Reason::DateAdrift => "its date does not fit its report".to_owned(),
    }
}

/// "injured 12 → 2, corrected by Evening Dispatch", "killed 14, withdrawn by Valley Ledger".
pub fn correction(correction: &Correction) -> String {
    let how = match correction.how {
        How::Withdrawn => "withdrawn",
        How::Corrected => "corrected",
        How::Silent => "changed without a word",
    };
    let who = group(correction.group, correction.printed.low);
    let printed = format!("{} {}{who}", measure(correction.measure), count(&correction.printed));
    match (&correction.now, correction.how) {
        (Some(now), _) => format!("{printed} → {}, {how} by {}", count(&now.value().count), correction.outlet),
        (None, How::Withdrawn) => format!("{printed}, {how} by {}", correction.outlet),
        (None, _) => format!("{printed}, {how} by {}, which gives no figure any more", correction.outlet),
    }
}

/// Words of an item as it is printed, without its sources: what the reading time is reckoned by.
pub fn words_of_item(item: &TollItem) -> usize {
    let words = |text: &str| text.split_whitespace().count();
    let lines = item.lines.iter().map(|line| {
        let others = line.others.iter().map(|it| words(&other(line, it.value())) + words(&attribution(it.value())));
        words(&toll(line)) + words(&attribution(line.figure.value())) + others.sum::<usize>()
    });
    let claims = item.claimed.iter().map(|line| words(&claimed(line)) + words(&attribution(line.figure.value())));
    let outlets = item.outlets.iter().map(|outlet| words(outlet));
    words(&incident_name(item)) + lines.chain(claims).chain(outlets).sum::<usize>() + words(&grade(&item.attested))
}

/// The same for talks.
pub fn words_of_talks(item: &TalksItem) -> usize {
    let words = |text: &str| text.split_whitespace().count();
    let rounds = item.rounds.iter().map(|round| {
        let next = round.next.iter().map(|next| words(next.value()));
        let accounts = round.accounts.iter().map(|it| words(&account(it)));
        words(&state(round.state.value())) + words(&says(round)) + next.chain(accounts).sum::<usize>()
    });
    let issues = item.readout.iter().map(|it| words(&issue(it)));
    let promises = item.promises.iter().map(|it| words(it.words.value()) + 3);
    words(&parties(item)) + rounds.chain(issues).chain(promises).sum::<usize>()
}
