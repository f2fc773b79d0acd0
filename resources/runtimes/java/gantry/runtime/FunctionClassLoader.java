package gantry.runtime;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Loads the function from its package and its layers, in the order of AWS: the package's classes,
 * its lib folder, the layers' java/lib. It does not see this runtime's own libraries, so that a
 * function brings whichever version of them it likes.
 */
final class FunctionClassLoader {
    private FunctionClassLoader() {}

    static ClassLoader make() throws MalformedURLException {
        String root = System.getenv("LAMBDA_TASK_ROOT");
        List<URL> path = new ArrayList<>();
        path.add(new File(root).toURI().toURL());
        addJars(path, new File(root, "lib"));
        addJars(path, new File("/opt/java/lib"));
        return new URLClassLoader(path.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
    }

    private static void addJars(List<URL> path, File folder) throws MalformedURLException {
        File[] jars = folder.listFiles((where, name) -> name.endsWith(".jar"));
        if (jars == null)
            return;
        Arrays.sort(jars);
        for (File jar : jars)
            path.add(jar.toURI().toURL());
    }
}
