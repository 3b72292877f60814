//! The loop of `serve`: waits for the next due edition or delivery, has it done, and stops cleanly.
//!
//! The loop knows clocks, schedules and signals. What an edition is, and how it is sent, it gets as functions, so that
//! it can be tested over simulated years. It does one thing at a time: two editions due at once come one after the
//! other, the one with the earlier slot first.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::news::{
    delivery::BACKOFF_MINUTES,
    schedule::{Due, Schedule},
};

/// How long what is under way may take to finish once we are asked to stop. Service managers kill after 90 (systemd) or
/// 10 seconds (containers, where it is usually raised to 30 and more).
pub const FINISH_SECONDS_MAX: u64 = 25;

/// How often a sleeper looks at the clock: it may have been set, or the machine may have been asleep.
pub const CLOCK_CHECK_SECONDS: u64 = 30;

/// The least time between two looks for deliveries, so that one that cannot be leased does not keep us spinning.
const DELIVERY_PAUSE_SECONDS_MIN: i64 = 1;

/// How long to wait after the deliveries could not even be looked at.
const DELIVERY_RETRY_SECONDS: i64 = 60;

/// The one source of the time. Everything else is given it.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// One that starts at a given time and goes with the runtime's timer, which a test can pause or advance.
    Simulated(Simulated),
}

/// See [`Clock::simulated`].
#[derive(Clone, Debug)]
pub struct Simulated {
    start: Timestamp,
    started: Instant,
    set_by_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that shows `start` now.
    pub fn simulated(start: Timestamp) -> Self {
        Self::Simulated(Simulated { start, started: Instant::now(), set_by_seconds: Arc::default() })
    }

    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one owner of the clock")]
            Self::System => Timestamp::now(),
            Self::Simulated(clock) => clock.now(),
        }
    }

    /// Waits until the clock shows a time, however it gets there.
    pub async fn sleep_until(&self, time: Timestamp) {
        loop {
            let left = time.duration_since(self.now());
            if !left.is_positive() {
                return;
            }
            sleep(left.unsigned_abs().min(Duration::from_secs(CLOCK_CHECK_SECONDS))).await;
        }
    }
}

impl Simulated {
    /// Sets the clock forward or back, as people and time servers do; the timer does not notice.
    pub fn set_by_seconds(&self, seconds: i64) {
        self.set_by_seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    fn now(&self) -> Timestamp {
        let set_by = SignedDuration::from_secs(self.set_by_seconds.load(Ordering::Relaxed));
        let passed = SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX);
        self.start.saturating_add(passed).unwrap_or(Timestamp::MAX).saturating_add(set_by).unwrap_or(Timestamp::MAX)
    }
}

/// How urgently we are asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Go on.
    None,
    /// There is a new configuration: begin nothing new with this one. What is under way takes its time.
    Change,
    /// Begin nothing new, finish what is under way.
    Finish,
    /// Drop everything; the store is made for it.
    Now,
}

/// Tells whoever works whether to stop.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<Urgency>);

impl Stop {
    /// A stop that somebody else controls. With the sender dropped, nobody ever asks.
    pub fn controlled() -> (watch::Sender<Urgency>, Self) {
        let (sender, receiver) = watch::channel(Urgency::None);
        (sender, Self(receiver))
    }

    /// SIGTERM or SIGINT asks to stop, a second one to stop at once.
    pub fn on_signals() -> io::Result<Self> {
        let (sender, stop) = Self::controlled();
        let mut signals = Signals::listen()?;
        tokio::spawn(async move {
            for urgency in [Urgency::Finish, Urgency::Now] {
                signals.next().await;
                sender.send_replace(urgency);
            }
        });
        Ok(stop)
    }

    /// Whether nothing new should be begun.
    pub fn is_requested(&self) -> bool {
        self.at_least(Urgency::Change)
    }

