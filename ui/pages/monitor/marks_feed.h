#pragma once

#include "ui/models/annotations.h"

namespace gantry::charts {
class ChartGroup;
}

namespace gantry::ui {

struct Services;

// Marks deploys, changes of alarms and tuning runs on the charts of a group.
class MarksFeed final : public QObject {
    Q_OBJECT
public:
    // functionName empty: of all functions and of the account.
    MarksFeed(const Services& services, const QString& functionName, charts::ChartGroup& group,
              QObject* parent = nullptr);

    // The time shown has come to this; asks what is new.
    void look(qint64 fromMs, qint64 toMs) { m_annotations.look(fromMs, toMs); }
    // Colours are of the theme.
    void refresh();

private:
    models::Annotations m_annotations;
    charts::ChartGroup& m_group;
};

} // namespace gantry::ui
