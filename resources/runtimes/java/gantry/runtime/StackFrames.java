package gantry.runtime;

import java.util.ArrayList;
import java.util.List;

/** The function's own part of a stack, down to where this runtime called it. */
final class StackFrames {
    private StackFrames() {}

    static List<String> of(Throwable error) {
        List<String> frames = new ArrayList<>();
        for (StackTraceElement frame : error.getStackTrace()) {
            if (frame.getClassName().startsWith("gantry.runtime."))
                break;
            frames.add(frame.toString());
        }
        // Between the function and the runtime lies the JVM's reflection.
        while (!frames.isEmpty() && frames.get(frames.size() - 1).matches("java\\.base/(jdk\\.internal|java\\.lang)\\.(reflect|invoke)\\..*"))
            frames.remove(frames.size() - 1);
        return frames.size() > 100 ? frames.subList(0, 100) : frames;
    }
}
