#pragma once

#include "ui/pages/page.h"

class QLabel;
class QStackedWidget;

namespace gantry::models {
class FunctionsFilter;
}
namespace gantry::widgets {
class EmptyState;
class MessageBar;
class SearchField;
class SectionHeader;
} // namespace gantry::widgets

namespace gantry::ui {

class FunctionTable;

// All functions: find one, see which are busy or failing, act on one or many. Without any function
// it is an invitation to bring the first.
class FunctionList final : public QWidget {
    Q_OBJECT
public:
    FunctionList(const Services& services, QWidget* parent);

    QList<QAction*> commands() const;
    // For "copy as AWS CLI".
    void setAwsEndpoint(const QString& endpoint) { m_awsEndpoint = endpoint; }

Q_SIGNALS:
    void openRequested(const QString& name, const QString& tab);
    void newRequested();
    void startRequested(); // of the platform
    void messageRequested(const QString& text, bool isError);

private:
    void makeActions();
    QWidget* makeContent();
    QWidget* makeToolbar();
    QWidget* makeWelcome();
    QWidget* makeWaiting();
    void showState();
    void showCount();
    void updateActions();
    void showContextMenu(const QPoint& at);
    void copyArn();
    void copyCommand();
    void askDelete();
    void deleteFunctions(const QStringList& names);
    void exportCsv();
    void writeCsv(const QString& path);

    Services m_services;
    QString m_awsEndpoint;
    models::FunctionsFilter* m_filter;
    QStackedWidget* m_stack = nullptr;
    QWidget* m_content = nullptr;
    QWidget* m_welcome = nullptr;
    widgets::EmptyState* m_waiting = nullptr;
    QWidget* m_start = nullptr;
    widgets::SectionHeader* m_header = nullptr;
    widgets::MessageBar* m_confirm = nullptr;
    widgets::SearchField* m_search = nullptr;
    QLabel* m_count = nullptr;
    FunctionTable* m_table = nullptr;
    QAction* m_open = nullptr;
    QAction* m_test = nullptr;
    QAction* m_new = nullptr;
    QAction* m_delete = nullptr;
    QAction* m_copyArn = nullptr;
    QAction* m_copyCommand = nullptr;
    QAction* m_export = nullptr;
    QAction* m_find = nullptr;
};

} // namespace gantry::ui
