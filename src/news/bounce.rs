//! What comes back: delivery reports (RFC 3464), complaints (RFC 5965) and letters that say "unsubscribe" → what they mean
//! for a subscriber.

use mail_parser::{MessageParser, MimeHeaders as _};
use serde::{Deserialize, Serialize};

use super::delivery::Reply;
use super::token::BOUNCE_CHARS;

/// Points from which on a subscriber is not written to any more, gathered over [`POINTS_DAYS`] days. One report of an
/// address that does not exist is enough; of a full mailbox or a filter's mood three days in a row are.
pub const POINTS_MAX: u32 = 3;
pub const POINTS_DAYS: i64 = 30;

/// How much of a report's own words is kept.
const SAID_CHARS_MAX: usize = 300;

/// What a report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The address does not exist, or does not any more.
    Hard,
    /// Not delivered this time: mailbox full, message filtered, server away too long.
    Soft,
    /// Not delivered yet.
    Delayed,
    /// The reader says that it is spam.
    Complaint,
    /// The reader wants no more of this edition.
    Unsubscribe,
}

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub kind: Kind,
    /// Enhanced status code, RFC 3463: "5.1.1".
    pub status: Option<String>,
    /// Its own words, on one line.
    pub said: String,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
            Self::Delayed => "delayed",
            Self::Complaint => "complaint",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// What it counts towards [`POINTS_MAX`].
    pub fn points(self) -> u32 {
        match self {
            Self::Hard | Self::Complaint => POINTS_MAX,
            Self::Soft => 1,
            Self::Delayed | Self::Unsubscribe => 0,
        }
    }
}

/// Reads a message that came to the address for bounces. `None` if it is none of these: a vacation notice, spam.
pub fn read(message: &[u8]) -> Option<Report> {
    let parsed = MessageParser::default().parse(message)?;
    for part in &parsed.parts {
        let Some(kind) = part.content_type() else { continue };
        let is = |subtype: &str| {
            kind.ctype().eq_ignore_ascii_case("message")
                && kind.subtype().is_some_and(|found| found.eq_ignore_ascii_case(subtype))
        };
        if is("delivery-status") || is("global-delivery-status") {
            return delivery_status(&String::from_utf8_lossy(part.contents()));
        }
        if is("feedback-report") {
            return complaint(&String::from_utf8_lossy(part.contents()));
        }
    }
    let subject = parsed.subject().unwrap_or_default().trim();
    let by_hand = parsed.header("Auto-Submitted").is_none_or(|value| value.as_text() == Some("no"));
    (by_hand && subject.eq_ignore_ascii_case("unsubscribe")).then(|| Report {
        kind: Kind::Unsubscribe,
        status: None,
        said: "asked by mail".to_owned(),
    })
}

/// What an answer to RCPT TO says of the address: the same, without the way round by a report.
pub fn judge(reply: &Reply) -> Report {
    let status = reply.text.split_whitespace().find(|word| is_status(word)).map(str::to_owned);
    // Without a status code it may as well be our server that refuses to pass anything on.
    let kind = if reply.code >= 500 && status.is_some() { failed(status.as_deref()) } else { Kind::Soft };
    Report { kind, status, said: one_line(&reply.to_string()) }
}

/// The marks of envelope senders ([`super::token::Key::bounce`]) that a message names: in its own address, in the headers of
/// the message that it reports on. `local` is the part of our address for bounces before the `@`.
pub fn marks(message: &[u8], local: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(message).to_ascii_lowercase();
    let before = format!("{}+", local.to_ascii_lowercase());
    let mut found: Vec<String> = Vec::new();
    for (at, _) in text.match_indices(&before) {
        let rest = &text[at + before.len()..];
        let Some(mark) = rest.get(..BOUNCE_CHARS) else { continue };
        if mark.bytes().all(|byte| byte.is_ascii_hexdigit()) && !found.iter().any(|known| known == mark) {
            found.push(mark.to_owned());
        }
    }
    found
}

/// The groups of fields of a report: one about the message, then one for each recipient.
fn delivery_status(text: &str) -> Option<Report> {
    let text = text.replace("\r\n", "\n");
    text.split("\n\n").find_map(|group| {
        let action = field(group, "Action")?;
        let status = field(group, "Status").map(|status| status.split(' ').next().unwrap_or_default().to_owned());
        let status = status.filter(|status| is_status(status));
        let kind = match &*action.to_ascii_lowercase() {
            "failed" => failed(status.as_deref()),
            "delayed" => Kind::Delayed,
            // Delivered, relayed, expanded: nothing went wrong.
            _ => return None,
        };
        let said = field(group, "Diagnostic-Code").or_else(|| status.clone()).unwrap_or(action);
        Some(Report { kind, status, said: one_line(&said) })
    })
}

