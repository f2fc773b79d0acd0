#include "backend/runtime/catalogue.h"

#include "backend/base/resources.h"
#include "backend/runtime/interpreter.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <filesystem>
#include <utility>

namespace gantry::runtime {

namespace {

// A runtime identifier of the Lambda model: which language and which version of it.
struct Known {
    const char* id;
    const char* family;
    int major;
    int minor; // -1: the family's versions have one number
    bool deprecated;
};

constexpr std::array kKnown = {
    Known{"nodejs26.x", "nodejs", 26, -1, false},
    Known{"nodejs24.x", "nodejs", 24, -1, false},
    Known{"nodejs22.x", "nodejs", 22, -1, false},
    Known{"nodejs20.x", "nodejs", 20, -1, true},
    Known{"nodejs18.x", "nodejs", 18, -1, true},
    Known{"nodejs16.x", "nodejs", 16, -1, true},
    Known{"nodejs14.x", "nodejs", 14, -1, true},
    Known{"nodejs12.x", "nodejs", 12, -1, true},
    Known{"nodejs10.x", "nodejs", 10, -1, true},
    Known{"nodejs8.10", "nodejs", 8, -1, true},
    Known{"nodejs6.10", "nodejs", 6, -1, true},
    Known{"nodejs4.3", "nodejs", 4, -1, true},
    Known{"nodejs4.3-edge", "nodejs", 4, -1, true},
    Known{"nodejs", "nodejs", 0, 10, true},
    Known{"python3.15", "python", 3, 15, false},
    Known{"python3.14", "python", 3, 14, false},
    Known{"python3.13", "python", 3, 13, false},
    Known{"python3.12", "python", 3, 12, false},
    Known{"python3.11", "python", 3, 11, false},
    Known{"python3.10", "python", 3, 10, false},
    Known{"python3.9", "python", 3, 9, true},
    Known{"python3.8", "python", 3, 8, true},
    Known{"python3.7", "python", 3, 7, true},
    Known{"python3.6", "python", 3, 6, true},
    Known{"python2.7", "python", 2, 7, true},
    Known{"java25", "java", 25, -1, false},
    Known{"java21", "java", 21, -1, false},
    Known{"java17.al2023", "java", 17, -1, false},
    Known{"java17", "java", 17, -1, false},
    Known{"java11.al2023", "java", 11, -1, false},
    Known{"java11", "java", 11, -1, false},
    Known{"java8.al2023", "java", 8, -1, false},
    Known{"java8.al2", "java", 8, -1, false},
    Known{"java8", "java", 8, -1, true},
    Known{"dotnet10", "dotnet", 10, -1, false},
    Known{"dotnet8", "dotnet", 8, -1, false},
    Known{"dotnet6", "dotnet", 6, -1, true},
    Known{"dotnetcore3.1", "dotnet", 3, 1, true},
    Known{"dotnetcore2.1", "dotnet", 2, 1, true},
    Known{"dotnetcore2.0", "dotnet", 2, 0, true},
    Known{"dotnetcore1.0", "dotnet", 1, 0, true},
    Known{"ruby4.0", "ruby", 4, 0, false},
    Known{"ruby3.4", "ruby", 3, 4, false},
    Known{"ruby3.3", "ruby", 3, 3, false},
    Known{"ruby3.2", "ruby", 3, 2, false},
    Known{"ruby2.7", "ruby", 2, 7, true},
    Known{"ruby2.5", "ruby", 2, 5, true},
    Known{"go1.x", "go", 1, -1, true},
    Known{"provided.al2023", "provided", 0, -1, false},
    Known{"provided.al2", "provided", 0, -1, false},
    Known{"provided", "provided", 0, -1, true},
};

// A language whose interpreter the host brings and whose bootstrap is ours.
struct Language {
    const char* family;
    const char* name;
    const char* package; // Debian's
    int oldestMajor;     // what the bootstrap is written for
    std::vector<Interpreter> installed;
};

using Languages = std::vector<Language>;

Languages findLanguages()
{
    Languages languages = {{"python", "Python", "python3", 3, {}},
                           {"nodejs", "Node.js", "nodejs", 0, {}},
                           {"ruby", "Ruby", "ruby", 2, {}},
                           {"java", "Java", "default-jre-headless", 8, {}}};
    for (Language& language : languages)
        language.installed = findInterpreters(language.family);
    return languages;
}

std::string wantedVersion(const Known& known)
{
    return known.minor < 0 ? std::to_string(known.major)
                           : absl::StrCat(known.major, ".", known.minor);
}

bool sameVersion(const Known& known, const Interpreter& interpreter)
{
    return interpreter.major == known.major &&
           (known.minor < 0 || interpreter.minor == known.minor);
}

bool olderThan(const Interpreter& interpreter, const Known& known)
{
    return std::pair(interpreter.major, known.minor < 0 ? -1 : interpreter.minor) <
           std::pair(known.major, known.minor);
}

// The same version, else the next newer, else the newest: newer ones break least.
const Interpreter* nearest(const Known& known, const std::vector<Interpreter>& installed)
{
    for (const Interpreter& candidate : installed) {
        if (!olderThan(candidate, known))
            return &candidate;
    }
    return installed.empty() ? nullptr : &installed.back();
}

// Java's client is compiled, where the build finds a JDK, and reads JSON with Jackson as AWS's does.
bool findJavaClient(Runtime& runtime)
{
    const std::filesystem::path client = builtRuntimeDirectory() / "java";
    const bool built = std::filesystem::exists(client / "gantry-runtime.jar");
    if (!built || !std::filesystem::exists("/usr/share/java/jackson-databind.jar")) {
        runtime.note = "Java functions need a JDK and Jackson: install the Debian packages "
                       "default-jdk-headless and libjackson2-databind-java, then build Gantry again";
        return false;
    }
    runtime.clientDirectory = client;
    return true;
}

void resolveInterpreter(const Known& known, const Language& language, Runtime& runtime)
{
    if (known.major < language.oldestMajor && known.major > 0) {
        runtime.note =
            absl::StrCat(language.name, " ", known.major, " functions are not supported");
        return;
    }
    const Interpreter* found = nearest(known, language.installed);
    if (!found) {
        runtime.note = absl::StrCat("No ", language.name,
                                    " below /usr; install the Debian package ", language.package);
        return;
    }
    if (runtime.family == "java" && !findJavaClient(runtime))
        return;
    runtime.available = true;
    runtime.exact = sameVersion(known, *found);
    runtime.interpreter = found->path;
    runtime.version = found->version;
    if (!runtime.exact)
        runtime.note = absl::StrCat("Runs on ", language.name, " ", found->version,
                                    ", the nearest that this host has; AWS runs ", language.name,
                                    " ", wantedVersion(known));
}

std::string unsupportedNote(const std::string& family)
{
    if (family == "dotnet")
        return ".NET functions are not supported yet";
    return "AWS has ended go1.x; build the function for provided.al2023";
}

Runtime resolve(const Known& known, const Languages& languages)
{
    Runtime runtime;
    runtime.id = known.id;
    runtime.family = known.family;
    runtime.deprecated = known.deprecated;
    for (const Language& language : languages) {
        if (runtime.family == language.family) {
            resolveInterpreter(known, language, runtime);
            return runtime;
        }
    }
    if (runtime.family == "provided") {
        runtime.available = true;
        runtime.exact = true;
        runtime.note = "Runs the package's own bootstrap on this host's system libraries";
    } else {
        runtime.note = unsupportedNote(runtime.family);
    }
    return runtime;
}

} // namespace

Catalogue Catalogue::probe()
{
    const Languages languages = findLanguages();
    Catalogue catalogue;
    for (const Known& known : kKnown)
        catalogue.m_runtimes.push_back(resolve(known, languages));
    return catalogue;
}

const Runtime* Catalogue::find(std::string_view id) const
{
    for (const Runtime& runtime : m_runtimes) {
        if (runtime.id == id)
            return &runtime;
    }
    return nullptr;
}

} // namespace gantry::runtime
