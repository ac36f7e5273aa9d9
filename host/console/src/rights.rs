//! What each role may do, what each operation wants, and where a right reaches. What stands in neither table is refused.

use proviso_archive::{Role, RoleGrant};
use std::collections::{BTreeMap, BTreeSet};

/// One thing that somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// See alerts, and open one.
    SeeAlerts,
    /// Decide on an alert, comment, open it again, and take one's own decision back.
    Decide,
    /// Say who looks at an alert.
    Assign,
    /// Do that with many at a time.
    Bulk,
    /// See counts of what arrived and what was found.
    SeeOverview,
    /// See the policies that run.
    SeePolicies,
    /// Read the log.
    SeeLog,
    /// See requests of two persons, approve, refuse and run them.
    DecideRequests,
    /// Add users, and give them roles.
    ManageUsers,
    /// See what concerns oneself.
    SeeOwn,
}

impl Right {
    /// Every right.
    pub const ALL: [Right; 10] = [
        Right::SeeAlerts,
        Right::Decide,
        Right::Assign,
        Right::Bulk,
        Right::SeeOverview,
        Right::SeePolicies,
        Right::SeeLog,
        Right::DecideRequests,
        Right::ManageUsers,
        Right::SeeOwn,
    ];

    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Right::SeeAlerts => "see-alerts",
            Right::Decide => "decide",
            Right::Assign => "assign",
            Right::Bulk => "bulk",
            Right::SeeOverview => "see-overview",
            Right::SeePolicies => "see-policies",
            Right::SeeLog => "see-log",
            Right::DecideRequests => "decide-requests",
            Right::ManageUsers => "manage-users",
            Right::SeeOwn => "see-own",
        }
    }
}

/// What each role may do.
pub const ROLES: [(Role, &[Right]); 8] = [
    (Role::Employee, &[Right::SeeOwn]),
    (Role::Manager, &[Right::SeeAlerts, Right::SeeOverview]),
    (
        Role::Reviewer,
        &[Right::SeeAlerts, Right::Decide, Right::Assign, Right::SeeOverview],
    ),
    (
        Role::ComplianceLead,
        &[
            Right::SeeAlerts,
            Right::Decide,
            Right::Assign,
            Right::Bulk,
            Right::SeeOverview,
            Right::SeePolicies,
            Right::SeeLog,
            Right::DecideRequests,
        ],
    ),
    (Role::Hr, &[]),
    (Role::Operator, &[Right::SeePolicies, Right::SeeOverview]),
    (Role::Auditor, &[Right::SeeLog, Right::SeeOverview]),
    (Role::Administrator, &[Right::ManageUsers]),
];

/// What a role may do.
pub fn of_role(role: Role) -> &'static [Right] {
    let found = ROLES.iter().find(|(one, _)| *one == role);
    found.map_or(&[], |(_, rights)| rights)
}

/// What somebody with these roles may do, somewhere.
pub fn rights(roles: &[RoleGrant]) -> BTreeSet<Right> {
    roles.iter().flat_map(|given| of_role(given.role())).copied().collect()
}

/// Which departments of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departments {
    /// All of them, and what is of none.
    All,
    /// These, at least one.
    These(BTreeSet<String>),
}

/// Where a right reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Every tenant.
    Everywhere,
    /// These tenants, which may be none.
    Tenants(BTreeMap<String, Departments>),
}

impl Reach {
    /// True if it reaches something.
    pub fn is_some(&self) -> bool {
        match self {
            Reach::Everywhere => true,
            Reach::Tenants(tenants) => !tenants.is_empty(),
        }
    }

    /// All of one tenant.
    pub fn of_tenant(tenant: String) -> Self {
        Reach::Tenants(BTreeMap::from([(tenant, Departments::All)]))
    }