    /// Whether it is this urgent.
    pub fn at_least(&self, urgency: Urgency) -> bool {
        *self.0.borrow() >= urgency
    }

    /// Waits until it is this urgent.
    pub async fn at(&self, urgency: Urgency) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|now| *now >= urgency).await.is_err() {
            // Nobody is left to ask.
            std::future::pending::<()>().await;
        }
    }

    /// Does work that may finish when we are asked to stop, within [`FINISH_SECONDS_MAX`] and unless asked again.
    /// `None` when it was dropped unfinished.
    pub async fn finish<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let too_late = async {
            self.at(Urgency::Finish).await;
            tokio::select! {
                () = sleep(Duration::from_secs(FINISH_SECONDS_MAX)) => {}
                () = self.at(Urgency::Now) => {}
            }
        };
        tokio::select! {
            biased;
            result = work => Some(result),
            () = too_late => None,
        }
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// One edition as the loop sees it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The edition's name.
    pub name: String,
    pub schedule: Schedule,
    /// How old a missed slot may be to be caught up.
    pub catch_up: SignedDuration,
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing was under way any more.
    Cleanly,
    /// Something under way was dropped; it is taken up again on the next start.
    InTheMiddle,
}

/// How far an edition has come.
struct Standing<'p> {
    plan: &'p Plan,
    /// The last slot dealt with.
    last: Timestamp,
    /// How often the one that is due has failed.
    failures: usize,
    /// When to try again after a failure.
    not_before: Timestamp,
}

impl Standing<'_> {
    fn due(&self, now: Timestamp) -> Option<Due> {
        if now < self.not_before {
            return None;
        }
        self.plan.schedule.due_edition(self.last, now, self.plan.catch_up)
    }

    /// When to look at it again.
    fn wakes_at(&self) -> Option<Timestamp> {
        Some(self.plan.schedule.next(self.last)?.max(self.not_before))
    }

    fn done(&mut self, due: &Due) {
        self.last = due.last_slot().unwrap_or(self.last).max(self.last);
        self.failures = 0;
        self.not_before = Timestamp::MIN;
    }

    fn failed(&mut self, now: Timestamp) {
        let minutes = BACKOFF_MINUTES[self.failures.min(BACKOFF_MINUTES.len() - 1)];
        self.failures += 1;
        self.not_before = now.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX);
    }
}

/// Serves editions until asked to stop.
///
/// - `last_slot` tells the last slot of an edition that was dealt with, ever; an edition without one begins now.
/// - `publish` makes the edition of the slots that are due and covered. What fails is tried again, with growing waits,
///   until its slots are too old.
/// - `deliver` sends what waits to be sent, and tells when the next delivery is due. It is called after every edition,
///   at that time, and once at the start, for what the last process left. It should look at [`Stop::is_requested`]
///   before it leases more.
pub async fn serve(
    clock: &Clock,
    plans: &[Plan],
    last_slot: impl AsyncFn(&Plan) -> anyhow::Result<Option<Timestamp>>,
    publish: impl AsyncFn(&Plan, &Due) -> anyhow::Result<()>,
    deliver: impl AsyncFn() -> anyhow::Result<Option<Timestamp>>,
    stop: &Stop,
) -> anyhow::Result<Ended> {
    let mut editions = Vec::new();
    for plan in plans {
        let last = last_slot(plan).await.with_context(|| format!("find the last slot of the edition {}", plan.name))?;
        let last = last.unwrap_or_else(|| clock.now());
        editions.push(Standing { plan, last, failures: 0, not_before: Timestamp::MIN });
    }
    while !stop.is_requested() {
        let Some(delivered) = stop.finish(deliver()).await else { return Ok(Ended::InTheMiddle) };
        let next_delivery = delivered.unwrap_or_else(|error| {
            tracing::error!("failed to deliver: {error:#}");
            clock.now().checked_add(SignedDuration::from_secs(DELIVERY_RETRY_SECONDS)).ok()
        });

        let now = clock.now();
        let due = editions.iter_mut().filter_map(|edition| Some((edition.due(now)?, edition)));
        if let Some((due, edition)) =
            due.min_by_key(|(due, _)| due.covered.first().or(due.skipped.times.first()).copied())
        {
            tell_skipped(edition.plan, &due);
            if due.covered.is_empty() {
                edition.done(&due);
                continue;
            }
            match stop.finish(publish(edition.plan, &due)).await {
                Some(Ok(())) => edition.done(&due),
                Some(Err(error)) => {
                    edition.failed(clock.now());
                    let (name, again) = (&edition.plan.name, edition.not_before);
                    tracing::error!(edition = name, %again, "failed to publish the edition: {error:#}");
                }
                None => return Ok(Ended::InTheMiddle),
            }
            continue;
        }

        let soonest = now.saturating_add(SignedDuration::from_secs(DELIVERY_PAUSE_SECONDS_MIN)).unwrap_or(now);
        let wakes = editions.iter().filter_map(Standing::wakes_at).chain(next_delivery.map(|at| at.max(soonest)));
        let wake = wakes.min().unwrap_or(Timestamp::MAX);
        tracing::debug!(until = %wake, "waiting");
        tokio::select! {
            () = clock.sleep_until(wake) => {}
            () = stop.at(Urgency::Change) => {}
        }
    }
    Ok(Ended::Cleanly)
}

