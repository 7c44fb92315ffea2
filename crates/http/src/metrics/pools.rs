use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGaugeVec, Opts};

use crate::Pool;

/// Calls of the adapters' workers at the moment of a reading.
pub(super) struct PoolGauges {
    pools: Vec<Pool>,
    calls: IntGaugeVec,
    workers: IntGaugeVec,
}

impl PoolGauges {
    pub(super) fn new(pools: Vec<Pool>) -> prometheus::Result<Self> {
        let calls = Opts::new("injeung_pool_calls", "Calls that run on a pool or wait for it.");
        let workers = Opts::new("injeung_pool_workers", "Calls that a pool runs at once.");
        Ok(Self {
            pools,
            calls: IntGaugeVec::new(calls, &["pool", "state"])?,
            workers: IntGaugeVec::new(workers, &["pool"])?,
        })
    }
}

impl Collector for PoolGauges {
    fn desc(&self) -> Vec<&Desc> {
        [self.calls.desc(), self.workers.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
        for (name, workers) in &self.pools {
            let (running, waiting) = workers.calls();
            for (state, count) in [("running", running), ("waiting", waiting)] {
                self.calls.with_label_values(&[*name, state]).set(number(count));
            }
            let most = workers.limits().max_running;
            self.workers.with_label_values(&[*name]).set(number(most));
        }
        [self.calls.collect(), self.workers.collect()].concat()
    }
}
