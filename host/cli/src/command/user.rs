//! `proviso user …`: who may sign in to the console.
//!
//! A daemon that runs is asked, with the operator's token; where none does, the command writes the archive itself. Passwords are hashed
//! here, and are nowhere else.

use crate::cli::{AddUserArgs, DaemonArgs, OneUserArgs, OutputFormat, PasswordArgs, UserCommand};
use crate::exit::{Ending, Usage};
use crate::looking::{Looking, NOTHING, Writing};
use crate::show::table::{Columns, clip};
use crate::who;
use anyhow::Context as _;
use proviso_archive::{RoleGrant, UserName};
use proviso_console::password::{self, Password};
use proviso_console::people::{self, OperatorChangeV1, PeopleError, PersonV1, RoleV1, SessionsV1, UserV1, UsersV1};
use proviso_daemon::config::Config;
use proviso_pack::regular_file;
use proviso_pipeline::places;
use serde_json::json;

/// Bytes of a file with a password, at most.
const PASSWORD_FILE_BYTES_MAX: usize = 4 << 10;
/// Columns that roles may take in a table.
const ROLES_COLUMNS: usize = 60;

pub(crate) fn run(command: &UserCommand, colour: bool) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(done(command, colour))
}

async fn done(command: &UserCommand, colour: bool) -> anyhow::Result<Ending> {
    match command {
        UserCommand::Add(args) => add(args).await,
        UserCommand::List(daemon) => list(daemon, colour).await,
        UserCommand::Roles { name, roles, daemon } => {
            let change = OperatorChangeV1::Roles {
                name: name.to_string(),
                roles: handed(&roles.roles),
            };
            changed(
                daemon,
                change,
                name,
                "has these roles, and its sessions have ended if they differ",
            )
            .await
        }
        UserCommand::Disable(user) => state(user, true).await,
        UserCommand::Enable(user) => state(user, false).await,
        UserCommand::Password { user, password } => set_password(user, password).await,
        UserCommand::RemoveTotp(OneUserArgs { name, daemon }) => {
            let change = OperatorChangeV1::RemoveTotp { name: name.to_string() };
            changed(daemon, change, name, "is asked for no second factor any more").await
        }
        UserCommand::Sessions(user) => sessions(user, colour).await,
        UserCommand::EndSessions(OneUserArgs { name, daemon }) => {
            let change = OperatorChangeV1::EndSessions { name: name.to_string() };
            changed(daemon, change, name, "has no open session any more").await
        }
    }
}

fn handed(roles: &[RoleGrant]) -> Vec<RoleV1> {
    roles.iter().map(RoleV1::of).collect()
}

async fn add(args: &AddUserArgs) -> anyhow::Result<Ending> {
    let person = args.person.as_deref().map(person_of).transpose()?;
    let (password, is_made) = first_password(&args.password, &args.name)?;
    let change = OperatorChangeV1::Add {
        name: args.name.to_string(),
        display: args.display.clone(),
        person,
        hash: password::hash(&password)?.as_str().to_owned(),
        roles: handed(&args.roles.roles),
    };
    make(&args.daemon, change).await?;
    tell_password(&args.daemon, &args.name, is_made.then_some(&password));
    Ok(Ending::Well)
}

fn person_of(text: &str) -> anyhow::Result<PersonV1> {
    let parts = text
        .split_once(':')
        .filter(|(tenant, number)| !tenant.is_empty() && !number.is_empty());
    let Some((tenant, number)) = parts else {
        let shown = &text[..text.floor_char_boundary(64)];
        return Err(Usage(format!(
            "--person is {shown:?}: expected TENANT:NUMBER, as in bank:1001"
        ))
        .into());
    };
    let (tenant, number) = (tenant.to_owned(), number.to_owned());
    Ok(PersonV1 { tenant, number })
}

/// The first password of a user, and whether it was made here.
fn first_password(args: &PasswordArgs, name: &UserName) -> anyhow::Result<(Password, bool)> {
    let Some(path) = &args.password_file else {
        return Ok((Password::once()?, true));
    };
    let text = regular_file::read_text(path, PASSWORD_FILE_BYTES_MAX)
        .with_context(|| format!("cannot read the password file {}", path.display()))?;
    let password = Password::shown(text.lines().next().unwrap_or_default().to_owned());
    password
        .check(name.as_str())
        .map_err(|error| Usage(format!("{}:1: {error}", path.display())))?;
    Ok((password, false))
}

/// The password alone on standard output, for a pipe into a file.
fn tell_password(daemon: &DaemonArgs, name: &UserName, made: Option<&Password>) {
    match (daemon.format, made) {
        (OutputFormat::Json, made) => {
            let told = json!({ "name": name.as_str(), "password_once": made.map(Password::as_str) });
            crate::show::json(format_args!("{told}"));
        }
        (OutputFormat::Table, Some(password)) => {
            crate::show::error_line(format_args!(
                "The first password of {name}, which is shown this once and kept nowhere; it must be changed at the first sign-in:"
            ));
            crate::show::line(format_args!("{}", password.as_str()));
        }
        (OutputFormat::Table, None) => {
            crate::show::line(format_args!(
                "{name} signs in by that password, and must change it then"
            ));
        }
    }
}

