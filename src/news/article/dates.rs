//! When a page was published: what it declares, what it shows, what its address says, in that order.

use jiff::{Timestamp, civil};
use url::Url;

use super::calendar::{self, Order};
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
    let order = order(declared, url);
    let machine = |text: &str| machine(text, order);
    let meta = |keys: &[&str]| keys.iter().find_map(|key| declared.meta(&[key]).and_then(machine));
    let modified = declared.json_ld.modified.as_deref().and_then(machine).or_else(|| meta(MODIFIED_METAS));
    let time = |of_publication: bool| {
        let named = declared.times.iter().filter(move |time| !of_publication || is_of_publication(time));
        // What stands before the headline belongs to the site or to other stories.
        let (below, above): (Vec<&Time>, Vec<&Time>) = named.partition(|time| time.below_headline);
        below
            .into_iter()
            .chain(above)
            .find_map(|time| time.machine.as_deref().and_then(machine).or_else(|| machine(&time.shown)))
    };
    let line = || {
        let (above, below) = declared.lines.split_at(declared.lines_above.min(declared.lines.len()));
        let lines = || below.iter().chain(above);
        let only = lines().filter(|line| calendar::is_only_when(line)).find_map(|line| machine(line));
        only.or_else(|| {
            let leading = lines().find_map(|line| calendar::leading(line, order));
            leading.filter(|day| believable(*day)).map(Published::On)
        })
    };
    let published = declared.json_ld.published.as_deref().and_then(machine);
    let published = published
        .or_else(|| meta(PUBLISHED_METAS))
        .or_else(|| time(true))
        .or_else(|| declared.json_ld.page_published.as_deref().and_then(machine))
        .or_else(|| url.and_then(from_url))
        .or_else(|| declared.canonical(url).and_then(|named| from_url(&Url::parse(&named).ok()?)))
        .or_else(|| declared.in_script.as_deref().and_then(machine))
        .or_else(|| time(false))
        .or_else(line)
        .or(modified);
    (published, modified)
}

/// A date as programs write it, or as people do.
fn machine(text: &str, order: Order) -> Option<Published> {
    let found = text.parse().ok().or_else(|| epoch(text)).or_else(|| calendar::find(text, order).map(Published::On));
    found.filter(|published| believable(published.date()))
}

/// The date in a line such as "25 March 2025" or "2025-03-25T09:12:00Z".
pub(super) fn read_line(text: &str) -> Option<Published> {
    machine(text, Order::DayFirst)
}

/// Seconds or milliseconds since 1970.
fn epoch(text: &str) -> Option<Published> {
    let number: i64 = text.trim().parse().ok()?;
    let instant = match text.trim().len() {
        10 => Timestamp::from_second(number),
        13 => Timestamp::from_millisecond(number),
        _ => return None,
    };
    instant.ok().map(Published::from)
}

fn believable(day: civil::Date) -> bool {
    (DAY_MIN..=DAY_MAX).contains(&day)
}

/// Americans write the month first: said by the language, or by the country of the address.
fn order(declared: &Declared, url: Option<&Url>) -> Order {
    let host = url.and_then(Url::host_str).unwrap_or_default();
    let american = match declared.languages().next().map(str::to_ascii_lowercase).as_deref() {
        Some("en-us" | "en_us") => true,
        Some("en") | None => host.ends_with(".com") || host.ends_with(".us"),
        _ => false,
    };
    if american { Order::MonthFirst } else { Order::DayFirst }
}

fn is_of_publication(time: &Time) -> bool {
    let named = |words: &[&str]| words.iter().any(|word| time.named.contains(word));
    // Unchanged posts of some programs are "published updated".
    named(&["publi", "entry-date"]) || named(&["posted", "pubdat", "created"]) && !named(&["modified", "updated"])
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

#[cfg(test)]
mod tests {
    use super::super::prescan;
    use super::*;

    #[track_caller]
    fn check(html: &str, url: &str, expected: Option<&str>) {
        let declared = Declared::read(&prescan::tree(html).unwrap());
        let (published, _) = read(&declared, Url::parse(url).ok().as_ref());
        assert_eq!(published.map(|published| published.to_string()).as_deref(), expected, "{html} at {url}");
    }

    #[test]
    fn what_is_declared_goes_before_what_is_shown() {
        let shown = "<h1>Ferry</h1><time datetime=2025-03-26>26 March</time>";
        let json = r#"<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2025-03-25T08:00:00+01:00"}</script>"#;
        let meta = r#"<meta property="article:published_time" content="2025-03-24T10:00:00Z">"#;
        check(&format!("{json}{meta}{shown}"), "", Some("2025-03-25T08:00:00+01:00"));
        check(&format!("{meta}{shown}"), "", Some("2025-03-24T10:00:00Z"));
        check(shown, "https://a.example/2025/03/24/ferry", Some("2025-03-24"));
        check(shown, "", Some("2025-03-26"));
    }

    #[test]
    fn the_date_below_the_headline_is_the_articles() {
        check(
            "<div class=latest><time datetime=2025-04-01>now</time></div><h1>Ferry</h1><span class=post-date>March 25, 2025</span>",
            "",
            Some("2025-03-25"),
        );
        check("<h1>Ferry</h1><p>25 March 2025, 09:12</p><p>On 1 April 2024 it ran.</p>", "", Some("2025-03-25"));
        check("<h1>Ferry</h1><p>It ran on 1 April 2024.</p>", "", None);
        check("<h1>Ferry</h1><p>March 25, 2025 -- It ran aground on 1 April 2024.</p>", "", Some("2025-03-25"));
    }

    #[test]
    fn data_of_scripts_is_the_last_that_is_declared() {
        check(
            r#"<script>window.page = {"id": 7, "publishedAt": "2025-03-25T09:12:00Z"}</script>"#,
            "",
            Some("2025-03-25T09:12:00Z"),
        );
        check(r#"<script>push("{\"datePublished\":\"2025-03-25\"}")</script>"#, "", Some("2025-03-25"));
    }

    #[test]
    fn dates_of_comments_and_other_stories_are_not_the_articles() {
        check(
            "<h1>Ferry</h1><div id=comments><time datetime=2025-04-02>2 April</time></div><time class=updated datetime=2025-03-26>\
             </time><time class='published updated' datetime=2025-03-25></time>",
            "",
            Some("2025-03-25"),
        );
        check("<p>1 April 2025</p><h1>Ferry</h1><p>25 March 2025</p>", "", Some("2025-03-25"));
    }

    #[test]
    fn addresses_tell_days() {
        check("", "https://a.example/2025/3/25/ferry", Some("2025-03-25"));
        check("", "https://a.example/news-2025-03-25-ferry.html", Some("2025-03-25"));
        check("", "https://a.example/20250325/ferry", Some("2025-03-25"));
        check("", "https://a.example/2025/ferry/12/25", None);
        check("", "https://a.example/49218831", None);
        check("", "https://a.example/2025/13/45/", None);
    }

    #[test]
    fn unbelievable_dates_are_passed_over() {
        check(r#"<meta name=date content="0001-01-01T00:00:00"><time datetime="2025-03-25">"#, "", Some("2025-03-25"));
        check(r#"<meta name=date content="1742893920">"#, "", Some("2025-03-25T09:12:00Z"));
    }
}
