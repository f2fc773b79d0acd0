#pragma once

#include "ui/pages/functions/target_picker.h"
#include "ui/rpc/function_settings_api.h"
#include "ui/rpc/iam_api.h"
#include "ui/rpc/message_queues_api.h"

#include <QFrame>

#include <optional>

class QAbstractItemModel;
class QCheckBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace gantry::ui {

// How a function's asynchronous events are tried again, how old they may get, where they go on to,
// and whether loops are stopped. Saves by itself; nothing changes before. Queues that are chosen are
// opened to the function's role with the save.
class AsyncCard final : public QFrame {
    Q_OBJECT
public:
    // functions: its first column names the functions there are.
    AsyncCard(rpc::Channel& channel, const QAbstractItemModel& functions, QWidget* parent = nullptr);

    void open(const QString& function, const QString& arn);
    // Of $LATEST, of a version or an alias: each has its own retries and destinations.
    QComboBox& qualifiers() const { return *m_qualifier; }
    void loadEvents(); // when another one is chosen

Q_SIGNALS:
    void saved();

private:
    QList<TargetPicker*> pickers() const { return {m_onSuccess, m_onFailure, m_deadLetter}; }
    void build();
    void load();
    // With what the settings of events belong to.
    QString qualified() const;
    void loadQueues();
    void fillTargets(const QList<rpc::MessageQueue>& queues);
    void askForQueue(TargetPicker* picker, const QString& suffix);
    void makeQueue(TargetPicker* picker, const QString& name);
    void display(const rpc::EventInvokeSettings& settings);
    rpc::EventInvokeSettings values() const;
    QStringList chosenQueues() const;
    bool targetsChanged() const;
    // One after the other, each as far as it has changed.
    void save();
    void saveEvents();
    void saveDeadLetter();
    void saveLoops();
    void finished(const rpc::Result<rpc::Nothing>& result);
    void updateControls();

    rpc::FunctionSettingsApi m_api;
    rpc::MessageQueuesApi m_queuesApi;
    rpc::IamApi m_iam;
    const QAbstractItemModel& m_functions;
    QString m_function;
    QString m_arnPrefix; // of every function here, up to the name
    std::optional<rpc::EventInvokeSettings> m_base; // what the platform has
    std::optional<rpc::DeadLetterSettings> m_baseDead;
    std::optional<bool> m_baseStops;
    QComboBox* m_qualifier;
    QSpinBox* m_retries;
    QSpinBox* m_age;
    TargetPicker* m_onSuccess;
    TargetPicker* m_onFailure;
    TargetPicker* m_deadLetter;
    QCheckBox* m_stops;
    QLabel* m_grant;
    QLabel* m_status;
    QPushButton* m_save;
};

} // namespace gantry::ui
