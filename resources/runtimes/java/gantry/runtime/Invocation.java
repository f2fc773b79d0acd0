package gantry.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;

/**
 * What one invocation tells its handler. The context's interface belongs to the function's package
 * (aws-lambda-java-core, whichever version), so it is implemented by name.
 */
final class Invocation {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RuntimeApi.Message event;

    Invocation(RuntimeApi.Message event) {
        this.event = event;
    }

    /** An object of the package's own Context interface. */
    Object context(Class<?> contextInterface) {
        return implement(contextInterface, this::contextValue);
    }

    private Object contextValue(Object self, Method method, Object[] arguments) throws Exception {
        switch (method.getName()) {
            case "getAwsRequestId": return event.header("lambda-runtime-aws-request-id");
            case "getLogGroupName": return System.getenv("AWS_LAMBDA_LOG_GROUP_NAME");
            case "getLogStreamName": return System.getenv("AWS_LAMBDA_LOG_STREAM_NAME");
            case "getFunctionName": return System.getenv("AWS_LAMBDA_FUNCTION_NAME");
            case "getFunctionVersion": return System.getenv("AWS_LAMBDA_FUNCTION_VERSION");
            case "getInvokedFunctionArn": return event.header("lambda-runtime-invoked-function-arn");
            case "getTenantId": return event.header("lambda-runtime-aws-tenant-id");
            case "getMemoryLimitInMB":
                return Integer.parseInt(System.getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
            case "getRemainingTimeInMillis": return remainingMillis();
            case "getLogger": return implement(method.getReturnType(), this::log);
            case "getIdentity": return identity(method.getReturnType());
            case "getClientContext": return clientContext(method.getReturnType());
            default: throw new UnsupportedOperationException(method.toString());
        }
    }

    private int remainingMillis() {
        long deadline = Long.parseLong(event.header("lambda-runtime-deadline-ms"));
        return (int) Math.max(0, deadline - System.currentTimeMillis());
    }

    // log(message), or log(message, level) of newer versions of the interface.
    private Object log(Object self, Method method, Object[] arguments) throws Exception {
        String level = arguments.length > 1 ? String.valueOf(arguments[1]) : null;
        Log.message(arguments[0], level, event.header("lambda-runtime-aws-request-id"));
        return null;
    }

    private Object identity(Class<?> type) throws Exception {
        String text = event.header("lambda-runtime-cognito-identity");
        JsonNode values = text == null ? JSON.createObjectNode() : JSON.readTree(text);
        return implement(type, (self, method, arguments) -> {
            String name = method.getName().equals("getIdentityId") ? "cognitoIdentityId" : "cognitoIdentityPoolId";
            return values.path(name).textValue();
        });
    }

    private Object clientContext(Class<?> type) throws Exception {
        String text = event.header("lambda-runtime-client-context");
        if (text == null)
            return null;
        JsonNode values = JSON.readTree(text);
        return implement(type, (self, method, arguments) -> {
            switch (method.getName()) {
                case "getCustom": return texts(values.path("custom"));
                case "getEnvironment": return texts(values.path("env"));
                default: return client(method.getReturnType(), values.path("client"));
            }
        });
    }

    private static Object client(Class<?> type, JsonNode values) {
        return implement(type, (self, method, arguments) -> {
            // getAppVersionName -> app_version_name
            String name = method.getName().substring(3).replaceAll("(?<=[a-z])(?=[A-Z])", "_");
            return values.path(name.toLowerCase(java.util.Locale.ROOT)).textValue();
        });
    }

    private static Map<String, String> texts(JsonNode object) {
        Map<String, String> values = new HashMap<>();
        object.fields().forEachRemaining(entry -> values.put(entry.getKey(), entry.getValue().asText()));
        return values;
    }

    private static Object implement(Class<?> type, InvocationHandler methods) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
            if (method.getDeclaringClass() != Object.class)
                return methods.invoke(self, method, arguments);
            switch (method.getName()) {
                case "equals": return self == arguments[0];
                case "hashCode": return System.identityHashCode(self);
                default: return type.getSimpleName();
            }
        });
    }
}
