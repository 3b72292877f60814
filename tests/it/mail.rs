//! What the mailer makes of a mail server's behaviour, good and bad.

use std::{path::Path, time::Duration};

use daybrief::{
    config::{self, Security},
    news::delivery::{Outcome, Stage},
    service::mail::{Mailer, Outgoing, Relay, Smtp, TimeLimits},
};
use lettre::Address;

use crate::{
    smtp_server::{CERTIFICATE, Does, Script, SmtpServer},
    testbed::Testbed,
};

const MESSAGE: &str = "From: a@daily.example\r\nTo: reader@inbox.example\r\nSubject: x\r\n\r\nText.\r\n";

/// Long enough for a busy machine, short enough to wait for.
const LIMIT: Duration = Duration::from_millis(400);

fn settings(port: u16, security: Security) -> config::Smtp {
    config::Smtp { host: "127.0.0.1".to_owned(), port, security, timeout: LIMIT, ..config::Smtp::default() }
}

fn with_password(settings: config::Smtp) -> config::Smtp {
    let login = config::Login { user: "daybrief".to_owned(), password: config::Secret::new("hunter2") };
    config::Smtp { login: Some(login), ..settings }
}

fn connect(settings: &config::Smtp) -> Smtp {
    let ca = Some(String::from_utf8(CERTIFICATE.to_vec()).unwrap());
    let mut relay = Relay::new(&config::Smtp { ca, ..settings.clone() }, "daily.example").unwrap();
    relay.limits = TimeLimits { command: LIMIT, content: LIMIT, confirmation: LIMIT, pause: Duration::ZERO };
    Smtp::new(vec![relay])
}

