//! How often one visitor, and all together, may ask for a mail to be sent.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

/// Over this time requests are counted.
const WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Of one visitor: a family behind one address signs up, a program that tries addresses does not get far.
const OF_ONE_MAX: usize = 5;

/// Of all together: more people than this do not sign up, and a bot with many addresses cannot use us to flood others.
const OF_ALL_MAX: usize = 300;

/// The requests of the last minutes.
#[derive(Debug, Default)]
pub struct Requests {
    at: VecDeque<(Timestamp, IpAddr)>,
    of_one: HashMap<IpAddr, usize>,
}

impl Requests {
    /// Counts a request; whether it is within the limits.
    pub fn admit(&mut self, visitor: IpAddr, now: Timestamp) -> bool {
        while let Some((_, visitor)) = self.at.front().copied().filter(|(at, _)| now.duration_since(*at) > WITHIN) {
            self.at.pop_front();
            if let Some(count) = self.of_one.get_mut(&visitor) {
                *count -= 1;
                if *count == 0 {
                    self.of_one.remove(&visitor);
                }
            }
        }
        let before = self.of_one.get(&visitor).copied().unwrap_or(0);
        if self.at.len() >= OF_ALL_MAX || before >= OF_ONE_MAX {
            return false;
        }
        self.at.push_back((now, visitor));
        self.of_one.insert(visitor, before + 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_and_all_together_are_held_to_a_rate() {
        let mut requests = Requests::default();
        let start = Timestamp::UNIX_EPOCH;
        let visitor = |nth: u32| IpAddr::from(nth.to_be_bytes());
        for _ in 0..OF_ONE_MAX {
            assert!(requests.admit(visitor(1), start));
        }
        assert!(!requests.admit(visitor(1), start) && requests.admit(visitor(2), start));
        assert!(!requests.admit(visitor(1), start + WITHIN));
        let later = start + WITHIN + SignedDuration::from_secs(1);
        assert!(requests.admit(visitor(1), later));
        let admitted = (10..1_000).filter(|nth| requests.admit(visitor(*nth), later)).count();
        assert_eq!(admitted, OF_ALL_MAX - 1);
        assert!(requests.admit(visitor(5), later + WITHIN + WITHIN));
        assert_eq!(requests.of_one.len(), 1, "what is past is forgotten");
    }
}
