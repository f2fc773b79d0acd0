package gantry.runtime;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.Map;

/**
 * Runs a Java function inside an execution environment: the client of the Runtime API. Shapes of
 * errors, handlers and the context are those of AWS's own Java runtime.
 */
public final class Bootstrap {
    private static final ObjectMapper ERRORS = new ObjectMapper();

    private final RuntimeApi api;

    private Bootstrap(RuntimeApi api) {
        this.api = api;
    }

    public static void main(String[] arguments) throws Exception {
        Bootstrap bootstrap = new Bootstrap(new RuntimeApi(System.getenv("AWS_LAMBDA_RUNTIME_API")));
        bootstrap.serve(bootstrap.load(System.getenv("_HANDLER")));
    }

    private Handler load(String name) throws Exception {
        try {
            ClassLoader loader = FunctionClassLoader.make();
            Thread.currentThread().setContextClassLoader(loader);
            return Handlers.find(name, loader);
        } catch (Throwable raised) {
            Throwable error = cause(raised);
            log(error, null);
            api.post("init/error", describe(error), "application/json", typeOf(error));
            System.exit(1);
            throw new IllegalStateException();
        }
    }

    private void serve(Handler handler) throws Exception {
        while (true) {
            RuntimeApi.Message event = api.next();
            if (event.status != 200)
                System.exit(1);
            String traceId = event.header("lambda-runtime-trace-id");
            if (traceId == null)
                System.clearProperty("com.amazonaws.xray.traceHeader");
            else
                System.setProperty("com.amazonaws.xray.traceHeader", traceId);
            run(handler, event);
        }
    }

    private void run(Handler handler, RuntimeApi.Message event) throws Exception {
        String path = "invocation/" + event.header("lambda-runtime-aws-request-id");
        try {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            handler.handle(event.body, output, new Invocation(event));
            System.out.flush();
            api.answer(path + "/response", output.toByteArray(), "application/json", null);
        } catch (Throwable raised) {
            Throwable error = cause(raised);
            log(error, event.header("lambda-runtime-aws-request-id"));
            api.answer(path + "/error", describe(error), "application/json", typeOf(error));
            if (error instanceof VirtualMachineError)
                System.exit(1); // what is left of the process cannot be trusted
        }
    }

    // What the function threw, without the wrapping of the call by reflection.
    private static Throwable cause(Throwable raised) {
        boolean wrapped = raised instanceof InvocationTargetException
            || raised instanceof ExceptionInInitializerError;
        return wrapped && raised.getCause() != null ? raised.getCause() : raised;
    }

    private static String typeOf(Throwable error) {
        return error instanceof Handlers.BadHandler ? ((Handlers.BadHandler) error).type
                                                    : error.getClass().getName();
    }

    private static byte[] describe(Throwable error) throws Exception {
        return ERRORS.writeValueAsBytes(document(error, 0));
    }

    private static Map<String, Object> document(Throwable error, int depth) {
        Map<String, Object> document = new java.util.LinkedHashMap<>();
        if (error.getMessage() != null)
            document.put("errorMessage", error.getMessage());
        document.put("errorType", typeOf(error));
        document.put("stackTrace", StackFrames.of(error));
        if (error.getCause() != null && error.getCause() != error && depth < 8)
            document.put("cause", document(error.getCause(), depth + 1));
        return document;
    }

    // One log event: in text a carriage return holds its lines together.
    private static void log(Throwable error, String requestId) {
        String separator = Log.json() ? "\n" : "\r";
        StringBuilder text = new StringBuilder();
        if (error.getMessage() != null)
            text.append(error.getMessage()).append(": ");
        text.append(typeOf(error));
        for (String frame : StackFrames.of(error))
            text.append(separator).append("\tat ").append(frame);
        Log.error(text.toString(), requestId);
    }
}
