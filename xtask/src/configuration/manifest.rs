//! wrangler.toml: read, and filled in without touching its remarks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value as Json;
use toml_edit::{
    Array, ArrayOfTables, DocumentMut, Item, Table, TableLike, TomlError, Value, value,
};

use super::api::Api;
use super::settings::{API, Kind, MERCHANT_SERIAL, PUBLIC_KEYS, Setting};
use super::shape;

/// The name under which the Worker finds the merchant's certificate.
pub(crate) const CERTIFICATE_BINDING: &str = "WXPAY_CERT";

/// What the file of a fresh clone says where the merchant has to say something.
const NOT_FILLED_IN: &str = "replace-me";

/// A wrangler.toml.
pub(crate) struct Manifest {
    file: PathBuf,
    document: DocumentMut,
}

impl Manifest {
    /// Reads the file.
    pub(crate) fn open(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file)
            .with_context(|| format!("cannot read {}: restore it with git", file.display()))?;
        let document = text.parse().map_err(|error| complaint(file, &text, &error))?;
        Ok(Self { file: file.to_owned(), document })
    }

    /// A text as a file that stands nowhere.
    #[cfg(test)]
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Ok(Self { file: PathBuf::new(), document: text.parse()? })
    }

    /// Writes it back. Whoever reads meanwhile sees the old file or the new one.
    pub(crate) fn write(&self) -> Result<()> {
        let new = self.file.with_extension("toml.new");
        fs::write(&new, self.document.to_string())
            .and_then(|()| fs::rename(&new, &self.file))
            .with_context(|| format!("cannot write {}", self.file.display()))
    }

    /// A setting's value, unless it stands in the file as it was cloned. Secrets are never here.
    pub(crate) fn value(&self, setting: &Setting) -> Option<String> {
        let value = match setting.kind {
            Kind::Variable => self.variable(setting.name),
            Kind::Certificate => self.certificate().map(str::to_owned),
            Kind::Secret => None,
        };
        value.filter(|value| !value.is_empty() && *value != NOT_FILLED_IN)
    }

    /// The text of a variable, whatever it is called. A number counts, and a table is JSON: the
    /// Worker reads them so too.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let item = self.document.get("vars")?.get(name)?;
        let number = || item.as_integer().map(|number| number.to_string());
        let table = || item.as_table_like().map(|table| json(table).to_string());
        item.as_str().map(str::to_owned).or_else(number).or_else(table)
    }

    /// By which API orders are placed with what stands here; nothing in the file as it was cloned.
    pub(crate) fn api(&self) -> Option<Api> {
        let given = |name: &str| {
            self.variable(name).filter(|text| !text.is_empty() && text != NOT_FILLED_IN)
        };
        let said = given(API).and_then(|text| Api::parse(&text));
        let by_serial = || given(MERCHANT_SERIAL).map(|_| Api::V3);
        // Files from before there was a choice name a merchant and no serial number.
        said.or_else(by_serial).or_else(|| given("WXPAY_MCHID").map(|_| Api::V2))
    }

    /// Fills in a value; an empty one is taken out, or stays empty where the file has the name.
    pub(crate) fn fill(&mut self, setting: &Setting, text: &str) -> Result<()> {
        match setting.kind {
            Kind::Variable if setting.name == PUBLIC_KEYS => self.fill_public_keys(text),
            Kind::Variable => self.fill_variable(setting.name, text),
            Kind::Certificate => self.fill_certificate(text),
            Kind::Secret => bail!("{} is a secret and belongs in no file", setting.name),
        }
    }

    fn fill_variable(&mut self, name: &str, text: &str) -> Result<()> {
        let vars = self.document.entry("vars").or_insert(Item::Table(Table::new()));
        let vars = vars.as_table_mut().context("`vars` is no table")?;
        match vars.get_mut(name).and_then(Item::as_value_mut) {
            Some(old) if old.as_str() == Some(text) => {}
            Some(old) => {
                // The remark at the line's end belongs to the line, not to the value.
                let decor = old.decor().clone();
                *old = text.into();
                *old.decor_mut() = decor;
            }
            None if text.is_empty() => {}
            None => {
                vars.insert(name, value(text));
            }
        }
        Ok(())
    }

    /// Keys have many lines, so they stand in a table: an ID, and the key between `"""`.
    fn fill_public_keys(&mut self, text: &str) -> Result<()> {
        if self.variable(PUBLIC_KEYS).unwrap_or_default() == text {
            return Ok(());
        }
        let vars = self.document.entry("vars").or_insert(Item::Table(Table::new()));
        let vars = vars.as_table_mut().context("`vars` is no table")?;
        vars.remove(PUBLIC_KEYS);
        if let Some(keys) = shape::public_keys(text) {
            let mut table = Table::new();
            table.extend(keys);
            table.decor_mut().set_prefix(REMARK_ON_KEYS);
            vars.insert(PUBLIC_KEYS, Item::Table(table));
        }
        Ok(())
    }

    fn certificate(&self) -> Option<&str> {
        let tables = self.document.get("mtls_certificates")?.as_array_of_tables()?;
        let ours = tables.iter().find(|table| is_ours(table))?;
        ours.get("certificate_id")?.as_str()
    }

    fn fill_certificate(&mut self, id: &str) -> Result<()> {
        let tables = self
            .document
            .entry("mtls_certificates")
            .or_insert(Item::ArrayOfTables(ArrayOfTables::new()))
            .as_array_of_tables_mut()
            .context("`mtls_certificates` is no array of tables")?;
        tables.retain(|table| !is_ours(table) || !id.is_empty());
        if let Some(ours) = tables.iter_mut().find(|table| is_ours(table)) {
            ours.insert("certificate_id", value(id));
        } else if !id.is_empty() {
            let mut table = Table::new();
            table.insert("binding", value(CERTIFICATE_BINDING));
            table.insert("certificate_id", value(id));
            table.decor_mut().set_prefix(REMARK);
            tables.push(table);
        }
        if tables.is_empty() {
            self.document.remove("mtls_certificates");
        }
        Ok(())
    }

    /// The classes that `[[durable_objects.bindings]]` binds, each with its name.
    pub(crate) fn objects(&self) -> Vec<(&str, &str)> {
        let bindings = self.document.get("durable_objects").and_then(|table| table.get("bindings"));
        let tables = bindings.and_then(Item::as_array_of_tables).into_iter().flatten();
        let pair = |table| text(table, "name").zip(text(table, "class_name"));
        tables.filter_map(pair).collect()
    }

    /// The classes that the migrations create with SQLite.
    pub(crate) fn migrated(&self) -> Vec<&str> {
        let tables = self.document.get("migrations").and_then(Item::as_array_of_tables);
        let lists = tables.into_iter().flatten().map(|table| table.get("new_sqlite_classes"));
        lists.flat_map(texts).collect()
    }

    /// The paths that go to the Worker before the assets; nothing where there are no assets.
    pub(crate) fn worker_first(&self) -> Option<Vec<&str>> {
        let first = self.document.get("assets")?.get("run_worker_first");
        match first.and_then(Item::as_bool) {
            Some(true) => Some(vec!["/*"]),
            _ => Some(texts(first).collect()),
        }
    }

    /// Where the shop's own pages are, beside the file.
    pub(crate) fn assets(&self) -> Option<PathBuf> {
        let folder = self.document.get("assets")?.get("directory")?.as_str()?;
        Some(self.file.parent()?.join(folder))
    }

    /// The secrets without which wrangler does not deploy, and those that `wrangler dev` reads.
    pub(crate) fn required_secrets(&self) -> Vec<&str> {
        texts(self.document.get("secrets").and_then(|table| table.get("required"))).collect()
    }

    /// Makes one of them required, or not. Where the file has no such list it stays without.
    pub(crate) fn require(&mut self, name: &str, required: bool) {
        let secrets = self.document.get_mut("secrets").and_then(|table| table.get_mut("required"));
        let Some(list) = secrets.and_then(Item::as_array_mut) else { return };
        let at = list.iter().position(|item| item.as_str() == Some(name));
        match at {
            None if required => add(list, name),
            Some(at) if !required => {
                list.remove(at);
            }
            _ => {}
        }
    }
}

