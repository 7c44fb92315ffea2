use std::collections::BTreeMap;

use injeung_domain::{FeedContent, IdError};
use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{Object, ObjectBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    ContentBuilder, HttpMethod, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem,
    PathsBuilder, Ref, RefOr, Required, Response, ResponseBuilder, ResponsesBuilder, Schema,
    ServerBuilder,
};

use super::schemas::{
    self, APPEAL, CHECKS, PHOTO_URL, integer, object, object_key, request_id, text,
};
use super::{admin, answers};
use crate::EnvelopeStyle;
use crate::error::{ALIVE, Answer, BUSY, READY, URL};

/// Reason why the description cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenApiError {
    #[error("make an example")]
    Example(#[from] IdError),
    #[error("serialize the description")]
    Json(#[from] serde_json::Error),
}

/// The description of a service with this envelope, as pretty JSON.
///
/// # Errors
/// If an example is invalid, or the description cannot be serialized.
pub(crate) fn document(style: EnvelopeStyle) -> Result<String, OpenApiError> {
    let describe = Describe(style);
    let [std_img, img_feature, classification] =
        [answers::std_img()?, answers::img_feature()?, answers::classification()?];
    let paths = PathsBuilder::new()
        .path(
            "/std_img",
            describe.call(
                ("register_reference", "Registers a reference photo"),
                "Later photos of the participation are compared with its newest reference.",
                &[PARTICIPATION_ID, ("std_img", FieldKind::Photo)],
                &std_img,
            ),
        )
        .path(
            "/img_feature",
            describe.call(
                ("verify_feature", "Accepts a photo that shows the scene of the reference"),
                "The photo is stored, and a row is added to the feed.",
                &[PARTICIPATION_ID, FEED_IMG, FEED_CONTENT],
                &img_feature,
            ),
        )
        .path(
            "/classification",
            describe.call(
                ("verify_keyword", "Accepts a photo that shows what the keyword names"),
                "The photo is stored, and a row is added to the feed.",
                &[
                    PARTICIPATION_ID,
                    FEED_IMG,
                    FEED_CONTENT,
                    ("classification_keyword", FieldKind::Text(1)),
                ],
                &classification,
            ),
        )
        .path("/appeals", describe.appeals()?)
        .path("/objects/{key}", describe.photo())
        .path("/objects/{key}/url", describe.photo_url())
        .path("/healthz", describe.probe("live", "Whether the process runs", &[ALIVE], None))
        .path(
            "/readyz",
            describe.probe(
                "ready",
                "Whether the database and the store respond",
                &[READY, BUSY],
                Some(CHECKS),
            ),
        )
        .path("/metrics", describe.metrics());
    let paths = admin::paths(paths, &describe).build();
    let document: OpenApi = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Injeung")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(DESCRIPTION))
                .license(Some(
                    LicenseBuilder::new()
                        .name("MIT OR Apache-2.0")
                        .identifier(Some("MIT OR Apache-2.0"))
                        .build(),
                ))
                .build(),
        )
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .paths(paths)
        .components(Some(schemas::components(&describe)))
        .build();
    Ok(serde_json::to_string_pretty(&document)?)
}

const DESCRIPTION: &str = "Verifies the photos of habit challenges. Every response has the header `X-Request-Id`. \
    Credentials are needed if `auth.required` is on: the token of a participant, or an API key.";

