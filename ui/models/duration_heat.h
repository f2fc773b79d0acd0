#pragma once

#include "ui/models/periodic_query.h"
#include "ui/rpc/durations_api.h"

#include <QObject>

namespace gantry::models {

// How the durations of a function, one of its resources or the account spread over the time that a
// page looks at; asked for again once a second while the page goes on looking.
class DurationHeat final : public QObject {
    Q_OBJECT
public:
    // functionName may have a qualifier after a colon; empty: the account.
    DurationHeat(rpc::Channel& channel, const QString& functionName, QObject* parent = nullptr);

    void look(qint64 fromMs, qint64 toMs);
    void setFunction(const QString& functionName);
    const QString& functionName() const { return m_functionName; }
    const rpc::DurationHistogram& histogram() const { return m_histogram; }
    bool isLoading() const { return m_loading; }
    const QString& problem() const { return m_problem; }

    // What lists the invocations of a cell.
    rpc::CellQuery cellOf(qint64 fromMs, qint64 toMs, double aboveMs, double upToMs) const;

Q_SIGNALS:
    void changed();

private:
    rpc::DurationsApi m_api;
    QString m_functionName;
    PeriodicQuery m_when{1000};
    rpc::DurationHistogram m_histogram;
    QString m_problem;
    qint64 m_fromMs = 0; // of the look that came last
    qint64 m_toMs = 0;
    bool m_loading = true;
};

} // namespace gantry::models
