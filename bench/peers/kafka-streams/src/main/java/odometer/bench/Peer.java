package odometer.bench;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;

/** Aggregates events per name and minute until it is terminated. */
public final class Peer {
  static final String STORE = "windows-1m";

  private Peer() {}

  public static void main(String[] args) throws InterruptedException {
    if (args.length != 4) {
      System.err.println("usage: Peer BOOTSTRAP TOPIC APPLICATION STATE_DIR");
      System.exit(2);
    }
    CountDownLatch stop = new CountDownLatch(1);
    KafkaStreams streams = new KafkaStreams(topology(args[1]), settings(args[0], args[2], args[3]));
    streams.setUncaughtExceptionHandler(
        e -> {
          e.printStackTrace();
          Runtime.getRuntime().halt(1);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  streams.close(Duration.ofSeconds(30));
                  stop.countDown();
                }));
    streams.start();
    stop.await();
  }

  private static Topology topology(String topic) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(
            topic, Consumed.with(Serdes.String(), EventSerde.create()).withTimestampExtractor(new EventTime()))
        .groupByKey(Grouped.with(Serdes.String(), EventSerde.create()))
        .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofHours(1)))
        .aggregate(
            Aggregate::new,
            (name, event, aggregate) -> aggregate.add(event),
            Materialized.<String, Aggregate, WindowStore<Bytes, byte[]>>as(STORE)
                .withKeySerde(Serdes.String())
                .withValueSerde(Aggregate.serde())
                // One day: the whole run lies in one segment, so in one RocksDB per partition, the cheapest for it.
                .withRetention(Duration.ofDays(1))
                // Event times lie years back: by them the broker would delete the changelog while it is written.
                .withLoggingEnabled(Map.of("message.timestamp.type", "LogAppendTime")));
    return builder.build();
  }

  private static Properties settings(String bootstrap, String application, String stateDir) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    return settings;
  }
}
