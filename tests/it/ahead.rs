//! The next message is announced with the final dot of this one: what that saves, and what it must never do.

use std::time::Duration;

use daybrief::config::{self, Security};
use daybrief::news::delivery::Outcome;
use daybrief::service::mail::{Outgoing, Relay, Smtp, TimeLimits};
use lettre::Address;

use crate::smtp_server::{Does, Script, SmtpServer};

/// Long enough for a busy machine, short enough to wait for.
const LIMIT: Duration = Duration::from_millis(900);

fn smtp(server: &SmtpServer) -> Smtp {
    let settings = config::Smtp {
        host: "127.0.0.1".to_owned(),
        port: server.address.port(),
        security: Security::None,
        ..config::Smtp::default()
    };
    let mut relay = Relay::new(&settings, "daily.example").unwrap();
    relay.limits = TimeLimits { command: LIMIT, content: LIMIT, confirmation: LIMIT, pause: Duration::ZERO };
    Smtp::new(vec![relay])
}

fn text(nth: usize) -> String {
    format!("From: a@daily.example\r\nTo: reader{nth}@inbox.example\r\nSubject: {nth}\r\n\r\nText.\r\n")
}

/// Sends message `nth`, and announces `next` with it.
async fn send(smtp: &mut Smtp, nth: usize, next: Option<usize>) -> Outcome {
    let from: Address = "bounces@daily.example".parse().unwrap();
    let to = |nth: usize| -> Address { format!("reader{nth}@inbox.example").parse().unwrap() };
    let (this_to, this_text, next) = (to(nth), text(nth), next.map(|next| (to(next), text(next))));
    let this = Outgoing { from: &from, to: &this_to, message_id: "<x>", bytes: this_text.as_bytes() };
    let next = next.as_ref().map(|(to, text)| Outgoing { to, bytes: text.as_bytes(), ..this });
    smtp.send_before(next, this, async || true).await
}

/// Three messages, each announced with the one before it: which were accepted, and the server.
async fn three(script: Script) -> (Vec<bool>, SmtpServer) {
    let server = SmtpServer::start(script).await;
    let mut smtp = smtp(&server);
    let mut accepted = Vec::new();
    for nth in 0..3 {
        let outcome = send(&mut smtp, nth, (nth < 2).then_some(nth + 1)).await;
        accepted.push(matches!(outcome, Outcome::Accepted { .. }));
    }
    smtp.close().await;
    (accepted, server)
}

fn pipelining() -> Script {
    Script { extensions: vec!["PIPELINING"], ..Script::default() }
}

#[tokio::test]
async fn messages_follow_each_other_over_one_connection() {
    let (accepted, server) = three(pipelining()).await;
    assert_eq!(accepted, [true; 3]);
    let seen = server.seen();
    assert_eq!(seen.messages, (0..3).map(|nth| text(nth).into_bytes()).collect::<Vec<_>>());
    assert_eq!(seen.connections, 1);
    let rounds = ["MAIL", "RCPT", "DATA"].repeat(3);
    assert_eq!(server.verbs()[..2], ["EHLO", "EHLO"]);
    assert_eq!(server.verbs()[2..], [&rounds[..], &["QUIT"]].concat());
}

#[tokio::test]
async fn a_server_that_takes_one_command_at_a_time_is_not_told_ahead() {
    let (accepted, server) = three(Script::default()).await;
    assert_eq!((accepted, server.seen().connections), (vec![true; 3], 1));
}

#[tokio::test]
async fn another_message_than_the_announced_goes_over_another_connection() {
    let server = SmtpServer::start(pipelining()).await;
    let mut smtp = smtp(&server);
    assert!(matches!(send(&mut smtp, 0, Some(1)).await, Outcome::Accepted { .. }));
    assert!(matches!(send(&mut smtp, 2, None).await, Outcome::Accepted { .. }));
    smtp.close().await;
    let seen = server.seen();
    // Nobody got what was announced and not sent.
    assert_eq!(seen.messages, [text(0).into_bytes(), text(2).into_bytes()]);
    assert_eq!(seen.connections, 2);
}

#[tokio::test]
async fn an_announcement_that_is_lost_costs_one_wait_and_no_message() {
    let (accepted, server) = three(Script { loses_next: true, ..pipelining() }).await;
    let seen = server.seen();
    assert_eq!((accepted, seen.messages.len(), seen.connections), (vec![true; 3], 3, 2));
}

/// Whatever the server says to one of them at any stage, each message is accepted exactly if the server took it.
#[tokio::test]
async fn what_is_said_to_one_message_is_not_taken_for_another() {
    let check = async |point: &'static str, does: Does, before: usize| {
        let mut instead = vec![(point, Does::Wait(0)); before];
        instead.push((point, does));
        let (accepted, server) = three(Script { instead, ..pipelining() }).await;
        let taken = server.seen().messages;
        for (nth, accepted) in accepted.iter().enumerate() {
            let was_taken = taken.contains(&text(nth).into_bytes());
            assert_eq!(*accepted, was_taken, "message {nth}, {point} {does:?} after {before}");
        }
    };
    let mut checks = Vec::new();
    for point in ["MAIL", "RCPT", "DATA", "content"] {
        for reply in ["421 4.3.2 closing", "450 4.2.1 later", "554 5.7.1 no", "250 out of turn"] {
            checks.extend((0..3).map(|before| check(point, Does::Say(reply), before)));
        }
        for does in [Does::Close, Does::Hang] {
            checks.extend((0..3).map(|before| check(point, does, before)));
        }
    }
    futures_util::future::join_all(checks).await;
}
