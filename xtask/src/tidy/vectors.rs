//! A known answer must say where it is from: a folder of vectors has a `source.md`.

use std::collections::BTreeSet;

use super::Finding;

const SECTION: &str = "Tests";

pub(super) fn findings(files: &[String]) -> Vec<Finding> {
    let folders: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.strip_prefix("tests/vectors/")?.rsplit_once('/'))
        .map(|(folder, _)| folder)
        .collect();
    let sourceless = folders.into_iter().filter(|folder| {
        !files.iter().any(|file| *file == format!("tests/vectors/{folder}/source.md"))
    });
    sourceless
        .map(|folder| {
            let what = "a vector without source.md: where is its answer from?";
            Finding::failure(format!("tests/vectors/{folder}"), what, SECTION)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_vectors_without_a_source_is_a_failure() {
        let files = [
            "tests/vectors/README.md",
            "tests/vectors/v2-sign/one/fields.json",
            "tests/vectors/v2-sign/one/source.md",
            "tests/vectors/v2-sign/two/fields.json",
            "tests/e2e/jsapi.test.mjs",
        ];
        let findings = findings(&files.map(str::to_owned));
        let places: Vec<&str> = findings.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(places, ["tests/vectors/v2-sign/two"]);
    }
}
