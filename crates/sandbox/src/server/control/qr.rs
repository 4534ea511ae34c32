//! QR codes (二维码), so that a page without scripts of its own can show one.

use qrcode::{QrCode, render::svg};

use super::Refused;
use crate::{message::Response, query};

/// `GET /sandbox/qr?text=…`: a picture with the quiet zone that scanners need.
pub(super) fn picture(text: &str) -> Result<Response, Refused> {
    let text = query::value(text, "text");
    if text.is_empty() {
        return Err((400, "expected text".to_owned()));
    }
    let code = QrCode::new(text.as_bytes()).map_err(|error| (400, format!("text: {error}")))?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    Ok(Response::new(200, "image/svg+xml", picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_into_no_code_is_refused() {
        assert!(picture("text=weixin%3A%2F%2Fwxpay").unwrap().text().contains("<svg "));
        assert_eq!(picture("").unwrap_err().1, "expected text");
        assert_eq!(picture(&format!("text={}", "x".repeat(3_000))).unwrap_err().0, 400);
    }
}
