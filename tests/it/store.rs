//! The store, every test on SQLite and on PostgreSQL, each in a database of its own.
//!
//! PostgreSQL is expected at `postgres://postgres@127.0.0.1:5432`, or where `DAYBRIEF_TEST_POSTGRES` says. Without a server
//! those tests say so and pass, except when `CI` is `true`.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use daybrief::config::StoreUrl;
use daybrief::news::article::{Article, Published};
use daybrief::news::delivery::{OnUnknown, Outcome, Reply, Stage, State};
use daybrief::news::digest::rank::Rules;
use daybrief::news::digest::{self, Coverage, Digest, Frame, Look, Window};
use daybrief::news::incident::plausibility::Decisions;
use daybrief::service::fetch::freshness::Validators;
use daybrief::service::fetch::state::Freshness;
use daybrief::service::store::{Added, Audience, Freeze, Frozen, Inserted, Lease, Store, StoreError, Subscriber};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lettre::Address;
use sqlx::{AnyConnection, Connection as _, Executor as _};

use crate::leases::{counts, lease, record};

/// 2031-03-05T05:00:00Z, a slot.
const SLOT: i64 = 1_930_453_200;

pub fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(SLOT + minutes * 60).unwrap()
}

pub fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "where the test servers are is told by the environment")]
    std::env::var(name).ok()
}

/// All that a store knows of its subscribers.
pub async fn everyone(store: &Store) -> Vec<Subscriber> {
    let mut all = Vec::new();
    let take = |one| {
        all.push(one);
        anyhow::Ok(())
    };
    store.each_subscriber(take).await.unwrap();
    all
}

/// A PostgreSQL database of a test's own, and a runtime to reach it with; gone when dropped.
pub struct Database {
    pub url: String,
    name: String,
    server: String,
    runtime: tokio::runtime::Runtime,
}

impl Database {
    /// `None`, with a word about it, where there is no server; in CI that is a failure.
    pub fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = environment("DAYBRIEF_TEST_POSTGRES").unwrap_or("postgres://postgres@127.0.0.1:5432".to_owned());
        let name = format!("daybrief_own_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let database = Self { url: format!("{server}/{name}"), name: name.clone(), server, runtime };
        match database.admin(&format!("CREATE DATABASE {name}")) {
            Ok(()) => Some(database),
            Err(error) if environment("CI").as_deref() == Some("true") => panic!("no PostgreSQL: {error}"),
            Err(error) => {
                eprintln!("SKIPPED: no PostgreSQL: {error}");
                None
            }
        }
    }

    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The server ends every connection to this database.
    pub fn drop_connections(&self) {
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        self.admin(&sql).unwrap();
    }

    fn admin(&self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::any::install_default_drivers();
        self.runtime.block_on(async {
            let mut admin = AnyConnection::connect(&format!("{}/postgres", self.server)).await?;
            admin.execute(sqlx::AssertSqlSafe(sql.to_owned())).await?;
            admin.close().await
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.admin(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).ok();
    }
}

/// Runs a test on both databases; the store is opened, and its address given for opening it again.
pub fn both<F: Future<Output = ()>>(test: impl Fn(StoreUrl) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        eprintln!("on SQLite");
        test(StoreUrl::Sqlite(folder.path().join("day brief#1.db"))).await;
        eprintln!("on PostgreSQL");
        on_postgres(test).await;
    });
}

