//! People who sign in: names, roles, passwords, second factors and sessions.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::keys::rewrap_all;
use crate::log::whole;
use crate::support::{at, fresh, raw_connection, wei};
use proviso_archive::{
    Archive, Change, CommitError, DirectoryPerson, KeyVersion, NewSession, NewUser, NoRoleGrant, PasswordHash,
    PeopleChange, ROLE_DEPARTMENTS_MAX, Receipt, RefusedSignIn, Role, RoleGrant, SESSIONS_OPEN_MAX, SessionEnd,
    TotpSecret, USER_NAME_BYTES_MAX, USER_ROLES_MAX, UserName, UserRefusal,
};
use proviso_model::{Digest, Timestamp};
use proviso_rows::each_row;
use sqlx::Connection as _;

pub(crate) fn named(name: &str) -> UserName {
    name.parse().unwrap()
}

/// The hash of some password.
pub(crate) fn hash(of: &str) -> PasswordHash {
    PasswordHash::new(format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${of}")).unwrap()
}

fn roles(texts: &[&str]) -> Vec<RoleGrant> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn new(name: &str, given: &[&str]) -> NewUser {
    NewUser {
        name: named(name),
        display: "王 芳".into(),
        person: Some(DirectoryPerson {
            tenant: "bank".into(),
            number: "1001".into(),
        }),
        password: hash("first"),
        roles: roles(given),
    }
}

async fn change_at(archive: &Archive, change: PeopleChange<'_>, at: Timestamp) -> Result<Receipt, UserRefusal> {
    match archive.commit(Change::People { change, at }, &wei()).await {
        Ok(receipt) => Ok(receipt),
        Err(CommitError::User(refusal)) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

async fn change(archive: &Archive, change: PeopleChange<'_>) -> Result<Receipt, UserRefusal> {
    change_at(archive, change, at(10)).await
}

pub(crate) async fn add(archive: &Archive, name: &str, given: &[&str]) {
    change(archive, PeopleChange::Add(&new(name, given))).await.unwrap();
}

pub(crate) async fn give(archive: &Archive, name: &str, given: &[&str]) {
    let (name, roles) = (&named(name), &*roles(given));
    change(archive, PeopleChange::Roles { name, roles }).await.unwrap();
}

fn token(n: u8) -> Digest {
    Digest::of(&[n])
}

async fn open_with(archive: &Archive, name: &str, n: u8, password: i64, step: Option<i64>) -> Result<i64, UserRefusal> {
    let new = NewSession {
        name: &named(name),
        token: &token(n),
        password,
        step,
        ends_at: at(1_000),
    };
    match change(archive, PeopleChange::Open(&new)).await? {
        Receipt::Session { number } => Ok(number),
        other => panic!("{other:?}"),
    }
}

/// Opens a session with the password that the user has.
async fn open(archive: &Archive, name: &str, n: u8) -> i64 {
    let password = archive.credentials(&named(name)).await.unwrap().unwrap().password;
    open_with(archive, name, n, password, None).await.unwrap()
}

async fn set_password(archive: &Archive, name: &str, of: &str, keeps: Option<i64>) {
    let password = PeopleChange::Password {
        name: &named(name),
        hash: &hash(of),
        must_change: false,
        keeps,
    };
    change(archive, password).await.unwrap();
}

async fn set_roles(archive: &Archive, name: &str, given: &[&str]) -> Result<(), UserRefusal> {
    let (name, roles) = (named(name), roles(given));
    let given = PeopleChange::Roles {
        name: &name,
        roles: &roles,
    };
    change(archive, given).await.map(|_| ())
}

pub(crate) async fn disable(archive: &Archive, name: &str, disabled: bool) -> Result<(), UserRefusal> {
    let name = named(name);
    let disabling = PeopleChange::Disabled { name: &name, disabled };
    change(archive, disabling).await.map(|_| ())
}

async fn set_totp(archive: &Archive, name: &str, secret: Option<[u8; 20]>) -> Result<(), UserRefusal> {
    let (name, secret) = (named(name), secret.map(TotpSecret::new));
    let totp = PeopleChange::Totp {
        name: &name,
        secret: secret.as_ref(),
        step: None,
    };
    change(archive, totp).await.map(|_| ())
}

/// Why each session of a user ended, the latest first; empty of one that is open.
async fn ends(archive: &Archive, name: &str) -> Vec<String> {
    let sessions = archive.sessions_of(&named(name), 100).await.unwrap();
    let why = sessions.into_iter().map(|one| one.ended.map(|(.., why)| why));
    why.map(Option::unwrap_or_default).collect()
}

/// Everything that can be done with people, for those who alter it.
pub(crate) async fn everything(archive: &Archive) {
    for (name, given) in [
        ("li.na", "reviewer@bank/sales/risk"),
        ("zhao", "auditor"),
        ("chen", "hr@shop"),
    ] {
        add(archive, name, &[given, "employee@bank"]).await;
    }
    set_password(archive, "li.na", "second", None).await;
    set_roles(archive, "li.na", &["compliance-lead@bank", "employee@bank"])
        .await
        .unwrap();
    for secret in [Some([1; 20]), None, Some([2; 20])] {
        set_totp(archive, "zhao", secret).await.unwrap();
    }
    set_totp(archive, "chen", Some([3; 20])).await.unwrap();
    for (disabled, name) in [(true, "li.na"), (false, "li.na"), (true, "chen")] {
        disable(archive, name, disabled).await.unwrap();
    }
    for n in 0..3 {
        open(archive, "li.na", n).await;
    }
    let end = PeopleChange::End {
        session: 1,
        why: SessionEnd::SignedOut,
    };
    change(archive, end).await.unwrap();
    let step_up = PeopleChange::StepUp { session: 2, step: None };
    change(archive, step_up).await.unwrap();
    let all = PeopleChange::EndAll {
        name: &named("li.na"),
        why: SessionEnd::Ended,
    };
    change(archive, all).await.unwrap();
    open(archive, "li.na", 9).await;
    let refused = RefusedSignIn {
        name: "nobody",
        address: "10.0.0.9",
        failures: 5,
    };
    change(archive, PeopleChange::Refused(&refused)).await.unwrap();
}

#[tokio::test]
async fn a_user_is_what_was_said_of_it_last() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    add(&archive, "li.na", &["reviewer@bank/risk/sales", "employee@bank"]).await;
    let user = archive.user(&named("li.na")).await.unwrap().unwrap();
    assert_eq!((user.number, user.display.as_str()), (1, "王 芳"));
    assert_eq!(user.person.as_ref().unwrap().number, "1001");
    assert_eq!(user.added, (at(10), wei()));
    assert!(user.must_change_password && !user.totp && user.disabled.is_none());
    let said: Vec<String> = user.roles.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["employee@bank", "reviewer@bank/risk/sales"]);
    assert_eq!(archive.user(&named("li")).await.unwrap(), None);
    assert!(archive.credentials(&named("li")).await.unwrap().is_none());

    set_roles(&archive, "li.na", &["compliance-lead@bank", "auditor", "employee@bank"])
        .await
        .unwrap();
    set_password(&archive, "li.na", "second", None).await;
    set_totp(&archive, "li.na", Some([7; 20])).await.unwrap();
    disable(&archive, "li.na", true).await.unwrap();
    let shown = archive.credentials(&named("li.na")).await.unwrap().unwrap();
    assert_eq!(shown.hash, hash("second"));
    assert_eq!(shown.totp, Some(TotpSecret::new([7; 20])));
    assert_eq!(shown.user.disabled, Some(at(10)));
    assert!(shown.user.totp && !shown.user.must_change_password);
    let said: Vec<String> = shown.user.roles.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["employee@bank", "compliance-lead@bank", "auditor"]);
    assert!(!format!("{shown:?}").contains("argon2id"), "no hash comes into a log");

    // Its last role too may end, and what it had before may be given again.
    set_roles(&archive, "li.na", &[]).await.unwrap();
    set_roles(&archive, "li.na", &["employee@bank"]).await.unwrap();
    set_totp(&archive, "li.na", None).await.unwrap();
    disable(&archive, "li.na", false).await.unwrap();
    add(&archive, "zhao", &[]).await;
    let users = archive.users(0, 10).await.unwrap();
    let said: Vec<_> = users
        .iter()
        .map(|user| (user.name.as_str(), user.roles.len()))
        .collect();
    assert_eq!(said, [("li.na", 1), ("zhao", 0)]);
    assert_eq!(archive.users(1, 10).await.unwrap().len(), 1);
    whole(&archive).await;
    archive.close().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_of_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    add(&archive, "li.na", &["administrator"]).await;
    let (li, nobody) = (named("li.na"), named("nobody"));
    let taken = change(&archive, PeopleChange::Add(&new("li.na", &[]))).await;
    assert_eq!(taken, Err(UserRefusal::Taken(li.clone())));
    for (display, shown) in [("", ""), (" x", " x"), ("a\nb", "a\nb")] {
        let mut bad = new("zhao", &[]);
        bad.display = display.into();
        let refused = change(&archive, PeopleChange::Add(&bad)).await;
        let (what, shown) = ("display name", shown.to_owned());
        assert_eq!(refused, Err(UserRefusal::Text { what, shown }));
    }
    let many = vec!["employee@bank"; 2];
    assert_eq!(set_roles(&archive, "li.na", &many).await, Err(UserRefusal::Roles(2)));
    let many: Vec<String> = (0..=USER_ROLES_MAX).map(|n| format!("employee@t{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(
        set_roles(&archive, "li.na", &many).await,
        Err(UserRefusal::Roles(USER_ROLES_MAX + 1))
    );
    assert_eq!(
        disable(&archive, "li.na", false).await,
        Err(UserRefusal::Enabled(li.clone()))
    );
    let last = Err(UserRefusal::LastAdministrator(li.clone()));
    assert_eq!(disable(&archive, "li.na", true).await, last);
    assert_eq!(set_roles(&archive, "li.na", &["auditor"]).await, last);
    assert_eq!(
        set_totp(&archive, "li.na", None).await,
        Err(UserRefusal::NoTotp(li.clone()))
    );
    set_totp(&archive, "li.na", Some([1; 20])).await.unwrap();
    let again = set_totp(&archive, "li.na", Some([1; 20])).await;
    assert_eq!(again, Err(UserRefusal::HasTotp(li.clone())));
    let unknown = Err(UserRefusal::Unknown(nobody.clone()));
    assert_eq!(set_roles(&archive, "nobody", &[]).await, unknown);
    assert_eq!(disable(&archive, "nobody", true).await, unknown);
    assert_eq!(
        open_with(&archive, "nobody", 1, 1, None).await,
        Err(UserRefusal::Unknown(nobody))
    );
    let end = PeopleChange::End {
        session: 7,
        why: SessionEnd::Ended,
    };
    assert_eq!(change(&archive, end).await, Err(UserRefusal::NoSession(7)));
    assert_eq!(archive.users(0, 10).await.unwrap().len(), 1);
    // With another administrator the first one may go.
    add(&archive, "zhao", &["administrator"]).await;
    disable(&archive, "li.na", true).await.unwrap();
    assert_eq!(disable(&archive, "li.na", true).await, Err(UserRefusal::Disabled(li)));
    whole(&archive).await;
    archive.close().await;
}

#[tokio::test]
async fn a_session_ends_by_its_user_its_time_and_what_becomes_of_its_user() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    add(&archive, "li.na", &["reviewer@bank"]).await;
    let first = open(&archive, "li.na", 1).await;
    let found = archive.session_by_digest(&token(1)).await.unwrap().unwrap();
    assert_eq!(found.user.last_sign_in, Some(at(10)));
    assert_eq!((found.session.number, found.user.name.as_str()), (first, "li.na"));
    assert!(found.session.is_open(at(999)) && !found.session.is_open(at(1_000)));
    assert!(archive.session_by_digest(&token(2)).await.unwrap().is_none());
    let end = PeopleChange::End {
        session: first,
        why: SessionEnd::SignedOut,
    };
    assert_eq!(
        change_at(&archive, end, at(1_000)).await,
        Err(UserRefusal::NoSession(first))
    );
    change(&archive, end).await.unwrap();
    assert_eq!(change(&archive, end).await, Err(UserRefusal::NoSession(first)));
    let found = archive.session_by_digest(&token(1)).await.unwrap().unwrap();
    assert!(!found.session.is_open(at(11)));

    open(&archive, "li.na", 2).await;
    set_roles(&archive, "li.na", &["reviewer@bank"]).await.unwrap();
    assert_eq!(
        ends(&archive, "li.na").await,
        ["", "signed-out"],
        "the roles are what they were"
    );
    set_roles(&archive, "li.na", &["reviewer@shop"]).await.unwrap();
    let keeps = open(&archive, "li.na", 3).await;
    open(&archive, "li.na", 4).await;
    set_password(&archive, "li.na", "second", Some(keeps)).await;
    assert_eq!(ends(&archive, "li.na").await, ["password", "", "roles", "signed-out"]);
    disable(&archive, "li.na", true).await.unwrap();
    assert_eq!(ends(&archive, "li.na").await[1], "disabled");
    whole(&archive).await;
    archive.close().await;
}

