//! Mail to the admin: what went wrong.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use lettre::Message;
use lettre::message::header::ContentType;

use super::mail::Outgoing;
use super::pipeline::Service;
use crate::news::delivery::{self, Outcome};
use crate::news::letter::ascii_domain;

/// Tells the admin, if the configuration names one.
///
/// # Errors
/// The message was not accepted.
pub async fn tell(service: &Service, subject: &str, text: &str) -> anyhow::Result<()> {
    let Some(admin) = &service.config.admin else { return Ok(()) };
    let (mail, now) = (&service.config.mail, service.clock.now());
    let to = ascii_domain(admin);
    let notice = format!("notice-{}", now.as_microsecond());
    let message_id = delivery::message_id(&notice, to.as_ref(), mail.from.email.domain());
    let message = Message::builder()
        .from(mail.from.clone())
        .to(to.clone().into())
        .subject(subject)
        .message_id(Some(message_id.clone()))
        .date(SystemTime::UNIX_EPOCH + Duration::from_micros(now.as_microsecond().unsigned_abs()))
        .header(ContentType::TEXT_PLAIN)
        .body(text.to_owned())
        .context("make the message to the admin")?;
    let mut mailer = service.mailer.lane();
    let from = &service.post.reach.from;
    let outgoing = Outgoing { from, to: &to, message_id: &message_id, bytes: &message.formatted() };
    let outcome = mailer.send(outgoing, async || true).await;
    mailer.close().await;
    anyhow::ensure!(matches!(outcome, Outcome::Accepted { .. }), "failed to tell the admin: {outcome}");
    Ok(())
}
