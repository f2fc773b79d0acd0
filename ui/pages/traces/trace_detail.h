#pragma once

#include "ui/rpc/traces_types.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace gantry::widgets {
class Badge;
class JsonView;
} // namespace gantry::widgets

namespace gantry::ui {

class TraceWaterfall;

// One trace in full: its waterfall and the document of the span that is selected.
class TraceDetail final : public QWidget {
    Q_OBJECT
public:
    explicit TraceDetail(QWidget* parent = nullptr);

    // At once what is known; the rest follows with showTrace.
    void showId(const QString& id);
    void showTrace(const rpc::TraceDocuments& trace);
    void showProblem(const QString& message);
    const QString& id() const { return m_id; }

Q_SIGNALS:
    void closeRequested();
    void openRequested(const QString& route);

private:
    void showSpan(int index);
    void openFunction();

    QString m_id;
    QString m_function; // of the span that is shown
    QLabel* m_title;
    QLabel* m_facts;
    widgets::Badge* m_outcome;
    TraceWaterfall* m_waterfall;
    widgets::JsonView* m_document;
    QPushButton* m_open;
};

} // namespace gantry::ui
