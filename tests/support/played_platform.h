#pragma once

#include "tests/support/grpc_server.h"
#include "ui/rpc/channel.h"
#include "ui/widgets/theme.h"

#include <QTemporaryDir>
#include <QTest>
#include <QWidget>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace gantry::test {

// A platform that a test plays: it answers what it is told to and remembers what it was asked. For a
// test class to derive from.
class PlayedPlatform {
protected:
    void startPlatform()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        const QString path = m_directory->filePath(QStringLiteral("s"));
        m_server = std::make_unique<GrpcServer>(path.toStdString());
        m_asked.clear();
        m_seen.clear();
        QVERIFY(m_server->start());
        m_channel = std::make_unique<rpc::Channel>();
        m_channel->open(path);
        QTRY_VERIFY_WITH_TIMEOUT(m_channel->isConnected(), 60'000);
    }

    void endPlatform()
    {
        m_channel.reset();
        m_server.reset();
    }

    template <class Message>
    void serve(const std::string& service, const std::string& method, const Message& message)
    {
        m_server->on(service + method,
                     [this, method, bytes = message.SerializeAsString()](const std::string& request) {
                         const std::lock_guard lock(m_mutex);
                         m_asked[method] = request;
                         m_seen.insert(method);
                         return Reply{{bytes}, grpc::Status::OK, {}, false};
                     });
    }

    std::string asked(const std::string& method)
    {
        const std::lock_guard lock(m_mutex);
        return m_seen.contains(method) ? m_asked[method] + " " : std::string();
    }

    template <class Message> Message parse(const std::string& method)
    {
        const std::lock_guard lock(m_mutex);
        Message message;
        message.ParseFromString(m_asked[method]);
        return message;
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<GrpcServer> m_server;
    std::unique_ptr<rpc::Channel> m_channel;
    std::mutex m_mutex;
    std::map<std::string, std::string> m_asked; // bytes of the last request, by method
    std::set<std::string> m_seen;
};

// Saves what the widget looks like in both themes, when GANTRY_SCREENSHOTS names a folder.
inline void picture(QWidget& widget, const char* name)
{
    const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS");
    if (directory.isEmpty())
        return;
    widgets::Theme& theme = widgets::Theme::current();
    for (const bool dark : {false, true}) {
        theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
        QTest::qWait(100);
        widget.grab().save(QStringLiteral("%1/%2-%3.png")
                               .arg(directory, QLatin1String(name), dark ? "dark" : "light"));
    }
    theme.setMode(widgets::Theme::Mode::Light);
}

} // namespace gantry::test
