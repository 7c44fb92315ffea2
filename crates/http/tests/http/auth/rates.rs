//! Rate limits per caller.

use injeung_domain::Scope;
use injeung_http::TokenAlgorithm;
use serde_json::json;

use super::issuer::{claims, with_claim};
use super::tokens::{hs256, with_secret};
use super::{ACCEPTED, api_keys, post, reference, required, world};
use crate::rates::{TOO_MANY, limit};

#[tokio::test]
async fn a_participant_at_its_limit_is_109_and_others_are_admitted() {
    let mut world = world(&with_secret(TokenAlgorithm::HS256)).await;
    world.settings.rates.participant = limit(2, 0);
    let service = world.start();
    let minji = format!("Bearer {}", hs256(&claims().to_string()));
    post(&service, &minji, &reference(2)).await.assert(200, None, ACCEPTED);
    // A request that is rejected later counts, too.
    assert_eq!(post(&service, &minji, &reference(3)).await.status, 403);
    post(&service, &minji, &reference(2)).await.assert(429, Some(109), TOO_MANY);
    let suho = format!("Bearer {}", hs256(&with_claim("sub", json!("suho"))));
    post(&service, &suho, &reference(3)).await.assert(200, None, ACCEPTED);
}

#[tokio::test]
async fn the_keys_of_one_name_share_a_limit() {
    let mut world = world(&required()).await;
    world.settings.rates.api_key = limit(2, 0);
    for (nth, name) in [(1, "app"), (2, "app"), (3, "shop")] {
        api_keys::add(&world, nth, Scope::Verify, name).await;
    }
    let service = world.start();
    for nth in [1, 2] {
        let reply = post(&service, &api_keys::bearer(nth), &reference(2)).await;
        reply.assert(200, None, ACCEPTED);
    }
    for nth in [1, 2] {
        let reply = post(&service, &api_keys::bearer(nth), &reference(2)).await;
        reply.assert(429, Some(109), TOO_MANY);
    }
    post(&service, &api_keys::bearer(3), &reference(2)).await.assert(200, None, ACCEPTED);
}
