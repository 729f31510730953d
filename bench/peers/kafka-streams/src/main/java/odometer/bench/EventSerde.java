package odometer.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/** Events as JSON. They are only ever read. */
final class EventSerde {
  private static final ObjectReader READER = new ObjectMapper().readerFor(Event.class);

  private EventSerde() {}

  static Serde<Event> create() {
    Serializer<Event> serializer =
        (topic, event) -> {
          throw new SerializationException("events are only read");
        };
    Deserializer<Event> deserializer =
        (topic, bytes) -> {
          try {
            return READER.readValue(bytes);
          } catch (IOException e) {
            throw new SerializationException("not an event", e);
          }
        };
    return Serdes.serdeFrom(serializer, deserializer);
  }
}