/// A name in a line of its own, where the names have lines of their own.
fn add(list: &mut Array, name: &str) {
    let mut item = Value::from(name);
    let last = list.iter().last().and_then(|item| item.decor().prefix()?.as_str());
    let indent = last.and_then(|prefix| Some(prefix.get(prefix.rfind('\n')?..)?.to_owned()));
    if let Some(indent) = indent {
        item.decor_mut().set_prefix(indent);
        list.push_formatted(item);
    } else {
        list.push(name);
    }
}

fn json(table: &dyn TableLike) -> Json {
    let text = |item: &Item| Json::from(item.as_str().unwrap_or_default());
    table.iter().map(|(name, item)| (name.to_owned(), text(item))).collect()
}

/// What is wrong, without the line itself: somebody may have put a key there.
fn complaint(file: &Path, text: &str, error: &TomlError) -> anyhow::Error {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    anyhow!("{}, line {line}: {}", file.display(), error.message())
}

/// What stands above the tables that `init` adds.
const REMARK: &str = "\n# The merchant certificate, for refunds and fund-flow bills by API V2.\n";
const REMARK_ON_KEYS: &str = "\n# WeChat Pay's public keys (微信支付公钥), each under its ID.\n";

fn is_ours(table: &Table) -> bool {
    text(table, "binding") == Some(CERTIFICATE_BINDING)
}

