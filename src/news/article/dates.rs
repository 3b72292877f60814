//! When a page was published: what it declares, what it shows, what its address says, in that order.

use jiff::civil;
use url::Url;

use super::metadata::{Declared, Time};
use super::published::Published;

/// `meta` names for the first publication, most exact first.
const PUBLISHED_METAS: &[&str] = &[
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "article.published",
    "article:published",
    "rnews:datepublished",
    "dc.date.issued",
    "dcterms.issued",
    "dc:date.issued",
    "dcterms.available",
    "dcterms.created",
    "dc.date.created",
    "dc.date.publication",
    "dc.created",
    "dcterms.date",
    "dc.date",
    "dc:date",
    "publish_date",
    "publish-date",
    "publishdate",
    "published_date",
    "publisheddate",
    "published-date",
    "publication_date",
    "publication-date",
    "publicationdate",
    "pubdate",
    "pub_date",
    "pub-date",
    "published",
    "published_at",
    "date_published",
    "ptime",
    "article:post_date",
    "originalpublicationdate",
    "article_date_original",
    "citation_publication_date",
    "citation_date",
    "prism.publicationdate",
    "weibo:article:create_at",
    "shareaholic:article_published_time",
    "vr:published_time",
    "mediator_published_time",
    "cdate",
    "datecreated",
    "release_date",
    "displaydate",
    "time",
    "date",
    "article:date",
    "doc_date",
    "lastmodified_original",
];

/// `meta` names for the last change.
const MODIFIED_METAS: &[&str] = &[
    "article:modified_time",
    "og:article:modified_time",
    "og:updated_time",
    "article:updated_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "dc.modified",
    "revision_date",
    "updated_time",
    "updated",
    "modified",
    "modified_date",
    "lastmod",
    "last-modified",
    "lastmodified",
    "dateupdate",
    "utime",
];

/// The first day that a page can have been published on, and the last that is believed.
const DAY_MIN: civil::Date = civil::date(1995, 1, 1);
const DAY_MAX: civil::Date = civil::date(2099, 12, 31);

/// Publication and last change.
pub(super) fn read(declared: &Declared, url: Option<&Url>) -> (Option<Published>, Option<Published>) {
    let meta = |keys: &[&str]| keys.iter().find_map(|key| declared.meta(&[key]).and_then(machine));
    let modified = declared.json_ld.modified.as_deref().and_then(machine).or_else(|| meta(MODIFIED_METAS));
    let published = declared
        .json_ld
        .published
        .as_deref()
        .and_then(machine)
        .or_else(|| meta(PUBLISHED_METAS))
        .or_else(|| from_times(&declared.times))
        .or_else(|| url.and_then(from_url))
        .or(modified);
    (published, modified)
}

/// A date as programs write it.
fn machine(text: &str) -> Option<Published> {
    text.parse().ok().or_else(|| shown(text)).filter(|published: &Published| believable(published.date()))
}

fn believable(day: civil::Date) -> bool {
    (DAY_MIN..=DAY_MAX).contains(&day)
}

/// The best of the page's own date elements: named as published, else the first that reads as a date.
fn from_times(times: &[Time]) -> Option<Published> {
    let read = |time: &Time| time.machine.as_deref().and_then(machine).or_else(|| machine(&time.shown));
    let of_publication = |time: &&Time| {
        ["publi", "posted", "pubdat", "created", "entry-date"].iter().any(|word| time.named.contains(word))
            && !time.named.contains("modified")
    };
    times.iter().filter(of_publication).find_map(read).or_else(|| times.iter().find_map(read))
}

/// A day in an address: `/2025/03/25/`, `/2025-03-25-title`, `/20250325/`.
fn from_url(url: &Url) -> Option<Published> {
    let numbers: Vec<(&str, usize)> = url
        .path()
        .split(|c: char| !c.is_ascii_digit())
        .scan(0, |at, run| {
            let start = *at;
            *at += run.len() + 1;
            Some((run, start))
        })
        .filter(|(run, _)| !run.is_empty())
        .collect();
    let day = |year: &str, month: &str, day: &str| {
        let date = civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
        believable(date).then_some(Published::On(date))
    };
    let apart = numbers.windows(3).find_map(|run| match run {
        // Adjacent: one separator between them.
        [(y, at), (m, m_at), (d, d_at)]
            if y.len() == 4 && m.len() <= 2 && d.len() <= 2 && *m_at == at + 5 && *d_at == m_at + m.len() + 1 =>
        {
            day(y, m, d)
        }
        _ => None,
    });
    apart.or_else(|| {
        numbers.iter().filter(|(run, _)| run.len() == 8).find_map(|(run, _)| day(&run[..4], &run[4..6], &run[6..]))
    })
}

/// A date as people write it, somewhere in a short text.
pub(super) fn shown(_text: &str) -> Option<Published> {
    None
}