async fn on_postgres<F: Future<Output = ()>>(test: impl Fn(StoreUrl) -> F) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = environment("DAYBRIEF_TEST_POSTGRES").unwrap_or("postgres://postgres@127.0.0.1:5432".to_owned());
    sqlx::any::install_default_drivers();
    let mut admin = match AnyConnection::connect(&format!("{server}/postgres")).await {
        Ok(admin) => admin,
        Err(error) if environment("CI").as_deref() == Some("true") => panic!("no PostgreSQL at {server}: {error}"),
        Err(error) => {
            // Not `eprintln!`, which is captured and shown for failed tests only.
            let _ = writeln!(std::io::stderr(), "SKIPPED a store test on PostgreSQL: none at {server}: {error}");
            return;
        }
    };
    let name = format!("daybrief_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    admin.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    // Nothing here outlives a power cut, so nothing need wait for the disk.
    let fast = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    admin.execute(sqlx::AssertSqlSafe(fast)).await.unwrap();
    let url = StoreUrl::parse(&format!("{server}/{name}"), Path::new("")).unwrap();
    let result = AssertUnwindSafe(test(url)).catch_unwind().await;
    admin.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

fn article(id: &str, text: &str) -> Article {
    Article {
        id: id.to_owned(),
        url: Some(format!("https://courier.example/{id}")),
        outlet: "The Harbour Courier".to_owned(),
        title: format!("Headline of {id}"),
        language: Some("en".to_owned()),
        published: Some(Published::from(at(-60))),
        text: text.to_owned(),
        ..Article::default()
    }
}

fn window(from: i64, to: i64) -> Window {
    Window { from: at(from), to: at(to) }
}

/// An edition "daily" of a slot so many minutes after [`SLOT`], over the day before it.
pub fn digest(slot: i64) -> Digest {
    let frame = Frame {
        name: "daily".to_owned(),
        title: "Daybrief".to_owned(),
        zone: "UTC".to_owned(),
        window: window(slot - 24 * 60, slot),
        slots: vec![at(slot)],
        partial: false,
        only_corrects: false,
        held_over: Vec::new(),
        composed_at: at(slot),
        sections: Vec::new(),
        coverage: Coverage::default(),
        rules: Rules::default(),
        look: Look::default(),
    };
    digest::compose(frame, &[], &[], &Decisions::default())
}

pub fn freeze<'a>(digest: &'a Digest, articles: &'a [Article]) -> Freeze<'a> {
    Freeze {
        digest,
        articles,
        audience: Audience::Subscribers,
        message_domain: "daybrief.example",
        expires_after: SignedDuration::from_hours(12),
        personal: true,
    }
}

pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub async fn subscribe(store: &Store, count: usize) {
    for nth in 0..count {
        let reader = address(&format!("reader{nth:03}@inbox.example"));
        assert_eq!(store.add_subscriber(&reader, None, &[], at(-600)).await.unwrap(), Added::New);
    }
}

/// An edition of the slot with one delivery for each of `count` subscribers.
pub async fn frozen(store: &Store, count: usize) -> String {
    subscribe(store, count).await;
    match store.freeze(freeze(&digest(0), &[]), at(0)).await.unwrap() {
        Frozen::Now { id, deliveries } if deliveries == count => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn opening_again_changes_nothing() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        subscribe(&store, 1).await;
        store.close().await;
        let (one, other) = tokio::join!(Store::open(&url), Store::open(&url));
        assert_eq!(everyone(&one.unwrap()).await.len(), 1);
        assert_eq!(everyone(&other.unwrap()).await.len(), 1);
    });
}

#[test]
fn eight_programs_may_make_the_database_at_once() {
    both(|url| async move {
        let stores = join_all((0..8).map(|_| Store::open(&url))).await;
        for store in stores {
            assert!(everyone(&store.unwrap()).await.is_empty());
        }
    });
}

#[test]
fn a_store_for_reading_changes_nothing() {
    both(|url| async move {
        let empty = Store::open_read_only(&url).await.unwrap();
        assert!(everyone(&empty).await.is_empty());
        let refused = empty.add_subscriber(&address("a@b.example"), None, &[], at(0)).await;
        assert!(matches!(refused, Err(StoreError::ReadOnly { .. })), "{refused:?}");
        if let StoreUrl::Sqlite(path) = &url {
            assert!(!path.exists());
        }
        let store = Store::open(&url).await.unwrap();
        subscribe(&store, 2).await;
        // Beside a program that has it open, and after that has ended.
        for _ in 0..2 {
            let reading = Store::open_read_only(&url).await.unwrap();
            assert_eq!(everyone(&reading).await.len(), 2);
            let refused = reading.add_subscriber(&address("a@b.example"), None, &[], at(0)).await;
            assert!(matches!(refused, Err(StoreError::ReadOnly { .. })), "{refused:?}");
            reading.close().await;
            store.clone().close().await;
        }
        if let StoreUrl::Sqlite(path) = &url {
            let files = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
            assert_eq!(files, 1, "reading leaves no files beside the database");
        }
    });
}

