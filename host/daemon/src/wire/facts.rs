//! Facts that people handed in.

use super::Unreadable;
use proviso_archive::{DirectoryImported, DirectoryRecord, DirectoryReport};
use proviso_model::directory::{Account, Employment, PostClass};
use proviso_model::time::Day;
use proviso_model::{Digest, Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// What became of a directory that was handed in.
#[derive(Debug, Serialize, Deserialize)]
pub struct DirectoryReportV1 {
    version: i64,
    digest: Digest,
    /// False where it says what the newest version says.
    new: bool,
    employments: u64,
    added: u64,
    ended: u64,
}

/// Versions of the directory, the newest first.
#[derive(Debug, Serialize, Deserialize)]
pub struct DirectoryVersionsV1 {
    versions: Vec<ImportedV1>,
}

/// A version of the directory.
#[derive(Debug, Serialize, Deserialize)]
pub struct DirectoryV1 {
    imported: ImportedV1,
    rows: Vec<EmploymentV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ImportedV1 {
    version: i64,
    digest: Digest,
    at: Timestamp,
    by: Principal,
    file: String,
    employments: u64,
}

/// A row, as commands print it too.
#[derive(Debug, Serialize, Deserialize)]
pub struct EmploymentV1 {
    tenant: String,
    person: String,
    from: Option<Day>,
    to: Option<Day>,
    accounts: Vec<String>,
    department: String,
    post: String,
    manager: Option<String>,
}

impl From<DirectoryReport> for DirectoryReportV1 {
    fn from(report: DirectoryReport) -> Self {
        Self {
            version: report.version,
            digest: report.digest,
            new: report.is_new,
            employments: report.employments,
            added: report.added,
            ended: report.ended,
        }
    }
}

impl From<DirectoryReportV1> for DirectoryReport {
    fn from(wire: DirectoryReportV1) -> Self {
        Self {
            version: wire.version,
            digest: wire.digest,
            is_new: wire.new,
            employments: wire.employments,
            added: wire.added,
            ended: wire.ended,
        }
    }
}

impl From<Vec<DirectoryImported>> for DirectoryVersionsV1 {
    fn from(versions: Vec<DirectoryImported>) -> Self {
        Self {
            versions: versions.into_iter().map(ImportedV1::from).collect(),
        }
    }
}

impl From<DirectoryVersionsV1> for Vec<DirectoryImported> {
    fn from(wire: DirectoryVersionsV1) -> Self {
        wire.versions.into_iter().map(DirectoryImported::from).collect()
    }
}

impl From<DirectoryRecord> for DirectoryV1 {
    fn from(record: DirectoryRecord) -> Self {
        Self {
            imported: record.imported.into(),
            rows: record.rows.into_iter().map(EmploymentV1::from).collect(),
        }
    }
}

impl TryFrom<DirectoryV1> for DirectoryRecord {
    type Error = Unreadable;

    fn try_from(wire: DirectoryV1) -> Result<Self, Unreadable> {
        Ok(Self {
            imported: wire.imported.into(),
            rows: wire
                .rows
                .into_iter()
                .map(Employment::try_from)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<DirectoryImported> for ImportedV1 {
    fn from(imported: DirectoryImported) -> Self {
        Self {
            version: imported.version,
            digest: imported.digest,
            at: imported.at,
            by: imported.by,
            file: imported.file,
            employments: imported.employments,
        }
    }
}

impl From<ImportedV1> for DirectoryImported {
    fn from(wire: ImportedV1) -> Self {
        Self {
            version: wire.version,
            digest: wire.digest,
            at: wire.at,
            by: wire.by,
            file: wire.file,
            employments: wire.employments,
        }
    }
}

impl From<Employment> for EmploymentV1 {
    fn from(row: Employment) -> Self {
        Self {
            tenant: row.tenant,
            person: row.person,
            from: row.from,
            to: row.to,
            accounts: row.accounts.iter().map(Account::to_string).collect(),
            department: row.department,
            post: row.post.name().to_owned(),
            manager: row.manager,
        }
    }
}

impl TryFrom<EmploymentV1> for Employment {
    type Error = Unreadable;

    fn try_from(wire: EmploymentV1) -> Result<Self, Unreadable> {
        let accounts = wire.accounts.iter().map(|account| account.parse());
        let accounts = accounts.collect::<Result<_, _>>();
        let post = PostClass::from_name(&wire.post);
        Ok(Self {
            tenant: wire.tenant,
            person: wire.person,
            from: wire.from,
            to: wire.to,
            accounts: accounts.map_err(|error| Unreadable::new("accounts", &error))?,
            department: wire.department,
            post: post.ok_or_else(|| Unreadable::new("post", &format!("no post is called {:?}", wire.post)))?,
            manager: wire.manager,
        })
    }
}
