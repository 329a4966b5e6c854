//! What is known of the calls of this process: traces and metrics over OTLP, and lines on standard
//! error.
//!
//! - `rpc`: spans, metrics and lines of calls over gRPC
//! - `spans`: how a span begins, and is passed on by `traceparent`
//! - `recent`: the last spans, for `GET /traces/{id}` of the gateway
//!
//! Names are those of OpenTelemetry's semantic conventions for RPC, HTTP and generative AI
//! (<https://opentelemetry.io/docs/specs/semconv/>).

mod recent;
pub(crate) mod rpc;
pub(crate) mod spans;

use std::time::Duration;

use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{
    MetricExporter, SpanExporter, WithExportConfig as _, WithTonicConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use self::recent::Recent;
use crate::config::Config;
use crate::tls;

/// How long the end of the process waits for the last spans and metrics to be sent.
const FLUSH: Duration = Duration::from_secs(5);

/// The providers of this process. They are OpenTelemetry's global ones.
pub struct Telemetry {
    traces: SdkTracerProvider,
    metrics: Option<SdkMeterProvider>,
    /// The last spans.
    pub recent: Recent,
}

impl Telemetry {
    /// Begins to trace, measure and log, as the settings say. Called once, in a runtime of tokio.
    ///
    /// # Errors
    ///
    /// The address of OTLP is no URL, or a file for TLS cannot be read.
    pub fn start(config: &Config) -> Result<Self, String> {
        let levels = Targets::new()
            .with_target("agentd", config.log.filter())
            .with_target("opentelemetry", config.log.filter().min(LevelFilter::WARN));
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
        // Fails if there is a logger already; then that one is kept.
        let _ = tracing_subscriber::registry().with(levels).with(lines).try_init();

        let recent = Recent::default();
        let mut traces = SdkTracerProvider::builder()
            .with_resource(resource(config))
            .with_span_processor(recent.clone());
        let mut metrics = None;
        if let Some(url) = &config.otlp {
            let failed = |error: opentelemetry_otlp::ExporterBuildError| format!("{url}: {error}");
            let mut spans = SpanExporter::builder().with_tonic().with_endpoint(url);
            let mut exporter = MetricExporter::builder().with_tonic().with_endpoint(url);
            if let Some(tls) = tls::client(config, url)? {
                spans = spans.with_tls_config(tls.clone());
                exporter = exporter.with_tls_config(tls);
            }
            traces = traces.with_batch_exporter(spans.build().map_err(failed)?);
            let provider = SdkMeterProvider::builder()
                .with_resource(resource(config))
                .with_periodic_exporter(exporter.build().map_err(failed)?)
                .build();
            global::set_meter_provider(provider.clone());
            metrics = Some(provider);
        }
        let traces = traces.build();
        global::set_tracer_provider(traces.clone());
        Ok(Telemetry { traces, metrics, recent })
    }

    /// Sends what has not been sent yet.
    pub async fn end(self) {
        let flush = tokio::task::spawn_blocking(move || {
            let traces = self.traces.shutdown_with_timeout(FLUSH);
            let metrics = self.metrics.map_or(Ok(()), |it| it.shutdown_with_timeout(FLUSH));
            traces.and(metrics)
        });
        if let Ok(Err(error)) = flush.await {
            tracing::warn!(target: "agentd", %error, "the last spans and metrics may be lost");
        }
    }
}

/// Returns what describes this process. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` come first.
fn resource(config: &Config) -> Resource {
    let roles = config.roles.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let own = [
        KeyValue::new("service.name", "agentd"),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("agentd.roles", if roles.is_empty() { "all".to_owned() } else { roles }),
    ];
    let builder = Resource::builder_empty()
        .with_attributes(own)
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()));
    match std::env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => builder.with_service_name(name).build(),
        _ => builder.build(),
    }
}
