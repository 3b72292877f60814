//! What a person sees: colour, progress, errors. A pipe gets neither colour nor progress.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Status;
use crate::config::{self, ConfigError};
use crate::service::store::StoreError;

/// What became of writing to standard output: a reader that has seen enough (`| head`) is no error.
pub fn as_far_as_read(written: anyhow::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) => {
            Ok(())
        }
        written => written,
    }
}

/// Where output goes, and what it may look like there.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Standard error is a terminal.
    live: bool,
    colour: bool,
}

impl Terminal {
    pub fn detect() -> Self {
        let live = io::stderr().is_terminal();
        Self { live, colour: live && !config::no_color() }
    }

    pub fn colour(self) -> bool {
        self.colour
    }

    /// A note to the person, on standard error.
    pub fn note(self, text: &str) {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// A result, on standard output.
    ///
    /// # Errors
    /// When standard output is closed; a reader that went away early (`| head`) is no error.
    pub fn print(self, text: &str) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        let written = out
            .write_all(text.as_bytes())
            .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") });
        as_far_as_read(written.map_err(Into::into))
    }

    /// Prints an error with its causes and tells which exit status it deserves.
    pub fn fail(self, error: &anyhow::Error) -> Status {
        if let Some(mistakes) = error.downcast_ref::<ConfigError>() {
            self.note(mistakes.render(self.colour).trim_end());
            return Status::Usage;
        }
        let (red, plain) = if self.colour { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
        // A store's error that nobody put into a sentence is a fragment still.
        let bare = error.chain().next().and_then(|outermost| outermost.downcast_ref::<StoreError>()).is_some();
        let failed_to = if bare { "failed to " } else { "" };
        self.note(&format!("{red}error{plain}: {failed_to}{error:#}"));
        if error.is::<Misuse>() { Status::Usage } else { Status::Failed }
    }

    /// A progress display on standard error that vanishes when it is finished; hidden without a terminal.
    pub fn progress(self) -> ProgressBar {
        if !self.live {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{spinner} {prefix} {pos}/{len} {wide_msg}");
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}

/// The command line asks for something that cannot be; says what to write instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misuse(pub String);
