package gantry.runtime;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a function logs through its context, and the runtime about its errors, in its log format. */
final class Log {
    private static final List<String> LEVELS =
        Arrays.asList("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL");
    private static final boolean JSON = "JSON".equals(System.getenv("AWS_LAMBDA_LOG_FORMAT"));
    private static final int LOWEST = JSON ? LEVELS.indexOf(level()) : 0;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static String level() {
        String name = System.getenv("AWS_LAMBDA_LOG_LEVEL");
        return name == null ? "INFO" : name.toUpperCase(Locale.ROOT);
    }

    private Log() {
    }

    /** A level that has no name of Lambda's, as UNDEFINED, passes and is not told. */
    static void message(Object text, String level, String requestId) throws IOException {
        int rank = LEVELS.indexOf(level);
        if (rank >= 0 && rank < LOWEST)
            return;
        if (text instanceof byte[] && !JSON)
            write((byte[]) text);
        else
            line(text instanceof byte[] ? new String((byte[]) text, StandardCharsets.UTF_8)
                                        : String.valueOf(text),
                 rank < 0 ? null : level, requestId);
    }

    static void error(String text, String requestId) {
        try {
            line(JSON ? text : text.replace('\n', '\r'), "ERROR", requestId);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static boolean json() {
        return JSON;
    }

    private static void line(String text, String level, String requestId) throws IOException {
        if (!JSON) {
            write((text + "\n").getBytes(StandardCharsets.UTF_8));
            return;
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("timestamp", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
        if (level != null)
            line.put("level", level);
        line.put("message", text);
        if (requestId != null)
            line.put("AWSRequestId", requestId);
        write((MAPPER.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void write(byte[] bytes) {
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
    }
}
