//! The shop backend's key: `Authorization: Bearer …`, compared in constant time.
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{problem::Problem, problem_code::Code};

/// Lets the shop's backend in. The digests are compared, so neither the key's content nor its
/// length shows in the time it takes.
pub(crate) fn admit(authorization: Option<&str>, key: &str) -> Result<(), Problem> {
    let given = authorization.and_then(|value| value.split_once(' '));
    let given = match given {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(Code::Unauthorized.into()),
    };
    match bool::from(Sha256::digest(given).ct_eq(&Sha256::digest(key))) {
        true => Ok(()),
        false => Err(Code::Unauthorized.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::admit;

    #[test]
    fn only_the_whole_key_under_bearer_opens() {
        let key = "test key for the shop's backend";
        assert!(admit(Some(&format!("Bearer {key}")), key).is_ok());
        assert!(admit(Some(&format!("bearer  {key}")), key).is_ok());
        for no in [None, Some(""), Some("Bearer"), Some("Bearer "), Some(key), Some("Bearer test")]
        {
            assert!(admit(no, key).is_err(), "{no:?}");
        }
        assert!(admit(Some(&format!("Basic {key}")), key).is_err());
        assert!(admit(Some(&format!("Bearer {key}x")), key).is_err());
    }
}
