//! The command line: reads flags, calls the crates, prints, and ends with a code.

mod building;
mod cli;
mod client;
mod command;
mod exit;
mod looking;
mod naming;
mod partial;
mod passphrase;
mod period;
mod reading;
mod recorded_input;
mod recorded_pages;
mod replaying;
mod sample;
mod show;
mod tally;
mod verdict_json;
mod who;
mod witness_client;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

/// Gives memory back that a transaction or the building of a generation took on one of many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What `proviso` does, with the flags of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let colour = show::table::wants_colour(cli.color);
    exit::report(match &cli.command {
        Command::Demo(args) => command::demo::run(args, colour),
        Command::Eval(args) => command::eval::run(args, colour),
        Command::Backtest(args) => command::backtest::run(args, colour),
        Command::Serve(args) => command::serve::run(args),
        Command::Pack(sub) => command::pack::run(sub, colour),
        Command::Policy(sub) => command::policy::run(sub, colour),
        Command::Archive(sub) => command::archive::run(sub, colour),
        Command::Audit(sub) => command::audit::run(sub, colour),
        Command::Consent(sub) => command::consent::run(sub, colour),
        Command::Facts(sub) => command::facts::run(sub, colour),
        Command::Directory(sub) => command::directory::run(sub, colour),
        Command::Replay(args) => command::replay::run(args, colour),
        Command::Retention(sub) => command::retention::run(sub, colour),
        Command::Hold(sub) => command::hold::run(sub, colour),
        Command::Request(sub) => command::request::run(sub, colour),
        Command::Keys(sub) => command::keys::run(sub, colour),
        Command::Token(sub) => command::token::run(sub, colour),
        Command::User(sub) => command::user::run(sub, colour),
        Command::Doctor(args) => command::doctor::run(args, colour),
    })
}
