#pragma once

#include "ui/pages/page.h"
#include "ui/rpc/vault_types.h"

class QLabel;
class QPushButton;
class QStackedWidget;

namespace gantry::rpc {
class VaultApi;
}
namespace gantry::widgets {
class EmptyState;
class FactGrid;
class MessageBar;
class SecretField;
} // namespace gantry::widgets

namespace gantry::ui {

class TextTable;
class ValueEditor;

// The parameters of the Parameter Store: a list, and beside it one of them.
class ParametersPanel final : public QWidget {
    Q_OBJECT
public:
    ParametersPanel(rpc::VaultApi& api, widgets::MessageBar& bar, QWidget* parent = nullptr);

    void refresh();
    void startNew();
    void leave();

private:
    QWidget* makeDetail();
    void showCurrent();
    const rpc::ParameterInfo* current() const;
    void withValue(std::function<void(const QString&)> use);
    void save();
    void remove();

    rpc::VaultApi& m_api;
    widgets::MessageBar& m_bar;
    QList<rpc::ParameterInfo> m_parameters;
    QString m_wanted;
    TextTable* m_table = nullptr;
    QStackedWidget* m_side = nullptr;
    widgets::EmptyState* m_empty = nullptr;
    QLabel* m_name = nullptr;
    widgets::SecretField* m_value = nullptr;
    widgets::FactGrid* m_facts = nullptr;
    ValueEditor* m_editor = nullptr;
};

} // namespace gantry::ui
