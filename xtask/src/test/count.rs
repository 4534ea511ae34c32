//! How many tests a runner says it ran, read from its closing lines.

/// Tests that passed and tests that did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Count {
    /// `cargo test`: one line per test program, `test result: ok. 3 passed; 0 failed; …`.
    pub(super) fn of_cargo(output: &str) -> Self {
        let results = output.lines().filter_map(|line| line.strip_prefix("test result: "));
        results.fold(Self::default(), |sum, result| {
            sum.plus(before(result, " passed"), before(result, " failed"))
        })
    }

    /// `node --test`: `ℹ pass 3`, or `# pass 3` when it writes TAP; one such block per run.
    pub(super) fn of_node(output: &str) -> Self {
        let words = output.lines().filter_map(|line| {
            let line = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "))?;
            let (word, number) = line.split_once(' ')?;
            Some((word, number.trim().parse::<u64>().ok()?))
        });
        words.fold(Self::default(), |sum, (word, number)| match word {
            "pass" => sum.plus(number, 0),
            // What was cancelled never said that it passed.
            "fail" | "cancelled" => sum.plus(0, number),
            _ => sum,
        })
    }

    /// A single trial whose exit code is its result.
    pub(super) fn of_one(success: bool) -> Self {
        Self::default().plus(u64::from(success), u64::from(!success))
    }

    fn plus(self, passed: u64, failed: u64) -> Self {
        Self {
            passed: self.passed.saturating_add(passed),
            failed: self.failed.saturating_add(failed),
        }
    }
}

/// The number that stands before `word`.
fn before(text: &str, word: &str) -> u64 {
    let number = text.split_once(word).and_then(|(left, _)| left.rsplit(' ').next()?.parse().ok());
    number.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_cargo_test_programs_are_added() {
        let output = "\
running 2 tests
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test a_test ... FAILED
test result: FAILED. 11 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.01s
";
        assert_eq!(Count::of_cargo(output), Count { passed: 13, failed: 1 });
        assert_eq!(Count::of_cargo("error: could not compile"), Count::default());
    }

    #[test]
    fn both_ways_node_closes_a_run_are_understood() {
        let spec =
            "✔ pays (3ms)\nℹ tests 4\nℹ suites 1\nℹ pass 3\nℹ fail 0\nℹ cancelled 1\nℹ skipped 0\n";
        let tap = "ok 1 - pays\n1..4\n# tests 4\n# suites 1\n# pass 3\n# fail 1\n# cancelled 0\n";
        assert_eq!(Count::of_node(spec), Count { passed: 3, failed: 1 });
        assert_eq!(Count::of_node(tap), Count { passed: 3, failed: 1 });
        assert_eq!(Count::of_node("# pass the salt\n"), Count::default());
    }
}
