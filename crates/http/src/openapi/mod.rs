//! The description of the service in OpenAPI 3.1: `/openapi.json`, and its page under `/docs/`.
//!
//! The fields are those that the routes parse, and the responses are made by `error.rs`. docs/openapi.json is a copy for
//! clients; a test fails if it differs.

mod admin;
mod answers;
mod document;
mod page;
mod schemas;

pub(crate) use document::document;
pub(crate) use page::{json, page};