#[test]
fn source_states_are_kept_by_address() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let mut state = Freshness { failures: 3, last_success: Some(at(-5)), ..Freshness::default() };
        state.validators = Validators { etag: Some("W/\"ü\"".to_owned()), ..Validators::default() };
        let save = async |state: &Freshness, now| {
            let of_courier = ("Courier".to_owned(), "https://courier.example/feed".to_owned(), state.clone());
            store.save_source_states(&[of_courier], now).await.unwrap();
        };
        save(&state, at(0)).await;
        assert_eq!(store.source_state("Courier", "https://courier.example/feed").await.unwrap(), state);
        let moved = store.source_state("Courier", "https://courier.example/atom").await.unwrap();
        assert_eq!(moved, Freshness::default());
        let fixed = Freshness { failures: 0, ..state };
        save(&fixed, at(1)).await;
        let all = store.source_states().await.unwrap();
        assert_eq!((all.len(), &all[0].freshness), (1, &fixed));
    });
}

#[test]
fn an_article_is_new_known_or_changed() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let first =
            Article { published: Some(Published::On("2031-03-04".parse().unwrap())), ..article("a", "88 injured.") };
        let second = Article { published: None, ..article("a", "101 injured.\0") };
        let saved = store.save_articles(&[first.clone(), first.clone()], at(-30)).await.unwrap();
        assert_eq!(saved, [Inserted::New, Inserted::Known]);
        assert_eq!(store.article("a").await.unwrap().unwrap().article, first);
        assert_eq!(store.save_articles(std::slice::from_ref(&second), at(-10)).await.unwrap(), [Inserted::Changed]);
        assert_eq!(store.save_articles(&[second], at(-5)).await.unwrap(), [Inserted::Known]);
        let stored = store.article("a").await.unwrap().unwrap();
        // What the newer text did not say is kept; a NUL takes one byte, as a space does.
        assert_eq!((stored.article.published, stored.article.text.as_str()), (first.published, "101 injured. "));
        assert_eq!((stored.first_seen, stored.changed_at), (at(-30), at(-10)));
        assert_eq!(store.known_articles(&["b", "a"]).await.unwrap().into_keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(store.article("b").await.unwrap(), None);
    });
}

#[test]
fn an_edition_draws_on_its_window_and_never_twice_on_a_text() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let old = Article { published: Some(Published::from(at(-9999))), ..article("old", "Last week.") };
        let late = Article { published: Some(Published::from(at(-9999))), ..article("late", "Found late.") };
        let undated = Article { published: None, ..article("undated", "When?") };
        store.save_articles(&[old], at(-9000)).await.unwrap();
        let current = [article("current", "88 injured."), late, undated];
        store.save_articles(&current, at(-20)).await.unwrap();
        let ids = |found: Vec<daybrief::service::store::StoredArticle>| -> Vec<(String, bool)> {
            found.into_iter().map(|stored| (stored.article.id, stored.revised)).collect()
        };
        let of = |id: &str, revised| (id.to_owned(), revised);
        let day = window(-24 * 60, 0);
        let found = store.articles_for("daily", day).await.unwrap();
        assert_eq!(ids(found), [of("late", false), of("current", false), of("undated", false)]);
        // From is excluded, to is included.
        assert_eq!(store.articles_for("daily", window(-20, 0)).await.unwrap().len(), 0);
        assert_eq!(store.articles_for("daily", window(-21, -20)).await.unwrap().len(), 3);

        assert!(!store.is_told("daily", &current[0]).await.unwrap());
        let frozen = store.freeze(freeze(&digest(0), &current), at(0)).await.unwrap();
        let Frozen::Now { id, .. } = frozen else { panic!("{frozen:?}") };
        assert!(store.is_told("daily", &current[0]).await.unwrap());
        assert!(store.articles_for("daily", day).await.unwrap().is_empty());
        assert_eq!(store.articles_for("weekly", day).await.unwrap().len(), 3, "another edition is not touched");

        // A new text is news again, and marked; the edition keeps the text that it used.
        store.save_articles(&[article("current", "101 injured.")], at(10)).await.unwrap();
        let found = store.articles_for("daily", window(0, 24 * 60)).await.unwrap();
        assert_eq!(ids(found), [of("current", true)]);
        let used = store.articles_of(&id).await.unwrap();
        assert!(used.iter().any(|stored| stored.article.text == "88 injured."));
        assert_eq!(store.articles_told("daily", at(-1)).await.unwrap().len(), 3);
        assert_eq!(store.articles_told("daily", at(0)).await.unwrap().len(), 0);
        let newer = [article("current", "101 injured.")];
        store.freeze(freeze(&digest(30), &newer), at(30)).await.unwrap();
        let told = store.articles_told("daily", at(-1)).await.unwrap();
        let texts: Vec<&str> = told
            .iter()
            .filter(|stored| stored.article.id == "current")
            .map(|stored| stored.article.text.as_str())
            .collect();
        assert_eq!(texts, ["101 injured.", "88 injured."], "what was told last comes first");
        // Back to the old text: that was told.
        store.save_articles(&current[..1], at(40)).await.unwrap();
        assert!(store.articles_for("daily", window(0, 24 * 60)).await.unwrap().is_empty());
    });
}

