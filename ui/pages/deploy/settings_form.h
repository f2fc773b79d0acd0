#pragma once

#include "ui/models/package_inference.h"
#include "ui/rpc/functions_types.h"
#include "ui/rpc/platform_types.h"

#include <QWidget>

class QButtonGroup;
class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace gantry::widgets {
class SliderField;
}

namespace gantry::ui {

// What a function is deployed as: name, runtime, handler, memory, architecture, time-out. What was
// inferred is filled in with the reason beside it; what the user changed stays.
class SettingsForm final : public QWidget {
    Q_OBJECT
public:
    explicit SettingsForm(QWidget* parent = nullptr);

    void setRuntimes(const QList<rpc::RuntimeInfo>& runtimes);
    void setPrices(const rpc::PriceTable& prices);
    void apply(const models::Inference& inference);
    void apply(const rpc::NewFunction& function);
    // Whether the name is that of a function that exists: then the deploy replaces its code.
    void setExists(bool exists);
    void setWatchable(bool folder);

    rpc::NewFunction function() const;
    bool watch() const;
    // Why it cannot be deployed as it is; empty when it can.
    QString problem() const;

Q_SIGNALS:
    void nameChanged(const QString& name);
    void changed();

private:
    void addRow(const QString& label, QWidget* field, QLabel* hint);
    void chooseRuntime(const QString& id);
    void showRuntimeNote();
    void showPrice();
    QString architecture() const;
    static QString nameProblem(const QString& name);

    QList<rpc::RuntimeInfo> m_runtimes;
    rpc::PriceTable m_prices;
    QString m_runtimeReason;
    QString m_missing; // why the wanted runtime cannot run here
    QLineEdit* m_name;
    QLabel* m_nameHint;
    QComboBox* m_runtime;
    QLabel* m_runtimeHint;
    QComboBox* m_handler;
    QLabel* m_handlerHint;
    widgets::SliderField* m_memory;
    QLabel* m_memoryHint;
    QButtonGroup* m_architecture;
    QSpinBox* m_timeout;
    QCheckBox* m_watch;
};

} // namespace gantry::ui
