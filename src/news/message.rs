//! Digest → rendered parts → one message: HTML and text by askama, the envelope's headers by lettre.
//!
//! Both parts are rendered once per edition. A message is a function of the digest, the sender and the recipient alone:
//! its date is the edition's, its id and its boundary are derived, so a message sent again is the same message, byte for
//! byte.

use std::time::{Duration, SystemTime};

use askama::Template;
use jiff::civil;
use jiff::tz::TimeZone;
use lettre::Address;
use lettre::message::header::{self, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, MultiPartBuilder, SinglePart};

use super::digest::tolls::ClaimedLine;
use super::digest::{Digest, News, Section, Window};
use super::grounding::{Note, NoteId};
use super::wording;

/// Columns of the text part, the width that every mail reader shows unbroken.
const TEXT_COLUMNS: usize = 78;

/// The preheader's length in characters; mail programs show about this much beside the subject.
const PREHEADER_CHARS_MAX: usize = 140;

// Inlined styles that stand in many places of the HTML part: mail programs drop style sheets.
const BODY: &str =
    "padding:12px 32px 4px 32px;font-family:Georgia,'Times New Roman',serif;font-size:16px;color:#22252a;";
const HEADING: &str = "margin:0 0 10px 0;padding-bottom:4px;border-bottom:2px solid #3d4a63;font-size:19px;line-height:1.3;color:#191b1f;";
const ITEM: &str = "margin:12px 0 4px 0;font-size:16px;line-height:1.4;color:#191b1f;";
const PARAGRAPH: &str = "margin:0 0 12px 0;font-size:16px;line-height:1.5;";
const DIM: &str = "font-family:Arial,Helvetica,sans-serif;font-size:14px;color:#5a5f67;";

/// Both parts of an edition, and the lines that a mail program shows before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub html: String,
    pub text: String,
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

/// What the two templates see. Their phrases come from [`wording`], so neither decides on style.
struct View<'a> {
    digest: &'a Digest,
    zone: &'a TimeZone,
    today: civil::Date,
    subject: &'a str,
    preheader: String,
    /// Where a reader writes to stop the mails or to report a wrong figure.
    contact: &'a str,
}

#[derive(Template)]
#[template(path = "email/digest.html")]
struct Html<'a> {
    view: View<'a>,
}

#[derive(Template)]
#[template(path = "email/digest.txt", escape = "none")]
struct Text<'a> {
    view: View<'a>,
}

/// Renders both parts. Times are shown in `zone`, the edition's; `contact` is the address a reader can answer to.
///
/// # Errors
/// When a template fails to render, which means a fault of ours.
pub fn render(digest: &Digest, zone: &TimeZone, contact: &str) -> Result<Rendered, MessageError> {
    let subject = wording::subject(digest);
    let view = || View {
        digest,
        zone,
        today: digest.frame.composed_at.to_zoned_datetime(zone.clone()).date(),
        subject: &subject,
        preheader: preheader(digest, &subject),
        contact,
    };
    Ok(Rendered {
        html: Html { view: view() }.render()?,
        text: wrap(&Text { view: view() }.render()?),
        subject: subject.clone(),
    })
}

/// What changed and did not fit the subject; coverage when nothing is left.
fn preheader(digest: &Digest, subject: &str) -> String {
    let rest: Vec<String> =
        wording::headlines(digest).into_iter().filter(|line| !subject.contains(line.as_str())).collect();
    let line = if rest.is_empty() { wording::coverage(digest) } else { rest.join(" · ") };
    line.chars().take(PREHEADER_CHARS_MAX).collect()
}

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

impl View<'_> {
    fn sections(&self) -> &[Section] {
        &self.digest.frame.sections
    }

    /// Whether there is an earlier digest for anything to have changed since.
    fn has_changes(&self) -> bool {
        let (tolls, talks) = (&self.digest.tolls, &self.digest.talks);
        tolls.iter().any(|item| self.is_moved(item.news)) || talks.iter().any(|item| self.is_moved(item.news))
    }

    fn is_moved(&self, news: News) -> bool {
        matches!(news, News::Changed | News::Corrected)
    }

    fn window(&self) -> String {
        let Window { from, to } = self.digest.frame.window;
        format!("{} to {}", wording::short_moment(from, self.zone), wording::short_moment(to, self.zone))
    }

    /// The due times of an edition that stands for several; a reader should not wonder where one went.
    fn combined(&self) -> Option<String> {
        let slots = &self.digest.frame.slots;
        let times: Vec<String> = slots.iter().map(|slot| wording::short_moment(*slot, self.zone)).collect();
        (slots.len() > 1).then(|| format!("{} due times: {}", slots.len(), times.join(", ")))
    }

    /// The editions whose facts this one holds over.
    fn held_over(&self) -> Option<String> {
        let ends = &self.digest.frame.held_over;
        let ends: Vec<String> = ends.iter().map(|end| wording::short_moment(*end, self.zone)).collect();
        (!ends.is_empty()).then(|| ends.join(", "))
    }

    /// A quotation on one line.
    fn line(&self, quote: &str) -> String {
        quote.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whose claim a line is.
    fn claimant<'l>(&self, line: &'l ClaimedLine) -> &'l str {
        let figure = line.figure.value();
        figure.claimant.as_deref().unwrap_or(&figure.outlet)
    }

    fn quote(&self, id: NoteId) -> String {
        self.digest.notes.get(id).map_or_else(String::new, |note| self.line(&note.quote))
    }

    fn link(&self, id: NoteId) -> String {
        self.digest.notes.get(id).and_then(Note::link).unwrap_or_default()
    }

    /// What a link to the article is called.
    fn name<'n>(&self, note: &'n Note) -> &'n str {
        if note.title.is_empty() { "untitled" } else { &note.title }
    }
}

/// The message to one subscriber, finished: what is stored, sent and previewed are these bytes.
///
/// # Errors
/// When lettre refuses the headers.
pub fn build(
    rendered: &Rendered,
    digest: &Digest,
    sender: &Sender,
    to: &Address,
    message_id: &str,
) -> Result<Vec<u8>, MessageError> {
    let micros = u64::try_from(digest.frame.composed_at.as_microsecond()).unwrap_or(0);
    let date = SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
    let contact = sender.reply_to.as_ref().unwrap_or(&sender.from);
    let mut builder = Message::builder()
        .from(sender.from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(&rendered.subject)
        .date(date)
        .message_id(Some(message_id.to_owned()));
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    let headers = [
        ("List-Id", format!("<{}>", sender.list_id)),
        ("List-Unsubscribe", format!("<mailto:{}?subject=unsubscribe>", contact.email)),
        // RFC 3834: made by a program; no vacation notice may answer it.
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("Precedence", "bulk".to_owned()),
        ("X-Auto-Response-Suppress", "All".to_owned()),
    ];
    for (name, value) in headers {
        if let Ok(name) = HeaderName::new_from_ascii(name.to_owned()) {
            builder = builder.raw_header(HeaderValue::new(name, value));
        }
    }
    let parts = boundary(message_id)
        .singlepart(SinglePart::builder().header(header::ContentType::TEXT_PLAIN).body(rendered.text.clone()))
        .singlepart(SinglePart::builder().header(header::ContentType::TEXT_HTML).body(rendered.html.clone()));
    Ok(builder.multipart(parts)?.formatted())
}

/// A boundary that depends on the message alone; lettre's own would be random.
fn boundary(message_id: &str) -> MultiPartBuilder {
    let token: String = message_id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    MultiPart::builder().kind(lettre::message::MultiPartKind::Alternative).boundary(format!("=_{token}"))
}
