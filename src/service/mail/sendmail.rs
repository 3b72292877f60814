//! Messages handed to a program, as `sendmail -i -f SENDER -- RECIPIENT` takes them on standard input.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::{Outgoing, lost_lease, mask};
use crate::news::delivery::{Outcome, Reply, Stage};

/// How long the program may take for one message. It only queues; one that delivers itself is given as long as a server.
const PROGRAM_SECONDS_MAX: u64 = 600;

/// The statuses of sysexits.h by which a program says that this message will never do, and what a server would say then
/// (RFC 3463). All others speak of the program or the machine, 64 (bad usage) of us: those may be mended.
const NEVER: [(i32, Stage, u16, &str); 3] = [
    (65, Stage::Content, 554, "5.6.0"),   // EX_DATAERR
    (67, Stage::Recipient, 550, "5.1.1"), // EX_NOUSER
    (68, Stage::Recipient, 550, "5.1.2"), // EX_NOHOST
];

/// How much of what the program prints is kept.
const SAID_CHARS_MAX: usize = 500;

pub(super) async fn send(program: &Path, message: Outgoing<'_>, go_ahead: impl AsyncFnOnce() -> bool) -> Outcome {
    let not_sent = |stage, error: std::io::Error| Outcome::NotSent {
        stage,
        reason: format!("{error}; check that {} is the program that takes messages", program.display()),
    };
    let mut command = Command::new(program);
    command.args(["-i", "-f", message.from.as_ref(), "--", message.to.as_ref()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return not_sent(Stage::Connecting, error),
    };
    if !go_ahead().await {
        return lost_lease();
    }
    let Some(mut input) = child.stdin.take() else {
        return not_sent(Stage::Data, std::io::ErrorKind::BrokenPipe.into());
    };
    let run = async {
        // Programs take the line ends of this system.
        let text: Vec<u8> = message.bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
        let written = input.write_all(&text).await;
        drop(input);
        (written, child.wait_with_output().await)
    };
    let (written, output) = match timeout(Duration::from_secs(PROGRAM_SECONDS_MAX), run).await {
        Ok((written, Ok(output))) => (written, output),
        Ok((_, Err(error))) => return Outcome::Unknown { reason: error.to_string() },
        Err(_) => return Outcome::Unknown { reason: format!("it did not end within {PROGRAM_SECONDS_MAX} s") },
    };
    let said = String::from_utf8_lossy(if output.stderr.is_empty() { &output.stdout } else { &output.stderr });
    let words: Vec<&str> = said.split_whitespace().collect();
    let text: String = words.join(" ").chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect();
    let text = text.replace(message.to.as_ref() as &str, &mask(message.to.as_ref()));
    let never = |status| NEVER.into_iter().find(|(known, ..)| *known == status);
    match output.status.code() {
        Some(0) if written.is_ok() => Outcome::Accepted { reply: Reply { code: 250, text } },
        Some(0) => Outcome::Unknown { reason: "the program did not read the whole message".to_owned() },
        // What ends by itself has said that it did not take the message; what was killed has said nothing.
        Some(status) => match never(status) {
            Some((_, stage, code, enhanced)) => {
                let text = format!("{enhanced} exit status {status}: {text}");
                Outcome::Rejected { stage, reply: Reply { code, text } }
            }
            None => Outcome::NotSent { stage: Stage::Content, reason: format!("exit status {status}: {text}") },
        },
        None => Outcome::Unknown { reason: "the program was killed".to_owned() },
    }
}
