//! An edition as one reader gets it, or got it: shown, not sent.

use std::sync::Arc;

use lettre::Address;

use super::outbox;
use super::pipeline::{Composed, Service};
use super::store::DeliveryRecord;
use super::views::Views;
use crate::news::delivery;
use crate::news::digest::Digest;
use crate::news::digest::interest::Interest;
use crate::news::subscriber::Preferences;

/// Shown where a message needs an address and no subscriber is named.
pub const PLACEHOLDER: &str = "reader@example.org";

/// What `reader` gets of it: what they were sent of an edition that was sent, their own cut of one that was not.
pub async fn view_of(service: &Service, composed: Composed, reader: &Address) -> anyhow::Result<Arc<Digest>> {
    if let Some(sent) = sent_to(service, &composed, reader).await? {
        return Ok(Arc::new(sent.delivery.preferences.cut(&sent.view)));
    }
    let known = service.store.subscriber_at(reader).await?;
    Ok(Arc::new(match known {
        Some(known) => known.preferences.cut(&Interest::of(&known.preferences.scope()).only(&composed.view)),
        None => composed.view,
    }))
}

/// A frozen edition as it goes to one subscriber.
pub struct Sent {
    pub delivery: DeliveryRecord,
    pub view: Arc<Digest>,
}

/// How a frozen edition goes to a subscriber; `None` if it does not.
pub async fn sent_to(service: &Service, composed: &Composed, to: &Address) -> anyhow::Result<Option<Sent>> {
    let Some(id) = &composed.id else { return Ok(None) };
    let Some(known) = service.store.subscriber_at(to).await? else { return Ok(None) };
    let records = service.store.deliveries(id).await?;
    let Some(delivery) = records.into_iter().find(|record| record.subscriber_id == known.id) else { return Ok(None) };
    let chain = service.store.chain(id, &known.id).await?;
    Ok(Some(Sent { delivery, view: Views::default().along(service, &chain).await? }))
}

/// The message as `to` would get it, or did: of a sent edition the very bytes. A Message-ID is made up where there is none.
pub async fn message(service: &Service, composed: &Composed, to: &Address) -> anyhow::Result<Vec<u8>> {
    let domain = service.config.mail.from.email.domain();
    let made_up = |whose: &str| delivery::message_id("preview", whose, domain);
    let (view, subscriber_id, message_id, preferences) = match sent_to(service, composed, to).await? {
        Some(Sent { delivery, view }) => (view, delivery.subscriber_id, delivery.message_id, delivery.preferences),
        None => match service.store.subscriber_at(to).await? {
            Some(known) => {
                let view = Arc::new(Interest::of(&known.preferences.scope()).only(&composed.view));
                (view, known.id.clone(), made_up(&known.id), known.preferences)
            }
            None => {
                let view = Arc::new(composed.view.clone());
                (view, outbox::NOBODY.to_owned(), made_up(to.as_ref()), Preferences::default())
            }
        },
    };
    let reader =
        outbox::Reader { to, subscriber_id: &subscriber_id, message_id: &message_id, preferences: &preferences };
    let message = outbox::message(service, composed.id.as_deref(), &view, reader)?;
    Ok(message.map(|message| message.bytes).unwrap_or_default())
}
