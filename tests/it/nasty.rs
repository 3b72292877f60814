//! Mail servers that are slow, full, lying or worse: what becomes of each recipient, as a table.

use std::time::Duration;

use daybrief::config::{self, Security};
use daybrief::news::delivery::{Delivery, OnUnknown, Outcome, State};
use daybrief::service::mail::{Outgoing, Relay, Smtp, TimeLimits};
use jiff::SignedDuration;

use crate::smtp_server::{CERTIFICATE, Does, Script, SmtpServer};
use crate::store::{address, at};

const MESSAGE: &str = "From: a@daily.example\r\nTo: reader@inbox.example\r\nSubject: x\r\n\r\nText.\r\n";

/// How long the server may take for a reply. Long enough for a busy machine, short enough to wait for.
const LIMIT: Duration = Duration::from_millis(900);
/// So slow that no reply is whole within [`LIMIT`], in milliseconds a byte.
const SLOW: u64 = 100;

fn smtp(server: &SmtpServer, security: Security) -> Smtp {
    let settings = config::Smtp {
        host: "127.0.0.1".to_owned(),
        port: server.address.port(),
        security,
        ca: Some(String::from_utf8(CERTIFICATE.to_vec()).unwrap()),
        ..config::Smtp::default()
    };
    let mut relay = Relay::new(&settings, "daily.example").unwrap();
    relay.limits = TimeLimits { command: LIMIT, content: LIMIT, confirmation: LIMIT, pause: Duration::ZERO };
    Smtp::new(vec![relay])
}

/// Sends one message; what it says, and the state of the delivery after it.
async fn send(smtp: &mut Smtp) -> (Outcome, State) {
    let (from, to) = (address("bounces@daily.example"), address("reader@inbox.example"));
    let outgoing = Outgoing { from: &from, to: &to, message_id: "<1@daily.example>", bytes: MESSAGE.as_bytes() };
    let mut delivery = Delivery::queued(at(0), SignedDuration::from_hours(12)).leased(at(0));
    let mut marked = false;
    let outcome = smtp
        .send(outgoing, async || {
            marked = true;
            true
        })
        .await;
    if marked {
        delivery = delivery.transmitting();
    }
    let state = delivery.concluded(&outcome, at(0), OnUnknown::Resend).state;
    (outcome, state)
}

/// A server with this script: what becomes of the first message and of the next, and how many it took.
#[track_caller]
fn check(name: &str, script: Script, security: Security, expected: (State, State, usize)) -> impl Future<Output = ()> {
    let name = name.to_owned();
    async move {
        let server = SmtpServer::start(script).await;
        let mut smtp = smtp(&server, security);
        let (first, state) = send(&mut smtp).await;
        let (second, next) = send(&mut smtp).await;
        let found = (state, next, server.seen().messages.len());
        assert_eq!(found, expected, "{name}: first {first}; then {second}; {:?}", server.seen().commands);
        assert!(server.seen().messages.iter().all(|message| message == MESSAGE.as_bytes()), "{name}");
    }
}

#[tokio::test]
async fn every_refusal_at_every_stage_with_and_without_pipelining() {
    for extensions in [vec![], vec!["PIPELINING"]] {
        for point in ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "content"] {
            for reply in ["421 4.3.2 closing", "450 4.2.1 busy", "451 4.3.0 later", "552 5.2.2 full", "554 5.7.1 no"] {
                // Until the recipient is named nothing is said about them.
                let about_them = ["RCPT", "DATA", "content"].contains(&point);
                let state = if about_them && reply.starts_with('5') { State::Rejected } else { State::Deferred };
                let instead = vec![(point, Does::Say(reply))];
                let script = Script { extensions: extensions.clone(), instead, ..Script::default() };
                let name = format!("{reply} at {point}, {extensions:?}");
                check(&name, script, Security::None, (state, State::Accepted, 1)).await;
            }
        }
    }
}

#[tokio::test]
async fn slow_servers_are_waited_for_within_limits() {
    for extensions in [vec![], vec!["PIPELINING"]] {
        for point in ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "content"] {
            let script =
                |does| Script { extensions: extensions.clone(), instead: vec![(point, does)], ..Script::default() };
            let in_doubt = if point == "content" { State::Unknown } else { State::Deferred };
            let accepted = (State::Accepted, State::Accepted, 2);
            check(&format!("slow {point}"), script(Does::Wait(200)), Security::None, accepted).await;
            check(&format!("silent {point}"), script(Does::Hang), Security::None, (in_doubt, State::Accepted, 1)).await;
            // The longer replies are not whole in time at this pace, the shorter ones at a tenth of it.
            let pace = if ["greeting", "content"].contains(&point) { SLOW } else { SLOW * 10 };
            let script = script(Does::Drip(pace));
            check(&format!("dripping {point}"), script, Security::None, (in_doubt, State::Accepted, 1)).await;
        }
    }
}

