#pragma once

#include "ui/charts/chart_group.h"
#include "ui/rpc/findings_types.h"

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QPushButton;

namespace gantry::charts {
class LiveChart;
}
namespace gantry::widgets {
class Badge;
class FactGrid;
} // namespace gantry::widgets

namespace gantry::ui {

// One finding: what it says, the numbers it was made of, and what can be done.
class FindingDetail final : public QFrame {
    Q_OBJECT
public:
    explicit FindingDetail(QWidget* parent = nullptr);

    const QString& id() const { return m_finding.id; }
    // rule: when it is a finding, in words.
    void setFinding(const rpc::HealthFinding& finding, const QString& rule);

Q_SIGNALS:
    void openRequested(const QString& route);
    // untilMs: Unix time; 0: until it is restored.
    void dismissRequested(const QString& id, qint64 untilMs);
    void restoreRequested(const QString& id);
    void closeRequested();

private:
    QLayout* makeHead();
    QLayout* makeAnswers();
    void showSeries();
    void showNumbers();
    void showActions();

    rpc::HealthFinding m_finding;
    charts::ChartGroup m_group;
    QLabel* m_title;
    widgets::Badge* m_severity;
    QLabel* m_text;
    QLabel* m_rule;
    charts::LiveChart* m_chart = nullptr;
    QFrame* m_chartCard = nullptr;
    widgets::FactGrid* m_facts = nullptr;
    QWidget* m_factsHost = nullptr;
    QWidget* m_actions = nullptr;
    QPushButton* m_dismiss = nullptr;
    QPushButton* m_snooze = nullptr;
    QPushButton* m_restore = nullptr;
};

} // namespace gantry::ui