#[tokio::test]
async fn what_was_shown_before_a_change_opens_no_session() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    add(&archive, "li.na", &["reviewer@bank"]).await;
    let before = archive.credentials(&named("li.na")).await.unwrap().unwrap().password;
    set_password(&archive, "li.na", "second", None).await;
    let overtaken = Err(UserRefusal::Overtaken);
    assert_eq!(open_with(&archive, "li.na", 1, before, None).await, overtaken);
    let now = archive.credentials(&named("li.na")).await.unwrap().unwrap().password;
    assert_eq!(
        open_with(&archive, "li.na", 1, now, Some(5)).await,
        overtaken,
        "no code was asked for"
    );
    set_totp(&archive, "li.na", Some([1; 20])).await.unwrap();
    assert_eq!(
        open_with(&archive, "li.na", 1, now, None).await,
        overtaken,
        "a code is asked for now"
    );
    let session = open_with(&archive, "li.na", 1, now, Some(5)).await.unwrap();
    // A code counts once, whatever it was shown for, and none from before it.
    for step in [5, 4] {
        let used = open_with(&archive, "li.na", 2, now, Some(step)).await;
        assert_eq!(used, Err(UserRefusal::CodeUsed));
        let step = Some(step);
        assert_eq!(
            change(&archive, PeopleChange::StepUp { session, step }).await,
            Err(UserRefusal::CodeUsed)
        );
    }
    let step = Some(6);
    change(&archive, PeopleChange::StepUp { session, step }).await.unwrap();
    disable(&archive, "li.na", true).await.unwrap();
    assert_eq!(open_with(&archive, "li.na", 2, now, Some(7)).await, overtaken);
    archive.close().await;
}

