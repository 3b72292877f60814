//! What each site's robots.txt said, for as long as RFC 9309 lets it stand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;
use url::Url;

use super::{FetchError, Fetched, Fetcher, Request, Wants, host_of};
use crate::news::robots::Robots;

/// RFC 9309 2.4: a robots.txt should not be used for longer than a day.
const ROBOTS_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// A site whose robots.txt could not be had is asked again sooner.
const RETRY_AGE_MAX: Duration = Duration::from_secs(10 * 60);
/// Sites remembered before old ones are forgotten.
const SITES_MAX: usize = 10_000;
/// The name that robots.txt files know us by.
const PRODUCT: &str = "Daybrief";

/// By origin. The inner lock is held while a robots.txt is fetched, so that it is fetched once.
pub(super) type Sites = Mutex<HashMap<String, Arc<AsyncMutex<Option<Known>>>>>;

#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The rules, or why nothing may be read until there are some.
    robots: Result<Arc<Robots>, FetchError>,
    until: Instant,
}

impl Fetcher {
    /// Whether the site of `url` lets it be read by us.
    pub(super) async fn check_robots(&self, url: &Url, request: &Request) -> Result<(), FetchError> {
        let site = self.site(&url.origin().ascii_serialization());
        let mut known = site.lock().await;
        let robots = match known.as_ref().filter(|known| known.until > Instant::now()) {
            Some(known) => known.robots.clone(),
            None => {
                let robots = self.fetch_robots(url, request).await;
                let age = if robots.is_ok() { ROBOTS_AGE_MAX } else { RETRY_AGE_MAX };
                *known = Some(Known { robots: robots.clone(), until: Instant::now() + age });
                robots
            }
        };
        drop(known);
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        if robots?.allows(path) { Ok(()) } else { Err(FetchError::Robots { host: host_of(url) }) }
    }

    /// The rules of a site. Answers of 4xx and redirects that lead nowhere mean that there are none; a site in trouble is
    /// left alone (RFC 9309 2.3.1), and one that cannot be reached says so in its own words.
    async fn fetch_robots(&self, url: &Url, request: &Request) -> Result<Arc<Robots>, FetchError> {
        let mut address = url.clone();
        address.set_path("/robots.txt");
        address.set_query(None);
        let asking = Request { wants: Wants::Robots, access: request.access.clone(), ..Request::feed(address) };
        match Box::pin(self.fetch(&asking)).await {
            Ok(Fetched::Document(document)) => Ok(Arc::new(Robots::parse(&document.body, PRODUCT))),
            Ok(Fetched::Unchanged(_))
            | Err(
                FetchError::Empty { .. }
                | FetchError::Challenge { .. }
                | FetchError::TooManyRedirects { .. }
                | FetchError::RedirectLoop { .. }
                | FetchError::BadRedirect { .. }
                | FetchError::TooLarge { .. },
            ) => Ok(Arc::new(Robots::allow_all())),
            Err(FetchError::Status { status: 429, host, retry_after }) => {
                Err(FetchError::Status { status: 429, host, retry_after })
            }
            Err(FetchError::Status { status: 400..=499, .. }) => Ok(Arc::new(Robots::allow_all())),
            Err(FetchError::Status { host, status, .. }) => Err(FetchError::RobotsUnavailable { host, status }),
            Err(error) => Err(error),
        }
    }

    fn site(&self, origin: &str) -> Arc<AsyncMutex<Option<Known>>> {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if sites.len() >= SITES_MAX {
            sites.retain(|_, site| Arc::strong_count(site) > 1);
        }
        Arc::clone(sites.entry(origin.to_owned()).or_default())
    }
}
