package example;

public class Broken {
    static {
        if (true)
            throw new IllegalStateException("while loading");
    }

    public String handle() {
        return "";
    }
}