fn smtp(server: &SmtpServer) -> Smtp {
    connect(&settings(server.address.port(), Security::None))
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

async fn send(smtp: &mut Smtp, bytes: &[u8]) -> Outcome {
    let (from, to) = (address("bounces@daily.example"), address("reader@inbox.example"));
    smtp.send(Outgoing { from: &from, to: &to, message_id: "<1@daily.example>", bytes }, async || true).await
}

async fn send_text(smtp: &mut Smtp) -> Outcome {
    send(smtp, MESSAGE.as_bytes()).await
}

/// One message to a server that does something else at one point; then another one, which must arrive.
async fn after(point: &'static str, does: Does) -> (Outcome, SmtpServer) {
    let server = SmtpServer::start(Script { instead: vec![(point, does)], ..Script::default() }).await;
    let mut smtp = smtp(&server);
    let outcome = send_text(&mut smtp).await;
    let next = send_text(&mut smtp).await;
    assert!(matches!(next, Outcome::Accepted { .. }), "after {point} {does:?}, the next message: {next}");
    let arrived = usize::from(matches!(outcome, Outcome::Accepted { .. })) + 1;
    assert_eq!(server.seen().messages.len(), arrived, "after {point} {does:?}");
    (outcome, server)
}

#[tokio::test]
async fn many_messages_go_over_one_connection() {
    let server = SmtpServer::start(Script::default()).await;
    let mut mailer = Mailer::Smtp(smtp(&server));
    let (from, to) = (address("bounces@daily.example"), address("reader@inbox.example"));
    for _ in 0..3 {
        let message = Outgoing { from: &from, to: &to, message_id: "<1@daily.example>", bytes: MESSAGE.as_bytes() };
        match mailer.send(message, async || true).await {
            Outcome::Accepted { reply } => assert_eq!(reply.to_string(), "250 2.0.0 queued as 4711"),
            other => panic!("{other}"),
        }
    }
    mailer.close().await;
    let seen = server.seen();
    assert_eq!(seen.connections, 1);
    assert!(seen.messages.iter().all(|message| message == MESSAGE.as_bytes()));
    let transaction = ["MAIL", "RCPT", "DATA"];
    // The second one is for what lettre does not keep of the first.
    let expected = [&["EHLO", "EHLO"][..], &transaction, &transaction, &transaction, &["QUIT"]].concat();
    assert_eq!(server.verbs(), expected);
}

#[tokio::test]
async fn a_connection_is_left_after_a_hundred_messages() {
    let server = SmtpServer::start(Script::default()).await;
    let mut smtp = smtp(&server);
    for _ in 0..=100 {
        send_text(&mut smtp).await;
    }
    assert_eq!((server.seen().connections, server.seen().messages.len()), (2, 101));
}

#[tokio::test]
async fn refusals_before_the_recipient_are_not_about_the_recipient() {
    for (point, reply, stage) in [
        ("greeting", "421 4.3.2 shutting down", Stage::Greeting),
        ("greeting", "554 5.7.1 your address is blocked", Stage::Greeting),
        ("EHLO", "550 5.7.1 who are you", Stage::Greeting),
        ("MAIL", "550 5.7.1 sender refused", Stage::Sender),
        ("MAIL", "452 4.3.1 no space", Stage::Sender),
    ] {
        match after(point, Does::Say(reply)).await.0 {
            Outcome::NotSent { stage: found, reason } => {
                assert_eq!(found, stage, "{reply}");
                assert!(reason.contains(reply), "{reason}");
            }
            other => panic!("{reply}: {other}"),
        }
    }
}

#[tokio::test]
async fn refusals_of_recipient_and_message_are_told_apart() {
    for (point, reply, stage) in [
        ("RCPT", "450 4.2.1 mailbox busy", Stage::Recipient),
        ("RCPT", "550 5.1.1 no such user", Stage::Recipient),
        ("DATA", "451 4.3.0 later", Stage::Data),
        ("DATA", "554 5.5.1 no valid recipients", Stage::Data),
        ("content", "452 4.3.1 no space", Stage::Confirmation),
        ("content", "552 5.3.4 too big", Stage::Confirmation),
        ("content", "554 5.7.1 looks like spam", Stage::Confirmation),
    ] {
        let (outcome, server) = after(point, Does::Say(reply)).await;
        let ((Outcome::Deferred { stage: found, reply: said }, b'4')
        | (Outcome::Rejected { stage: found, reply: said }, b'5')) = (&outcome, reply.as_bytes()[0])
        else {
            panic!("{reply}: {outcome}")
        };
        assert_eq!((*found, &*said.to_string()), (stage, reply));
        assert_eq!(server.seen().connections, 1, "a refusal does not cost the connection");
        assert_eq!(server.verbs().contains(&"RSET".to_owned()), point != "content");
    }
}

#[tokio::test]
async fn a_reply_does_not_tell_the_address() {
    let said = Does::Say("550 5.1.1 <reader@inbox.example>: no such user");
    let (outcome, _) = after("RCPT", said).await;
    assert!(outcome.to_string().ends_with("550 5.1.1 <r…@inbox.example>: no such user"), "{outcome}");
}

#[tokio::test]
async fn silence_and_hanging_up_before_the_dot_are_certainly_no_delivery() {
    for does in [Does::Hang, Does::Close] {
        for (point, stage) in [
            ("greeting", Stage::Greeting),
            ("EHLO", Stage::Greeting),
            ("MAIL", Stage::Sender),
            ("RCPT", Stage::Recipient),
            ("DATA", Stage::Data),
        ] {
            match after(point, does).await.0 {
                Outcome::NotSent { stage: found, .. } => assert_eq!(found, stage),
                other => panic!("{point} {does:?}: {other}"),
            }
        }
    }
}

#[tokio::test]
async fn silence_and_hanging_up_after_the_dot_leave_it_open() {
    for does in [Does::Hang, Does::Close] {
        let (outcome, server) = after("content", does).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{does:?}: {outcome}");
        assert_eq!(server.seen().connections, 2);
    }
}

#[tokio::test]
async fn a_reply_out_of_turn_is_not_a_yes() {
    let (outcome, _) = after("DATA", Does::Say("250 2.0.0 ok")).await;
    assert!(matches!(outcome, Outcome::NotSent { stage: Stage::Data, .. }), "{outcome}");
    let (outcome, _) = after("content", Does::Say("354 go on")).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome}");
}