#[test]
fn editions_are_read_back_as_they_were_sent() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        assert_eq!(store.latest_edition("daily").await.unwrap(), None);
        assert_eq!(store.last_slot("daily").await.unwrap(), None);
        let day = 24 * 60;
        for nth in 0..3 {
            let frozen = store.freeze(freeze(&digest(nth * day), &[]), at(nth * day)).await.unwrap();
            assert!(matches!(frozen, Frozen::Now { deliveries: 0, .. }), "{frozen:?}");
        }
        let latest = store.latest_edition("daily").await.unwrap().unwrap();
        assert_eq!((latest.id.as_str(), &latest.digest), ("daily-20310307T050000Z", &digest(2 * day)));
        assert_eq!(store.edition(&latest.id).await.unwrap(), Some(latest));
        assert_eq!(store.last_slot("daily").await.unwrap(), Some(at(2 * day)));
        let second = store.editions("daily", at(1)..at(day + 1), 1).await.unwrap().remove(0);
        assert_eq!(second.digest, digest(day));
        assert_eq!(store.editions("daily", at(1)..at(day), 1).await.unwrap(), []);
        assert_eq!(store.editions("daily", at(0)..at(9 * day), 2).await.unwrap().len(), 2);
        assert_eq!(store.latest_edition("weekly").await.unwrap(), None);
    });
}

#[test]
fn a_slot_is_frozen_once_however_many_try() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        subscribe(&store, 3).await;
        let other = Store::open(&url).await.unwrap();
        let articles = [article("a", "One."), article("b", "Two.")];
        store.save_articles(&articles, at(-9)).await.unwrap();
        // One of them was late and covers a slot more.
        let mut both_slots = digest(60);
        both_slots.frame.slots = vec![at(0), at(60)];
        let (single, double) = (digest(0), both_slots);
        let (one, two) = tokio::join!(
            store.freeze(freeze(&single, &articles), at(60)),
            other.freeze(freeze(&double, &articles), at(60)),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        let winners = [&one, &two].iter().filter(|frozen| matches!(frozen, Frozen::Now { deliveries: 3, .. })).count();
        assert_eq!(winners, 1, "{one:?} {two:?}");
        let (Frozen::Now { id: winner, .. }, Frozen::Before { id: before }) = (match one {
            Frozen::Now { .. } => (one, two),
            _ => (two, one),
        }) else {
            panic!("one is frozen, the other finds it")
        };
        assert_eq!(before, winner);
        assert_eq!(counts(&store).await, BTreeMap::from([(State::Queued, 3)]));
        assert_eq!(store.editions("daily", at(-1)..at(99), 9).await.unwrap().len(), 1);
    });
}

#[test]
fn an_article_is_news_in_one_edition_even_without_slots() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let articles = [article("a", "One."), article("b", "Two.")];
        store.save_articles(&articles, at(-9)).await.unwrap();
        let manual = |minute: i64| {
            let mut digest = digest(minute);
            digest.frame.slots.clear();
            digest
        };
        let digests: Vec<Digest> = (1..9).map(manual).collect();
        let frozen = join_all(digests.iter().map(|digest| store.freeze(freeze(digest, &articles), at(9)))).await;
        let frozen: Vec<Frozen> = frozen.into_iter().map(Result::unwrap).collect();
        let now = frozen.iter().filter(|frozen| matches!(frozen, Frozen::Now { .. })).count();
        let overtaken = frozen.iter().filter(|frozen| matches!(frozen, Frozen::Overtaken { .. })).count();
        assert_eq!((now, overtaken), (1, 7), "{frozen:?}");
        assert_eq!(store.editions("daily", at(-1)..at(99), 9).await.unwrap().len(), 1);
    });
}

