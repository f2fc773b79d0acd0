#pragma once

#include "ui/rpc/concurrency_api.h"

#include <QFrame>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace gantry::ui {

// How long idle environments are kept, to be chosen, and what the choice is worth by the calls that
// the platform has seen since it started.
class KeepAliveCard final : public QFrame {
    Q_OBJECT
public:
    explicit KeepAliveCard(rpc::Channel& channel, QWidget* parent = nullptr);

    // Asks the platform; not over what is being edited.
    void load();

Q_SIGNALS:
    void messageRequested(const QString& text, bool isError);

private:
    void take(const rpc::KeepAlive& keepAlive);
    void apply();
    bool isEdited() const;
    void updateButton();

    rpc::ConcurrencyApi m_api;
    rpc::KeepAlive m_known;
    bool m_loaded = false;
    QComboBox* m_policy = nullptr;
    QSpinBox* m_seconds = nullptr;
    QPushButton* m_apply = nullptr;
    QLabel* m_worth = nullptr;
};

} // namespace gantry::ui
