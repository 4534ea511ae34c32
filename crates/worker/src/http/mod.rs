//! HTTP without WeChat: routes, bodies, origins, problems.
pub(crate) mod body;
pub(crate) mod cidr;
pub(crate) mod client_ip;
pub(crate) mod cors;
pub(crate) mod head;
pub(crate) mod origin;
pub(crate) mod problem;
pub(crate) mod problem_code;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod routing;
