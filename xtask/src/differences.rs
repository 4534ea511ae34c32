//! `cargo xtask differences`: where the sandbox knowingly differs from WeChat, and what nobody has
//! confirmed yet. Both lists are in the code, at the line they are about.

use std::fs;

use anyhow::{Context as _, Result};

use crate::{place, tidy};

const WORDS: [&str; 2] = ["DIFFERENCE:", "UNCONFIRMED:"];

/// Prints every marked remark with its place.
pub(crate) fn print() -> Result<()> {
    for word in WORDS {
        println!("{}", word.trim_end_matches(':'));
        let mut found = 0_u32;
        for file in tidy::files()? {
            // This file names the words without meaning them.
            let is_source = [".rs", ".mjs", ".js", ".ts"].iter().any(|end| file.ends_with(end));
            if !is_source || file.starts_with("xtask/") {
                continue;
            }
            let text = fs::read_to_string(place::root().join(&file))
                .with_context(|| format!("cannot read {file}"))?;
            for (line, remark) in remarks(&text, word) {
                println!("  {file}:{line}: {remark}");
                found = found.saturating_add(1);
            }
        }
        println!("  {found} in all\n");
    }
    Ok(())
}

/// Each remark that begins with `word`, with its line number; its text runs to the end of the
/// paragraph.
fn remarks(text: &str, word: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines.iter().enumerate().filter_map(|(index, line)| {
        // In backticks the word is spoken of, not used.
        let (before, first) = comment(line)?.split_once(word)?;
        if before.ends_with('`') {
            return None;
        }
        let more = lines.iter().skip(index.saturating_add(1)).map_while(|line| {
            comment(line).filter(|text| !text.is_empty() && !WORDS.iter().any(|w| text.contains(w)))
        });
        let whole: Vec<&str> = std::iter::once(first.trim()).chain(more).collect();
        Some((index.saturating_add(1), whole.join(" ")))
    });
    starts.collect()
}

/// The words of a comment line, or of a line that ends with a comment.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let text = match line.strip_prefix("//").or_else(|| line.strip_prefix('*')) {
        Some(text) => text,
        None => line.split_once(" // ")?.1,
    };
    Some(text.trim_start_matches(['/', '!']).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_runs_over_lines_to_the_end_of_its_paragraph() {
        let text = "\
/// Sends it.
///
/// DIFFERENCE: the real one waits
/// for 15 seconds.
///
/// More.
fn send() {} // DIFFERENCE: at once
";
        let expected =
            vec![(3, "the real one waits for 15 seconds.".to_owned()), (7, "at once".to_owned())];
        assert_eq!(remarks(text, "DIFFERENCE:"), expected);
        assert_eq!(remarks(text, "UNCONFIRMED:"), []);
    }

    #[test]
    fn words_that_are_only_mentioned_are_no_remarks() {
        assert_eq!(remarks("//! Each is marked `DIFFERENCE:`.\n", "DIFFERENCE:"), []);
        assert_eq!(remarks("let word = \"DIFFERENCE:\";\n", "DIFFERENCE:"), []);
    }
}