#[test]
fn an_edition_for_nobody_covers_its_slot() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        subscribe(&store, 2).await;
        let digest = digest(0);
        let quiet = Freeze { audience: Audience::Nobody, ..freeze(&digest, &[]) };
        assert!(matches!(store.freeze(quiet, at(0)).await.unwrap(), Frozen::Now { deliveries: 0, .. }));
        assert!(matches!(store.freeze(quiet, at(1)).await.unwrap(), Frozen::Before { .. }));
        assert_eq!(store.last_slot("daily").await.unwrap(), Some(at(0)));
    });
}

#[test]
fn an_edition_that_reached_nobody_gives_its_articles_back() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let articles = [article("a", "One.")];
        store.save_articles(&articles, at(-9)).await.unwrap();
        assert!(!store.has_readers("daily").await.unwrap());
        subscribe(&store, 2).await;
        assert!(store.has_readers("daily").await.unwrap());
        let reached = digest(-24 * 60);
        store.freeze(Freeze { audience: Audience::Nobody, ..freeze(&reached, &[]) }, at(0)).await.unwrap();
        store.freeze(freeze(&digest(0), &articles), at(0)).await.unwrap();
        let refuse = async |lease: &Lease| {
            let reply = Reply { code: 550, text: "no".to_owned() };
            let outcome = Outcome::Rejected { stage: Stage::Recipient, reply };
            record(&store, lease, &outcome, at(2), OnUnknown::Resend).await.unwrap().unwrap()
        };
        let leases = lease(&store, "w", at(1), at(11), 9).await.unwrap();
        refuse(&leases[0]).await;
        assert_eq!(store.release_undelivered().await.unwrap(), 0, "one may still arrive");
        refuse(&leases[1]).await;
        assert_eq!(store.release_undelivered().await.unwrap(), 1);
        assert_eq!(store.release_undelivered().await.unwrap(), 0);
        assert_eq!(store.held_over("daily").await.unwrap(), [at(0)]);
        assert_eq!(store.articles_for("daily", window(-24 * 60, 60)).await.unwrap().len(), 1);
        // What nobody got is not what they last got; an edition that was for nobody is no failure.
        assert_eq!(store.latest_edition("daily").await.unwrap().unwrap().digest, reached);
        assert_eq!(store.last_slot("daily").await.unwrap(), Some(at(0)), "its slot stays covered");
    });
}

#[test]
fn what_waits_can_be_hurried() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        frozen(&store, 2).await;
        let leases = lease(&store, "w", at(1), at(11), 1).await.unwrap();
        let down = Outcome::NotSent { stage: Stage::Connecting, reason: "refused".to_owned() };
        record(&store, &leases[0], &down, at(1), OnUnknown::Resend).await.unwrap();
        assert_eq!(lease(&store, "w", at(1), at(11), 9).await.unwrap().len(), 1, "the other one only");
        assert_eq!(store.hurry(at(1)).await.unwrap(), 1);
        assert_eq!(store.hurry(at(1)).await.unwrap(), 0);
        assert_eq!(lease(&store, "w", at(1), at(11), 9).await.unwrap().len(), 1);
    });
}

#[test]
fn subscribers_are_told_apart_by_the_normal_form_of_their_addresses() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let reader = address("Reader@Inbox.Example");
        let daily = ["daily".to_owned()];
        assert_eq!(store.add_subscriber(&reader, Some("R. Eader"), &daily, at(0)).await.unwrap(), Added::New);
        let again = address("reader@inbox.example");
        assert_eq!(store.add_subscriber(&again, None, &["weekly".to_owned()], at(1)).await.unwrap(), Added::Known);
        let all = everyone(&store).await;
        assert_eq!(all.len(), 1);
        assert_eq!(
            (all[0].address.to_string().as_str(), all[0].name.as_deref()),
            ("Reader@Inbox.Example", Some("R. Eader"))
        );
        assert_eq!(all[0].editions, ["weekly"]);
        assert!(store.remove_subscriber(&again, at(2)).await.unwrap());
        assert!(!store.remove_subscriber(&again, at(3)).await.unwrap());
        assert!(!store.remove_subscriber(&address("nobody@inbox.example"), at(3)).await.unwrap());
        assert_eq!(store.subscriber_counts().await.unwrap(), BTreeMap::from([("removed", 1)]));
        assert_eq!(store.add_subscriber(&reader, None, &[], at(4)).await.unwrap(), Added::Again);
        assert!(everyone(&store).await[0].editions.is_empty());
        let json = serde_json::to_value(everyone(&store).await).unwrap();
        assert_eq!((&json[0]["address"], &json[0]["state"]), (&"Reader@Inbox.Example".into(), &"active".into()));
    });
}

