#include "ui/shell/console_options.h"

#include "ui/shell/unix_socket.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QGuiApplication>
#include <QStandardPaths>

#include <cstdio>
#include <sys/stat.h>
#include <unistd.h>

namespace gantry::ui {

namespace {

// Qt aborts without a display, with a core dump and advice about plugins; this says it in advance.
bool hasDisplay()
{
    if (!qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM") ||
        !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY"))
        return true;
    const QByteArray display = qgetenv("DISPLAY");
    if (display.isEmpty())
        return false;
    if (!display.startsWith(':'))
        return true;  // another machine's, which is not ours to probe
    const QByteArray server = "/tmp/.X11-unix/X" + display.mid(1).split('.').constFirst();
    return socketAnswers(server) || socketAnswers(server, true);
}

QString defaultDataDirectory()
{
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) +
           QStringLiteral("/gantry");
}

int complain(const QString& text)
{
    std::fprintf(stderr, "gantry: %s\n", qUtf8Printable(text));
    return 1;
}

} // namespace

QString defaultSocketPath()
{
    QString folder = qEnvironmentVariable("XDG_RUNTIME_DIR");
    folder = folder.isEmpty() ? QStringLiteral("/tmp/gantry-%1").arg(::getuid())
                              : folder + QStringLiteral("/gantry");
    QDir().mkpath(folder);
    const QByteArray path = QFile::encodeName(folder);
    struct stat info{};
    if (::lstat(path.constData(), &info) != 0 || !S_ISDIR(info.st_mode) ||
        info.st_uid != ::getuid() || ::chmod(path.constData(), 0700) != 0)
        return {};
    return folder + QStringLiteral("/gantryd.sock");
}

std::optional<int> readOptions(int argc, char** argv, ConsoleOptions& options)
{
    QCoreApplication::setApplicationName(QStringLiteral("gantry"));
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationVersion(QStringLiteral(GANTRY_VERSION));
    QGuiApplication::setDesktopFileName(QStringLiteral("dev.gantry.Console"));
    const QCoreApplication parsing(argc, argv);

    QCommandLineParser parser;
    parser.setApplicationDescription(
        QCoreApplication::translate("options", "The console of the Gantry function platform."));
    const auto tr = [](const char* text) { return QCoreApplication::translate("options", text); };
    const QCommandLineOption data(QStringLiteral("data-dir"),
                                  tr("Where a platform started by the console keeps its data."),
                                  QStringLiteral("DIR"), defaultDataDirectory());
    const QCommandLineOption aws(QStringLiteral("aws"),
                                 tr("Where such a platform offers the AWS API."),
                                 QStringLiteral("HOST:PORT"), QStringLiteral("127.0.0.1:4566"));
    const QCommandLineOption grpc(QStringLiteral("grpc"),
                                  tr("The socket of the platform; one that runs is used as it is."),
                                  QStringLiteral("unix:PATH"));
    const QCommandLineOption page(QStringLiteral("page"), tr("The page to open, e.g. platform."),
                                  QStringLiteral("ROUTE"));
    const QCommandLineOption demo(
        QStringLiteral("demo"), tr("Deploy the starter functions and put a gentle load on them."));
    const QCommandLineOption measure(
        QStringLiteral("measure-start"),
        tr("Print how long the start took, from exec to the first paint, and quit."));
    parser.addOptions({data, aws, grpc, page, demo, measure});
    parser.addHelpOption();
    parser.addVersionOption();
    parser.process(QCoreApplication::arguments());  // leaves the program on --help and mistakes

    options.dataDirectory = QDir(parser.value(data)).absolutePath();
    options.awsAddress = parser.value(aws);
    options.page = parser.value(page);
    options.demo = parser.isSet(demo);
    options.measureStart = parser.isSet(measure);
    QString socket = parser.value(grpc);
    if (socket.isEmpty())
        socket = defaultSocketPath();
    else if (socket.startsWith(QLatin1String("unix:")))
        socket = QDir(socket.mid(5)).absolutePath();
    else
        return complain(tr("--grpc takes unix:PATH, not '%1'.").arg(socket));
    if (socket.isEmpty()) {
        return complain(tr("The folder for the platform's socket is not yours. Set XDG_RUNTIME_DIR "
                           "or use --grpc unix:PATH."));
    }
    options.grpcSocket = socket;

    if (!hasDisplay()) {
        return complain(tr("There is no display to open a window on. Start it from a desktop, with "
                           "'ssh -X', or on a virtual display: xvfb-run gantry"));
    }
    return std::nullopt;
}

} // namespace gantry::ui
