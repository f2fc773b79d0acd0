#pragma once

#include "ui/models/configuration_draft.h"
#include "ui/rpc/platform_types.h"
#include "ui/rpc/vault_types.h"

#include <QHash>
#include <QWidget>

#include <optional>

class QCheckBox;
class QComboBox;
class QFrame;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace gantry::widgets {
class KeyValueTable;
class SliderField;
} // namespace gantry::widgets

namespace gantry::ui {

class LoggingSection;

// The controls of a function's configuration, with what a choice means and costs beside it and what
// is wrong with it below it.
class ConfigurationForm final : public QWidget {
    Q_OBJECT
public:
    explicit ConfigurationForm(QWidget* parent = nullptr);

    models::ConfigurationValues values() const;
    // Does not emit.
    void setValues(const models::ConfigurationValues& values);
    // Chosen when the function was made, for good.
    void setTenantIsolation(bool isolated);
    void setLogGroups(const QStringList& groups);
    // The keys that can seal the environment variables, the platform's own left out.
    void setKeys(const QList<rpc::KeyInfo>& keys);
    // Names of variables that look like secrets.
    void setPasted(const QStringList& variables);
    void setRuntimes(const QList<rpc::RuntimeInfo>& runtimes);
    // What one million calls cost is worked out with these; no duration: none is known yet.
    void setPricing(const std::optional<rpc::PriceTable>& prices, std::optional<double> meanMs);
    bool isValid() const;
    // Puts the platform's complaint below the control it is about; false when it is about none.
    bool showProblem(const QString& message);
    void clearProblems();

Q_SIGNALS:
    void changed(); // by the user
    void tuneRequested();
    void pastedRequested();

private:
    QFrame* makeSize();
    QFrame* makeCode();
    QFrame* makeEnvironment();
    QFrame* makeTags();
    QLabel* addRow(QGridLayout* grid, const QString& label, QWidget* control, const char* field);
    void chooseKey(const QString& arn);
    void edited();
    void showHints();

    std::optional<rpc::PriceTable> m_prices;
    std::optional<double> m_meanMs;
    widgets::SliderField* m_memory;
    widgets::SliderField* m_tmp;
    QSpinBox* m_timeout;
    QComboBox* m_architecture;
    QComboBox* m_runtime;
    QLineEdit* m_handler;
    QLineEdit* m_description;
    QCheckBox* m_snapStart;
    QCheckBox* m_tracing;
    widgets::KeyValueTable* m_environment;
    widgets::KeyValueTable* m_tags;
    LoggingSection* m_logging;
    QLabel* m_memoryHint = nullptr;
    QLabel* m_priceHint = nullptr;
    QComboBox* m_key = nullptr;
    QLabel* m_environmentSize = nullptr;
    QPushButton* m_pasted = nullptr;
    QLabel* m_tenancy = nullptr;
    QHash<QString, QLabel*> m_problems; // by field as the API's messages name it, lower case
};

} // namespace gantry::ui
