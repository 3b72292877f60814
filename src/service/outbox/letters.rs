//! Editions as letters: rendered and encoded once for all readers who read the same before and want the same of it.
//!
//! That takes milliseconds, with pictures tens of them, so it is done beside the threads that talk to the servers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use jiff::tz::TimeZone;
use lettre::Address;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::config::{self, Edition};
use crate::news::digest::Digest;
use crate::news::letter::{Addressed, Letter, Reach, ascii_domain};
use crate::news::message::templates::Templates;
use crate::news::message::view::Studio;
use crate::news::message::{self, Links, Manner, Rendered, Sender};
use crate::news::subscriber::{Empty, Format, Preferences};
use crate::service::pipeline::Service;
use crate::service::store::{Chain, Lease};
use crate::service::views::Views;

/// How many different letters are kept at a time: most readers share one.
const LETTERS_MAX: usize = 64;

/// For whom a message is made.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub to: &'a Address,
    pub subscriber_id: &'a str,
    pub message_id: &'a str,
    pub preferences: &'a Preferences,
}

/// The letters of one run.
pub(super) struct Letters {
    service: Arc<Service>,
    views: tokio::sync::Mutex<Views>,
    made: Mutex<HashMap<Key, Arc<OnceCell<Made>>>>,
    studio: Arc<Mutex<Studio>>,
}

/// What makes two readers' letters the same: what they read and wanted, and the form.
type Key = (Chain, (Option<String>, Format, Option<Empty>));

/// A letter, `None` for readers who want none, or why it cannot be made.
type Made = Result<Option<Arc<Letter>>, String>;

impl Letters {
    pub fn new(service: Arc<Service>) -> Self {
        Self { service, views: tokio::sync::Mutex::default(), made: Mutex::default(), studio: Arc::default() }
    }

    /// The letter of a delivery; `None` if its reader wants none. Whoever asks first has it made, others who want the same
    /// wait, and nobody else does.
    pub async fn get(&self, lease: &Lease) -> Made {
        let place = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (lease.chain.clone(), lease.preferences.form());
            if made.len() >= LETTERS_MAX && !made.contains_key(&key) {
                made.clear();
            }
            Arc::clone(made.entry(key).or_default())
        };
        let made = async || self.make(lease).await.map_err(|error| format!("{error:#}"));
        place.get_or_init(made).await.clone()
    }

    async fn make(&self, lease: &Lease) -> anyhow::Result<Option<Arc<Letter>>> {
        let view = self.views.lock().await.along(&self.service, &lease.chain).await?;
        let sheet = Sheet::new(&self.service, &lease.edition_id, &view, &lease.preferences);
        let studio = Arc::clone(&self.studio);
        let letter = spawn_blocking(move || sheet.letter(&view, &studio)).await.context("render the edition")??;
        Ok(letter.map(Arc::new))
    }
}

/// What a letter is made with besides its digest.
struct Sheet {
    edition_id: String,
    preferences: Preferences,
    /// Without news it is not sent.
    skips_quiet: bool,
    sender: Sender,
    reach: Reach,
    templates: Templates,
}

impl Sheet {
    fn new(service: &Service, edition_id: &str, digest: &Digest, preferences: &Preferences) -> Self {
        let name = &digest.frame.name;
        let (edition, mail) = (service.config.edition(name), &service.config.mail);
        let list_id = match edition {
            Some(edition) => edition.list_id.clone(),
            None => format!("{name}.{}", mail.from.email.domain()),
        };
        Self {
            edition_id: edition_id.to_owned(),
            preferences: preferences.clone(),
            skips_quiet: wants_nothing_then(edition, preferences),
            sender: Sender { from: mail.from.clone(), reply_to: mail.reply_to.clone(), list_id },
            reach: service.post.reach.clone(),
            templates: service.templates.clone(),
        }
    }

    fn letter(&self, digest: &Digest, studio: &Mutex<Studio>) -> anyhow::Result<Option<Letter>> {
        let digest = self.preferences.cut(digest);
        if !digest.is_for_reader() || digest.is_quiet() && self.skips_quiet {
            return Ok(None);
        }
        let links = self.reach.places(&self.edition_id, &digest.frame.name);
        let rendered = set(&digest, &self.sender, links.as_ref(), &self.templates, studio)?;
        let format = self.preferences.format;
        Ok(Some(Letter::new(&self.edition_id, &rendered, &digest, &self.sender, &self.reach, format)?))
    }
}

fn wants_nothing_then(edition: Option<&Edition>, preferences: &Preferences) -> bool {
    match preferences.empty {
        Some(empty) => empty == Empty::Skip,
        None => edition.is_some_and(|edition| edition.empty == config::Empty::Skip),
    }
}

/// Renders a digest. Its zone and title are its own, so that a later change of the configuration does not show.
pub fn render(service: &Service, digest: &Digest, links: Option<&Links>) -> anyhow::Result<Rendered> {
    let mail = &service.config.mail;
    let (from, reply_to) = (mail.from.clone(), mail.reply_to.clone());
    let sender = Sender { from, reply_to, list_id: String::new() };
    set(digest, &sender, links, &service.templates, &Mutex::default())
}

fn set(
    digest: &Digest,
    sender: &Sender,
    links: Option<&Links>,
    templates: &Templates,
    studio: &Mutex<Studio>,
) -> anyhow::Result<Rendered> {
    let zone = TimeZone::get(&digest.frame.zone).with_context(|| format!("find the zone {}", digest.frame.zone))?;
    let contact = sender.reply_to.as_ref().unwrap_or(&sender.from);
    let manner = Manner { zone: &zone, contact: contact.email.as_ref(), links, templates };
    // The lock is for the drawing alone: readers of one edition wait for the same pictures.
    let drawings = studio.lock().unwrap_or_else(PoisonError::into_inner).drawings(digest);
    let rendered = message::render_with(digest, drawings, manner)?;
    if let Some(fault) = &rendered.fault {
        tracing::error!("the shipped templates are used in place of yours: {fault}; see `daybrief check`");
    }
    Ok(rendered)
}

/// One reader's message, finished: the bytes that are sent, previewed and written to files. `None` if they want none.
pub fn message(
    service: &Service,
    edition_id: Option<&str>,
    digest: &Digest,
    reader: Reader<'_>,
) -> anyhow::Result<Option<Addressed>> {
    let edition_id = edition_id.unwrap_or("preview");
    let sheet = Sheet::new(service, edition_id, digest, reader.preferences);
    let Some(letter) = sheet.letter(digest, &Mutex::default())? else { return Ok(None) };
    let to = ascii_domain(reader.to);
    let message = service.post.message(&letter, &to, reader.subscriber_id, reader.message_id);
    message.map(Some).map_err(|error| anyhow::anyhow!("failed to {error}"))
}
