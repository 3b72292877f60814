//! Proof of life: a watcher elsewhere is told after every edition how it fared, over real HTTP, by the real program.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use daybrief::service::worker::Clock;
use jiff::SignedDuration;

use crate::desk::missed;
use crate::world::{Answer, Running, Web, World};

/// More than what the program may take, its tries and pauses included.
const WAIT_SECONDS_MAX: u32 = 60;
/// In the watcher's address; never in a log.
const SECRET: &str = "hunter2-life";

/// `daybrief serve` with its log in a file; ends when dropped.
struct Serving {
    world: World,
    _child: Running,
}

impl Serving {
    /// With an edition that was due some minutes ago; `mail` is how messages leave.
    fn start(watcher: &str, mail: &str, minutes_ago: i64) -> Self {
        let config = format!(
            "[web]\nlisten = \"off\"\n[proof_of_life]\nurl = \"{watcher}/{SECRET}\"\n[mail]\n\
             from = \"Daily <daily@daily.example>\"\n{mail}\n"
        );
        let world = missed(&config, Clock::System.now() - SignedDuration::from_mins(minutes_ago));
        let log = File::create(world.path().join("log")).unwrap();
        let child = world.command(&["serve"]).stdin(Stdio::null()).stderr(log).spawn().unwrap();
        Self { world, _child: Running(child) }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.world.path().join("log")).unwrap()
    }

    #[track_caller]
    fn wait(&self, ready: impl Fn() -> bool) {
        for _ in 0..WAIT_SECONDS_MAX * 10 {
            if ready() {
                assert!(!self.log().contains(SECRET), "{}", self.log());
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("it did not happen: {}", self.log());
    }
}

fn watcher() -> Web {
    let web = Web::start();
    for path in [format!("/{SECRET}"), format!("/{SECRET}/fail")] {
        web.put(&path, Answer::html("OK"));
    }
    web
}

/// How often it heard of well, and of failures.
fn heard(web: &Web) -> (usize, usize) {
    (web.times_asked(&format!("/{SECRET}")), web.times_asked(&format!("/{SECRET}/fail")))
}

#[test]
fn an_edition_that_was_delivered_is_proof_of_life() {
    let web = watcher();
    let serving = Serving::start(&web.url(""), "", 2);
    serving.wait(|| heard(&web) != (0, 0));
    assert_eq!(heard(&web), (1, 0));
    let outbox = std::fs::read_dir(serving.world.path().join("outbox")).unwrap();
    assert_eq!(outbox.count(), 1, "it was delivered before");
}

#[test]
fn an_edition_that_is_late_is_told_and_then_that_it_was_delivered() {
    let web = watcher();
    let serving = Serving::start(&web.url(""), "", 120);
    serving.wait(|| heard(&web).0 > 0);
    assert_eq!(heard(&web), (1, 1));
}

#[test]
fn an_edition_that_reaches_nobody_is_told() {
    let web = watcher();
    // Nobody listens there.
    let mail = "transport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = 9";
    let serving = Serving::start(&web.url(""), mail, 2);
    serving.wait(|| heard(&web) != (0, 0));
    assert_eq!(heard(&web), (0, 1));
}

#[test]
fn a_watcher_that_does_not_answer_is_asked_three_times_and_not_named_in_the_log() {
    let web = watcher();
    web.put(&format!("/{SECRET}"), Answer::Status(503));
    let serving = Serving::start(&web.url(""), "", 2);
    serving.wait(|| serving.log().matches("the proof of life was not taken: the answer was 503").count() == 3);
    assert_eq!(heard(&web), (3, 0));
    // Nor when nobody is there.
    let serving = Serving::start("http://127.0.0.1:9", "", 2);
    serving.wait(|| serving.log().matches("the proof of life was not taken").count() == 3);
}
