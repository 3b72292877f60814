//! A frozen edition's recipients: who gets it is settled here, once.

use sqlx::{Any, AssertSqlSafe, Transaction};

use super::values::{N, T, values};
use super::{Freeze, micros, recipients};
use crate::news::delivery::{Delivery, message_id};
use jiff::Timestamp;

/// How many subscribers are read and queued at a time while an edition is frozen.
const QUEUED_TOGETHER: usize = 500;

/// Queues an edition for its recipients, each for when they want it. How many there are. They are read and written a few
/// hundred at a time, however many there are.
pub(super) async fn queue(
    transaction: &mut Transaction<'_, Any>,
    edition_id: &str,
    freeze: &Freeze<'_>,
    now: Timestamp,
) -> Result<usize, sqlx::Error> {
    let frame = &freeze.digest.frame;
    let (mut count, mut after) = (0, String::new());
    loop {
        let recipients = recipients::subscribed(transaction, &frame.name, &after, QUEUED_TOGETHER).await?;
        let Some(last) = recipients.last() else { return Ok(count) };
        after.clone_from(&last.id);
        let due: Vec<_> = recipients
            .into_iter()
            .filter(|recipient| !recipient.preferences.is_paused(frame.composed_at))
            .map(|recipient| {
                let due = freeze.due(&recipient.preferences, recipient.last_due);
                (recipient, due)
            })
            .collect();
        if due.is_empty() {
            continue;
        }
        count += due.len();
        let mut sql =
            "INSERT INTO deliveries (edition_id, subscriber_id, message_id, state, attempts, unknowns, next_at,
                expires_at, fence, changed_at, domain, due_at, preferences) VALUES "
                .to_owned();
        values(transaction, &mut sql, due.len(), &[T, T, T, T, N, N, N, N, N, N, T, N, T]);
        sql.push_str(" ON CONFLICT (edition_id, subscriber_id) DO NOTHING");
        let mut insert = sqlx::query(AssertSqlSafe(sql));
        for (recipient, due) in &due {
            let delivery = Delivery::queued(*due, freeze.expires_after);
            insert = insert
                .bind(edition_id)
                .bind(&recipient.id)
                .bind(message_id(edition_id, &recipient.id, freeze.message_domain))
                .bind(delivery.state.name())
                .bind(i64::from(delivery.attempts))
                .bind(i64::from(delivery.unknowns))
                .bind(delivery.next_at.map(micros))
                .bind(micros(delivery.expires_at))
                .bind(0i64)
                .bind(micros(now))
                .bind(&recipient.domain)
                .bind(micros(*due))
                .bind(recipient.preferences_json()?);
        }
        insert.execute(&mut **transaction).await?;
    }
}
