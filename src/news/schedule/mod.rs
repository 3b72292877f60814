//! Cron line, zone and a given time → due editions and their slots.
//!
//! A cron line speaks of clock faces, not of instants, so it is evaluated over a calendar without offsets, and each
//! clock time found there is then looked up in the zone: a time that a clock change skips is due at the first instant
//! after the gap, a repeated time is due at its first occurrence, and times that fall on the same instant are one slot.
//! That mapping never goes backwards, so slots come in order. (The `cron` crate asked for zoned times directly skips
//! the run in a gap, and fires twice and out of order in a repeated hour.)

mod line;
pub mod personal;

use std::{iter, ops::Range};

use chrono::{Datelike, NaiveDate, Timelike};
use jiff::{
    SignedDuration, Timestamp, civil,
    tz::{AmbiguousOffset, TimeZone},
};

pub use line::FieldMistake;

/// The most slots that [`Schedule::due`] names one by one: seven days, both ends included, of a line that is due every
/// minute, so that what an edition covers is never cut.
pub const SLOTS_MAX: usize = 7 * 24 * 60 + 1;

/// How far back an edition may reach to catch up on missed slots. Older news is no longer a digest's business.
pub const CATCH_UP_HOURS_MAX: i64 = 7 * 24;

/// A slot this old is never too old: the worker may be busy with another edition when it comes.
pub const CATCH_UP_MINUTES_MIN: i64 = 15;

/// The furthest that [`Schedule::previous`] looks back. The rarest line there is, 29 February around the year 2100,
/// leaves eight years between slots; this is fifteen.
const PREVIOUS_HOURS_MAX: i64 = 1 << 17;

/// The years that the `cron` crate knows.
const YEARS: Range<i16> = 1970..2101;

/// When an edition is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    line: String,
    zone: TimeZone,
    /// A clock time is due when any of these has it: two when either day field is enough, else one.
    calendars: Vec<cron::Schedule>,
}

/// Slots in order, cut at [`SLOTS_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    /// The earliest slots, in order.
    pub times: Vec<Timestamp>,
    /// Whether there are more than are named.
    pub more: bool,
}

/// What one waking of the worker owes its readers: one edition, however many slots were missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The slots that the edition covers, in order; its own slot is the last. Empty when all are too old.
    pub covered: Vec<Timestamp>,
    /// The slots that are too old to be caught up: no edition covers them, and the next one says so.
    pub skipped: Slots,
}

/// Two schedules are the same when line and zone are: the calendars follow from the line.
impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.line == other.line && self.zone == other.zone
    }
}

impl Schedule {
    /// Reads a cron line, and names every field that is wrong.
    pub fn parse(line: &str, zone: TimeZone) -> Result<Self, Vec<FieldMistake>> {
        Ok(Self { line: line.trim().to_owned(), zone, calendars: line::calendars(line)? })
    }

