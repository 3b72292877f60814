//! An edition's slot and a subscriber's own hour → when the edition is due for them.
//!
//! Every edition reaches every subscriber, so there is one due time for each slot; the art is to keep the days apart.
//! Slots and hours are read on two clocks that change on different days, so one of them may overtake the other: twice a
//! year an hour that lay just before the slot lies just after it. Whoever took the first hour after each slot would then
//! get two editions on one day, and none on another. So a subscriber's editions go from one of their calendar days to
//! the next, by when the last one was due, and an hour that has just passed means "at once" rather than "tomorrow".

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// An hour that passed so recently when the edition came out is made up for at once, on the same day.
const PASSED_HOURS_MAX: i64 = 3;

/// How far two zones may move against each other over a year: two hours in Antarctica/Troll, one elsewhere.
const CLOCK_CHANGE_HOURS_MAX: i64 = 3;

/// [`PASSED_HOURS_MAX`] for someone whose days are counted already: a clock change must not lose one.
const PASSED_BY_CLOCK_CHANGE_HOURS_MAX: i64 = PASSED_HOURS_MAX + CLOCK_CHANGE_HOURS_MAX;

/// The longest wait for the next day's hour.
const WAIT_HOURS_MAX: i64 = 24 + CLOCK_CHANGE_HOURS_MAX;

/// However someone travels between two slots, they get no two editions closer together than this.
const APART_HOURS_MIN: i64 = 12;

/// How far apart slots must be at least for personal hours to mean something: on a day with a clock change a daily
/// edition comes after 21 hours in the worst zone.
pub const SLOT_GAP_HOURS_MIN: i64 = 20;

/// When the edition of a slot is due for someone who wants it `minute` minutes after midnight on the clocks of `zone`,
/// and for whom the edition before it was due at `last_due`. Never before the slot.
///
/// As long as the zone stays the same, each calendar day there has one, and none has two; a day has none only if it has
/// no slot, because a clock change carries the slot itself across midnight. A time that the clocks skip comes as much later
/// as they skip, a repeated one the first time. Someone who moves to another zone between two slots (across the date line
/// perhaps, where a day may come twice or not at all) gets both editions, at least twelve hours apart.
pub fn due(slot: Timestamp, minute: u16, zone: &TimeZone, last_due: Option<Timestamp>) -> Timestamp {
    let today = zone.to_datetime(slot).date();
    let hours: Vec<(Date, Timestamp)> = (-2..=2)
        .filter_map(|days: i64| {
            let day = today.checked_add(days.days()).ok()?;
            let clock = day.at(0, 0, 0, 0).checked_add(i64::from(minute).minutes()).ok()?;
            let at = zone.to_ambiguous_timestamp(clock).compatible().ok()?;
            // A day that the zone never had counts as the one that its hour falls on.
            Some((zone.to_datetime(at).date(), at))
        })
        .collect();
    let first = |passed_max: i64, after: Option<Date>| {
        let is_in_time = |day: Date, at: Timestamp| at >= slot || (day == today && at > slot - hours_of(passed_max));
        hours.iter().copied().find(|(day, at)| after.is_none_or(|after| *day > after) && is_in_time(*day, *at))
    };
    // Close to midnight a clock change may carry the slot into the next day, and this one would be left without.
    let is_late = zone.to_datetime(slot + hours_of(CLOCK_CHANGE_HOURS_MAX)).date() != today;
    let natural = first(if is_late { 0 } else { PASSED_HOURS_MAX }, None);
    let Some(last_due) = last_due else { return natural.map_or(slot, |(_, at)| at.max(slot)) };
    let last_day = zone.to_datetime(last_due).date();
    let next_day = first(PASSED_BY_CLOCK_CHANGE_HOURS_MAX, Some(last_day))
        .filter(|(_, at)| *at <= slot + hours_of(WAIT_HOURS_MAX));
    let apart = last_due.saturating_add(hours_of(APART_HOURS_MIN)).unwrap_or(slot);
    next_day.or(natural).map_or(slot, |(_, at)| at).max(slot).max(if apart > slot + hours_of(24) {
        slot
    } else {
        apart
    })
}

