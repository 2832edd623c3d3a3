//! Our figures in the words of `prometheus-client`.

use branchline_engine::metrics::HistogramReading;
use prometheus_client::{
    encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet},
    metrics::MetricType,
};

pub(super) type Written = Result<(), std::fmt::Error>;

/// Writes metrics, one after the other.
pub(super) struct Metrics<'a>(pub(super) DescriptorEncoder<'a>);

impl Metrics<'_> {
    /// A counter without labels. `_total` is added to its name.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) -> Written {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    /// A counter of seconds. `_total` is added to its name.
    pub(super) fn seconds(&mut self, name: &str, help: &str, value: f64) -> Written {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    /// A counter for each of these labels.
    pub(super) fn counters<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, u64)>,
    ) -> Written {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in values {
            let mut series = metric.encode_family(&labels)?;
            series.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        Ok(())
    }

    /// A gauge without labels.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) -> Written {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        metric.encode_gauge(&value)
    }

    /// A gauge of something that is counted.
    pub(super) fn count(&mut self, name: &str, help: &str, value: u64) -> Written {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        metric.encode_gauge(&value)
    }

    /// A gauge for each of these labels.
    pub(super) fn gauges<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, f64)>,
    ) -> Written {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            metric.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// A gauge of things that are counted, for each of these labels.
    pub(super) fn counts<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, u64)>,
    ) -> Written {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            metric.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// A histogram of microseconds, in seconds.
    pub(super) fn durations(
        &mut self,
        name: &str,
        help: &str,
        values: &HistogramReading,
    ) -> Written {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        let (sum, count, buckets) = scaled(values, MICROSECOND);
        metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    /// A histogram of things that are counted.
    pub(super) fn sizes(&mut self, name: &str, help: &str, values: &HistogramReading) -> Written {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        let (sum, count, buckets) = scaled(values, 1.0);
        metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    /// A histogram of microseconds, in seconds, for each of these labels.
    pub(super) fn labelled_durations<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, HistogramReading)>,
    ) -> Written {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (labels, values) in values {
            let (sum, count, buckets) = scaled(&values, MICROSECOND);
            let mut series = metric.encode_family(&labels)?;
            series.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        Ok(())
    }
}

/// Unit: seconds.
const MICROSECOND: f64 = 1e-6;

/// Sum, number, and each bucket with its bound, in another unit. Bounds are divided, so that they
/// read `0.005` and not `0.0049999999999999996`.
fn scaled(values: &HistogramReading, unit: f64) -> (f64, u64, Vec<(f64, u64)>) {
    let per_unit = unit.recip().round();
    let bounds = values.bounds.iter().map(|&bound| float(bound) / per_unit);
    let bounds = bounds.chain(std::iter::once(f64::INFINITY));
    let buckets: Vec<_> = bounds.zip(values.counts.iter().copied()).collect();
    (float(values.sum) / per_unit, values.count(), buckets)
}

/// As a float; a figure so large that it loses its last digits is no worse for a chart.
#[expect(clippy::cast_precision_loss, reason = "charts do not show more than 53 bits")]
pub(super) const fn float(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use branchline_engine::metrics::Histogram;

    use super::*;

    #[test]
    fn microseconds_read_as_seconds_with_plain_bounds() {
        let histogram = Histogram::new(&[50, 2_500]);
        for value in [10, 2_500, 9_000_000] {
            histogram.observe(value);
        }
        let (sum, count, buckets) = scaled(&histogram.read(), MICROSECOND);
        assert_eq!((sum.to_string().as_str(), count), ("9.00251", 3));
        let bounds: Vec<String> = buckets.iter().map(|(bound, _)| bound.to_string()).collect();
        assert_eq!(bounds, ["0.00005", "0.0025", "inf"]);
        assert!(buckets.iter().all(|&(_, count)| count == 1));
    }
}
