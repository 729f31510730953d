package odometer.bench;

import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** The state of one name in one window. */
final class Aggregate {
  private static final int BYTES = 6 * Long.BYTES;

  private long count;
  private long sum;
  private long min = Long.MAX_VALUE;
  private long max = Long.MIN_VALUE;
  private long lastTs = Long.MIN_VALUE;
  private long last;

  /** Of two values of one event time the one that arrives later is the last. */
  Aggregate add(Event event) {
    count++;
    sum = Math.addExact(sum, event.value());
    min = Math.min(min, event.value());
    max = Math.max(max, event.value());
    if (event.ts() >= lastTs) {
      lastTs = event.ts();
      last = event.value();
    }
    return this;
  }

  /** Six big-endian 64-bit numbers: count, sum, min, max, time of the last value, last value. */
  static Serde<Aggregate> serde() {
    return Serdes.serdeFrom(
        (topic, aggregate) -> aggregate == null ? null : aggregate.toBytes(),
        (topic, bytes) -> bytes == null ? null : fromBytes(bytes));
  }

  private byte[] toBytes() {
    return ByteBuffer.allocate(BYTES)
        .putLong(count)
        .putLong(sum)
        .putLong(min)
        .putLong(max)
        .putLong(lastTs)
        .putLong(last)
        .array();
  }

  private static Aggregate fromBytes(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    Aggregate aggregate = new Aggregate();
    aggregate.count = in.getLong();
    aggregate.sum = in.getLong();
    aggregate.min = in.getLong();
    aggregate.max = in.getLong();
    aggregate.lastTs = in.getLong();
    aggregate.last = in.getLong();
    return aggregate;
  }
}
