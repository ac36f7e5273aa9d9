//! The command line of `proviso user`, as clap sees it.

use super::DaemonArgs;
use clap::{Args, Subcommand};
use proviso_archive::{RoleGrant, UserName};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Adds a user, and prints a first password, this once; it must be changed at the first sign-in.
    #[command(after_help = "Examples:\n  \
        proviso user add li.na --display '李娜' --role administrator\n  \
        proviso user add zhao --display 'Zhao Min' --role reviewer@bank/sales/risk --role employee@bank --person bank:1001\n  \
        proviso user add wang --display 'Wang' --role auditor --password-file first.txt")]
    Add(AddUserArgs),
    /// Lists the users: their roles, and whether they may sign in.
    #[command(after_help = "Example:\n  proviso user list --format json")]
    List(DaemonArgs),
    /// Gives a user just these roles; without any, none. Open sessions end where they differ.
    #[command(after_help = "Example:\n  proviso user roles zhao --role compliance-lead@bank --role employee@bank")]
    Roles {
        /// The user.
        name: UserName,
        #[command(flatten)]
        roles: RolesArgs,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
    /// Lets nobody sign in under a name any more, and ends its sessions.
    #[command(after_help = "Example:\n  proviso user disable zhao")]
    Disable(OneUserArgs),
    /// Lets a user who was disabled sign in again.
    #[command(after_help = "Example:\n  proviso user enable zhao")]
    Enable(OneUserArgs),
    /// Sets another first password and prints it, this once; it must be changed at the next sign-in. Sessions end.
    #[command(after_help = "Example:\n  proviso user password zhao")]
    Password {
        #[command(flatten)]
        user: OneUserArgs,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Asks for no second factor any more, for a user who lost it.
    #[command(after_help = "Example:\n  proviso user remove-totp zhao")]
    RemoveTotp(OneUserArgs),
    /// Lists the last sessions of a user, the latest first.
    #[command(after_help = "Example:\n  proviso user sessions zhao")]
    Sessions(OneUserArgs),
    /// Ends all sessions of a user, who may sign in again.
    #[command(after_help = "Example:\n  proviso user end-sessions zhao")]
    EndSessions(OneUserArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AddUserArgs {
    /// The name to sign in by: 1 to 64 of a-z, 0-9, `.`, `_` and `-`. It is given once.
    pub name: UserName,
    /// What people call the user.
    #[arg(long, value_name = "TEXT")]
    pub display: String,
    #[command(flatten)]
    pub roles: RolesArgs,
    /// Who that is in a tenant's directory.
    #[arg(long, value_name = "TENANT:NUMBER")]
    pub person: Option<String>,
    #[command(flatten)]
    pub password: PasswordArgs,
    #[command(flatten)]
    pub daemon: DaemonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RolesArgs {
    /// employee, manager, reviewer, compliance-lead or hr of a tenant; operator or auditor of one or of all; administrator. A manager's and a
    /// reviewer's may be narrowed to departments. May be given several times.
    #[arg(long = "role", value_name = "ROLE[@TENANT[/DEPARTMENT…]]")]
    pub roles: Vec<RoleGrant>,
}

#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// A file whose first line is the password, 12 to 1,024 bytes; default: one is made and printed.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct OneUserArgs {
    /// The user.
    pub name: UserName,
    #[command(flatten)]
    pub daemon: DaemonArgs,
}
