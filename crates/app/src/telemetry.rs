//! Log output and traces.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Log, LogFormat, Traces};

type BoxedLayer<S> = Box<dyn Layer<S> + Send + Sync>;

/// Writes log lines to the standard error, and sends traces, until the guard is dropped.
///
/// # Errors
/// When the client of the traces cannot be created.
pub(crate) fn init(log: &Log, traces: &Traces) -> anyhow::Result<Guard> {
    let (layer, guard) = otlp::layer(traces).context("prepare the traces")?;
    // The configuration is validated, so the filter parses. The level "error" is only a fallback.
    let lines = lines(log).with_filter(EnvFilter::new(&log.filter));
    tracing_subscriber::registry().with(lines).with(layer).init();
    Ok(guard)
}

fn lines<S>(log: &Log) -> BoxedLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(stderr);
    let layer = layer.with_ansi(stderr().is_terminal());
    match log.format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().boxed(),
    }
}

pub(crate) use otlp::Guard;

#[cfg(feature = "otlp")]
mod otlp {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::{SpanExporter, WithExportConfig};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
    use tracing::Metadata;
    use tracing_subscriber::filter::filter_fn;

    use super::*;

    /// Sends the spans that wait when it is dropped.
    pub(crate) struct Guard(Option<SdkTracerProvider>);

    pub(super) fn layer<S>(traces: &Traces) -> anyhow::Result<(Option<BoxedLayer<S>>, Guard)>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let Some(endpoint) = &traces.endpoint else { return Ok((None, Guard(None))) };
        let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint).build()?;
        let sampler = Sampler::TraceIdRatioBased(traces.ratio.into());
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(Resource::builder().with_service_name("injeung").build())
            .build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("injeung"));
        // Spans of requests and steps, whatever the log shows, without its lines.
        let is_traced = |metadata: &Metadata<'_>| {
            metadata.is_span()
                && ["injeung_http::observe", "injeung_domain::evidence"]
                    .contains(&metadata.target())
        };
        Ok((Some(layer.with_filter(filter_fn(is_traced)).boxed()), Guard(Some(provider))))
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            if let Some(Err(error)) = self.0.as_ref().map(SdkTracerProvider::shutdown) {
                tracing::warn!(%error, "failed to send the last traces");
            }
        }
    }
}

#[cfg(not(feature = "otlp"))]
mod otlp {
    use super::*;

    pub(crate) struct Guard;

    /// Nothing: a configuration with an endpoint is rejected.
    pub(super) fn layer<S>(_traces: &Traces) -> anyhow::Result<(Option<BoxedLayer<S>>, Guard)> {
        Ok((None, Guard))
    }
}
