"""What intake tells Prometheus."""

from prometheus_client import Counter, Gauge

FACTS = Counter("headrace_intake_facts", "Facts placed in the facts log, by kind.", ("kind",))
DEAD_LETTERS = Counter("headrace_intake_dead_letters", "Messages and rows refused, by reason.", ("reason",))
BACKLOG = Gauge("headrace_intake_backlog_records", "Records of an input topic not read yet.", ("topic",))
LAST_TICK = Gauge("headrace_intake_last_tick_seconds", "Time of the last clock fact, Unix seconds.")
CLOCK_ASTRAY = Gauge(
    "headrace_intake_clock_astray_seconds", "How far the machine's clock was set while intake runs; 0 is well."
)
