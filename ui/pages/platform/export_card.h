#pragma once

#include "ui/rpc/telemetry_export_api.h"

#include <QFrame>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace gantry::widgets {
class CopyLine;
class KeyValueTable;
} // namespace gantry::widgets

namespace gantry::ui {

// Metrics for Grafana and its like: pushed by OTLP to a receiver that is chosen here, or fetched by
// Prometheus from an address that is shown here.
class ExportCard final : public QFrame {
    Q_OBJECT
public:
    explicit ExportCard(rpc::Channel& channel, QWidget* parent = nullptr);

    // Asks the platform; not over what is being edited.
    void load();

Q_SIGNALS:
    void messageRequested(const QString& text, bool isError);

private:
    void build();
    rpc::ExportSettings edited() const;
    bool isEdited() const;
    void take(const rpc::ExportStatus& status);
    void apply();
    void updateControls();

    rpc::TelemetryExportApi m_api;
    rpc::ExportStatus m_status;
    bool m_loaded = false;
    QCheckBox* m_on;
    QWidget* m_details;
    QLineEdit* m_endpoint;
    QSpinBox* m_interval;
    QCheckBox* m_traces;
    widgets::KeyValueTable* m_headers;
    QPushButton* m_apply;
    QLabel* m_state;
    QLabel* m_prometheus;
    widgets::CopyLine* m_prometheusAddress;
};

} // namespace gantry::ui
