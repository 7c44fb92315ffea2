//! One round: load, a kill, a restart, retries, a stop, the clean-up, the audit.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use fastrand::Rng;

use crate::support::audit::{Stored, audit};
use crate::support::home::Home;
use crate::support::load::{Load, Photos, prepare, quick};
use crate::support::service::Service;
use crate::table::Line;

/// Number of clients that send concurrently.
const CLIENTS: u64 = 8;

/// Storage of rows and photos, and number of services that share it.
#[derive(Clone, Copy)]
pub(crate) struct Mode {
    pub(crate) name: &'static str,
    home: fn() -> Home,
    replicas: usize,
}

pub(crate) const MODES: [Mode; 3] = [
    Mode { name: "SQLite and disk", home: Home::new, replicas: 1 },
    Mode { name: "Postgres and S3", home: Home::on_servers, replicas: 1 },
    Mode { name: "Postgres and S3, two replicas", home: Home::on_servers, replicas: 2 },
];

/// Runs one round. The same seed repeats the same decisions, but not the exact timing of processes.
pub(crate) fn run(mode: Mode, seed: u64, photos: &Photos) -> Line {
    let mut dice = Rng::with_seed(seed);
    let home = quick((mode.home)());
    prepare(&home);
    let mut services: Vec<Service> = (0..mode.replicas).map(|_| home.serve()).collect();
    let clients = services.iter().map(Service::client).collect();
    let load = Load::new(&format!("crash-{seed}"), photos, clients);
    load.begin();
    thread::scope(|scope| {
        let _load = load.until_dropped();
        for _ in 0..CLIENTS {
            let (load, dice) = (&load, dice.fork());
            scope.spawn(move || load.send_orders(dice));
        }
        // The kill comes before the first acknowledgement, amid the load, or later.
        load.wait_for(1 + dice.usize(..40));
        thread::sleep(Duration::from_micros(dice.u64(..50_000)));
        let victims = victims(mode, &mut dice);
        for &victim in &victims {
            services[victim].kill();
        }
        let acknowledged = count(&load.tally.acknowledged);
        if victims.len() < mode.replicas {
            // The other replica continues alone for a while.
            load.wait_for(acknowledged + 5);
        }
        for &victim in &victims {
            services[victim] = home.serve();
            load.replace(victim, services[victim].client());
        }
        load.wait_for(acknowledged + 15);
    });
    load.repeat();
    for service in &mut services {
        service.terminate();
        assert_eq!(service.wait().0.code(), Some(0), "it stops as it should");
    }
    let tally = &load.tally;
    let mut line = Line {
        rounds: 1,
        requests: count(&tally.requests),
        acknowledged: count(&tally.acknowledged),
        killed: count(&tally.cut),
        retried: count(&tally.retried),
        resolved: home.rows().reservations().len(),
        ..Line::default()
    };
    home.succeed(&["clean-up", "--grace-s", "0"]);
    let stored = Stored::of(&home);
    line.findings = audit(&load.ledger(), &stored);
    line
}

/// Indices of the services to kill: at least one, and sometimes both of two.
fn victims(mode: Mode, dice: &mut Rng) -> Vec<usize> {
    let one = dice.usize(..mode.replicas);
    if mode.replicas > 1 && dice.u8(..3) == 0 { (0..mode.replicas).collect() } else { vec![one] }
}

fn count(tally: &AtomicUsize) -> usize {
    tally.load(Ordering::SeqCst)
}
