//! Authentication: each attack on a credential is a row of a table.

pub(crate) mod api_keys;
mod issuer;
mod key_sets;
mod photos;
mod rates;
mod tokens;

use injeung_adapter::Secret;
use injeung_domain::GroupId;
use injeung_domain::ports::Repository;
use injeung_http::{AuthSettings, Authentication};
use serde_json::Value;

use crate::client::{Reply, request, send};
use crate::world::{Service, World, id, std_img, with};

pub(crate) const UNAUTHENTICATED: &str = "토큰이 입력되지 않았습니다.";
const NOT_OWNER: &str = "알맞지 않은 참가자 아이디 입니다.";
const ACCEPTED: &str = "완료 되었습니다.";

/// Settings that require a credential.
pub(crate) fn required() -> AuthSettings {
    AuthSettings {
        required: true,
        url_secret: Secret::new("u".repeat(32)),
        ..AuthSettings::default()
    }
}

/// A world with authentication, in which participation 2 belongs to `minji` and 3 to `suho`.
pub(crate) async fn world(settings: &AuthSettings) -> World {
    let mut world = World::new().await;
    for (number, user) in [(2, "minji"), (3, "suho")] {
        let group_id = GroupId::try_from(1).unwrap();
        let user = Some(user.parse().unwrap());
        world.database.put_participation(id(number), group_id, user).await.unwrap();
    }
    world.authentication = Authentication::new(settings, None).unwrap();
    world
}

/// Body of `POST /std_img` for a participation.
fn reference(participation: i64) -> Value {
    with(std_img(), "participation_id", Some(participation.into()))
}

/// Response of `POST /std_img` with a value of the header `Authorization`.
async fn post(service: &Service, authorization: &str, body: &Value) -> Reply {
    let headers = [("Content-Type", "application/json"), ("Authorization", authorization)];
    let body = body.to_string();
    send(service.address, &request("POST", "/std_img", &headers, body.as_bytes())).await
}

async fn get_with(service: &Service, path: &str, authorization: &str) -> Reply {
    let headers = [("Authorization", authorization)];
    send(service.address, &request("GET", path, &headers, b"")).await
}
