#pragma once

#include "ui/rpc/platform_types.h"

#include <QFrame>

class QLabel;
class QVBoxLayout;

namespace gantry::ui {

// The engine that isolates functions and what the host gives it: one row a capability with its
// state, what was found, and what to do about a gap.
class CapabilityList final : public QFrame {
    Q_OBJECT
public:
    explicit CapabilityList(QWidget* parent = nullptr);

    void showPlatform(const rpc::PlatformInfo& platform);

private:
    QWidget* makeRow(const rpc::HostCapability& capability);

    QLabel* m_engine = nullptr;
    QLabel* m_reason = nullptr;
    QWidget* m_rows = nullptr;
    QVBoxLayout* m_column = nullptr;
};

} // namespace gantry::ui
