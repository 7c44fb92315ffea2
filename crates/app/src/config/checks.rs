//! Rules between settings of several keys or sections.

use anyhow::bail;
use injeung_http::AuthSettings;

use super::{Config, ObjectsKind};

impl Config {
    /// Contradictions between settings, each as the key and the problem.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let sections = [
            ("server", self.server.contradictions()),
            ("http", self.http.contradictions()),
            ("auth", self.auth.contradictions()),
            ("pages", self.pages.contradictions()),
            ("audit", self.audit.contradictions()),
            ("photos", self.photos.contradictions()),
            ("webhooks", self.webhooks.contradictions()),
            ("objects.s3", self.objects.s3.contradictions()),
            ("traces", self.traces.contradictions()),
            ("vision", self.vision.cascade.contradictions()),
            ("classifier", self.classifier.contradictions()),
            ("classifier.clarifai", self.classifier.clarifai.calls.contradictions()),
            ("classifier.openai", self.classifier.openai.calls.contradictions()),
            ("classifier.rekognition", self.classifier.rekognition.contradictions()),
            ("classifier.chain", self.classifier.chain.thresholds.contradictions()),
        ];
        let named = sections.into_iter().flat_map(|(section, problems)| {
            problems.into_iter().map(move |problem| format!("{section}.{problem}"))
        });
        named.chain(self.too_short_grace()).chain(self.unrecorded_rejections()).collect()
    }

    /// The clean-up removes a reservation after the grace period. A photo that reaches the bucket
    /// later would never be found. The disk is not checked because its calls have no timeouts.
    fn too_short_grace(&self) -> Option<String> {
        if self.objects.kind == ObjectsKind::Disk {
            return None;
        }
        // The request waits twice for the database: to look up the participation and to reserve the
        // key.
        let waits = 2 * self.database.answer_timeout
            + self.classifier.deadline()
            + self.objects.s3.retry_timeout
            + self.objects.s3.request_timeout;
        let grace = self.clean_up.grace;
        (grace <= waits).then(|| {
            format!(
                "clean_up.grace_s: must be more than {}, the seconds for which a request can wait \
                 for the database, the classifier and the bucket, not {}",
                waits.as_millis().div_ceil(1000),
                grace.as_secs()
            )
        })
    }

    /// A message about a rejected photo is queued with its record.
    fn unrecorded_rejections(&self) -> Option<String> {
        let are_unrecorded = self.webhooks.reports_rejections() && !self.audit.enabled;
        are_unrecorded.then(|| {
            "webhooks.events: photo.rejected needs the records of audit.enabled".to_owned()
        })
    }

    /// Checks that a service without authentication is not reachable from other machines.
    ///
    /// # Errors
    /// When it would be, and the configuration does not allow it.
    pub(crate) fn check_exposure(&self) -> anyhow::Result<()> {
        let bind = self.server.bind;
        let AuthSettings { required, allow_open, .. } = self.auth;
        if !required && !allow_open && !bind.ip().to_canonical().is_loopback() {
            bail!(
                "auth.required: is false, and anyone who reaches {bind} could post for every \
                 participation; set it to true, or set auth.allow_open to true if all clients of \
                 that network are trusted"
            );
        }
        Ok(())
    }

    /// Checks that clients can fetch photos at their URLs, which rows store permanently.
    ///
    /// # Errors
    /// When the URLs would begin with the address of `server.bind` and that is not a host's
    /// address.
    pub(crate) fn check_photo_urls(&self) -> anyhow::Result<()> {
        let bind = self.server.bind;
        let bound = self.objects.kind == ObjectsKind::Disk && self.objects.public_base.is_none();
        if bound && bind.ip().to_canonical().is_unspecified() {
            bail!(
                "read the configuration: objects.public_base is empty, so photos would get URLs that \
                 begin with {}/, which no client can fetch; set it to the address that \
                 clients use, such as https://api.example.com/objects/",
                self.server.url(bind)
            );
        }
        Ok(())
    }
}