    /// The line as it was written.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The zone whose clocks the line is read by.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first slot after an instant; `None` when there is none until the year 2100 (30 February).
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        // Every clock time up to the one shown at `after` is due at `after` or before it, as the mapping is monotone.
        // In the second pass of a repeated hour later clock times are so too, until the pass is over: hence the loop.
        let clock_times = iter::successors(Some(self.zone.to_datetime(after)), |clock| self.clock_time_after(*clock));
        clock_times.skip(1).map_while(|clock| self.instant(clock)).find(|slot| *slot > after)
    }

    /// The slots after an instant, as many as asked for.
    pub fn upcoming(&self, after: Timestamp, count: usize) -> Vec<Timestamp> {
        self.slots(after).take(count).collect()
    }

    /// The slots after one instant, up to and including another.
    pub fn due(&self, after: Timestamp, until: Timestamp) -> Slots {
        let mut slots = self.slots(after).take_while(|slot| *slot <= until);
        let times = slots.by_ref().take(SLOTS_MAX).collect();
        Slots { times, more: slots.next().is_some() }
    }

    /// The last slot before an instant: where the window of an edition starts that has no predecessor.
    pub fn previous(&self, before: Timestamp) -> Option<Timestamp> {
        iter::successors(Some(1), |hours| Some(hours * 2)).take_while(|hours| *hours <= PREVIOUS_HOURS_MAX).find_map(
            |hours| {
                let start = before.checked_sub(SignedDuration::from_hours(hours)).ok()?;
                self.slots(start).take_while(|slot| *slot < before).last()
            },
        )
    }

    /// What is due at `now`, when `last_slot` was the last one dealt with (or the instant from which the edition
    /// exists). Missed slots no older than `catch_up` become one edition, older ones are named as skipped. `None` when
    /// nothing is due, and when the clock was set back behind `last_slot`.
    pub fn due_edition(&self, last_slot: Timestamp, now: Timestamp, catch_up: SignedDuration) -> Option<Due> {
        let catch_up = catch_up
            .clamp(SignedDuration::from_mins(CATCH_UP_MINUTES_MIN), SignedDuration::from_hours(CATCH_UP_HOURS_MAX));
        // A slot exactly as old as the window still counts, and `due` takes what is after an instant.
        let edge = now.checked_sub(catch_up + SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MIN);
        let skipped = if last_slot < edge { self.due(last_slot, edge) } else { Slots::default() };
        let covered = self.due(last_slot.max(edge), now).times;
        (!covered.is_empty() || !skipped.times.is_empty()).then_some(Due { covered, skipped })
    }

    fn slots(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        iter::successors(self.next(after), |slot| self.next(*slot))
    }

    /// The first clock time of the line after another, in a calendar without offsets.
    fn clock_time_after(&self, clock: civil::DateTime) -> Option<civil::DateTime> {
        let before_all = civil::date(YEARS.start, 1, 1).at(0, 0, 0, 0).saturating_sub(SignedDuration::from_secs(1));
        let clock = clock.max(before_all);
        if !YEARS.contains(&clock.year()) && clock != before_all {
            return None;
        }
        // `cron` speaks chrono. UTC here only means "no clock changes".
        let after = NaiveDate::from_ymd_opt(clock.year().into(), clock.month() as u32, clock.day() as u32)?
            .and_hms_opt(clock.hour() as u32, clock.minute() as u32, clock.second() as u32)?
            .and_utc();
        let found = self.calendars.iter().filter_map(|calendar| calendar.after(&after).next()).min()?;
        civil::DateTime::new(
            found.year().try_into().ok()?,
            found.month().try_into().ok()?,
            found.day().try_into().ok()?,
            found.hour().try_into().ok()?,
            found.minute().try_into().ok()?,
            found.second().try_into().ok()?,
            0,
        )
        .ok()
    }

    /// When the zone's clocks show a time: first, if they show it twice; when the gap ends, if they never do.
    fn instant(&self, clock: civil::DateTime) -> Option<Timestamp> {
        let shown = self.zone.to_ambiguous_timestamp(clock);
        match shown.offset() {
            AmbiguousOffset::Gap { after, .. } => {
                // The new offset puts the skipped time before the change, so the change is the next one to that offset.
                let before_change = after.to_timestamp(clock).ok()?;
                self.zone.following(before_change).find(|change| change.offset() == after).map(|c| c.timestamp())
            }
            _ => shown.compatible().ok(),
        }
    }
}

impl Due {
    /// The slot that the edition stands for: the last one it covers.
    pub fn slot(&self) -> Option<Timestamp> {
        self.covered.last().copied()
    }