    /// What both reach.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let (one, other) = match (self, other) {
            (Reach::Everywhere, reach) | (reach, Reach::Everywhere) => return reach.clone(),
            (Reach::Tenants(one), Reach::Tenants(other)) => (one, other),
        };
        let both = one.iter().filter_map(|(tenant, departments)| {
            let both = match (departments, other.get(tenant)?) {
                (Departments::All, departments) | (departments, Departments::All) => departments.clone(),
                (Departments::These(one), Departments::These(other)) => {
                    let both: BTreeSet<String> = one.intersection(other).cloned().collect();
                    if both.is_empty() {
                        return None;
                    }
                    Departments::These(both)
                }
            };
            Some((tenant.clone(), both))
        });
        Reach::Tenants(both.collect())
    }

    /// True if it reaches a tenant's department; `None`: what is of no department.
    pub fn has(&self, tenant: &str, department: Option<&str>) -> bool {
        match self {
            Reach::Everywhere => true,
            Reach::Tenants(tenants) => match tenants.get(tenant) {
                None => false,
                Some(Departments::All) => true,
                Some(Departments::These(these)) => department.is_some_and(|department| these.contains(department)),
            },
        }
    }
}

/// Where somebody with these roles has a right: the union of what each role says.
pub fn reach(roles: &[RoleGrant], right: Right) -> Reach {
    let mut tenants: BTreeMap<String, Departments> = BTreeMap::new();
    for given in roles.iter().filter(|given| of_role(given.role()).contains(&right)) {
        let Some(tenant) = given.tenant() else {
            return Reach::Everywhere;
        };
        let these: BTreeSet<String> = given.departments().iter().cloned().collect();
        let reached = tenants
            .entry(tenant.to_owned())
            .or_insert_with(|| Departments::These(BTreeSet::new()));
        match reached {
            Departments::All => {}
            Departments::These(_) if these.is_empty() => *reached = Departments::All,
            Departments::These(known) => known.extend(these),
        }
    }
    Reach::Tenants(tenants)
}

/// What an operation wants of who asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// Nothing: the way in.
    Nothing,
    /// A session, also of a user who has to change the password first.
    AnySession,
    /// A session.
    Session,
    /// A right, somewhere. Where it reaches, the operation looks itself.
    Right(Right),
    /// The same, and that the password was shown again lately.
    RightAgain(Right),
}

/// What each operation wants, by its method and its path.
pub const OPERATIONS: &[(&str, &str, Wants)] = &[
    ("POST", "/api/session", Wants::Nothing),
    ("DELETE", "/api/session", Wants::AnySession),
    ("POST", "/api/session/step-up", Wants::Session),
    ("GET", "/api/me", Wants::AnySession),
    ("POST", "/api/me/password", Wants::AnySession),
    ("POST", "/api/me/totp", Wants::Session),
    ("POST", "/api/me/totp/confirm", Wants::Session),
    ("POST", "/api/me/totp/remove", Wants::Session),
    ("GET", "/api/sessions", Wants::Session),
    ("POST", "/api/sessions/end", Wants::Session),
    ("GET", "/api/alerts", Wants::Right(Right::SeeAlerts)),
    ("GET", "/api/alerts/{number}", Wants::Right(Right::SeeAlerts)),
    ("POST", "/api/alerts/{number}/decide", Wants::Right(Right::Decide)),
    ("POST", "/api/alerts/{number}/undo", Wants::Right(Right::Decide)),
    ("POST", "/api/alerts/{number}/assign", Wants::Right(Right::Assign)),
    ("POST", "/api/alerts/{number}/comment", Wants::Right(Right::Decide)),
    ("POST", "/api/alerts/{number}/reopen", Wants::Right(Right::Decide)),
    ("POST", "/api/alerts/bulk", Wants::Right(Right::Bulk)),
    ("GET", "/api/overview", Wants::Right(Right::SeeOverview)),
    ("GET", "/api/requests", Wants::Right(Right::DecideRequests)),
    (
        "POST",
        "/api/requests/{number}/decide",
        Wants::RightAgain(Right::DecideRequests),
    ),
    (
        "POST",
        "/api/requests/{number}/run",
        Wants::RightAgain(Right::DecideRequests),
    ),
    ("GET", "/api/users", Wants::Right(Right::ManageUsers)),
    ("POST", "/api/users", Wants::RightAgain(Right::ManageUsers)),
    ("POST", "/api/users/{name}/roles", Wants::RightAgain(Right::ManageUsers)),
    (
        "POST",
        "/api/users/{name}/disable",
        Wants::RightAgain(Right::ManageUsers),
    ),
    (
        "POST",
        "/api/users/{name}/enable",
        Wants::RightAgain(Right::ManageUsers),
    ),
    (
        "POST",
        "/api/users/{name}/password",
        Wants::RightAgain(Right::ManageUsers),
    ),
    ("GET", "/api/openapi.json", Wants::Session),
];

