package odometer.bench;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** The event's own time; and says once, on standard output, when the first record was taken up. */
public final class EventTime implements TimestampExtractor {
  private static boolean started;

  @Override
  public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
    if (!started) {
      started = true; // one stream thread
      System.out.println("first_event_ms=" + System.currentTimeMillis());
      System.out.flush();
    }
    return ((Event) record.value()).ts();
  }
}
