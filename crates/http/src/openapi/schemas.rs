//! Schemas of the fields and of the responses.

use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{
    KnownFormat, Object, ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ComponentsBuilder, Required, Schema};

use super::admin;
use super::document::Describe;

/// Further fields of the data of a response, and the schemas that have them.
pub(super) const CHECKS: (&str, &str) = ("checks", "Readiness");
pub(super) const PHOTO_URL: (&str, &str) = ("url", "PhotoUrl");
pub(super) const APPEAL: (&str, &str) = ("state", "Appeal");

pub(super) fn request_id() -> Object {
    let description = "`X-Request-Id` of the response that rejected the photo.";
    text().min_length(Some(1)).description(Some(description)).build()
}

/// Schemas of the fields and of the responses.
pub(super) fn components(describe: &Describe) -> Components {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The token (JWT) of a participant, or an API key `injeung_ID_SECRET`."))
        .build();
    let message = || object().property("message", text().build()).required("message");
    let errcode = integer()
        .description(Some("Below 100 the meaning depends on the call; docs/errors.md has all."))
        .minimum(Some(1))
        .build();
    let reason = text().description(Some("For the developer; only of the admin API."));
    let failure = message().property("errcode", errcode.clone()).required("errcode");
    let failure = failure.property("reason", reason.build());
    let url = text().description(Some("A URL that is valid for an hour.")).build();
    let url = message().property("url", url).required("url");
    let states = text().enum_values(Some(["open", "accepted", "rejected"])).build();
    let appeal = message().property(APPEAL.0, states).required(APPEAL.0);
    let checks =
        message().property("errcode", errcode).property(CHECKS.0, checks()).required(CHECKS.0);
    let components = ComponentsBuilder::new()
        .schema("ParticipationId", participation_id())
        .schema("PhotoBase64", photo_base64())
        .schema("PhotoFile", photo_file())
        .schema("Success", describe.enveloped(message()))
        .schema("Failure", describe.enveloped(failure))
        .schema(PHOTO_URL.1, describe.enveloped(url))
        .schema(APPEAL.1, describe.enveloped(appeal))
        .schema(CHECKS.1, describe.enveloped(checks))
        .security_scheme("bearer", SecurityScheme::Http(bearer));
    admin::components(components, describe, message).build()
}

pub(super) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}

pub(super) fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer))
}

pub(super) fn participation_id() -> Schema {
    let number =
        integer().minimum(Some(1)).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
    let digits = text().pattern(Some("^[1-9][0-9]{0,18}$"));
    let either = OneOfBuilder::new().item(number.build()).item(digits.build());
    either.description(Some("A positive 64-bit integer, or a text of its digits.")).build().into()
}

fn photo_base64() -> Object {
    let description = "JPEG, PNG or WebP in base64: standard or URL-safe, padded or not, with or without \
        `data:image/...;base64,`.";
    text().description(Some(description)).content_encoding("base64").build()
}

fn photo_file() -> Object {
    text()
        .description(Some("JPEG, PNG or WebP; the format is recognised by its content."))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
        .build()
}

/// Results of the checks of `/readyz`.
fn checks() -> Schema {
    let state = || text().enum_values(Some(["ok", "reduced", "failed"])).build();
    let checks = ["accepting", "database", "objects", "extractor"];
    let checks = checks
        .into_iter()
        .fold(object(), |object, name| object.property(name, state()).required(name));
    let each = object().additional_properties(Some(Schema::from(state())));
    let classifiers = each.description(Some("`failed`: the classifier failed for its last photo."));
    checks.property("classifiers", classifiers).required("classifiers").build().into()
}

pub(super) fn object() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Object))
}

pub(super) fn object_key() -> ParameterBuilder {
    let name = text().pattern(Some(
        "^(std|feature|classification|rejected)_[1-9][0-9]*_[0-9]{14}(_[0-9]+)?\\.jpg$",
    ));
    ParameterBuilder::new()
        .name("key")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("Name of a stored photo, the last part of the URL in its row."))
        .schema(Some(name.build()))
}
