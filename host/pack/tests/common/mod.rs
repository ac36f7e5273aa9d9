//! A small pack, written to a temporary folder.
#![allow(dead_code, reason = "each test binary uses a part of this")]
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "test support")]

use proviso_pack::{Pack, PackError, PluginPath};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub const MANIFEST: &str = r#"name = "acme/house-rules"
version = "0.1.0"
licence = "Apache-2.0"
host = ">=0.1.0, <0.2.0"
jurisdictions = ["CN"]
description = { zh = "内部规则", en = "house rules" }

[lexicon.promissory]
file = "lexicons/promissory.txt"

[patterns.identity]
file = "patterns/identity.txt"

[[policy]]
name = "promises"
plugin = "lexicon-rules"
interfaces = ["rules"]
lists = ["promissory", "identity"]
fields = ["text"]
settings = { level = "high", nested = { a = 1, b = 2 } }
"#;

pub const SCHEMA: &str = r#"{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "promises": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "level": { "enum": ["low", "high"] },
        "nested": { "type": "object", "additionalProperties": { "type": "integer" } }
      }
    }
  }
}
"#;

pub const CASES: &str = r#"[[case]]
name = "guaranteed"
text = "这款产品保本保息"
expect = [ { policy = "promises", rule = "guaranteed-return", severity = "high", text = "保本保息" } ]

[[case]]
name = "harmless"
text = "你好"
expect = []
"#;

/// The bytes of an empty component.
pub const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

pub struct PackFolder {
    pub folder: TempDir,
}

impl PackFolder {
    pub fn new() -> Self {
        let this = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        this.write("pack.toml", MANIFEST);
        this.write("settings.schema.json", SCHEMA);
        this.write("lexicons/promissory.txt", "保本保息\n");
        this.write("patterns/identity.txt", "id\t[0-9]{18}\n");
        this.write("cases/promises.toml", CASES);
        this.write("plugins/lexicon-rules.wasm", COMPONENT);
        this.write("README.md", "# House rules\n");
        this
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, part: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(part);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Replaces a text in the manifest that must be there.
    pub fn edit(&self, from: &str, to: &str) {
        let path = self.path().join("pack.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from:?} is not in the manifest");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    pub fn remove(&self, part: &str) {
        std::fs::remove_file(self.path().join(part)).unwrap();
    }

    pub fn open(&self) -> Result<Pack, PackError> {
        Pack::open(self.path(), &PluginPath::default())
    }

    /// The problems, without the folder.
    pub fn problems(&self) -> Vec<String> {
        let problems = self.open().expect_err("the pack is to be refused").problems;
        let prefix = format!("{}/", self.path().display());
        problems
            .iter()
            .map(|problem| problem.to_string().replace(&prefix, ""))
            .collect()
    }
}
