#include "ui/models/package_inference.h"

#include "ui/models/java_inference.h"
#include "ui/models/package_build.h"
#include "ui/models/package_source.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <tuple>
#include <vector>

namespace gantry::models {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("PackageInference", text); }

constexpr int kMostFilesRead = 200;
constexpr int kDeepest = 3;  // folders below the root that are searched for a handler

struct Candidate {
    QString file;
    int line = 0;
    QString function;
    int score = 0;

    QString handler() const { return file.left(file.lastIndexOf(u'.')) + u'.' + function; }
};

bool isOfDependencies(const QString& path)
{
    for (const char* part : {"node_modules/", "site-packages/", ".dist-info/", "tests/", "test_"}) {
        if (path.contains(QLatin1String(part)))
            return true;
    }
    return false;
}

int scoreOf(const QString& file, const QString& function)
{
    static const QStringList names{QStringLiteral("lambda_handler"), QStringLiteral("handler"),
                                   QStringLiteral("main")};
    static const QStringList stems{QStringLiteral("lambda_function"), QStringLiteral("index"),
                                   QStringLiteral("app"),             QStringLiteral("handler"),
                                   QStringLiteral("main"),            QStringLiteral("lambda")};
    int score = -20 * static_cast<int>(file.count(u'/'));
    if (const auto at = names.indexOf(function); at >= 0)
        score += 100 - 5 * static_cast<int>(at);
    else if (function.contains(QLatin1String("handler"), Qt::CaseInsensitive))
        score += 60;
    if (const auto at = stems.indexOf(QFileInfo(file).completeBaseName()); at >= 0)
        score += 40 - 2 * static_cast<int>(at);
    return score;
}

std::vector<QRegularExpression> multiline(std::initializer_list<const char*> patterns)
{
    std::vector<QRegularExpression> expressions;
    for (const char* pattern : patterns)
        expressions.emplace_back(QString::fromLatin1(pattern), QRegularExpression::MultilineOption);
    return expressions;
}

// What is known of a language that needs no building: how its files and its handlers look.
struct Language {
    QString family;
    QStringList suffixes;
    std::vector<QRegularExpression> definitions; // of what can be a handler; group 1 is its name
    QString why;                                 // this runtime was chosen
    QString noHandler;
};

// In the order of preference where a folder has as many files of one as of another.
const std::vector<Language>& languages()
{
    static const std::vector<Language> all{
        {QStringLiteral("python"),
         {QStringLiteral("py")},
         multiline({R"(^(?:async\s+)?def\s+(\w+)\s*\(\s*\w+[^,()]*,\s*\w+[^,()]*(?:,[^()]*=[^()]*)?\))"}),
         tr("the files are Python"),
         tr("No function that takes (event, context) was found. Write the handler's name below.")},
        {QStringLiteral("nodejs"),
         {QStringLiteral("js"), QStringLiteral("mjs"), QStringLiteral("cjs")},
         multiline({R"(^\s*(?:module\.)?exports\.(\w+)\s*=)",
                    R"(^\s*export\s+(?:const|let|var)\s+(\w+)\s*=)",
                    R"(^\s*export\s+(?:async\s+)?function\s*\*?\s*(\w+))",
                    R"(^\s*export\s*\{\s*(?:\w+\s+as\s+)?(\w+)\s*[,}])",
                    R"(^\s*module\.exports\s*=\s*\{\s*(\w+)\s*[,:}(])"}),
         tr("the files are JavaScript"),
         tr("No exported handler was found. Write the handler's name below.")},
        {QStringLiteral("ruby"),
         {QStringLiteral("rb")},
         multiline({R"(^def\s+(\w+[?!]?)\s*\(?\s*event:\s*,\s*context:)",
                    R"(^def\s+(\w+[?!]?)\s*\(?\s*context:\s*,\s*event:)"}),
         tr("the files are Ruby"),
         tr("No method that takes (event:, context:) was found. Write the handler's name below.")},
    };
    return all;
}

const Language* languageOfFile(const QString& path)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    for (const Language& language : languages()) {
        if (language.suffixes.contains(suffix))
            return &language;
    }
    return nullptr;
}

