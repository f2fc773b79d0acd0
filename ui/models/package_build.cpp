#include "ui/models/package_build.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

#include <algorithm>
#include <chrono>

namespace gantry::models {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongest = 10min; // a first build fetches and compiles what the project needs
constexpr qsizetype kMostOutput = 64 << 10;

bool endsWith(const QStringList& names, std::initializer_list<const char*> suffixes)
{
    return std::any_of(names.begin(), names.end(), [&](const QString& name) {
        return std::any_of(suffixes.begin(), suffixes.end(), [&](const char* suffix) {
            return name.endsWith(QLatin1String(suffix));
        });
    });
}

QStringList withSuffix(const QStringList& names, const char* suffix)
{
    QStringList found;
    for (const QString& name : names) {
        if (name.endsWith(QLatin1String(suffix)))
            found << name;
    }
    return found;
}

BuildRecipe go(const QStringList& arguments)
{
    return {QStringLiteral("Go"),
            QStringLiteral("go"),
            QStringLiteral("golang-go"),
            QStringList{QStringLiteral("build"), QStringLiteral("-o"),
                        QStringLiteral("%out%/bootstrap")} +
                arguments,
            QStringLiteral("provided"),
            QStringLiteral("bootstrap")};
}

} // namespace

std::optional<BuildRecipe> recipeFor(const QStringList& names)
{
    const auto has = [&](const char* name) { return names.contains(QLatin1String(name)); };
    if (has("bootstrap") || endsWith(names, {".py", ".js", ".mjs", ".cjs", ".rb", ".class"}))
        return std::nullopt;
    if (has("go.mod"))
        return go({QStringLiteral("-tags"), QStringLiteral("lambda.norpc"), QStringLiteral(".")});
    if (has("main.go"))
        return go({QStringLiteral("main.go")});
    const QString provided = QStringLiteral("provided");
    const QString bootstrap = QStringLiteral("bootstrap");
    if (has("main.rs"))
        return BuildRecipe{QStringLiteral("Rust"),
                           QStringLiteral("rustc"),
                           QStringLiteral("rustc"),
                           {QStringLiteral("-O"), QStringLiteral("-o"),
                            QStringLiteral("%out%/bootstrap"), QStringLiteral("main.rs")},
                           provided,
                           bootstrap};
    if (has("main.cpp") && !has("CMakeLists.txt"))
        return BuildRecipe{QStringLiteral("C++"),
                           QStringLiteral("g++"),
                           QStringLiteral("g++"),
                           QStringList{QStringLiteral("-O2"), QStringLiteral("-std=c++20"),
                                       QStringLiteral("-static"), QStringLiteral("-o"),
                                       QStringLiteral("%out%/bootstrap")} +
                               withSuffix(names, ".cpp"),
                           provided,
                           bootstrap};
    if (endsWith(names, {".java"}) && !has("pom.xml") && !has("build.gradle"))
        return BuildRecipe{QStringLiteral("Java"),
                           QStringLiteral("javac"),
                           QStringLiteral("default-jdk-headless"),
                           QStringList{QStringLiteral("-d"), QStringLiteral("%out%")} +
                               withSuffix(names, ".java"),
                           QStringLiteral("java"),
                           QString()};
    return std::nullopt;
}

PackageBuild::PackageBuild(BuildRecipe recipe, QString folder, std::vector<ZipInput> inputs,
                           QObject* parent)
    : QObject(parent), m_recipe(std::move(recipe)), m_folder(std::move(folder)),
      m_inputs(std::move(inputs))
{
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, [this] {
        fail(tr("%1 did not come to an end within ten minutes.").arg(m_recipe.program));
        m_process.kill();
    });
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    connect(&m_process, &QProcess::finished, this, &PackageBuild::ended);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            fail(tr("%1 cannot be started: %2.").arg(m_recipe.program, m_process.errorString()));
    });
}

PackageBuild::~PackageBuild()
{
    m_process.disconnect(this);
    m_process.kill();
    m_process.waitForFinished(); // a killed process ends at once
}

void PackageBuild::start()
{
    const QString program = QStandardPaths::findExecutable(m_recipe.program);
    if (program.isEmpty()) {
        fail(tr("%1 is needed to build %2, and it is not installed here. Install the Debian "
                "package %3.")
                 .arg(m_recipe.program, m_recipe.language, m_recipe.debianPackage));
        return;
    }
    if (!m_out.isValid() || !writeInputs()) {
        fail(tr("There is no room for the build in %1.").arg(QDir::tempPath()));
        return;
    }
    QStringList arguments = m_recipe.arguments;
    arguments.replaceInStrings(QStringLiteral("%out%"), m_out.path());
    m_process.setWorkingDirectory(m_folder);
    m_patience.start(kLongest);
    m_process.start(program, arguments);
    m_process.closeWriteChannel();
}

bool PackageBuild::writeInputs()
{
    if (m_inputs.empty())
        return true;
    m_folder = m_source.path();
    for (const ZipInput& input : m_inputs) {
        const QString path = m_source.filePath(input.path);
        const auto content = input.content();
        QFile file(path);
        if (!content || !QDir().mkpath(QFileInfo(path).path()) ||
            !file.open(QIODevice::WriteOnly) || file.write(*content) != content->size())
            return false;
    }
    return true;
}

void PackageBuild::ended(int exitCode, QProcess::ExitStatus status)
{
    const QString output = QString::fromUtf8(m_process.readAll().left(kMostOutput)).trimmed();
    const QString product = m_out.filePath(m_recipe.product);
    if (m_done)
        return;
    if (status != QProcess::NormalExit || exitCode != 0 || !QFileInfo::exists(product)) {
        m_done = true;
        Q_EMIT finished(tr("%1 did not compile.").arg(m_recipe.language), output);
        return;
    }
    m_done = true;
    Q_EMIT finished({}, output);
}

void PackageBuild::fail(const QString& error)
{
    if (m_done)
        return;
    m_done = true;
    Q_EMIT finished(error, {});
}

} // namespace gantry::models
