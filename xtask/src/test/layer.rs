//! The layers of `cargo xtask test`: what each asks, what it needs, and its command.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::count::Count;
use crate::{place, process, setup};

/// One layer.
pub(super) struct Layer {
    pub(super) name: &'static str,
    pub(super) question: &'static str,
    /// Layers that must have passed before: because it uses what they make, or because both would
    /// wait for the same of cargo's locks.
    pub(super) needs: &'static [&'static str],
    what: What,
}

/// How it is run, and how its tests are counted.
enum What {
    /// A check by cargo, without tests.
    Cargo(&'static [&'static str]),
    /// `cargo test`.
    CargoTest(&'static [&'static str]),
    /// A command of our own that builds or checks.
    Xtask(&'static [&'static str]),
    /// A command of our own whose exit code is the result of one trial.
    Trial(&'static [&'static str]),
    /// The npm package's own tests, which run `node --test`.
    NpmTest(Engine),
    /// `node --test` over every `*.test.mjs` of a folder; with another engine, over those to which
    /// it makes a difference.
    NodeTest(&'static str, Engine),
}

/// What the npm package computes with while it is tested.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    /// WebAssembly, in the entry that everybody imports.
    Default,
    /// The same module made JavaScript, which is `wxpay-h5/js`.
    JavaScript,
}

impl Engine {
    /// As pkg/test/engine.mjs and tests/e2e/harness/engine.mjs read it.
    const VARIABLE: &str = "WXPAY_H5_ENGINE";

    const fn value(self) -> &'static str {
        match self {
            Self::Default => "",
            Self::JavaScript => "js",
        }
    }
}

/// The tests that need no browser, but Python.
const CONTRACT: &str = "tests/contract";

/// The tests that need other people's SDKs, in three languages.
const INTEROP: &str = "tests/interop";

/// The tests that need a browser, Python, and other people's test runners.
const HELPERS: &str = "tests/helpers";

/// All layers. The order is the order of starting, where needs leave a choice.
pub(super) const LAYERS: [Layer; 21] = [
    Layer {
        name: "fmt",
        question: "is the Rust formatted?",
        needs: &[],
        what: What::Cargo(&["fmt", "--all", "--check"]),
    },
    Layer {
        name: "setup",
        question: "are the tools there?",
        needs: &[],
        what: What::Xtask(&["setup"]),
    },
    Layer {
        name: "vectors",
        question: "do implementations that are not ours agree with the vectors?",
        needs: &["setup"],
        what: What::NodeTest("tests/vectors", Engine::Default),
    },
    Layer {
        name: "worker",
        question: "does the Worker build?",
        needs: &["setup"],
        what: What::Xtask(&["worker"]),
    },
    Layer {
        name: "clippy",
        question: "is the Rust free of warnings?",
        needs: &["fmt"],
        what: What::Cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    },
    Layer {
        name: "cargo-test",
        question: "do vectors, units, properties, scenarios and the house rules hold?",
        needs: &["clippy"],
        what: What::CargoTest(&["test", "--workspace", "--locked", "--no-fail-fast"]),
    },
    Layer {
        name: "sandbox",
        question: "does the sandbox build?",
        needs: &["cargo-test"],
        what: What::Xtask(&["sandbox"]),
    },
    Layer {
        name: "pkg",
        question: "does core's page part build for wasm, and the npm package of it?",
        needs: &["setup"],
        what: What::Xtask(&["pkg"]),
    },
    Layer {
        name: "pkg-test",
        question: "does the npm package do what it promises?",
        needs: &["pkg"],
        what: What::NpmTest(Engine::Default),
    },
    Layer {
        name: "pkg-test-js",
        question: "does it do the same without WebAssembly?",
        needs: &["pkg"],
        what: What::NpmTest(Engine::JavaScript),
    },
    Layer {
        name: "worker-faults",
        question: "does the Worker's test build build?",
        needs: &["worker"],
        what: What::Xtask(&["worker", "--faults"]),
    },
    Layer {
        name: "size",
        question: "is everything within its budget?",
        needs: &["pkg", "worker"],
        what: What::Xtask(&["size"]),
    },
    Layer {
        name: "packaging",
        question: "does the packed npm package load wherever it promises to?",
        needs: &["pkg-test"],
        what: What::NodeTest("tests/packaging", Engine::Default),
    },
    Layer {
        name: "operations",
        question: "do init and doctor ask, write and find what they should?",
        needs: &["cargo-test"],
        what: What::NodeTest("tests/operations", Engine::Default),
    },
    Layer {
        name: "contract",
        question: "does the built Worker keep what openapi.yaml promises?",
        needs: &["sandbox", "worker"],
        what: What::NodeTest(CONTRACT, Engine::Default),
    },
    Layer {
        name: "helpers",
        question: "do the sandbox's helpers work in vitest, Playwright and pytest?",
        needs: &["sandbox", "contract"],
        what: What::NodeTest(HELPERS, Engine::Default),
    },
    Layer {
        name: "interop",
        question: "do other people's SDKs understand the sandbox, and sign as the Worker does?",
        needs: &["sandbox", "worker"],
        what: What::NodeTest(INTEROP, Engine::Default),
    },
    Layer {
        name: "e2e",
        question: "does the built Worker do it in workerd, and the demo in a browser?",
        needs: &["sandbox", "pkg-test", "worker-faults"],
        what: What::NodeTest("tests/e2e", Engine::Default),
    },
    Layer {
        name: "e2e-js",
        question: "do the pages do the same without WebAssembly?",
        // Not beside e2e: two cores have no room for the browsers of both.
        needs: &["e2e", "pkg-test-js"],
        what: What::NodeTest("tests/e2e", Engine::JavaScript),
    },
    Layer {
        name: "demo-once",
        question: "does the demo sell something?",
        needs: &["e2e"],
        what: What::Trial(&["demo", "--once"]),
    },
    Layer {
        name: "demo-once-v3",
        question: "does it sell by API V3 as well?",
        needs: &["demo-once"],
        what: What::Trial(&["demo", "--once", "--api", "v3"]),
    },
];