    /// The last slot dealt with, covered or skipped: what the next call gets as `last_slot`.
    pub fn last_slot(&self) -> Option<Timestamp> {
        self.slot().or(self.skipped.times.last().copied())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn schedule(line: &str, zone: &str) -> Schedule {
        Schedule::parse(line, TimeZone::get(zone).unwrap()).unwrap()
    }

    /// The slots from a local time on, as local times with their offsets.
    #[track_caller]
    fn check(line: &str, zone: &str, from: &str, expected: &[&str]) {
        let schedule = schedule(line, zone);
        let from: civil::DateTime = from.parse().unwrap();
        let after = from.to_zoned_datetime(schedule.zone.clone()).unwrap().timestamp();
        let slots = schedule.upcoming(after, expected.len());
        let local = |slot: &Timestamp| schedule.zone.to_offset(*slot).to_datetime(*slot);
        let found: Vec<_> =
            slots.iter().map(|slot| format!("{}{}", local(slot), schedule.zone.to_offset(*slot))).collect();
        assert_eq!(found, expected, "{line} in {zone}");
    }

    #[test]
    fn seven_is_seven_on_both_sides_of_a_clock_change() {
        check(
            "0 7 * * *",
            "Europe/Kyiv",
            "2025-03-28T12:00",
            &["2025-03-29T07:00:00+02", "2025-03-30T07:00:00+03", "2025-03-31T07:00:00+03"],
        );
        check(
            "0 7 * * *",
            "Europe/Kyiv",
            "2025-10-24T12:00",
            &["2025-10-25T07:00:00+03", "2025-10-26T07:00:00+02", "2025-10-27T07:00:00+02"],
        );
    }

    #[test]
    fn a_skipped_time_is_due_once_when_the_gap_ends() {
        check(
            "30 2 * * *",
            "America/New_York",
            "2025-03-08T00:00",
            &["2025-03-08T02:30:00-05", "2025-03-09T03:00:00-04", "2025-03-10T02:30:00-04"],
        );
        check("0 0 * * *", "Africa/Cairo", "2025-04-24T12:00", &["2025-04-25T01:00:00+03", "2025-04-26T00:00:00+03"]);
        check("30 3 * * *", "Europe/Kyiv", "2025-03-29T12:00", &["2025-03-30T04:00:00+03", "2025-03-31T03:30:00+03"]);
        check(
            "0,15 2 * * *",
            "Australia/Lord_Howe",
            "2025-10-04T12:00",
            &["2025-10-05T02:30:00+11", "2025-10-06T02:00:00+11", "2025-10-06T02:15:00+11"],
        );
    }

    #[test]
    fn all_times_in_one_gap_are_one_slot() {
        check(
            "*/30 * * * *",
            "America/New_York",
            "2025-03-09T01:00",
            &["2025-03-09T01:30:00-05", "2025-03-09T03:00:00-04", "2025-03-09T03:30:00-04"],
        );
    }

    #[test]
    fn a_repeated_time_is_due_once_the_first_time() {
        check(
            "30 1 * * *",
            "America/New_York",
            "2025-11-01T12:00",
            &["2025-11-02T01:30:00-04", "2025-11-03T01:30:00-05"],
        );
        check(
            "*/30 * * * *",
            "America/New_York",
            "2025-11-02T00:45",
            &["2025-11-02T01:00:00-04", "2025-11-02T01:30:00-04", "2025-11-02T02:00:00-05", "2025-11-02T02:30:00-05"],
        );
        check(
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2025-04-05T12:00",
            &["2025-04-06T01:45:00+11", "2025-04-07T01:45:00+10:30"],
        );
    }

    #[test]
    fn nothing_is_due_again_in_the_second_pass() {
        let schedule = schedule("30 1 * * *", "America/New_York");
        let second_pass = at("2025-11-02T01:10:00-05");
        assert_eq!(schedule.next(second_pass), Some(at("2025-11-03T01:30:00-05")));
    }

    #[test]
    fn a_day_the_zone_never_had_is_due_when_it_is_over() {
        check(
            "0 7 * * *",
            "Pacific/Apia",
            "2011-12-29T00:00",
            &["2011-12-29T07:00:00-10", "2011-12-31T00:00:00+14", "2011-12-31T07:00:00+14"],
        );
    }

    #[test]
    fn days_of_the_week_are_those_of_crontab() {
        // 1 January 2025 was a Wednesday.
        for line in ["0 7 * * 0", "0 7 * * 7", "0 7 * * sun", "0 7 ? * Sunday", "0 0 7 * * SUN"] {
            check(line, "UTC", "2025-01-01T00:00", &["2025-01-05T07:00:00+00", "2025-01-12T07:00:00+00"]);
        }
        for line in ["0 7 * * 1-5/2", "0 7 * * mon,wed,fri", "0 7 * * Mon-Fri/2"] {
            check(line, "UTC", "2025-01-01T08:00", &["2025-01-03T07:00:00+00", "2025-01-06T07:00:00+00"]);
        }
        for line in ["0 7 * * 6-7", "0 7 * * sat-sun", "@weekly"] {
            let first = schedule(line, "UTC").next(at("2025-01-04T12:00Z")).unwrap();
            assert_eq!(TimeZone::UTC.to_datetime(first).date(), civil::date(2025, 1, 5), "{line}");
        }
    }

    #[test]
    fn either_day_field_is_enough_when_both_restrict() {
        check(
            "0 7 2 * MON",
            "UTC",
            "2025-01-01T00:00",
            &["2025-01-02T07:00:00+00", "2025-01-06T07:00:00+00", "2025-01-13T07:00:00+00"],
        );
        // A field that starts with * does not restrict in that sense: odd days that are Mondays.
        check("0 7 */2 * MON", "UTC", "2025-01-01T00:00", &["2025-01-13T07:00:00+00", "2025-01-27T07:00:00+00"]);
    }

    #[test]
    fn seconds_and_years() {
        check(
            "15 30 6 1 JAN ? 2027-2028",
            "UTC",
            "2025-01-01T00:00",
            &["2027-01-01T06:30:15+00", "2028-01-01T06:30:15+00"],
        );
        assert_eq!(schedule("0 0 7 1 1 * 2024", "UTC").next(at("2025-01-01T00:00Z")), None);
    }

    #[test]
    fn a_day_that_never_comes_is_never_due() {
        let schedule = schedule("0 7 30 2 *", "Europe/Kyiv");
        assert_eq!(schedule.next(at("2025-01-01T00:00Z")), None);
        assert_eq!(schedule.previous(at("2025-01-01T00:00Z")), None);
    }

    #[test]
    fn missed_slots_become_one_edition() {
        let schedule = schedule("0 7 * * *", "Europe/Kyiv");
        let last = at("2025-03-27T07:00:00+02");
        let day = SignedDuration::from_hours(24);
        assert_eq!(schedule.due_edition(last, at("2025-03-28T06:59:59+02"), day * 3), None);

        let slots = ["2025-03-28T07:00:00+02", "2025-03-29T07:00:00+02", "2025-03-30T07:00:00+03"].map(at);
        let due = schedule.due_edition(last, at("2025-03-30T09:00:00+03"), day * 3).unwrap();
        assert_eq!(due, Due { covered: slots.to_vec(), skipped: Slots::default() });
        assert_eq!((due.slot(), due.last_slot()), (Some(slots[2]), Some(slots[2])));

        let due = schedule.due_edition(last, at("2025-03-30T09:00:00+03"), day).unwrap();
        assert_eq!(due.covered, &slots[2..]);
        assert_eq!(due.skipped, Slots { times: slots[..2].to_vec(), more: false });
    }

    #[test]
    fn slots_that_are_all_too_old_are_only_named() {
        let schedule = schedule("0 7 * * *", "UTC");
        let day = SignedDuration::from_hours(24);
        let due = schedule.due_edition(at("2025-01-01T07:00Z"), at("2025-01-02T09:00Z"), day / 24).unwrap();
        assert_eq!((due.slot(), due.last_slot()), (None, Some(at("2025-01-02T07:00Z"))));
        // Exactly as old as the window is not too old.
        let due = schedule.due_edition(at("2025-01-01T07:00Z"), at("2025-01-03T07:00Z"), day).unwrap();
        assert_eq!(due.covered, ["2025-01-02T07:00Z", "2025-01-03T07:00Z"].map(at));
        // The clock was set back.
        assert_eq!(schedule.due_edition(at("2025-01-03T07:00Z"), at("2025-01-02T09:00Z"), day), None);
    }

    #[test]
    fn a_slot_that_just_passed_is_due_even_without_catching_up() {
        let schedule = schedule("0 7 * * *", "UTC");
        let due = |now: &str| schedule.due_edition(at("2025-01-01T07:00Z"), at(now), SignedDuration::ZERO);
        assert_eq!(due("2025-01-02T07:15:00Z").unwrap().slot(), Some(at("2025-01-02T07:00Z")));
        assert_eq!(due("2025-01-02T07:15:01Z").unwrap().slot(), None);
    }

    #[test]
    fn years_of_missed_minutes_are_bounded() {
        let schedule = schedule("* * * * *", "UTC");
        let due = schedule.due_edition(Timestamp::MIN, at("2025-01-01T00:00Z"), SignedDuration::MAX).unwrap();
        assert_eq!((due.covered.len(), due.slot()), (SLOTS_MAX, Some(at("2025-01-01T00:00Z"))));
        assert_eq!((due.skipped.times.len(), due.skipped.more), (SLOTS_MAX, true));
    }

    /// Apia is first because it lacks a day, which the property about days leaves out.
    const ZONES: [&str; 8] = [
        "Pacific/Apia",
        "America/New_York",
        "Europe/Kyiv",
        "Africa/Cairo",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "America/Sao_Paulo",
        "UTC",
    ];

    proptest! {
        #[test]
        fn a_daily_line_is_due_once_for_every_day(
            zone in prop::sample::select(&ZONES[1..]), hour in 0..24, minute in 0..60, from in 0..700_000_000_i64,
        ) {
            let schedule = schedule(&format!("{minute} {hour} * * *"), zone);
            let start = Timestamp::from_second(1_300_000_000 + from).unwrap();
            let slots = schedule.upcoming(start, 400);
            prop_assert!(slots.windows(2).all(|pair| pair[0] < pair[1]));
            // A time in a gap is due when the gap ends, so it may show another time but never comes early.
            let time = civil::time(hour as i8, minute as i8, 0, 0);
            let exact = slots.iter().filter(|slot| schedule.zone.to_datetime(**slot).time() == time).count();
            prop_assert!(exact + 3 >= slots.len());
            let first = schedule.zone.to_datetime(slots[0]).date();
            let last = schedule.zone.to_datetime(slots[slots.len() - 1]).date();
            let days = (first.until(last).unwrap().get_days() + 1) as usize;
            prop_assert_eq!(slots.len(), days);
        }

        #[test]
        fn slots_are_those_of_next_and_previous(
            zone in prop::sample::select(&ZONES[..]), step in 1..60, from in 0..700_000_000_i64,
        ) {
            let schedule = schedule(&format!("*/{step} */3 * * *"), zone);
            let start = Timestamp::from_second(1_300_000_000 + from).unwrap();
            let slots = schedule.upcoming(start, 60);
            for pair in slots.windows(2) {
                prop_assert!(pair[0] < pair[1]);
                prop_assert_eq!(schedule.next(pair[1] - SignedDuration::from_nanos(1)), Some(pair[1]));
                prop_assert_eq!(schedule.previous(pair[1]), Some(pair[0]));
            }
        }

        #[test]
        fn no_line_makes_the_reader_panic(line in "[-0-9*/?,a-zA-Z@ é]{0,40}") {
            match Schedule::parse(&line, TimeZone::UTC) {
                Ok(schedule) => { schedule.next(Timestamp::MIN); schedule.next(Timestamp::MAX); }
                Err(mistakes) => {
                    prop_assert!(!mistakes.is_empty());
                    prop_assert!(mistakes.iter().all(|mistake| line.get(mistake.span.clone()).is_some()));
                }
            }
        }
    }
}
