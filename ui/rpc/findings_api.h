#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/findings_types.h"
#include "ui/rpc/result.h"

#include <functional>

class QObject;

namespace gantry::rpc {

// Answers come on the GUI thread; one whose context is gone is dropped.
class FindingsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit FindingsApi(Channel& channel) : m_channel(channel) {}

    // evaluate: looks now instead of telling what was found last.
    void list(bool evaluate, QObject* context, Done<HealthFindings> done);
    // untilMs: Unix time at which it comes back; 0: never.
    void dismiss(const QString& id, qint64 untilMs, QObject* context, Done<Nothing> done);
    void restore(const QString& id, QObject* context, Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
