//! One question after another, until each has an answer that fits.

use std::io::{BufRead, Write};

use anyhow::{Result, bail};

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

    /// Says how to answer.
    pub(super) fn greet(&mut self) -> Result<()> {
        writeln!(self.to, "回车保留方括号里的值，输入 - 清空。密钥不在这里填。")?;
        writeln!(self.to, "Enter keeps what is in brackets, - empties it. No secrets are asked.")?;
        Ok(())
    }

    /// How many questions there are, as far as is known now.
    pub(super) fn expect(&mut self, questions: usize) {
        self.of = questions;
    }

    /// Asks until `accept` makes a value of the answer; `there` is the value that the file has.
    pub(super) fn ask(
        &mut self,
        setting: &Setting,
        there: Option<&str>,
        mut accept: impl FnMut(&str) -> Result<String>,
    ) -> Result<String> {
        let shown = there.map(|there| setting.shown(there));
        self.asked = self.asked.saturating_add(1);
        writeln!(self.to, "\n[{}/{}] {}", self.asked, self.of, setting.name)?;
        writeln!(self.to, "  {}\n  {}", setting.what.zh, setting.what.en)?;
        loop {
            match &shown {
                Some(shown) => write!(self.to, "  [{shown}] > ")?,
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
            match accept(answer) {
                Ok(value) => return Ok(value),
                Err(error) => writeln!(self.to, "  ✗ {error:#}")?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::api::Api;
    use crate::configuration::settings::named;
    use crate::init::accept;
    use crate::init::credential::Files;

    fn ask(name: &str, there: Option<&str>, typed: &str) -> (Result<String>, String) {
        let mut said = Vec::new();
        let mut dialogue = Dialogue::new(typed.as_bytes(), &mut said);
        let setting = named(name).unwrap();
        let mut files = Files::default();
        let answer = dialogue.ask(setting, there, |answer| {
            accept(setting, answer, Api::V3, &mut files, "1900000109")
        });
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
    fn of_keys_that_are_there_only_the_ids_are_shown() {
        let there = r#"{"PUB_KEY_ID_01":"AAAA","PUB_KEY_ID_02":"BBBB"}"#;
        let (answer, said) = ask("WXPAY_PUBLIC_KEYS", Some(there), "\n");
        assert_eq!(answer.unwrap(), there);
        assert!(said.contains("[PUB_KEY_ID_01, PUB_KEY_ID_02] > "), "{said}");
    }

    #[test]
    fn what_the_worker_needs_cannot_be_left_empty() {
        let (answer, _) = ask("WXPAY_MCHID", Some("1900000109"), "-\n\n");
        assert_eq!(answer.unwrap(), "1900000109");
        let (answer, _) = ask("WXPAY_MCHID", None, "\n");
        assert!(answer.unwrap_err().to_string().contains("WXPAY_MCHID"));
    }
}
