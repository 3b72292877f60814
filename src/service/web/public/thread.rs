//! One incident or one negotiation: every figure and state that was printed of it, edition by edition.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use jiff::SignedDuration;

use super::{Public, html};
use crate::news::digest::thread::Thread;
use crate::news::digest::{Digest, told};
use crate::news::message::archive;
use crate::news::message::view::{self, Drawings, Studio};
use crate::service::archive::zone_of;

/// After its edition: what is told later is on the page of a later one.
const AFTER: SignedDuration = SignedDuration::from_hours(60 * 24);
/// Editions that are looked through, back from there.
const EDITIONS_MAX: u32 = 120;

pub(super) fn router() -> Router<Public> {
    Router::new()
        .route("/archive/{stem}/{what}/{mark}", get(page))
        .route("/archive/{stem}/{what}/{mark}/{picture}", get(picture))
}

#[derive(Template)]
#[template(path = "web/public/thread.html")]
struct Page {
    title: String,
    /// The newest first.
    days: Vec<Day>,
    pictures: Vec<view::Picture>,
    stem: String,
}

struct Day {
    moment: String,
    stem: String,
    items: Vec<view::Item>,
    notes: Vec<view::Source>,
}

async fn page(State(public): State<Public>, Path((stem, what, mark)): Path<(String, String, String)>) -> Response {
    let name = format!("thread {stem}/{what}/{mark}");
    let make = async {
        let Some((digests, drawings)) = follow(&public, &stem, &what, &mark).await? else { return Ok(None) };
        public.keep_pictures(&drawings, |which| format!("picture {stem}/{what}/{mark}/{which}.png")).await?;
        let mut days = Vec::new();
        let (mut pictures, mut title) = (Vec::new(), String::new());
        for digest in digests.iter().rev() {
            let shown = archive::shown(digest, &drawings, &zone_of(digest)?, (&format!("{mark}/"), ".png"));
            let mut items = Vec::new();
            for section in shown.sections {
                // They are the newest's.
                if days.is_empty() {
                    pictures.extend(section.pictures);
                }
                items.extend(section.items);
            }
            if title.is_empty() {
                title = items.first().map(|item| item.title.clone()).unwrap_or_default();
            }
            days.push(Day { moment: shown.moment, stem: digest.frame.stem(), items, notes: shown.sources.notes });
        }
        Ok(Some(html(Page { title, days, pictures, stem: stem.clone() }.render()?)))
    };
    public.kept(&name, make).await
}

async fn picture(
    State(public): State<Public>,
    Path((stem, what, mark, file)): Path<(String, String, String, String)>,
) -> Response {
    let make = async {
        let Some((_, drawings)) = follow(&public, &stem, &what, &mark).await? else { return Ok(None) };
        let found = drawings.named().find(|(name, _)| file.strip_suffix(".png") == Some(name));
        Ok(found.map(|(_, png)| super::picture(png)))
    };
    public.kept(&format!("picture {stem}/{what}/{mark}/{file}"), make).await
}

/// What each edition printed of it, oldest first, and the pictures of all that together.
async fn follow(
    public: &Public,
    stem: &str,
    what: &str,
    mark: &str,
) -> anyhow::Result<Option<(Vec<Digest>, Drawings)>> {
    let find = match what {
        "incident" => Thread::incident,
        "track" => Thread::track,
        _ => return Ok(None),
    };
    let Some(own) = public.stored(stem).await? else { return Ok(None) };
    let frame = &own.digest.frame;
    let until = frame.composed_at.saturating_add(AFTER).unwrap_or(frame.composed_at);
    let mut stored = public.service.store.archive_until(&frame.name, until, EDITIONS_MAX).await?;
    stored.reverse();
    let mark = mark.to_owned();
    let work = move || {
        let at = stored.iter().position(|edition| edition.id == own.id)?;
        let digests: Vec<Digest> = stored.into_iter().map(|edition| edition.digest).collect();
        let views = told::each_for_everyone(digests);
        let through = find(&views[at], &mark)?.through(&views);
        let drawings = through.last().map(|newest| Studio::default().drawings(newest)).unwrap_or_default();
        Some((through, drawings))
    };
    Ok(tokio::task::spawn_blocking(work).await?)
}
