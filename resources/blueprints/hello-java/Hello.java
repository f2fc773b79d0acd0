import java.util.Map;

public class Hello {
    public Map<String, String> handle(Map<String, Object> event) {
        Object name = event.getOrDefault("name", "world");
        System.out.println("greeting " + name);
        return Map.of("message", "Hello, " + name + "!");
    }
}
