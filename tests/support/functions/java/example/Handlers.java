package example;

import com.amazonaws.services.lambda.runtime.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/** Handlers for the tests of the Java runtime; each shows one behaviour. */
public class Handlers {
    public static class Order {
        public String id;
        public List<Integer> amounts;
    }

    private int calls;

    public Map<String, Object> echo(Map<String, Object> event) {
        return event;
    }

    public String order(Order order) {
        return order.id + " " + order.amounts.stream().mapToInt(Integer::intValue).sum();
    }

    public int count() {
        return ++calls;
    }

    public void stream(InputStream input, OutputStream output, Context context) throws IOException {
        output.write("{\"raw\":".getBytes());
        input.transferTo(output);
        output.write('}');
    }

    public static String isStatic(String name, Context context) {
        return name + " of " + context.getFunctionName();
    }

    public Map<String, Object> describes(Map<String, Object> event, Context context) {
        context.getLogger().log("a line");
        System.out.println("printed");
        return Map.of("request", context.getAwsRequestId(), "stream", context.getLogStreamName(),
            "version", context.getFunctionVersion(), "arn", context.getInvokedFunctionArn(),
            "memory", context.getMemoryLimitInMB(), "custom", context.getClientContext().getCustom(),
            "remaining", context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 30_000,
            "trace", System.getProperty("com.amazonaws.xray.traceHeader"));
    }

    public String fails(Object event) {
        try {
            throw new IllegalStateException("below");
        } catch (IllegalStateException cause) {
            throw new IllegalArgumentException("bad valué", cause);
        }
    }

    public String recursive(Object event) {
        return recursive(event) + 1;
    }

    public String exits(int status) {
        Runtime.getRuntime().halt(status);
        return "";
    }

    public boolean seesTheRuntimesLibraries() {
        try {
            Class.forName("com.fasterxml.jackson.databind.ObjectMapper");
            return true;
        } catch (ClassNotFoundException expected) {
            return false;
        }
    }
}
