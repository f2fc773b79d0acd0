#pragma once

#include "ui/pages/page.h"

#include <memory>

class QComboBox;
class QLabel;
class QTableWidget;
class QToolButton;

namespace gantry::models {
class TuningSession;
}
namespace gantry::rpc {
class TuningApi;
}

namespace gantry::ui {

class TuningCharts;
class TuningForm;
class TuningResult;

// Power tuning: the form at the left, what is known at the right while it is learnt, the runs there
// were below. A sub-route names the function.
class TuningPage final : public Page {
    Q_OBJECT
public:
    TuningPage(const Services& services, QWidget* parent);
    ~TuningPage() override;

    QString title() const override { return tr("Power tuning"); }
    void show(const QString& subRoute) override;
    void activated() override;

private:
    QWidget* makeHeader();
    QWidget* makeHistory();
    void fillFunctions();
    void chooseFunction(const QString& name);
    void start();
    void showRun();
    void showHistory();
    void showReminder();
    void openFile();
    void openText();
    void save(const QString& text, bool asLink);
    QString selectedRun() const;

    Services m_services;
    std::unique_ptr<rpc::TuningApi> m_api;
    models::TuningSession* m_session;
    QComboBox* m_function;
    QToolButton* m_more;
    QLabel* m_reminder;
    TuningForm* m_form;
    TuningResult* m_result;
    TuningCharts* m_charts;
    QTableWidget* m_history;
    QString m_wanted; // from a route, until the functions are known
};

} // namespace gantry::ui
