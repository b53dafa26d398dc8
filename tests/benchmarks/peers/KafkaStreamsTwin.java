import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The step in Kafka Streams: flatMap, repartition by person, a processor with a store, a topic.
 *
 * <p>Its rules are written anew in Java: parse, pseudonyms, identity by link and e-mail (W1, W2, W5),
 * joins and leaves to visits in their plain form, union of intervals within the window, share,
 * verdict, digest of the evidence, versions. Less than the Python twins do: no rooms, moves, stale
 * or lost leaves (I2, I5), no breaks or host-down time, no sentences of the reasons. The store is RocksDB with
 * its changelog and a cache, one stream thread, at-least-once; a commit a second, so that the state
 * is written while it is measured (its default is 30 s).
 */
public final class KafkaStreamsTwin {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KAFKA = System.getenv("BENCH_KAFKA");
  private static final String PREFIX = System.getenv("BENCH_PREFIX");
  private static final byte[] KEY = "k".repeat(32).getBytes(StandardCharsets.UTF_8);
  private static final int PARTITIONS = Integer.parseInt(System.getenv("BENCH_PARTITIONS"));

  private static String webinar;
  private static String session;
  private static long start;
  private static long end;
  private static long share;
  private static int ruleVersion;
  private static final Map<String, List<String>> LINKS = new HashMap<>();
  private static final Map<String, List<String>> EMAILS = new HashMap<>();

