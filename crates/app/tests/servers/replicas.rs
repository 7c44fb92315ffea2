//! Two replicas on one database and one bucket.

use std::thread;

use fastrand::Rng;

use crate::support::audit::{Findings, Stored, audit};
use crate::support::home::Home;
use crate::support::load::{Load, Photos, prepare, quick};

#[test]
fn two_replicas_under_load_store_each_request_once() {
    let home = quick(Home::on_servers());
    prepare(&home);
    let mut services = [home.serve(), home.serve()];
    let photos = Photos::draw();
    let load = Load::new("replicas", &photos, services.iter().map(|one| one.client()).collect());
    load.begin();
    thread::scope(|scope| {
        let _load = load.until_dropped();
        for client in 0..8 {
            let load = &load;
            scope.spawn(move || load.send_orders(Rng::with_seed(client)));
        }
        load.wait_for(100);
    });
    load.repeat();
    for service in &mut services {
        service.terminate();
        assert_eq!(service.wait().0.code(), Some(0));
    }
    let ledger = load.ledger();
    let stored = Stored::of(&home);
    assert!(stored.rows.len() >= 100);
    assert_eq!(audit(&ledger, &stored), Findings::default());
}