async fn set_password(user: &OneUserArgs, args: &PasswordArgs) -> anyhow::Result<Ending> {
    let (password, is_made) = first_password(args, &user.name)?;
    let change = OperatorChangeV1::Password {
        name: user.name.to_string(),
        hash: password::hash(&password)?.as_str().to_owned(),
    };
    make(&user.daemon, change).await?;
    tell_password(&user.daemon, &user.name, is_made.then_some(&password));
    Ok(Ending::Well)
}

async fn state(user: &OneUserArgs, disabled: bool) -> anyhow::Result<Ending> {
    let change = OperatorChangeV1::State {
        name: user.name.to_string(),
        disabled,
    };
    let said = if disabled {
        "is disabled, and its sessions have ended"
    } else {
        "is enabled"
    };
    changed(&user.daemon, change, &user.name, said).await
}

async fn changed(daemon: &DaemonArgs, change: OperatorChangeV1, name: &UserName, said: &str) -> anyhow::Result<Ending> {
    make(daemon, change).await?;
    match daemon.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!({ "changed": name.as_str() }))),
        OutputFormat::Table => crate::show::line(format_args!("{name} {said}")),
    }
    Ok(Ending::Well)
}

async fn make(daemon: &DaemonArgs, change: OperatorChangeV1) -> anyhow::Result<()> {
    let config = Config::read(&daemon.config)?;
    match Writing::open(&config, &daemon.token).await? {
        Writing::Daemon(client) => {
            client.post("/v1/users", &json!(change))?;
        }
        Writing::Here(archive) => {
            let made = people::change(&archive, change, places::now(), &who::runs_this()).await;
            archive.close().await;
            made.map_err(of_whom)?;
        }
    }
    Ok(())
}

/// What whoever asked can mend is wrong use.
fn of_whom(error: PeopleError) -> anyhow::Error {
    if error.is_of_the_caller() {
        Usage(error.to_string()).into()
    } else {
        error.into()
    }
}

async fn list(daemon: &DaemonArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&daemon.config)?;
    let looking = Looking::begin(&config, &daemon.token).await?;
    let mut table = Columns::new(colour, &["name", "called", "roles", "second factor", "added", "now"]);
    let (mut after, mut count) = (0, 0);
    loop {
        let UsersV1 { users, next } = match &looking {
            Looking::File(archive) => people::list(archive, after).await?,
            Looking::Daemon(client) => {
                let page: Option<UsersV1> = client.look("/v1/users", &[("after", &after.to_string())])?;
                page.context(NOTHING)?
            }
        };
        count += users.len();
        for user in &users {
            match daemon.format {
                OutputFormat::Json => crate::show::json(format_args!("{}", json!(user))),
                OutputFormat::Table => table.row(row_of(user)),
            }
        }
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    if daemon.format == OutputFormat::Table {
        match count {
            0 => crate::show::error_line(format_args!("there is no user: `proviso user add` makes the first")),
            _ => table.print(&mut std::io::stdout())?,
        }
    }
    Ok(Ending::Well)
}

fn row_of(user: &UserV1) -> [String; 6] {
    let roles: Vec<String> = user.roles.iter().map(said).collect();
    let now = match (&user.disabled_at, user.must_change_password) {
        (Some(at), _) => format!("disabled since {at}"),
        (None, true) => "must change the password".to_owned(),
        (None, false) => "signs in".to_owned(),
    };
    [
        user.name.clone(),
        clip(&user.display, 24),
        clip(&roles.join(", "), ROLES_COLUMNS),
        if user.totp { "yes" } else { "no" }.to_owned(),
        user.added_at.clone(),
        now,
    ]
}

fn said(role: &RoleV1) -> String {
    let tenant = role
        .tenant
        .as_ref()
        .map(|tenant| format!("@{tenant}"))
        .unwrap_or_default();
    let mut departments = String::new();
    for department in &role.departments {
        departments.push('/');
        departments.push_str(department);
    }
    format!("{}{tenant}{departments}", role.role)
}

async fn sessions(OneUserArgs { name, daemon }: &OneUserArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&daemon.config)?;
    let SessionsV1 { sessions } = match Looking::begin(&config, &daemon.token).await? {
        Looking::File(archive) => people::sessions(&archive, name.as_str(), places::now())
            .await
            .map_err(of_whom)?,
        Looking::Daemon(client) => {
            let found: Option<SessionsV1> = client.look("/v1/users/sessions", &[("name", name.as_str())])?;
            found.context(NOTHING)?
        }
    };
    let mut table = Columns::new(colour, &["session", "opened", "ends", "ended", "by", "why"]);
    for one in &sessions {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        match daemon.format {
            OutputFormat::Json => crate::show::json(format_args!("{}", json!(one))),
            OutputFormat::Table => table.row([
                one.number.to_string(),
                one.opened_at.clone(),
                one.ends_at.clone(),
                or_dash(&one.ended_at),
                or_dash(&one.ended_by),
                if one.open { "open".to_owned() } else { or_dash(&one.why) },
            ]),
        }
    }
    if daemon.format == OutputFormat::Table {
        if sessions.is_empty() {
            crate::show::error_line(format_args!("{name} has never signed in"));
        } else {
            table.print(&mut std::io::stdout())?;
        }
    }
    Ok(Ending::Well)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_a_tenants_number() {
        let person = person_of("bank:10:01").unwrap();
        assert_eq!((person.tenant.as_str(), person.number.as_str()), ("bank", "10:01"));
        for bad in ["", "bank", "bank:", ":1001"] {
            assert!(person_of(bad).unwrap_err().is::<Usage>(), "{bad}");
        }
    }
}
