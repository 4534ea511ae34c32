//! `NAME=value` lines: `.dev.vars`, which wrangler reads, and the answers of `init --answers`.

use std::path::Path;
use std::{fs, io};

use anyhow::{Context as _, Result, bail};

/// The values by name, in the order of the file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Lines(Vec<(String, String)>);

impl Lines {
    /// Reads a file; one that does not exist is empty.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        match fs::read_to_string(file) {
            Ok(text) => Self::parse(&text).with_context(|| format!("in {}", file.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
    }

    /// Reads the text. A value between quotes may hold `#` and run over several lines.
    ///
    /// An error names the line and nothing of what stands there, which may be a key.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut values = Vec::new();
        let mut lines = text.lines().zip(1_u32..);
        while let Some((line, number)) = lines.next() {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            let (name, value) = line
                .split_once('=')
                .with_context(|| format!("line {number}: expected `NAME=value`"))?;
            let mut value = value.trim().to_owned();
            if let Some(quote) = value.chars().next().filter(|first| "\"'".contains(*first)) {
                while !is_closed(&value, quote) {
                    let Some((more, _)) = lines.next() else {
                        bail!("line {number}: the quotation mark is not closed");
                    };
                    value = format!("{value}\n{}", more.trim_end());
                }
                value = value.trim_matches(quote).to_owned();
            } else if let Some((before, _)) = value.split_once(" #") {
                value = before.trim_end().to_owned();
            }
            values.push((name.trim().to_owned(), value));
        }
        Ok(Self(values))
    }

    /// The value of this name; an empty one is there, and empty. The last one counts.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Adds a value.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// Every name that has a value.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

fn is_closed(value: &str, quote: char) -> bool {
    value.len() > 1 && value.ends_with(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_values_quotes_and_remarks_are_told_apart() -> Result<()> {
        let text = "# a remark\n\nONE=1 # why\n TWO = \"a # b\"\nTHREE='x\ny'\nFOUR=\nONE=2\n";
        let lines = Lines::parse(text)?;
        assert_eq!(lines.value("ONE"), Some("2"));
        assert_eq!(lines.value("TWO"), Some("a # b"));
        assert_eq!(lines.value("THREE"), Some("x\ny"));
        assert_eq!((lines.value("FOUR"), lines.value("FIVE")), (Some(""), None));
        Ok(())
    }

    #[test]
    fn a_line_that_is_none_is_named_by_number_and_not_repeated() {
        for text in ["ONE=1\ntest key in the wrong place", "ONE=1\nTWO=\"test key"] {
            let said = Lines::parse(text).err().map(|error| error.to_string()).unwrap();
            assert!(said.starts_with("line 2: ") && !said.contains("test key"), "{said}");
        }
    }
}