#[tokio::test]
async fn a_server_that_never_takes_the_content_gets_no_dot() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
        let (socket, _) = listener.accept().await.unwrap();
        let mut stream = tokio::io::BufReader::new(socket);
        stream.write_all(b"220 x\r\n").await.unwrap();
        for reply in ["250 x\r\n", "250 x\r\n", "250 x\r\n", "250 x\r\n", "354 x\r\n"] {
            stream.read_line(&mut String::new()).await.unwrap();
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    // More than the kernel's buffers hold.
    let line = format!("{}\r\n", "x".repeat(900));
    let outcome = send(&mut connect(&settings(port, Security::None)), line.repeat(20_000).as_bytes()).await;
    assert!(matches!(outcome, Outcome::NotSent { stage: Stage::Content, .. }), "{outcome}");
    server.abort();
}

#[tokio::test]
async fn nobody_listens() {
    let server = SmtpServer::start(Script::default()).await;
    let mut smtp = smtp(&server);
    drop(server);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let outcome = send_text(&mut smtp).await;
    assert!(matches!(outcome, Outcome::NotSent { stage: Stage::Connecting, .. }), "{outcome}");
    let error = smtp.check().await.unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:") && error.contains("check the host and the port"), "{error}");
}

#[tokio::test]
async fn a_dead_server_holds_up_one_message_and_not_each() {
    let instead = vec![("greeting", Does::Hang), ("greeting", Does::Hang)];
    let server = SmtpServer::start(Script { instead, ..Script::default() }).await;
    let mut relay = Relay::new(&settings(server.address.port(), Security::None), "daily.example").unwrap();
    relay.limits.pause = LIMIT;
    let mut smtp = Smtp::new(vec![relay]);
    let outcomes = [send_text(&mut smtp).await, send_text(&mut smtp).await, send_text(&mut smtp).await];
    assert!(matches!(outcomes[0], Outcome::NotSent { stage: Stage::Greeting, .. }), "{}", outcomes[0]);
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]));
    assert_eq!(server.seen().connections, 1);
    tokio::time::sleep(LIMIT).await;
    send_text(&mut smtp).await;
    assert_eq!(server.seen().connections, 2);
    assert!(smtp.lane().check().await.is_ok());
}

#[tokio::test]
async fn a_parked_connection_that_was_closed_is_replaced() {
    let closed = vec![("MAIL", Does::Say("250 ok")), ("MAIL", Does::Say("421 4.4.2 idle too long"))];
    let server = SmtpServer::start(Script { instead: closed, ..Script::default() }).await;
    let mut smtp = smtp(&server);
    for _ in 0..2 {
        let outcome = send_text(&mut smtp).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome}");
    }
    assert_eq!(server.seen().connections, 2);
}

#[tokio::test]
async fn without_a_go_ahead_nothing_is_sent() {
    let server = SmtpServer::start(Script::default()).await;
    let (from, to) = (address("bounces@daily.example"), address("reader@inbox.example"));
    let message = Outgoing { from: &from, to: &to, message_id: "<1@daily.example>", bytes: MESSAGE.as_bytes() };
    let mut smtp = smtp(&server);
    let outcome = smtp.send(message, async || false).await;
    assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome}");
    assert!(server.seen().messages.is_empty());
    assert!(matches!(send_text(&mut smtp).await, Outcome::Accepted { .. }));
    assert_eq!(server.seen().messages.len(), 1);
}

