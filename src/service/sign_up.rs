//! Sends the mails that ask people to confirm. They are few and somebody waits for each, so they do not queue with the
//! editions.

use jiff::SignedDuration;
use tokio::sync::Notify;

use super::mail::{self, Outgoing};
use super::pipeline::Service;
use super::store::{CONFIRM_WITHIN, Confirmation};
use crate::news::confirmation::{self, Asked};
use crate::news::delivery::{self, Outcome};
use crate::news::letter::{CONFIRM, ascii_domain};
use crate::news::message::Sender;
use crate::news::token::Purpose;

/// How often it is looked for mails that could not be sent before, and for people who never confirmed.
const ROUND: SignedDuration = SignedDuration::from_mins(1);

/// Sends what is due, then waits for more: until someone signs up, or a while.
pub async fn serve(service: &Service, signed_up: &Notify) {
    loop {
        match send(service).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "asked people to confirm"),
            Err(error) => tracing::error!("failed to ask people to confirm: {error:#}"),
        }
        match service.store.forget_unconfirmed(service.clock.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "forgot people who did not confirm"),
            Err(error) => tracing::error!("failed to {error}"),
        }
        tokio::select! {
            () = signed_up.notified() => {}
            () = service.clock.sleep_until(service.clock.now() + ROUND) => {}
        }
    }
}

/// Sends the mails that are due; how many went out.
pub async fn send(service: &Service) -> anyhow::Result<usize> {
    let mut sent = 0;
    let mut mailer = service.mailer.lane();
    loop {
        let taken = service.store.take_confirmations(service.clock.now()).await?;
        if taken.is_empty() {
            break;
        }
        for asked in taken {
            let outcome = send_one(service, &mut mailer, &asked).await?;
            match outcome {
                Outcome::Accepted { .. } | Outcome::Unknown { .. } => sent += 1,
                _ => tracing::warn!(to = mail::mask(asked.to.as_ref()), "did not ask to confirm: {outcome}"),
            }
            // What may be tried again comes back by itself.
            if !matches!(outcome, Outcome::Deferred { .. } | Outcome::NotSent { .. }) {
                service.store.confirmation_ended(&asked.subscriber_id).await?;
            }
        }
    }
    mailer.close().await;
    Ok(sent)
}

async fn send_one(service: &Service, mailer: &mut mail::Mailer, asked: &Confirmation) -> anyhow::Result<Outcome> {
    let (mail, reach) = (&service.config.mail, &service.post.reach);
    let mark = reach.key.link(Purpose::Confirm, &asked.subscriber_id);
    let Some(link) = reach.page(CONFIRM, None, &mark) else {
        return Ok(Outcome::Unsendable { reason: "[web] has no `url` for the page to confirm on".to_owned() });
    };
    let name = format!("confirm-{}", asked.nth);
    let message_id = delivery::message_id(&name, &asked.subscriber_id, mail.from.email.domain());
    let to = ascii_domain(&asked.to);
    let titles: Vec<&str> = service.config.editions.iter().map(|edition| edition.title.as_str()).collect();
    let asking = Asked {
        to: &to,
        link: &link,
        title: titles.first().copied().unwrap_or("Daybrief"),
        days: CONFIRM_WITHIN.as_hours() / 24,
        message_id: &message_id,
        at: service.clock.now(),
    };
    let sender = Sender { from: mail.from.clone(), reply_to: mail.reply_to.clone(), list_id: String::new() };
    let bytes = confirmation::message(asking, &sender, reach)?;
    let bytes = service.post.signed(bytes).map_err(|error| anyhow::anyhow!("failed to {error}"))?;
    let from = reach.sender(&name, &asked.subscriber_id);
    let outgoing = Outgoing { from: &from, to: &to, message_id: &message_id, bytes: &bytes };
    Ok(mailer.send(outgoing, async || true).await)
}
