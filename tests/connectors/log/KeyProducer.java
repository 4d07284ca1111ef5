import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends each further argument, decoded from hexadecimal, as a key, placed as Kafka's Java client does by default. */
public class KeyProducer {
    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
            for (int at = 2; at < arguments.length; at++) {
                byte[] key = java.util.HexFormat.of().parseHex(arguments[at]);
                producer.send(new ProducerRecord<>(arguments[1], key, "java".getBytes(StandardCharsets.UTF_8)));
            }
        }
    }
}