#[tokio::test]
async fn so_many_sessions_are_open_and_the_oldest_ends_for_one_more() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    add(&archive, "li.na", &["reviewer@bank"]).await;
    for n in 0..=SESSIONS_OPEN_MAX as u8 {
        open(&archive, "li.na", n).await;
    }
    let ends = ends(&archive, "li.na").await;
    assert_eq!(ends.len(), SESSIONS_OPEN_MAX as usize + 1);
    let open = ends.iter().filter(|why| why.is_empty()).count();
    assert_eq!(
        (open, ends.last().unwrap().as_str()),
        (SESSIONS_OPEN_MAX as usize, "too-many")
    );
    archive.close().await;
}

/// Who has the files and no key makes no code, and signs in by nothing that stands there.
#[tokio::test]
async fn no_secret_stands_in_the_clear_and_none_stays() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    add(&archive, "li.na", &["reviewer@bank"]).await;
    let secret = *b"a secret of 20 bytes";
    set_totp(&archive, "li.na", Some(secret)).await.unwrap();
    set_password(&archive, "li.na", "second", None).await;
    let mut connection = raw_connection(archive.path()).await;
    let hashes: Vec<Option<String>> = sqlx::query_scalar("SELECT hash FROM user_passwords ORDER BY password")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(hashes, [None, Some(hash("second").as_str().to_owned())]);
    set_totp(&archive, "li.na", None).await.unwrap();
    let left: Option<Vec<u8>> = sqlx::query_scalar("SELECT coalesce(key, sealed) FROM user_totp")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, None);
    connection.close().await.unwrap();
    let entries = archive.log(None, 100).await.unwrap();
    assert!(!format!("{entries:?}").contains("argon2id"));
    archive.close().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[tokio::test]