impl Layer {
    /// Whether a run of it without any test is a failure.
    pub(super) fn has_tests(&self) -> bool {
        !matches!(self.what, What::Cargo(_) | What::Xtask(_))
    }

    /// Whether npm's packages must be there before its command can be put together.
    pub(super) fn is_node(&self) -> bool {
        matches!(self.what, What::NpmTest(_) | What::NodeTest(..))
    }

    /// The tests that its output tells of.
    pub(super) fn count(&self, output: &str, success: bool) -> Count {
        match self.what {
            What::Cargo(_) | What::Xtask(_) => Count::default(),
            What::CargoTest(_) => Count::of_cargo(output),
            What::Trial(_) => Count::of_one(success),
            What::NpmTest(_) | What::NodeTest(..) => Count::of_node(output),
        }
    }

    /// The command; `xtask` is this program.
    pub(super) fn command(&self, xtask: &Path) -> Result<Command> {
        let mut command = match self.what {
            What::Cargo(arguments) | What::CargoTest(arguments) => with("cargo", arguments),
            What::Xtask(arguments) | What::Trial(arguments) => with(xtask, arguments),
            What::NpmTest(engine) => {
                let mut npm = with(setup::npm_program()?, &["test", "--workspace", "pkg"]);
                npm.env(Engine::VARIABLE, engine.value());
                npm
            }
            What::NodeTest(folder, engine) => {
                let mut node = with(setup::node()?, &["--test", "--test-reporter=spec"]);
                // Node's own choice is one less than there are cores: a file at a time on two. But
                // every file waits at times, for an alarm, a time-out or a browser to start.
                node.arg("--test-concurrency=3");
                // Each file is a process that loads wrangler and Playwright: compiled once is enough.
                node.env("NODE_COMPILE_CACHE", place::target().join("test/node-cache"));
                node.args(test_files(folder, engine)?).env(Engine::VARIABLE, engine.value());
                match folder {
                    CONTRACT => {
                        node.env("WXPAY_PYTHON", setup::python()?);
                    }
                    INTEROP => setup::show_sdks(&mut node)?,
                    HELPERS => {
                        setup::show_chromium(&mut node)?;
                        node.env("WXPAY_PYTHON", setup::python()?);
                    }
                    _ => setup::show_chromium(&mut node)?,
                }
                node.env("WXPAY_SANDBOX_BIN", crate::sandbox::program());
                node.env("WXPAY_XTASK_BIN", xtask);
                node
            }
        };
        if self.is_node() {
            command.env("PATH", setup::node_path()?);
        }
        command.env("NO_COLOR", "1").env("CARGO_TERM_COLOR", "never");
        Ok(command)
    }
}

fn with(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = process::command(program);
    command.args(arguments);
    command
}

/// How files begin that another engine is not tried with. The way back and the QR code ask it
/// nothing, what is throttled is the default entry, the Worker's own tests open no page, and the
/// sandbox's console is none of a shop's. Hooks, routers, the demo, WeChat's middle page, codes, V3
/// and the outcomes ask what the others ask; for them CI has no time:
/// `WXPAY_H5_ENGINE=js node --test tests/e2e/routers.test.mjs` does it by hand.
const ENGINELESS: [&str; 15] = [
    "chaos",
    "demo",
    "frameworks",
    "middle-page",
    "moving",
    "native",
    "outcomes",
    "purchase",
    "qr",
    "return",
    "routers",
    "sandbox-console",
    "self-hosted",
    "throttled",
    "worker",
];

/// The folder's `*.test.mjs`. Named one by one: node's own patterns differ by version.
fn test_files(folder: &str, engine: Engine) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(place::root().join(folder)).with_context(|| format!("no {folder}"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_asked =
            engine == Engine::Default || !ENGINELESS.iter().any(|it| name.starts_with(it));
        if name.ends_with(".test.mjs") && is_asked {
            files.push(format!("{folder}/{name}"));
        }
    }
    if files.is_empty() {
        // Without a file node would look for tests by itself, everywhere.
        bail!("there is no *.test.mjs in {folder}");
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_needs_only_layers_that_come_before_it() {
        for (index, layer) in LAYERS.iter().enumerate() {
            let earlier = LAYERS.iter().take(index);
            for need in layer.needs {
                assert!(earlier.clone().any(|other| other.name == *need), "{}", layer.name);
            }
        }
    }
}
