#pragma once

#include "ui/pages/page.h"
#include "ui/rpc/vault_types.h"

class QStackedWidget;

namespace gantry::rpc {
class VaultApi;
}
namespace gantry::widgets {
class EmptyState;
class MessageBar;
class SearchField;
} // namespace gantry::widgets

namespace gantry::ui {

class SecretDetail;
class TextTable;
class ValueEditor;

// The secrets: a list, deleted ones in it, and beside it one secret or the place to make one.
class SecretsPanel final : public QWidget {
    Q_OBJECT
public:
    SecretsPanel(const Services& services, rpc::VaultApi& api, widgets::MessageBar& bar, QWidget* parent = nullptr);

    void refresh();
    void open(const QString& name);
    void startNew();
    void leave();

Q_SIGNALS:
    void openRequested(const QString& route);
    void routeChanged(const QString& subRoute);

private:
    void showList(const QList<rpc::SecretInfo>& secrets);
    void showCurrent();
    void save();

    Services m_services;
    rpc::VaultApi& m_api;
    widgets::MessageBar& m_bar;
    QList<rpc::SecretInfo> m_secrets;
    QString m_wanted; // name to open when the list is there
    widgets::SearchField* m_search = nullptr;
    TextTable* m_table = nullptr;
    QStackedWidget* m_side = nullptr;
    widgets::EmptyState* m_empty = nullptr;
    SecretDetail* m_detail = nullptr;
    ValueEditor* m_editor = nullptr;
};

} // namespace gantry::ui
