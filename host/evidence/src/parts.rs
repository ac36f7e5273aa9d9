//! Members that grow until they are full, one behind the other: `FOLDER/0001.EXTENSION`.

/// Text that is gathered for members of one folder.
pub(crate) struct Parts {
    folder: &'static str,
    extension: &'static str,
    written: u32,
    /// What stands at the beginning of each.
    head: &'static str,
    text: String,
}

impl Parts {
    pub(crate) fn new(folder: &'static str, extension: &'static str, head: &'static str) -> Self {
        Self {
            folder,
            extension,
            written: 0,
            head,
            text: String::new(),
        }
    }

    pub(crate) fn line(&mut self, line: &str) {
        if self.text.is_empty() {
            self.text.push_str(self.head);
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The member that is full, if there is anything in it.
    pub(crate) fn take(&mut self) -> Option<(String, String)> {
        if self.text.is_empty() {
            return None;
        }
        self.written += 1;
        Some((
            part_path(self.folder, self.written, self.extension),
            std::mem::take(&mut self.text),
        ))
    }
}

/// The path of a part, from 1.
pub(crate) fn part_path(folder: &str, number: u32, extension: &str) -> String {
    format!("{folder}/{number:04}.{extension}")
}
