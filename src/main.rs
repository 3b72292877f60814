use std::process::ExitCode;

use clap::Parser;
use daybrief::cli::{self, Cli, Terminal};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::detect();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return terminal.fail(&anyhow::Error::from(error).context("failed to start the runtime")).into(),
    };
    let status = runtime.block_on(cli::run(cli, terminal));
    // A read of standard input that nobody waits for any more must not keep the program alive.
    runtime.shutdown_background();
    status.into()
}
