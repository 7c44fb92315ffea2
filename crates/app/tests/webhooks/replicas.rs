use std::thread;

use serde_json::json;

use super::{assert_in_order, register, sending};
use crate::receiver::Receiver;
use crate::support::home::Home;

#[test]
fn two_replicas_on_postgres_deliver_in_order_when_one_is_killed() {
    let receiver = Receiver::start();
    let home = sending(Home::on_servers(), &receiver);
    for id in 1..=4 {
        home.put_open(id);
    }
    let mut services = [home.serve(), home.serve()];
    thread::scope(|scope| {
        for service in &services {
            for id in 1..=4 {
                scope.spawn(move || {
                    for _ in 0..4 {
                        register(&service.client(), id);
                    }
                });
            }
        }
        receiver.wait_for(4);
    });
    services[0].kill();
    register(&services[1].client(), 1);
    let confirmed = receiver.wait_for(33);
    assert_in_order(&confirmed);
    let urls: Vec<_> = confirmed.iter().map(|one| one.data()["image_url"].clone()).collect();
    let rows = home.rows().references();
    assert_eq!(rows.len(), 33);
    assert!(rows.iter().all(|row| urls.contains(&json!(row.url))), "each is reported");
}
