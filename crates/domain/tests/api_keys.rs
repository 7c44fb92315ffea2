//! Authentication by API keys.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use injeung_domain::ports::Repository;
use injeung_domain::{
    ApiKey, AuthenticateKeyError, KeyId, KeyRejection, KeyText, Scope, authenticate_key,
};
use support::world::{NOON, World, done, world};
use time::Duration;

fn text(id: u8, secret: u8) -> KeyText {
    KeyText::new(KeyId::new([id; KeyId::BYTES]), [secret; KeyText::SECRET_BYTES])
}

fn world_with_key() -> World {
    let world = world();
    let key = ApiKey {
        id: text(1, 1).id().clone(),
        name: "app".parse().unwrap(),
        digest: text(1, 1).digest(),
        scopes: vec![Scope::Verify],
        created_at: NOON,
        expires_at: Some(NOON + Duration::HOUR),
        revoked_at: None,
        last_used_at: None,
    };
    assert!(done(world.database.add_api_key(&key)).unwrap());
    world
}

#[test]
fn the_last_use_is_stored_once_a_minute() {
    let world = world_with_key();
    for (second, stored) in [(0, 0), (59, 0), (60, 60), (100, 60), (120, 120)] {
        world.clock.set(NOON + Duration::seconds(second));
        done(authenticate_key(&world.ports, &text(1, 1), Scope::Verify)).unwrap();
        let key = done(world.database.find_api_key(text(1, 1).id())).unwrap().unwrap();
        assert_eq!(key.last_used_at, Some(NOON + Duration::seconds(stored)));
    }
}

#[test]
fn other_keys_are_rejected_and_not_used() {
    let world = world_with_key();
    let rejected = |text, scope| done(authenticate_key(&world.ports, &text, scope)).unwrap_err();
    let unknown = rejected(text(2, 1), Scope::Verify);
    assert!(matches!(unknown, AuthenticateKeyError::Unknown(_)), "{unknown:?}");
    let reason = |text, scope| match rejected(text, scope) {
        AuthenticateKeyError::Rejected { reason, .. } => Some(reason),
        AuthenticateKeyError::Unknown(_) | AuthenticateKeyError::Database(_) => None,
    };
    assert_eq!(reason(text(1, 2), Scope::Verify), Some(KeyRejection::OtherSecret));
    let lacks = KeyRejection::LacksScope(Scope::Metrics);
    assert_eq!(reason(text(1, 1), Scope::Metrics), Some(lacks));
    world.clock.set(NOON + Duration::HOUR);
    assert_eq!(reason(text(1, 1), Scope::Verify), Some(KeyRejection::Expired));
    assert!(done(world.database.revoke_api_key(text(1, 1).id(), NOON)).unwrap());
    assert_eq!(reason(text(1, 1), Scope::Verify), Some(KeyRejection::Revoked));
    let key = done(world.database.find_api_key(text(1, 1).id())).unwrap().unwrap();
    assert_eq!(key.last_used_at, None);
}
