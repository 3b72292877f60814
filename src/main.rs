use std::process::ExitCode;

use clap::Parser;
use daybrief::cli::{self, Cli, Terminal};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::detect();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return terminal.fail(&anyhow::Error::from(error).context("start the runtime")).into(),
    };
    runtime.block_on(cli::run(cli, terminal)).into()
}
