#pragma once

#include "ui/pages/page.h"
#include "ui/rpc/platform_types.h"

class QPushButton;
class QStackedLayout;
class QTimer;

namespace gantry::widgets {
class EmptyState;
class FactGrid;
class SectionHeader;
} // namespace gantry::widgets

namespace gantry::ui {

class CapabilityList;
class ConnectCard;
class ExportCard;
class KeepAliveCard;
class TlsCard;

// What the platform is, how other tools reach it, and what this host lets it do, in plain words with
// what to do about each gap.
class PlatformPage final : public Page {
    Q_OBJECT
public:
    PlatformPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Platform"); }
    void activated() override;
    void deactivated() override;

private:
    QWidget* makeContent();
    QWidget* makeDaemonCard();
    void load();
    void showPlatform(const rpc::PlatformInfo& platform);
    void showLiveFacts();
    void showUnavailable();

    Services m_services;
    rpc::PlatformInfo m_platform;
    QTimer* m_refresh = nullptr;
    QStackedLayout* m_stack = nullptr;
    widgets::EmptyState* m_unavailable = nullptr;
    widgets::SectionHeader* m_header = nullptr;
    widgets::FactGrid* m_facts = nullptr;
    ConnectCard* m_connect = nullptr;
    KeepAliveCard* m_keepAlive = nullptr;
    TlsCard* m_tls = nullptr;
    ExportCard* m_export = nullptr;
    CapabilityList* m_capabilities = nullptr;
};

} // namespace gantry::ui
