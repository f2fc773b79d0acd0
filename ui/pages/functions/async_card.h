#pragma once

#include "ui/rpc/function_settings_api.h"

#include <QFrame>

#include <optional>

class QAbstractItemModel;
class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace gantry::ui {

// How a function's asynchronous events are tried again, how old they may get, where they go on to,
// and whether loops are stopped. Saves by itself; nothing changes before.
class AsyncCard final : public QFrame {
    Q_OBJECT
public:
    // functions: its first column names the functions there are.
    AsyncCard(rpc::Channel& channel, const QAbstractItemModel& functions, QWidget* parent = nullptr);

    void open(const QString& function, const QString& arn);

Q_SIGNALS:
    void saved();

private:
    void build();
    void load();
    void fillDestinations();
    void display(const rpc::EventInvokeSettings& settings);
    rpc::EventInvokeSettings values() const;
    void save();
    void saveLoops();
    void finished(const rpc::Result<rpc::Nothing>& result);
    void updateControls();

    rpc::FunctionSettingsApi m_api;
    const QAbstractItemModel& m_functions;
    QString m_function;
    QString m_arnPrefix; // of every function here, up to the name
    std::optional<rpc::EventInvokeSettings> m_base; // what the platform has
    std::optional<bool> m_baseStops;
    QSpinBox* m_retries;
    QSpinBox* m_age;
    QComboBox* m_onSuccess;
    QComboBox* m_onFailure;
    QCheckBox* m_stops;
    QLabel* m_status;
    QPushButton* m_save;
};

} // namespace gantry::ui
