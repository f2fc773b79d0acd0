#pragma once

#include "ui/pages/functions/function_tab.h"
#include "ui/rpc/functions_types.h"

#include <QHash>

class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;
class QTimer;
class QVBoxLayout;

namespace gantry::models {
class VersionsModel;
}
namespace gantry::widgets {
class MessageBar;
}

namespace gantry::ui {

class AliasEditor;

// Published versions, and the aliases that share traffic among them with the split that was asked
// for and the one that was observed.
class VersionsTab final : public FunctionTab {
    Q_OBJECT
public:
    VersionsTab(const Services& services, models::FunctionSession& session);

    void activated() override;
    void deactivated() override;

private:
    QWidget* makePublish();
    QWidget* makeTable();
    void openFunction();
    void showVersions();
    void publish();
    void removeVersion();
    void saveAlias(AliasEditor* editor, bool isNew);
    void removeAlias(const QString& name);
    void observe();

    models::VersionsModel* m_model;
    widgets::MessageBar* m_bar;
    QTableView* m_table = nullptr;
    QLabel* m_noVersions = nullptr;
    QLineEdit* m_description = nullptr;
    QPushButton* m_publish = nullptr;
    QPushButton* m_remove = nullptr;
    QVBoxLayout* m_aliases = nullptr;
    AliasEditor* m_newAlias = nullptr;
    QHash<QString, AliasEditor*> m_editors; // by alias
    QTimer* m_observeTimer;
};

} // namespace gantry::ui
