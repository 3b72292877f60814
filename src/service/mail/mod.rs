//! Finished messages → outcomes: over SMTP, through a sendmail program, or into a directory.
//!
//! What is sent is exactly the bytes that are given; building them is the business of `news::message`. What an outcome
//! means for a delivery is decided in [`crate::news::delivery`].

mod content;
mod dkim;
mod post;
mod relay;
mod sendmail;
mod smtp;

use std::path::{Path, PathBuf};

use lettre::Address;
use tokio::{fs, io::AsyncWriteExt as _};

pub use dkim::Signer;
pub use post::Post;
pub use relay::{Relay, RelayError, TimeLimits, client_tls};
pub use smtp::{Login, LoginError, Smtp};

use crate::{
    config::{self, Transport},
    news::delivery::{Outcome, Reply, Stage},
};

/// The longest file name stem that a Message-ID gives, in bytes: below the 255 of common file systems.
const FILE_STEM_BYTES_MAX: usize = 200;

/// Where messages go. One mailer sends one message at a time; [`Mailer::lane`] gives another for sending in parallel.
#[derive(Debug)]
pub enum Mailer {
    Smtp(Smtp),
    Directory(PathBuf),
    /// A program that takes the message on standard input, as sendmail does.
    Sendmail(PathBuf),
}

/// One finished message for one recipient.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'m> {
    /// Where bounces go: the envelope sender.
    pub from: &'m Address,
    pub to: &'m Address,
    /// As [`crate::news::delivery::message_id`] made it.
    pub message_id: &'m str,
    /// Headers and body, RFC 5322.
    pub bytes: &'m [u8],
}

/// Why messages cannot go where they are configured to go.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Server(#[from] LoginError),
    #[error("write to the directory {path} for messages: {source}; check that it is a directory one can write to")]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("find the program {path} that takes messages: {source}; check `sendmail` under [mail]")]
    Program { path: PathBuf, source: std::io::Error },
}

impl Mailer {
    /// The mailer that is configured. The mail server is not asked yet.
    pub fn new(mail: &config::Mail) -> Result<Self, RelayError> {
        Ok(match &mail.transport {
            Transport::Directory(directory) => Self::Directory(directory.clone()),
            Transport::Smtp(relays) => {
                let relays = relays.iter().map(|settings| Relay::new(settings, mail.from.email.domain()));
                Self::Smtp(Smtp::new(relays.collect::<Result<Vec<_>, _>>()?))
            }
            Transport::Sendmail(program) => Self::Sendmail(program.clone()),
        })
    }

    /// Tries the way to the mail server, or into the directory, without sending anything; tells what it found.
    pub async fn check(&self) -> Result<String, CheckError> {
        match self {
            Self::Smtp(smtp) => {
                let logins = smtp.check().await?;
                Ok(logins.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            }
            Self::Sendmail(program) => match fs::metadata(program).await {
                Ok(_) => Ok(format!("messages are handed to {}", program.display())),
                Err(source) => Err(CheckError::Program { path: program.clone(), source }),
            },
            Self::Directory(directory) => {
                let unwritable = |source| CheckError::Directory { path: directory.clone(), source };
                let trial = directory.join(format!(".check-{}", std::process::id()));
                fs::create_dir_all(directory).await.map_err(unwritable)?;
                fs::write(&trial, b"").await.map_err(unwritable)?;
                fs::remove_file(&trial).await.map_err(unwritable)?;
                Ok(format!("messages are written to {}", directory.display()))
            }
        }
    }

    /// A mailer of the same kind with a connection of its own.
    pub fn lane(&self) -> Self {
        match self {
            Self::Smtp(smtp) => Self::Smtp(smtp.lane()),
            Self::Directory(directory) => Self::Directory(directory.clone()),
            Self::Sendmail(program) => Self::Sendmail(program.clone()),
        }
    }

    /// Sends one message, and may tell the server of the next one with it.
    ///
    /// Whether `next` is sent is not decided by that: where another message, or none, is sent after this one, the connection
    /// is given up. See [`Mailer::send`].
    pub async fn send_before(
        &mut self,
        next: Option<Outgoing<'_>>,
        message: Outgoing<'_>,
        go_ahead: impl AsyncFnOnce() -> bool,
    ) -> Outcome {
        match self {
            Self::Smtp(smtp) => smtp.send_before(next, message, go_ahead).await,
            _ => self.send(message, go_ahead).await,
        }
    }

    /// Sends one message.
    ///
    /// `go_ahead` has answered before any of the message is sent: there the caller stores that the delivery is
    /// transmitting, and says whether it is still its own. If not, nothing is sent. It may be asked while the server is
    /// still being told of the message, so a message it was asked for may come back not sent.
    pub async fn send(&mut self, message: Outgoing<'_>, go_ahead: impl AsyncFnOnce() -> bool) -> Outcome {
        match self {
            Self::Smtp(smtp) => smtp.send(message, go_ahead).await,
            Self::Sendmail(program) => sendmail::send(program, message, go_ahead).await,
            Self::Directory(directory) => {
                if !go_ahead().await {
                    return lost_lease();
                }
                match write_message(directory, message).await {
                    Ok(path) => Outcome::Accepted { reply: Reply { code: 250, text: path.display().to_string() } },
                    Err(error) => Outcome::NotSent {
                        stage: Stage::Content,
                        reason: format!("{error}; check that {} is a directory one can write to", directory.display()),
                    },
                }
            }
        }
    }

    /// Ends the conversation with the server politely, when there is one.
    pub async fn close(&mut self) {
        match self {
            Self::Smtp(smtp) => smtp.close().await,
            Self::Directory(_) | Self::Sendmail(_) => {}
        }
    }
}

/// The outcome when another worker has taken over.
fn lost_lease() -> Outcome {
    Outcome::NotSent { stage: Stage::Data, reason: "the delivery belongs to another worker by now".to_owned() }
}

/// Writes a message under its Message-ID, so that the same message again is the same file, and never half of one.
async fn write_message(directory: &Path, message: Outgoing<'_>) -> std::io::Result<PathBuf> {
    fs::create_dir_all(directory).await?;
    let stem: String = message
        .message_id
        .trim_matches(['<', '>'])
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "@-_.".contains(c) { c } else { '_' })
        .take(FILE_STEM_BYTES_MAX)
        .collect();
    let path = directory.join(format!("{stem}.eml"));
    let unfinished = directory.join(format!(".{stem}.part"));
    let mut file = fs::File::create(&unfinished).await?;
    file.write_all(message.bytes).await?;
    file.sync_all().await?;
    fs::rename(&unfinished, &path).await?;
    Ok(path)
}

/// An address as logs may show it: `r…@inbox.example`. The domain stays, as most delivery trouble is a domain's.
pub fn mask(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}…@{domain}", local.chars().next().map(String::from).unwrap_or_default()),
        None => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_masked() {
        #[track_caller]
        fn check(address: &str, expected: &str) {
            assert_eq!(mask(address), expected);
        }
        check("reader@inbox.example", "r…@inbox.example");
        check("é@inbox.example", "é…@inbox.example");
        check("\"a@b\"@inbox.example", "\"…@inbox.example");
        check("not an address", "…");
        check("@x", "…@x");
    }
}
