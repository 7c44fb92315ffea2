//! A new bucket for a test, on the server that `scripts/moto.sh` starts.

use ureq::Agent;

/// Emptied and deleted on drop.
pub(crate) struct Bucket {
    pub(crate) agent: Agent,
    pub(crate) endpoint: String,
    pub(crate) name: String,
}

pub(crate) const REGION: &str = "ap-northeast-2";

impl Bucket {
    /// Creates an empty bucket that is open to everyone.
    pub(crate) fn create() -> Self {
        let endpoint = std::env::var("INJEUNG_TEST_S3_ENDPOINT")
            .expect("run this by scripts/moto.sh, which starts a server");
        let config = Agent::config_builder().http_status_as_error(false).build();
        let name = format!("app-{:032x}", fastrand::u128(..));
        let bucket = Self { agent: config.into(), endpoint, name };
        let place = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint>\
             </CreateBucketConfiguration>"
        );
        let created = bucket.agent.put(bucket.url("")).send(&place).unwrap();
        assert_eq!(created.status(), 200, "a bucket");
        let policy = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": "*",
                "Action": "s3:*", "Resource": ["arn:aws:s3:::{0}", "arn:aws:s3:::{0}/*"]}}]}}"#,
            bucket.name
        );
        let opened = bucket.agent.put(bucket.url("?policy")).send(&policy).unwrap();
        assert!(opened.status().is_success(), "a policy: {opened:?}");
        bucket
    }

    /// URL of an object.
    pub(crate) fn url(&self, key: &str) -> String {
        format!("{}/{}/{key}", self.endpoint, self.name)
    }

    /// Keys of the objects, sorted.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        loop {
            let after = keys.last().map_or(String::new(), |last| format!("&start-after={last}"));
            let page = self.url(&format!("?list-type=2{after}"));
            let mut page = self.agent.get(page).call().unwrap();
            assert_eq!(page.status(), 200, "a list of objects");
            let page = page.body_mut().read_to_string().unwrap();
            keys.extend(
                page.split("<Key>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()),
            );
            if !page.contains("<IsTruncated>true</IsTruncated>") {
                keys.sort();
                return keys;
            }
        }
    }

    /// Content of an object, if it exists.
    pub(crate) fn read(&self, key: &str) -> Option<Vec<u8>> {
        let mut found = self.agent.get(self.url(key)).call().unwrap();
        match found.status().as_u16() {
            200 => Some(found.body_mut().read_to_vec().unwrap()),
            404 => None,
            other => panic!("object {key}: status {other}"),
        }
    }

    /// Deletes an object without the service.
    pub(crate) fn delete(&self, key: &str) {
        let deleted = self.agent.delete(self.url(key)).call().unwrap();
        assert_eq!(deleted.status(), 204, "a deletion");
    }

    /// Puts an object without the service.
    pub(crate) fn put(&self, key: &str, content: &[u8]) {
        let put = self.agent.put(self.url(key)).send(content).unwrap();
        assert_eq!(put.status(), 200, "an object");
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        // A bucket that is left costs memory only until the server stops.
        if std::thread::panicking() {
            return;
        }
        for key in self.keys() {
            let _ = self.agent.delete(self.url(&key)).call();
        }
        let _ = self.agent.delete(self.url("")).call();
    }
}
