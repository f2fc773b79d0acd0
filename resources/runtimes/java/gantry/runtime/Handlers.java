package gantry.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a handler's name means: package.Class::method, or package.Class for a class that implements
 * RequestHandler or RequestStreamHandler. Handlers take (event), (event, context) or, as streams,
 * (input, output) and (input, output, context).
 */
final class Handlers {
    /** A failure that has a name in Lambda's own vocabulary. */
    static final class BadHandler extends Exception {
        private static final long serialVersionUID = 1;
        final String type;

        BadHandler(String type, String message) {
            super(message);
            this.type = type;
            setStackTrace(new StackTraceElement[0]);
        }
    }

    private static final String INTERFACES = "com.amazonaws.services.lambda.runtime.";

    private static final ObjectMapper JSON = JsonMapper.builder()
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
        .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_PROPERTIES)
        .build();

    private Handlers() {}

    static Handler find(String name, ClassLoader loader) throws Throwable {
        String[] parts = name.split("::", 2);
        Class<?> owner = load(parts[0], loader);
        Method method = methodOf(owner, parts.length == 2 ? parts[1] : "handleRequest", name);
        Object target = Modifier.isStatic(method.getModifiers()) ? null : instance(owner);
        method.setAccessible(true);
        boolean streams = method.getParameterCount() >= 2 && method.getParameterTypes()[1] == OutputStream.class;
        return streams ? streaming(method, target) : mapping(method, target, owner);
    }

    private static Class<?> load(String name, ClassLoader loader) throws BadHandler {
        try {
            return Class.forName(name, true, loader);
        } catch (ClassNotFoundException | NoClassDefFoundError missing) {
            boolean own = missing instanceof ClassNotFoundException && name.equals(missing.getMessage());
            throw new BadHandler(missing.getClass().getName(),
                own ? "Class not found: " + name
                    : "Class " + name + " needs " + missing.getMessage() + ", which the package does not have");
        }
    }

    private static Object instance(Class<?> owner) throws Throwable {
        try {
            var constructor = owner.getDeclaredConstructor();
            constructor.setAccessible(true);
            return constructor.newInstance();
        } catch (NoSuchMethodException none) {
            throw new BadHandler("java.lang.NoSuchMethodException",
                "Class " + owner.getName() + " has no public zero-argument constructor");
        }
    }

    // Of several methods of that name the one with the most parameters that a handler may have.
    private static Method methodOf(Class<?> owner, String name, String handler) throws BadHandler {
        List<Method> fitting = new ArrayList<>();
        for (Method method : owner.getMethods()) {
            if (method.getName().equals(name) && !method.isBridge() && !method.isSynthetic() && isHandler(method))
                fitting.add(method);
        }
        return fitting.stream()
            .max(Comparator.comparingInt(Method::getParameterCount))
            .orElseThrow(() -> new BadHandler("java.lang.NoSuchMethodException",
                "No public method named " + name + " with an appropriate signature was found on class "
                    + owner.getName() + " (handler " + handler + ")"));
    }

    private static boolean isHandler(Method method) {
        Class<?>[] types = method.getParameterTypes();
        switch (types.length) {
            case 0:
            case 1: return true;
            case 2: return isContext(types[1]) || types[1] == OutputStream.class;
            case 3: return types[0] == InputStream.class && types[1] == OutputStream.class && isContext(types[2]);
            default: return false;
        }
    }

    private static boolean isContext(Class<?> type) {
        return type.getName().equals(INTERFACES + "Context");
    }

    private static Handler streaming(Method method, Object target) {
        Class<?>[] types = method.getParameterTypes();
        return (event, response, invocation) -> {
            InputStream input = new ByteArrayInputStream(event);
            if (types.length == 2)
                method.invoke(target, input, response);
            else
                method.invoke(target, input, response, invocation.context(types[2]));
        };
    }

    private static Handler mapping(Method method, Object target, Class<?> owner) throws BadHandler {
        Class<?>[] types = method.getParameterTypes();
        boolean contextOnly = types.length == 1 && isContext(types[0]);
        JavaType eventType = types.length == 0 || contextOnly ? null : eventType(method, owner);
        return (event, response, invocation) -> {
            Object[] arguments = new Object[types.length];
            if (eventType != null)
                arguments[0] = read(event, eventType);
            if (types.length == 2 || contextOnly)
                arguments[types.length - 1] = invocation.context(types[types.length - 1]);
            Object result = method.invoke(target, arguments);
            if (method.getReturnType() != void.class || result != null)
                JSON.writeValue(response, result);
            else
                response.write("null".getBytes());
        };
    }

    // RequestHandler<Order, String> says what the event is, even where the method takes an Object.
    private static JavaType eventType(Method method, Class<?> owner) {
        for (Type declared : owner.getGenericInterfaces()) {
            if (declared instanceof ParameterizedType
                && ((ParameterizedType) declared).getRawType().getTypeName().equals(INTERFACES + "RequestHandler")
                && method.getName().equals("handleRequest"))
                return JSON.constructType(((ParameterizedType) declared).getActualTypeArguments()[0]);
        }
        return JSON.constructType(method.getGenericParameterTypes()[0]);
    }

    private static Object read(byte[] event, JavaType type) throws Throwable {
        try {
            return event.length == 0 ? null : JSON.readValue(event, type);
        } catch (JsonProcessingException error) {
            throw new BadHandler("java.lang.RuntimeException",
                "An error occurred during JSON parsing: " + error.getOriginalMessage());
        }
    }
}