fn text<'table>(table: &'table Table, key: &str) -> Option<&'table str> {
    table.get(key)?.as_str()
}

fn texts(list: Option<&Item>) -> impl Iterator<Item = &str> {
    list.and_then(Item::as_array).into_iter().flatten().filter_map(|item| item.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::settings::{CERTIFICATE_ID, named};
    use super::*;

    const FILE: &str = "\
# The Worker.
[vars]
# From your account.
WXPAY_APPID = \"replace-me\" # not the mini program's
SHOP_NAME = '茶舍'

# Not for production: GATEWAY_URL.

[secrets]
required = [\"TOKEN_KEY\"]
";

    fn manifest() -> Result<Manifest> {
        Manifest::parse(FILE)
    }

    fn fill(manifest: &mut Manifest, name: &str, text: &str) -> Result<()> {
        manifest.fill(named(name).context("a setting")?, text)
    }

    #[test]
    fn a_value_is_filled_in_and_every_remark_stays() -> Result<()> {
        let mut manifest = manifest()?;
        fill(&mut manifest, "WXPAY_APPID", "wx2421b1c4370ec43b")?;
        fill(&mut manifest, "H5_DOMAIN", "")?;
        let expected = FILE.replace("replace-me", "wx2421b1c4370ec43b");
        assert_eq!(manifest.document.to_string(), expected);
        Ok(())
    }

    #[test]
    fn the_same_answer_twice_is_the_same_file() -> Result<()> {
        let mut manifest = manifest()?;
        fill(&mut manifest, "SHOP_NAME", "茶舍")?;
        assert_eq!(manifest.document.to_string(), FILE);
        Ok(())
    }

    #[test]
    fn a_name_that_the_file_lacks_is_added_to_its_table() -> Result<()> {
        let mut manifest = manifest()?;
        fill(&mut manifest, "H5_DOMAIN", "shop.example.com")?;
        let text = manifest.document.to_string();
        assert!(text.contains("'茶舍'\nH5_DOMAIN = \"shop.example.com\"\n\n# Not for"), "{text}");
        Ok(())
    }

    #[test]
    fn the_certificate_is_added_changed_and_taken_out() -> Result<()> {
        let mut manifest = manifest()?;
        let setting = named(CERTIFICATE_ID).context("a setting")?;
        for id in ["11111111-2222-3333-4444-555555555555", "66666666-2222-3333-4444-555555555555"] {
            manifest.fill(setting, id)?;
            let reread: DocumentMut = manifest.document.to_string().parse()?;
            assert_eq!(reread.to_string().matches("WXPAY_CERT").count(), 1);
            assert_eq!(manifest.value(setting).as_deref(), Some(id));
        }
        manifest.fill(setting, "")?;
        assert_eq!(manifest.document.to_string(), FILE);
        Ok(())
    }

    #[test]
    fn a_number_without_quotation_marks_is_a_value_too() -> Result<()> {
        let manifest = Manifest::parse("[vars]\nWXPAY_MCHID = 1900000109\n")?;
        let mchid = manifest.value(named("WXPAY_MCHID").context("a setting")?);
        assert_eq!(mchid.as_deref(), Some("1900000109"));
        Ok(())
    }

    const TWO_KEYS: &str =
        r#"{"PUB_KEY_ID_01":"-----BEGIN\nAA\n-----END\n","PUB_KEY_ID_02":"AAAA"}"#;

    #[test]
    fn public_keys_are_a_table_that_is_changed_as_a_whole_and_taken_out() -> Result<()> {
        let mut manifest = manifest()?;
        let setting = named(PUBLIC_KEYS).context("a setting")?;
        for keys in [TWO_KEYS, TWO_KEYS, r#"{"PUB_KEY_ID_02":"AAAA"}"#] {
            manifest.fill(setting, keys)?;
            let reread = Manifest::parse(&manifest.document.to_string())?;
            assert_eq!(reread.value(setting).as_deref(), Some(keys));
            let text = reread.document.to_string();
            assert_eq!(text.matches("\n[vars.WXPAY_PUBLIC_KEYS]\n").count(), 1, "{text}");
            assert!(text.contains("\nPUB_KEY_ID_02 = \"AAAA\"\n"), "{text}");
        }
        manifest.fill(setting, "")?;
        assert_eq!(manifest.document.to_string(), FILE);
        Ok(())
    }

    #[test]
    fn a_secret_is_required_once_and_taken_out_with_its_remark() -> Result<()> {
        let file = "[secrets]\nrequired = [\n    # Of V3.\n    \"V3\",\n    \"ALL\",\n]\n";
        let mut manifest = Manifest::parse(file)?;
        manifest.require("ALL", true);
        assert_eq!(manifest.document.to_string(), file);
        manifest.require("V2", true);
        manifest.require("V3", false);
        let changed = "[secrets]\nrequired = [\n    \"ALL\",\n    \"V2\",\n]\n";
        assert_eq!(manifest.document.to_string(), changed);
        assert_eq!(manifest.required_secrets(), ["ALL", "V2"]);
        Ok(())
    }

    #[test]
    fn the_api_is_what_the_file_says_or_what_it_was_filled_in_for() -> Result<()> {
        let serial = "WXPAY_MERCHANT_SERIAL = \"5157F09EFDC096DE15EBE81A47057A7232F1B8E1\"";
        for (vars, api) in [
            ("WXPAY_MCHID = \"replace-me\"\nWXPAY_MERCHANT_SERIAL = \"\"".to_owned(), None),
            ("WXPAY_MCHID = \"1900000109\"".to_owned(), Some(Api::V2)),
            (format!("WXPAY_MCHID = \"1900000109\"\n{serial}"), Some(Api::V3)),
            (format!("WXPAY_API = \"v2\"\n{serial}"), Some(Api::V2)),
        ] {
            assert_eq!(Manifest::parse(&format!("[vars]\n{vars}\n"))?.api(), api, "{vars}");
        }
        Ok(())
    }

    #[test]
    fn what_stands_as_it_was_cloned_is_no_value_and_a_secret_is_never_filled_in() -> Result<()> {
        let mut manifest = manifest()?;
        assert_eq!(manifest.value(named("WXPAY_APPID").context("a setting")?), None);
        assert!(fill(&mut manifest, "TOKEN_KEY", "test key").is_err());
        Ok(())
    }
}
