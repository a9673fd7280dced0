//! `aludel refresh`: what a refresh would be made of, its life, and what a person decides about it.

mod plan;
mod start;
mod status;
mod wish;

use std::process::ExitCode;

/// Train a model anew when the field has moved, and promote only what is better
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show what a refresh would be made of now, and what speaks against it; starts nothing
    Plan(plan::Args),
    /// Begin a refresh now, whatever the rules say; the running service does it, else this command
    Start(start::Args),
    /// Show the refreshes, the open one with its last step, and what the month has used
    Status(status::Args),
    /// Let the evaluated candidate be the champion
    Promote(wish::Args),
    /// End the open refresh
    Discard(wish::Args),
    /// Let the open refresh leave the machine, with a checkpoint, until `resume`
    Pause(wish::Args),
    /// Let a paused refresh go on
    Resume(wish::Args),
    /// Let the champion be the version it was before
    Rollback(wish::RollbackArgs),
}

/// # Errors
/// Whatever stopped the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Plan(args) => plan::run(args),
        Command::Start(args) => start::run(args),
        Command::Status(args) => status::run(args),
        Command::Promote(args) => wish::run(args, wish::Wish::Promote),
        Command::Discard(args) => wish::run(args, wish::Wish::Discard),
        Command::Pause(args) => wish::run(args, wish::Wish::Pause),
        Command::Resume(args) => wish::run(args, wish::Wish::Resume),
        Command::Rollback(args) => wish::rollback(args),
    }
}