std::vector<Candidate> handlersIn(const PackageSource& source, const Language& language)
{
    std::vector<Candidate> found;
    int read = 0;
    for (const PackageFile& file : source.files()) {
        if (languageOfFile(file.path) != &language || isOfDependencies(file.path) ||
            file.path.count(u'/') > kDeepest || ++read > kMostFilesRead)
            continue;
        const QString text = QString::fromUtf8(source.read(file.path));
        for (const QRegularExpression& definition : language.definitions) {
            for (auto match = definition.globalMatch(text); match.hasNext();) {
                const auto hit = match.next();
                const int line = static_cast<int>(text.left(hit.capturedStart(1)).count(u'\n')) + 1;
                found.push_back({file.path, line, hit.captured(1), scoreOf(file.path, hit.captured(1))});
            }
        }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    return found;
}

// 3.11 of "python3.11" or "3.11.2" as a number that can be compared.
int versionIn(const QString& text)
{
    static const QRegularExpression number(QStringLiteral(R"((\d+)(?:\.(\d+))?)"));
    const auto match = number.match(text);
    return match.captured(1).toInt() * 1000 + match.captured(2).toInt();
}

// A SAM or Serverless template that names the one function of this folder.
void readTemplate(const PackageSource& source, Inference& out)
{
    static const auto runtime = multiline({R"(^\s*[Rr]untime:\s*["']?([a-z]+[\w.]*)["']?\s*$)"});
    static const auto handler = multiline({R"(^\s*[Hh]andler:\s*["']?([\w./-]+)["']?\s*$)"});
    for (const char* name : {"template.yaml", "template.yml", "serverless.yml", "serverless.yaml"}) {
        const QString file = QString::fromLatin1(name);
        const QString text = QString::fromUtf8(source.read(file));
        const auto named = handler.front().match(text);
        if (!named.hasMatch())
            continue;
        out.handler = named.captured(1);
        out.handlerReason = tr("%1 says so").arg(file);
        out.handlers << out.handler;
        if (const auto match = runtime.front().match(text); match.hasMatch()) {
            out.runtime = match.captured(1);
            out.runtimeReason = tr("%1 says so").arg(file);
        }
        return;
    }
}

// The runtime that the project's own version file asks for; empty when there is none such.
QString wantedRuntime(const PackageSource& source, const QString& family, const QString& file)
{
    static const QRegularExpression number(QStringLiteral(R"(\d+(?:\.\d+)?)"));
    const QByteArray text = source.read(file);
    if (file != QLatin1String("package.json"))
        return family + number.match(QString::fromUtf8(text)).captured();
    const QString engine = QJsonDocument::fromJson(text)
                               .object()[QLatin1String("engines")]
                               .toObject()[QLatin1String("node")]
                               .toString();
    return family + number.match(engine).captured().section(u'.', 0, 0) + QStringLiteral(".x");
}

// A version that the project itself asks for, when the platform has that runtime.
bool readVersionFile(const PackageSource& source, const QString& family,
                     const QList<rpc::RuntimeInfo>& runtimes, Inference& out)
{
    const QString file = family == QLatin1String("nodejs")
                             ? QStringLiteral("package.json")
                             : QStringLiteral(".%1-version").arg(family);
    const QString wanted = wantedRuntime(source, family, file);
    for (const rpc::RuntimeInfo& choice : runtimes) {
        if (choice.id == wanted && choice.available && !choice.deprecated) {
            out.runtime = wanted;
            out.runtimeReason = tr("%1 asks for it").arg(file);
            return true;
        }
    }
    return false;
}

QString whyNothingWasFound(const PackageSource& source)
{
    const struct {
        const char* file;
        QString text;
    } rows[] = {
        {"Cargo.toml", tr("This is Rust source. Build it first and drop the folder with the "
                          "bootstrap program.")},
        {"CMakeLists.txt", tr("This is a CMake project. Build it first and drop the folder with the "
                              "bootstrap program.")},
        {"pom.xml", tr("This is a Java project. Build it first (mvn package) and drop the jar.")},
        {"build.gradle", tr("This is a Java project. Build it first (gradle build) and drop the jar.")},
        {"tsconfig.json", tr("This is TypeScript. Compile it first and drop the folder with the "
                             "JavaScript.")}};
    for (const auto& row : rows) {
        if (source.contains(QString::fromLatin1(row.file)))
            return row.text;
    }
    return tr("No Python, JavaScript or Ruby file and no bootstrap program was found. Is it the "
              "right folder?");
}

void inferJava(const PackageSource& source, const QList<rpc::RuntimeInfo>& runtimes, Inference& out)
{
    out.runtime = bestRuntime(runtimes, QStringLiteral("java"));
    out.runtimeReason = tr("the files are Java");
    const auto found = javaHandlersIn(source);
    for (const JavaHandler& candidate : found)
        out.handlers << candidate.handler;
    if (found.empty()) {
        out.warning = tr("No class that implements RequestHandler was found. Write the handler's name "
                         "below: package.Class::method.");
        return;
    }
    out.handler = found.front().handler;
    out.handlerReason = tr("it is in %1").arg(found.front().file);
}

// Source that is compiled on the way; see PackageBuild.
bool inferBuilt(const PackageSource& source, const QList<rpc::RuntimeInfo>& runtimes, Inference& out)
{
    QStringList top;
    for (const PackageFile& file : source.files()) {
        if (!file.path.contains(u'/'))
            top << file.path;
    }
    const auto recipe = source.isZip() ? std::nullopt : recipeFor(top);
    if (!recipe)
        return false;
    const QString reason = tr("the files are %1, and %2 compiles them before they are deployed")
                               .arg(recipe->language, recipe->program);
    if (recipe->family == QLatin1String("java")) {
        inferJava(source, runtimes, out);
    } else {
        out.runtime = QStringLiteral("provided.al2023");
        out.handler = QStringLiteral("bootstrap");
        out.handlerReason = tr("a custom runtime reads it as it likes");
        out.handlers << out.handler;
    }
    out.runtimeReason = reason;
    return true;
}

bool hasClasses(const PackageSource& source)
{
    return std::any_of(source.files().begin(), source.files().end(), [](const PackageFile& file) {
        return file.path.endsWith(QLatin1String(".class")) ||
               (file.path.startsWith(QLatin1String("lib/")) && file.path.endsWith(QLatin1String(".jar")));
    });
}

// Whose files there are most of, dependencies aside; null when there are none of any.
const Language* dominantLanguage(const PackageSource& source)
{
    std::map<const Language*, int> counts;
    for (const PackageFile& file : source.files()) {
        if (const Language* language = languageOfFile(file.path); language && !isOfDependencies(file.path))
            ++counts[language];
    }
    const Language* most = nullptr;
    for (const Language& language : languages()) {
        if (counts[&language] > (most ? counts[most] : 0))
            most = &language;
    }
    return most;
}

void inferHandler(const PackageSource& source, const Language& language, Inference& out)
{
    const auto candidates = handlersIn(source, language);
    for (const Candidate& candidate : candidates) {
        if (!out.handlers.contains(candidate.handler()))
            out.handlers << candidate.handler();
    }
    if (!out.handler.isEmpty())
        return;
    if (candidates.empty()) {
        out.warning = language.noHandler;
        return;
    }
    const Candidate& best = candidates.front();
    out.handler = best.handler();
    out.handlerReason = tr("%1 is defined in %2, line %3").arg(best.function, best.file).arg(best.line);
}

} // namespace