/// A field of a call and its kind.
type Field = (&'static str, FieldKind);

const PARTICIPATION_ID: Field = ("participation_id", FieldKind::Id);
const FEED_IMG: Field = ("feed_img", FieldKind::Photo);
const FEED_CONTENT: Field = ("feed_content", FieldKind::Text(0));

#[derive(Debug, Clone, Copy)]
enum FieldKind {
    Id,
    Photo,
    /// A text of at least this many characters.
    Text(usize),
}

impl FieldKind {
    fn in_json(self) -> RefOr<Schema> {
        match self {
            Self::Id => Ref::from_schema_name("ParticipationId").into(),
            Self::Photo => Ref::from_schema_name("PhotoBase64").into(),
            Self::Text(least) => text().min_length(Some(least)).build().into(),
        }
    }

    fn in_form(self) -> RefOr<Schema> {
        match self {
            Self::Photo => Ref::from_schema_name("PhotoFile").into(),
            Self::Id | Self::Text(_) => self.in_json(),
        }
    }
}

/// Makes the parts of the description that depend on the envelope.
pub(super) struct Describe(EnvelopeStyle);

impl Describe {
    fn call(
        &self,
        (id, summary): (&str, &str),
        description: &str,
        fields: &[Field],
        answers: &[Answer],
    ) -> PathItem {
        let body = |schema: fn(FieldKind) -> RefOr<Schema>| {
            let fields = fields.iter().fold(object(), |object, (name, kind)| {
                object.property(*name, schema(*kind)).required(*name)
            });
            ContentBuilder::new().schema(Some(fields.build())).build()
        };
        let key = text().min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$"));
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "Chosen per request and repeated with its retries, which get the first response.",
            ))
            .schema(Some(key.build()));
        let operation = OperationBuilder::new()
            .operation_id(Some(id))
            .summary(Some(summary))
            .description(Some(description))
            .tag("calls")
            .parameter(key)
            .request_body(Some(
                RequestBodyBuilder::new()
                    .required(Some(Required::True))
                    .content("application/json", body(FieldKind::in_json))
                    .content("multipart/form-data", body(FieldKind::in_form))
                    .build(),
            ))
            .responses(self.responses(answers, None));
        PathItem::new(HttpMethod::Post, optional_credential(operation))
    }

    fn appeals(&self) -> Result<PathItem, IdError> {
        let fields = object()
            .property("participation_id", FieldKind::Id.in_json())
            .required("participation_id")
            .property("request_id", request_id())
            .required("request_id")
            .property("text", text().max_length(Some(FeedContent::MAX_CHARS)).build());
        let body = ContentBuilder::new().schema(Some(fields.build())).build();
        let file = OperationBuilder::new()
            .operation_id(Some("file_appeal"))
            .summary(Some("Requests a review of a rejected photo, on the day of its request"))
            .description(Some("Repeating it has no further effect."))
            .tag("calls")
            .request_body(Some(
                RequestBodyBuilder::new()
                    .required(Some(Required::True))
                    .content("application/json", body.clone())
                    .content("multipart/form-data", body)
                    .build(),
            ))
            .responses(self.responses(&answers::file_appeal()?, Some(APPEAL)));
        let parameter = |name: &str, schema: RefOr<Schema>| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::True)
                .schema(Some(schema))
        };
        let find = OperationBuilder::new()
            .operation_id(Some("find_appeal"))
            .summary(Some("The state of an appeal"))
            .tag("calls")
            .parameter(parameter("participation_id", FieldKind::Id.in_json()))
            .parameter(parameter("request_id", request_id().into()))
            .responses(self.responses(&answers::find_appeal()?, Some(APPEAL)));
        let mut item = PathItem::new(HttpMethod::Post, optional_credential(file));
        item.get = Some(optional_credential(find).build());
        Ok(item)
    }

    fn photo(&self) -> PathItem {
        let photo = text().content_media_type("image/jpeg").build();
        let photo = ResponseBuilder::new()
            .description("The photo, or the requested range of it.")
            .content("image/jpeg", ContentBuilder::new().schema(Some(photo)).build())
            .build();
        let responses = self
            .responses(&answers::photo(), None)
            .response("200", photo.clone())
            .response("206", photo)
            .response("304", ResponseBuilder::new().description("The client has the photo."));
        PathItem::new(
            HttpMethod::Get,
            optional_credential(
                OperationBuilder::new()
                    .operation_id(Some("get_photo"))
                    .summary(Some("A stored photo"))
                    .description(Some("Served if photos are stored on disk."))
                    .tag("photos")
                    .parameter(object_key())
                    .responses(responses),
            ),
        )
    }

    fn photo_url(&self) -> PathItem {
        let answers: Vec<Answer> = [URL].into_iter().chain(answers::objects()).collect();
        PathItem::new(
            HttpMethod::Get,
            optional_credential(
                OperationBuilder::new()
                    .operation_id(Some("get_photo_url"))
                    .summary(Some("A URL with which anyone can fetch a stored photo"))
                    .tag("photos")
                    .parameter(object_key())
                    .responses(self.responses(&answers, Some(PHOTO_URL))),
            ),
        )
    }

    fn probe(
        &self,
        id: &str,
        summary: &str,
        answers: &[Answer],
        content: Option<(&'static str, &'static str)>,
    ) -> PathItem {
        PathItem::new(
            HttpMethod::Get,
            OperationBuilder::new()
                .operation_id(Some(id))
                .summary(Some(summary))
                .tag("operation")
                .security(SecurityRequirement::default())
                .responses(self.responses(answers, content)),
        )
    }

    fn metrics(&self) -> PathItem {
        let metrics = ResponseBuilder::new()
            .description("Counters in Prometheus's text format.")
            .content("text/plain", ContentBuilder::new().schema(Some(text().build())).build());
        let responses = self.responses(&answers::scoped(), None).response("200", metrics);
        PathItem::new(
            HttpMethod::Get,
            optional_credential(
                OperationBuilder::new()
                    .operation_id(Some("metrics"))
                    .summary(Some("Counters of this process, for the scope `metrics`"))
                    .tag("operation")
                    .responses(responses),
            ),
        )
    }

    /// One response per status, with the errcodes and messages of its answers. `content` is a further field of the data
    /// and its schema.
    pub(super) fn responses(
        &self,
        answers: &[Answer],
        content: Option<(&'static str, &'static str)>,
    ) -> ResponsesBuilder {
        let mut by_status: BTreeMap<u16, Vec<&Answer>> = BTreeMap::new();
        for answer in answers {
            let same = by_status.entry(answer.status.as_u16()).or_default();
            if !same.contains(&answer) {
                same.push(answer);
            }
        }
        let responses = by_status.iter().map(|(status, answers)| {
            (status.to_string(), self.response(*status, answers, content))
        });
        ResponsesBuilder::new().responses_from_iter(responses)
    }

    fn response(
        &self,
        status: u16,
        answers: &[&Answer],
        content: Option<(&'static str, &'static str)>,
    ) -> Response {
        let described = answers.iter().map(|answer| match answer.errcode {
            Some(errcode) => format!("{errcode}: {}", answer.message),
            None => answer.message.to_string(),
        });
        let examples = answers.iter().map(|answer| {
            let name =
                answer.errcode.map_or_else(|| "accepted".to_owned(), |code| code.to_string());
            (name, ExampleBuilder::new().value(Some(self.example(status, answer))).build())
        });
        let is_success = (200..300).contains(&status);
        let schema = match content.filter(|(of, _)| is_success || *of == CHECKS.0) {
            Some((_, schema)) => schema,
            None if is_success => "Success",
            None => "Failure",
        };
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema)));
        // The examples lack the further fields.
        let content = if ["Success", "Failure"].contains(&schema) {
            content.examples_from_iter(examples)
        } else {
            content
        };
        let mut response = ResponseBuilder::new()
            .description(described.collect::<Vec<_>>().join("  \n"))
            .header("X-Request-Id", HeaderBuilder::new().schema(Some(text().build())).build())
            .content("application/json", content.build());
        if answers.iter().any(|answer| answer.retry_after.is_some()) {
            let retry = HeaderBuilder::new()
                .schema(Some(integer().minimum(Some(1)).build()))
                .description(Some("Seconds after which the request can be repeated."));
            response = response.header("Retry-After", retry.build());
        }
        response.build()
    }

    fn example(&self, status: u16, answer: &Answer) -> Value {
        let mut data = json!({ "message": answer.message });
        if let Some((errcode, fields)) = answer.errcode.zip(data.as_object_mut()) {
            fields.insert("errcode".to_owned(), json!(errcode));
        }
        match self.0 {
            EnvelopeStyle::Bare => data,
            EnvelopeStyle::Wrapped => json!({ "status": status, "data": data }),
        }
    }

    pub(super) fn enveloped(&self, data: ObjectBuilder) -> Object {
        match self.0 {
            EnvelopeStyle::Bare => data.build(),
            EnvelopeStyle::Wrapped => {
                let status = integer().description(Some("The HTTP status.")).build();
                let wrapped = object().property("status", status).required("status");
                wrapped.property("data", data.build()).required("data").build()
            }
        }
    }
}

/// A credential is needed only if `auth.required` is on.
pub(super) fn optional_credential(operation: OperationBuilder) -> OperationBuilder {
    let none = SecurityRequirement::default();
    operation.security(none).security(SecurityRequirement::new("bearer", [""; 0]))
}