#[test]
fn an_edition_goes_to_those_who_subscribe_to_it() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let add = async |text: &str, editions: &[&str]| {
            let editions: Vec<String> = editions.iter().map(|&name| name.to_owned()).collect();
            store.add_subscriber(&address(text), None, &editions, at(-9)).await.unwrap();
        };
        add("all@inbox.example", &[]).await;
        add("daily@inbox.example", &["daily", "weekly"]).await;
        add("weekly@inbox.example", &["weekly"]).await;
        add("gone@inbox.example", &["daily"]).await;
        store.remove_subscriber(&address("gone@inbox.example"), at(-8)).await.unwrap();
        let frozen = store.freeze(freeze(&digest(0), &[]), at(0)).await.unwrap();
        let Frozen::Now { id, .. } = frozen else { panic!("{frozen:?}") };
        add("late@inbox.example", &[]).await;
        let records = store.deliveries(&id).await.unwrap();
        let to: Vec<String> = records.iter().map(|record| record.to.as_ref().unwrap().to_string()).collect();
        assert_eq!(to, ["all@inbox.example", "daily@inbox.example"]);
        assert!(records.iter().all(|record| record.message_id.ends_with("@daybrief.example>")));
        assert_ne!(records[0].message_id, records[1].message_id);
    });
}

#[track_caller]
fn refused(result: Result<Store, StoreError>, words: &[&str]) {
    let error = result.expect_err("the store is not opened").to_string();
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_used_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let open = async |path: std::path::PathBuf| Store::open(&StoreUrl::Sqlite(path)).await;

    refused(open(file("none/store.db")).await, &["there is no folder", "make it"]);
    refused(open(folder.path().to_path_buf()).await, &["not a file"]);

    std::fs::write(file("letter.db"), "Dear reader, this is not a database at all. ".repeat(99)).unwrap();
    refused(open(file("letter.db")).await, &["not an SQLite database", "name another"]);
    refused(Store::open_read_only(&StoreUrl::Sqlite(file("letter.db"))).await, &["not an SQLite database"]);

    sqlx::any::install_default_drivers();
    let connect = async |name: &str| {
        let url = format!("sqlite:{}?mode=rwc", file(name).display());
        AnyConnection::connect(&url).await.unwrap()
    };
    let mut foreign = connect("foreign.db").await;
    foreign.execute("CREATE TABLE recipes (name TEXT)").await.unwrap();
    foreign.close().await.unwrap();
    let before = std::fs::read(file("foreign.db")).unwrap();
    refused(open(file("foreign.db")).await, &["something else", "name another"]);
    assert_eq!(std::fs::read(file("foreign.db")).unwrap(), before);

    open(file("mine.db")).await.unwrap().close().await;
    let mut newer = connect("mine.db").await;
    let record = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                  VALUES (9999, 'later', TRUE, X'00', 0)";
    newer.execute(record).await.unwrap();
    newer.close().await.unwrap();
    refused(open(file("mine.db")).await, &["newer daybrief", "update"]);
    refused(Store::open_read_only(&StoreUrl::Sqlite(file("mine.db"))).await, &["newer daybrief"]);

    open(file("locked.db")).await.unwrap().close().await;
    let mut permissions = std::fs::metadata(file("locked.db")).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(file("locked.db"), permissions).unwrap();
    refused(open(file("locked.db")).await, &["may only be read", "chmod"]);
    assert!(Store::open_read_only(&StoreUrl::Sqlite(file("locked.db"))).await.is_ok());
}

#[tokio::test]
async fn a_server_that_cannot_be_used_says_what_to_do() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = StoreUrl::parse(&format!("postgres://u:hunter2@127.0.0.1:{closed}/db"), Path::new("")).unwrap();
    let error = Store::open(&url).await.unwrap_err().to_string();
    assert!(error.contains("no server answers") && !error.contains("hunter2"), "{error}");
    on_postgres(|url| async move {
        let absent = url.to_string().replace("daybrief_test", "daybrief_absent");
        let absent = StoreUrl::parse(&absent, Path::new("")).unwrap();
        refused(Store::open(&absent).await, &["no database of that name", "createdb"]);
    })
    .await;
}
