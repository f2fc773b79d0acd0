#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <QByteArray>
#include <QObject>
#include <QStringList>

#include <functional>

namespace gantry::rpc {

// CloudWatch's dashboards. Answers come on the GUI thread; one whose context is gone is dropped.
class DashboardsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit DashboardsApi(Channel& channel) : m_channel(channel) {}

    // The names, sorted; the first thousand.
    void list(QObject* context, Done<QStringList> done);
    void get(const QString& name, QObject* context, Done<QByteArray> done);
    void put(const QString& name, const QByteArray& body, QObject* context, Done<Nothing> done);
    void remove(const QString& name, QObject* context, Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