fn complaint(text: &str) -> Option<Report> {
    let said = field(text, "Feedback-Type")?;
    let kind = match &*said.to_ascii_lowercase() {
        "not-spam" => return None,
        "opt-out" | "opt-out-list" => Kind::Unsubscribe,
        _ => Kind::Complaint,
    };
    Some(Report { kind, status: None, said: one_line(&said) })
}

/// RFC 3463: 5.1.x speaks of the address; 5.2.1 of a mailbox that is switched off; 5.0.0 says nothing more than failure.
/// The others speak of the mailbox's size, the message or our reputation, which may be better tomorrow.
fn failed(status: Option<&str>) -> Kind {
    match status {
        Some(status) if status.starts_with("5.1.") || status == "5.2.1" || status == "5.0.0" => Kind::Hard,
        None => Kind::Hard,
        Some(_) => Kind::Soft,
    }
}

fn is_status(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 3
        && matches!(parts[0], "2" | "4" | "5")
        && parts.iter().all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A field's value, with its folded lines.
fn field(group: &str, name: &str) -> Option<String> {
    let mut lines = group
        .lines()
        .skip_while(|line| !line.split_once(':').is_some_and(|(found, _)| found.trim().eq_ignore_ascii_case(name)));
    let mut value = lines.next()?.split_once(':')?.1.trim().to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push(' ');
        value.push_str(line.trim());
    }
    (!value.is_empty()).then_some(value)
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn report(kind: &str, fields: &str) -> String {
        format!(
            "From: mailer-daemon@mx.example\r\nTo: bounces+x@daily.example\r\nSubject: Undelivered\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
             Sorry.\r\n--b\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n--b--\r\n"
        )
    }

    #[track_caller]
    fn check(message: &str, expected: Option<(Kind, Option<&str>)>) {
        let found = read(message.as_bytes());
        assert_eq!(found.as_ref().map(|report| (report.kind, report.status.as_deref())), expected, "{found:?}");
    }

    #[test]
    fn delivery_reports_are_weighed() {
        let status = |action: &str, status: &str| {
            report(
                "delivery-status",
                &format!(
                    "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: {action}\r\n\
                     Status: {status}\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n  no such user\r\n"
                ),
            )
        };
        check(&status("failed", "5.1.1"), Some((Kind::Hard, Some("5.1.1"))));
        check(&status("Failed", "5.2.2 (mailbox full)"), Some((Kind::Soft, Some("5.2.2"))));
        check(&status("failed", "4.4.7"), Some((Kind::Soft, Some("4.4.7"))));
        check(&status("failed", "5.7.1"), Some((Kind::Soft, Some("5.7.1"))));
        check(&status("delayed", "4.4.1"), Some((Kind::Delayed, Some("4.4.1"))));
        check(&status("delivered", "2.0.0"), None);
        assert_eq!(read(status("failed", "5.1.1").as_bytes()).unwrap().said, "smtp; 550 5.1.1 no such user");
    }

    #[test]
    fn complaints_and_letters_are_understood() {
        check(&report("feedback-report", "Feedback-Type: abuse\r\nVersion: 1\r\n"), Some((Kind::Complaint, None)));
        check(&report("feedback-report", "Feedback-Type: not-spam\r\n"), None);
        check("From: a@b.example\r\nSubject: Unsubscribe \r\n\r\n", Some((Kind::Unsubscribe, None)));
        check("From: a@b.example\r\nAuto-Submitted: auto-replied\r\nSubject: unsubscribe\r\n\r\n", None);
        check("From: a@b.example\r\nSubject: Out of office: unsubscribe\r\n\r\nI am away.", None);
    }

    #[test]
    fn an_answer_at_the_door_is_weighed_alike() {
        let judged = |code, text: &str| judge(&Reply { code, text: text.to_owned() }).kind;
        assert_eq!(judged(550, "5.1.1 no such user"), Kind::Hard);
        assert_eq!(judged(552, "5.2.2 mailbox full"), Kind::Soft);
        assert_eq!(judged(550, "5.7.1 looks like spam"), Kind::Soft);
        assert_eq!(judged(550, "relaying denied"), Kind::Soft);
    }

    #[test]
    fn marks_are_found_wherever_they_stand() {
        let mark = "0123456789abcdef0123456789ABCDEF01234567";
        let text =
            format!("To: <Bounces+{mark}@daily.example>\r\n\r\nReturn-Path: <bounces+{mark}@x>, bounces+short@x");
        assert_eq!(marks(text.as_bytes(), "bounces"), [mark.to_ascii_lowercase()]);
    }

    proptest! {
        #[test]
        fn no_message_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,200}") {
            read(&bytes);
            marks(text.as_bytes(), "bounces");
            read(report("delivery-status", &text).as_bytes());
        }
    }
}
