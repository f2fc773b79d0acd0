#pragma once

#include "ui/models/periodic_query.h"
#include "ui/rpc/annotations_api.h"

#include <QObject>

namespace gantry::models {

// What happened within the time that a page looks at: deploys, alarms, tuning runs.
class Annotations final : public QObject {
    Q_OBJECT
public:
    // functionName empty: of all and of the account.
    Annotations(rpc::Channel& channel, const QString& functionName, QObject* parent = nullptr);

    void look(qint64 fromMs, qint64 toMs);
    const QList<rpc::Annotation>& all() const { return m_all; }

Q_SIGNALS:
    void changed();

private:
    rpc::AnnotationsApi m_api;
    QString m_functionName;
    PeriodicQuery m_when{2000};
    QList<rpc::Annotation> m_all;
};

// Where in the console it is told in full.
QString routeOf(const rpc::Annotation& annotation);

} // namespace gantry::models
