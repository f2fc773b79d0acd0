#include "ui/models/java_inference.h"

#include "ui/models/package_source.h"

#include <QRegularExpression>

namespace gantry::models {
namespace {

constexpr int kMostFilesRead = 500;
constexpr QLatin1String kInterface("com/amazonaws/services/lambda/runtime/Request");

// A compiled class names the interfaces it implements in its constants.
std::vector<JavaHandler> inClass(const QString& path, const QByteArray& bytes)
{
    const bool implements = bytes.contains(QByteArray(kInterface.data()) + "Handler") ||
                            bytes.contains(QByteArray(kInterface.data()) + "StreamHandler");
    if (!implements || path.contains(u'$') || !bytes.contains("handleRequest"))
        return {};
    QString name = path.chopped(6);
    return {{name.replace(u'/', u'.'), path}};
}

std::vector<JavaHandler> inSource(const QString& path, const QString& text)
{
    static const QRegularExpression packageLine(QStringLiteral(R"(^\s*package\s+([\w.]+)\s*;)"),
                                                QRegularExpression::MultilineOption);
    static const QRegularExpression classLine(
        QStringLiteral(R"(\bpublic\s+(?:final\s+)?class\s+(\w+)([^{]*)\{)"));
    static const QRegularExpression method(
        QStringLiteral(R"(\bpublic\s+(?:static\s+)?[\w.<>,?\[\] ]+?\s+(\w+)\s*\()"));
    const auto owner = classLine.match(text);
    if (!owner.hasMatch())
        return {};
    const auto package = packageLine.match(text);
    const QString name =
        package.hasMatch() ? package.captured(1) + u'.' + owner.captured(1) : owner.captured(1);
    if (owner.captured(2).contains(QLatin1String("RequestHandler")) ||
        owner.captured(2).contains(QLatin1String("RequestStreamHandler")))
        return {{name, path}};
    std::vector<JavaHandler> found;
    for (auto match = method.globalMatch(text, owner.capturedEnd()); match.hasNext();) {
        const QString called = match.next().captured(1);
        if (called != QLatin1String("main") && called != owner.captured(1))
            found.push_back({name + QStringLiteral("::") + called, path});
    }
    return found;
}

} // namespace

std::vector<JavaHandler> javaHandlersIn(const PackageSource& source)
{
    std::vector<JavaHandler> interfaces, methods;
    int read = 0;
    for (const PackageFile& file : source.files()) {
        const bool compiled = file.path.endsWith(QLatin1String(".class"));
        if ((!compiled && !file.path.endsWith(QLatin1String(".java"))) || ++read > kMostFilesRead)
            continue;
        const QByteArray bytes = source.read(file.path);
        for (const JavaHandler& found :
             compiled ? inClass(file.path, bytes) : inSource(file.path, QString::fromUtf8(bytes)))
            (found.handler.contains(QLatin1String("::")) ? methods : interfaces).push_back(found);
    }
    interfaces.insert(interfaces.end(), methods.begin(), methods.end());
    return interfaces;
}

} // namespace gantry::models
