//! What this process has used so far, as Linux tells it (proc(5)).

/// Processor time in seconds, and the most memory that was resident, in megabytes.
pub(crate) fn used() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the name in parentheses, which may hold blanks; utime and stime are fields 14 and 15.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = [11, 12].iter().filter_map(|&at| fields.get(at)?.parse::<f64>().ok()).sum();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse().unwrap_or_default();
    (ticks / 100.0, kilobytes / 1024.0)
}

/// Measures the most memory from here on (clear_refs of proc(5)).
pub(crate) fn forget_peak() {
    // Where that is not allowed, the peak is the one since the start.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Processor time of this thread in seconds, to the nanosecond (Documentation/scheduler/sched-stats.rst of Linux).
pub(crate) fn thread_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: f64 = stat.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or_default();
    nanoseconds / 1e9
}
