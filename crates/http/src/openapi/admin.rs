//! The admin API.

use utoipa::PartialSchema;
use utoipa::openapi::path::{
    OperationBuilder, ParameterBuilder, ParameterIn, PathItemBuilder, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HttpMethod, Ref, RefOr, Required, Schema,
};

use super::answers;
use super::document::{Describe, optional_credential};
use super::schemas::{integer, text};
use crate::admin::{
    ErasureFields, ErasureView, FeedView, GroupFields, LineReport, ParticipationFields,
    ReferenceView,
};
use crate::error::{ADMIN, Answer};

/// Schema of a success, the field of its data beside the message, the schema of that field, and whether it is a list.
type Content = (&'static str, &'static str, &'static str, bool);

const GROUP: Content = ("GroupFound", "group", "Group", false);
const GROUPS: Content = ("GroupPage", "groups", "Group", true);
const PARTICIPATION: Content = ("ParticipationFound", "participation", "Participation", false);
const PARTICIPATIONS: Content = ("ParticipationPage", "participations", "Participation", true);
const REFERENCES: Content = ("ReferencePage", "references", "Reference", true);
const FEED: Content = ("FeedPage", "feed", "FeedRow", true);
const IMPORT: Content = ("ImportReport", "lines", "LineReport", true);
const ERASURE: Content = ("ErasureFound", "erasure", "Erasure", false);
const KNOWN: Content = ("KeywordKnown", "known", "", false);

const CONTENTS: [Content; 9] =
    [GROUP, GROUPS, PARTICIPATION, PARTICIPATIONS, REFERENCES, FEED, IMPORT, ERASURE, KNOWN];

/// Adds the paths.
pub(super) fn paths(paths: PathsBuilder, describe: &Describe) -> PathsBuilder {
    let show =
        |id, summary, content| operation(describe, id, summary, content, answers::admin_reads());
    let change =
        |id, summary, content| operation(describe, id, summary, content, answers::admin_changes());
    let get = |operation: OperationBuilder| {
        PathItemBuilder::new().operation(HttpMethod::Get, optional_credential(operation)).build()
    };
    let post = |operation: OperationBuilder| {
        PathItemBuilder::new().operation(HttpMethod::Post, optional_credential(operation)).build()
    };
    let get_and_put = |show: OperationBuilder, put: OperationBuilder| {
        PathItemBuilder::new()
            .operation(HttpMethod::Get, optional_credential(show))
            .operation(HttpMethod::Put, optional_credential(put))
            .build()
    };
    let groups = show("list_groups", "Challenge groups, by id", GROUPS);
    let participations = show("list_participations", "Participations, by id", PARTICIPATIONS)
        .parameter(number("group_id"))
        .parameter(query("user_id", text().min_length(Some(1)).build().into()));
    let feed = show("list_feed", "Accepted photos, newest first", FEED)
        .parameter(number("participation_id"))
        .parameter(instant("since"))
        .parameter(instant("until"));
    let references = show("list_references", "Reference photos, newest first", REFERENCES);
    let import = change(
        "import",
        "Stores up to 10,000 groups and participations: in each line `{\"group\": {...}}` or `{\"participation\": {...}}`",
        IMPORT,
    );
    let keyword = text().min_length(Some(1)).build().into();
    let keyword = query("keyword", keyword).required(Required::True);
    paths
        .path("/admin/v1/groups", get(paged(groups, "after")))
        .path(
            "/admin/v1/groups/{id}",
            get_and_put(
                show("get_group", "A challenge group", GROUP).parameter(id()),
                body(change("put_group", "Creates or replaces a challenge group", GROUP), "Group")
                    .parameter(id()),
            ),
        )
        .path("/admin/v1/participations", get(paged(participations, "after")))
        .path(
            "/admin/v1/participations/{id}",
            get_and_put(
                show("get_participation", "A participation", PARTICIPATION).parameter(id()),
                body(
                    change(
                        "put_participation",
                        "Creates or replaces a participation",
                        PARTICIPATION,
                    ),
                    "Participation",
                )
                .parameter(id()),
            ),
        )
        .path(
            "/admin/v1/participations/{id}/references",
            get(paged(references, "before").parameter(id())),
        )
        .path("/admin/v1/feed", get(paged(feed, "before")))
        .path("/admin/v1/import", post(lines(import)))
        .path(
            "/admin/v1/erasures",
            post(body(
                change("erase", "Erases what is stored about a person", ERASURE),
                "NewErasure",
            )),
        )
        .path(
            "/admin/v1/erasures/{id}",
            get(show("get_erasure", "An erasure, or its receipt", ERASURE).parameter(id())),
        )
        .path(
            "/admin/v1/keywords",
            get(show("check_keyword", "Whether any photo can satisfy a keyword", KNOWN)
                .parameter(keyword)),
        )
}

/// Adds the schemas.
pub(super) fn components(
    components: ComponentsBuilder,
    describe: &Describe,
    message: impl Fn() -> ObjectBuilder,
) -> ComponentsBuilder {
    let components = components
        .schema("Group", GroupFields::schema())
        .schema("Participation", ParticipationFields::schema())
        .schema("Reference", ReferenceView::schema())
        .schema("FeedRow", FeedView::schema())
        .schema("LineReport", LineReport::schema())
        .schema("NewErasure", ErasureFields::schema())
        .schema("Erasure", ErasureView::schema());
    CONTENTS.into_iter().fold(components, |components, (name, field, schema, is_list)| {
        let data = if is_list {
            let items = ArrayBuilder::new().items(Ref::from_schema_name(schema)).build();
            message().property(field, items)
        } else if schema.is_empty() {
            let known = ObjectBuilder::new()
                .schema_type(nullable(Type::Boolean))
                .description(Some("Null: the classifier takes any phrase."));
            message().property(field, known.build())
        } else {
            message().property(field, Ref::from_schema_name(schema))
        };
        let data = data.required(field);
        let is_page = is_list && field != IMPORT.1;
        let data = if is_page { data.property("next", next()).required("next") } else { data };
        components.schema(name, describe.enveloped(data))
    })
}

fn next() -> Schema {
    let id = ObjectBuilder::new().schema_type(nullable(Type::Integer));
    id.description(Some("Id to continue after; null on the last page.")).build().into()
}

fn nullable(kind: Type) -> SchemaType {
    SchemaType::Array(vec![kind, Type::Null])
}

fn operation(
    describe: &Describe,
    id: &str,
    summary: &str,
    (schema, field, ..): Content,
    rejections: Vec<Answer>,
) -> OperationBuilder {
    let answers: Vec<_> = [ADMIN].into_iter().chain(rejections).collect();
    OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(summary))
        .description(Some("Needs an API key with the scope `admin`."))
        .tag("admin")
        .responses(describe.responses(&answers, Some((field, schema))))
}

fn body(operation: OperationBuilder, schema: &str) -> OperationBuilder {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    operation.request_body(Some(body.content("application/json", content).build()))
}

/// A body of lines of JSON.
fn lines(operation: OperationBuilder) -> OperationBuilder {
    let content = ContentBuilder::new().schema(Some(text().build())).build();
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    let body = body.content("application/x-ndjson", content.clone()).content("text/plain", content);
    operation.request_body(Some(body.build()))
}

fn paged(operation: OperationBuilder, cursor: &str) -> OperationBuilder {
    let limit = integer().minimum(Some(1)).maximum(Some(1000)).default(Some(100.into())).build();
    operation.parameter(number(cursor)).parameter(query("limit", limit.into()))
}

fn number(name: &str) -> ParameterBuilder {
    query(name, integer().minimum(Some(1)).build().into())
}

fn instant(name: &str) -> ParameterBuilder {
    query(name, text().examples(["2026-11-23T06:30:00+09:00"]).build().into())
}

fn query(name: &str, schema: RefOr<Schema>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .schema(Some(schema))
}

fn id() -> ParameterBuilder {
    ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(integer().minimum(Some(1)).build()))
}
