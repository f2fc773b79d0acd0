#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <QList>
#include <QString>

#include <functional>

class QObject;

namespace gantry::rpc {

// What happened beside the calls and may explain a chart.
struct Annotation {
    enum class Kind { Deploy, Alarm, Tuning };

    Kind kind = Kind::Deploy;
    qint64 timeMs = 0;
    qint64 endMs = 0;     // of a tuning run; 0: it has no length
    QString functionName; // empty: of the account, or of more than one function
    QString name;         // of the alarm; id of the tuning run
    QString title;
    QString detail;
    bool firing = false; // the alarm went into ALARM
};

// Deploys, changes of alarms and tuning runs. Answers come on the GUI thread; one whose context is
// gone is dropped.
class AnnotationsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit AnnotationsApi(Channel& channel) : m_channel(channel) {}

    // By time. functionName empty: of all and of the account.
    void list(const QString& functionName, qint64 fromMs, qint64 toMs, QObject* context,
              Done<QList<Annotation>> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