fn tell_skipped(plan: &Plan, due: &Due) {
    if let [first, .., last] | [first @ last] = &due.skipped.times[..] {
        let (name, count, more) = (&plan.name, due.skipped.times.len(), due.skipped.more);
        tracing::warn!(edition = name, count, more, %first, %last, "slots are too old to be caught up");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use jiff::tz::TimeZone;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn plan(name: &str, line: &str, zone: &str) -> Plan {
        let schedule = Schedule::parse(line, TimeZone::get(zone).unwrap()).unwrap();
        Plan { name: name.to_owned(), schedule, catch_up: SignedDuration::from_hours(48) }
    }

    /// Serves from one time to another, with editions last published at given times, and tells what was published:
    /// when, which edition, and for how many slots, too old ones after a minus.
    async fn published(from: &str, to: &str, plans: &[Plan], last: Option<&str>) -> Vec<String> {
        let clock = Clock::simulated(at(from));
        let log = RefCell::new(Vec::new());
        let (asks, stop) = Stop::controlled();
        let publish = async |plan: &Plan, due: &Due| {
            let covered = due.covered.len();
            let skipped = due.skipped.times.len();
            log.borrow_mut().push(format!("{} {} {covered}-{skipped}", clock.now(), plan.name));
            Ok(())
        };
        let last_slot = async |_: &Plan| Ok(last.map(at));
        let serving = serve(&clock, plans, last_slot, publish, async || Ok(None), &stop);
        let stopping = async {
            clock.sleep_until(at(to)).await;
            asks.send_replace(Urgency::Finish);
        };
        let (ended, ()) = tokio::join!(serving, stopping);
        assert_eq!(ended.unwrap(), Ended::Cleanly);
        log.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn an_edition_is_published_at_its_local_time_on_both_sides_of_a_clock_change() {
        let plans = [plan("daily", "30 3 * * *", "Europe/Kyiv")];
        assert_eq!(
            published("2025-03-28T12:00Z", "2025-04-01T00:00Z", &plans, None).await,
            ["2025-03-29T01:30:00Z daily 1-0", "2025-03-30T01:00:00Z daily 1-0", "2025-03-31T00:30:00Z daily 1-0"]
        );
        assert_eq!(
            published("2025-10-25T12:00Z", "2025-10-28T00:00Z", &plans, None).await,
            ["2025-10-26T00:30:00Z daily 1-0", "2025-10-27T01:30:00Z daily 1-0"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn several_editions_take_turns() {
        let plans = [
            plan("tokyo", "0 7 * * *", "Asia/Tokyo"),
            plan("kyiv", "0 7 * * *", "Europe/Kyiv"),
            plan("also-kyiv", "0 7 * * MON", "Europe/Kyiv"),
            plan("never", "0 7 30 2 *", "UTC"),
        ];
        assert_eq!(
            published("2025-06-01T12:00Z", "2025-06-03T00:00Z", &plans, None).await,
            [
                "2025-06-01T22:00:00Z tokyo 1-0",
                "2025-06-02T04:00:00Z kyiv 1-0",
                "2025-06-02T04:00:00Z also-kyiv 1-0",
                "2025-06-02T22:00:00Z tokyo 1-0",
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn missed_slots_are_caught_up_at_the_start() {
        let plans = [plan("daily", "0 7 * * *", "UTC")];
        assert_eq!(
            published("2025-06-05T09:00Z", "2025-06-06T12:00Z", &plans, Some("2025-06-01T07:00Z")).await,
            ["2025-06-05T09:00:00Z daily 2-2", "2025-06-06T07:00:00Z daily 1-0"]
        );
        // Nothing was missed.
        let none = published("2025-06-05T09:00Z", "2025-06-06T06:00Z", &plans, Some("2025-06-05T07:00Z")).await;
        assert_eq!(none, Vec::<String>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_that_slept_catches_up_when_it_wakes() {
        let clock = Clock::simulated(at("2025-06-01T12:00Z"));
        let Clock::Simulated(simulated) = &clock else { unreachable!() };
        let plans = [plan("daily", "0 7 * * *", "UTC")];
        let log = RefCell::new(Vec::new());
        let (asks, stop) = Stop::controlled();
        let publish = async |_: &Plan, due: &Due| {
            log.borrow_mut().push(due.covered.len());
            Ok(())
        };
        let sleeping = async {
            sleep(Duration::from_mins(1)).await;
            simulated.set_by_seconds(47 * 3600);
            sleep(Duration::from_secs(CLOCK_CHECK_SECONDS + 1)).await;
            assert_eq!(*log.borrow(), [2]);
            // Set back, it does not publish the same slots again.
            simulated.set_by_seconds(-47 * 3600);
            sleep(Duration::from_hours(30)).await;
            assert_eq!(*log.borrow(), [2]);
            asks.send_replace(Urgency::Finish);
        };
        let serving = serve(&clock, &plans, async |_: &Plan| Ok(None), publish, async || Ok(None), &stop);
        assert_eq!(tokio::join!(serving, sleeping).0.unwrap(), Ended::Cleanly);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_edition_is_tried_again_until_it_works() {
        let clock = Clock::simulated(at("2025-06-01T06:00Z"));
        let plans = [plan("daily", "0 7 * * *", "UTC")];
        let log = RefCell::new(Vec::new());
        let (asks, stop) = Stop::controlled();
        let publish = async |_: &Plan, due: &Due| {
            log.borrow_mut().push((clock.now().to_string(), due.slot().unwrap().to_string()));
            anyhow::ensure!(log.borrow().len() > 3, "the store is busy");
            Ok(())
        };
        let stopping = async {
            clock.sleep_until(at("2025-06-02T06:00Z")).await;
            asks.send_replace(Urgency::Finish);
        };
        let serving = serve(&clock, &plans, async |_: &Plan| Ok(None), publish, async || Ok(None), &stop);
        tokio::join!(serving, stopping).0.unwrap();
        let times: Vec<_> = log.borrow().iter().map(|(time, _)| time[11..16].to_owned()).collect();
        assert_eq!(times, ["07:00", "07:01", "07:06", "07:21"]);
        assert!(log.borrow().iter().all(|(_, slot)| slot == "2025-06-01T07:00:00Z"));
    }

    #[tokio::test(start_paused = true)]
    async fn deliveries_are_made_at_the_start_after_every_edition_and_when_due() {
        let clock = Clock::simulated(at("2025-06-01T06:00Z"));
        let plans = [plan("daily", "0 7 * * *", "UTC")];
        let log = RefCell::new(Vec::new());
        let (asks, stop) = Stop::controlled();
        let deliver = async || {
            log.borrow_mut().push(clock.now().to_string()[11..19].to_owned());
            match log.borrow().len() {
                2 => Ok(Some(at("2025-06-01T07:05Z"))),
                // One that is due and cannot be leased must not keep the worker spinning.
                3 => Ok(Some(at("2025-06-01T07:00Z"))),
                4 => anyhow::bail!("the store is busy"),
                _ => Ok(None),
            }
        };
        let stopping = async {
            clock.sleep_until(at("2025-06-01T12:00Z")).await;
            asks.send_replace(Urgency::Finish);
        };
        let publish = async |_: &Plan, _: &Due| Ok(());
        let serving = serve(&clock, &plans, async |_: &Plan| Ok(None), publish, deliver, &stop);
        tokio::join!(serving, stopping).0.unwrap();
        // The second look at seven is the one that finds the edition due, the third is after it.
        assert_eq!(*log.borrow(), ["06:00:00", "07:00:00", "07:00:00", "07:00:01", "07:01:01"]);
    }

    /// Asks to stop at moments after the start of a publication that takes a minute; tells how the loop ended, after
    /// how many seconds, and whether the publication was finished.
    async fn stopped(asked: &[(u64, Urgency)], takes_seconds: u64) -> (Ended, u64, bool) {
        let clock = Clock::simulated(at("2025-06-01T07:00Z"));
        let plans = [plan("daily", "0 7 * * *", "UTC"), plan("other", "0 7 * * *", "UTC")];
        let finished = Cell::new(0);
        let (asks, stop) = Stop::controlled();
        let publish = async |_: &Plan, _: &Due| {
            sleep(Duration::from_secs(takes_seconds)).await;
            finished.set(finished.get() + 1);
            Ok(())
        };
        let start = Instant::now();
        let asking = async {
            for (second, urgency) in asked {
                tokio::time::sleep_until(start + Duration::from_secs(*second)).await;
                asks.send_replace(*urgency);
            }
        };
        let last_slot = async |_: &Plan| Ok(Some(at("2025-05-31T07:00Z")));
        let serving = async {
            let ended = serve(&clock, &plans, last_slot, publish, async || Ok(None), &stop).await.unwrap();
            (ended, start.elapsed().as_secs())
        };
        let ((ended, seconds), ()) = tokio::join!(serving, asking);
        // The second edition is never begun.
        assert!(finished.get() <= 1);
        (ended, seconds, finished.get() == 1)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_is_finished_before_stopping() {
        use Urgency::{Finish, Now};
        assert_eq!(stopped(&[(1, Finish)], 10).await, (Ended::Cleanly, 10, true));
        assert_eq!(stopped(&[(1, Finish)], 60).await, (Ended::InTheMiddle, 1 + FINISH_SECONDS_MAX, false));
        assert_eq!(stopped(&[(1, Finish), (3, Now)], 10).await, (Ended::InTheMiddle, 3, false));
        assert_eq!(stopped(&[(2, Now)], 10).await, (Ended::InTheMiddle, 2, false));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn signals_ask_to_stop_and_then_to_stop_at_once() {
        let stop = Stop::on_signals().unwrap();
        assert!(!stop.is_requested());
        let signal = |name: &str| {
            let status = std::process::Command::new("kill").args([name, &std::process::id().to_string()]).status();
            assert!(status.unwrap().success());
        };
        signal("-TERM");
        stop.at(Urgency::Finish).await;
        assert!(stop.is_requested());
        let unfinished = stop.finish(std::future::pending::<()>());
        signal("-INT");
        assert_eq!(unfinished.await, None);
        stop.at(Urgency::Now).await;
    }
}
