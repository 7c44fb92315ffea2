//! The service on a real port, with the domain's ports in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod admin;
mod appeals;
mod audit;
mod auth;
mod bodies;
mod browser;
mod calls;
mod client;
mod console;
mod faults;
mod hostile;
mod idempotency;
mod lifecycle;
mod limits;
mod logs;
mod metrics;
mod objects;
mod openapi;
mod pictures;
mod rates;
mod routes;
mod rules;
mod tls;
mod try_page;
mod views;
mod world;
