//! Subject and preheader: the strongest changes.

use super::talks::talks_headline;
use super::{Language, correction, count, coverage, group, incident_name, numbered, titled};
use crate::news::digest::corrections::Correction;
use crate::news::digest::tolls::TollItem;
use crate::news::digest::{Digest, News};

/// How many changes a subject line names before it would be cut by a phone.
const SUBJECT_CHANGES_MAX: usize = 3;

/// The length of a subject line, in characters, that no further change may take it over.
const SUBJECT_CHARS_MAX: usize = 90;

/// The preheader's length in characters; mail programs show about this much beside the subject.
const PREHEADER_CHARS_MAX: usize = 140;

/// The strongest line of an incident: "Sumy strike: 101 injured (was 88)".
fn headline(item: &TollItem, language: Language) -> Option<String> {
    let line = item.lines.iter().filter(|line| !line.part).min_by_key(|line| (line.news, line.measure))?;
    let now = &line.figure.value().count;
    let figure = numbered(&count(now, language), group(line.group, now.low, language), line.measure, language);
    let was = line.was.as_ref().map(|was| format!(" ({} {})", language.pick("was", "було"), count(was, language)));
    let joint = language.pick(": ", " — ");
    Some(format!("{}{joint}{figure}{}", incident_name(item, language), was.unwrap_or_default()))
}

/// "Sumy strike: injured 44 → 34, corrected by Coastal Herald".
fn correction_headline(of: &Correction, language: Language) -> String {
    let joint = language.pick(": ", " — ");
    format!("{}{joint}{}", titled(of.place.as_deref(), of.event, language), correction(of, language))
}

/// What changed, strongest first: the subject takes the first few, the preheader goes on from there.
pub fn headlines(digest: &Digest) -> Vec<String> {
    let language = digest.frame.look.language;
    let tolls = digest.tolls.iter().filter(|item| item.news != News::Unchanged);
    let talks = digest.talks.iter().filter(|item| item.news != News::Unchanged);
    // One of each in turn, so that a night of many strikes does not hide the talks.
    let mut tolls = tolls.map(|item| headline(item, language)).fuse();
    let mut talks = talks.map(|item| talks_headline(item, language)).fuse();
    let mut out = Vec::new();
    loop {
        let (toll, talk) = (tolls.next(), talks.next());
        if toll.is_none() && talk.is_none() {
            break;
        }
        out.extend([toll, talk].into_iter().flatten().flatten());
    }
    if out.is_empty() {
        out.extend(digest.corrections.iter().map(|of| correction_headline(of, language)));
        out.extend(digest.brief.iter().map(|item| item.headline.clone()).filter(|headline| !headline.is_empty()));
    }
    out
}

/// The subject line: facts first, never cut in the middle of one.
pub fn subject(digest: &Digest) -> String {
    let mut out = String::new();
    if digest.frame.only_corrects {
        let language = digest.frame.look.language;
        let corrections = digest.corrections.iter().map(|of| correction_headline(of, language));
        let word = language.pick("Correction", "Виправлення");
        return format!("{word}: {}", corrections.take(1).collect::<String>());
    }
    for line in headlines(digest).into_iter().take(SUBJECT_CHANGES_MAX) {
        if !out.is_empty() && out.chars().count() + line.chars().count() > SUBJECT_CHARS_MAX {
            continue;
        }
        if !out.is_empty() {
            out.push_str(" · ");
        }
        out.push_str(&line);
    }
    if out.is_empty() {
        let nothing_new = digest.frame.look.language.pick("nothing new", "нічого нового");
        return format!("{}: {nothing_new}", digest.frame.title);
    }
    out
}

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
