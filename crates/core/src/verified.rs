/// Proof that WeChat said this: the signature was checked under the agreed key and algorithm, and
/// the message names our own appid and mchid.
///
/// Invariant: the field is private and the one place that makes a value is
/// [`v2::Credential`](crate::v2::Credential), so every claim "this is verified" is one search away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn assertion(value: T) -> Self {
        Self(value)
    }

    pub(crate) fn try_map<U, E>(
        self,
        read: impl FnOnce(T) -> Result<U, E>,
    ) -> Result<Verified<U>, E> {
        read(self.0).map(Verified)
    }

    /// What was said.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// What was said, by value.
    pub fn into_inner(self) -> T {
        self.0
    }
}
