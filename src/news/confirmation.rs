//! The mail that asks someone to confirm that they want ours.

use std::time::{Duration, SystemTime};

use askama::Template;
use jiff::Timestamp;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{self, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, SinglePart};

use super::letter::Reach;
use super::message::{MessageError, Sender};

#[derive(Template)]
#[template(path = "email/confirm.txt", escape = "none")]
struct Text<'a> {
    title: &'a str,
    link: &'a str,
    days: i64,
    contact: &'a str,
}

/// Who is asked, by which page, and until when they may answer.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub to: &'a Address,
    /// The page on which they confirm, with their mark.
    pub link: &'a str,
    /// What they asked for, as readers know it.
    pub title: &'a str,
    pub days: i64,
    /// With its angle brackets.
    pub message_id: &'a str,
    pub at: Timestamp,
}

/// Headers and body.
///
/// # Errors
/// When lettre refuses a header, or the template fails, which means a fault of ours.
pub fn message(asked: Asked<'_>, sender: &Sender, reach: &Reach) -> Result<Vec<u8>, MessageError> {
    let Asked { to, link, title, days, message_id, at } = asked;
    let contact = sender.reply_to.as_ref().unwrap_or(&sender.from).email.to_string();
    let title: String = title.chars().filter(|c| !c.is_control()).collect();
    let text = Text { title: &title, link, days, contact: &contact }.render()?;
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0));
    let mut builder = Message::builder()
        .from(sender.from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(format!("Please confirm: {title}"))
        .date(date)
        .message_id(Some(message_id.to_owned()))
        .envelope(Envelope::new(Some(reach.from.clone()), vec![to.clone()])?);
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    // RFC 3834: made by a program; no vacation notice may answer it.
    for (name, value) in [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")] {
        if let Ok(name) = HeaderName::new_from_ascii(name.to_owned()) {
            builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
        }
    }
    let body = Body::new_with_encoding(text, header::ContentTransferEncoding::QuotedPrintable);
    let part = SinglePart::builder().header(header::ContentType::TEXT_PLAIN).body(body.unwrap_or_else(Body::new));
    Ok(builder.singlepart(part)?.formatted())
}
