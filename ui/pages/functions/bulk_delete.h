#pragma once

#include <QObject>
#include <QStringList>

namespace gantry::rpc {
class FunctionsApi;
}

namespace gantry::ui {

// Deletes functions a few at a time and says at the end what happened. Deletes itself then.
class BulkDelete final : public QObject {
    Q_OBJECT
public:
    BulkDelete(rpc::FunctionsApi& api, QStringList names, QObject* parent);

    void start();

Q_SIGNALS:
    void finished(const QStringList& deleted, const QStringList& problems);

private:
    void next();

    static constexpr int kAtOnce = 4;

    rpc::FunctionsApi& m_api;
    QStringList m_waiting;
    QStringList m_deleted;
    QStringList m_problems;
    int m_running = 0;
};

} // namespace gantry::ui
