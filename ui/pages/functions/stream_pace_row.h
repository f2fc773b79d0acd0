#pragma once

#include "ui/rpc/concurrency_api.h"

#include <QWidget>

#include <optional>

class QDoubleSpinBox;
class QLabel;
class QPushButton;

namespace gantry::ui {

// How fast a function's streamed responses go out: a burst, then a steady rate. Saves by itself.
class StreamPaceRow final : public QWidget {
    Q_OBJECT
public:
    explicit StreamPaceRow(rpc::Channel& channel, QWidget* parent = nullptr);

    void open(const QString& function);

private:
    void save(const std::optional<rpc::StreamPace>& pace);
    void take(const rpc::Result<rpc::StreamPace>& result, const QString& done);
    void updateControls();

    rpc::ConcurrencyApi m_api;
    QString m_function;
    std::optional<rpc::StreamPace> m_base; // what the platform has
    QDoubleSpinBox* m_burst;
    QDoubleSpinBox* m_rate;
    QPushButton* m_save;
    QPushButton* m_usual;
    QLabel* m_status;
};

} // namespace gantry::ui
