//! The `aludel` program.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match aludel::cli::run(aludel::cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("aludel: {}", aludel::cli::told(&error));
            ExitCode::FAILURE
        }
    }
}