#[tokio::test]
async fn the_content_arrives_byte_for_byte() {
    let server = SmtpServer::start(Script { extensions: vec!["8BITMIME"], ..Script::default() }).await;
    let mut smtp = smtp(&server);
    let long = "y".repeat(998);
    for text in
        [".\r\n..\r\n.dot\r\nx.\r\n", "Суми — 101 поранений\r\n", &format!("{long}\r\n"), "ends\r\n.\r\n", "\r\n\r\n"]
    {
        let message = format!("Subject: x\r\n\r\n{text}");
        let outcome = send(&mut smtp, message.as_bytes()).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{text:?}: {outcome}");
        let arrived = server.seen().messages.pop().unwrap();
        assert_eq!(String::from_utf8(arrived).unwrap(), message);
    }
    assert_eq!(server.seen().commands.iter().filter(|line| line.ends_with("BODY=8BITMIME")).count(), 1);
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_tried() {
    let server = SmtpServer::start(Script::default()).await;
    let mut smtp = smtp(&server);
    for (text, reason) in [("Суми\r\n", "8BITMIME"), (&*format!("{}\r\n", "y".repeat(999)), "a line of 999 bytes")]
    {
        match send(&mut smtp, format!("Subject: x\r\n\r\n{text}").as_bytes()).await {
            Outcome::Unsendable { reason: found } => assert!(found.contains(reason), "{found}"),
            other => panic!("{other}"),
        }
    }
    assert!(!server.verbs().contains(&"MAIL".to_owned()));
    assert!(matches!(send_text(&mut smtp).await, Outcome::Accepted { .. }));
}

#[tokio::test]
async fn starttls_is_used_or_nothing_is_sent() {
    let script = Script { extensions: vec!["STARTTLS", "AUTH PLAIN LOGIN"], ..Script::default() };
    let server = SmtpServer::start(script).await;
    let mut smtp = connect(&with_password(settings(server.address.port(), Security::StartTls)));
    let outcome = send_text(&mut smtp).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome}");
    let login = smtp.check().await.unwrap().remove(0);
    assert_eq!((&*login.server, login.encrypted, login.authenticated), ("mail.test.example", true, true));
    assert_eq!(server.verbs()[..6], ["EHLO", "STARTTLS", "EHLO", "AUTH", "EHLO", "MAIL"]);

    let server = SmtpServer::start(Script::default()).await;
    let mut smtp = connect(&settings(server.address.port(), Security::StartTls));
    let outcome = send_text(&mut smtp).await;
    assert!(matches!(&outcome, Outcome::NotSent { stage: Stage::Encrypting, .. }), "{outcome}");
    assert_eq!(server.verbs(), ["EHLO", "QUIT"]);
    let error = smtp.check().await.unwrap_err().to_string();
    assert!(error.contains("does not offer STARTTLS on this port; check the port"), "{error}");
}

/// What an attacker adds to the last plain reply is read as the first encrypted one, by lettre's buffer; every reply is
/// then taken for that to the next command, and the message for taken when it was only announced.
#[tokio::test]
async fn replies_slipped_in_before_tls_do_not_pass_for_acceptance() {
    let slipped = "220 2.0.0 ready\r\n250 mail.test.example";
    let instead = vec![("STARTTLS", Does::Say(slipped))];
    let server = SmtpServer::start(Script { extensions: vec!["STARTTLS"], instead, ..Script::default() }).await;
    let mut smtp = connect(&settings(server.address.port(), Security::StartTls));
    let outcome = send_text(&mut smtp).await;
    assert!(matches!(outcome, Outcome::NotSent { stage: Stage::Data, .. }), "{outcome}");
    assert!(server.seen().messages.is_empty());
}

#[tokio::test]
async fn tls_from_the_first_byte() {
    let script = Script { extensions: vec!["AUTH LOGIN PLAIN"], tls: true, ..Script::default() };
    let server = SmtpServer::start(script).await;
    let mut smtp = connect(&settings(server.address.port(), Security::Tls));
    for _ in 0..2 {
        let outcome = send_text(&mut smtp).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome}");
    }
    assert_eq!(server.seen().connections, 1);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    for (security, tls) in [(Security::Tls, true), (Security::StartTls, false)] {
        let server = SmtpServer::start(Script { extensions: vec!["STARTTLS"], tls, ..Script::default() }).await;
        let port = server.address.port();
        let relay = Relay::new(&settings(port, security), "daily.example").unwrap();
        let outcome = send_text(&mut Smtp::new(vec![relay])).await;
        assert!(matches!(&outcome, Outcome::NotSent { stage: Stage::Encrypting, .. }), "{outcome}");
        assert!(!server.verbs().contains(&"MAIL".to_owned()));
    }
}

