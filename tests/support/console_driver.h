// Drives the real console as a user does: keys, drops, and looking at what is on the screen.
#pragma once

#include "ui/rpc/platform_api.h"
#include "ui/shell/console.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QMimeData>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>
#include <QWindow>

#include <memory>
#include <optional>

namespace gantry::test {

// Anything that comes from a function or a daemon: processes start, on a machine that is busy.
inline constexpr int kPatienceMs = 60'000;

// One console with a data directory, a socket and a daemon of its own.
class ConsoleDriver final {
public:
    explicit ConsoleDriver(const QString& awsAddress = QStringLiteral("127.0.0.1:0"))
        : m_console({QStringLiteral(GANTRY_BINARY_DIR "/bin/gantryd"), path("data"), awsAddress,
                     path("gantryd.sock")})
    {
        window().openRoute(QStringLiteral("functions"));
        window().resize(1440, 900);
        window().show();
    }

    ui::Console& console() { return m_console; }
    ui::MainWindow& window() { return m_console.window(); }
    QString path(const char* name) const { return m_directory.filePath(QLatin1String(name)); }

    // Finds or starts the daemon, as the program does after its first paint.
    void start()
    {
        static_cast<void>(QTest::qWaitForWindowExposed(&window()));
        // No window manager runs under Xvfb, so the window is made the active one by hand.
        QApplication::setActiveWindow(&window());
        m_console.start();
    }

    // The visible widget of that name, in the window or in a dialog above it; null when none is.
    template <class T = QWidget> T* find(const char* name)
    {
        for (T* found : window().findChildren<T*>(QLatin1String(name))) {
            if (found->isVisible())
                return found;
        }
        return nullptr;
    }

    // Drops a folder on the window, through the window system's events.
    void drop(const QString& folder)
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(folder)});
        const QPoint at(300, 300);
        QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(window().windowHandle(), &enter);
        QDropEvent drop(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(window().windowHandle(), &drop);
    }

    // Replaces all that stands in an editor.
    static void paste(QWidget& editor, const QString& text)
    {
        QApplication::clipboard()->setText(text);
        QApplication::setActiveWindow(editor.window());  // a dialog may have been above it
        editor.setFocus();
        QTest::keyClick(&editor, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClick(&editor, Qt::Key_V, Qt::ControlModifier);
    }

    // Waits for the answer of one call of an API: callApi(done).
    template <class T, class CallApi> std::optional<T> answer(CallApi callApi)
    {
        auto result = std::make_shared<std::optional<rpc::Result<T>>>();
        callApi([result](rpc::Result<T> value) { *result = std::move(value); });
        if (!QTest::qWaitFor([&] { return result->has_value(); }, kPatienceMs) || !**result)
            return std::nullopt;
        return ***result;
    }

    // What a script of tests/support prints, which uses the platform as a client of AWS does:
    // SCRIPT ENDPOINT CREDENTIALS_FILE ARGUMENTS.
    QString runClient(const char* script, const QStringList& arguments,
                      const QStringList& options = {})
    {
        rpc::PlatformApi platform(m_console.channel());
        const auto info = answer<rpc::PlatformInfo>(
            [&](auto done) { platform.getPlatform(&window(), done); });
        if (!info)
            return {};
        // -P: the scripts' folder has a module named as one of Python's own.
        QProcess process;
        process.start(QStringLiteral("/usr/bin/python3"),
                      QStringList{QStringLiteral("-BP"),
                                  QStringLiteral(GANTRY_SOURCE_DIR "/tests/support/") + QLatin1String(script)} +
                          options + QStringList{info->awsEndpoint, path("data/credentials")} + arguments);
        if (!process.waitForFinished(kPatienceMs))
            return {};
        const QByteArray errors = process.readAllStandardError();
        if (!errors.isEmpty())
            qWarning("%s", errors.constData());
        return QString::fromUtf8(process.readAllStandardOutput()).trimmed();
    }

    // Writes a file of a function's folder, making the folder; returns the folder.
    QString write(const char* folder, const char* file, const QByteArray& content)
    {
        const QString directory = path(folder);
        QDir().mkpath(directory);
        QFile out(directory + QLatin1Char('/') + QLatin1String(file));
        if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
            qFatal("cannot write %s", qPrintable(out.fileName()));
        return directory;
    }

private:
    QTemporaryDir m_directory;
    ui::Console m_console;
};

} // namespace gantry::test
