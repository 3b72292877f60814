//! Digest → rendered parts → one message: HTML and text by templates, the envelope's headers by lettre.
//!
//! Parts and pictures are made once per edition, and [`super::letter`] puts in what is each reader's own. A message is a function of the digest, the sender and the recipient alone:
//! its date is the edition's, its ids and its boundaries are derived, so a message sent again is the same message, byte for
//! byte.

pub mod archive;
mod clean;
mod style;
pub mod templates;
pub mod view;

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use lettre::address::Envelope;
use lettre::message::header::{self, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, MultiPartBuilder, MultiPartKind, SinglePart};

use super::digest::Digest;
use super::subscriber::Format;
use templates::{Fault, Root, Templates};
use view::{Drawings, Drawn, Edition, Setting, Studio};

/// Columns of the text part, the width that every mail reader shows unbroken.
const TEXT_COLUMNS: usize = 78;

/// Gmail cuts a message at about 102 kB of HTML; an edition that would be longer shows fewer items of each section.
const HTML_BYTES_MAX: usize = 90_000;

/// Items of a section that a mail shows when the rest can be read on the web.
const ITEMS_WITH_WEB_MAX: usize = 20;

/// Both parts of an edition, its pictures, and the line that a mail program shows before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub html: String,
    pub text: String,
    pub drawings: Drawings,
    /// Why the administrator's templates were not used, where there are such.
    pub fault: Option<Fault>,
}

/// What a rendering needs beside the digest.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    /// The edition's zone, in which times are shown.
    pub zone: &'a TimeZone,
    /// The address that a reader can answer to.
    pub contact: &'a str,
    /// The pages where readers can help themselves.
    pub links: Option<&'a Links>,
    pub templates: &'a Templates,
}

/// Where a reader changes what they get. In an edition that is rendered once for many readers, each ends in a place for the
/// reader's own mark ([`super::letter`]).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Links {
    pub unsubscribe: String,
    pub preferences: String,
}

/// Who sends: the same for every message of an edition.
#[derive(Clone, Debug)]
pub struct Sender {
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    /// RFC 2919 list identifier, "daily.digest.example.org".
    pub list_id: String,
}

/// Why a message could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    #[error("render the digest: {0}")]
    Render(#[from] askama::Error),
    #[error("build the message: {0}")]
    Build(#[from] lettre::error::Error),
}

/// Renders an edition by the shipped templates. Times are shown in `zone`, the edition's; `contact` is the address a reader
/// can answer to, `links` are the pages where they can help themselves.
///
/// # Errors
/// When a template fails to render, which means a fault of ours.
pub fn render(
    digest: &Digest,
    zone: &TimeZone,
    contact: &str,
    links: Option<&Links>,
) -> Result<Rendered, MessageError> {
    let manner = Manner { zone, contact, links, templates: &Templates::default() };
    render_with(digest, Studio::default().drawings(digest), manner)
}

/// Renders both parts around pictures that are there already.
///
/// # Errors
/// As for [`render`].
pub fn render_with(digest: &Digest, drawings: Drawings, manner: Manner) -> Result<Rendered, MessageError> {
    let Manner { zone, contact, links, templates } = manner;
    let web = digest.frame.look.web.as_deref();
    let mut items_max = if web.is_some() { ITEMS_WITH_WEB_MAX } else { usize::MAX };
    let picture_src = ("cid:", CID_END);
    loop {
        let edition = Edition::of(digest, &drawings, Setting { zone, contact, links, web, picture_src, items_max });
        let html = templates.render(Root::Mail, &edition)?;
        let longest = edition.sections.iter().map(|section| section.items.len()).max().unwrap_or(0);
        if html.text.len() <= HTML_BYTES_MAX || longest < 2 {
            let text = templates.render(Root::Text, &edition)?;
            let fault = html.fault.or(text.fault);
            return Ok(Rendered { subject: edition.subject, html: html.text, text: wrap(&text.text), drawings, fault });
        }
        // A few turns at most: what is over the limit by a tenth loses a tenth.
        items_max = (longest * HTML_BYTES_MAX / html.text.len()).clamp(1, longest - 1);
    }
}

/// Ends the Content-ID of a picture (RFC 2392), whose name stands before it.
const CID_END: &str = ".png@daybrief";

/// Breaks long lines at spaces, keeping each line's indent; an address is never broken.
fn wrap(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        if !line.trim_start().contains(' ') {
            out.push_str(line.trim_end());
            out.push('\n');
            continue;
        }
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let options = textwrap::Options::new(TEXT_COLUMNS)
            .subsequent_indent(&indent)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        out.push_str(textwrap::fill(line, options).trim_end());
        out.push('\n');
    }
    out
}

