#pragma once

#include "ui/rpc/tuning_types.h"

#include <QWidget>

#include <optional>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace gantry::ui {

// What to tune for and with which means: strategy, budget and payload at a glance, the rest of the
// options below a fold. Names and defaults are those of AWS Lambda Power Tuning where it has them.
class TuningForm final : public QWidget {
    Q_OBJECT
public:
    explicit TuningForm(QWidget* parent = nullptr);

    void setRunning(bool running, bool stopping);
    void setUsable(bool usable); // there is a function to tune
    // Nothing when something is wrong; the form shows what.
    std::optional<rpc::TuningOptions> options();

Q_SIGNALS:
    void startRequested();
    void stopRequested();

private:
    void addBasics(QFormLayout* form);
    void addMore(QFormLayout* form);
    bool readSizes(rpc::TuningOptions& options);
    bool readPayloads(rpc::TuningOptions& options);
    void problem(const QString& text);

    QComboBox* m_strategy;
    QDoubleSpinBox* m_weight;
    QDoubleSpinBox* m_limit;
    QSpinBox* m_calls;
    QDoubleSpinBox* m_usd;
    QDoubleSpinBox* m_minutes;
    QPlainTextEdit* m_payload;
    QCheckBox* m_weighted;
    QLineEdit* m_sizes;
    QCheckBox* m_otherArchitecture;
    QComboBox* m_cold;
    QDoubleSpinBox* m_coldShare;
    QCheckBox* m_parallel;
    QSpinBox* m_num;
    QSpinBox* m_sleep;
    QCheckBox* m_onlyCold;
    QLineEdit* m_pre;
    QLineEdit* m_post;
    QLineEdit* m_allowed;
    QDoubleSpinBox* m_discard;
    QCheckBox* m_auto;
    QLineEdit* m_autoAlias;
    QCheckBox* m_dryRun;
    QLabel* m_problem;
    QPushButton* m_start;
    QPushButton* m_stop;
    bool m_usable = false;
};

} // namespace gantry::ui