async fn keys_of_second_factors_are_counted_and_rotated() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    add(&archive, "li.na", &["reviewer@bank"]).await;
    set_totp(&archive, "li.na", Some([9; 20])).await.unwrap();
    let counted = async || {
        let keys = archive.keys().await.unwrap().keys.into_iter();
        keys.map(|key| key.records).collect::<Vec<_>>()
    };
    assert_eq!(counted().await, [2], "the archive's own, and the second factor's");
    archive.add_key(None, None, at(1), &wei()).await.unwrap();
    assert_eq!(rewrap_all(&archive).await, 2);
    let first = KeyVersion::new(1).unwrap();
    archive.destroy_key(None, first, at(2), &wei()).await.unwrap();
    let shown = archive.credentials(&named("li.na")).await.unwrap().unwrap();
    assert_eq!(shown.totp, Some(TotpSecret::new([9; 20])));
    whole(&archive).await;
    archive.close().await;
}

/// What would let somebody in, or give them more than they were given.
#[tokio::test]
async fn a_hash_or_a_secret_in_the_place_of_another_is_neither_used_nor_unseen() {
    for sql in [
        "UPDATE user_passwords SET hash = (SELECT hash FROM user_passwords WHERE user = 2) WHERE user = 1 AND hash IS NOT NULL",
        "UPDATE user_passwords SET hash = NULL WHERE password = 3",
        "UPDATE user_totp SET (key_version, key, sealed) = (SELECT key_version, key, sealed FROM user_totp WHERE totp = 2)
         WHERE totp = 1",
        "UPDATE user_totp SET sealed = zeroblob(length(sealed)) WHERE totp = 1",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        for name in ["li.na", "zhao"] {
            add(&archive, name, &["reviewer@bank"]).await;
            set_totp(&archive, name, Some([name.len() as u8; 20])).await.unwrap();
        }
        set_password(&archive, "li.na", "second", None).await;
        let mut connection = raw_connection(archive.path()).await;
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        assert!(archive.credentials(&named("li.na")).await.is_err(), "{sql}");
        let audit = archive.audit(None).await.unwrap();
        assert!(!audit.is_whole(), "{sql}");
        archive.close().await;
    }
}

