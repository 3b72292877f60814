//! Replies and silences → what they say of a message.

use std::fmt;

use lettre::transport::smtp::response::Response;

use super::REPLY_CHARS_MAX;
use crate::news::delivery::{Outcome, Reply, Stage};
use crate::service::mail::mask;

/// A stage that did not succeed.
pub(super) struct Failure {
    pub(super) stage: Stage,
    pub(super) says: Says,
}

/// Who ended it: the server by a reply, or the line.
pub(super) enum Says {
    Reply(Reply),
    Nothing(String),
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(reply) => reply.fmt(f),
            Self::Nothing(reason) => f.write_str(reason),
        }
    }
}

impl Failure {
    pub(super) fn new(stage: Stage, reason: impl Into<String>) -> Self {
        Self { stage, says: Says::Nothing(reason.into()) }
    }

    pub(super) fn smtp(stage: Stage, error: &lettre::transport::smtp::Error) -> Self {
        let says = match error.status().and_then(|code| code.to_string().parse().ok()) {
            Some(code) => Says::Reply(reply(code, &std::error::Error::source(error).map(ToString::to_string))),
            None => Says::Nothing(error.to_string()),
        };
        Self { stage, says }
    }

    /// The outcome where nothing was said about this message or its recipient.
    pub(super) fn not_sent(self) -> Outcome {
        Outcome::NotSent { stage: self.stage, reason: self.says.to_string() }
    }

    /// The outcome where a reply is about this message and its recipient.
    pub(super) fn refused(self, to: &str) -> Outcome {
        let stage = self.stage;
        match self.says {
            Says::Reply(Reply { code, text }) => {
                let reply = Reply { code, text: text.replace(to, &mask(to)) };
                match code {
                    500..=599 => Outcome::Rejected { stage, reply },
                    _ => Outcome::Deferred { stage, reply },
                }
            }
            Says::Nothing(reason) => Outcome::NotSent { stage, reason },
        }
    }
}

/// Why a message was not announced.
pub(super) enum Refusal {
    /// Nothing is said about this message or its recipient.
    Sender(Failure),
    /// The server will not have it, now or ever; or broke off after it had taken the sender.
    Message(Outcome),
    Unsendable(String),
}

fn reply(code: u16, text: &Option<String>) -> Reply {
    let words: Vec<_> = text.iter().flat_map(|text| text.split_whitespace()).collect();
    Reply { code, text: words.join(" ").chars().filter(|c| !c.is_control()).take(REPLY_CHARS_MAX).collect() }
}

pub(super) fn accepted(response: &Response, to: &str) -> Reply {
    let lines: Vec<_> = response.message().collect();
    let Reply { code, text } = reply(250, &Some(lines.join(" ")));
    Reply { code, text: text.replace(to, &mask(to)) }
}
