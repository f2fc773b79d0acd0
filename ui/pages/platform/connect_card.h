#pragma once

#include <QFrame>

namespace gantry::rpc {
struct PlatformInfo;
}
namespace gantry::widgets {
class CopyLine;
}

namespace gantry::ui {

// How to point the AWS CLI and the SDKs at this platform, ready to copy.
class ConnectCard final : public QFrame {
    Q_OBJECT
public:
    explicit ConnectCard(QWidget* parent = nullptr);

    void showPlatform(const rpc::PlatformInfo& platform);

private:
    widgets::CopyLine* m_endpoint = nullptr;
    widgets::CopyLine* m_exports = nullptr;
    widgets::CopyLine* m_command = nullptr;
};

} // namespace gantry::ui