fn hours_of(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::news::schedule::Schedule;

    const ZONES: [&str; 10] = [
        "Europe/Kyiv",
        "America/New_York",
        "Europe/Kaliningrad",
        "Antarctica/Troll",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Auckland",
        "Pacific/Honolulu",
        "Pacific/Kiritimati",
        "UTC",
    ];

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    /// A slot, the hour wanted, where, and when the last one was due → when this one is.
    #[track_caller]
    fn check(slot: &str, hour: u16, name: &str, last: Option<&str>, expected: &str) {
        let found = due(slot.parse().unwrap(), hour * 60, &zone(name), last.map(|last| last.parse().unwrap()));
        assert_eq!(found, expected.parse::<Timestamp>().unwrap(), "{slot} {hour}:00 {name}");
    }

    #[test]
    fn seven_is_seven_wherever_the_reader_is() {
        let slot = "2031-03-05T05:00Z";
        check(slot, 7, "Europe/Kyiv", None, "2031-03-05T07:00+02");
        check(slot, 7, "America/New_York", None, "2031-03-05T07:00-05");
        check(slot, 7, "Asia/Tokyo", None, "2031-03-06T07:00+09");
        check(slot, 6, "Europe/Kyiv", None, "2031-03-05T07:00+02");
        check(slot, 3, "Europe/Kyiv", None, "2031-03-06T03:00+02");
    }

    #[test]
    fn an_hour_that_falls_behind_the_slot_loses_no_day() {
        // The slot is 07:00 in Kyiv; in Kaliningrad the clocks do not change. In October it moves from 06:00 to 07:00.
        check("2030-10-26T04:00Z", 6, "Europe/Kaliningrad", Some("2030-10-25T04:00Z"), "2030-10-26T04:00Z");
        check("2030-10-27T05:00Z", 6, "Europe/Kaliningrad", Some("2030-10-26T04:00Z"), "2030-10-27T05:00Z");
        check("2031-03-30T04:00Z", 6, "Europe/Kaliningrad", Some("2031-03-29T05:00Z"), "2031-03-30T04:00Z");
    }

    #[test]
    fn the_date_line_is_crossed_without_loss_or_double() {
        // From Honolulu west to Kiritimati, where it is a day later by the calendar, and back.
        check("2031-03-06T05:00Z", 7, "Pacific/Kiritimati", Some("2031-03-05T17:00Z"), "2031-03-06T17:00Z");
        check("2031-03-06T05:00Z", 7, "Pacific/Honolulu", Some("2031-03-05T17:00Z"), "2031-03-06T17:00Z");
    }

    proptest! {
        /// For three years of a daily edition, every day of the reader's calendar has one, unless it has no slot.
        #[test]
        fn every_calendar_day_has_one(
            edition in prop::sample::select(&ZONES[..]), at in 0..24, reader in prop::sample::select(&ZONES[..]),
            minute in 0..24 * 60_u16, start in 0..300_000_000_i64,
        ) {
            let schedule = Schedule::parse(&format!("0 {at} * * *"), zone(edition)).unwrap();
            let zone = zone(reader);
            let (mut last, mut last_slot): (Option<Timestamp>, Timestamp) = (None, Timestamp::MIN);
            for slot in schedule.upcoming(Timestamp::from_second(1_600_000_000 + start).unwrap(), 3 * 366) {
                let now = due(slot, minute, &zone, last);
                prop_assert!(now >= slot && now <= slot + hours_of(WAIT_HOURS_MAX), "{slot} {now}");
                if let Some(last) = last {
                    let day = |time| zone.to_datetime(time).date();
                    let next = day(last).tomorrow().unwrap();
                    let has_no_slot = day(last_slot) < next && day(slot) > next && day(now) == next.tomorrow().unwrap();
                    prop_assert!(day(now) == next || has_no_slot, "after {last} the slot {slot} gave {now}");
                }
                (last, last_slot) = (Some(now), slot);
            }
        }

        /// Whoever moves about and changes their mind gets every edition, in order, and no two at once.
        #[test]
        fn travellers_get_every_edition(
            moves in prop::collection::vec((prop::sample::select(&ZONES[..]), 0..24 * 60_u16), 60),
        ) {
            let schedule = Schedule::parse("0 7 * * *", zone("Europe/Kyiv")).unwrap();
            let mut last: Option<Timestamp> = None;
            for (slot, (name, minute)) in schedule.upcoming("2031-03-01T00:00Z".parse().unwrap(), 60).into_iter().zip(moves) {
                let now = due(slot, minute, &zone(name), last);
                prop_assert!(now >= slot && now <= slot + hours_of(WAIT_HOURS_MAX));
                prop_assert!(last.is_none_or(|last| now >= last + hours_of(APART_HOURS_MIN)), "{last:?} {now}");
                last = Some(now);
            }
        }
    }
}