  public static void main(String[] args) {
    preload();
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore("people"), Serdes.String(), Serdes.ByteArray())
            .withCachingEnabled());
    builder.stream(System.getenv("BENCH_TOPIC"), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .flatMap((key, value) -> told(value))
        .repartition(Repartitioned.with(Serdes.String(), Serdes.ByteArray()).withName("events"))
        .process(Decide::new, "people")
        .to(System.getenv("BENCH_OUT"), Produced.with(Serdes.String(), Serdes.ByteArray()));
    new KafkaStreams(builder.build(), settings()).start();
  }

  private static Properties settings() {
    Properties p = new Properties();
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, System.getenv("BENCH_GROUP"));
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, KAFKA);
    p.put(StreamsConfig.STATE_DIR_CONFIG, System.getenv("BENCH_STATE"));
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L * 1024 * 1024);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 * 1024);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 100);
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 8 << 20);
    return p;
  }

  // --- identify ---

  private static List<KeyValue<String, byte[]>> told(byte[] value) {
    List<KeyValue<String, byte[]>> found = new ArrayList<>();
    ByteBuffer frames = ByteBuffer.wrap(value);
    while (frames.hasRemaining()) {
      frames.position(frames.getInt() + frames.position());
      byte[] body = new byte[frames.getInt()];
      frames.get(body);
      KeyValue<String, byte[]> one = identified(body);
      if (one != null) {
        found.add(one);
      }
    }
    return found;
  }

  private static KeyValue<String, byte[]> identified(byte[] body) {
    try {
      JsonNode event = JSON.readTree(body);
      String kind = event.path("event").asText();
      boolean joined = kind.endsWith(".participant_joined");
      if (!joined && !kind.endsWith(".participant_left")) {
        return null;
      }
      JsonNode meeting = event.path("payload").path("object");
      JsonNode who = meeting.path("participant");
      String uuid = meeting.path("uuid").asText();
      String tag = pseudonym(uuid + "|" + who.path("public_ip").asText());
      String owner = owner(meeting.path("id").asText(), who);
      if (owner == null) {
        return null;
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeUTF(uuid + "|" + who.path("participant_uuid").asText());
      out.writeUTF(who.path("user_id").asText());
      out.writeBoolean(joined);
      out.writeLong(second(who.path(joined ? "join_time" : "leave_time").asText()));
      out.writeUTF(tag);
      return KeyValue.pair(webinar + "|" + owner, bytes.toByteArray());
    } catch (IOException torn) {
      throw new UncheckedIOException(torn);
    }
  }

  private static String owner(String number, JsonNode who) {
    List<String> linked =
        LINKS.getOrDefault(number + "|" + who.path("registrant_id").asText(), List.of());
    List<String> mailed = EMAILS.getOrDefault(pseudonym(who.path("email").asText()), List.of());
    if (linked.size() > 1) {
      return null;
    }
    if (linked.isEmpty()) {
      return mailed.size() == 1 ? mailed.get(0) : null;
    }
    boolean another = mailed.size() == 1 && !mailed.equals(linked);
    return another ? null : linked.get(0);
  }

  private static final ThreadLocal<Mac> MAC =
      ThreadLocal.withInitial(
          () -> {
            try {
              Mac mac = Mac.getInstance("HmacSHA256");
              mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
              return mac;
            } catch (GeneralSecurityException missing) {
              throw new IllegalStateException(missing);
            }
          });

  private static String pseudonym(String value) {
    byte[] folded = value.strip().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
    return folded.length == 0
        ? ""
        : HexFormat.of().formatHex(MAC.get().doFinal(folded)).substring(0, 32);
  }

  // --- decide ---

  private record Fact(String connection, String userId, boolean joined, long at, String tag) {}

  private record Span(long from, long to, String source) {}

  private static final class Decide implements Processor<String, byte[], String, byte[]> {
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, byte[]> people;

    @Override
    public void init(ProcessorContext<String, byte[]> given) {
      context = given;
      people = given.getStateStore("people");
    }

    @Override
    public void process(Record<String, byte[]> told) {
      try {
        byte[] known = people.get(told.key());
        State state = State.read(known);
        state.add(fact(new DataInputStream(new ByteArrayInputStream(told.value()))));
        byte[] decision = state.decided(told.key());
        people.put(told.key(), state.bytes());
        if (decision != null) {
          context.forward(told.withValue(decision));
        }
      } catch (IOException torn) {
        throw new UncheckedIOException(torn);
      }
    }
  }

  private static Fact fact(DataInputStream in) throws IOException {
    return new Fact(in.readUTF(), in.readUTF(), in.readBoolean(), in.readLong(), in.readUTF());
  }

  private static final class State {
    private final List<Fact> facts = new ArrayList<>();
    private int version;
    private String says = "";

    static State read(byte[] bytes) throws IOException {
      State state = new State();
      if (bytes == null) {
        return state;
      }
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
      state.version = in.readInt();
      state.says = in.readUTF();
      for (int left = in.readInt(); left > 0; left--) {
        state.facts.add(fact(in));
      }
      return state;
    }

    byte[] bytes() throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeInt(version);
      out.writeUTF(says);
      out.writeInt(facts.size());
      for (Fact fact : facts) {
        out.writeUTF(fact.connection());
        out.writeUTF(fact.userId());
        out.writeBoolean(fact.joined());
        out.writeLong(fact.at());
        out.writeUTF(fact.tag());
      }
      return bytes.toByteArray();
    }

    void add(Fact fact) {
      if (!facts.contains(fact)) {
        facts.add(fact);
      }
    }

    byte[] decided(String person) throws IOException {
      List<Span> spans = spans();
      if (spans == null) {
        return null;
      }
      long present = covered(spans);
      long required = Math.max(1, -Math.floorDiv(-share * (end - start), 10_000L));
      String verdict = present >= required ? "eligible" : "not_eligible";
      String digest = digest(spans);
      String now = verdict + present + digest;
      if (now.equals(says)) {
        return null;
      }
      says = now;
      version++;
      return event(person, version, verdict, present, required, digest);
    }

    /** The visits of each connection within the window; null while one is still in. */
    private List<Span> spans() {
      Map<String, List<Fact>> connections = new HashMap<>();
      for (Fact fact : facts) {
        connections.computeIfAbsent(fact.connection(), name -> new ArrayList<>()).add(fact);
      }
      List<Span> found = new ArrayList<>();
      for (Map.Entry<String, List<Fact>> one : connections.entrySet()) {
        one.getValue().sort(Comparator.comparingLong(Fact::at));
        Fact open = null;
        for (Fact fact : one.getValue()) {
          if (fact.joined()) {
            open = open == null ? fact : open;
          } else if (open != null) {
            long from = Math.max(start, open.at());
            long to = Math.min(end, fact.at());
            if (from < to) {
              found.add(new Span(from, to, one.getKey()));
            }
            open = null;
          }
        }
        if (open != null || one.getValue().size() % 2 == 1) {
          return null;
        }
      }
      found.sort(
          Comparator.comparingLong(Span::from).thenComparingLong(Span::to).thenComparing(Span::source));
      return found;
    }
  }

  private static long covered(List<Span> spans) {
    long seconds = 0;
    long last = Long.MIN_VALUE;
    for (Span span : spans) {
      seconds += Math.max(0, span.to() - Math.max(last, span.from()));
      last = Math.max(last, span.to());
    }
    return seconds;
  }

  private static String digest(List<Span> spans) {
    StringBuilder lines = new StringBuilder("rule " + ruleVersion);
    for (Span span : spans) {
      lines.append('\n').append(session).append(' ').append(span.from()).append(' ');
      lines.append(span.to()).append(" 0 ").append(span.source());
    }
    try {
      byte[] text = lines.toString().getBytes(StandardCharsets.UTF_8);
      return "sha256:" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (GeneralSecurityException missing) {
      throw new IllegalStateException(missing);
    }
  }

  private static byte[] event(
      String person, int version, String verdict, long present, long required, String digest)
      throws IOException {
    ObjectNode event = JSON.createObjectNode();
    int bar = person.indexOf('|');
    event.put("webinar_id", person.substring(0, bar)).put("participant_id", person.substring(bar + 1));
    event.put("version", version).put("verdict", verdict).put("provisional", false);
    event.put("present_seconds", present).put("base_seconds", end - start);
    event.put("required_seconds", required).put("rule_version", ruleVersion).put("digest", digest);
    ObjectNode own = event.putArray("sessions").addObject().put("id", session);
    own.put("present_seconds", present).put("base_seconds", end - start);
    own.put("required_seconds", required);
    boolean reached = verdict.equals("eligible");
    ObjectNode reason = event.putArray("reasons").addObject();
    reason.put("code", reached ? "share_reached" : "share_not_reached");
    ObjectNode figures = reason.putObject("figures");
    figures.put("present_seconds", present).put("base_seconds", end - start);
    figures.put("required_seconds", required).put("share", share);
    if (!reached) {
      figures.put("missing_seconds", required - present);
    }
    return JSON.writeValueAsBytes(event);
  }

  // --- what is known before anything is measured ---

  private static void preload() {
    for (JsonNode said : whole("registration.webinars.v1")) {
      JsonNode only = said.path("sessions").path(0);
      webinar = said.path("webinar_id").asText();
      ruleVersion = said.path("rule_version").asInt();
      share = said.path("rule").path("minimum_share").asLong();
      session = only.path("id").asText();
      start = second(only.path("start").asText());
      end = second(only.path("end").asText());
    }
    for (JsonNode said : whole("registration.enrolments.v1")) {
      String who = said.path("participant_id").asText();
      for (JsonNode link : said.path("links")) {
        String place = link.path("zoom_number").asText() + "|" + link.path("registrant_id").asText();
        LINKS.computeIfAbsent(place, name -> new ArrayList<>()).add(who);
      }
      EMAILS.computeIfAbsent(said.path("email_hmac").asText(), name -> new ArrayList<>()).add(who);
    }
  }

  private static List<JsonNode> whole(String name) {
    Properties p = new Properties();
    p.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, KAFKA);
    ByteArrayDeserializer raw = new ByteArrayDeserializer();
    List<JsonNode> found = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(p, raw, raw)) {
      List<TopicPartition> places =
          IntStream.range(0, PARTITIONS).mapToObj(n -> new TopicPartition(PREFIX + name, n)).toList();
      consumer.assign(places);
      consumer.seekToBeginning(places);
      Map<TopicPartition, Long> ends = consumer.endOffsets(places);
      while (places.stream().anyMatch(place -> consumer.position(place) < ends.get(place))) {
        for (ConsumerRecord<byte[], byte[]> one : consumer.poll(Duration.ofMillis(200))) {
          found.add(JSON.readTree(one.value()));
        }
      }
    } catch (IOException torn) {
      throw new UncheckedIOException(torn);
    }
    return found;
  }

  private static long second(String iso) {
    return Instant.parse(iso).getEpochSecond();
  }
}