#[tokio::test]
async fn a_refused_login_says_so_without_the_password() {
    let script = Script {
        extensions: vec!["AUTH PLAIN"],
        instead: vec![
            ("AUTH", Does::Say("535 5.7.8 bad credentials")),
            ("AUTH", Does::Say("535 5.7.8 bad credentials")),
        ],
        ..Script::default()
    };
    let server = SmtpServer::start(script).await;
    let mut smtp = connect(&with_password(settings(server.address.port(), Security::None)));
    let error = smtp.check().await.unwrap_err().to_string();
    assert!(error.contains("535 5.7.8 bad credentials; check the user name and the password"), "{error}");
    let outcome = send_text(&mut smtp).await;
    assert!(matches!(&outcome, Outcome::NotSent { stage: Stage::LoggingIn, .. }), "{outcome}");
    assert!(!format!("{error} {outcome:?}").contains("hunter2"));
    assert!(matches!(send_text(&mut smtp).await, Outcome::Accepted { .. }));
}

#[tokio::test]
async fn a_directory_takes_messages() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("out");
    let mut mailer = Mailer::Directory(directory.clone());
    let (from, to) = (address("bounces@daily.example"), address("reader@inbox.example"));
    let message = Outgoing { from: &from, to: &to, message_id: "<1/../2@daily.example>", bytes: MESSAGE.as_bytes() };
    for _ in 0..2 {
        let outcome = mailer.send(message, async || true).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome}");
    }
    assert!(matches!(mailer.send(message, async || false).await, Outcome::NotSent { .. }));
    let names = |path: &Path| -> Vec<_> {
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names(&directory), ["1_.._2@daily.example.eml"]);
    assert_eq!(std::fs::read(directory.join("1_.._2@daily.example.eml")).unwrap(), MESSAGE.as_bytes());

    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(mailer.check().await.unwrap().contains("out"));
    let error = Mailer::Directory(folder.path().join("file")).check().await.unwrap_err().to_string();
    assert!(error.contains("check that it is a directory"), "{error}");
    let outcome = Mailer::Directory(folder.path().join("file")).send(message, async || true).await;
    assert!(matches!(&outcome, Outcome::NotSent { stage: Stage::Content, .. }), "{outcome}");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_servers_take_refuse_and_deliver() {
    let Some(testbed) = tokio::task::spawn_blocking(Testbed::get).await.unwrap() else { return };
    let real = config::Smtp { timeout: Duration::from_secs(30), ..settings(crate::testbed::SMTP.1, Security::None) };
    let mut smtp = Smtp::new(vec![Relay::new(&real, "daily.example").unwrap()]);
    let login = smtp.check().await.unwrap().remove(0);
    assert_eq!(login.server, "mx.test.example");

    let from = address("bounces@daily.example");
    let user = format!("mail-test-{}", std::process::id());
    let text = format!("{}\r\n.\r\n.two\r\nСуми\r\n", "z".repeat(998));
    let message = format!("Message-ID: <{user}@daily.example>\r\nSubject: real\r\n\r\n{text}");
    let bytes = message.as_bytes();
    let mut outcomes = Vec::new();
    for to in [&*user, "reject5", "temp4", &*user] {
        let to = address(&format!("{to}@inbox.example"));
        outcomes.push(smtp.send(Outgoing { from: &from, to: &to, message_id: "<x>", bytes }, async || true).await);
    }
    smtp.close().await;
    assert!(
        matches!(
            &outcomes[..],
            [
                Outcome::Accepted { .. },
                Outcome::Rejected { stage: Stage::Recipient, .. },
                Outcome::Deferred { stage: Stage::Recipient, .. },
                Outcome::Accepted { .. },
            ]
        ),
        "{outcomes:#?}"
    );
    let mailbox = tokio::task::spawn_blocking(move || (testbed.wait_for_mail(&user, 2), testbed)).await.unwrap().0;
    assert_eq!(mailbox.len(), 2);
    assert!(mailbox.iter().all(|arrived| arrived.ends_with(&text)), "{mailbox:#?}");
}