#[test]
fn names_and_roles_have_a_form() {
    let long = "a".repeat(USER_NAME_BYTES_MAX + 1);
    each_row(["", "Wei", "li na", "王", "a@b", "a/b", &long], |bad| {
        let error = bad.parse::<UserName>().unwrap_err().to_string();
        assert!(error.contains("a-z, 0-9"), "{error}");
    });
    assert!(long[1..].parse::<UserName>().is_ok());
    let many = format!("reviewer@bank{}", "/d".repeat(ROLE_DEPARTMENTS_MAX + 1));
    each_row(
        [
            ("boss", NoRoleGrant::Unknown("boss".into())),
            ("reviewer", NoRoleGrant::NoTenant(Role::Reviewer)),
            ("employee", NoRoleGrant::NoTenant(Role::Employee)),
            ("administrator@bank", NoRoleGrant::AdministratorOfTenant),
            ("auditor@bank/risk", NoRoleGrant::NoDepartments(Role::Auditor)),
            (
                "compliance-lead@bank/risk",
                NoRoleGrant::NoDepartments(Role::ComplianceLead),
            ),
            ("reviewer@", NoRoleGrant::Name(String::new())),
            ("reviewer@bank/", NoRoleGrant::Name(String::new())),
            (&many, NoRoleGrant::TooMany(ROLE_DEPARTMENTS_MAX + 1)),
        ],
        |(text, expected)| assert_eq!(text.parse::<RoleGrant>().unwrap_err(), expected),
    );
    for role in Role::ALL {
        assert_eq!(role.name().parse::<Role>(), Ok(role));
        let tenant = (!role.may_be_for_all()).then(|| "bank".to_owned());
        let given = RoleGrant::new(role, tenant, Vec::new()).unwrap();
        assert_eq!(given.to_string().parse::<RoleGrant>(), Ok(given));
    }
    assert!(PasswordHash::new("plain".into()).is_none());
    assert!(PasswordHash::new(format!("${}", "a".repeat(512))).is_none());
}
