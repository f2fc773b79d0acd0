#pragma once

#include "ui/rpc/concurrency_api.h"

#include <QFrame>

class QLabel;
class QPushButton;
class QSpinBox;

namespace gantry::ui {

// How fast functions may grow and be called.
class ScalingCard final : public QFrame {
    Q_OBJECT
public:
    explicit ScalingCard(rpc::Channel& channel, QWidget* parent = nullptr);

    void load();
    // What the platform says; public so that the card can be filled without one.
    void take(const rpc::Scaling& scaling);

Q_SIGNALS:
    void messageRequested(const QString& text, bool error);

private:
    rpc::Scaling chosen() const;
    void updateButtons();
    void apply();

    rpc::ConcurrencyApi m_api;
    rpc::Scaling m_known;
    bool m_loaded = false;
    QSpinBox* m_starts = nullptr;
    QSpinBox* m_calls = nullptr;
    QPushButton* m_apply = nullptr;
    QPushButton* m_asOnAws = nullptr;
};

} // namespace gantry::ui
