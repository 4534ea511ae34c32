/// Proof that WeChat said this to us: the signature was checked under the agreed key and algorithm.
/// Whatever names a merchant in it names us.
///
/// Invariant: the field is private, and there are two places that make a value: V2's
/// [`Credential`](crate::v2::Credential), which checks by itself, and V3's
/// [`Claim`](crate::v3::Claim), on the platform's verdict.
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
