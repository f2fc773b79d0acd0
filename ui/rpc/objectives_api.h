#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/objectives_types.h"
#include "ui/rpc/result.h"

#include <functional>

class QObject;

namespace gantry::rpc {

// Application Signals. Answers come on the GUI thread; one whose context is gone is dropped.
class ObjectivesApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit ObjectivesApi(Channel& channel) : m_channel(channel) {}

    // Those of a function as they stand now, by name.
    void list(const QString& function, QObject* context, Done<QList<Objective>> done);
    void create(const ObjectiveSettings& settings, QObject* context, Done<Nothing> done);
    // The one of that name; what it is based on, requests or periods, stays.
    void update(const ObjectiveSettings& settings, QObject* context, Done<Nothing> done);
    void remove(const QString& name, QObject* context, Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
