//! One object per merchant with WeChat's platform certificates (平台证书), for every isolate: it asks
//! WeChat at most once a minute, however many serials nobody knows, and before twelve hours are over.
//!
//! Source: protocol page "获取平台证书列表", read 2026-11: refresh within twelve hours.
use serde::{Deserialize, Serialize};
use worker::{DurableObject, Env, Request, Response, State, durable_object};
use wxpay_core::{Mchid, SerialNo, UnixSeconds};

use super::{
    disk::{Disk, Row, Script, number, text},
    mail,
};
use crate::{clock, config::Config, gateway, http::problem::Problem, json};

/// The binding's name in wrangler.toml.
pub(crate) const BINDING: &str = "CERTIFICATES";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS certificates (
        serial_no TEXT PRIMARY KEY,
        certificate TEXT NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS asked (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        at INTEGER NOT NULL
    ) STRICT;
";

/// WeChat is asked at most this often. Seconds.
pub(crate) const ASK_EVERY: u64 = 60;
/// And at least this often, as long as certificates are used. Seconds.
const REFRESH_EVERY: u64 = 10 * 3600;

/// A platform certificate that WeChat handed us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Certificate {
    pub(crate) serial_no: SerialNo,
    /// Its public key, DER.
    pub(crate) spki: Vec<u8>,
    pub(crate) expires_at: UnixSeconds,
}

/// Every certificate that is known.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) certificates: Vec<Certificate>,
    /// When WeChat was last asked.
    pub(crate) asked_at: Option<UnixSeconds>,
    /// Whether that was for this answer, and WeChat told us of all that there are.
    pub(crate) is_fresh: bool,
}

/// Every certificate that is known; where `wanted` is not among them, WeChat may be asked.
pub(crate) async fn ask(
    env: &Env,
    mchid: &Mchid,
    wanted: Option<&SerialNo>,
) -> Result<Listed, Problem> {
    mail::ask(env, BINDING, mchid.as_str(), &wanted).await
}

/// The Durable Object class.
#[durable_object(alarm)]
pub struct CertificatesObject {
    state: State,
    env: Env,
}

impl DurableObject for CertificatesObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, _: Request) -> worker::Result<Response> {
        mail::refuse()
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.undisturbed(Look::Refresh).await?;
        Response::empty()
    }
}

mail::letterbox!(CertificatesObject);

impl CertificatesObject {
    async fn answer(&self, wanted: Option<SerialNo>) -> worker::Result<Listed> {
        self.undisturbed(wanted.map_or(Look::Read, Look::For)).await
    }

    /// Whoever else wants one meanwhile, while an alarm asks WeChat too, waits for the same answer.
    async fn undisturbed(&self, look: Look) -> worker::Result<Listed> {
        let (disk, env) = (Disk::of(&self.state), self.env.clone());
        let known = self.state.block_concurrency_while(async move {
            // An error would reset the object; what matters is carried as a value.
            Ok(known(&disk, &env, look).await)
        });
        known.await?
    }
}

/// What somebody looks for.
enum Look {
    /// What there is.
    Read,
    /// This one: WeChat may be asked.
    For(SerialNo),
    /// Whatever is new: WeChat is to be asked.
    Refresh,
}

async fn known(disk: &Disk, env: &Env, look: Look) -> worker::Result<Listed> {
    let known = read(disk)?;
    let lately = known.asked_at.is_some_and(|at| clock::now().since(at) < ASK_EVERY);
    let asks = match look {
        Look::Read => false,
        Look::For(serial) => !lately && known.certificates.iter().all(|it| it.serial_no != serial),
        Look::Refresh => true,
    };
    if !asks {
        return Ok(known);
    }
    let is_fresh = refresh(disk, env).await?;
    Ok(Listed { is_fresh, ..read(disk)? })
}

/// Asks WeChat and writes down what it said; whether it said anything. That it was asked is written
/// before, so that nothing that fails in between makes us ask again at once.
async fn refresh(disk: &Disk, env: &Env) -> worker::Result<bool> {
    let config = Config::of(env)?;
    let Some(v3) = config.v3.as_ref().filter(|v3| v3.ring.downloads().is_some()) else {
        disk.wake_at(None)?;
        return Ok(false);
    };
    let now = clock::now();
    let mut script = Script::default();
    script.add(SCHEMA, &[])?;
    let asked = "INSERT INTO asked (id, at) VALUES (1, ?)
                 ON CONFLICT (id) DO UPDATE SET at = excluded.at";
    script.add(asked, &[number(now.seconds())])?;
    disk.write(script, Some(Some(now.plus(REFRESH_EVERY))))?;
    // Without an answer, what we have goes on; the log has why.
    let Some(listed) = gateway::v3::certificates(&config, v3).await else { return Ok(false) };
    // The list is whole and verified: what WeChat does not list any more, it has withdrawn.
    let mut script = Script::default();
    script.add("DELETE FROM certificates", &[])?;
    let insert = "INSERT OR REPLACE INTO certificates (serial_no, certificate, expires_at)
                  VALUES (?, ?, ?)";
    for certificate in &listed {
        let row = serde_json::to_string(certificate)?;
        let expires_at = number(certificate.expires_at.seconds());
        script.add(insert, &[text(certificate.serial_no.as_str()), text(&row), expires_at])?;
    }
    disk.write(script, None)?;
    Ok(true)
}

fn read(disk: &Disk) -> worker::Result<Listed> {
    if !disk.has_table("asked")? {
        return Ok(Listed::default());
    }
    let rows = disk.rows("SELECT certificate FROM certificates", &[])?;
    let certificate = |row: Row| Ok(json::read(row.text(0).unwrap_or_default().as_bytes())?);
    let asked = disk.row("SELECT at FROM asked", &[])?;
    Ok(Listed {
        certificates: rows.map(certificate).collect::<worker::Result<_>>()?,
        asked_at: asked.and_then(|row| row.number(0)).map(UnixSeconds::new),
        is_fresh: false,
    })
}
