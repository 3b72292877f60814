//! What a running `serve` shares with its pages: which configuration is in force, what was refused, what is under way.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Notify, mpsc};

use super::pipeline::Service;
use crate::config::{Config, ConfigError, Draft};

/// Runs by hand that are remembered for their page.
const JOBS_MAX: usize = 20;

/// Drafts that are kept.
const DRAFTS_MAX: usize = 20;

/// What `serve` and its pages share. All of it is about this process.
#[derive(Debug)]
pub struct Control {
    /// Takes runs by hand to whoever does them.
    pub orders: mpsc::UnboundedSender<Arc<Job>>,
    /// Woken when the file may have changed.
    pub look: Notify,
    /// Woken when someone signed up, so that they are asked to confirm at once.
    pub signed_up: Notify,
    /// An edition was made since somebody outside was last told that all is well.
    pub life_unproven: AtomicBool,
    /// Held while a password is compared: one at a time, so that nobody tries many at once.
    pub logins: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Hash of the file's text that is in force, and of the one that was refused.
    in_force: Option<String>,
    refused: Option<(String, String)>,
    /// Accepted, and waiting for its turn.
    next: Option<Box<Config>>,
    /// When the sources were last looked through: a sign of life.
    beat: Option<Timestamp>,
    jobs: VecDeque<Arc<Job>>,
    failed_logins: VecDeque<Timestamp>,
    /// Changes of the configuration that were shown and not saved yet: by their number, whose, what.
    drafts: VecDeque<(String, String, Draft)>,
    /// Runs that an admin was told of.
    told: VecDeque<String>,
}

/// What became of a file that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// As it is in force, or as it was refused before.
    Same,
    /// It takes its turn when the worker has finished what is under way.
    Accepted,
    Refused,
}

/// A run that an admin asked for.
pub struct Job {
    pub service: Arc<Service>,
    pub edition: String,
    pub who: String,
    pub started_at: Timestamp,
    pub progress: ProgressBar,
    /// How it ended, and whether it failed.
    ended: Mutex<Option<(String, bool)>>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("edition", &self.edition).field("who", &self.who).finish_non_exhaustive()
    }
}

impl Job {
    pub fn new(service: Arc<Service>, edition: &str, who: &str, now: Timestamp) -> Self {
        Self {
            service,
            edition: edition.to_owned(),
            who: who.to_owned(),
            started_at: now,
            progress: ProgressBar::hidden(),
            ended: Mutex::default(),
        }
    }

    pub fn end(&self, outcome: String, failed: bool) {
        *lock(&self.ended) = Some((outcome, failed));
    }

    pub fn ended(&self) -> Option<(String, bool)> {
        lock(&self.ended).clone()
    }
}

impl Control {
    pub fn new(orders: mpsc::UnboundedSender<Arc<Job>>) -> Self {
        Self {
            orders,
            look: Notify::new(),
            signed_up: Notify::new(),
            life_unproven: AtomicBool::new(false),
            logins: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// `config` is in force, as its file says now.
    pub fn starts_with(&self, config: &Config) {
        let text = config.path.as_deref().and_then(|path| std::fs::read_to_string(path).ok());
        lock(&self.state).in_force = text.map(|text| hash(&text));
    }

    /// Looks whether the file says something else than before.
    pub fn look_at(&self, path: &Path) -> Looked {
        // While an editor writes it, it may not be there.
        let Ok(text) = std::fs::read_to_string(path) else { return Looked::Same };
        let hash = hash(&text);
        let mut state = lock(&self.state);
        if state.in_force.as_ref() == Some(&hash) {
            // What was refused is gone.
            state.refused = None;
            return Looked::Same;
        }
        if state.refused.as_ref().is_some_and(|(refused, _)| *refused == hash) {
            return Looked::Same;
        }
        match Config::parse(&text, path) {
            Ok(config) => {
                state.in_force = Some(hash);
                state.refused = None;
                state.next = Some(Box::new(config));
                Looked::Accepted
            }
            Err(error) => {
                state.refused = Some((hash, error.render(false)));
                Looked::Refused
            }
        }
    }

    /// What was accepted for good could not be put to work: the old one stays.
    pub fn refuse(&self, reason: String) {
        let mut state = lock(&self.state);
        let hash = state.in_force.take().unwrap_or_default();
        state.refused = Some((hash, reason));
    }

    /// The configuration that waits for its turn.
    pub fn take_next(&self) -> Option<Config> {
        lock(&self.state).next.take().map(|config| *config)
    }

    /// Why the file as it stands is not in force, with every mistake in it.
    pub fn refused(&self) -> Option<String> {
        lock(&self.state).refused.as_ref().map(|(_, reason)| reason.clone())
    }

    pub fn beat(&self, now: Timestamp) {
        lock(&self.state).beat = Some(now);
    }

    pub fn last_beat(&self) -> Option<Timestamp> {
        lock(&self.state).beat
    }

    /// The run that is under way or was last, first.
    pub fn jobs(&self) -> Vec<Arc<Job>> {
        lock(&self.state).jobs.iter().cloned().collect()
    }

    /// Notes a run as begun, unless one is under way.
    pub fn begin(&self, job: Job) -> Option<Arc<Job>> {
        let mut state = lock(&self.state);
        if state.jobs.front().is_some_and(|job| job.ended().is_none()) {
            return None;
        }
        let job = Arc::new(job);
        state.jobs.push_front(job.clone());
        state.jobs.truncate(JOBS_MAX);
        Some(job)
    }

    /// How many logins failed since then.
    pub fn failed_logins(&self, since: Timestamp) -> usize {
        let mut state = lock(&self.state);
        state.failed_logins.retain(|at| *at >= since);
        state.failed_logins.len()
    }

    pub fn login_failed(&self, now: Timestamp) {
        lock(&self.state).failed_logins.push_back(now);
    }

    /// Keeps a draft of an admin until it is saved; by this number only they find it.
    pub fn keep_draft(&self, who: &str, id: &str, draft: Draft) {
        let mut state = lock(&self.state);
        state.drafts.push_front((id.to_owned(), who.to_owned(), draft));
        state.drafts.truncate(DRAFTS_MAX);
    }

    pub fn take_draft(&self, who: &str, id: &str) -> Option<Draft> {
        let mut state = lock(&self.state);
        let at = state.drafts.iter().position(|(known, whose, _)| known == id && whose == who)?;
        state.drafts.remove(at).map(|(_, _, draft)| draft)
    }

    /// True the first time for each `what`.
    pub fn tell_once(&self, what: String) -> bool {
        let mut state = lock(&self.state);
        if state.told.contains(&what) {
            return false;
        }
        state.told.push_front(what);
        state.told.truncate(JOBS_MAX);
        true
    }
}

/// The file of a configuration as it is read for editing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub path: PathBuf,
    pub text: String,
}

impl File {
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn read(config: &Config) -> Result<Self, ConfigError> {
        let path = config.path.clone().unwrap_or_else(|| "daybrief.toml".into());
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self { path, text }),
            Err(source) => Err(ConfigError::Unreadable { path, source }),
        }
    }

    /// By which a change of the file is noticed.
    pub fn hash(&self) -> String {
        hash(&self.text)
    }
}

/// SHA-256 of a text, hexadecimal.
pub fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
