use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use injeung_domain::ObjectKey;

use crate::config::Config;
use crate::wiring;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name or URL of the photo, as in its row.
    photo: String,
    /// Seconds for which a signed URL is valid: 1 to 604800.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600,
        value_parser = clap::value_parser!(u32).range(1..=604_800))]
    valid_s: u32,
}

/// Prints a URL of the photo, signed if the store signs URLs.
pub(crate) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    config.check_photo_urls()?;
    let key = ObjectKey::from_url(&arguments.photo)
        .with_context(|| format!("read the name of the photo {}", arguments.photo))?;
    let (objects, _) = wiring::objects(config, &config.server.url(config.server.bind)).await?;
    let valid = Duration::from_secs(arguments.valid_s.into());
    let signed = objects.signed_url(&key, valid).await.context("sign the URL")?;
    let auth = &config.auth;
    if signed.is_none() && auth.required && !auth.public_photos {
        bail!("sign the URL: auth.url_secret is empty, and the photo is not public");
    }
    super::say(&signed.unwrap_or_else(|| objects.url(&key)));
    Ok(ExitCode::SUCCESS)
}
