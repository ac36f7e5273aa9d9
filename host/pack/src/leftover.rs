//! Names that editors and file managers leave beside a file, which nobody means as a part of a pack.

/// True for the backups and locks of editors, and for what file managers of other systems write into every folder.
#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "these programs write their endings in lower case"
)]
pub fn is_leftover(name: &str) -> bool {
    let edited = name.ends_with('~')
        || name.ends_with(".swp")
        || name.ends_with(".swx")
        || (name.starts_with('#') && name.ends_with('#'))
        || name.starts_with(".#");
    edited || matches!(name, "Thumbs.db" | "desktop.ini" | ".DS_Store" | "4913")
}