Inference inferPackage(const PackageSource& source, const QList<rpc::RuntimeInfo>& runtimes)
{
    Inference out;
    out.name = functionNameFrom(QFileInfo(source.path()).completeBaseName());
    if (source.contains(QStringLiteral("bootstrap"))) {
        out.runtime = QStringLiteral("provided.al2023");
        out.runtimeReason = tr("there is a program named bootstrap");
        out.handler = QStringLiteral("bootstrap");
        out.handlerReason = tr("a custom runtime reads it as it likes");
        out.handlers << out.handler;
        return out;
    }
    if (inferBuilt(source, runtimes, out))
        return out;
    readTemplate(source, out);
    const Language* language = dominantLanguage(source);
    if (!language && hasClasses(source)) {
        inferJava(source, runtimes, out);
        return out;
    }
    if (!language) {
        out.warning = whyNothingWasFound(source);
        return out;
    }
    if (out.runtime.isEmpty() && !readVersionFile(source, language->family, runtimes, out)) {
        out.runtime = bestRuntime(runtimes, language->family);
        out.runtimeReason = language->why;
    }
    inferHandler(source, *language, out);
    return out;
}

QString bestRuntime(const QList<rpc::RuntimeInfo>& runtimes, const QString& family)
{
    // A deprecated runtime is the last choice: new functions on it are refused, as by AWS.
    const auto rank = [](const rpc::RuntimeInfo& choice) {
        const int distance = std::abs(versionIn(choice.id) - versionIn(choice.interpreterVersion));
        return std::make_tuple(choice.available, !choice.deprecated, choice.exact, -distance);
    };
    const rpc::RuntimeInfo* best = nullptr;
    for (const rpc::RuntimeInfo& choice : runtimes) {
        if (choice.family == family && (!best || rank(choice) > rank(*best)))
            best = &choice;
    }
    return best ? best->id : QString();
}

QString functionNameFrom(const QString& text)
{
    static const QRegularExpression invalid(QStringLiteral("[^a-zA-Z0-9_]+"));
    QString name = text;
    name.replace(invalid, QStringLiteral("-"));
    while (name.startsWith(u'-'))
        name.remove(0, 1);
    name.truncate(64);
    while (name.endsWith(u'-'))
        name.chop(1);
    return name.isEmpty() ? QStringLiteral("my-function") : name;
}

} // namespace gantry::models