/// What an operation wants; `None` of one that nobody named, which nobody gets.
pub fn wants(method: &str, path: &str) -> Option<Wants> {
    let found = OPERATIONS.iter().find(|(m, p, _)| *m == method && *p == path);
    found.map(|(.., wants)| *wants)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(texts: &[&str]) -> Vec<RoleGrant> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn every_role_stands_in_the_table_once() {
        let named: Vec<Role> = ROLES.iter().map(|(role, _)| *role).collect();
        assert_eq!(named, Role::ALL);
        let names: BTreeSet<_> = Right::ALL.iter().map(|right| right.name()).collect();
        assert_eq!(names.len(), Right::ALL.len());
    }

    #[test]
    fn the_archive_lets_those_roles_decide_on_requests_that_have_the_right() {
        for (role, rights) in ROLES {
            assert_eq!(
                role.decides_requests(),
                rights.contains(&Right::DecideRequests),
                "{role}"
            );
        }
    }

    #[test]
    fn the_table_of_the_documentation_is_this_one() {
        let mut table = String::from("| role | may |\n|---|---|\n");
        for (role, rights) in ROLES {
            let names: Vec<&str> = rights.iter().map(|right| right.name()).collect();
            let may = if names.is_empty() {
                "nothing yet".to_owned()
            } else {
                names.join(", ")
            };
            table.extend(["| `", role.name(), "` | ", &may, " |\n"]);
        }
        let document = include_str!("../../../docs/console.md");
        assert!(
            document.contains(&table),
            "docs/console.md has another table than:\n{table}"
        );
    }

    #[test]
    fn a_right_reaches_where_a_role_that_has_it_is_given() {
        let given = roles(&["reviewer@bank/risk", "compliance-lead@shop", "auditor", "employee@mill"]);
        let seen = reach(&given, Right::SeeAlerts);
        for (tenant, department, expected) in [
            ("bank", Some("risk"), true),
            ("bank", Some("sales"), false),
            ("bank", None, false),
            ("shop", Some("sales"), true),
            ("shop", None, true),
            ("mill", None, false),
            ("other", None, false),
        ] {
            assert_eq!(seen.has(tenant, department), expected, "{tenant} {department:?}");
        }
        assert_eq!(reach(&given, Right::SeeLog), Reach::Everywhere);
        let bulk = reach(&given, Right::Bulk);
        assert!(bulk.has("shop", None) && !bulk.has("bank", Some("risk")));
        assert!(!reach(&given, Right::ManageUsers).is_some());
    }

    #[test]
    fn what_two_reach_is_what_each_reaches() {
        let of = |texts: &[&str]| reach(&roles(texts), Right::SeeOverview);
        let (wide, narrow) = (
            of(&["reviewer@bank", "reviewer@shop/a/b"]),
            of(&["manager@bank/risk", "manager@shop/b/c"]),
        );
        let both = wide.and(&narrow);
        assert_eq!(both, narrow.and(&wide));
        for (tenant, department, expected) in [
            ("bank", Some("risk"), true),
            ("bank", Some("sales"), false),
            ("shop", Some("b"), true),
            ("shop", Some("a"), false),
            ("shop", Some("c"), false),
        ] {
            assert_eq!(both.has(tenant, department), expected, "{tenant} {department:?}");
        }
        assert_eq!(of(&["auditor"]).and(&narrow), narrow);
        assert!(!of(&["manager@shop/a"]).and(&of(&["manager@shop/b"])).is_some());
        assert!(!narrow.and(&Reach::of_tenant("mill".into())).is_some());
    }

    #[test]
    fn roles_of_one_tenant_are_added_up() {
        for given in [
            ["reviewer@bank/risk", "manager@bank"],
            ["manager@bank", "reviewer@bank/risk"],
        ] {
            let given = roles(&given);
            assert!(reach(&given, Right::SeeAlerts).has("bank", None));
            assert!(
                !reach(&given, Right::Decide).has("bank", Some("sales")),
                "a manager decides nothing"
            );
        }
        let given = roles(&["reviewer@bank/risk", "reviewer@bank/sales"]);
        let seen = reach(&given, Right::Decide);
        assert!(seen.has("bank", Some("risk")) && seen.has("bank", Some("sales")) && !seen.has("bank", None));
        assert!(rights(&[]).is_empty());
    }
}
