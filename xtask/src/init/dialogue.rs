//! One question after another, until each has an answer that fits.

use std::io::{BufRead, Write};

use anyhow::{Result, bail};

use super::check;
use crate::configuration::settings::Setting;

/// A person at a terminal, or a test.
pub(super) struct Dialogue<In, Out> {
    from: In,
    to: Out,
    asked: usize,
    of: usize,
}

impl<In: BufRead, Out: Write> Dialogue<In, Out> {
    pub(super) fn new(from: In, to: Out) -> Self {
        Self { from, to, asked: 0, of: 0 }
    }

    /// Says how to answer, and how many questions there are.
    pub(super) fn greet(&mut self, questions: usize) -> Result<()> {
        self.of = questions;
        writeln!(self.to, "回车保留方括号里的值，输入 - 清空。密钥不在这里填。")?;
        writeln!(self.to, "Enter keeps what is in brackets, - empties it. No secrets are asked.")?;
        Ok(())
    }

    /// Asks until the answer fits; `there` is what the file has.
    pub(super) fn ask(&mut self, setting: &Setting, there: Option<&str>) -> Result<String> {
        self.asked = self.asked.saturating_add(1);
        writeln!(self.to, "\n[{}/{}] {}", self.asked, self.of, setting.name)?;
        writeln!(self.to, "  {}\n  {}", setting.what.zh, setting.what.en)?;
        loop {
            match there {
                Some(there) => write!(self.to, "  [{there}] > ")?,
                None => write!(self.to, "  > ")?,
            }
            self.to.flush()?;
            let mut line = String::new();
            if self.from.read_line(&mut line)? == 0 {
                bail!("the input ended before {} had an answer; nothing was written", setting.name);
            }
            let answer = match line.trim() {
                "" => there.unwrap_or_default(),
                "-" => "",
                answer => answer,
            };
            match check(setting, answer) {
                Ok(()) => return Ok(answer.to_owned()),
                Err(rule) => writeln!(self.to, "  ✗ {rule}")?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::settings::named;

    fn ask(name: &str, there: Option<&str>, typed: &str) -> (Result<String>, String) {
        let mut said = Vec::new();
        let mut dialogue = Dialogue::new(typed.as_bytes(), &mut said);
        let answer = dialogue.ask(named(name).unwrap(), there);
        (answer, String::from_utf8(said).unwrap())
    }

    #[test]
    fn a_wrong_answer_is_met_with_the_rule_and_asked_again() {
        let (answer, said) =
            ask("PUBLIC_URL", None, "http://pay.example.com\nhttps://pay.example.com\n");
        assert_eq!(answer.unwrap(), "https://pay.example.com");
        assert!(said.contains("✗ https 网址") && said.contains("an https address"), "{said}");
    }

    #[test]
    fn enter_keeps_what_is_there_and_a_dash_empties_it() {
        let there = "https://shop.example.com/hooks";
        assert_eq!(ask("WEBHOOK_URL", Some(there), "\n").0.unwrap(), there);
        assert_eq!(ask("WEBHOOK_URL", Some(there), "-\n").0.unwrap(), "");
    }

    #[test]
    fn what_the_worker_needs_cannot_be_left_empty() {
        let (answer, _) = ask("WXPAY_MCHID", Some("1900000109"), "-\n\n");
        assert_eq!(answer.unwrap(), "1900000109");
        let (answer, _) = ask("WXPAY_MCHID", None, "\n");
        assert!(answer.unwrap_err().to_string().contains("WXPAY_MCHID"));
    }
}
