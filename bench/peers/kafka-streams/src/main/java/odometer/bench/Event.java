package odometer.bench;

/** One input record, as Jackson binds it. */
public record Event(String name, String type, long value, long ts) {}
