//! The table.

use std::fmt;

use super::{Bulk, Figures, InProcess, Keyed, PostgresCte, Side, Yardsticks};

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { leads, in_flight, rounds, .. } = self;
        writeln!(f, "{leads} leads over HTTP, {in_flight} requests in flight, {rounds} rounds")?;
        self.single.show(f, "transitions")?;
        if let Some(rss) = &self.server_rss_mb {
            writeln!(f, "{}", rss.row("server's resident memory", 0, "MB"))?;
        }
        if let Some(Keyed { keys, side }) = &self.keyed {
            writeln!(f, "the same with {keys} API keys in force")?;
            side.show(f, "transitions")?;
        }
        if let Some(Bulk { reports_per_request, connections, side }) = &self.bulk {
            writeln!(f, "{reports_per_request} reports a request, {connections} in flight")?;
            side.show(f, "transitions")?;
        }
        if let Some(yardsticks) = &self.yardsticks {
            yardsticks.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Yardsticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { http_alone, http_alone_ratio, in_process, postgres_cte } = self;
        writeln!(f, "yardstick: a handler that does nothing")?;
        http_alone.show(f, "answers")?;
        writeln!(f, "{}", http_alone_ratio.row("  HTTP / handler alone", 2, "times"))?;
        let InProcess { transitions_per_s, p50_ms, p99_ms, cpu_ms_per_lead, ratio } = in_process;
        writeln!(f, "yardstick: the engine in the driver's process")?;
        writeln!(f, "{}", transitions_per_s.row("transitions", 0, "a s"))?;
        writeln!(f, "{}", ratio.row("  HTTP / in process", 2, "times"))?;
        writeln!(f, "{}", p50_ms.row("answer p50", 2, "ms"))?;
        writeln!(f, "{}", p99_ms.row("answer p99", 2, "ms"))?;
        if let Some(cpu) = cpu_ms_per_lead {
            writeln!(f, "{}", cpu.row("processor a lead, driver in", 3, "ms"))?;
        }
        if let Some(PostgresCte { transitions_per_s, ratio, keyed_ratio }) = postgres_cte {
            writeln!(f, "yardstick: PostgreSQL, a transition in one statement")?;
            writeln!(f, "{}", transitions_per_s.row("transitions", 0, "a s"))?;
            writeln!(f, "{}", ratio.row("  HTTP / PostgreSQL", 2, "times"))?;
            if let Some(ratio) = keyed_ratio {
                writeln!(f, "{}", ratio.row("  HTTP with keys / PostgreSQL", 2, "times"))?;
            }
        }
        Ok(())
    }
}

impl Side {
    fn show(&self, f: &mut fmt::Formatter<'_>, what: &str) -> fmt::Result {
        writeln!(f, "{}", self.transitions_per_s.row(what, 0, "a s"))?;
        writeln!(f, "{}", self.p50_ms.row("answer p50", 2, "ms"))?;
        writeln!(f, "{}", self.p99_ms.row("answer p99", 2, "ms"))?;
        for (who, cpu) in
            [("server", self.server_cpu_ms_per_lead), ("driver", self.driver_cpu_ms_per_lead)]
        {
            if let Some(cpu) = cpu {
                writeln!(f, "{}", cpu.row(&format!("processor a lead, {who}"), 3, "ms"))?;
            }
        }
        Ok(())
    }
}
