//! How much memory this process has.

/// Bytes of memory that are resident now, where the system says so (`/proc` of Linux).
pub(crate) fn bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    of_status(&status)
}

/// The `VmRSS` line is in KiB, whatever the size of a page.
fn of_status(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::of_status;

    #[test]
    fn the_resident_set_is_read_out_of_what_linux_says() {
        let status = "Name:\tx\nVmHWM:\t    9 kB\nVmRSS:\t    7 kB\nThreads:\t1\n";
        assert_eq!(of_status(status), Some(7 * 1_024));
        assert_eq!(of_status("VmRSS:\tmany\n"), None);
    }
}
