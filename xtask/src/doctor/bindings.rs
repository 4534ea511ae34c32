//! What wrangler.toml gives the Worker besides values: objects, assets, and the secrets it names.

use crate::configuration::api::Apis;
use crate::configuration::manifest::Manifest;
use crate::configuration::settings::{Kind, SETTINGS, named};

use super::finding::Finding;

/// The Worker's entry, which exports a class for each Durable Object.
const ENTRY: &str = include_str!("../../../crates/worker/entry.mjs");

/// Paths that the Worker answers itself; for every other the assets come first.
const PATHS: [&str; 4] = ["/v1/*", "/notify/*", "/healthz", "/openapi.yaml"];

pub(super) fn findings(manifest: &Manifest, apis: Apis) -> Vec<Finding> {
    let mut findings = objects(manifest);
    findings.extend(paths(manifest));
    findings.extend(secrets(manifest, apis));
    findings
}

fn objects(manifest: &Manifest) -> Vec<Finding> {
    let (bound, migrated) = (manifest.objects(), manifest.migrated());
    let faults: Vec<Finding> = classes()
        .filter_map(|class| {
            // The Worker asks for each by its class in capitals.
            let name = class.to_ascii_uppercase();
            if !bound.contains(&(&name, class)) {
                return Some(Finding::failure(
                    &name,
                    format!("no [[durable_objects.bindings]] binds it to the class {class}"),
                    "take the table over from this repository's wrangler.toml",
                    "从本仓库的 wrangler.toml 抄来这一段",
                ));
            }
            (!migrated.contains(&class)).then(|| {
                Finding::failure(
                    &name,
                    format!("no [[migrations]] has {class} under new_sqlite_classes"),
                    "take the migration over from this repository's wrangler.toml",
                    "从本仓库的 wrangler.toml 抄来这次迁移",
                )
            })
        })
        .collect();
    if faults.is_empty() {
        return vec![Finding::ok("bindings", "every object is bound and migrated")];
    }
    faults
}

fn classes() -> impl Iterator<Item = &'static str> {
    ENTRY.lines().filter_map(|line| {
        let (class, _) = line.strip_prefix("export const ")?.split_once(" = durable(")?;
        Some(class)
    })
}

fn paths(manifest: &Manifest) -> Option<Finding> {
    let first = manifest.worker_first()?;
    let missing: Vec<&str> = PATHS.into_iter().filter(|path| !first.contains(path)).collect();
    if first.contains(&"/*") || missing.is_empty() {
        return Some(Finding::ok("assets", "the Worker's own paths go to the Worker first"));
    }
    Some(Finding::failure(
        "assets",
        format!("run_worker_first lacks {}", missing.join(", ")),
        "add them, or a page of yours could answer in the Worker's place",
        "补上，否则页面文件会抢在 Worker 前面回答",
    ))
}

fn secrets(manifest: &Manifest, apis: Apis) -> Vec<Finding> {
    let required = manifest.required_secrets();
    let secrets = SETTINGS.iter().filter(|setting| setting.kind == Kind::Secret);
    let needed = secrets.filter(|setting| setting.is_needed(apis));
    let forgotten = needed.filter(|setting| !required.contains(&setting.name)).map(|setting| {
        Finding::warning(
            setting.name,
            "not under [secrets] required, so wrangler would deploy without it",
            "add the name there",
            "把名字加进 [secrets] required",
        )
    });
    let unknown = required.iter().filter(|name| named(name).is_none()).map(|name| {
        Finding::warning(
            name,
            "under [secrets] required, but nothing reads it",
            "take the name out; CHANGELOG.md says what has replaced it",
            "去掉这个名字；CHANGELOG.md 写明了替代者",
        )
    });
    forgotten.chain(unknown).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::finding::Verdict;
    use super::*;
    use crate::configuration::api::Api;
    use crate::place;

    #[test]
    fn this_repositorys_own_file_has_every_object_path_and_secret() -> anyhow::Result<()> {
        let manifest = Manifest::open(&place::root().join("wrangler.toml"))?;
        for finding in findings(&manifest, Apis::only(Api::V3)) {
            assert_eq!(finding.verdict, Verdict::Ok, "{finding}");
        }
        Ok(())
    }

    #[test]
    fn an_object_that_is_not_bound_is_named() -> anyhow::Result<()> {
        assert!(classes().any(|class| class == "Order"));
        let text = fs::read_to_string(place::root().join("wrangler.toml"))?;
        let manifest = Manifest::parse(&text.replace("class_name = \"Order\"", ""))?;
        let names: Vec<String> = objects(&manifest).into_iter().map(|it| it.check).collect();
        assert_eq!(names, ["ORDER"]);
        Ok(())
    }

    #[test]
    fn a_path_that_a_page_could_take_over_is_named() -> anyhow::Result<()> {
        let manifest = Manifest::parse("[assets]\nrun_worker_first = [\"/v1/*\"]\n")?;
        let finding = paths(&manifest).map(|it| (it.verdict, it.detail));
        let detail = "run_worker_first lacks /notify/*, /healthz, /openapi.yaml".to_owned();
        assert_eq!(finding, Some((Verdict::Failure, detail)));
        for all in
            ["[vars]", "[assets]\nrun_worker_first = true", "[assets]\nrun_worker_first = [\"/*\"]"]
        {
            let finding = paths(&Manifest::parse(all)?);
            assert!(finding.is_none_or(|it| it.verdict == Verdict::Ok), "{all}");
        }
        Ok(())
    }
}