#[tokio::test]
async fn servers_that_go_on_and_on_are_left() {
    for point in ["greeting", "EHLO", "MAIL", "RCPT", "DATA"] {
        let script = Script { instead: vec![(point, Does::Flood)], ..Script::default() };
        check(&format!("flood at {point}"), script, Security::None, (State::Deferred, State::Accepted, 1)).await;
    }
    let script = Script { instead: vec![("content", Does::Flood)], ..Script::default() };
    check("flood after the dot", script, Security::None, (State::Unknown, State::Accepted, 1)).await;
}

#[tokio::test]
async fn servers_that_hang_up_or_lie() {
    for (point, state) in [("greeting", State::Deferred), ("RCPT", State::Deferred), ("content", State::Unknown)] {
        let script = Script { instead: vec![(point, Does::Close)], ..Script::default() };
        check(&format!("hangs up at {point}"), script, Security::None, (state, State::Accepted, 1)).await;
    }
    // It offers to take commands together, and loses all but the first: it is not asked to again.
    let script = Script { extensions: vec!["PIPELINING"], loses_commands: true, ..Script::default() };
    check("loses commands", script, Security::None, (State::Deferred, State::Accepted, 1)).await;
    // What EHLO says is not true, or no answer at all. Whatever it is, a message is sent whole or not, and the next one is.
    let (sent, doubted) = ((State::Accepted, State::Accepted, 2), (State::Deferred, State::Accepted, 1));
    for (answer, expected) in [
        ("250-mail.test.example\r\n250 SIZE 10", sent),
        ("250-mail.test.example\r\n250 SIZE 99999999999999999999999999", sent),
        ("250-mail.test.example\r\n250-AUTH NONSENSE\r\n250 8BITMIME=perhaps", sent),
        ("250-mail.test.example\r\n250 STARTTLS", sent),
        ("250-mail.test.example\r\n220 PIPELINING", doubted),
        ("well, hello", doubted),
        // One answer too many: from there on every reply is the answer to something else.
        ("250 mail.test.example\r\n250 mail.test.example", doubted),
    ] {
        // EHLO is said twice, first by lettre, and either answer may be the lie.
        for truths in 0..2 {
            let truth = ("EHLO", Does::Wait(0));
            let instead = std::iter::repeat_n(truth, truths).chain([("EHLO", Does::Say(answer))]).collect();
            let name = format!("EHLO after {truths} true answers says {answer}");
            check(&name, Script { instead, ..Script::default() }, Security::None, expected).await;
        }
    }
    // lettre takes any 2xx for a yes; the second answer has to be the right one.
    let instead = vec![("EHLO", Does::Say("220 mail.test.example")); 2];
    check("EHLO says 220", Script { instead, ..Script::default() }, Security::None, doubted).await;
    // It offers what it then refuses.
    let script = Script {
        extensions: vec!["PIPELINING", "8BITMIME", "SMTPUTF8"],
        instead: vec![("MAIL", Does::Say("555 5.5.4 unknown parameter"))],
        ..Script::default()
    };
    check("refuses what it offers", script, Security::None, doubted).await;
    for extensions in [vec![], vec!["PIPELINING"]] {
        let instead = vec![("content", Does::Say("250 2.0.0 queued\r\n250 2.0.0 queued"))];
        let script = Script { extensions, instead, ..Script::default() };
        // The next message is not taken for sent by the reply to the last.
        check("two answers to the dot", script, Security::None, (State::Accepted, State::Deferred, 1)).await;
    }
    // TLS that must be, and is not offered; is offered and refused; is offered and is none.
    let never = (State::Deferred, State::Deferred, 0);
    check("no TLS", Script::default(), Security::StartTls, never).await;
    for says in ["454 4.7.0 not now", "554 5.7.1 never"] {
        let instead = vec![("STARTTLS", Does::Say(says)); 2];
        let script = Script { extensions: vec!["STARTTLS"], instead, ..Script::default() };
        check(says, script, Security::StartTls, never).await;
    }
    check("plain where TLS must be", Script::default(), Security::Tls, never).await;
}
