use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::HOST;

/// Whether the host that a request names is this machine: `localhost` or a loopback address, with any port. A request that a
/// proxy forwarded is not, as far as its headers show it.
///
/// A page of another site can reach a service on loopback under a name of its own whose address it changes (DNS
/// rebinding), and could then read what the service shows without a credential. Its requests name that site.
pub(crate) fn is_addressed_locally(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let is_forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    !is_forwarded && host.is_some_and(is_local)
}

/// Headers that proxies add.
const FORWARDED: [&str; 5] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in
            ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:80", "[::1]:8080", "[::1]"]
        {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com:80",
            "127.0.0.1.example.com",
            "10.0.0.1",
            "[::2]:1",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