/// The part of a message that is the same for all who get the edition in this format: every header but those that
/// [`super::letter`] writes, and the body. All of it is ASCII, with lines that mail can carry.
///
/// # Errors
/// When lettre refuses the headers.
pub fn common(
    rendered: &Rendered,
    digest: &Digest,
    sender: &Sender,
    format: Format,
    boundary: &str,
) -> Result<Vec<u8>, MessageError> {
    let micros = u64::try_from(digest.frame.composed_at.as_microsecond()).unwrap_or(0);
    let date = SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
    let mut builder = Message::builder().from(sender.from.clone()).subject(&rendered.subject).date(date);
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    // lettre asks for a recipient; each reader's own comes with the letter.
    builder = builder.envelope(Envelope::new(Some(sender.from.email.clone()), vec![sender.from.email.clone()])?);
    let headers = [
        ("List-Id", format!("<{}>", sender.list_id)),
        // RFC 3834: made by a program; no vacation notice may answer it.
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("Precedence", "bulk".to_owned()),
        ("X-Auto-Response-Suppress", "All".to_owned()),
        // By which large providers count complaints: what it is and who sends it.
        ("Feedback-ID", format!("{}:digest:daybrief", digest.frame.name)),
    ];
    for (name, value) in headers {
        if let Ok(name) = HeaderName::new_from_ascii(name.to_owned()) {
            builder = builder.raw_header(HeaderValue::new(name, value));
        }
    }
    // Quoted-printable whatever the text: its lines are short, and a mark in it can be replaced by another.
    let part = |kind: header::ContentType, text: &str| {
        let body = Body::new_with_encoding(text.to_owned(), header::ContentTransferEncoding::QuotedPrintable);
        SinglePart::builder().header(kind).body(body.unwrap_or_else(Body::new))
    };
    let plain = part(header::ContentType::TEXT_PLAIN, &rendered.text);
    if format == Format::Text {
        return Ok(builder.singlepart(plain)?.formatted());
    }
    let html = part(header::ContentType::TEXT_HTML, &rendered.html);
    let parts = multipart(MultiPartKind::Alternative, boundary).singlepart(plain);
    let mut pictures = rendered.drawings.drawn().peekable();
    let parts = if pictures.peek().is_some() {
        let related = multipart(MultiPartKind::Related, boundary).singlepart(html);
        parts.multipart(pictures.fold(related, |parts, (name, drawn)| parts.singlepart(picture(name, drawn))))
    } else {
        parts.singlepart(html)
    };
    Ok(builder.multipart(parts)?.formatted())
}

/// A picture as a part that the HTML refers to.
fn picture(name: &str, drawn: &Drawn) -> SinglePart {
    let body = Body::dangerous_pre_encoded(drawn.body.clone(), header::ContentTransferEncoding::Base64);
    let kind = header::ContentType::parse("image/png").unwrap_or(header::ContentType::TEXT_PLAIN);
    Attachment::new_inline_with_name(format!("{name}{CID_END}"), format!("{name}.png")).body(body, kind)
}

/// Parts with a boundary that depends on the edition alone; lettre's own would be random.
fn multipart(kind: MultiPartKind, token: &str) -> MultiPartBuilder {
    let letter = if matches!(kind, MultiPartKind::Related) { 'r' } else { 'a' };
    MultiPart::builder().kind(kind).boundary(format!("=_{letter}{token}"))
}
